"""Results on disk: a measurement goes on where it stopped."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict

from benchmarks.search import results, tables
from benchmarks.search.measure import Case, Setting

SETTING = Setting(budget=4)


def result(method="random", seed=0, regret=0.5):
    about = {"method": method, "problem": "synthetic/hash", "seed": seed}
    return {**about, "setting": asdict(SETTING), "trace": [[1.0, regret, 1.0]]}


def test_what_has_a_result_is_not_measured_again(tmp_path):
    path = tmp_path / "raw" / "results.jsonl"
    cases = [Case("random", "synthetic/hash", seed, SETTING) for seed in range(3)]
    results.append(path, result(seed=1))
    assert [case.seed for case in results.missing(cases, results.read([path]))] == [0, 2]


def test_a_line_cut_short_is_measured_again(tmp_path):
    path = tmp_path / "results.jsonl"
    results.append(path, result(seed=0))
    with path.open("a") as file:
        file.write(json.dumps(result(seed=1))[:40])
    results.mend(path)
    results.append(path, result(seed=2))
    assert [found["seed"] for found in results.read([path])] == [0, 2]


def test_a_later_result_of_a_case_replaces_an_earlier_one(tmp_path):
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    results.append(old, result(regret=0.5))
    results.append(new, result(regret=0.2))
    assert [found["trace"] for found in results.read([old, new])] == [[[1.0, 0.2, 1.0]]]


def test_settings_keep_results_apart(tmp_path):
    path = tmp_path / "results.jsonl"
    results.append(path, result())
    other = Case("random", "synthetic/hash", 0, Setting(budget=4, workers=8))
    assert results.missing([other], results.read([path])) == [other]


def test_compressed_results_are_read(tmp_path):
    path = tmp_path / "results.jsonl.gz"
    with gzip.open(path, "wt") as file:
        file.write(json.dumps(result()) + "\n")
    assert results.case_of(results.read([path])[0]).method == "random"


def test_a_report_names_errors_versions_and_the_part_of_each_problem():
    failed = {**result("bayes", seed=1), "error": "PeerError: it broke"}
    del failed["trace"]
    text = tables.report([result(), result("bayes", regret=0.1), failed], "bayes")
    assert "0 for development, 1 for confirmation" in text
    assert "bayes|synthetic/hash|1|blackbox-b4-w1: PeerError: it broke" in text
    assert "| random | 1 x 1 |" in text
    assert "- random: unknown; seeds 0-0" in text
