"""A study, a dataset or a guide goes, or gets another name, with everything that belongs to it."""

from __future__ import annotations

import time

import pytest

import tunebook as tb
from guide_logs import read_state
from tunebook.guide.log import GuideLog
from tunebook.storage import open_store
from tunebook.storage.sqlite_file import back_up

SPACE = tb.Space(lr=tb.Float(0.0, 1.0))


class Net:
    value = 0.0

    def state_dict(self):
        return {"value": self.value}

    def load_state_dict(self, state):
        self.value = state["value"]


def train(trial):
    net = Net()
    trial.track(net=net)
    for step in trial.steps():
        net.value = trial.config.lr * step
        trial.report(acc=net.value)


def tuned(name, trials):
    return tb.tune(
        train,
        SPACE,
        maximize="acc",
        max_steps=2,
        trials=trials,
        name=name,
        search="random",
        workers=0,
        progress=False,
    )


@pytest.fixture
def digits(home):
    """Give a study of three trials with checkpoints."""
    return tuned("digits", 3)


def files_of(home, name):
    return [
        p for part in ("logs", "trials", "checkpoints") for p in (home / part / name).rglob("*")
    ]


def test_deleted_study_takes_its_files_along(home, digits, command):
    assert files_of(home, "digits")
    done = command("delete", "digits", "--yes")
    assert done.code == 0
    assert "3 trials" in done.err
    assert not files_of(home, "digits")
    assert command("list", "--json").json == []
    assert command("delete", "digits", "--yes").code == 2


def test_nothing_is_deleted_where_nobody_can_be_asked(home, digits, command):
    done = command("delete", "digits")
    assert done.code == 2
    assert "--yes" in done.err
    assert len(command("trials", "digits", "--json").json) == 3


def test_renamed_study_keeps_its_values_and_checkpoints_and_goes_on(home, digits, command):
    values = [trial.value for trial in digits.trials]
    n_files = len(files_of(home, "digits"))
    assert command("rename", "digits", "new", "--json").json == {"kind": "study", "name": "new"}
    assert not files_of(home, "digits")
    assert len(files_of(home, "new")) == n_files
    found = tb.load("new")
    assert found.name == "new"
    assert [trial.value for trial in found.trials] == values
    checkpoint = found.trials[0].checkpoints[-1]
    assert found.checkpoints.load(checkpoint)
    with pytest.raises(tb.TunebookError, match="E201"):
        tb.load("digits")
    again = tuned("new", 4)
    assert [trial.value for trial in again.trials][:3] == values
    assert len(again.trials) == 4


def test_name_that_is_taken_or_unusable_is_refused(home, digits, command):
    tb.Study.create(SPACE, maximize="acc", name="other")
    assert "E202" in command("rename", "digits", "other").err
    assert command("rename", "digits", " ").code == 2
    assert files_of(home, "digits")


def test_driven_study_is_neither_deleted_nor_renamed(home, digits, command):
    store = open_store(home / "tunebook.db")
    lease = store.acquire_lease(store.find_study("digits"), time.time())
    for words in (("delete", "digits", "-y"), ("rename", "digits", "new")):
        done = command(*words)
        assert done.code == 2
        assert "E203" in done.err
    store.release_lease(lease)
    assert command("rename", "digits", "new").code == 0
    store.close()


def table(path):
    rows = "".join(f"{n},{n % 2}\n" for n in range(40))
    path.write_text(f"x,label\n{rows}")
    return str(path)


def test_dataset_is_renamed_and_deleted_with_its_versions(home, command, tmp_path):
    source = table(tmp_path / "numbers.csv")
    assert command("data", "import", source, "--name", "numbers", "--target", "label").code == 0
    assert command("rename", "numbers", "digits").code == 0
    assert [row["name"] for row in command("data", "list", "--json").json] == ["digits"]
    assert command("delete", "data:digits", "--yes").code == 0
    assert command("data", "list", "--json").json == []


def test_name_of_two_things_must_say_which(home, digits, command, tmp_path):
    source = table(tmp_path / "digits.csv")
    assert command("data", "import", source, "--name", "digits", "--target", "label").code == 0
    done = command("rename", "digits", "new")
    assert done.code == 2
    assert "study:digits or data:digits" in done.err
    assert command("rename", "study:digits", "new").code == 0
    assert command("rename", "digits", "numbers").code == 0


def test_guide_goes_with_its_studies(home, command):
    log = GuideLog(home / "guides" / "plan")
    log.write("stage", stage=0, state="done")
    tb.Study.create(SPACE, maximize="acc", name="plan/rate")
    tb.Study.create(SPACE, maximize="acc", name="other")
    done = command("rename", "plan", "new")
    assert (done.code, "E203" in done.err) == (2, True)
    log.close()
    assert command("rename", "plan", "new").code == 0
    assert read_state(home / "guides" / "new").stages == {0: "done"}
    assert {row["name"] for row in command("list", "--json").json} == {"new/rate", "other"}
    assert command("delete", "guide:new", "--yes").code == 0
    assert [row["name"] for row in command("list", "--json").json] == ["other"]
    assert not (home / "guides" / "new").exists()


def test_recovered_store_is_written_beside_the_damaged_one(home, digits, command):
    store = home.parent / "damaged.db"
    back_up(home / "tunebook.db", store)
    damaged = bytearray(store.read_bytes())
    damaged[:100] = bytes(100)
    store.write_bytes(damaged)
    done = command("list", "--store", str(store))
    assert done.code == 2
    assert "tunebook recover" in done.err
    done = command("recover", "--store", str(store))
    assert done.code == 0
    assert done.out == "digits: 3 trials, 3 of them finished; nothing is missing\n"
    assert store.read_bytes() == bytes(damaged)
    new = home.parent / "damaged.recovered.db"
    assert len(command("trials", "digits", "--json", "--store", str(new)).json) == 3
    assert command("recover", "--store", str(store)).code == 2


def test_recovery_that_fails_leaves_no_file(home, command, tmp_path):
    store = tmp_path / "damaged.db"
    store.write_bytes(b"x" * 10_000)
    assert command("recover", "--store", str(store)).code == 2
    assert [path.name for path in tmp_path.glob("damaged*")] == ["damaged.db"]
