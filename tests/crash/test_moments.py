"""kill -9 at fifty random moments: of drivers, of workers, of both."""

from __future__ import annotations

import random
import time

import pytest

N_STUDIES = 10
STEP_S = 0.045
"""So long that no study is over before its last kill."""
VICTIMS = ("driver", "worker", "driver", "both", "driver")
"""Five kills in each study; of workers two, for a trial that lost three is given up."""


@pytest.mark.parametrize("seed", range(N_STUDIES))
def test_study_killed_at_random_moments_ends_as_the_undisturbed_one(crash, undisturbed, kill, seed):
    chance = random.Random(seed)
    study, driver = crash(workers=2, step_s=STEP_S), None
    for victim in VICTIMS:
        if driver is None:
            driver = study.start()
        time.sleep(chance.uniform(0.0, 0.5))
        if victim != "driver":
            kill.worker_of(driver, chance)
        if victim != "worker":
            kill.driver(driver)
            driver = None
            if study.has_begun:
                study.check_so_far(undisturbed)
    assert study.facts.alive or len(study.facts.trials) < len(undisturbed)
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
