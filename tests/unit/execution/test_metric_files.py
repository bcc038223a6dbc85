"""Metrics in files that grow: each row once, incomplete lines wait, older rows do not count."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.execution.metric_files import MetricFiles
from tunebook.execution.tensorboard_events import read_scalars
from tunebook.testing.training import ManualClock


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[], list[tuple[dict[str, float], dict[str, float]]]]:
    files = MetricFiles(tmp_path, ManualClock())

    def read() -> list[tuple[dict[str, float], dict[str, float]]]:
        return [(dict(found.metrics), dict(found.counters)) for _, found in files.read()]

    return read


def test_csv_is_read_on_from_where_it_was_and_incomplete_lines_wait(tmp_path: Path, rows):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,val_acc,note\n1,0.5,good\n2,0.")
    assert rows() == [({"val_acc": 0.5}, {"epoch": 1})]
    assert rows() == []
    with path.open("a") as file:
        file.write("75,\n")
    assert rows() == [({"val_acc": 0.75}, {"epoch": 2})]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_any_separator_is_read(tmp_path: Path, rows, separator: str):
    text = "\ufeffepoch|acc|note\r\n1|0.5|'a, b'\r\n".replace("|", separator)
    (tmp_path / "m.csv").write_bytes(text.encode())
    assert rows() == [({"acc": 0.5}, {"epoch": 1})]


def test_json_lines_are_read_and_broken_ones_left_out(tmp_path: Path, rows):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "log.jsonl").write_text('{"val_acc": 0.5}\nbroken\n{"val_acc": 0.6}\n')
    assert rows() == [({"val_acc": 0.5}, {}), ({"val_acc": 0.6}, {})]


def test_rows_of_an_earlier_attempt_do_not_count_and_those_added_do(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("acc\n0.1\n")
    files = MetricFiles(tmp_path, ManualClock())
    with path.open("a") as file:
        file.write("0.2\n")
    assert [dict(found.metrics) for _, found in files.read()] == [{"acc": 0.2}]


@pytest.mark.parametrize("again", ["acc\n0.7\n", "acc\n0.7\n0.8\n0.9\n"])
def test_file_that_is_written_anew_is_read_from_its_start(tmp_path: Path, again: str):
    path = tmp_path / "m.csv"
    path.write_text("acc\n0.1\n0.2\n")
    files = MetricFiles(tmp_path, ManualClock())
    path.write_text(again)
    os.utime(path, (1, 1))
    assert [dict(found.metrics) for _, found in files.read()] == [
        {"acc": float(text)} for text in again.split()[1:]
    ]


def test_line_that_never_ends_does_not_hold_up_what_follows(tmp_path: Path, rows):
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"x" * (5 << 20) + b'\n{"acc": 0.5}\n')
    assert rows() == [({"acc": 0.5}, {})]


def test_file_that_was_deleted_is_forgotten_in_peace(tmp_path: Path, rows):
    path = tmp_path / "m.csv"
    path.write_text("acc\n0.1\n")
    assert len(rows()) == 1
    path.unlink()
    assert rows() == []


def test_what_is_no_file_of_metrics_gives_nothing(tmp_path: Path):
    (tmp_path / "x.tfevents").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "notes.txt").write_text("val_acc=0.5\n")
    (tmp_path / "folder.csv").mkdir()
    assert list(MetricFiles(tmp_path, ManualClock()).read(is_last=True)) == []
    assert list(MetricFiles(tmp_path / "missing").read()) == []


def field(number: int, kind: int, content: bytes) -> bytes:
    head = bytes([number << 3 | kind])
    return head + (bytes([len(content)]) if kind == 2 else b"") + content


def record(event: bytes) -> bytes:
    return struct.pack("<Q", len(event)) + b"\0" * 4 + event + b"\0" * 4


FLOAT, DOUBLE = field(1, 0, b"\x01"), field(1, 0, b"\x02")
CONTENTS = {
    "simple value": field(2, 5, struct.pack("<f", 0.5)),
    "tensor of floats": field(8, 2, FLOAT + field(5, 2, struct.pack("<f", 0.5))),
    "tensor of doubles": field(8, 2, DOUBLE + field(6, 2, struct.pack("<d", 0.5))),
    "tensor as bytes": field(8, 2, DOUBLE + field(4, 2, struct.pack("<d", 0.5))),
}


def scalar(tag: str, content: bytes) -> bytes:
    """Write an event as TensorBoard does: step 7, one scalar."""
    summary = field(1, 2, field(1, 2, tag.encode()) + content)
    return record(field(1, 1, struct.pack("<d", 1.5)) + field(2, 0, b"\x07") + field(5, 2, summary))


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_tensorboard_scalars_are_read_and_torn_records_wait(tmp_path: Path, rows, content: bytes):
    path = tmp_path / "events.out.tfevents.1.host"
    event = scalar("val/acc", content)
    path.write_bytes(record(field(3, 2, b"brain.Event:2")) + event + event[:-3])
    assert rows() == [({"val/acc": 0.5}, {"step": 7})]
    with path.open("ab") as file:
        file.write(event[-3:])
    assert rows() == [({"val/acc": 0.5}, {"step": 7})]


def test_large_records_are_skipped_before_they_are_complete(tmp_path: Path, rows):
    path = tmp_path / "events.out.tfevents.1.host"
    image = record(b"\0" * (3 << 20))
    path.write_bytes(image[:1000])
    assert rows() == []
    with path.open("ab") as file:
        file.write(image[1000:] + scalar("acc", CONTENTS["simple value"]))
    assert rows() == [({"acc": 0.5}, {"step": 7})]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_events_without_an_error(content: bytes):
    read_scalars(content)
    read_scalars(record(content))
