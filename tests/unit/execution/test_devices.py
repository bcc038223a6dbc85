"""GPUs are found by what CUDA reads, and shared out evenly."""

from __future__ import annotations

import pytest

from tunebook.errors import InputError
from tunebook.execution.devices import device_of_each, find_gpus, physical_name


def nobody() -> str:
    raise AssertionError("nvidia-smi was asked")


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [
        ("", ()),
        ("-1", ()),
        ("0", ("0",)),
        ("2, 5", ("2", "5")),
        ("1,-1,2", ("1",)),
        ("0,,1", ("0",)),
        ("GPU-8932f937,MIG-1a", ("GPU-8932f937", "MIG-1a")),
    ],
)
def test_variable_that_limits_gpus_is_obeyed(visible: str, gpus: tuple[str, ...]) -> None:
    assert find_gpus({"CUDA_VISIBLE_DEVICES": visible}, nobody) == gpus


@pytest.mark.parametrize(
    ("answer", "gpus"), [("0\n1\n", ("0", "1")), ("", ()), ("No devices were found\n", ())]
)
def test_without_the_variable_all_gpus_are_found(answer: str, gpus: tuple[str, ...]) -> None:
    assert find_gpus({}, lambda: answer) == gpus


def test_workers_without_gpus_are_on_the_cpu() -> None:
    assert device_of_each(3, ()) == [None, None, None]


def test_workers_are_spread_over_all_gpus_before_any_is_shared() -> None:
    assert device_of_each(3, ("0", "1"), per_device=2) == ["0", "1", "0"]


def test_more_workers_than_the_devices_take_are_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="per_device") as refusal:
        device_of_each(3, ("0", "1"))
    assert "at most 2 workers" in str(refusal.value)


@pytest.mark.parametrize(("n_workers", "per_device"), [(0, 1), (-1, 1), (1, 0)])
def test_numbers_below_one_are_refused(n_workers: int, per_device: int) -> None:
    with pytest.raises(InputError, match="from 1"):
        device_of_each(n_workers, (), per_device)


@pytest.mark.parametrize(
    ("gpu", "name"), [(None, "cpu"), ("3", "cuda:3"), ("GPU-8932f937", "GPU-8932f937")]
)
def test_events_name_devices_as_people_do(gpu: str | None, name: str) -> None:
    assert physical_name(gpu) == name
