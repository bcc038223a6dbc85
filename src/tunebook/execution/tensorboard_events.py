"""Reads the scalars of TensorBoard's event files: a small format, frozen since 2015.

A file is a row of records: length (8 bytes), its checksum (4), content, its checksum (4). The
content is a protocol buffer. TensorBoard's own reader would bring a web server along.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias, final

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

_Field: TypeAlias = tuple[int, int | bytes]


@final
class EventReader:
    """Takes the bytes of one file as it grows; a record that is not complete yet waits."""

    def read(self, data: bytes) -> tuple[list[Reading], int]:
        """Return the scalars of complete records, and how many bytes to go on."""
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
            if reading:
                found.append(reading)
            place = end
        return found, place


def _scalars(event: bytes) -> Reading:
    metrics: dict[str, float] = {}
    step = 0
    for number, content in _fields(event):
        if number == _EVENT_STEP and isinstance(content, int):
            step = content
        elif number == _EVENT_SUMMARY and isinstance(content, bytes):
            for inner, value in _fields(content):
                if inner == _SUMMARY_VALUE and isinstance(value, bytes):
                    metrics |= _scalar(value)
    return Reading(list(metrics.items()), {"step": step}) if metrics else Reading()


def _scalar(value: bytes) -> dict[str, float]:
    tag, scalar = "", None
    for number, content in _fields(value):
        if not isinstance(content, bytes):
            continue
        if number == _VALUE_TAG:
            tag = content.decode("utf-8", "replace")
        elif number == _VALUE_SIMPLE:
            scalar = _unpacked("<f", content)
        elif number == _VALUE_TENSOR:
            scalar = _tensor(content)
    return {tag: scalar} if tag and scalar is not None else {}


def _tensor(tensor: bytes) -> float | None:
    """Return the number of a tensor that holds one."""
    fields = dict(_fields(tensor))
    kind, content = fields.get(_TENSOR_TYPE), fields.get(_TENSOR_CONTENT)
    if isinstance(content, bytes) and content and isinstance(kind, int):
        return _unpacked(_FORMATS.get(kind, ""), content)
    for number, form in ((_TENSOR_FLOATS, "<f"), (_TENSOR_DOUBLES, "<d")):
        content = fields.get(number)
        if isinstance(content, bytes):
            return _unpacked(form, content)
    return None


def _unpacked(form: str, content: bytes) -> float | None:
    if not form or len(content) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, content)[0])


def _fields(message: bytes) -> Iterator[_Field]:
    """Yield (number, content) of a protocol buffer's fields; ends where it is none.

    Whole numbers come as int, all else as the bytes it is made of.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            content, place = _varint(message, place)
            yield number, content
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in {1, 5}:
            length = 8 if kind == 1 else 4
        else:
            return
        if place + length > len(message):
            return
        yield number, message[place : place + length]
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
