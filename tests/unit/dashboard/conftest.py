"""A browser without a network: calls the application as a server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tunebook.dashboard.app import create_app
from tunebook.dashboard.queries import Queries
from tunebook.dashboard.security import COOKIE, Access
from tunebook.records import Budget, DriverStarted
from tunebook.storage.memory import MemoryStore
from tunebook.testing.samples import sample_spec, sample_trial

TOKEN = "a-token"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Browser:
    """Sends requests with the token's cookie unless told otherwise."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, address: str, **headers: str) -> Answer:
        return self.send("GET", address, b"", headers)

    def post(self, address: str, message: object, **headers: str) -> Answer:
        given = {"origin": "http://127.0.0.1:80"} | headers
        return self.send("POST", address, json.dumps(message).encode(), given)

    def send(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(address)
        return self.raw(method, parts.path.encode(), parts.query.encode(), iter([body]), headers)

    def raw(
        self,
        method: str,
        path: bytes,
        query: bytes = b"",
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send bytes as they are; ``body`` is asked for its parts as the application reads on."""
        given = {"host": "127.0.0.1:80", "cookie": f"{COOKIE}_80={TOKEN}"} | dict(headers or {})
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items() if v],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 5),
        }
        # In a thread of its own: a browser's tests in the same run keep a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._call(scope, body or iter(()))).result()

    async def _call(self, scope: dict[str, Any], body: Iterator[bytes]) -> Answer:
        sent: list[dict[str, Any]] = []
        is_whole = False

        async def receive() -> dict[str, Any]:
            nonlocal is_whole
            if is_whole:  # a server says nothing more before the browser goes away
                await asyncio.Event().wait()
            part = next(body, None)
            is_whole = part is None
            return {"type": "http.request", "body": part or b"", "more_body": not is_whole}

        async def send(message: dict[str, Any]) -> None:
            if sent and message["type"] == "http.response.start":
                raise AssertionError("two answers to one request")
            sent.append(message)

        await self._app(scope, receive, send)
        headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        content = b"".join(m.get("body", b"") for m in sent[1:])
        return Answer(sent[0]["status"], headers, content)


@pytest.fixture
def store() -> MemoryStore:
    """A store with a study of three trials, called ``digits``."""
    store = MemoryStore()
    study = store.create_study(sample_spec(budget=Budget(trials=20)), 0.0)
    events = [DriverStarted(0.0, "host:1", 1)]
    for number in range(3):
        events += sample_trial(number, value=0.5 + number / 10)
    store.append(study, events, 1)
    return store


@pytest.fixture
def queries(store: MemoryStore, tmp_path: Path) -> Queries:
    return Queries(store, tmp_path)


@pytest.fixture
def browser(queries: Queries) -> Browser:
    return Browser(create_app(queries, Access(TOKEN)))
