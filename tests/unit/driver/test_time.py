"""The time of day may jump: budgets, requests and leases do not care."""

from __future__ import annotations

import pytest

from invariants import check_invariants
from tunebook.driver import Clock, Driver
from tunebook.engine import Machine
from tunebook.records import Budget, RequestObeyed, StudyState
from tunebook.testing.training import ManualClock


class Jumping:
    """A time of day that is corrected by ``by`` seconds once ``after`` seconds have elapsed."""

    def __init__(self, elapsed: ManualClock, by: float, after: float = 200.0) -> None:
        self.elapsed, self.by, self.at = elapsed, by, elapsed() + after

    def __call__(self) -> float:
        return self.elapsed() + (self.by if self.elapsed() >= self.at else 0.0)


@pytest.mark.parametrize("by", [-86_400.0, -10.0, 86_400.0])
def test_time_limit_holds_though_the_time_of_day_jumps(make_rig, by):
    rig = make_rig(budget=Budget(hours=0.25), step_s=20.0)
    clock = Clock(Jumping(rig.clock, by), rig.clock)
    machine = Machine(rig.searcher)
    renewed = []

    class Asking:
        id = 0

        def update(self, facts, now):
            if not self.id and facts.steps_done >= 20:
                self.id = rig.store.add_request(rig.study, "edit notes", {"notes": "x"}, now)
            renewed.append(rig.store.lease_of(rig.study).renewed_at)

    began = rig.clock()
    driver = Driver(
        rig.store, rig.study, machine, rig.make_executor(), clock=clock, watcher=Asking()
    )
    facts = driver.run()
    check_invariants(facts)
    assert (facts.state, facts.limit) == (StudyState.STOPPED, "hours")
    assert rig.clock() - began == pytest.approx(900, abs=21)
    assert len(rig.all(RequestObeyed)) == 1
    assert rig.all(RequestObeyed)[0].at < began + 430
    assert renewed[-1] > rig.clock() + by - 31, "other machines know that the driver is alive"


def test_driver_that_begins_before_the_last_event_counts_its_own_time_only(make_rig):
    rig = make_rig(budget=Budget(trials=6))
    rig.drive()
    before = rig.events[: len(rig.events) // 2]
    again = make_rig.of_log(before, budget=Budget(trials=6))
    again.clock.now = before[0].at - 50_000
    facts = again.drive()
    worked = before[-1].at - before[0].at
    assert facts.worked_s == pytest.approx(36, abs=worked / 2 + 8)
