"""The benchmark's commands, from a measurement to its report."""

from __future__ import annotations

import pytest
from benchmarks.search import __main__ as commands
from benchmarks.search import results


def run(out, *options):
    fixed = ["--problems", "synthetic/hash", "--budget", "6", "--out", str(out)]
    return commands.main(["run", "--methods", "random;halton", *fixed, *options])


def test_a_measurement_goes_on_with_more_seeds(tmp_path, capsys):
    out = tmp_path / "results.jsonl"
    assert run(out, "--seeds", "0") == 0
    assert run(out, "--seeds", "0-2") == 0
    assert "4 of 6 cases to measure" in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 6


def test_a_measurement_ends_when_its_time_is_up(tmp_path, capsys):
    out = tmp_path / "results.jsonl"
    run(out, "--seeds", "0-2", "--minutes", "0")
    assert "6 cases are left for the next call" in capsys.readouterr().out
    assert results.read([out]) == []


def test_a_report_compares_all_methods_with_the_one_named(tmp_path):
    out = tmp_path / "results.jsonl"
    run(out, "--seeds", "0-2")
    assert commands.main(["report", str(out), "--out", str(tmp_path), "--against", "halton"]) == 0
    text = (tmp_path / "report.md").read_text()
    assert "### Against halton" in text
    assert "| random | 1 x 3 |" in text


@pytest.mark.parametrize(("rise", "code"), [(1.1, 0), (1.4, 1)])
def test_regret_that_has_risen_by_a_quarter_is_a_failure(tmp_path, rise, code):
    before, now = tmp_path / "before.jsonl", tmp_path / "now.jsonl"
    run(before, "--seeds", "0-2")
    for result in results.read([before]):
        trace = [[used, regret * rise, at] for used, regret, at in result["trace"]]
        results.append(now, {**result, "trace": trace})
    assert commands.compare(now, before) == code


def test_a_problem_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="nonsense"):
        commands.main(["run", "--problems", "nonsense", "--out", str(tmp_path / "r.jsonl")])
