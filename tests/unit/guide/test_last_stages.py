"""The last stages of a guide on recorded facts: who becomes the candidate, when a look counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.errors import InputError
from tunebook.guide.carry_out import GuideOptions
from tunebook.guide.log import GuideLog
from tunebook.guide.session import Session
from tunebook.guide.stages.confirm import carry_out as confirm
from tunebook.guide.stages.exploit import carry_out as exploit
from tunebook.playbook.adoption import N_SEEDS
from tunebook.records.finding import Finding, Verdict
from tunebook.space import Float, Space
from tunebook.training.task import read_task


class Halves:
    """Which half of a line a number lies in; ``accuracy`` is to be high, ``loss`` low."""

    maximize = "accuracy"

    def data(self, split: str) -> TensorDataset:
        x = torch.linspace(-1, 1, 16 + len(split)).unsqueeze(1)
        return TensorDataset(x, (x[:, 0] > 0).long())

    def network(self, config: object) -> nn.Module:
        return nn.Linear(1, 2)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        accuracy = (outputs.argmax(1) == targets).float().mean()
        return {"accuracy": accuracy, "error": 1 - accuracy}


class Wrong(Halves):
    """The same by its error, which is to be low."""

    maximize, minimize = None, "error"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "guides" / "Halves"


def opened(folder: Path, task: type = Halves) -> Session:
    log = GuideLog(folder)
    session = Session("Halves", read_task(task), log, folder.parents[1], 10**6)
    if not log.state.decisions:
        decide(session, 4, "n_updates", 2)
        decide(session, 4, "configuration", {"lr": 0.1, "batch_size": 8})
    return session


def decide(session: Session, stage: int, name: str, value: Any) -> None:
    session.log.write("decision", stage=stage, name=name, value=value, reason="given", by="rule")


def measured(session: Session, stage: int, key: str, value: Any) -> None:
    session.log.write("fact", stage=stage, key=key, value=value, updates=0, seconds=0.0)


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    made = opened(folder)
    yield made
    made.log.close()


def test_a_closed_gate_names_its_checks_and_a_waiver_opens_it(session: Session) -> None:
    session.find(2, Finding("single-batch", Verdict.PROBLEM, "It is not learned."))
    session.find(2, Finding("chance", Verdict.NOTICE, "It is hardly better."))
    assert session.closing(2) == ["single-batch"]
    session.log.write("waiver", gate="single-batch", reason="random features")
    assert session.closing(2) == []


@pytest.mark.parametrize(
    ("task", "values", "best"),
    [
        (Halves, [[0.7, 0.5], [0.9, 0.8], [0.6, 0.6]], 0.2),
        (Wrong, [[0.3, 0.5], [0.1, 0.2], [0.4, 0.4]], 0.2),
        (Halves, [[0.9, 0.1], [0.6, 0.6], [0.5, 0.65]], 0.2),
        (Halves, [[0.5, 0.5], [0.6, 0.6], [0.9, 0.5]], 0.3),
    ],
)
def test_s4_33_candidate_is_the_best_of_the_shortlist_by_the_mean_of_its_seeds(
    folder: Path, task: type, values: list[list[float]], best: float
) -> None:
    session = opened(folder, task)
    sign = 1 if task is Halves else -1
    decide(session, 6, "space", Space(lr=Float(0.01, 1.0)).to_dict())
    # In the search itself 0.1 was luckiest; 0.4 was worst and is not retrained.
    trials = [
        {"state": "done", "config": {"lr": lr}, "value": sign * v, "step": 2, "study": "exploit"}
        for lr, v in ((0.1, 0.95), (0.2, 0.9), (0.3, 0.85), (0.4, 0.1))
    ]
    measured(session, 7, "exploit", {"trials": trials, "study": "exploit"})
    for place, found in enumerate(values, 1):
        measured(session, 7, f"shortlisted {place}", {"values": found})
    with closing(session.log):
        exploit(session)
    assert session.state.decided("candidate") == {"lr": best}


def test_i2_stage_that_is_carried_out_again_does_not_look_again(folder: Path) -> None:
    for _ in range(3):
        session = opened(folder)
        with closing(session.log):
            confirm(session)
        (look,) = session.state.test_looks
        values = session.state.facts[8, "test"]["values"]
        assert len(values) == N_SEEDS
        assert look["value"] == pytest.approx(sum(values) / N_SEEDS)


def test_i2_look_that_a_crash_left_out_of_the_log_is_written_once(session: Session) -> None:
    measured(session, 8, "test", {"values": [0.5] * N_SEEDS})
    confirm(session)
    confirm(session)
    assert [look["value"] for look in session.state.test_looks] == [0.5]


def test_i2_another_configuration_is_another_look(session: Session) -> None:
    measured(session, 8, "test", {"values": [0.5] * N_SEEDS})
    confirm(session)
    session.log.write("stage", stage=8, state="again")
    decide(session, 4, "configuration", {"lr": 0.2, "batch_size": 8})
    measured(session, 8, "test", {"values": [0.6] * N_SEEDS})
    confirm(session)
    assert [look["value"] for look in session.state.test_looks] == [0.5, pytest.approx(0.6)]


def test_s4_1_gate_is_not_passed_without_a_reason():
    with pytest.raises(InputError, match="passed with a reason"):
        GuideOptions(10_000, skip={"baselines": " "})
