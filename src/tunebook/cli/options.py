"""Options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., None])

StudyName: TypeAlias = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.")]
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
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", help="Trials at once; 0: in this process. Default: 1 for each GPU."),
]
PerDevice: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="Trials on one GPU.")]

# -- the budget ----------------------------------------------------------------------------

Trials: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Trials at most. Default: 10 if there is no limit.")
]
Hours: TypeAlias = Annotated[float | None, typer.Option(metavar="H", help="Hours of work at most.")]

LIMITS: Mapping[str, Any] = {
    "trials": Trials,
    "steps": Annotated[
        int | None, typer.Option(metavar="N", help="Training steps at most, over all trials.")
    ],
    "hours": Hours,
    "cost": Annotated[
        float | None, typer.Option(metavar="X", help="Money at most; needs --price-per-hour.")
    ],
    "price_per_hour": Annotated[
        float | None, typer.Option(metavar="X", help="What the machine costs in an hour.")
    ],
    "target": Annotated[
        float | None, typer.Option(metavar="X", help="Stop when a trial reaches this value.")
    ],
    "patience": Annotated[
        int | None,
        typer.Option(metavar="N", help="Stop after N trials in a row without a better one."),
    ],
    "max_failures": Annotated[
        int | None, typer.Option(metavar="N", help="Give up when more than N trials failed.")
    ],
}


def with_limits(command: Command) -> Command:
    """Give a command the options of the budget; it takes them as ``**limits``."""
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    limits = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in LIMITS.items()
    ]
    command.__signature__ = signature.replace(parameters=[*own, *limits])  # type: ignore[attr-defined]  # what typer reads
    return command


# -- what is tuned -------------------------------------------------------------------------

Words: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="STUDY.yaml | -- COMMAND", help="A study file, or a command."),
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
Maximize: TypeAlias = Annotated[
    str | None, typer.Option(metavar="METRIC", help="The metric of which more is better.")
]
Minimize: TypeAlias = Annotated[
    str | None, typer.Option(metavar="METRIC", help="The metric of which less is better.")
]
Reduce: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="A curve's value: best (default), last or mean_last_3."),
]
MaxSteps: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Steps of a full training.")
]
Search: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="auto (default), random, bayes, bayes:initial=5, ..."),
]
WarmStart: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="STUDY", help="An older study to start from; may be given again."),
]
Seed: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Makes the study repeatable. Default: 0.")
]
Name: TypeAlias = Annotated[
    str | None, typer.Option(metavar="STUDY", help="The study's name; one that exists goes on.")
]
Patterns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern", metavar="REGEX", help="How the command prints its metrics. May be repeated."
    ),
]
Grace: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="S", help="Seconds a script may work on after --max-steps. Default: 30."),
]
DivergedExit: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", help="The exit code by which a script says that it diverged."),
]
DivergedPattern: TypeAlias = Annotated[
    str | None, typer.Option(metavar="REGEX", help="What a script prints when it has diverged.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take all as is.")]
Timeout: TypeAlias = Annotated[
    float | None, typer.Option(metavar="S", help="Seconds that one trial may train.")
]
Notes: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What the study is about.")
]
