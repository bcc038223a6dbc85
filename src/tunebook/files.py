"""Files written whole or not at all, and folders that go when their owner does.

A folder to work in holds a file that its owner has locked. The kernel unlocks it when the owner is
gone, however it went and whatever process has got its number since; then the next one sweeps it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import final

_LOCK = ".owner"


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


@final
class WorkingFolder:
    """A new folder in ``place``, by default that for temporary files. Remove it at the end."""

    def __init__(self, prefix: str, place: Path | None = None) -> None:
        sweep_folders(prefix, place)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        new = self.path / f"{_LOCK}.new"
        self._lock = new.open("wb")
        # Some file systems have no locks: there nothing is swept.
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            # Seen under its name, the lock is held.
            new.rename(self.path / _LOCK)

    def remove(self) -> None:
        """Delete the folder with all that is in it; no error if it is gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *error: object) -> None:
        self.remove()


def sweep_folders(prefix: str, place: Path | None = None) -> None:
    """Delete the folders of that kind whose owners are gone."""
    for file in (place or Path(tempfile.gettempdir())).glob(f"{prefix}*/{_LOCK}"):
        with suppress(OSError), file.open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent, ignore_errors=True)
