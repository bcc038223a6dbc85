"""State trees as JSON and buffers: what ``state_dict()`` gives, taken apart and put together.

Nothing is ever pickled, so a file from a stranger can at worst hold wrong numbers. Types are kept
exactly; what cannot be kept is refused with the path to it rather than turned into something else.
"""

from __future__ import annotations

import base64
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

from tunebook.errors import CheckpointError

Json: TypeAlias = Any

_TAG = "$"
_MAX_DEPTH = 200
_SCALARS = frozenset({bool, int, float, str, type(None)})
_MAPPINGS: Mapping[str, type[dict[Any, Any]]] = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "Counter": Counter,
}
_MAPPING_NAMES = {cls: name for name, cls in _MAPPINGS.items()}
_NUMPY_KINDS = frozenset("biufcSUmM")


@dataclass(frozen=True, slots=True)
class Buffer:
    """The raw little-endian numbers of one array; ``dtype`` is named as its library does."""

    library: str
    dtype: str
    shape: tuple[int, ...]
    data: memoryview | bytes | bytearray


@final
class TorchTensors:
    """Tensors as bytes and back, whatever their dtype: NumPy has no bfloat16."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch

    def is_tensor(self, value: object) -> bool:
        """Whether the value is a tensor."""
        return isinstance(value, self._torch.Tensor)

    def identity(self, tensor: Any) -> object:
        """Return the same key for tensors that are one and the same memory, None for none."""
        if tensor.layout != self._torch.strided or tensor.device.type == "meta":
            return None
        if not tensor.numel():
            return None
        memory = (str(tensor.device), tensor.data_ptr(), tensor.stride())
        return (*memory, tensor.dtype, tensor.shape, tensor.is_conj(), tensor.is_neg())

    def to_buffer(self, tensor: Any) -> Buffer:
        """Return the tensor's numbers; ``ValueError`` says why that is not possible."""
        if tensor.layout != self._torch.strided or tensor.is_quantized:
            raise ValueError("a sparse or quantized tensor")
        if tensor.device.type == "meta":
            raise ValueError("a tensor without numbers, on the device 'meta'")
        plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
        data = plain.view(self._torch.uint8).numpy().data if plain.numel() else b""
        dtype = str(tensor.dtype).removeprefix("torch.")
        return Buffer("torch", dtype, tuple(tensor.shape), data)

    def from_buffer(self, buffer: Buffer) -> object:
        """Return a tensor of its own memory."""
        dtype = getattr(self._torch, buffer.dtype, None)
        if not isinstance(dtype, self._torch.dtype):
            raise ValueError(f"this PyTorch has no type {buffer.dtype!r}")
        if not len(buffer.data):
            return self._torch.empty(buffer.shape, dtype=dtype)
        flat = self._torch.frombuffer(bytearray(buffer.data), dtype=self._torch.uint8)
        return flat.view(dtype).reshape(buffer.shape)


class TreeWriter:
    """Takes a tree apart: ``encode`` returns its JSON and collects ``buffers`` by name."""

    def __init__(self, tensors: TorchTensors | None) -> None:
        self.buffers: dict[str, Buffer] = {}
        self._tensors = tensors
        self._names: dict[object, str] = {}

    def encode(self, value: object, path: tuple[object, ...] = ()) -> Json:
        """Return the JSON of a tree; ``CheckpointError`` names the path to what it cannot hold."""
        if type(value) in _SCALARS:
            return value
        if len(path) > _MAX_DEPTH:
            raise _refused(value, path[:3], "it is nested too deep, or holds itself")
        if type(value) is list:
            return [self.encode(item, (*path, i)) for i, item in enumerate(value)]
        if type(value) is tuple:
            items = [self.encode(item, (*path, i)) for i, item in enumerate(value)]
            return {_TAG: "tuple", "items": items}
        if isinstance(value, dict) and type(value) in _MAPPING_NAMES:
            return self._mapping(value, path)
        if type(value) is bytes:
            return {_TAG: "bytes", "base64": base64.b64encode(value).decode()}
        return self._array(value, path)

    def _mapping(self, value: dict[Any, Any], path: tuple[object, ...]) -> Json:
        if type(value) is dict and _TAG not in value and all(type(k) is str for k in value):
            return {key: self.encode(item, (*path, key)) for key, item in value.items()}
        items = [
            [self.encode(key, (*path, "key")), self.encode(item, (*path, key))]
            for key, item in value.items()
        ]
        tree = {_TAG: _MAPPING_NAMES[type(value)], "items": items}
        # Modules keep the versions of their parts here; loading an old state needs them.
        metadata = getattr(value, "_metadata", None)
        if metadata is not None:
            tree["metadata"] = self.encode(metadata, (*path, "_metadata"))
        return tree

    def _array(self, value: object, path: tuple[object, ...]) -> Json:
        if self._tensors is not None and self._tensors.is_tensor(value):
            key = self._tensors.identity(value)
            if key in self._names:
                return {_TAG: "torch", "buffer": self._names[key]}
            try:
                buffer = self._tensors.to_buffer(value)
            except (ValueError, RuntimeError, NotImplementedError) as error:
                raise _refused(value, path, str(error)) from error
            return {_TAG: "torch", "buffer": self._keep(buffer, path, key)}
        buffer, tag = _numpy_buffer(value, path)
        key = ("numpy", id(value))
        return {_TAG: tag, "buffer": self._names.get(key) or self._keep(buffer, path, key)}

    def _keep(self, buffer: Buffer, path: tuple[object, ...], key: object) -> str:
        name = stem = ".".join(map(str, path)) or "state"
        while name in self.buffers:
            name = f"{stem}#{len(self.buffers)}"
        self.buffers[name] = buffer
        if key is not None:
            self._names[key] = name
        return name


class TreeReader:
    """Puts a tree together again from its JSON and its buffers."""

    def __init__(self, buffers: Mapping[str, Buffer], tensors: TorchTensors | None) -> None:
        self._buffers = buffers
        self._tensors = tensors
        self._made: dict[tuple[str, str], object] = {}

    def decode(self, tree: Json) -> Any:
        """Return the value; ``ValueError`` or ``KeyError`` for what no ``TreeWriter`` wrote."""
        if isinstance(tree, list):
            return [self.decode(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        tag = tree.get(_TAG)
        if tag is None:
            return {key: self.decode(item) for key, item in tree.items()}
        if tag == "tuple":
            return tuple(self.decode(item) for item in tree["items"])
        if tag == "bytes":
            return base64.b64decode(tree["base64"])
        if tag in _MAPPINGS:
            return self._mapping(tree)
        return self._array(str(tag), str(tree["buffer"]))

    def _mapping(self, tree: dict[str, Json]) -> dict[Any, Any]:
        mapping = _MAPPINGS[tree[_TAG]]()
        for key, item in tree["items"]:
            mapping[self.decode(key)] = self.decode(item)
        if "metadata" in tree:
            mapping._metadata = self.decode(tree["metadata"])  # type: ignore[attr-defined]  # torch's
        return mapping

    def _array(self, tag: str, name: str) -> object:
        if (tag, name) not in self._made:
            self._made[tag, name] = self._new_array(tag, self._buffers[name])
        return self._made[tag, name]

    def _new_array(self, tag: str, buffer: Buffer) -> object:
        if tag == "torch":
            if self._tensors is None:
                raise ValueError("it holds tensors, and PyTorch is not installed")
            return self._tensors.from_buffer(buffer)
        if tag not in {"numpy", "numpy scalar"}:
            raise ValueError(f"it holds a {tag!r}, which this version does not know")
        import numpy as np

        flat = np.frombuffer(buffer.data, dtype=np.dtype(buffer.dtype))
        array = flat.reshape(buffer.shape).copy()
        return array[()] if tag == "numpy scalar" else array


def _numpy_buffer(value: object, path: tuple[object, ...]) -> tuple[Buffer, str]:
    import numpy as np

    if type(value) is not np.ndarray and not isinstance(value, np.generic):
        raise _refused(value, path, f"a {type(value).__module__}.{type(value).__qualname__}")
    array = np.asarray(value)
    if array.dtype.kind not in _NUMPY_KINDS:
        raise _refused(value, path, f"an array of {array.dtype}")
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else b""
    tag = "numpy scalar" if isinstance(value, np.generic) else "numpy"
    return Buffer("numpy", array.dtype.str, array.shape, data), tag


def _refused(value: object, path: tuple[object, ...], why: str) -> CheckpointError:
    first, *rest = path or ("the state",)
    where = str(first) + "".join(f"[{key!r}]" for key in rest)
    shown = repr(value) if type(value).__repr__ is object.__repr__ else type(value).__name__
    return CheckpointError(
        f"The state of {first!r} cannot be saved because of {where}",
        got=f"{why}: {shown[:80]}",
        expected="numbers, strings, bytes, None, tensors, arrays, and lists, tuples, dicts of them",
        do="Leave it out of state_dict(), rebuild it in load_state_dict(), or turn it into these",
    )
