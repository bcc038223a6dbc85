"""E3, the fault hunt: planted mistakes are named, and healthy projects raise no alarm.

    .venv/bin/python -m benchmarks.stories.e3_faults [known silent unseen later] [--seed 0]

The authors of the rules know the first set, and had the second one beside them while they wrote.
Nobody who wrote a rule had read the third until it was measured; then its kinds were mended, and
the fourth took its place. A fault counts as named if one of the two likeliest causes says so, or
the title of one of the first two problems. An alarm is a problem found in a healthy project.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

import torch
from benchmarks.stories.fault_tasks import Parts
from benchmarks.stories.faults import Fault
from benchmarks.stories.pass_marks import PassMarks

from tunebook.checks.examination import examine
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict, leading_causes
from tunebook.training.task import read_task

N_CAUSES, NAMED_SHARE, CLEAN_SHARE = 2, 0.9, 59 / 60
LENGTH = 2000
"""The length of a full training, in updates, as ``tunebook check`` takes it of a task."""

SETS = {
    "known": (("faults", "FAULTS"), ("more_tasks", "MORE_FAULTS")),
    "silent": (("silent_faults", "SILENT_FAULTS"),),
    "unseen": (("unseen_faults", "UNSEEN_FAULTS"),),
    "later": (("later_faults", "LATER_FAULTS"),),
}
HEALTHY = {
    "known": (("fault_tasks", "CLEAN"), ("more_tasks", "MORE_CLEAN")),
    "silent": (("silent_tasks", "SILENT_CLEAN"),),
    "unseen": (("unseen_tasks", "UNSEEN_CLEAN"),),
    "later": (("later_tasks", "LATER_CLEAN"),),
}


def members(places: Sequence[tuple[str, str]]) -> list[Fault | Callable[[], Parts]]:
    """Return what lists of other modules hold."""
    lists = (getattr(import_module(f"benchmarks.stories.{m}"), name) for m, name in places)
    return [one for each in lists for one in each]


def problems(parts: Parts, seed: int) -> list[Finding]:
    done = examine(
        CHECKS,
        Laboratory.ABILITIES,
        carry_out=Laboratory(read_task(parts), seed=seed).carry_out,
        config=Configuration(parts.config),
        length=LENGTH,
    )
    return [finding for finding in done.findings if finding.verdict is Verdict.PROBLEM]


def is_named(fault: Fault, found: list[Finding]) -> bool:
    """Whether it is among the two likeliest causes, or in the titles of the first two problems."""
    told = [*leading_causes(found, N_CAUSES), *(f.title for f in found[:N_CAUSES])]
    return any(word.lower() in text.lower() for word in fault.words for text in told)


def hunt(name: str, seed: int) -> int:
    """Judge one set of faults and healthy projects, and return the exit code."""
    faults, healthy = members(SETS[name]), members(HEALTHY[name])
    marks = PassMarks(f"E3, {name}: {len(faults)} faults, {len(healthy)} healthy projects")
    begin, named = time.process_time(), 0
    for fault in faults:
        found = problems(fault.make(), seed)
        if is_named(fault, found):
            named += 1
        else:
            told = "; ".join(f"{f.title} [{', '.join(f.causes[:N_CAUSES])}]" for f in found)
            marks.tell(f"not named: {fault.name}: {told or 'no problem found'}")
    marks.check(named >= NAMED_SHARE * len(faults), f"{named} of {len(faults)} faults named")
    quiet = 0
    for number, make in enumerate(healthy):
        parts = make()
        found = problems(parts, seed + number)
        quiet += not found
        for finding in found:
            marks.tell(f"alarm: {parts.name} {parts.config}: {finding.title} {finding.value}")
    marks.check(
        quiet >= CLEAN_SHARE * len(healthy), f"no alarm on {quiet} of {len(healthy)} projects"
    )
    n = len(faults) + len(healthy)
    marks.tell(f"{(time.process_time() - begin) / n:.1f} s of the processor for a project")
    return marks.exit_code()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="SET")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    return max(hunt(name, given.seed) for name in given.sets)


if __name__ == "__main__":
    raise SystemExit(main())
