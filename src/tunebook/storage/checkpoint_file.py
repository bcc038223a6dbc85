"""The file of one checkpoint: a safetensors file whose metadata holds the tree around the tensors.

It is written here, not by the safetensors package, because a checkpoint must also be possible
without the ``torch`` extra, is written piece by piece, and holds types that format has no name for
(those lie in it as bytes). The layout is 8 bytes of header length, a JSON header, the buffers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from tunebook.storage.state_tree import Buffer, Json

FORMAT = "tunebook-1"

_SAFETENSORS_TYPES = {
    ("torch", "bool"): "BOOL",
    ("torch", "uint8"): "U8",
    ("torch", "int8"): "I8",
    ("torch", "int16"): "I16",
    ("torch", "int32"): "I32",
    ("torch", "int64"): "I64",
    ("torch", "float16"): "F16",
    ("torch", "bfloat16"): "BF16",
    ("torch", "float32"): "F32",
    ("torch", "float64"): "F64",
    ("numpy", "|b1"): "BOOL",
    ("numpy", "|u1"): "U8",
    ("numpy", "|i1"): "I8",
    ("numpy", "<i2"): "I16",
    ("numpy", "<i4"): "I32",
    ("numpy", "<i8"): "I64",
    ("numpy", "<f2"): "F16",
    ("numpy", "<f4"): "F32",
    ("numpy", "<f8"): "F64",
}
_WIDTHS = {"64": 8, "32": 4, "16": 2}


def write(tree: Json, buffers: Mapping[str, Buffer]) -> list[bytes | bytearray | memoryview]:
    """Return the pieces of the file, in order."""
    # Wide numbers first: so every buffer begins at a multiple of its width.
    names = sorted(buffers, key=lambda name: -_width(_outer_type(buffers[name])))
    header: dict[str, Any] = {}
    offset = 0
    for name in names:
        buffer = buffers[name]
        outer = _outer_type(buffer)
        n_bytes = len(buffer.data)
        shape = list(buffer.shape) if outer is not None else [n_bytes]
        span = [offset, offset + n_bytes]
        header[_key(name)] = {"dtype": outer or "U8", "shape": shape, "data_offsets": span}
        offset += n_bytes
    types = {name: [b.library, b.dtype, list(b.shape)] for name, b in buffers.items()}
    header["__metadata__"] = {
        "format": FORMAT,
        "tree": json.dumps(tree, separators=(",", ":")),
        "types": json.dumps(types, separators=(",", ":")),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, *(buffers[name].data for name in names)]


def read(content: bytes | bytearray) -> tuple[Json, dict[str, Buffer]]:
    """Return the tree and the buffers, which are views of ``content``.

    Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is not such a file.
    """
    length = int.from_bytes(content[:8], "little")
    view = memoryview(content)
    header = json.loads(bytes(view[8 : 8 + length]))
    metadata = header.pop("__metadata__")
    if metadata["format"] != FORMAT:
        raise ValueError(f"its format is {metadata['format']!r}, this version reads {FORMAT!r}")
    body = view[8 + length :]
    buffers = {}
    for name, (library, dtype, shape) in json.loads(metadata["types"]).items():
        begin, end = header[_key(name)]["data_offsets"]
        buffers[name] = Buffer(library, dtype, tuple(shape), body[begin:end])
    return json.loads(metadata["tree"]), buffers


def _key(name: str) -> str:
    return name if name != "__metadata__" else "__metadata__#"


def _outer_type(buffer: Buffer) -> str | None:
    outer = _SAFETENSORS_TYPES.get((buffer.library, buffer.dtype))
    if outer is not None and len(buffer.data) != math.prod(buffer.shape) * _width(outer):
        raise ValueError(f"{buffer.dtype} of shape {buffer.shape} has {len(buffer.data)} bytes")
    return outer


def _width(outer: str | None) -> int:
    return 1 if outer is None else _WIDTHS.get(outer[-2:], 1)
