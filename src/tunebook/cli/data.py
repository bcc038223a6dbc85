"""``tunebook data``: import datasets, read their quality reports, list and export them."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tunebook.cli.options import AsJson, Home
from tunebook.cli.output import emit, emit_json, emit_table, say
from tunebook.cli.place import place_of
from tunebook.cli.values import values_of
from tunebook.errors import DatasetError

data = typer.Typer(help="Datasets: import, report, list, export.", no_args_is_help=True)
DataName = Annotated[str, typer.Argument(metavar="NAME", help="A dataset, or NAME@VERSION.")]


def _home(ctx: typer.Context, home: str | None) -> Path:
    from tunebook.settings import find_settings

    return find_settings(place_of(ctx, home, None).home, None).home


@data.command("import")
def import_(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder, a table, or an archive.")],
    name: Annotated[str | None, typer.Option(help="What to call it. Default: as the file.")] = None,
    kind: Annotated[
        str | None,
        typer.Option("--format", help="folders, lists, coco, voc, yolo, texts or table."),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SHARE",
            help="Draw splits: train=0.8, train-val=0.1, test=0.1. Splits that the dataset brings "
            "are kept; one that it lacks is drawn out of train: train-val=0.1.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    text: Annotated[str | None, typer.Option(help="The column with the texts.")] = None,
    home: Home = None,
) -> None:
    """Import a dataset as a version that never changes, and write its quality report."""
    from tunebook.datasets.library import ImportOptions, import_dataset
    from tunebook.datasets.quality_page import drawn_sentences

    shares = values_of(split) if split else None
    options = ImportOptions(kind, shares, seed, target, text)
    called = name or path.resolve().name.split(".")[0]
    stored = import_dataset(path, called, _home(ctx, home), options)
    dataset = stored.dataset
    sizes = ", ".join(f"{split} {len(dataset.of_split(split))}" for split in dataset.splits)
    emit(f"{stored.name}@{stored.version}: {len(dataset.items)} items ({sizes})")
    if "target" in dataset.details:
        goal = f"classes: {len(dataset.classes)}" if dataset.classes else "numbers"
        emit(f"column to predict: {dataset.details['target']} ({goal})")
    emit(*drawn_sentences(dataset))
    n_ignored = sum(len(item.boxes) - len(item.objects) for item in dataset.items)
    if n_ignored:
        emit(f"boxes to ignore (crowds and difficult objects): {n_ignored}")
    if dataset.details.get("n_strays"):
        say(f"  files of the folder that are not part of it: {dataset.details['n_strays']}")
    for fault in dataset.faults[:20]:
        say(f"  {fault.source} {fault.why}" + (" (left out)" if fault.is_left_out else ""))
    if len(dataset.faults) > 20:
        say(f"  and {len(dataset.faults) - 20} more: tunebook data report {stored.name}")


@data.command()
def report(ctx: typer.Context, name: DataName, as_json: AsJson = False, home: Home = None) -> None:
    """Print a dataset's quality report; exit code 1 if it has a problem."""
    from tunebook.datasets.library import open_dataset
    from tunebook.datasets.quality import judge_quality
    from tunebook.datasets.quality_page import SPLIT_COLUMNS, split_rows
    from tunebook.records.finding import Verdict, worst

    stored = open_dataset(name, _home(ctx, home))
    found = judge_quality(stored.dataset, stored.folder)
    if as_json:
        splits = [dict(zip(SPLIT_COLUMNS, row, strict=True)) for row in split_rows(stored.dataset)]
        told = {"name": stored.name, "version": stored.version, "splits": splits}
        emit_json({**told, "findings": found})
    else:
        rows = [["" if c is None else str(c) for c in row] for row in split_rows(stored.dataset)]
        emit_table([">" * (0 < i < 6) + name for i, name in enumerate(SPLIT_COLUMNS)], rows)
        emit_table(["", "check", ">found"], [(f.verdict.name, f.title, f.value) for f in found])
        for finding in found:
            if finding.verdict is not Verdict.PASS:
                emit("", f"{finding.verdict.name} {finding.title} {finding.advice}")
                emit(*(f"  {item}" for item in finding.items[:10]))
    raise typer.Exit(1 if worst(found) is Verdict.PROBLEM else 0)


@data.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, home: Home = None) -> None:
    """List all datasets with their versions."""
    from tunebook.datasets.library import imported_at, names_of, open_dataset, versions_of

    place = _home(ctx, home)
    rows = []
    for name in names_of(place):
        for folder in versions_of(name, place):
            stored = open_dataset(name, place, folder.name)
            kind, n_items = stored.dataset.kind.value, len(stored.dataset.items)
            rows.append((stored.name, stored.version, kind, n_items, imported_at(stored)))
    if as_json:
        keys = ("name", "version", "kind", "n_items", "imported_at")
        emit_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    emit_table(
        ["name", "version", "kind", ">items", "imported"],
        [
            (*words, str(n), f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}")
            for *words, n, at in rows
        ],
    )


@data.command()
def export(
    ctx: typer.Context,
    name: DataName,
    to: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    home: Home = None,
) -> None:
    """Copy a version with its items as JSON lines and its files to a folder."""
    from tunebook.datasets.library import open_dataset

    stored = open_dataset(name, _home(ctx, home))
    if to.exists():
        raise DatasetError("The folder is there already", got=str(to), do="Name another one")
    shutil.copytree(stored.folder, to)
    emit(str(to))
