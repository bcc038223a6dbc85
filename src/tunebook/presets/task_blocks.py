"""In which block two training tasks differ: data, network, hyperparameters, resources (S0.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tunebook.study.study_file import file_of

if TYPE_CHECKING:
    from tunebook.study.study import Study

_BLOCKS: Mapping[str, tuple[str, ...]] = {
    "data": ("data", "sample"),
    "network": ("recipe", "objective"),
    "length": ("max_steps", "updates_per_step"),
    "source of the hyperparameters": ("search", "space", "set", "schedule", "warm_start"),
    "resources": ("workers", "per_device", "trial_timeout_s", "budget"),
    "seed": ("seed", "training_seed"),
}


def difference(studies: Sequence[Study]) -> str:
    """Return in which blocks tasks differ, as a sentence: a fair comparison has one (S0.5)."""
    files = [file_of(study.facts) for study in studies]
    blocks = [name for name, keys in _BLOCKS.items() if _is_different(files, keys)]
    if not blocks:
        return "They are the same task."
    if len(blocks) == 1:
        return f"They differ only in: {blocks[0]}."
    return f"They differ in: {', '.join(blocks)}."


def _is_different(files: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> bool:
    return any(len({str(file.get(key)) for file in files}) > 1 for key in keys)
