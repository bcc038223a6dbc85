"""Checkpoints: saved states of trials, one file each, on disk or anywhere fsspec reaches.

A file appears under its name only when it is complete, and its name holds the hash of its content:
a torn or changed file is found out when it is loaded. The store itself knows nothing of SQL, so
worker processes load it cheaply. This module is the only one here that may import torch, in one
function, and only when torch is there already or a file needs it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, final

from tunebook.errors import CheckpointError
from tunebook.records import CheckpointRef, TrialNumber
from tunebook.storage import checkpoint_file
from tunebook.storage.refusals import full, is_full
from tunebook.storage.state_tree import TorchTensors, TreeReader, TreeWriter

STALE_S = 3600.0
"""An unfinished file so old belongs to a process that is dead."""

_DIGEST_BYTES = 16
_PATH = re.compile(r"/\d+/step-\d+-[0-9a-f]{32}\.ckpt\Z")
_SAFE = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,59}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def folder_name(study: str) -> str:
    """Return a name for the study's folder that is valid, distinct and stays where it is put.

    Names are told apart by a hash wherever a file system might not (length, case, signs).
    """
    if _SAFE.fullmatch(study) and not _RESERVED.fullmatch(study) and not study.endswith("."):
        return study
    stem = re.sub(r"[^a-z0-9_-]+", "-", study.lower()[:40]).strip("-") or "study"
    name = study.encode("utf-8", "surrogatepass")
    return f"{stem}~{hashlib.blake2b(name, digest_size=6).hexdigest()}"


@final
class CheckpointStore:
    """The checkpoints of one study under ``root``, a folder or any address fsspec knows."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem

        self._files, found = url_to_fs(os.fspath(root))
        self._root = str(found).rstrip("/")
        self._is_local = isinstance(self._files, LocalFileSystem)

    @classmethod
    def of_study(cls, root: str | os.PathLike[str], study: str) -> CheckpointStore:
        """Open the checkpoints of the study of that name, in a folder of its own under ``root``."""
        return cls(f"{os.fspath(root).rstrip('/')}/{folder_name(study)}")

    @property
    def root(self) -> str:
        """The address to open the same checkpoints with in another process."""
        return str(self._files.unstrip_protocol(self._root)) if not self._is_local else self._root

    def save(self, trial: TrialNumber, step: int, payload: Mapping[str, object]) -> CheckpointRef:
        """Save the states of named objects after ``step`` steps, completely or not at all.

        ``payload`` maps names to state trees: dicts, lists and tuples of tensors, arrays, numbers,
        strings, bytes and None. Raises ``CheckpointError`` with the path to anything else, and
        ``StoreFullError`` when there is no space.
        """
        writer = TreeWriter(_tensors(is_needed=False))
        tree = {str(name): writer.encode(state, (name,)) for name, state in payload.items()}
        pieces = checkpoint_file.write(tree, writer.buffers)
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        for piece in pieces:
            digest.update(piece)
        n_bytes = sum(len(piece) for piece in pieces)
        ref = CheckpointRef(trial, step, digest.hexdigest(), n_bytes)
        self._write(self.path_of(ref), pieces)
        return ref

    def load(self, ref: CheckpointRef) -> dict[str, Any]:
        """Return the states by name; tensors come on the CPU.

        ``CheckpointError`` when the file is missing, torn or not what was saved.
        """
        path = self.path_of(ref)
        try:
            with self._files.open(path, "rb") as file:
                content: bytes = file.read()
        except FileNotFoundError as error:
            raise _unusable(ref, "the file is missing", path) from error
        except OSError as error:
            raise _unusable(ref, f"the file cannot be read ({error})", path) from error
        if hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest() != ref.digest:
            why = f"its content is not what was saved ({len(content)} of {ref.n_bytes} bytes)"
            raise _unusable(ref, why, path)
        try:
            tree, buffers = checkpoint_file.read(content)
            has_tensors = any(buffer.library == "torch" for buffer in buffers.values())
            state: dict[str, Any] = TreeReader(buffers, _tensors(is_needed=has_tensors)).decode(
                tree
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unusable(ref, f"its form is not known ({error})", path) from error
        return state

    def path_of(self, ref: CheckpointRef) -> str:
        """Return where the checkpoint lies."""
        return f"{self._root}/{ref.trial:05d}/step-{ref.step:08d}-{ref.digest}.ckpt"

    def delete(self, ref: CheckpointRef) -> None:
        """Delete a checkpoint; no error if it is gone."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self.path_of(ref))

    def sweep(self, keep: Collection[CheckpointRef]) -> int:
        """Delete every checkpoint not in ``keep``, and stale unfinished files; return how many.

        Only while no worker of the study runs: a checkpoint just written is not referred to yet.
        """
        kept = {self.path_of(ref) for ref in keep}
        found: Sequence[str] = []
        with suppress(FileNotFoundError):
            found = self._files.find(self._root)
        n_deleted = 0
        for path in found:
            is_unwanted = _PATH.search(path) is not None and path not in kept
            if is_unwanted or (path.endswith(".tmp") and self._is_stale(path)):
                with suppress(FileNotFoundError):
                    self._files.rm_file(path)
                    n_deleted += 1
        return n_deleted

    def _is_stale(self, path: str) -> bool:
        with suppress(FileNotFoundError, NotImplementedError):
            return time.time() - float(self._files.modified(path).timestamp()) > STALE_S
        return False

    def _write(self, path: str, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
        unfinished = f"{path}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self._files.open(unfinished, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                if self._is_local:
                    file.flush()
                    os.fsync(file.fileno())
            self._files.mv(unfinished, path)
            if self._is_local:
                _sync_folder(path.rpartition("/")[0])
        except OSError as error:
            with suppress(OSError):
                self._files.rm_file(unfinished)
            if is_full(error):
                raise full(f"the checkpoint {path}") from error
            raise CheckpointError(
                "A checkpoint could not be written",
                got=f"{path}: {error}",
                do="Check the rights of the folder and the disk that holds it",
            ) from error


def _sync_folder(path: str) -> None:
    # Where folders cannot be opened (Windows), renames are not flushed either way.
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _unusable(ref: CheckpointRef, why: str, path: str) -> CheckpointError:
    return CheckpointError(
        f"The checkpoint of trial {ref.trial} at step {ref.step} cannot be used: {why}",
        got=path,
        do="An earlier one is used where there is one; otherwise the trial starts again",
    )


def _tensors(*, is_needed: bool) -> TorchTensors | None:
    """Return access to torch's tensors, or None while nobody has any."""
    if not is_needed and "torch" not in sys.modules:
        return None
    try:
        import torch
    except ModuleNotFoundError:
        return None
    return TorchTensors(torch)
