"""Archives, unpacked so that nothing in them can lie outside of the folder (zip slip)."""

from __future__ import annotations

import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from tunebook.errors import DatasetError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz")
MAX_BYTES, MAX_FILES = 50 * 1024**3, 5_000_000
MAX_RATIO, FREE_BYTES = 200, 1024**3
"""Bytes for each byte of an archive of more than a gigabyte: images and tables have fewer."""


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by its name."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def unpack(path: Path, folder: Path) -> None:
    """Unpack the files of an archive; ``DatasetError`` for paths that lead out of it, and links.

    Sizes are checked before the first file is written.
    """
    try:
        if path.suffix.lower() == ".zip":
            _unzip(path, folder)
        else:
            _untar(path, folder)
    except (
        *(zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError),
        *(struct.error, ValueError, RuntimeError, LookupError),
    ) as error:
        raise DatasetError(
            f"{path.name} is not an archive that can be read, or is damaged", got=str(error)
        ) from error


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        sizes = _Sizes(path, folder)
        for info in archive.infolist():
            # Some tools for Windows write backslashes.
            info.filename = info.filename.replace("\\", "/")
            sizes.add(info.filename, info.file_size)
            # The upper half are the file's mode: a link would lead to wherever it says.
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise DatasetError("The archive holds a link", got=info.filename)
        archive.extractall(folder, archive.infolist())


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        sizes, members = _Sizes(path, folder), []
        for member in archive:
            sizes.add(member.name, member.size)
            if not (member.isfile() or member.isdir()):
                raise DatasetError("The archive holds a link or a device", got=member.name)
            members.append(member)
        archive.extractall(folder, members, filter="data")


class _Sizes:
    """What an archive would write, refused as soon as it is too much."""

    def __init__(self, path: Path, folder: Path) -> None:
        likely = max(FREE_BYTES, MAX_RATIO * path.stat().st_size)
        self._limit = min(MAX_BYTES, likely, shutil.disk_usage(folder.parent).free)
        self._n_files = self._n_bytes = 0

    def add(self, name: str, n_bytes: int) -> None:
        """Count a file; ``DatasetError`` if its path leads out or the sum is too large."""
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or PurePosixPath(name).is_absolute() or ":" in (parts or ("",))[0]:
            raise DatasetError(
                "The archive holds a path that leads out of it",
                got=name,
                expected="paths below its own folder",
                do="Do not trust this archive",
            )
        self._n_files, self._n_bytes = self._n_files + 1, self._n_bytes + n_bytes
        if self._n_bytes > self._limit or self._n_files > MAX_FILES:
            raise DatasetError(
                "The archive is too large",
                got=f"{self._n_bytes:,} bytes in {self._n_files:,} files",
                expected=f"at most {self._limit:,} bytes and {MAX_FILES:,} files",
            )
