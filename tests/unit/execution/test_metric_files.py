"""Metrics in files that grow: each row once, incomplete lines wait."""

from __future__ import annotations

import struct
from pathlib import Path

from tunebook.execution.metric_files import MetricFiles


def rows(files: MetricFiles) -> list[dict[str, float]]:
    return list(files.read())


def test_csv_is_read_on_from_where_it_was_and_incomplete_lines_wait(tmp_path: Path):
    path, files = tmp_path / "metrics.csv", MetricFiles(tmp_path)
    path.write_text("epoch,val_acc,note\n1,0.5,good\n2,0.")
    assert rows(files) == [{"epoch": 1.0, "val_acc": 0.5}]
    assert rows(files) == []
    with path.open("a") as file:
        file.write("75,\n")
    assert rows(files) == [{"epoch": 2.0, "val_acc": 0.75}]


def test_json_lines_are_read_and_broken_ones_left_out(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "log.jsonl").write_text('{"val_acc": 0.5}\nbroken\n{"val_acc": 0.6}\n')
    assert rows(MetricFiles(tmp_path)) == [{"val_acc": 0.5}, {"val_acc": 0.6}]


def field(number: int, kind: int, content: bytes) -> bytes:
    head = bytes([number << 3 | kind])
    return head + (bytes([len(content)]) if kind == 2 else b"") + content


def record(event: bytes) -> bytes:
    return struct.pack("<Q", len(event)) + b"\0" * 4 + event + b"\0" * 4


def scalar(tag: str, value: float, *, as_tensor: bool = False) -> bytes:
    """Write an event as TensorBoard does: step 7, one scalar."""
    number = struct.pack("<f", value)
    content = (
        field(8, 2, field(1, 0, b"\x01") + field(5, 2, number))
        if as_tensor
        else field(2, 5, number)
    )
    summary = field(1, 2, field(1, 2, tag.encode()) + content)
    return record(field(1, 1, struct.pack("<d", 1.5)) + field(2, 0, b"\x07") + field(5, 2, summary))


def test_tensorboard_scalars_are_read_in_both_forms_and_torn_records_wait(tmp_path: Path):
    path = tmp_path / "events.out.tfevents.1.host"
    last = scalar("val/acc", 0.75)
    path.write_bytes(
        record(field(3, 2, b"brain.Event:2"))
        + scalar("val/acc", 0.5)
        + scalar("loss", 2.0, as_tensor=True)
        + last[:-3]
    )
    files = MetricFiles(tmp_path)
    assert rows(files) == [{"val/acc": 0.5}, {"loss": 2.0}]
    with path.open("ab") as file:
        file.write(last[-3:])
    assert rows(files) == [{"val/acc": 0.75}]


def test_file_that_is_no_event_file_gives_nothing(tmp_path: Path):
    (tmp_path / "x.tfevents").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "notes.txt").write_text("val_acc=0.5\n")
    assert rows(MetricFiles(tmp_path)) == []
    assert rows(MetricFiles(tmp_path / "missing")) == []
