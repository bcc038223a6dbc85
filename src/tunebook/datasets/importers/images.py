"""Reading image files: what they are, upright, and what is wrong with them."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

from tunebook.datasets.records import Fault, Item

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm"})
MAX_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image's width and height as it is seen (turned upright), its content's hash, its mode."""

    size: tuple[int, int]
    digest: str
    mode: str
    note: str | None = None


def read_facts(path: Path) -> ImageFacts | str:
    """Return the facts of an image file, or in words why it cannot be used."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not content:
        return "is empty"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                image.load()
                kind, mode = image.format, image.mode
                size = ImageOps.exif_transpose(image).size
    except UnidentifiedImageError:
        return "is no image"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"is damaged: {error}"
    note = None
    suffix = path.suffix.lower().lstrip(".")
    known = {"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix)
    if kind is not None and known != kind.lower() and not (known == "ppm" and kind == "PPM"):
        note = f"is {kind} though it is called .{suffix}"
    return ImageFacts(size, hashlib.sha256(content).hexdigest()[:16], mode, note)


def labelled_image(
    root: Path, place: str, *, split: str, label: int
) -> tuple[Item | None, Fault | None]:
    """Return the image at ``place`` below ``root`` as an item of a class, and what is wrong.

    There is no item of one that cannot be used.
    """
    facts = read_facts(root / place)
    if isinstance(facts, str):
        return None, Fault(place, facts)
    fault = None if facts.note is None else Fault(place, facts.note, is_left_out=False)
    item = Item(place, place, split, label, file=place, size=facts.size, digest=facts.digest)
    return item, fault


def image_files(folder: Path) -> list[Path]:
    """Return the image files below a folder in order; links that lead out of it are left out."""
    root = folder.resolve()
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            continue
        found.append(path)
    return found
