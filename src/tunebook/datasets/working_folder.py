"""Folders to work in for a while. What a killed process leaves of them, the next one sweeps.

Each holds a file that its owner has locked; the kernel unlocks it when the owner is gone, however
it went, and whatever other process has got its number since.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import final

_LOCK = ".owner"


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
