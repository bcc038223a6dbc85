"""Workers are started when they are needed, replaced when they go, and tell why they went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

import hard_trainings
import tunebook as tb
from tunebook.engine.commands import Command, Continue
from tunebook.errors import WorkerStartError
from tunebook.execution.memory_watch import MemoryWatch
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.records import (
    Event,
    FailureKind,
    TrialBegan,
    TrialEnded,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
)
from tunebook.testing import trainings
from tunebook.testing.executor_suite import Watch, launch_of
from tunebook.training import TrialHandle

Start = Callable[..., ProcessExecutor]
Told = Callable[[int, str], str]
FindServer = Callable[[], psutil.Process]


def trained(executor: ProcessExecutor, n_trials: int) -> Watch:
    """Train trials one after the other."""
    watch = Watch(executor)
    for number in range(n_trials):
        executor.carry_out(launch_of(number))
    watch.until_ends(n_trials)
    return watch


# -- how many there are ----------------------------------------------------------------------


def test_worker_is_started_when_it_is_first_needed(start: Start, server: FindServer) -> None:
    executor = start(trainings.untracked, n_workers=4)
    assert server().children() == []
    trained(executor, 1)
    assert len(server().children()) == 1


def test_one_worker_trains_one_trial_after_the_other(start: Start, told: Told) -> None:
    trained(start(hard_trainings.telling), 5)
    assert len({told(number, "pid") for number in range(5)}) == 1


def test_worker_is_replaced_after_its_number_of_trials(start: Start, told: Told) -> None:
    trained(start(hard_trainings.telling, max_trials=2), 5)
    workers = [told(number, "pid") for number in range(5)]
    assert workers[0] == workers[1] != workers[2] == workers[3] != workers[4]


@pytest.mark.parametrize("leaks", [True, False])
def test_worker_is_replaced_when_a_trial_leaks_memory_and_only_then(
    leaks: bool, start: Start, told: Told
) -> None:
    executor = start(hard_trainings.hoarding, max_growth_mib=100)
    watch = Watch(executor)
    for number in range(3):
        executor.carry_out(launch_of(number, mib=200 if number == 1 else 0, keeps=leaks))
    watch.until_ends(3)
    workers = [told(number, "pid") for number in range(3)]
    assert workers[0] == workers[1]
    assert (workers[1] != workers[2]) == leaks


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc shows what is open")
def test_two_thousand_trials_leave_no_descriptor_thread_or_memory_behind(
    start: Start, server: FindServer
) -> None:
    executor = start(trainings.untracked, max_trials=600)
    trained(executor, 100)
    worker = server().children()[0]
    before = (psutil.Process().num_fds(), server().num_fds(), worker.num_fds())
    rss = worker.memory_info().rss
    trained(executor, 390)
    assert worker.num_threads() <= 2, "one may be about to end"
    assert worker.memory_info().rss - rss < 8 * 2**20
    trained(executor, 1510)
    after = (psutil.Process().num_fds(), server().num_fds(), server().children()[0].num_fds())
    # Fewer is no leak: what tests before this one left open may be closed meanwhile.
    assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)


# -- what becomes of trials ------------------------------------------------------------------


def test_trial_whose_worker_is_killed_is_lost_and_the_next_one_trained(
    start: Start, told: Told
) -> None:
    executor = start(hard_trainings.stuck)

    def react(event: Event) -> Sequence[Command]:
        if isinstance(event, TrialReported):
            os.kill(int(told(event.trial, "pid")), signal.SIGKILL)
        return []

    watch = Watch(executor, reaction=react)
    executor.carry_out(launch_of(0))
    executor.carry_out(launch_of(1))
    watch.until_ends(2)
    assert [event.trial for event in watch.all(TrialLost)] == [0, 1]
    assert watch.all(TrialLost)[0].failure.kind is FailureKind.KILLED


def test_trial_whose_worker_is_killed_while_it_is_held_is_lost(
    start: Start, server: FindServer
) -> None:
    executor = start(trainings.tracked)

    def react(event: Event) -> Sequence[Command]:
        if isinstance(event, TrialReached):
            server().children()[0].kill()
        return []

    watch = Watch(executor, reaction=react)
    executor.carry_out(launch_of(until=4))
    watch.until_came(TrialLost)
    assert [type(end) for end in watch.ends()] == [TrialReached, TrialLost]


def test_idle_worker_that_is_killed_costs_no_trial(start: Start, server: FindServer) -> None:
    executor = start(trainings.untracked)
    trained(executor, 1)
    worker = server().children()[0]
    worker.kill()
    psutil.wait_procs([worker])
    executor.events(lambda batch: None, 0.2)
    assert trained(executor, 1).ends()[0].trial == 0


def test_kill_by_the_kernel_when_memory_runs_out_is_told_and_tried_again(
    start: Start, told: Told, tmp_path: Path
) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("oom 0\noom_kill 4\n")

    def react(event: Event) -> Sequence[Command]:
        if isinstance(event, TrialReported):
            if event.trial == 0:
                counter.write_text("oom 1\noom_kill 5\n")
            os.kill(int(told(event.trial, "pid")), signal.SIGKILL)
        return []

    executor = start(hard_trainings.stuck, memory_watch=MemoryWatch([counter]))
    watch = Watch(executor, reaction=react)
    for number in range(2):
        executor.carry_out(launch_of(number))
    watch.until_ends(2)
    kinds = {event.trial: event.failure.kind for event in watch.all(TrialLost)}
    assert kinds == {0: FailureKind.OUT_OF_MEMORY, 1: FailureKind.KILLED}
    assert "MiB of memory" in watch.all(TrialLost)[0].failure.message


@pytest.mark.parametrize("is_copy", [False, True], ids=["imported", "copied"])
def test_death_of_the_server_loses_running_trials_and_no_more(
    is_copy: bool, start: Start, server: FindServer
) -> None:
    function = (lambda trial: trainings.tracked(trial)) if is_copy else trainings.tracked
    executor = start(function, n_workers=2)

    def react(event: Event) -> Sequence[Command]:
        if isinstance(event, TrialReported) and event.trial == 0 and not killed:
            killed.append(server().pid)
            server().kill()
        return []

    killed: list[int] = []
    watch = Watch(executor, reaction=react)
    executor.carry_out(launch_of(0, pace_s=0.1))
    executor.carry_out(launch_of(1, pace_s=0.1))
    watch.until_ends(2)
    assert {event.trial for event in watch.all(TrialLost)} == {0, 1}
    assert {event.failure.kind for event in watch.all(TrialLost)} == {FailureKind.LOST}
    executor.carry_out(launch_of(2))
    watch.until_came(TrialEnded)
    assert server().pid not in killed


def test_trial_outlives_many_deaths_of_the_server(start: Start, tmp_path: Path) -> None:
    deaths = tmp_path / "deaths"

    def killing(trial: TrialHandle) -> None:
        with deaths.open("a") as file:
            file.write("x")
        if deaths.stat().st_size <= 4:
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()
        trainings.untracked(trial)

    executor = start(killing)
    watch = Watch(executor, reaction=lambda event: [launch_of(0)] * isinstance(event, TrialLost))
    executor.carry_out(launch_of(0))
    watch.until_came(TrialEnded)
    lost = watch.all(TrialLost)
    assert len(lost) == 4
    assert all(event.is_driver_loss for event in lost), "it was no fault of the trial"


def test_server_that_always_dies_ends_the_study_and_says_so(tmp_path: Path) -> None:
    def killing(trial: TrialHandle) -> None:
        trial.report(val_accuracy=0.5)
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()

    space = tb.Space(lr=tb.Float(0.0, 1.0))
    options = {"maximize": "val_accuracy", "trials": 2, "workers": 1, "home": tmp_path}
    with pytest.raises(WorkerStartError, match=r"setbacks in a row.*ended with -9") as caught:
        tb.tune(killing, space, **options, progress=False, name="s")
    study = tb.load("s", home=tmp_path)
    assert (study.state, study.facts.state_why) == ("paused", str(caught.value))
    assert [trial.n_losses for trial in study.trials] == [0]


def output_with_64_files(program: str, *arguments: str) -> str:
    """Return what a program prints that may have 64 files open; it may not complain."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
    done = subprocess.run(
        [sys.executable, "-c", limit + textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_files_that_trials_leave_open_cost_no_trial(tmp_path: Path) -> None:
    program = """
        import sys
        import tunebook as tb
        kept = []
        def train(trial):
            kept.extend(open("/dev/null") for _ in range(12))
            return trial.config.lr
        space = tb.Space(lr=tb.Float(0.0, 1.0))
        study = tb.tune(train, space, maximize="v", trials=20, workers=1, search="random",
                        home=sys.argv[1], name="s", progress=False)
        print(*{str(t.state) for t in study.trials}, sum(t.n_losses for t in study.trials))
    """
    assert output_with_64_files(program, str(tmp_path)) == "done 0\n"


def test_driver_that_has_no_more_files_says_what_to_do(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from tunebook.errors import WorkerStartError
        from tunebook.execution.processes import ProcessExecutor
        from tunebook.execution.trial_setup import TrialSetup
        from tunebook.records import Objective
        from tunebook.testing.executor_suite import launch_of
        setup = TrialSetup("s", Objective.of(maximize="v"), Path(sys.argv[1]))
        executor = ProcessExecutor(lambda trial: 1.0, setup, n_workers=1)
        kept = []
        try:
            while True:
                kept.append(open("/dev/null"))
        except OSError:
            executor.carry_out(launch_of(0))
        try:
            executor.events(print, 10.0)
        except WorkerStartError as error:
            kept.clear()
            print(error)
        executor.close()
    """
    told = output_with_64_files(program, str(tmp_path))
    assert "[E401]" in told
    assert "Too many open files; a process may have 64 files open" in told
    assert "'ulimit -n 256'" in told


def test_untracked_trial_waits_in_its_worker_while_others_train(start: Start) -> None:
    executor = start(trainings.untracked, n_workers=2)

    def react(event: Event) -> Sequence[Command]:
        if isinstance(event, TrialReached):
            return [launch_of(number) for number in range(1, 5)]
        if isinstance(event, TrialEnded) and event.trial == 4:
            return [Continue(TrialNumber(0), None)]
        return []

    watch = Watch(executor, reaction=react)
    executor.carry_out(launch_of(0, until=4))
    watch.until_came(TrialEnded, 5)
    assert watch.all(TrialEnded)[-1].trial == 0
    assert list(watch.curve().steps) == list(range(1, 11))


def resumed(executor: ProcessExecutor, until: int, **launches: int | None) -> Watch:
    """Train trials 0, 1, ... for four steps, release each, then launch trial 0 again."""
    watch = Watch(executor)
    for number in range(launches["n_trials"] or 0):
        executor.carry_out(launch_of(number, until=4))
        watch.until_ends(number + 1)
    n_ends = len(watch.ends())
    executor.carry_out(launch_of(0, until=until))
    watch.until_ends(n_ends + 1)
    return watch


def n_workers(server: psutil.Process) -> int:
    """Return how many processes are at work; one that has ended may not be reaped yet."""
    return sum(child.status() != psutil.STATUS_ZOMBIE for child in server.children())


def test_released_trial_that_tracks_nothing_goes_on_in_its_process(
    start: Start, server: FindServer
) -> None:
    watch = resumed(start(trainings.untracked), until=10, n_trials=3)
    began = [(event.trial, event.step) for event in watch.all(TrialBegan)]
    assert began == [(0, 0), (1, 0), (2, 0), (0, 4)]
    assert list(watch.curve().steps) == list(range(1, 11))
    assert n_workers(server()) == 3


def test_only_so_many_trials_wait_and_the_oldest_gives_way(
    start: Start, server: FindServer
) -> None:
    watch = resumed(start(trainings.untracked, max_waiting=2), until=10, n_trials=3)
    began = [(event.trial, event.step) for event in watch.all(TrialBegan)]
    assert began[-1] == (0, 0)
    assert n_workers(server()) == 3


def test_trial_that_waits_beyond_its_new_slice_starts_again(start: Start) -> None:
    watch = resumed(start(trainings.untracked), until=3, n_trials=1)
    assert [event.step for event in watch.all(TrialBegan)] == [0, 0]
    assert [event.step for event in watch.all(TrialReached)] == [4, 3]


def test_worker_of_a_timing_run_trains_the_first_trial(start: Start, server: FindServer) -> None:
    executor = start(trainings.untracked)
    watch = Watch(executor)
    executor.carry_out(launch_of(DRY_RUN, until=2))
    watch.until_ends()
    executor.carry_out(launch_of(0))
    watch.until_ends(2)
    assert len(server().children()) == 1


def test_trials_that_fill_a_gpu_do_not_wait(start: Start) -> None:
    watch = resumed(start(trainings.untracked, gpus=("0",)), until=10, n_trials=1)
    assert [event.step for event in watch.all(TrialBegan)] == [0, 0]


# -- where they train ------------------------------------------------------------------------


def test_each_worker_sees_its_own_gpu(start: Start, told: Told) -> None:
    executor = start(hard_trainings.telling, n_workers=2, gpus=("3", "5"))
    watch = Watch(executor)
    for number in range(2):
        executor.carry_out(launch_of(number, pace_s=0.3))
    watch.until_ends(2)
    assert [told(number, "visible") for number in range(2)] == ["3", "5"]
    assert [told(number, "device") for number in range(2)] == ["cuda:0", "cuda:0"]
    assert {event.device for event in watch.all(TrialBegan)} == {"cuda:3", "cuda:5"}


def test_workers_share_gpus_evenly(start: Start, told: Told) -> None:
    executor = start(hard_trainings.telling, n_workers=4, gpus=("0", "1"), per_device=2)
    watch = Watch(executor)
    for number in range(4):
        executor.carry_out(launch_of(number, pace_s=0.5))
    watch.until_ends(4)
    assert sorted(told(number, "visible") for number in range(4)) == ["0", "0", "1", "1"]
    assert len({told(number, "pid") for number in range(4)}) == 4


def test_worker_on_the_cpu_has_one_thread_of_numerical_libraries(start: Start, told: Told) -> None:
    trained(start(hard_trainings.telling), 1)
    assert (told(0, "device"), told(0, "threads")) == (
        "cpu",
        os.environ.get("OMP_NUM_THREADS", "1"),
    )


# -- Ctrl-C ----------------------------------------------------------------------------------


def test_workers_leave_interrupts_to_the_driver(start: Start, server: FindServer) -> None:
    executor = start(trainings.untracked)

    def react(event: Event) -> Sequence[Command]:
        for process in (server(), *server().children()):
            process.send_signal(signal.SIGINT)
        return []

    watch = Watch(executor, reaction=react)
    executor.carry_out(launch_of(pace_s=0.05))
    watch.until_ends()
    assert watch.only(TrialEnded).step == 10


def test_workers_are_not_in_the_group_that_a_terminal_interrupts(
    start: Start, server: FindServer
) -> None:
    trained(start(trainings.untracked), 1)
    groups = [os.getpgid(process.pid) for process in (server(), *server().children())]
    assert os.getpgid(0) not in groups


def test_log_of_a_worker_that_died_is_kept(start: Start, setup: TrialSetup) -> None:
    def last_words(trial: TrialHandle) -> None:
        sys.stdout.write("these are my last words\n")
        os.kill(os.getpid(), signal.SIGKILL)

    watch = trained(start(last_words), 1)
    assert watch.only(TrialLost).failure.log_tail == "these are my last words"
