"""What the pages ask for, answered from the store: each study is folded once and then kept up.

Called from many threads; each study has a lock of its own, held for milliseconds: what takes the
whole study is computed outside of it. Nothing here writes but ``add_request``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from tunebook.analysis.trial_curves import gap_of_best
from tunebook.engine import Facts, apply
from tunebook.errors import InputError, StudyNotFoundError
from tunebook.records import Event, StudyId, TrialReported
from tunebook.records.text import clean
from tunebook.reports.comparison import comparison_message
from tunebook.reports.curves import curve_message, curves_message
from tunebook.reports.lights import Judgement, judged
from tunebook.reports.messages import (
    ComparisonMessage,
    CurveMessage,
    CurvesMessage,
    PageMessage,
    PageRow,
    ParametersMessage,
    StudyMessage,
    StudyRow,
    TrialMessage,
    TrialsMessage,
    UpdateMessage,
)
from tunebook.reports.pages import found_pages, read_page
from tunebook.reports.parameter_messages import parameters_message
from tunebook.reports.study_messages import study_message, study_row
from tunebook.reports.trial_messages import TrialQuery, trial_message, trial_row, trials_message
from tunebook.storage import Store
from tunebook.storage.checkpoints import CheckpointStore, folder_name
from tunebook.storage.lease import is_alive, lease_for_this_process

FRESH_S = 2.0
"""So long, at least, figures that take the whole study (findings, parameters) are shown again."""

PATIENCE = 10
"""... and so many times as long as they took: a large study must not keep a core busy."""

N_ANSWERS = 8
"""So many requests that were obeyed are shown with their answers."""

MAX_COMPARED = 20
"""The most studies side by side: more columns than anybody reads."""

_LOG_BYTES = 16_384
_MAX_EVENTS = 20_000


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


@dataclass(slots=True)
class _Folded:
    facts: Facts = field(default_factory=Facts)
    seq: int = 0
    judgement: Judgement | None = None
    judgement_until: float = 0.0
    is_looking: bool = False
    parameters: ParametersMessage | None = None
    parameters_until: float = 0.0
    computing: threading.Lock = field(default_factory=threading.Lock)
    judging: threading.Lock = field(default_factory=threading.Lock)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def copy(self) -> tuple[Facts, int]:
        """Return the facts as they are now, for who computes with them outside of the lock."""
        return replace(self.facts, trials=list(self.facts.trials)), self.seq


@final
@dataclass(slots=True)
class Queries:
    """The questions of the pages about the studies of one store."""

    store: Store
    home: Path
    clock: Callable[[], float] = time.monotonic
    start: Callable[[Callable[[], None]], None] = _start
    _folded: dict[StudyId, _Folded] = field(default_factory=dict)

    def studies(self) -> Sequence[StudyRow]:
        """Return a line for each study, the latest first."""
        found = []
        for entry in reversed(self.store.list_studies()):
            with suppress(StudyNotFoundError), self._folding(entry.id) as folded:
                is_live = self._is_live(entry.id)
                found.append(study_row(folded.facts, time.time(), is_live=is_live))
        return found

    def prepare(self) -> None:
        """Fold every study and look for its findings, so that the first page need not wait."""
        for row in self.studies():
            with suppress(StudyNotFoundError):
                self.study(row.name)

    def study(self, name: str) -> StudyMessage:
        """Return a study; ``StudyNotFoundError`` offers the nearest name."""
        study = self._find(name)
        with self._folded_with_findings(study) as folded:
            return self._message(study, folded)

    def trials(self, name: str, query: TrialQuery) -> TrialsMessage:
        """Return a page of the table of trials."""
        with self._folded_of(name) as folded:
            return trials_message(folded.facts, folded.seq, query, gap=_gap(folded))

    def trial(self, name: str, number: int) -> TrialMessage:
        """Return one trial in full, with the end of its log."""
        with self._folded_of(name) as folded:
            return trial_message(
                folded.facts,
                folded.seq,
                number,
                path_of=self._checkpoints(name).path_of,
                log_tail=self._log_tail(name, number),
                gap=_gap(folded),
            )

    def curves(self, name: str, metric: str, trials: Sequence[int] | None) -> CurvesMessage:
        """Return the curves of a metric."""
        with self._folded_of(name) as folded:
            n_trials = len(folded.facts.trials)
            known = trials and [n for n in dict.fromkeys(trials) if n < n_trials]
            return curves_message(folded.facts, folded.seq, metric, trials=known)

    def parameters(self, name: str) -> ParametersMessage:
        """Return everything about the parameters; made outside the lock, for it takes seconds."""
        with self._folded_of(name) as folded:
            pass
        with folded.computing:
            with folded.lock:
                known = folded.parameters
                is_fresh = self.clock() < folded.parameters_until
                if known is not None and (is_fresh or known.seq == folded.seq):
                    return known
                facts, seq = folded.copy()
            begin = self.clock()
            folded.parameters = parameters_message(facts, seq)
            folded.parameters_until = self._fresh_until(begin)
            return folded.parameters

    def compare(self, names: Sequence[str]) -> ComparisonMessage:
        """Return studies side by side, each once; ``InputError`` for more than anybody reads."""
        wanted = dict.fromkeys(names)
        if len(wanted) > MAX_COMPARED:
            limit = f"at most {MAX_COMPARED}"
            raise InputError("Too many studies to compare", got=len(wanted), expected=limit)
        return comparison_message([self.study(name) for name in wanted])

    def update(self, name: str, seq: int, findings_seq: int | None = None) -> UpdateMessage | None:
        """Return what changed after event ``seq``, None if nothing did.

        Findings newer than those of ``findings_seq`` are a change too, unless it is None.
        ``StudyNotFoundError`` when so much changed that the page had better ask for everything.
        """
        study = self._find(name)
        with self._folded_with_findings(study) as folded:
            known = folded.judgement and folded.judgement.seq
            has_new_findings = None not in (known, findings_seq) and known != findings_seq
            if folded.seq <= seq and not has_new_findings:
                return None
            is_too_much = folded.seq - seq > _MAX_EVENTS
            log = [] if is_too_much else self.store.events_after(study, seq)
            events = [event for number, event in log if number <= folded.seq]
            facts = folded.facts
            numbers = {n for e in events if (n := getattr(e, "trial", None)) is not None}
            touched = [facts.trials[number] for number in sorted(numbers)]
            return UpdateMessage(
                seq=folded.seq,
                study=self._message(study, folded),
                trials=[trial_row(facts, trial, _gap(folded)) for trial in touched],
                points=_points(events),
            )

    def pages(self) -> list[PageRow]:
        """Return a line for each page that is no study: guides and datasets, the latest first."""
        return [row for _, row in found_pages(self.home)]

    def page(self, address: str) -> PageMessage:
        """Return a page by its address in the list; ``InputError`` if there is none."""
        return read_page(self.home, address)

    def add_request(self, name: str, kind: str, body: Mapping[str, Any]) -> int:
        """Leave a request for the driver and return its id."""
        study = self._find(name)
        return self.store.add_request(study, kind, body, time.time())

    def _find(self, name: str) -> StudyId:
        """Return the study of that name, or of one that is shown as that."""
        if "\\" in name:
            shown = {clean(entry.name): entry.name for entry in self.store.list_studies()}
            name = shown.get(name, name)
        return self.store.find_study(name)

    def _folded_of(self, name: str) -> AbstractContextManager[_Folded]:
        return self._folding(self._find(name))

    def _folded_with_findings(self, study: StudyId) -> AbstractContextManager[_Folded]:
        with self._folding(study) as folded:
            pass
        self._renew_findings(folded)
        return self._folding(study)

    @contextmanager
    def _folding(self, study: StudyId) -> Iterator[_Folded]:
        """Give a study as it is now, which nobody else changes meanwhile."""
        folded = self._folded.setdefault(study, _Folded())
        with folded.lock:
            try:
                for seq, event in self.store.events_after(study, folded.seq):
                    apply(folded.facts, event)
                    folded.seq = seq
            except StudyNotFoundError:
                self._folded.pop(study, None)
                raise
            yield folded

    def _message(self, study: StudyId, folded: _Folded) -> StudyMessage:
        facts = folded.facts
        return study_message(
            facts,
            folded.seq,
            time.time(),
            is_live=self._is_live(study),
            path_of=self._checkpoints(facts.known_spec.name).path_of,
            requests=self.store.requests_after(study, max(0, facts.last_request - N_ANSWERS)),
            judgement=folded.judgement,
        )

    def _renew_findings(self, folded: _Folded) -> None:
        """Look for findings: at once if there are none, otherwise beside the answering."""
        if folded.judgement is None:
            with folded.judging:
                if folded.judgement is None:
                    self._judge(folded)
            return
        with folded.lock:
            is_new = folded.judgement.seq != folded.seq
            is_due = is_new and self.clock() >= folded.judgement_until
            if folded.is_looking or not is_due:
                return
            folded.is_looking = True
        self.start(lambda: self._judge(folded))

    def _judge(self, folded: _Folded) -> None:
        begin = self.clock()
        try:
            with folded.lock:
                facts, seq = folded.copy()
            found = judged(facts, seq)
            with folded.lock:
                folded.judgement = found
                folded.judgement_until = self._fresh_until(begin)
        finally:
            folded.is_looking = False

    def _fresh_until(self, begin: float) -> float:
        now = self.clock()
        return now + max(FRESH_S, PATIENCE * (now - begin))

    def _is_live(self, study: StudyId) -> bool:
        lease = self.store.lease_of(study)
        return lease is not None and is_alive(lease, lease_for_this_process(study, time.time()))

    def _checkpoints(self, name: str) -> CheckpointStore:
        return CheckpointStore.of_study(self.home / "checkpoints", name)

    def _log_tail(self, name: str, number: int) -> str | None:
        path = self.home / "logs" / folder_name(name) / f"{number:05d}.log"
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _LOG_BYTES))
                return clean(file.read().decode("utf-8", "replace"))
        except OSError:
            return None


def _gap(folded: _Folded) -> float | None:
    """Return the distance from the best to the third-best trial, as new as the findings."""
    if folded.judgement is not None:
        return folded.judgement.gap
    return gap_of_best(folded.facts.trials, folded.facts.known_spec.objective)


def _points(events: Sequence[Event]) -> dict[str, list[CurveMessage]]:
    found: dict[str, list[CurveMessage]] = {}
    for event in events:
        if isinstance(event, TrialReported):
            for metric, series in event.series.items():
                found.setdefault(metric, []).append(curve_message(event.trial, series))
    return found
