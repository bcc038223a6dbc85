"""Archives, unpacked so that nothing in them can lie outside of the folder (zip slip)."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from tunebook.errors import DatasetError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
MAX_BYTES = 50 * 1024**3


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by its name."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def unpack(path: Path, folder: Path) -> None:
    """Unpack the files of an archive; ``DatasetError`` for paths that lead out of it, and links."""
    try:
        if path.suffix.lower() == ".zip":
            _unzip(path, folder)
        else:
            _untar(path, folder)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise DatasetError(f"{path.name} is no archive, or damaged", got=str(error)) from error


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        _check([info.filename for info in infos], sum(info.file_size for info in infos))
        for info in infos:
            # The upper half are the file's mode: a link would lead to wherever it says.
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise DatasetError("The archive holds a link", got=info.filename)
            archive.extract(info, folder)


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        _check([m.name for m in members], sum(m.size for m in members))
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise DatasetError("The archive holds a link or a device", got=member.name)
        archive.extractall(folder, members, filter="data")


def _check(names: list[str], n_bytes: int) -> None:
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or PurePosixPath(name).is_absolute() or ":" in (parts or ("",))[0]:
            raise DatasetError(
                "The archive holds a path that leads out of it",
                got=name,
                expected="paths below its own folder",
                do="Do not trust this archive",
            )
    if n_bytes > MAX_BYTES:
        raise DatasetError(
            "The archive is too large", got=f"{n_bytes} bytes", expected=f"at most {MAX_BYTES}"
        )
