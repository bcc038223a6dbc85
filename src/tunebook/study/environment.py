"""What is needed to repeat a study: versions, the command, the state of the code (I8, S4.38)."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_TOLD = ("tunebook", "torch", "numpy", "scipy", "jax", "tensorflow", "scikit-learn", "transformers")
_GIT_S = 5.0


def describe_environment() -> dict[str, Any]:
    """Return what of this process a person needs to run the study again."""
    found: dict[str, Any] = {
        "command": shlex.join([_program(), *sys.argv[1:]]),
        "folder": str(Path.cwd()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: v for name in _TOLD if (v := _version(name)) is not None},
    }
    commit = _git("rev-parse", "HEAD")
    if commit:
        changes = _git("status", "--porcelain", "--untracked-files=no")
        found["code"] = {"commit": commit, "is_changed": bool(changes)}
    return found


def _program() -> str:
    name = sys.argv[0] if sys.argv else ""
    if not name or name in {"-c", "-m"}:
        return sys.executable
    return name if os.access(name, os.X_OK) else f"{Path(sys.executable).name} {name}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, errors="replace", timeout=_GIT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
