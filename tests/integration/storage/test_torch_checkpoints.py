"""States of PyTorch's modules, optimizers and generators come back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from tunebook.errors import CheckpointError
from tunebook.records import TrialNumber
from tunebook.storage.checkpoints import CheckpointStore

ZERO = TrialNumber(0)
DTYPES = [
    torch.bfloat16,
    torch.float16,
    torch.float32,
    torch.float64,
    torch.int8,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.float8_e4m3fn,
]


def back(tmp_path: Path, state: Any) -> Any:
    """Save a state and load it again."""
    store = CheckpointStore(tmp_path)
    return store.load(store.save(ZERO, 1, {"state": state}))["state"]


def bits(tensor: torch.Tensor) -> bytes:
    """Return the bytes of a tensor, so that NaN equals itself."""
    flat = tensor.contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def assert_same(one: Any, other: Any) -> None:
    """Compare two trees in types, order and bits."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert bits(one) == bits(other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs)
    else:
        assert one == other


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensor_of_any_type_comes_back_bit_for_bit(tmp_path: Path, dtype: torch.dtype) -> None:
    tensor = torch.tensor([[0.0, 1.0, 2.5], [4.0, 5.0, 7.0]]).to(dtype)
    tree = [tensor, tensor.t(), tensor[:, ::2], tensor[0, 1], tensor[:0], tensor.reshape(3, 2, 1)]
    assert_same(back(tmp_path, tree), tree)


def trained(optimizer_class: Any, **options: Any) -> tuple[torch.nn.Module, Any, Any]:
    """Return a small network, an optimizer and a schedule after three steps."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3),
        torch.nn.BatchNorm2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(72, 2),
    )
    groups = [{"params": net[0].parameters(), "lr": 0.01}, {"params": net[3].parameters()}]
    optimizer = optimizer_class(groups, lr=0.1, **options)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 30])
    for _ in range(3):
        optimizer.zero_grad()
        net(torch.randn(4, 1, 8, 8)).square().mean().backward()
        optimizer.step()
        schedule.step()
    return net, optimizer, schedule


@pytest.mark.parametrize(
    ("optimizer_class", "options"),
    [
        (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        (torch.optim.Adam, {"amsgrad": True}),
        (torch.optim.AdamW, {"betas": (0.8, 0.99)}),
        (torch.optim.RMSprop, {"centered": True}),
        (torch.optim.Adagrad, {}),
    ],
)
def test_training_goes_on_from_a_checkpoint_as_if_nothing_had_happened(
    tmp_path: Path, optimizer_class: Any, options: dict[str, Any]
) -> None:
    net, optimizer, schedule = trained(optimizer_class, **options)
    state = {
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "generator": torch.get_rng_state(),
    }
    store = CheckpointStore(tmp_path)
    again = store.load(store.save(ZERO, 3, state))
    assert_same(again, state)

    other_net, other_optimizer, other_schedule = trained(optimizer_class, **options)
    with torch.no_grad():
        for parameter in other_net.parameters():
            parameter.zero_()
    other_net.load_state_dict(again["net"])
    other_optimizer.load_state_dict(again["optimizer"])
    other_schedule.load_state_dict(again["schedule"])
    torch.set_rng_state(again["generator"])
    for which, opt in ((net, optimizer), (other_net, other_optimizer)):
        torch.manual_seed(1)
        opt.zero_grad()
        which(torch.randn(4, 1, 8, 8)).square().mean().backward()
        opt.step()
    assert_same(other_net.state_dict(), net.state_dict())


def test_version_notes_of_a_module_are_kept(tmp_path: Path) -> None:
    state = torch.nn.BatchNorm1d(2).state_dict()
    assert back(tmp_path, state)._metadata == state._metadata  # type: ignore[attr-defined]


def test_tied_tensors_are_stored_once_and_stay_tied(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.randn(1000))
    store = CheckpointStore(tmp_path)
    ref = store.save(
        ZERO, 1, {"net": {"embed": weight, "head": weight.detach(), "tail": weight[1:]}}
    )
    again = store.load(ref)["net"]
    assert again["embed"] is again["head"]
    assert torch.equal(again["tail"], weight.detach()[1:])
    assert ref.n_bytes < 2 * 4000 + 1000


def test_views_of_one_memory_with_different_shapes_are_kept_apart(tmp_path: Path) -> None:
    square = torch.arange(4.0).reshape(2, 2)
    again = back(tmp_path, [square, square.t(), square.reshape(4), square.to(torch.int32)])
    assert_same(again, [square, square.t(), square.reshape(4), square.to(torch.int32)])


def test_loaded_tensors_are_apart_from_each_other(tmp_path: Path) -> None:
    one, other = back(tmp_path, [torch.zeros(3), torch.zeros(3)])
    one.add_(1)
    assert other.sum() == 0


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (torch.eye(2).to_sparse(), "sparse"),
        (torch.empty(2, device="meta"), "meta"),
    ],
)
def test_tensor_without_plain_numbers_is_refused(
    tmp_path: Path, tensor: torch.Tensor, says: str
) -> None:
    with pytest.raises(CheckpointError, match=says) as refusal:
        CheckpointStore(tmp_path).save(ZERO, 1, {"net": {"mask": tensor}})
    assert "net['mask']" in str(refusal.value)


def test_conjugated_view_is_saved_as_its_numbers(tmp_path: Path) -> None:
    number = torch.tensor([1 + 2j])
    again = back(tmp_path, [number, number.conj()])
    assert again[1][0] == 1 - 2j
    assert again[0][0] == 1 + 2j


def test_file_opens_with_the_safetensors_library(tmp_path: Path) -> None:
    net, optimizer, _ = trained(torch.optim.Adam)
    net[0].to(torch.bfloat16)  # type: ignore[index]
    store = CheckpointStore(tmp_path)
    state = {
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "odd": torch.ones(3) * 1j,
    }
    ref = store.save(ZERO, 1, state)
    with safe_open(store.path_of(ref), "pt") as file:
        assert {f"net.{name}" for name in net.state_dict()} <= set(file.keys())
        for name, tensor in net.state_dict().items():
            assert torch.equal(file.get_tensor(f"net.{name}"), tensor)
