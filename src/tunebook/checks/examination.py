"""Asks the checks one after the other, and has their experiments carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tunebook.checks.check import Ability, Check, Conclusion
from tunebook.checks.experiments import Experiment
from tunebook.checks.readings import Reading
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict, worst

CarryOut = Callable[[Experiment], Reading]
"""A laboratory: carries an experiment out. Failures are readings; ``NotPossible`` is raised."""


class NotPossible(Exception):
    """A subject does not allow an experiment: then the check is left out. Says why."""


@dataclass(slots=True)
class Examination:
    """What came of it: conclusions by check, readings, and the checks left out with the reason."""

    conclusions: dict[str, Conclusion] = field(default_factory=dict)
    readings: dict[Experiment, Reading] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """All findings, in the order of the checks."""
        return [f for conclusion in self.conclusions.values() for f in conclusion.findings]


def examine(
    checks: Iterable[Check],
    abilities: Collection[Ability],
    *,
    carry_out: CarryOut,
    config: Configuration,
    length: int,
    on_check: Callable[[Check], None] = lambda check: None,
    is_full: bool = False,
) -> Examination:
    """Carry out what every check asks for until it concludes; those that cannot run are listed.

    Checks that are not quick are left out unless the examination ``is_full``.
    """
    done = Examination()
    for check in checks:
        try:
            require(check, abilities, done)
            if not (check.is_quick or is_full):
                raise NotPossible("takes minutes: only when all checks are wanted")
            on_check(check)
            while not isinstance(asked := check.next(config, length, done.readings), Conclusion):
                for experiment in asked:
                    done.readings[experiment] = carry_out(experiment)
            done.conclusions[check.name] = asked
        except NotPossible as impossible:
            done.left_out[check.name] = str(impossible)
    return done


def require(check: Check, abilities: Collection[Ability], done: Examination) -> None:
    """Raise ``NotPossible`` if a check cannot run after what was done before."""
    if check.ability not in abilities:
        raise NotPossible(f"only for what {check.ability.value.removeprefix('it ')}")
    for name in check.after:
        if name in done.left_out:
            raise NotPossible(f"{name} was left out")
        before = done.conclusions.get(name)
        if before is not None and worst(before.findings) is Verdict.PROBLEM:
            raise NotPossible(f"{name} found a problem")
