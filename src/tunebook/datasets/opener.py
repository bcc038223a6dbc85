"""The one place where the files of a dataset are found, opened, decoded and parsed.

A ``Source`` knows every regular file below a folder and reads no other: links that lead out, pipes
and devices are left alone, and a path in a file finds files of the folder only. Sizes are checked
before anything is read or decoded. What cannot be read is a ``DatasetError`` with file and line;
an importer that can do without the file makes a ``Fault`` of it by ``attempt``.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import posixpath
import re
import stat
import struct
import unicodedata
import warnings
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from xml.etree import ElementTree

from tunebook.datasets import parsing
from tunebook.datasets.records import Fault
from tunebook.datasets.splitting import split_of_path
from tunebook.errors import DatasetError

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm"})
MAX_PIXELS = 200_000_000
MAX_BYTES, MAX_YAML_BYTES = 2 * 1024**3, 1024**2
"""Bytes of a file, and of one in YAML, whose parser is slow."""

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_SUFFIXES = {"jpg": "jpeg", "tif": "tiff"}
_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image's width and height as it is seen (turned upright) and its content's hash."""

    size: tuple[int, int]
    digest: str


class Source:
    """A folder's files, or one, by relative path with ``/``; ``faults`` found, files ``opened``."""

    def __init__(self, path: Path) -> None:
        self.root = (path if path.is_dir() else path.parent).resolve()
        self.name = path.name
        self.faults: list[Fault] = []
        self.folders: list[str] = []
        self.opened: set[str] = set()
        self.files = tuple(self._regular_files()) if path.is_dir() else (path.name,)
        self._known = set(self.files)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for place in self.files:
            self._by_name[_alike(posixpath.basename(place))].append(place)

    def fault(
        self, place: str, why: str, *, is_left_out: bool = True, check: str = "import"
    ) -> None:
        """Note what is wrong with a file, a line or an item."""
        self.faults.append(Fault(plain(place), plain(why), is_left_out, check))

    def named(self, *suffixes: str) -> list[str]:
        """Return the files whose names end so, whatever the case."""
        return [place for place in self.files if place.lower().endswith(suffixes)]

    def images(self, folder: str = "") -> list[str]:
        """Return the image files, those below ``folder`` if one is named."""
        inside = f"{folder}/" if folder else ""
        found = (place for place in self.files if place.startswith(inside))
        return [place for place in found if posixpath.splitext(place)[1].lower() in IMAGES]

    def attempt(self, read: Callable[[str], _Read], place: str) -> _Read | None:
        """Return what ``read`` makes of a file; None with a fault if it cannot be read."""
        try:
            return read(place)
        except DatasetError as error:
            self.fault(place, error.what.removeprefix(place).strip())
            return None

    def content(self, place: str, limit: int = MAX_BYTES) -> bytes:
        """Return a file's bytes."""
        self.opened.add(place)
        try:
            with os.fdopen(_opened(self.root / place), "rb") as file:
                n_bytes = os.fstat(file.fileno()).st_size
                if n_bytes > limit:
                    raise parsing.refusal(place, f"has {n_bytes:,} bytes, more than {limit:,}")
                return file.read()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise parsing.refusal(place, f"cannot be read: {why}") from None

    def text(self, place: str) -> str:
        """Return a file's text, whatever its encoding; a fault says where that is uncertain."""
        text, encoding = parsing.decode(self.content(place), place)
        if encoding == "cp1252":
            why = "is not UTF-8 and was read as Windows-1252: look at its accented letters"
            self.fault(place, why, is_left_out=False)
        return text

    def lines(self, place: str) -> list[str]:
        """Return a text's lines."""
        return parsing.lines_of(self.text(place))

    def json(self, place: str) -> Any:
        """Return what a JSON file holds."""
        return parsing.parse_json(self.text(place), place)

    def yaml(self, place: str) -> Any:
        """Return what a YAML file holds, every scalar as text."""
        content = self.content(place, MAX_YAML_BYTES)
        return parsing.parse_yaml(parsing.decode(content, place)[0], place)

    def xml(self, place: str) -> ElementTree.Element:
        """Return the root of an XML file."""
        return parsing.parse_xml(self.content(place), place)

    def image(self, place: str) -> ImageFacts | None:
        """Return the facts of an image that can be decoded; None with a fault if it cannot."""
        return self.attempt(self._image, place)

    def _image(self, place: str) -> ImageFacts:
        from PIL import Image, ImageOps, UnidentifiedImageError

        content = self.content(place)
        if not content:
            raise parsing.refusal(place, "is empty")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                    if image.width * image.height > MAX_PIXELS:
                        why = f"is too large: {image.width:,} x {image.height:,} pixels"
                        raise parsing.refusal(place, why)
                    image.load()
                    kind = str(image.format).lower()
                    size = ImageOps.exif_transpose(image).size
        except UnidentifiedImageError:
            raise parsing.refusal(place, "is not an image that can be read") from None
        except (*_DAMAGED, Image.DecompressionBombError) as error:
            raise parsing.refusal(place, f"is damaged: {error}") from None
        suffix = posixpath.splitext(place)[1].lower().lstrip(".")
        if _SUFFIXES.get(suffix, suffix) not in {kind, kind.replace("mpo", "jpeg")}:
            self.fault(place, f"is {kind.upper()} though it is called .{suffix}", is_left_out=False)
        return ImageFacts(size, hashlib.sha256(content).hexdigest()[:16])

    def find(self, reference: str, *, source: str, near: str = "", split: str = "") -> str | None:
        """Return the file that a path in a file means; None with a fault at ``source`` if none.

        It is looked for relative to the folder ``near``, then to each one above it. Next comes
        the file whose path ends as the reference does, or the reference as its path does: the
        folders that both name are the same. A file of another ``split`` is never meant. Of several
        the one is taken whose folders are most like ``near``; if two are, the fault says so.
        """
        path = re.sub(r"^([a-zA-Z][a-zA-Z+.-]*://|[a-zA-Z]:)", "/", reference.strip())
        path = posixpath.normpath(path.replace("\\", "/"))
        for folder in [near, *(str(p) for p in PurePosixPath(near).parents)]:
            place = posixpath.normpath(posixpath.join(folder, path))
            if place in self._known:
                return place
        is_outside = path.startswith(("/", ".."))
        wanted = [_alike(part) for part in path.split("/") if part not in ("", ".", "..")]
        best = list[str]()
        n_shared: dict[str, int] = {}
        for place in self._by_name.get(wanted[-1] if wanted else "", ()):
            parts = [_alike(part) for part in place.split("/")]
            n_shared[place] = len(_shared(parts[::-1], wanted[::-1]))
            is_end = is_outside or n_shared[place] in (len(parts), len(wanted))
            if is_end and not (split and split_of_path(place) not in ("", split)):
                best.append(place)
        best = _highest(best, lambda place: n_shared[place])
        best = _highest(best, lambda place: place.endswith(posixpath.basename(path)))
        best = _highest(best, lambda place: _likeness(posixpath.dirname(place), near))
        best = _highest(best, lambda place: bool(split) and split_of_path(place) == split)
        if len(best) > 1:
            self.fault(source, f"names {reference}, which may be {' or '.join(best[:3])}")
        elif not best:
            where = "lies outside of the folder" if is_outside else "is not there"
            self.fault(source, f"names {reference}, which {where}")
        elif is_outside:
            why = f"names {reference}, outside of the folder: {best[0]} was read"
            self.fault(source, why, is_left_out=False)
        return best[0] if len(best) == 1 else None

    def _regular_files(self) -> list[str]:
        """Return the regular files in order; hidden ones and folders of tools are left out."""
        found = list[str]()

        def unreadable(error: OSError) -> None:
            where = Path(str(error.filename)).relative_to(self.root).as_posix()
            self.fault(where, f"cannot be read: {error.strerror}")

        for folder, folders, names in os.walk(self.root, onerror=unreadable):
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            for name in sorted([*folders, *names]):
                path = Path(folder) / name
                place = path.relative_to(self.root).as_posix()
                is_folder = name in folders and not path.is_symlink()
                self.folders += [place] if is_folder else []
                if is_folder or _is_hidden(name) or not self._is_usable(path, place):
                    continue
                found.append(place)
        return sorted(found)

    def _is_usable(self, path: Path, place: str) -> bool:
        if plain(place) != place:
            self.fault(place, "has a name that is not plain text")
            return False
        try:
            target = path.resolve(strict=True) if path.is_symlink() else path
            mode = target.stat().st_mode
        except (OSError, RuntimeError) as error:
            self.fault(place, f"cannot be read: {error}")
            return False
        if not target.is_relative_to(self.root):
            self.fault(place, "is a link that leads out of the folder")
            return False
        if stat.S_ISDIR(mode):
            self.fault(place, "is a link to a folder: it is not followed", is_left_out=False)
        elif not stat.S_ISREG(mode):
            self.fault(place, "is not a regular file")
        return stat.S_ISREG(mode)


def files_with(source: Source, places: Iterable[str], *words: str, at_least: int = 1) -> list[str]:
    """Return the files with so many of the words, be they damaged or not; nothing is loaded."""
    found = []
    for place in places:
        with (
            suppress(OSError, ValueError),  # an empty file; one that cannot be read is told later
            os.fdopen(_opened(source.root / place), "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            n = sum(
                any(content.find(word.encode(encoding)) >= 0 for encoding in _ENCODINGS)
                for word in words
            )
            found += [place] if n >= at_least else []
    return found


_DAMAGED = (
    *(OSError, ValueError, SyntaxError, struct.error, zlib.error, LookupError, TypeError),
    *(ArithmeticError, RuntimeError, EOFError, MemoryError, AttributeError),
)
"""What Pillow's readers raise on damaged files."""


def upright(path: Path) -> Any:
    """Return an image in three colours as it is seen, turned upright."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings(), Image.open(path) as image:
        warnings.simplefilter("ignore")
        return ImageOps.exif_transpose(image).convert("RGB")


def plain(text: object) -> str:
    """Return text that can be written and shown: no control characters, no halves of letters."""
    return _UNPRINTABLE.sub("\ufffd", str(text))


def _alike(name: str) -> str:
    """Return a name as file systems compare it: macOS decomposes letters, Windows has no case."""
    return unicodedata.normalize("NFC", name).casefold()


def _highest(places: list[str], value: Callable[[str], int]) -> list[str]:
    """Return the places of the highest value."""
    values = {place: value(place) for place in places}
    most = max(values.values(), default=0)
    return [place for place in places if values[place] == most]


def _likeness(folder: str, near: str) -> int:
    """Return in how many parts two folders begin alike, and end alike."""
    parts, others = folder.split("/"), near.split("/")
    return len(_shared(parts, others)) + len(_shared(parts[::-1], others[::-1]))


def _shared(parts: list[str], others: list[str]) -> list[str]:
    """Return the parts with which both begin."""
    pairs = zip(parts, others, strict=False)
    return [part for part, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _opened(path: Path) -> int:
    """Open a regular file, without waiting for what is at the other end of a pipe."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise ValueError("it is not a regular file")
    return number
