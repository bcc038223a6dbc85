"""The bundled Fashion-MNIST subset: 7,000 real images of clothes, for the demo and for tests.

``scripts/make_fashion_subset`` made the file and prints the digest that is checked here; the
licence (MIT, Zalando SE) lies beside it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, final

from tunebook.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FASHION_CLASSES = (
    *("t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag"),
    "ankle boot",
)
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError),
    RuntimeError,
)
"""What zipfile and NumPy raise, depending on which bytes of an archive are wrong."""

_PARTS = ("train", "validation", "test")
_FILE = "fashion_mnist_7000.npz"
_SHA256 = "f60926bd7127bd283eef870a0ae824bfbd9e5fc3cbd23d9228af0526a955b5a3"


class LabelledImages(NamedTuple):
    """Images of shape (n, 1, 28, 28), uint8, and what they show: (n,), int64, from 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Fashion:
    """Three parts without a common image, each with every class equally often.

    5,000 images for training and 1,000 for validation come from the published training set, 1,000
    for the final test from the published test set. ``class_names[label]`` says what is shown.
    """

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    class_names: tuple[str, ...] = FASHION_CLASSES


def fashion() -> Fashion:
    """Read the bundled images (about 30 ms); ``DatasetError`` if they are damaged."""
    return read_fashion(files(__package__).joinpath(_FILE).read_bytes())


def read_fashion(archive: bytes) -> Fashion:
    """Return the images in an npz archive; ``DatasetError`` unless they are the bundled ones."""
    import numpy as np

    names = [f"{part}_{kind}" for part in _PARTS for kind in LabelledImages._fields]
    try:
        with np.load(io.BytesIO(archive), allow_pickle=False) as members:
            arrays = {name: members[name] for name in names}
    except _UNREADABLE as error:
        raise _damaged(f"{type(error).__name__}: {error}") from error
    digest = hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(names))).hexdigest()
    if digest != _SHA256:
        raise _damaged(f"SHA-256 {digest}")
    train, validation, test = (
        LabelledImages(
            arrays[f"{part}_images"][:, np.newaxis], arrays[f"{part}_labels"].astype(np.int64)
        )
        for part in _PARTS
    )
    return Fashion(train, validation, test)


def _damaged(got: str) -> DatasetError:
    return DatasetError(
        "The bundled Fashion-MNIST images are damaged",
        got=got,
        expected=f"arrays with SHA-256 {_SHA256}",
        do="Install tunebook again: pip install --force-reinstall tunebook",
    )
