"""E3, the fault hunt: planted mistakes are named, and healthy projects raise no alarm.

    .venv/bin/python -m benchmarks.stories.e3_faults [--seed 0]

A fault counts as named if one of the two likeliest causes says so, or the title of one of the first
two problems. An alarm is a problem found in a healthy project.
"""

from __future__ import annotations

import argparse
import time
import warnings

import torch
from benchmarks.stories.fault_tasks import CLEAN, Parts
from benchmarks.stories.faults import FAULTS, Fault
from benchmarks.stories.more_tasks import MORE_CLEAN, MORE_FAULTS
from benchmarks.stories.pass_marks import PassMarks

from tunebook.probes.check import check
from tunebook.records.finding import Finding, Verdict, leading_causes
from tunebook.training.task import read_task

N_CAUSES, NAMED_SHARE, CLEAN_SHARE = 2, 0.9, 29 / 30


def problems(parts: Parts, seed: int) -> list[Finding]:
    found = check(read_task(parts), parts.config, seed=seed)
    return [finding for finding in found if finding.verdict is Verdict.PROBLEM]


def is_named(fault: Fault, found: list[Finding]) -> bool:
    """Whether it is among the two likeliest causes, or in the titles of the first two problems."""
    told = [*leading_causes(found, N_CAUSES), *(f.title for f in found[:N_CAUSES])]
    return any(word.lower() in text.lower() for word in fault.words for text in told)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    faults, healthy = (*FAULTS, *MORE_FAULTS), (*CLEAN, *MORE_CLEAN)
    marks = PassMarks(f"E3 fault hunt: {len(faults)} faults, {len(healthy)} healthy projects")
    begin, named = time.perf_counter(), 0
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
    marks.tell(f"{(time.perf_counter() - begin) / n:.1f} s for a project")
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
