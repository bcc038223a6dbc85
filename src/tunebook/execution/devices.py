"""Which worker trains on which device. GPUs: CUDA_VISIBLE_DEVICES, else nvidia-smi; no library."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from tunebook.errors import InputError

CPU = "cpu"


def ask_nvidia_smi() -> str:
    """Return the indices of the GPUs, one a line; nothing where there is no such program."""
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def find_gpus(
    environ: Mapping[str, str], ask: Callable[[], str] = ask_nvidia_smi
) -> tuple[str, ...]:
    """Return the names of the GPUs as CUDA_VISIBLE_DEVICES takes them; it limits them if set."""
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        named = [name.strip() for name in visible.split(",")]
        # As CUDA reads it: everything from the first invalid name on is invisible.
        end = next((i for i, name in enumerate(named) if name in {"", "-1"}), len(named))
        return tuple(named[:end])
    return tuple(line.strip() for line in ask().splitlines() if line.strip().isdecimal())


def device_of_each(n_workers: int, gpus: Sequence[str], per_device: int = 1) -> list[str | None]:
    """Return each worker's GPU (None: CPU; S1.11); ``InputError`` if there are too few places."""
    if n_workers < 1 or per_device < 1:
        raise InputError(
            "Workers and trials per device are counted from 1",
            got={"workers": n_workers, "per_device": per_device},
        )
    if not gpus:
        return [None] * n_workers
    if n_workers > len(gpus) * per_device:
        raise InputError(
            "There are more workers than the devices take",
            got={"workers": n_workers, "devices": list(gpus), "per_device": per_device},
            expected=f"at most {len(gpus) * per_device} workers",
            do="Lower workers=, or raise per_device= if the trials fit on a device together",
        )
    return [gpus[i % len(gpus)] for i in range(n_workers)]


def physical_name(gpu: str | None) -> str:
    """Return how the events name a device."""
    if gpu is None:
        return CPU
    return f"cuda:{gpu}" if gpu.isdecimal() else gpu
