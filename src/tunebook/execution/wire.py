"""JSON messages over a Unix socket, each after its length, perhaps with file descriptors."""

from __future__ import annotations

import array
import contextlib
import errno
import json
import os
import select
import socket
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, final

Message: TypeAlias = Mapping[str, Any]

_LENGTH = struct.Struct("!I")
_CHUNK = 1 << 18
_MAX_FDS = 64

_to_text = json.JSONEncoder(separators=(",", ":")).encode
_from_text = json.JSONDecoder().decode


def wire_pair() -> tuple[Wire, socket.socket]:
    """Return a wire and the socket for the wire at the other end."""
    mine, theirs = socket.socketpair()
    return Wire(mine), theirs


@final
class Wire:
    """One end of a connection between two processes."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = bytearray()
        self._fds: deque[int] = deque()
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send a message; ``OSError`` when nobody is at the other end."""
        body = _to_text(message).encode()
        frame = _LENGTH.pack(len(body)) + body
        sent = socket.send_fds(self._socket, [frame], list(fds)) if fds else 0
        self._socket.sendall(frame[sent:])

    def read(self, timeout_s: float | None = 0.0) -> list[Message]:
        """Return messages; wait up to ``timeout_s`` (None: for ever). ``EOFError`` at the end."""
        messages: list[Message] = []
        while not messages and self._poll.poll(None if timeout_s is None else timeout_s * 1000):
            self._receive()
            messages = self._complete()
        return messages

    def take_fd(self) -> int:
        """Return the next descriptor; ``OSError`` if this process has too many: it was dropped."""
        if not self._fds:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self._fds.popleft()

    def finish_sending(self) -> None:
        """Let the other end see that nothing more comes, whoever else has a copy of the socket."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        while self._fds:
            socket.close(self._fds.popleft())

    def _receive(self) -> None:
        room = socket.CMSG_SPACE(_MAX_FDS * array.array("i").itemsize)
        try:
            data, extras, _, _ = self._socket.recvmsg(_CHUNK, room)
        except ConnectionError as error:
            raise EOFError from error
        for level, kind, content in extras:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
                self._fds.extend(fds)
        if not data:
            raise EOFError
        self._received += data

    def _complete(self) -> list[Message]:
        messages, begin = [], 0
        while len(self._received) - begin >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received, begin)
            end = begin + _LENGTH.size + length
            if len(self._received) < end:
                break
            messages.append(_from_text(self._received[begin + _LENGTH.size : end].decode()))
            begin = end
        del self._received[:begin]
        return messages
