"""What a person is told when a script's objective is missing, or several numbers may be it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from tunebook.errors import nearest
from tunebook.execution.metric_lines import USUAL_FORMS, ready_pattern
from tunebook.execution.objective_choice import Choice
from tunebook.records import Failure, FailureKind, Objective


def missing_metric(
    metric: str, names: Collection[str], last: Sequence[str], patterns: Sequence[str]
) -> Failure:
    """Return the failure that says what was found instead, with a pattern for a line it is in."""
    found = sorted(names)
    summary = f"found: {', '.join(found)}. {nearest(metric, found)}" if found else "none came"
    details = [
        "The last lines that the script printed:",
        *([f"    {line[:200]}" for line in last] or ["    (nothing)"]),
    ]
    offers = (ready_pattern(line, metric) for line in reversed(last))
    ready = next(filter(None, offers), None)
    if ready is not None:
        details += [
            f"{metric} is in one of them, but not as one certain number. To read it there, add:",
            f"    --pattern {shlex.quote(ready)}",
        ]
    if patterns:
        details += ["They were searched by your patterns:", *(f"    {one}" for one in patterns)]
    else:
        details.append(f"They were searched for {USUAL_FORMS};")
    details.append("so was the folder TUNEBOOK_TRIAL_DIR for CSV, JSONL and TensorBoard files.")
    return Failure(
        FailureKind.METRIC_MISSING,
        f"the script never gave the metric {metric!r}; {summary}",
        "\n".join(details),
        "\n".join(last) or None,
    )


def unclear_metric(objective: Objective, choices: Sequence[Choice]) -> Failure:
    """Return the failure that shows the numbers side by side, with what to type for each."""
    typed = [f"--{objective.direction} {shlex.quote(choice.typed)}" for choice in choices]
    width = max(map(len, typed))
    rows = [
        f"    {option:<{width}}   {choice.value:<10.6g} {choice.line[:120]}"
        for option, choice in zip(typed, choices, strict=True)
    ]
    return Failure(
        FailureKind.METRIC_UNCLEAR,
        f"the script prints {len(choices)} values that may be {objective.metric!r}",
        "\n".join(["What to type for each, its value, and its line:", *rows]),
    )
