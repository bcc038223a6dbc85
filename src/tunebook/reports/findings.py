"""The checklist before conclusions (S4.20): what a study's facts say is wrong or worth knowing."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.best_curves import judge_best_curve
from tunebook.checks.search_extent import judge_space
from tunebook.checks.trial_figures import trial_figures
from tunebook.engine import Facts
from tunebook.playbook.hyperparameters import known
from tunebook.records.finding import Verdict
from tunebook.reports.messages import FindingMessage
from tunebook.reports.recipe_findings import findings_of_recipe
from tunebook.reports.verdicts import finding_message
from tunebook.space import Space


def findings_of(facts: Facts, space: Space) -> list[FindingMessage]:
    """Return the findings, problems first; nothing is said about a study without trials."""
    if not facts.trials:
        return []
    figures = trial_figures(facts, space)
    found = [
        *map(finding_message, (*judge_space(figures), *judge_best_curve(figures))),
        *_rate(space),
        *findings_of_recipe(facts),
    ]
    order = [verdict.value for verdict in reversed(Verdict)]
    return sorted(found, key=lambda finding: order.index(finding.level))


def _rate(space: Space) -> Iterator[FindingMessage]:
    """Yield that values of weight decay must not be compared at one fixed rate (S3.7).

    At a rate one decade too high the best decay looks more than a decade smaller than it is.
    """
    varied = {found.name for name in space.dimensions if (found := known(name)) is not None}
    if "weight_decay" in varied and "lr" not in varied:
        yield FindingMessage(
            id="fixed-rate",
            level="notice",
            title="Weight_decay was varied with a fixed learning rate",
            evidence="Each value of the decay has a best rate of its own",
            advice="Vary both over some decades, and read the isolation plot of weight_decay",
            source="S3.7",
        )
