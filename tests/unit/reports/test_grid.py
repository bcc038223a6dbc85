"""S3.6: a study whose search is a grid of two parameters shows it in its report."""

from __future__ import annotations

from tunebook.engine import Facts, replay
from tunebook.records import (
    Configuration,
    DriverStarted,
    Series,
    StudyCreated,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
    TrialReported,
)
from tunebook.reports.grid import grid_sections
from tunebook.testing.samples import sample_spec

SPACE = {
    "resolution": {"type": "choice", "values": [64, 96], "ordered": True},
    "features": {"type": "choice", "values": [512, 1024], "ordered": True},
}


def study(
    search: str, n_steps: tuple[int, ...] = (10, 10, 10, 10), baseline: bool = False
) -> Facts:
    spec = sample_spec(space=SPACE, search={"name": search})
    events: list = [StudyCreated(0.0, spec), DriverStarted(0.0, "host:1", 1)]
    cells = [(64, 512), (64, 1024), (96, 512), (96, 1024)]
    if baseline:
        cells.insert(0, (128, 512))
        n_steps = (10, *n_steps)
    for i, (resolution, features) in enumerate(cells):
        source = "enqueued" if baseline and i == 0 else "searcher"
        number, n = TrialNumber(i), n_steps[i]
        config = Configuration({"resolution": resolution, "features": features})
        series = Series.of(range(1, n + 1), [resolution / 100] * n, range(1, n + 1))
        events += [
            TrialCreated(1.0, number, config, until_step=None, source=source),
            TrialBegan(1.0, number, 0),
            TrialReported(1.5, number, {"val_accuracy": series}),
            TrialEnded(2.0, number, n, 1.0),
        ]
    return replay(events)


def test_baseline_beside_the_grid_is_no_cell_of_it():
    (with_it,), (without,) = (grid_sections(study("grid", baseline=b)) for b in (True, False))
    assert with_it.paragraphs == without.paragraphs
    assert "4 runs in 4 cells" in with_it.paragraphs[0]


def test_s3_6_effects_heat_map_and_front_are_told():
    (section,) = grid_sections(study("grid"))
    assert "resolution alone moves the mean by 0.32" in section.paragraphs[0]
    assert "features alone moves the mean by 0;" in section.paragraphs[0] + ";"
    assert [chart.title for chart in section.charts] == [
        "val_accuracy of each cell",
        "Cost and value",
    ]
    rows = [series.name for series in section.charts[0].series]
    assert rows == ["features 512", "features 1024"]


def test_s3_6_runs_of_another_length_have_a_note():
    (section,) = grid_sections(study("grid", (10, 10, 10, 5)))
    assert section.paragraphs[-1] == "Left out, as they were not trained for 10 steps: trials 3."


def test_other_searches_have_no_grid():
    assert grid_sections(study("random")) == []
