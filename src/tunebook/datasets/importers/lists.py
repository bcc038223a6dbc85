"""Lists of images: ``train.txt``, ``test.txt`` and so on, a line ``path class`` for each image.

Of two published divisions of the same images, each is a version of its own (S3.1): runs on
different ones are not comparable (I1).
"""

from __future__ import annotations

import posixpath

from tunebook.datasets.importers.items import labelled_images
from tunebook.datasets.opener import Source, plain
from tunebook.datasets.records import Dataset, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError

CLASSES = "classes.txt"
"""The names of the classes by number, a line each; without it a class is called as in the lists."""


def list_files(source: Source) -> list[tuple[str, str]]:
    """Return the lists in a folder with their split: text files that are called like one."""
    places = [place for place in source.named(".txt") if "/" not in place]
    named = [(split_name(posixpath.splitext(place)[0]), place) for place in places]
    return [(split, place) for split, place in named if split is not None]


def looks_like_lists(source: Source) -> bool:
    """Whether every list begins with an image that is there, and its class."""
    lists = list_files(source)
    return bool(lists) and all(_begins_well(source, place) for _, place in lists)


def _begins_well(source: Source, place: str) -> bool:
    path, word = _parted(source.lines(place)[0])
    return bool(path and word) and path.replace("\\", "/").lstrip("./") in set(source.images())


def _parted(line: str) -> tuple[str, str]:
    """Return the path and the class of a line; a path may have spaces."""
    path, _, word = line.strip().replace("\t", " ").rpartition(" ")
    return path.strip(), plain(word)


def read_lists(source: Source) -> Dataset:
    """Return the images that lists name; each faulty line is a fault by list and number."""
    lists = list_files(source)
    if not lists:
        raise DatasetError(
            "There are no lists of images",
            got=source.name,
            expected="train.txt, test.txt, ...: a line 'path class' for each image",
        )
    words: dict[str, tuple[str, str]] = {}
    seen: dict[str, str] = {}
    for split, listed in lists:
        for number, line in enumerate(source.lines(listed), 1):
            where = f"{listed}:{number}"
            path, word = _parted(line)
            if not path and line.strip():
                source.fault(where, "has no path and class")
            place = source.find(path, source=where) if path else None
            if place in seen:
                source.fault(where, f"names {path} again, after {seen[place]}")
            elif place is not None:
                seen[place] = where
                words[place] = (split, word)
    names = _names(source, {word for _, word in words.values()})
    label_of = {str(label): label for label in range(len(names))}
    label_of |= {name: label for label, name in enumerate(names)}
    labels = {place: (split, label_of[word]) for place, (split, word) in words.items()}
    return Dataset(Kind.IMAGE_CLASSES, tuple(names), labelled_images(source, labels))


def _names(source: Source, words: set[str]) -> list[str]:
    """Return the classes by number: those of a file, else the words of the lists in order."""
    if CLASSES in source.files:
        # CUB numbers its classes in their file: "1 001.Black_footed_Albatross".
        lines = source.lines(CLASSES)
        names = [plain(line.split(maxsplit=1)[-1].strip()) for line in lines if line.strip()]
        wrong = words - set(names) - {str(i) for i in range(len(names))}
        if wrong:
            raise DatasetError(
                f"The lists have classes that {CLASSES} has not",
                got=", ".join(sorted(wrong)[:5]),
                expected=f"names, or numbers from 0 to {len(names) - 1}",
            )
        return names
    are_numbers = all(word.isascii() and word.isdigit() and len(word) < 10 for word in words)
    return sorted(words, key=lambda word: (int(word) if are_numbers else 0, word))
