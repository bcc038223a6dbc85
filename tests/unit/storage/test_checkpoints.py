"""Checkpoints are whole or absent, stay inside their folder, and go when nobody needs them."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fsspec.core import url_to_fs

from tunebook.errors import CheckpointError
from tunebook.records import CheckpointRef, TrialNumber
from tunebook.storage.checkpoints import STALE_S, CheckpointStore, folder_name

SEVEN = TrialNumber(7)
STATE: dict[str, dict[str, Any]] = {
    "net": {"weight": np.arange(5.0)},
    "optimizer": {"step": 3, "groups": [{"lr": 0.1}]},
}


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def listed(store: CheckpointStore) -> list[CheckpointRef]:
    files, root = url_to_fs(store.root)
    found = []
    for path in files.find(root):
        match = re.search(r"(\d+)/step-(\d+)-([0-9a-f]+)\.ckpt$", path)
        if match is not None:
            ref = CheckpointRef(TrialNumber(int(match[1])), int(match[2]), match[3])
            found.append(replace(ref, n_bytes=files.size(path)))
    return found


def test_saved_state_comes_back(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    again = store.load(store.save(SEVEN, 30, STATE))
    assert again["optimizer"] == STATE["optimizer"]
    np.testing.assert_array_equal(again["net"]["weight"], STATE["net"]["weight"])


def test_checkpoint_is_one_file_named_by_trial_step_and_content(tmp_path: Path) -> None:
    ref = CheckpointStore(tmp_path).save(SEVEN, 30, STATE)
    assert files_in(tmp_path) == [f"00007/step-00000030-{ref.digest}.ckpt"]
    assert ref.n_bytes == (tmp_path / files_in(tmp_path)[0]).stat().st_size


def test_equal_states_have_equal_digests_and_others_do_not(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    first = store.save(SEVEN, 1, STATE)
    assert store.save(SEVEN, 1, STATE) == first
    assert store.save(SEVEN, 2, {"net": {"weight": np.zeros(5)}}).digest != first.digest
    assert store.load(first)["optimizer"] == STATE["optimizer"]


@pytest.mark.parametrize("damage", ["torn", "emptied", "changed", "longer", "removed"])
def test_damaged_checkpoint_is_found_out(tmp_path: Path, damage: str) -> None:
    store = CheckpointStore(tmp_path)
    ref = store.save(SEVEN, 30, STATE)
    path = Path(store.path_of(ref))
    content = path.read_bytes()
    match damage:
        case "torn":
            path.write_bytes(content[: len(content) // 2])
        case "emptied":
            path.write_bytes(b"")
        case "changed":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "longer":
            path.write_bytes(content + b"x")
        case _:
            path.unlink()
    with pytest.raises(CheckpointError, match="trial 7 at step 30") as refusal:
        store.load(ref)
    assert refusal.value.code == "E210"


def test_file_of_another_format_is_refused_though_its_hash_is_right(tmp_path: Path) -> None:
    import hashlib

    store = CheckpointStore(tmp_path)
    content = b"\x80\x04]\x94."
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    ref = CheckpointRef(SEVEN, 1, digest, len(content))
    path = Path(store.path_of(ref))
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="form is not known"):
        store.load(ref)


def test_refused_state_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"net\['hook'\]"):
        CheckpointStore(tmp_path).save(SEVEN, 1, {"net": {"hook": print}})
    assert files_in(tmp_path) == []


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CheckpointError, match="could not be written"):
        CheckpointStore(tmp_path / "file").save(SEVEN, 1, STATE)


def test_checkpoints_lie_by_trial_and_step(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    assert listed(store) == []
    refs = [store.save(TrialNumber(n), step, STATE) for n, step in ((10, 1), (2, 20), (2, 3))]
    (tmp_path / "00002" / "notes.txt").write_text("mine")
    assert listed(store) == [refs[2], refs[1], refs[0]]


def test_deleted_checkpoint_is_gone_and_may_be_deleted_again(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    ref = store.save(SEVEN, 1, STATE)
    store.delete(ref)
    store.delete(ref)
    assert listed(store) == []


def test_sweep_deletes_what_nobody_refers_to(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    refs = [store.save(SEVEN, step, STATE) for step in (1, 2, 3)]
    assert store.sweep(keep={refs[1]}) == 2
    assert listed(store) == [refs[1]]


def test_sweep_deletes_old_unfinished_files_and_nothing_else(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    ref = store.save(SEVEN, 1, STATE)
    old, young, foreign = (tmp_path / "00007" / n for n in ("a.ckpt.tmp", "b.ckpt.tmp", "c.txt"))
    for path in (old, young, foreign):
        path.write_bytes(b"half")
    long_ago = time.time() - STALE_S - 60
    for path in (old, foreign):
        os.utime(path, (long_ago, long_ago))
    assert store.sweep(keep={ref}) == 1
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()


def test_sweep_of_a_study_without_checkpoints_finds_nothing(tmp_path: Path) -> None:
    assert CheckpointStore(tmp_path / "none").sweep(keep=()) == 0


HOSTILE = [
    "../../x",
    "/etc/passwd",
    "..",
    ".",
    "",
    "n" * 300,
    "🐦" * 100,
    "a/b\\c",
    "con",
    "lpt1.txt",
    "Digits",
    "dots.",
    " digits",
    "a\x00b",
    "\udcff",
    "-",
    "~root",
    "$HOME",
    "s3://bucket/x",
    "*",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_study_names_stay_inside(tmp_path: Path, name: str) -> None:
    root = tmp_path / "checkpoints"
    store = CheckpointStore.of_study(root, name)
    ref = store.save(SEVEN, 1, STATE)
    path = Path(store.path_of(ref))
    assert path.parent.parent.parent.resolve() == root.resolve()
    assert len(files_in(tmp_path)) == 1
    assert listed(CheckpointStore.of_study(root, name)) == [ref]


def test_different_names_have_different_folders_on_any_file_system() -> None:
    names = [*HOSTILE, "digits", "DIGITS", "x", "n" * 299, "a-b-c", "a b c"]
    folders = {folder_name(name).lower() for name in names}
    assert len(folders) == len(names)
    assert all(len(folder) <= 60 for folder in folders)


def test_ordinary_names_are_their_own_folders() -> None:
    assert folder_name("digits-2.1_b") == "digits-2.1_b"


def test_checkpoints_live_anywhere_fsspec_reaches() -> None:
    store = CheckpointStore.of_study("memory://bucket/checkpoints", "digits")
    refs = [store.save(SEVEN, step, STATE) for step in (1, 2)]
    again = CheckpointStore(store.root)
    assert listed(again) == refs
    assert again.load(refs[0])["optimizer"] == STATE["optimizer"]
    assert again.sweep(keep={refs[1]}) == 1
    with pytest.raises(CheckpointError, match="missing"):
        again.load(refs[0])
    again.delete(refs[1])
    assert listed(store) == []
