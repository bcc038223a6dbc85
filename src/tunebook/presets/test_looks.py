"""A home's book of looks at the test set, dated; the second look is no test (I2)."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tunebook.errors import TaskError
from tunebook.presets.model import write_best_model
from tunebook.records import TaskKind
from tunebook.study.study import Study
from tunebook.training.task import Split

BOOK = "test-looks.jsonl"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a look at the test set showed; ``name`` is what the set may be called from now on."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    metric: str
    value: float
    n_looks: int
    name: str


def look_at_test(study: Study, home: Path) -> TestResult:
    """Measure a study's best on the test set and note it; ``TaskError`` without such a set."""
    if study.spec.task.kind is not TaskKind.RECIPE:
        raise TaskError(
            f"How to measure {study.name!r} on a test set is not known",
            got=study.spec.task.reference,
            expected="a study of 'tunebook train'",
            do="Measure it yourself, once, at the end",
        )
    from tunebook.recipes.models import load_model

    with tempfile.TemporaryDirectory() as folder:
        told = write_best_model(study, folder)
        model = load_model(folder)
        if not model.task.has(Split.TEST):
            raise TaskError(
                f"The task {model.task.name!r} has no test set",
                do="Keep some data apart that nothing else has seen",
            )
        measured = model.evaluate(Split.TEST.value)
    metric = f"test_{model.task.metric}"
    data = str(told["conditions"].get("data") or told["conditions"]["recipe"])
    look = {
        "data": data,
        "study": study.name,
        "at": datetime.now(UTC).isoformat(),
        "value": measured[metric],
        "configuration": dict(model.config),
    }
    book = home / BOOK
    known = book.read_text(encoding="utf-8").split("\n") if book.is_file() else []
    n_looks = 1 + sum(json.loads(line)["data"] == data for line in filter(None, known))
    with book.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(json.dumps(look, ensure_ascii=False, default=str) + "\n")
    return TestResult(metric, measured[metric], n_looks, split_name(n_looks))


def split_name(n_looks: int) -> str:
    """Return what the test set may be called: a second look makes it validation (I2)."""
    return "test" if n_looks <= 1 else f"validation (test set seen {n_looks} times)"
