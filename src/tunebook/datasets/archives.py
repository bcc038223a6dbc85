"""Archives, unpacked so that nothing in them can lie outside of the folder (zip slip)."""

from __future__ import annotations

import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
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
    """Unpack an archive, sizes checked first; ``DatasetError`` for links and paths out of it."""
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as zipped:
                for info in zipped.infolist():
                    # Some tools for Windows write backslashes.
                    info.filename = info.filename.replace("\\", "/")
                # The upper half are the file's mode: a link would lead to wherever it says.
                members = (
                    (info.filename, info.file_size, stat.S_ISLNK(info.external_attr >> 16))
                    for info in zipped.infolist()
                )
                _check(members, path, folder)
                zipped.extractall(folder, zipped.infolist())
        else:
            with tarfile.open(path) as archive:
                members = (
                    (member.name, member.size, not (member.isfile() or member.isdir()))
                    for member in archive
                )
                _check(members, path, folder)
                archive.extractall(folder, filter="data")
    except (
        *(zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError),
        *(struct.error, ValueError, RuntimeError, LookupError),
    ) as error:
        raise DatasetError(
            f"{path.name} is not an archive that can be read, or is damaged", got=str(error)
        ) from error


def _check(members: Iterable[tuple[str, int, bool]], path: Path, folder: Path) -> None:
    """Refuse members (name, bytes, is link or device) one by one, before all are looked at."""
    likely = max(FREE_BYTES, MAX_RATIO * path.stat().st_size)
    limit = min(MAX_BYTES, likely, shutil.disk_usage(folder.parent).free)
    n_bytes = 0
    for n_files, (name, size, is_special) in enumerate(members, 1):
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or PurePosixPath(name).is_absolute() or ":" in (parts or ("",))[0]:
            raise DatasetError(
                "The archive holds a path that leads out of it",
                got=name,
                expected="paths below its own folder",
                do="Do not trust this archive",
            )
        n_bytes += size
        if n_bytes > limit or n_files > MAX_FILES:
            raise DatasetError(
                "The archive is too large",
                got=f"{n_bytes:,} bytes in {n_files:,} files",
                expected=f"at most {limit:,} bytes and {MAX_FILES:,} files",
            )
        if is_special:
            raise DatasetError("The archive holds a link or a device", got=name)
