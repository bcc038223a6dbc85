"""Where tunebook keeps things. The only module that reads environment variables for itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

DATABASE = "tunebook.db"
_FOLDER = ".tunebook"


@dataclass(frozen=True, slots=True)
class Settings:
    """``home`` holds checkpoints, logs and trials' folders; ``store`` is the address of studies."""

    home: Path
    store: str

    def make_home(self) -> None:
        """Make the home directory, for its owner alone and left out of version control."""
        if self.home.is_dir():
            return
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.home.name == _FOLDER:
            with suppress(OSError):
                (self.home / ".gitignore").write_text("*\n")


def environment() -> Mapping[str, str]:
    """Return the variables of this process's environment, for those that are handed them."""
    return os.environ


def find_settings(
    home: str | os.PathLike[str] | None = None, store: str | os.PathLike[str] | None = None
) -> Settings:
    """Return the settings: what is given, else ``TUNEBOOK_HOME``, else ``.tunebook`` here."""
    folder = Path(home or os.environ.get("TUNEBOOK_HOME") or _FOLDER).expanduser().absolute()
    return Settings(folder, os.fspath(store) if store is not None else str(folder / DATABASE))
