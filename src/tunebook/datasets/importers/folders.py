"""A folder for each class, or for each split with one for each class in it."""

from __future__ import annotations

from tunebook.datasets.importers.items import labelled_images
from tunebook.datasets.opener import Source
from tunebook.datasets.records import Dataset, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError


def read_folders(source: Source) -> Dataset:
    """Return the images of ``root/class/`` or ``root/split/class/``."""
    images = [place.split("/") for place in source.images()]
    tops = {parts[0] for parts in images if len(parts) > 1}
    split_of = {top: split for top in tops if (split := split_name(top)) is not None}
    # A class may be called "train": then there is a folder that is no split beside it.
    deep = {parts[0] for parts in images if len(parts) > 2}
    if not split_of or not (set(split_of) == tops or len(set(split_of) & deep) > 1):
        split_of = {}
    n = 2 if split_of else 1
    classed = [p for p in images if len(p) > n and (not split_of or p[0] in split_of)]
    names = sorted({parts[n - 1] for parts in classed})
    if len(names) < 2:
        raise DatasetError(
            "There are no folders of classes",
            got=f"{source.name} with {', '.join(names) or 'no folder of images'}",
            expected="a folder for each class, at least two, with images in it",
            do="Give the format with --format if it is another one",
        )
    label_of = {name: label for label, name in enumerate(names)}
    filled = {"/".join(parts[:n]) for parts in classed}
    for folder in source.folders:
        is_class = folder.count("/") == n - 1 and (not split_of or folder.split("/")[0] in split_of)
        if is_class and folder not in filled:
            source.fault(folder, "has no image")
    labels = {
        "/".join(p): (split_of[p[0]] if split_of else "", label_of[p[n - 1]]) for p in classed
    }
    return Dataset(Kind.IMAGE_CLASSES, tuple(names), labelled_images(source, labels))
