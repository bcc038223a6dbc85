"""Who may look: a token, the right Host, the right Origin, and a strict policy for the page."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Collection
from contextlib import suppress
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

    Pages that are open in a browser thus find their server again after a restart.
    """
    with suppress(FileNotFoundError):
        known = path.read_text(encoding="ascii").strip()
        if known:
            return known
    token = new_token()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token + "\n")
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
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        app = self._app if refusal is None else refusal
        await app(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> ASGIApp | None:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in self._access.hosts:
            return _plain("This server answers only under its own address", 421)
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            return _plain("This request comes from another page", 403)
        given = request.query_params.get("token")
        if self._access.has_token(given):
            return self._welcome(request)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._access.has_token(bearer):
            return None
        if not self._access.has_token(request.cookies.get(cookie_of(request))):
            return _plain("Open the address that tunebook ui has printed: it holds the token", 401)
        if request.method in _WRITES and origin is None:
            return _plain("A request that changes something must name its origin", 403)
        return None

    def _welcome(self, request: Request) -> ASGIApp:
        """Put the token into a cookie, so that it leaves the address."""
        response = RedirectResponse(request.url.path, status_code=303)
        response.set_cookie(
            cookie_of(request), self._access.token, httponly=True, samesite="strict"
        )
        return response


def cookie_of(request: Request) -> str:
    """Return the name of this server's cookie: browsers give one to every port of a machine."""
    return f"{COOKIE}_{request.url.port or 80}"


def _plain(text: str, status: int) -> ASGIApp:
    return PlainTextResponse(text + ".\n", status)
