"""Who may look: a token, the right Host, the right Origin, and a strict policy for the page."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "tunebook_token"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def kept_token(path: Path) -> str:
    """Return the token in a file that only its owner may read; a new one is put there.

    Pages that are open in a browser thus find their server again after a restart. A file that
    others may read, as a copied one, is closed to them. Where nothing can be written, each server
    has a token of its own.
    """
    if not os.access(path.parent, os.W_OK):
        return new_token()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        os.fchmod(file.fileno(), 0o600)
        known = file.read().strip()
        if known and known.isascii():
            return known.decode("ascii")
        token = new_token()
        file.truncate(0)
        file.seek(0)
        file.write(token.encode("ascii") + b"\n")
    return token


@dataclass(frozen=True, slots=True)
class Access:
    """What a request must bring: ``token``, and a Host among ``hosts`` (names without port)."""

    token: str
    hosts: Collection[str] = ("127.0.0.1", "localhost", "::1")

    def has_token(self, given: str | None) -> bool:
        """Whether this is the token, compared in constant time."""
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())


@final
class Guard:
    """The outermost layer: turns away what may not come in; adds the policy to what goes out."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
            await send(message)

        # No page asks for parts of a file, and answering for thousands of them takes seconds.
        headers = [header for header in scope["headers"] if header[0] != b"range"]
        scope = {**scope, "headers": headers}
        refusal = self._refusal(Request(scope))
        app = self._app if refusal is None else refusal
        await app(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> ASGIApp | None:
        host = request.headers.get("host", "")
        name, port = _split(host)
        if name not in self._access.hosts:
            return _plain("This server answers only under its own address", 421)
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return _plain("This request comes from another page", 403)
        cookie = f"{COOKIE}_{port}"
        given = request.query_params.get("token")
        if self._access.has_token(given):
            return self._welcome(request, cookie)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._access.has_token(bearer):
            return None
        if not self._access.has_token(request.cookies.get(cookie)):
            return _plain("Open the address that tunebook ui has printed: it holds the token", 401)
        if request.method in _WRITES and origin is None:
            return _plain("A request that changes something must name its origin", 403)
        return None

    def _welcome(self, request: Request, cookie: str) -> ASGIApp:
        """Put the token into a cookie, which has the port in its name: ports share cookies."""
        # Two slashes would begin the name of another host.
        path = "/" + request.scope["path"].lstrip("/\\")
        response = RedirectResponse(path, status_code=303)
        response.set_cookie(cookie, self._access.token, httponly=True, samesite="strict")
        return response


def _split(host: str) -> tuple[str | None, int]:
    """Return name and port of a Host header; no name if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname, parts.port or 80
    except ValueError:
        return None, 80


def _plain(text: str, status: int) -> ASGIApp:
    return PlainTextResponse(text + ".\n", status)
