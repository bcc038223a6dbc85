"""Messages arrive whole and in order, whatever their size, and so do descriptors."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunebook.execution.wire import Wire, wire_pair

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def ends() -> Iterator[tuple[Wire, Wire]]:
    mine, end = wire_pair()
    theirs = Wire(end)
    yield mine, theirs
    mine.close()
    theirs.close()


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(), VALUES), min_size=1, max_size=5))
def test_messages_arrive_as_they_were_sent(messages: list[dict[str, object]]) -> None:
    mine, end = wire_pair()
    theirs = Wire(end)
    for message in messages:
        mine.send(message)
    received = [message for _ in messages for message in theirs.read(0.0)]
    mine.close()
    theirs.close()
    assert received == messages


def test_numbers_that_are_none_keep_their_kind(ends: tuple[Wire, Wire]) -> None:
    ends[0].send({"values": [math.nan, math.inf, -math.inf]})
    ((nan, above, below),) = (message["values"] for message in ends[1].read(0.0))
    assert math.isnan(nan)
    assert (above, below) == (math.inf, -math.inf)


def test_message_larger_than_any_buffer_arrives_whole(ends: tuple[Wire, Wire]) -> None:
    text = "x" * 5_000_000
    sender = threading.Thread(target=ends[0].send, args=({"text": text},))
    sender.start()
    (message,) = ends[1].read(None)
    sender.join()
    assert message["text"] == text


def test_nothing_is_read_where_nothing_was_sent(ends: tuple[Wire, Wire]) -> None:
    assert ends[1].read(0.0) == []


def test_half_a_message_is_no_message(ends: tuple[Wire, Wire]) -> None:
    os.write(ends[0].fileno(), b"\x00\x00\x00\x09{")
    assert ends[1].read(0.0) == []
    os.write(ends[0].fileno(), b'"a": 1 }')
    assert ends[1].read(0.0) == [{"a": 1}]


def test_what_was_said_before_the_end_is_read_before_the_end(ends: tuple[Wire, Wire]) -> None:
    ends[0].send({"last": "words"})
    ends[0].finish_sending()
    assert ends[1].read(0.0) == [{"last": "words"}]
    with pytest.raises(EOFError):
        ends[1].read(0.0)


def test_end_that_has_finished_sending_still_hears(ends: tuple[Wire, Wire]) -> None:
    ends[0].finish_sending()
    ends[1].send({"still": True})
    assert ends[0].read(0.0) == [{"still": True}]


def test_sending_to_nobody_is_an_error() -> None:
    mine, end = wire_pair()
    end.close()
    with pytest.raises(OSError, match="pipe"):
        mine.send({})
    mine.finish_sending()
    mine.close()


def test_descriptors_arrive_in_the_order_of_their_messages(ends: tuple[Wire, Wire]) -> None:
    for letter in (b"a", b"b"):
        reads, writes = os.pipe()
        os.write(writes, letter)
        ends[0].send({"which": letter.decode()}, fds=[reads])
        os.close(reads)
        os.close(writes)
    read = [message for _ in range(2) for message in ends[1].read(0.0)]
    assert [message["which"] for message in read] == ["a", "b"]
    for letter in (b"a", b"b"):
        fd = ends[1].take_fd()
        assert os.read(fd, 1) == letter
        os.close(fd)


def test_descriptors_that_nobody_took_are_closed(ends: tuple[Wire, Wire]) -> None:
    reads, writes = os.pipe()
    ends[0].send({}, fds=[writes])
    os.close(writes)
    ends[1].read(0.0)
    ends[1].close()
    assert os.read(reads, 1) == b""
    os.close(reads)


def test_descriptor_that_the_kernel_dropped_is_missed(ends: tuple[Wire, Wire]) -> None:
    ends[0].send({"spawn": 1})
    assert ends[1].read(1.0) == [{"spawn": 1}]
    with pytest.raises(OSError, match="Too many open files"):
        ends[1].take_fd()
