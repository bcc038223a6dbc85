"""The routes of the dashboard: a page, its files, and questions under ``/api``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from tunebook.dashboard.feed import study_feed
from tunebook.dashboard.queries import Queries
from tunebook.dashboard.security import Access, Guard
from tunebook.errors import InputError, StudyNotFoundError, TunebookError, nearest
from tunebook.records import REQUEST_KINDS
from tunebook.records.text import to_json
from tunebook.reports.trial_messages import TrialQuery

STATIC = Path(__file__).parent / "static"
MAX_BODY = 64 * 1024
"""Bytes of a request: the longest is a study's notes."""


def create_app(queries: Queries, access: Access) -> Starlette:
    """Return the application; every request must pass ``access``."""

    def question(path: str, ask: _Question) -> Route:
        async def answer(request: Request) -> Response:
            # JSON, too, is made beside the event loop: that of a large answer takes a second.
            return await run_in_threadpool(lambda: _json(ask(queries, request)))

        return Route(path, answer)

    api = [
        *(question(path, ask) for path, ask in _QUESTIONS.items()),
        Route("/studies/{name}/events", partial(_events, queries)),
        Route("/studies/{name}/requests", partial(_request, queries), methods=["POST"]),
    ]
    return Starlette(
        routes=[
            Mount("/api", _as_sent(Router(api))),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            Route("/{page:path}", _page),
        ],
        middleware=[
            Middleware(Guard, access=access),
            Middleware(GZipMiddleware, minimum_size=2048, compresslevel=1),
        ],
        exception_handlers={TunebookError: _refused, HTTPException: _not_there},
    )


def _as_sent(app: ASGIApp) -> ASGIApp:
    """Route by the path as it was sent: a name may hold a slash, and may end in ``/trials``."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": scope["raw_path"].decode("latin-1")}, receive, send)

    return route


def _name(request: Request) -> str:
    return unquote(request.path_params["name"])


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html")


def _trials(queries: Queries, request: Request) -> object:
    given = request.query_params
    query = TrialQuery(
        sort=given.get("sort", "number"),
        is_descending=given.get("descending") == "1",
        states=list(dict.fromkeys(given.getlist("state"))),
        text=given.get("text", ""),
        offset=_whole(given.get("offset", "0")),
        limit=_whole(given.get("limit", "100")),
    )
    return queries.trials(_name(request), query)


def _curves(queries: Queries, request: Request) -> object:
    name, given = _name(request), request.query_params
    trials = [_whole(number) for number in given.getlist("trial")] or None
    metric = given.get("metric") or queries.study(name).objective.metric
    return queries.curves(name, metric, trials)


_Question: TypeAlias = Callable[[Queries, Request], object]
_QUESTIONS: Mapping[str, _Question] = {
    "/studies": lambda q, r: q.studies(),
    "/studies/{name}": lambda q, r: q.study(_name(r)),
    "/studies/{name}/trials": _trials,
    "/studies/{name}/trials/{number}": (
        lambda q, r: q.trial(_name(r), _whole(r.path_params["number"]))
    ),
    "/studies/{name}/curves": _curves,
    "/studies/{name}/parameters": lambda q, r: q.parameters(_name(r)),
    "/pages": lambda q, r: q.pages(),
    "/pages/{address:path}": lambda q, r: q.page(unquote(r.path_params["address"])),
    "/compare": lambda q, r: q.compare(r.query_params.getlist("study")),
}


async def _events(queries: Queries, request: Request) -> Response:
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    feed = study_feed(queries, _name(request), _whole(seen))
    return StreamingResponse(feed, media_type="text/event-stream")


async def _request(queries: Queries, request: Request) -> Response:
    kind, body = _wish(await _body_of(request))
    add = queries.add_request
    return _json({"id": await run_in_threadpool(add, _name(request), kind, body)}, 202)


async def _body_of(request: Request) -> bytes:
    """Return the body as far as it was received; one that is too large is read no further."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                raise HTTPException(413, headers={"connection": "close"})
    except ClientDisconnect:
        raise InputError("The request ended before its body did") from None
    return bytes(body)


def _wish(content: bytes) -> tuple[str, dict[str, Any]]:
    """Return kind and body of a request: values, and a configuration of values, nothing deeper."""
    try:
        given: Any = json.loads(content)
        kind, body = given["kind"], dict(given.get("body") or {})
        inner = [v.values() if isinstance(v, dict) else [v] for v in body.values()]
        if not isinstance(kind, str) or any(isinstance(v, dict | list) for v in chain(*inner)):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(
            "The request is not understood",
            expected='{"kind": "stop trial", "body": {"trial": 3}}',
        ) from None
    if kind not in REQUEST_KINDS:
        raise InputError("Unknown request", got=kind, do=nearest(kind, REQUEST_KINDS))
    return kind, body


def _json(message: object, status: int = 200) -> Response:
    return Response(to_json(message), status, media_type="application/json")


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise InputError("This is not a whole number", got=text[:100])
    return int(text)


async def _refused(_: Request, error: Exception) -> Response:
    known = ((StudyNotFoundError, 404), (InputError, 400))
    status = next((status for kind, status in known if isinstance(error, kind)), 500)
    return _json({"error": str(error), "code": getattr(error, "code", "")}, status)


async def _not_there(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = "The request is too large" if status == 413 else "There is nothing at this address"
    answer = _json({"error": what, "code": ""}, status)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer
