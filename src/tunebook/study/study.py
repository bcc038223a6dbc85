"""The public ``Study``: a view of a study's log, and the ways to carry it on."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack, final

from tunebook.engine import Facts, Machine, apply
from tunebook.files import write_file
from tunebook.records import (
    JsonObject,
    StudySpec,
    StudyState,
    TaskKind,
    TaskRef,
    Trial,
    TrialNumber,
)
from tunebook.search.protocol import Searcher
from tunebook.search.registry import make_searcher
from tunebook.space import Space
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.storage.lease import is_alive, lease_for_this_process
from tunebook.study.opening import Opened, open_study
from tunebook.study.options import RunOptions, StudyOptions, checked_options, showing_options
from tunebook.study.results import Best, best_of, curves_frame, trial_of, trials_frame
from tunebook.training import TrainingFunction

if TYPE_CHECKING:
    import pandas as pd

    from tunebook.study.ask_tell import AskTell


@final
class Study:
    """One study: what was asked for, what was tried, what is best.

    Got from ``tunebook.tune``, ``tunebook.load`` or ``Study.create``. Everything is read from the
    store when it is asked for, so a study that somebody else drives is seen as it is now.
    """

    def __init__(
        self,
        opened: Opened,
        *,
        searcher: Searcher | None = None,
        function: TrainingFunction | None = None,
    ) -> None:
        self._store, self._id, self._settings = opened
        self._searcher = searcher
        self._function = function
        self._facts = Facts()
        self._seq = 0
        self._ask_tell: AskTell | None = None

    @classmethod
    @showing_options(StudyOptions)
    def create(cls, space: Space, **options: Unpack[StudyOptions]) -> Self:
        """Create a study for a loop of your own, or open the one of that name: ask and tell.

        The keywords are explained at ``tunebook.study.options.StudyOptions``.
        """
        opts = checked_options(options, StudyOptions, caller="Study.create")
        searcher = make_searcher(opts["search"])
        opened = open_study(space, opts, task=TaskRef(TaskKind.ASK_TELL, ""), stem="study")
        return cls(opened, searcher=searcher)

    # -- what is known ---------------------------------------------------------------------

    @property
    def facts(self) -> Facts:
        """All facts of the study as they are now. Not to be changed."""
        for seq, event in self._store.events_after(self._id, self._seq):
            apply(self._facts, event)
            self._seq = seq
        return self._facts

    @property
    def name(self) -> str:
        """The study's name."""
        return self.spec.name

    @property
    def spec(self) -> StudySpec:
        """The study as it was described; budget and space as they are now are in ``facts``."""
        return (self._facts if self._facts.spec is not None else self.facts).known_spec

    @property
    def space(self) -> Space:
        """The space as it is now."""
        return Space.from_dict(self.facts.space)

    @property
    def state(self) -> StudyState:
        """``running``, ``paused``, ``done``, ``stopped`` or ``failed``.

        A study whose driver was killed is ``paused``: everything is kept, and it can go on.
        """
        if self.facts.state is not StudyState.RUNNING:
            return self.facts.state
        lease, ours = self._store.lease_of(self._id), lease_for_this_process(self._id, time.time())
        is_driven = lease is not None and is_alive(lease, ours)
        return StudyState.RUNNING if is_driven else StudyState.PAUSED

    @property
    def why(self) -> str:
        """Why the study is in its state, in a sentence; empty while it runs."""
        return self.facts.state_why

    @property
    def trials(self) -> Sequence[Trial]:
        """All trials by number, as frozen facts."""
        return tuple(self.facts.trials)

    @property
    def best(self) -> Best:
        """The best trial so far; ``StudyFailedError`` while none has a value."""
        return best_of(self.facts, self.checkpoints)

    @property
    def checkpoints(self) -> CheckpointStore:
        """Where the study's checkpoints lie."""
        from tunebook.study.running import trial_setup

        return trial_setup(self.spec, self._settings, {}).open_checkpoints()

    @property
    def seq(self) -> int:
        """The number of the last event that ``facts`` holds."""
        return self._seq

    def write_report(self, path: str | os.PathLike[str]) -> None:
        """Write the study into one HTML file that opens with no server and no network."""
        write_file(Path(path), self._page())

    def _repr_html_(self) -> str:
        """Return the study's report as a notebook shows it."""
        from tunebook.reports.snapshot import notebook_view

        return notebook_view(self._page())

    def _page(self) -> str:
        from tunebook.reports.snapshot import study_page

        return study_page(
            self.facts,
            self.seq,
            path_of=self.checkpoints.path_of,
            is_live=self.state is StudyState.RUNNING,
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each trial, with a column for each parameter."""
        return trials_frame(self.trials)

    def curves(self) -> pd.DataFrame:
        """Return one row for each measurement: trial, step, metric, value, seconds."""
        return curves_frame(self.trials)

    def explain(self, trial: int) -> str:
        """Return in a sentence why a trial was started, continued or stopped."""
        found = trial_of(self.facts, trial)
        why = found.why or {"ask": "it was asked for", "enqueued": "somebody wanted it tried"}.get(
            found.source, f"the {self.spec.search.get('name')} search gave no reason"
        )
        return f"Trial {trial} is {found.state}: {why.rstrip('.')}."

    def log_of(self, trial: int) -> Path:
        """Return the file that took what a trial printed; there is none if it printed nothing."""
        from tunebook.study.running import trial_setup

        return trial_setup(self.spec, self._settings, {}).log_of(TrialNumber(trial))

    # -- carrying it on --------------------------------------------------------------------

    @showing_options(RunOptions)
    def run(self, train: TrainingFunction | None = None, **options: Unpack[RunOptions]) -> Self:
        """Go on until the study is over or put down. One that is over already is left alone.

        ``train`` may be left out when it can be imported or is a script. ``StudyBusyError`` if
        another process drives the study.
        """
        from tunebook.study.running import drive_study
        from tunebook.study.tasks import load_task

        opts = checked_options(options, RunOptions, caller="run")
        self.close()
        function = train or self._function or load_task(self.spec)
        opened = Opened(self._store, self._id, self._settings)
        drive_study(opened, function, options=opts, searcher=self._searcher)
        return self

    def stop(self) -> None:
        """Ask whoever drives the study to end it; every result is kept."""
        self.request("stop study")

    @property
    def has_requests(self) -> bool:
        """Whether somebody left a request that no driver has obeyed yet."""
        return bool(self._store.requests_after(self._id, self.facts.last_request))

    def request(self, kind: str, body: JsonObject | None = None) -> int:
        """Leave a request, one of ``records.REQUEST_KINDS``, for whoever drives the study."""
        return self._store.add_request(self._id, kind, body or {}, time.time())

    # -- ask and tell ----------------------------------------------------------------------

    def ask(self) -> Trial:
        """Return a new trial to train: its ``config``, its ``number``.

        ``BudgetError`` when the budget is used up, ``SearchError`` when there is nothing to try.
        """
        return self._loop().ask()

    def tell(self, trial: Trial | int, *, step: int | None = None, **metrics: float) -> None:
        """Tell a trial's measurements. Without ``step`` they are its last ones, and it ends."""
        from tunebook.study.ask_tell import number_of

        self._loop().tell(number_of(trial), metrics, step)

    def fail(self, trial: Trial | int, why: str) -> None:
        """Tell that a trial broke. Out of memory makes it infeasible, anything else failed."""
        from tunebook.study.ask_tell import number_of

        self._loop().fail(number_of(trial), why)

    def close(self) -> None:
        """Let go of the study: others may drive it. Only needed after ``ask`` and ``tell``."""
        if self._ask_tell is not None:
            self._ask_tell.close()
            self._ask_tell = None

    def _loop(self) -> AskTell:
        from tunebook.study.ask_tell import AskTell

        if self._ask_tell is None:
            searcher = self._searcher or make_searcher(self.spec.search)
            self._ask_tell = AskTell(self._store, self._id, Machine(searcher, can_pause=False))
        return self._ask_tell

    def __repr__(self) -> str:
        facts = self.facts
        best = "" if facts.best is None else f", best {facts.best.value:.6g}"
        return f"<Study {self.name!r}: {self.state}, {len(facts.trials)} trials{best}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
