"""Options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., None])

StudyName: TypeAlias = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.")]
AnyName: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="A study, a dataset or a guide; data:NAME says which.")
]
Home: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER", help="Where everything is kept; else TUNEBOOK_HOME, else .tunebook here."
    ),
]
Store: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Another database: a file or postgresql://...")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A value set by hand, such as lr=0.01."),
]
Parameters: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        *("-p", "--parameter"),
        metavar="NAME=VALUES",
        help="Such as 'lr=log(1e-5,1)', 'opt=sgd|adam', 'depth=int(1,8)'. Once for each.",
    ),
]
Constraints: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--constraint", metavar="RULE", help="Such as 'warmup <= 0.1 * max_steps'."),
]
Search: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="auto (default), random, bayes, bayes:initial=5, ..."),
]

LIMITS: dict[str, tuple[Any, ...]] = {
    "trials": (int, "N", "Trials at most. Default: 10 if there is no limit."),
    "steps": (int, "N", "Training steps at most, over all trials."),
    "hours": (float, "H", "Hours of work at most."),
    "cost": (float, "X", "Money at most; needs --price-per-hour."),
    "price_per_hour": (float, "X", "What the machine costs in an hour."),
    "target": (float, "X", "Stop when a trial reaches this value."),
    "patience": (int, "N", "Stop after N trials in a row without a better one."),
    "max_failures": (int, "N", "Give up when more than N trials failed."),
}
"""The options of the budget: the type, what stands for the value, and the help."""

_FLAGS: dict[str, tuple[Any, ...]] = LIMITS | {
    "maximize": (str, "METRIC", "The metric of which more is better."),
    "minimize": (str, "METRIC", "The metric of which less is better."),
    "reduce": (str, "HOW", "A curve's value: best (default), last or mean_last_3."),
    "max_steps": (int, "N", "Steps of a full training."),
    "warm_start": (list[str], "STUDY", "An older study to start from; may be given again."),
    "workers": (int, "N", "Trials at once; 0: in this process. Default: 1 for each GPU."),
    "per_device": (int, "N", "Trials on one GPU."),
    "trial_timeout_s": (float, "S", "Seconds that one trial may train.", "--timeout"),
    "seed": (int, "N", "Makes the study repeatable. Default: 0."),
    "name": (str, "STUDY", "The study's name; one that exists goes on."),
    "pattern": (list[str], "REGEX", "How the command prints its metrics. May be repeated."),
    "grace_s": (
        *(float, "S", "Seconds a script may work on after --max-steps. Default: 30."),
        "--grace",
    ),
    "diverged_exit": (int, "N", "The exit code by which a script says that it diverged."),
    "diverged_pattern": (str, "REGEX", "What a script prints when it has diverged."),
    "notes": (str, "TEXT", "What the study is about."),
    "data": (str, "NAME", "The dataset, as NAME or NAME@VERSION."),
    "sample": (float, "SHARE", "Train on this share of the training data (0 to 1)."),
    "updates_per_step": (int, "N", "Updates in a step, which ends by an evaluation."),
}
"""Options under the names of the keys of a study file, further ones and the limits."""


def with_flags(*names: str) -> Callable[[Command], Command]:
    """Give a command these options of the table; it takes them as ``**flags``."""

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        flags = [_parameter(name, *_FLAGS[name]) for name in names]
        command.__signature__ = signature.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]  # what typer reads
        return command

    return decorate


def _parameter(name: str, kind: Any, metavar: str, text: str, *words: str) -> inspect.Parameter:
    annotation = Annotated[kind | None, typer.Option(*words, metavar=metavar, help=text)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=None, annotation=annotation)
