"""Images with a class each, as items."""

from __future__ import annotations

from tunebook.datasets.opener import Source
from tunebook.datasets.records import Item


def labelled_images(source: Source, labels: dict[str, tuple[str, int]]) -> tuple[Item, ...]:
    """Return the images at these places, each with its split and class, as items.

    There is no item of one that cannot be used.
    """
    items = list[Item]()
    for place, (split, label) in labels.items():
        facts = source.image(place)
        if facts is not None:
            size, digest = facts.size, facts.digest
            items.append(Item(place, place, split, label, file=place, size=size, digest=digest))
    return tuple(items)
