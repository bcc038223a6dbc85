"""Carries a study out: picks the executor, times the task, hands everything to the driver."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from tunebook.analysis.forecast import duration
from tunebook.driver import Driver
from tunebook.engine import Facts, Machine, replay
from tunebook.errors import (
    BudgetError,
    MetricMissingError,
    MetricUnclearError,
    TaskError,
    TunebookError,
)
from tunebook.execution.devices import find_gpus
from tunebook.execution.dry_run import DryRun
from tunebook.execution.interrupts import polite_interrupts
from tunebook.execution.process_tree import end_left_behind
from tunebook.execution.protocol import Executor
from tunebook.execution.script_link import sweep_links
from tunebook.execution.trial_setup import TrialSetup
from tunebook.live.watching import watching
from tunebook.records import DryRunMeasured, FailureKind, StudyId, StudySpec, TaskKind
from tunebook.search.protocol import Searcher
from tunebook.search.registry import make_searcher
from tunebook.settings import Settings, environment
from tunebook.space import Space
from tunebook.storage import Lease, Store
from tunebook.study.description import whole_number
from tunebook.study.notices import notices, offer
from tunebook.study.opening import Opened, leased
from tunebook.training import TrainingFunction

_REFUSALS = {
    FailureKind.METRIC_UNCLEAR: (
        MetricUnclearError,
        "Choose one of them: #2 is the second one of its name in a step",
    ),
    FailureKind.METRIC_MISSING: (
        MetricMissingError,
        "Print or report the metric, correct its name, or give a pattern",
    ),
    FailureKind.USER_ERROR: (TaskError, "Fix it and start again"),
}
"""The failures of a timing run with which no study begins: the error, and what to do."""

_SHARE_OF_TIME = 0.1
_MAX_DRY_RUN_S = 120.0


def drive_study(
    opened: Opened,
    function: TrainingFunction,
    *,
    options: Mapping[str, Any],
    searcher: Searcher | None = None,
) -> None:
    """Drive the study until it is over or put down. One that is over already is left alone."""
    store, study, settings = opened
    facts = replay(event for _, event in store.events_after(study))
    searcher = searcher or make_searcher(facts.known_spec.search)
    if _is_over(facts, searcher) and not store.requests_after(study, facts.last_request):
        return
    # Refused at once when somebody else drives it.
    with leased(store, study) as lease:
        _drive(store, lease, facts, function, settings=settings, options=options, searcher=searcher)


def _drive(
    store: Store,
    lease: Lease,
    facts: Facts,
    function: TrainingFunction,
    *,
    settings: Settings,
    options: Mapping[str, Any],
    searcher: Searcher,
) -> None:
    spec = facts.known_spec
    # Clones begin with their parents' weights: those must lie in a file by then (S0.15).
    is_inherited = bool(getattr(searcher, "hands_on_weights", False))
    setup = replace(trial_setup(spec, settings, options), saves_slices=is_inherited)
    n_workers = resolve_workers(options["workers"], options["per_device"])
    end_left_behind(setup.home, setup.study)
    sweep_links()
    with (
        # The driver is polite; before and after it, whatever was started is ended at once.
        polite_interrupts(is_patient=False),
        closing(_executor(function, setup, n_workers, options["per_device"])) as executor,
        watching(
            options["progress"],
            facts,
            setup,
            store=store.address,
            notices=[*notices(facts, n_workers), *filter(None, [offer(facts, store)])],
        ) as watcher,
    ):
        if _wants_dry_run(facts, options["dry_run"]):
            try:
                measured = _dry_run(store, lease.study, facts, executor)
                _require_baseline_paid(facts, measured)
            except TunebookError:
                # Nothing was tried: what is left would be a study that nobody began.
                store.delete_study(lease.study)
                raise
        # A script that has not attached itself cannot be saved: it is stopped early instead.
        can_pause = executor.can_pause and bool(getattr(function, "can_pause", True))
        machine = Machine(searcher, can_pause=can_pause)
        checkpoints = setup.open_checkpoints()
        driver = Driver(
            store, lease.study, machine, executor, checkpoints=checkpoints, watcher=watcher
        )
        driver.run(lease)


def trial_setup(spec: StudySpec, settings: Settings, options: Mapping[str, Any]) -> TrialSetup:
    """Return what all trials of the study have in common."""
    timeout_s = options.get("trial_timeout_s")
    # The network of a recipe is a deliverable: that of its best step must be there (S4.37).
    every_steps = 1 if spec.task.kind is TaskKind.RECIPE else None
    return TrialSetup(
        study=spec.name,
        objective=spec.objective,
        home=settings.home,
        seed=spec.seed,
        checkpoint_every_s=options.get("checkpoint_every_s") or 30.0,
        checkpoint_every_steps=options.get("checkpoint_every_steps") or every_steps,
        trial_timeout_s=spec.trial_timeout_s if timeout_s is None else timeout_s,
    )


def resolve_workers(workers: int | None, per_device: int) -> int:
    """Return how many workers train: what was said, else as many as the GPUs take, else one."""
    if workers is None:
        return max(1, len(find_gpus(environment())) * per_device)
    expected = "a whole number from 1, or 0 to train in this process"
    return whole_number(workers, 0, what="The number of workers cannot be this", expected=expected)


def _is_over(facts: Facts, searcher: Searcher) -> bool:
    if not facts.state.is_over:
        return False
    machine = Machine(searcher)
    machine.facts = facts
    return not machine.reopen(time.time()).events


def _executor(
    function: TrainingFunction, setup: TrialSetup, n_workers: int, per_device: int
) -> Executor:
    if n_workers == 0:
        from tunebook.execution.inline import InlineExecutor

        return InlineExecutor(function, setup)
    from tunebook.execution.processes import ProcessExecutor

    return ProcessExecutor(function, setup, n_workers=n_workers, per_device=per_device)


def _wants_dry_run(facts: Facts, wanted: bool | None) -> bool:
    if facts.trials or wanted is False:
        return False
    is_script = facts.known_spec.task.kind is TaskKind.SCRIPT
    return bool(wanted) or is_script or facts.budget.deadline_seconds is not None


def _require_baseline_paid(facts: Facts, measured: DryRunMeasured) -> None:
    """Refuse a search over a recipe that could not even train its baseline (S0.8, S0.10)."""
    spec, deadline_s = facts.known_spec, facts.budget.deadline_seconds
    is_search = spec.task.kind is TaskKind.RECIPE and Space.from_dict(facts.space).dimensions
    if not is_search or deadline_s is None or measured.step_s is None:
        return
    needed_s = measured.startup_s + measured.step_s * (spec.max_steps or 1)
    if needed_s > deadline_s:
        raise BudgetError(
            "The budget does not pay for the baseline, and without it no gain would be known",
            got=f"{duration(deadline_s)} of work",
            expected=f"{duration(needed_s)} or more for one training, by a timing run",
            do="Raise hours or cost, or lower max_steps",
        )


def _dry_run(store: Store, study: StudyId, facts: Facts, executor: Executor) -> DryRunMeasured:
    """Time the task; ``TaskError`` if the user's code raises before anything was tuned."""
    spec, deadline_s = facts.known_spec, facts.budget.deadline_seconds
    limit_s = min(_MAX_DRY_RUN_S, deadline_s * _SHARE_OF_TIME if deadline_s else _MAX_DRY_RUN_S)
    run = DryRun(executor)
    config = Space.from_dict(facts.space).default(spec.max_steps)
    measured = run.run(config, spec.max_steps, limit_s=limit_s)
    failure = run.failure
    if failure is not None and failure.kind in _REFUSALS:
        refusal, do = _REFUSALS[failure.kind]
        # Where a function never reported the metric, its frames say nothing.
        is_missing = failure.kind is FailureKind.METRIC_MISSING
        is_silent = is_missing and spec.task.kind is not TaskKind.SCRIPT
        details = "" if is_silent else f"{failure.traceback or failure.log_tail or ''}\n"
        what = f"{details}A timing run with the default configuration failed: {failure.message}"
        raise refusal(what, got=dict(config) if refusal is TaskError else None, do=do)
    store.append(study, [measured], store.last_seq(study))
    return measured
