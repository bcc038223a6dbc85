"""The real server, with few files to open, before clients that do not behave."""

from __future__ import annotations

import http.client
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from tests.integration.cli.test_ui import served

from sample_studies import fill_study
from tunebook.storage import open_store

N_FILES = 450
"""The files that the server may open: fewer than the connections of a test."""

N_HALF_OPEN = 600
PATIENCE_S = 60


class Served(NamedTuple):
    port: int
    token: str
    home: Path

    def connect(self, text: str = "") -> socket.socket:
        """Open a connection and send the beginning of a request."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        connection.sendall(text.encode())
        return connection

    def head(self, request: str, *headers: str) -> str:
        own = (f"Host: 127.0.0.1:{self.port}", f"Authorization: Bearer {self.token}")
        return "\r\n".join([f"{request} HTTP/1.1", *own, *headers, "", ""])

    def status(self) -> int:
        """Ask for the studies, as a page does."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        asking.request("GET", "/api/studies", headers={"Authorization": f"Bearer {self.token}"})
        answer = asking.getresponse()
        answer.read()
        asking.close()
        return answer.status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    home = tmp_path / "home"
    home.mkdir()
    store = open_store(home / "tunebook.db")
    fill_study(store, n_trials=3, n_running=0)
    store.close()
    with served(home) as (process, address):
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (N_FILES, N_FILES))
        parts = urlsplit(address)
        assert parts.port is not None
        yield Served(parts.port, parts.query.removeprefix("token="), home)
        process.terminate()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def was_closed(connection: socket.socket) -> bool:
    """Wait until the server closes a connection; false if it says something instead."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_connections_that_never_send_their_request_do_not_stop_the_server(server):
    slow = server.connect("GET / HTTP/1.1\r\nHost: ")
    body = server.head("POST /api/studies/birds/requests", "Content-Length: 100")
    without_body = server.connect(body + '{"kind"')
    kept = server.connect(server.head("GET /api/studies"))
    assert kept.recv(12) == b"HTTP/1.1 200"
    half_open = []
    for n in range(N_HALF_OPEN):
        half_open.append(server.connect("GET / HTTP/1.1\r\n" if n % 2 else ""))
        if n % 100 == 99:
            assert server.status() == 200
    # Those that have waited longest were closed for the others, and the others are in their time.
    for connection in (slow, without_body, half_open[0], half_open[-1]):
        assert was_closed(connection)
    assert server.status() == 200
    for connection in (slow, without_body, kept, *half_open):
        connection.close()


def test_request_in_small_parts_is_answered(server):
    connection = server.connect()
    for part in server.head("GET /api/studies").partition("Host"):
        connection.sendall(part.encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    connection.close()


def test_chunked_body_without_an_end_is_cut_off_and_not_stored(server):
    connection = server.connect(
        server.head("POST /api/studies/birds/requests", "Transfer-Encoding: chunked")
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    n_sent = 0
    try:
        while n_sent < 1000:
            connection.sendall(chunk)
            n_sent += 1
    except ConnectionError:
        pass
    assert connection.recv(12) == b"HTTP/1.1 413"
    assert n_sent < 1000
    connection.close()
    assert server.status() == 200
    store = open_store(server.home / "tunebook.db")
    assert store.requests_after(store.find_study("birds")) == []
    store.close()
