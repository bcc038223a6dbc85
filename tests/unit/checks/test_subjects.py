"""Names become subjects: a task, a file, a recipe, a dataset or a study; wrong ones are told."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tunebook.checks.check import Ability
from tunebook.checks.examination import NotPossible, examine
from tunebook.checks.experiments import Train
from tunebook.checks.registry import CHECKS
from tunebook.checks.subjects import find_subject, of_study
from tunebook.datasets.library import import_dataset, open_dataset
from tunebook.datasets.quality import judge_quality
from tunebook.errors import ConfigurationError, DatasetError, InputError, StudyBusyError
from tunebook.records import Configuration
from tunebook.storage.memory import MemoryStore
from tunebook.testing.samples import sample_spec, sample_trial

ROWS = "width,height,kind\n" + "\n".join(
    f"{i},{i * 7 % 11},{'cat' if i % 2 else 'dog'}" for i in range(60)
)


def store_with(name: str, n_trials: int = 3, *, is_driven: bool = False) -> MemoryStore:
    store = MemoryStore()
    study = store.create_study(sample_spec(name), 0.0)
    lease = store.acquire_lease(study, time.time())
    events = [e for i in range(n_trials) for e in sample_trial(i, value=0.5 + i / 100)]
    store.append(study, events, store.last_seq(study))
    if not is_driven:
        store.release_lease(lease)
    return store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(ROWS)
    import_dataset(tmp_path / "rows.csv", "photos", tmp_path)
    return tmp_path


def test_dataset_has_the_findings_of_its_quality_report(home):
    stored = open_dataset("photos", home)
    for name in ("photos", "data:photos", f"photos@{stored.version[:6]}"):
        subject = find_subject(name, home=home, store=None)
        assert (subject.name, subject.kind) == (f"photos@{stored.version}", "dataset")
        done = examine(
            CHECKS,
            subject.abilities,
            carry_out=subject.carry_out,
            config=subject.config,
            length=1,
        )
        assert done.findings == judge_quality(stored.dataset, stored.folder)
        assert done.left_out["single-batch"] == "only for what can be looked into"
        assert done.left_out["search-extent"] == "only for what has trials"


def test_name_of_two_things_is_refused_until_one_is_meant(home):
    find = partial(find_subject, home=home, store=store_with("photos"))
    with pytest.raises(InputError, match="data:photos or study:photos"):
        find("photos")
    assert find("data:photos").abilities == {Ability.HAS_DATA}
    find = partial(find_subject, home=home, store=None)
    import_dataset(home / "rows.csv", "tabular", home)
    with pytest.raises(InputError, match="tabular --data NAME or data:tabular"):
        find("tabular")


def test_unknown_names_are_told_the_nearest(home):
    find = partial(find_subject, home=home, store=store_with("first"))
    for name, hint in (("photo", "'photos'"), ("frist", "'first'"), ("tabulat", "'tabular'")):
        with pytest.raises(InputError, match=f"Did you mean {hint}"):
            find(name)
    with pytest.raises(InputError, match="There is no study of this name"):
        find("study:photos")
    (home / "datasets" / ".importing-1").mkdir()
    with pytest.raises(InputError, match="being imported"):
        find("birds")


def test_values_and_data_are_refused_where_nothing_takes_them(home):
    find = partial(find_subject, home=home, store=store_with("first"))
    with pytest.raises(ConfigurationError, match="Only what is trained"):
        find("photos", given={"lr": 0.1})
    with pytest.raises(DatasetError, match="needs data"):
        find("tabular")
    with pytest.raises(DatasetError, match="reads its own data"):
        find("task.py:Digits", data="photos")


def test_study_that_runs_or_has_no_trials_is_refused():
    with pytest.raises(InputError, match="has no trials"):
        of_study("empty", store_with("empty", 0))
    with pytest.raises(StudyBusyError, match="is running"):
        of_study("busy", store_with("busy", is_driven=True))
    # A driver that was killed left it as running, and nobody holds it.
    assert of_study("busy", store_with("busy")).kind == "study"


def test_study_cannot_be_trained():
    subject = of_study("done", store_with("done"))
    assert subject.abilities == {Ability.HAS_TRIALS}
    assert subject.config == Configuration({"lr": 0.1})
    with pytest.raises(NotPossible, match="only for what can be trained"):
        subject.carry_out(Train(subject.config, 5))


def test_datasets_and_studies_need_no_torch():
    code = (
        "import sys; import tunebook.checks.subjects, tunebook.checks.registry; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
