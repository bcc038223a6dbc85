"""E1, the platform story: a recipe's baseline, three searches with equal budgets, the comparison.

    .venv/bin/python -m benchmarks.stories.e1_platform [--voc FOLDER]

FOLDER holds a detection set in Pascal VOC form with lists of its splits: it is imported with a leak
planted between two splits, its report read, and ``object-detection`` trained on it. Without one the
recipe is T-DET (``rectangles_task.py``). Everything is typed as a user would: each part is a
command of its own. Costs are those of a quiet machine: other work makes the forecast wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stories.pass_marks import PassMarks

import tunebook as tb
from tunebook.analysis.forecast import forecast
from tunebook.engine import Facts
from tunebook.records import TrialState

POPULATION, ROUNDS, PRICE = 9, 5, 162.0
"""Nine members and the baseline train as many steps as ten whole trials."""

T_DET = f"{Path(__file__).parent / 'rectangles_task.py'}:Rectangles"
TOLERANCE = 0.05
SEARCHES = {
    "random": "random",
    "bayes": "bayes:initial=3,max_concurrent=1",
    "evolution": f"evolution:population={POPULATION},rounds={ROUNDS}",
}


@dataclass
class Platform:
    """The command, with a home of its own."""

    home: Path

    def __call__(self, *words: str, may_fail: bool = False) -> str:
        command = [sys.executable, "-m", "tunebook", "--home", str(self.home), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not may_fail:
            raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *words: str, may_fail: bool = False) -> Any:
        return json.loads(self(*words, "--json", may_fail=may_fail))

    def facts(self, study: str) -> Facts:
        return tb.load(study, home=self.home).facts


def import_with_a_leak(marks: PassMarks, platform: Platform, source: Path) -> list[str]:
    """Import a detection set one of whose training images stands in the validation set too."""
    folder = platform.home / "planted"
    shutil.copytree(source, folder, copy_function=shutil.copyfile)
    lists = folder / "ImageSets" / "Main"
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    name = (lists / "train.txt").read_text().split()[0]
    for kind, suffix in (("Annotations", "xml"), ("JPEGImages", "jpg")):
        shutil.copyfile(folder / kind / f"{name}.{suffix}", folder / kind / f"planted.{suffix}")
    with (lists / "val.txt").open("a") as file:
        file.write("\nplanted\n")
    told = platform("data", "import", str(folder), "--name", "cells")
    marks.tell(told.strip())
    found = platform.json("data", "report", "cells", may_fail=True)["findings"]
    number = {finding["check"]: finding["value"] for finding in found}
    items = {finding["check"]: finding["items"] for finding in found}
    without_area = [text for text in items["import"] if "without area" in text]
    marks.check(number["leakage"] == "1", f"the report finds the planted leak: {items['leakage']}")
    marks.tell(f"boxes without area, as the set has them: {len(without_area)}")
    again = platform("data", "import", str(folder), "--name", "cells")
    marks.check(again.split(":")[0] == told.split(":")[0], "the same files are the same version")
    return ["object-detection", "--data", "cells"]


def estimate(facts: Facts) -> float:
    """Return what the study was forecast to cost, before its first trial."""
    assert facts.dry_run is not None
    steps = facts.known_spec.max_steps
    found = forecast(facts.budget, facts.dry_run, max_steps=steps, n_slots=1)
    return found.cost or 0.0 if found is not None else 0.0


def cost(facts: Facts) -> float:
    return facts.progress(facts.last_at).cost or 0.0


def train_all(platform: Platform, recipe: Sequence[str], steps: int) -> list[str]:
    """Train the baseline and the searches, and return the names of the searches."""
    price = ("--price-per-hour", str(PRICE), "--workers", "1", "--max-steps", str(steps), "-q")
    platform("train", *recipe, "--name", "baseline", *price)
    for name, search in SEARCHES.items():
        trials = () if name == "evolution" else ("--trials", str(POPULATION + 1))
        platform("train", *recipe, "--search", search, *trials, "--name", name, *price)
    return list(SEARCHES)


def check_searches(marks: PassMarks, platform: Platform, names: Sequence[str]) -> None:
    values = {name: platform.json("trials", name) for name in ("baseline", *names)}
    first = {name: rows[0]["value"] for name, rows in values.items()}
    same = len(set(first.values())) == 1
    marks.check(same, f"every search begins with the baseline, {first['baseline']:.4f}")
    best = {name: platform.json("best", name)["value"] for name in names}
    told = ", ".join(f"{name} {value:.4f}" for name, value in best.items())
    marks.check(all(v >= first["baseline"] for v in best.values()), f"none ends below it: {told}")


def check_comparison(marks: PassMarks, platform: Platform, names: Sequence[str]) -> None:
    told = platform.json("compare", *names)
    rows = {row["study"]: row for row in told["studies"]}
    n_steps = [row["n_steps"] for row in rows.values()]
    is_equal = max(n_steps) <= min(n_steps) * (1 + TOLERANCE)
    marks.check(is_equal, f"budgets are equal: {n_steps} steps")
    tables = all(
        row["n_trials"] == len(trials := platform.json("trials", name))
        and row["best"] == platform.json("best", name)["value"]
        and row["baseline"] == trials[0]["value"]
        and abs((row["cost"] or 0) - cost(platform.facts(name))) < 0.01
        and row["config"].items() >= platform.json("best", name)["config"].items()
        for name, row in rows.items()
    )
    marks.check(tables, "cost, quality, trials, best and found values agree in all tables")
    sentences = [*told["verdicts"], *told["gains"], *told["trends"], told["refusal"] or ""]
    claims = [text for text in sentences if "better than" in text or "was better" in text]
    marks.check(not claims, f"no unsupported 'better' in {len(sentences)} sentences")
    for text in (*told["gains"], *filter(None, [told["refusal"]])):
        marks.tell(text)


def check_cost(marks: PassMarks, platform: Platform, names: Sequence[str]) -> None:
    expected = {name: estimate(platform.facts(name)) for name in names}
    spent = {name: cost(platform.facts(name)) for name in names}
    for name in names:
        marks.tell(f"{name}: cost {spent[name]:.2f}, forecast {expected[name]:.2f}")
    total, forecasted = sum(spent.values()), sum(expected.values())
    off = total / forecasted - 1
    marks.check(abs(off) <= TOLERANCE, f"total cost {total:.2f} is {off:+.1%} off its forecast")


def check_limit(
    marks: PassMarks, platform: Platform, recipe: Sequence[str], hours: float, steps: int
) -> None:
    """A time limit at half of what the search took leaves all that was trained."""
    limit = ("--hours", f"{hours / 2:.6f}", "--trials", str(POPULATION + 1), "--max-steps")
    words = ("--search", "random", "--name", "limited", "--workers", "1", *limit, str(steps), "-q")
    platform("train", *recipe, *words, "--price-per-hour", str(PRICE))
    facts = platform.facts("limited")
    done = [t for t in facts.trials if t.state is TrialState.DONE and t.value is not None]
    told = f"{facts.state} ({facts.limit}), {len(done)} trained trials, {facts.state_why}"
    marks.check(str(facts.state) == "stopped" and len(done) > 0, f"half the time: {told}")
    hours_used = facts.active_seconds(facts.last_at) / 3600
    off = cost(facts) / (hours_used * PRICE) - 1
    marks.check(abs(off) <= TOLERANCE, f"its cost is the price of its hours ({off:+.2%})")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--voc", type=Path)
    parser.add_argument("--recipe", default=T_DET)
    parser.add_argument("--max-steps", type=int, default=5, help="steps of a training")
    parser.add_argument("--updates-per-step", type=int, default=16)
    parser.add_argument("--set", action="append", default=[], help="a value for all trainings")
    options = parser.parse_args()
    given = [word for value in options.set for word in ("--set", value)]
    given += ["--updates-per-step", str(options.updates_per_step)]
    title = "object-detection" if options.voc else Path(options.recipe).name
    marks = PassMarks(f"E1 platform story: {title}")
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder))
        recipe = [options.recipe]
        if options.voc is not None:
            recipe = import_with_a_leak(marks, platform, options.voc)
        recipe += given
        names = train_all(platform, recipe, options.max_steps)
        check_searches(marks, platform, names)
        check_comparison(marks, platform, names)
        check_cost(marks, platform, names)
        facts = platform.facts("random")
        hours = facts.active_seconds(facts.last_at) / 3600
        check_limit(marks, platform, recipe, hours, options.max_steps)
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
