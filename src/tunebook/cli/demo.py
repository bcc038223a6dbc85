"""``tunebook demo``: tunes a small network on real images, with nothing to prepare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from tunebook.cli.options import AsJson, Quiet, with_flags
from tunebook.cli.output import emit, emit_json, say
from tunebook.cli.place import Place, all_studies
from tunebook.errors import InputError

if TYPE_CHECKING:
    from tunebook.study import Study

STEM = "fashion"
SETTINGS: dict[str, Any] = {
    "maximize": "val_accuracy",
    "max_steps": 10,
    "trials": 18,
    "hours": 0.042,
    "workers": 2,
}
"""Those of ``examples/fashion.py``."""


@with_flags("trials", "hours", "workers")
def demo(
    place: Place,
    quiet: Quiet = False,
    as_json: AsJson = False,
    **flags: Any,
) -> None:
    """Tune a small network on 7,000 real images.

    Three minutes on two cores at most; no internet is needed. Each demo is a study of its own
    in the usual home: fashion-1, fashion-2 and so on.
    """
    from tunebook.cli.driving import exit_code
    from tunebook.study.description import free_name
    from tunebook.study.tune import tune

    try:
        from tunebook.recipes.fashion import SPACE, train
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise InputError(
            "The demo trains with PyTorch, which is not installed",
            do="pip install 'tunebook[torch]'",
        ) from None
    settings = SETTINGS | {key: value for key, value in flags.items() if value is not None}
    if not quiet:
        say("tuning a small convolutional network on 7,000 images of clothes (Fashion-MNIST, MIT)")
    study = tune(
        train,
        SPACE,
        **settings,
        name=free_name(STEM, [study.name for study in all_studies(place)]),
        home=place.home,
        store=place.store,
        progress=False if quiet else None,
    )
    _tell(study, as_json=as_json)
    raise typer.Exit(exit_code(study.state, study.why))


def _tell(study: Study, *, as_json: bool) -> None:
    from tunebook.cli.show import curve_lines
    from tunebook.cli.summary import best_of_study

    best = best_of_study(study)
    if as_json:
        emit_json(best)
        return
    if best is None:
        return
    metric = study.spec.objective.metric
    emit("", metric, *curve_lines(study.trials[best["number"]], metric), "")
    emit(*(f"{name} = {value}" for name, value in best["config"].items()))
    emit(f"{metric} = {best['value']:.4f} at step {best['step']} of trial {best['number']}")
    if best["checkpoint"] is not None:
        emit(f"checkpoint = {best['checkpoint']}")
