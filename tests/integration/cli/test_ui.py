"""``tunebook ui`` prints an address that answers, and says plainly when it cannot listen."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "tunebook", "ui"]


@contextmanager
def served(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command; yield the process and the address that it prints."""
    command = [*COMMAND, "--home", str(home), "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.terminate()


def test_address_that_is_printed_shows_the_page(tmp_path: Path) -> None:
    with served(tmp_path / "home") as (process, address):
        assert address.startswith("http://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address, timeout=10) as answer:
            assert b'<div id="page">' in answer.read()
            assert "unsafe" not in answer.headers["content-security-policy"]
        process.terminate()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_binding_elsewhere_needs_the_flag_and_keeps_the_token(tmp_path: Path) -> None:
    with served(tmp_path / "home", "--host", "0.0.0.0") as (process, address):
        assert "?token=" in address
        origin = address.partition("?")[0].replace("0.0.0.0", "127.0.0.1")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{origin}api/studies", timeout=10)
        process.terminate()
        assert process.stderr is not None
        assert "whoever can reach this machine" in process.stderr.read()


def test_port_that_is_taken_is_bad_input(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--home", str(tmp_path), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
