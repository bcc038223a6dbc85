"""Reads the scalars of TensorBoard's event files: a small format, frozen since 2015.

A file is a row of records: length (8 bytes), its checksum (4), content, its checksum (4). The
content is a protocol buffer. TensorBoard's own reader would bring a web server along.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tunebook.execution.readings import Reading

_HEAD, _FOOT = 12, 4
_MAX_RECORD = 1 << 20
"""Records beyond this hold images or sounds, and are skipped unread."""

_EVENT_STEP, _EVENT_SUMMARY = 2, 5
_SUMMARY_VALUE = 1
_VALUE_TAG, _VALUE_SIMPLE, _VALUE_TENSOR = 1, 2, 8
_TENSOR_TYPE, _TENSOR_CONTENT, _TENSOR_FLOATS, _TENSOR_DOUBLES = 1, 4, 5, 6
_FORMATS = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}
"""Tensors of one float, double, int32 or int64."""

_WIDTHS = {1: 8, 5: 4}
"""The bytes of fields with a fixed length, by their kind."""


def read_scalars(data: bytes) -> tuple[list[Reading], int]:
    """Return the scalars of complete records, and how many bytes to go on: the rest waits."""
    found: list[Reading] = []
    place = 0
    while len(data) - place >= _HEAD:
        (length,) = struct.unpack_from("<Q", data, place)
        end = place + _HEAD + length + _FOOT
        if length > _MAX_RECORD:
            return found, end
        if end > len(data):
            break
        reading = _scalars(data[place + _HEAD : end - _FOOT])
        found += [reading] if reading else []
        place = end
    return found, place


def _scalars(event: bytes) -> Reading:
    metrics: dict[str, float] = {}
    step = 0
    for number, whole, content in _fields(event):
        if number == _EVENT_STEP:
            step = whole
        elif number == _EVENT_SUMMARY:
            for inner, _, value in _fields(content):
                metrics |= _scalar(value) if inner == _SUMMARY_VALUE else {}
    return Reading(list(metrics.items()), {"step": step}) if metrics else Reading()


def _scalar(value: bytes) -> dict[str, float]:
    fields = {number: content for number, _, content in _fields(value)}
    tag = fields.get(_VALUE_TAG, b"").decode("utf-8", "replace")
    scalar = _unpacked("<f", fields.get(_VALUE_SIMPLE, b""))
    if scalar is None:
        scalar = _tensor(fields.get(_VALUE_TENSOR, b""))
    return {tag: scalar} if tag and scalar is not None else {}


def _tensor(tensor: bytes) -> float | None:
    """Return the number of a tensor that holds one."""
    fields = {number: (whole, content) for number, whole, content in _fields(tensor)}
    kind, _ = fields.get(_TENSOR_TYPE, (0, b""))
    forms = {_TENSOR_CONTENT: _FORMATS.get(kind, ""), _TENSOR_FLOATS: "<f", _TENSOR_DOUBLES: "<d"}
    found = (_unpacked(form, fields[n][1]) for n, form in forms.items() if n in fields)
    return next((scalar for scalar in found if scalar is not None), None)


def _unpacked(form: str, content: bytes) -> float | None:
    if not form or len(content) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, content)[0])


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (number, whole number or 0, bytes or empty) of a protocol buffer's fields."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind, whole, length = key & 7, 0, 0
        if kind == 0:
            whole, place = _varint(message, place)
        elif kind == 2:
            length, place = _varint(message, place)
        elif kind in _WIDTHS:
            length = _WIDTHS[kind]
        else:
            return
        if place + length > len(message):
            return
        yield key >> 3, whole, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    result = shift = 0
    while place < len(message):
        byte = message[place]
        place += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return result, place
