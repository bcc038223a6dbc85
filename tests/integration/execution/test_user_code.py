"""How workers come by the training function, whatever it is, and what is said if they cannot."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tunebook.errors import TaskError, WorkerStartError
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.user_code import importable_reference
from tunebook.records import TrialEnded
from tunebook.testing import trainings
from tunebook.testing.executor_suite import Watch, launch_of
from tunebook.training import TrialHandle

Start = Callable[..., ProcessExecutor]

COUNTING = """
import os, pathlib
with open(os.environ["IMPORTS"], "a") as file:
    file.write(f"{os.getpid()}\\n")

def train(trial):
    return 0.5

class Family:
    @staticmethod
    def member(trial):
        return 0.25
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Write a module that workers, and this process, can import."""
    monkeypatch.syspath_prepend(tmp_path / "code")

    def write(name: str, text: str) -> None:
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / f"{name}.py").write_text(textwrap.dedent(text))

    return write


def curve_of_one(executor: ProcessExecutor) -> list[float]:
    watch = Watch(executor)
    executor.carry_out(launch_of())
    watch.until_ends()
    assert watch.only(TrialEnded)
    return list(watch.curve().values)


# -- imported by name ------------------------------------------------------------------------


def test_module_is_imported_once_for_all_workers_and_not_here(
    start: Start,
    module: Callable[[str, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module("counting_task", COUNTING)
    imports = tmp_path / "imports"
    monkeypatch.setenv("IMPORTS", str(imports))
    executor = start("counting_task:train", n_workers=3)
    watch = Watch(executor)
    for number in range(6):
        executor.carry_out(launch_of(number))
    watch.until_ends(6)
    assert len(watch.all(TrialEnded)) == 6
    assert len(imports.read_text().splitlines()) == 1
    assert "counting_task" not in sys.modules


def test_function_inside_of_a_class_is_found(
    start: Start,
    module: Callable[[str, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module("family_task", COUNTING)
    monkeypatch.setenv("IMPORTS", str(tmp_path / "imports"))
    assert curve_of_one(start("family_task:Family.member")) == [0.25]


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("no_such_module_anywhere:train", "No module named 'no_such_module_anywhere'"),
        ("tunebook.testing.trainings:trackd", "Did you mean 'tracked'?"),
        ("tunebook.testing.trainings", "module:function"),
        ("tunebook.testing.trainings:", "module:function"),
        ("tunebook.testing.trainings:math.pi", "cannot be called"),
    ],
)
def test_name_that_leads_nowhere_is_refused_with_what_to_do(
    reference: str, text: str, start: Start
) -> None:
    with pytest.raises(TaskError) as refusal:
        start(reference)
    assert text in str(refusal.value)
    assert reference in str(refusal.value)


def test_module_that_breaks_at_its_import_is_shown_with_its_line(
    start: Start, module: Callable[[str, str], None]
) -> None:
    module("broken_task", "def train(trial): ...\n1 / 0\n")
    with pytest.raises(TaskError, match="ZeroDivisionError") as refusal:
        start("broken_task:train")
    assert "broken_task.py" in str(refusal.value)
    assert "1 / 0" in str(refusal.value)


def test_module_that_ends_its_process_is_refused(
    start: Start, module: Callable[[str, str], None]
) -> None:
    module("ending_task", "import os\nos._exit(7)\n")
    with pytest.raises(WorkerStartError, match="import"):
        start("ending_task:train")


def test_module_that_leaves_at_its_import_is_refused(
    start: Start, module: Callable[[str, str], None]
) -> None:
    module("leaving_task", "import sys\nsys.exit('no data folder')\n")
    with pytest.raises((TaskError, WorkerStartError)):
        start("leaving_task:train")


def test_what_cannot_be_called_is_refused(start: Start) -> None:
    with pytest.raises(TaskError, match="cannot be called"):
        start(3)


# -- copied with this process ----------------------------------------------------------------


class Trainer:
    """Knows how to train."""

    def __init__(self, value: float) -> None:
        self.value = value

    def fit(self, trial: TrialHandle) -> float:
        return self.value

    def __call__(self, trial: TrialHandle) -> float:
        return 2 * self.value


def test_functions_that_nobody_can_import_are_copied(start: Start) -> None:
    factor = 3.0

    def closure(trial: TrialHandle) -> float:
        return factor

    def two_numbers(trial: TrialHandle, value: float) -> float:
        return value

    functions = {
        2.0: lambda trial: 2.0,
        3.0: closure,
        4.0: functools.partial(two_numbers, value=4.0),
        5.0: Trainer(5.0).fit,
        12.0: Trainer(6.0),
    }
    for value, function in functions.items():
        assert importable_reference(function) is None
        assert curve_of_one(start(function)) == [value]


def test_copy_works_beside_threads_and_leaves_their_work_alone(start: Start) -> None:
    import threading

    goes_on = threading.Event()
    waiting = threading.Thread(target=goes_on.wait)
    waiting.start()
    try:
        ours = {"MainThread", "reports"}
        executor = start(lambda trial: len({t.name for t in threading.enumerate()} - ours))
        assert curve_of_one(executor) == [0.0]
        assert waiting.is_alive()
    finally:
        goes_on.set()
        waiting.join()


SCRIPT = """
import json, sys
from pathlib import Path
{body}
def train(trial):
    for step in trial.steps():
        trial.report(val_accuracy=FACTOR * step)

from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import Objective, TrialEnded
from tunebook.testing.executor_suite import Watch, launch_of

executor = ProcessExecutor(
    train, TrialSetup("s", Objective.of(maximize="val_accuracy"), Path(sys.argv[1])), n_workers=2
)
watch = Watch(executor)
executor.carry_out(launch_of())
watch.until_ends()
executor.close()
print(json.dumps(list(watch.curve().values)))
"""


@pytest.mark.parametrize("is_file", [True, False], ids=["script", "typed in"])
def test_function_of_the_program_itself_is_trained_and_the_program_not_run_again(
    is_file: bool, tmp_path: Path
) -> None:
    text = SCRIPT.format(body="print('the program runs', file=sys.stderr)\nFACTOR = 2.0")
    program = ["-c", text]
    if is_file:
        (tmp_path / "script.py").write_text(text)
        program = [str(tmp_path / "script.py")]
    done = subprocess.run(
        [sys.executable, *program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [2.0 * step for step in range(1, 11)]
    assert done.stderr.splitlines() == ["the program runs"]


def test_function_of_an_installed_module_is_imported_by_name() -> None:
    assert importable_reference(trainings.tracked) == "tunebook.testing.trainings:tracked"
