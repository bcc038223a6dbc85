"""The kernel's own count says whether a kill was for want of memory."""

from __future__ import annotations

from pathlib import Path

from tunebook.execution.memory_watch import MemoryWatch, oom_files

ROOT = Path("/sys/fs/cgroup")


def test_rise_is_told_once(tmp_path: Path) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("low 0\noom 1\noom_kill 7\noom_group_kill 0\n")
    watch = MemoryWatch([counter])
    assert not watch.has_risen()
    counter.write_text("low 0\noom 3\noom_kill 9\noom_group_kill 0\n")
    assert watch.has_risen()
    assert not watch.has_risen()


def test_first_file_that_counts_is_used(tmp_path: Path) -> None:
    silent, counter, other = (tmp_path / name for name in ("silent", "counter", "other"))
    silent.write_text("under_oom 0\n")
    counter.write_text("oom_kill 0\n")
    other.write_text("oom_kill 0\n")
    watch = MemoryWatch([tmp_path / "none", silent, counter, other])
    other.write_text("oom_kill 5\n")
    assert not watch.has_risen()
    counter.write_text("oom_kill 1\n")
    assert watch.has_risen()


def test_system_that_does_not_count_never_tells_of_a_kill(tmp_path: Path) -> None:
    assert not MemoryWatch([tmp_path / "none"]).has_risen()
    assert not MemoryWatch([]).has_risen()


def test_files_of_version_two_are_found() -> None:
    found = oom_files("0::/user.slice/session-2.scope\n", ROOT)
    assert found == [
        ROOT / "user.slice/session-2.scope/memory.events",
        ROOT / "memory.events",
    ]


def test_files_of_version_one_are_found() -> None:
    found = oom_files("5:devices:/\n4:cpu,memory:/docker/ab\n", ROOT)
    assert found == [
        ROOT / "memory/docker/ab/memory.oom_control",
        ROOT / "memory/memory.oom_control",
    ]


def test_lines_that_say_nothing_are_passed_over() -> None:
    assert oom_files("", ROOT) == []
    assert oom_files("nonsense\n", ROOT)[0].parent == ROOT
