"""Writing a file whole or not at all: what was there stays until its successor is complete."""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path


def write_file(path: Path, content: str | bytes) -> None:
    """Write ``content`` (text in UTF-8) to ``path``; an error leaves what was there.

    A new file is made beside it and takes its place. A link keeps pointing where it did, a pipe or
    a device is written to, and the rights of a file that was there stay. Lone surrogates are
    escaped, as JSON does it. Raises ``OSError``.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    path = path.resolve()
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        path.write_bytes(data)
        return
    unfinished = path.with_name(f".{path.name[:40]}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with unfinished.open("xb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
