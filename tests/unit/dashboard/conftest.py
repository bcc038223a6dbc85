"""A browser without a network: calls the application as a server would."""

from __future__ import annotations

import asyncio
import json
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
        given = {"host": "127.0.0.1:80", "cookie": f"{COOKIE}_80={TOKEN}"} | headers
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in given.items() if v],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 5),
        }
        # In a thread of its own: a browser's tests in the same run keep a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._call(scope, body)).result()

    async def _call(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
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
