"""Draws, defaults, grids, checks and versions of spaces."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from tunebook.errors import ConfigurationError, SpaceError
from tunebook.records import Configuration
from tunebook.space import Bool, Choice, Constant, Float, Int, Space


def adam_space() -> Space:
    return Space(
        lr=Float(1e-5, 1, log=True),
        optimizer=Choice("sgd", "adam"),
        beta1=Float(0.5, 0.999, log="1-x", when={"optimizer": "adam"}),
        amsgrad=Bool(when={"optimizer": "adam"}),
        version=Constant(3),
    )


def draws(space: Space, n: int = 10_000) -> list[Configuration]:
    rng = np.random.default_rng(1)
    return [space.sample(rng) for _ in range(n)]


def test_log_uniform_puts_a_quarter_in_each_decade_S0_12() -> None:
    decades = Counter(
        math.floor(math.log10(c.x)) for c in draws(Space(x=Float(1e-5, 1e-1, log=True)))
    )
    assert set(decades) == {-5, -4, -3, -2}
    assert all(0.23 <= n / 10_000 <= 0.27 for n in decades.values())


def test_one_minus_scale_puts_a_third_in_each_decade_of_the_distance_to_1() -> None:
    space = Space(x=Float(0.0, 0.999, log="1-x"))
    decades = Counter(math.floor(math.log10(1 - c.x)) for c in draws(space))
    assert all(0.31 <= decades[k] / 10_000 <= 0.36 for k in (-1, -2, -3))


@pytest.mark.parametrize("log", [False, True])
def test_whole_numbers_hit_both_bounds_S0_12(log: bool) -> None:
    values = {c.x for c in draws(Space(x=Int(1, 20, log=log)))}
    assert values == set(range(1, 21))


def test_whole_numbers_choices_and_steps_are_equally_likely_S0_12() -> None:
    space = Space(i=Int(1, 4), c=Choice("a", "b", "c", "d"), f=Float(0, 0.75, step=0.25))
    sample = draws(space)
    for name in space:
        shares = [n / 10_000 for n in Counter(c[name] for c in sample).values()]
        assert len(shares) == 4
        assert all(0.23 <= share <= 0.27 for share in shares)


def test_uniform_puts_a_quarter_in_each_quarter_S0_12() -> None:
    quarters = Counter(int(4 * c.x) for c in draws(Space(x=Float(0, 1))))
    assert all(0.23 <= quarters[k] / 10_000 <= 0.27 for k in range(4))


def test_choice_is_decoded_from_equal_cells_S4_43() -> None:
    space = Space(x=Choice("a", "b", "c", "d"))
    got = [space.decode([u]).x for u in (0.0, 0.2499, 0.25, 0.5, 0.75, 1.0)]
    assert got == ["a", "a", "b", "c", "d", "d"]
    assert space.encode(space.decode([0.3])) == [0.375]


def test_same_seed_gives_the_same_draws_S0_13() -> None:
    assert draws(adam_space(), 20) == draws(adam_space(), 20)


def test_inactive_parameters_are_absent() -> None:
    for config in draws(adam_space(), 50):
        assert ("beta1" in config) == ("amsgrad" in config) == (config.optimizer == "adam")
        assert config.version == 3


def test_names_keep_the_users_order_and_dimensions_are_sorted() -> None:
    space = adam_space()
    assert space.names == ("lr", "optimizer", "beta1", "amsgrad", "version")
    assert list(space.decode([0.5, 0.5, 0.5, 0.9])) == list(space.names)
    assert space.dimensions == ("amsgrad", "beta1", "lr", "optimizer")
    assert len(space) == 5
    assert "lr" in space
    assert "version" not in space.dimensions


def test_stepped_floats_are_round_numbers() -> None:
    space = Space(x=Float(0.1, 0.75, step=0.1))
    assert [c.x for c in space.grid()] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert space.check({"x": 0.1 + 0.2}).x == 0.3
    assert space.size() == 7


def test_decode_takes_arrays_and_gives_plain_numbers() -> None:
    space = Space(x=Float(0, 1), n=Int(1, 3))
    config = space.decode(np.array([0.5, 0.25]))
    assert type(config.x) is float
    assert type(config.n) is int


def test_point_of_the_wrong_size_or_with_nan_is_refused() -> None:
    space = Space(x=Float(0, 1), n=Int(1, 3))
    with pytest.raises(ConfigurationError, match="wrong number"):
        space.decode([0.5])
    with pytest.raises(ConfigurationError, match="'n' is NaN"):
        space.decode([math.nan, 0.5])


def test_check_normalises_numbers_and_adds_constants() -> None:
    space = Space(x=Float(0, 5), n=Int(1, 3), b=Choice(32, 64), k=Constant("v"))
    config = space.check({"x": 1, "n": 2.0, "b": np.float64(32)})
    assert config == Configuration({"x": 1.0, "n": 2, "b": 32, "k": "v"})
    assert list(config) == ["x", "n", "b", "k"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lr": 2}, "lr"),
        ({"lr": "0.1"}, "lr"),
        ({"lr": True}, "lr"),
        ({"lr": math.nan}, "lr"),
        ({"optimizer": "adm"}, "optimizer"),
        ({"amsgrad": 1}, "amsgrad"),
        ({"optimizer": "sgd"}, "amsgrad"),
        ({"version": 4}, "version"),
        ({"betta1": 0.9}, "beta1"),
    ],
)
def test_configuration_outside_the_space_is_refused_by_name(
    change: dict[str, object], name: str
) -> None:
    good = {"lr": 0.1, "optimizer": "adam", "beta1": 0.9, "amsgrad": False}
    space = adam_space()
    assert space.contains(good)
    assert not space.contains({**good, **change})
    with pytest.raises(ConfigurationError, match=f"'{name}'"):
        space.check({**good, **change})


def test_missing_parameter_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="'beta1' is missing"):
        adam_space().check({"lr": 0.1, "optimizer": "adam", "amsgrad": False})
    with pytest.raises(ConfigurationError, match="'lr' is missing"):
        adam_space().encode(Configuration({"optimizer": "sgd"}))


def test_default_is_the_priors_and_the_centres() -> None:
    space = Space(
        lr=Float(1e-4, 1, log=True),
        wd=Float(1e-6, 1, log=True, prior=1e-3, confidence="high"),
        batch=Choice(32, 64, 128, ordered=True),
        optimizer=Choice("sgd", "adam"),
        loss=Choice("mse", "mae", prior="mae"),
        n=Int(1, 9),
        flag=Bool(),
    )
    default = space.default()
    assert default.lr == pytest.approx(1e-2)
    assert {k: v for k, v in default.items() if k != "lr"} == {
        "wd": 1e-3, "batch": 64, "optimizer": "sgd", "loss": "mae", "n": 5, "flag": False
    }  # fmt: skip


def test_default_satisfies_the_constraints_and_stays_near_the_centre() -> None:
    space = Space(a=Float(0, 1), b=Float(0, 1), constraints=["a + b <= 0.8"])
    default = space.default()
    assert space.satisfies(default)
    assert default.a == pytest.approx(0.4, abs=0.15)
    assert default == space.default()


@pytest.mark.parametrize(
    ("space", "size"),
    [
        (Space(x=Float(0, 1)), None),
        (Space(k=Constant(1)), 1),
        (Space(n=Int(1, 10), b=Bool()), 20),
        (Space(o=Choice("s", "a"), m=Int(1, 5, when={"o": "a"})), 6),
        (Space(n=Int(1, 10**9), b=Bool(when={"n": 2})), 10**9 + 1),
        (Space(a=Int(1, 9), b=Int(1, 9), constraints=["a < b"]), 36),
        (Space({f"g{i}": Bool() for i in range(40)}), 2**40),
        (
            Space(
                **{f"g{i}": Bool() for i in range(40)},
                x=Bool(when={f"g{i}": True for i in range(40)}),
            ),
            2**40 + 1,
        ),
        (
            Space(
                {f"g{i}": Bool() for i in range(40)}
                | {f"x{i}": Bool(when={f"g{i}": True}) for i in range(40)}
            ),
            3**40,
        ),
    ],
)
def test_size_counts_distinct_configurations(space: Space, size: int | None) -> None:
    assert space.size() == size


def test_grid_spreads_floats_evenly_with_both_ends() -> None:
    space = Space(x=Float(1e-4, 1, log=True))
    assert [c.x for c in space.grid(3)] == pytest.approx([1e-4, 1e-2, 1.0])
    assert [c.x for c in space.grid(1)] == pytest.approx([1e-2])


def test_grid_of_a_huge_space_starts_at_once_and_can_be_thinned() -> None:
    space = Space(n=Int(1, 10**9), m=Int(1, 10**9))
    assert [c.n for c in islice(space.grid(), 3)] == [1, 2, 3]
    assert len(list(space.grid(points_per_int=4))) == 16


def test_grid_needs_a_point() -> None:
    with pytest.raises(SpaceError, match="grid"):
        Space(x=Float(0, 1)).grid(0)


def test_widened_space_keeps_old_configurations_and_says_what_changed() -> None:
    old = adam_space()
    new = Space(
        lr=Float(1e-6, 1, log=True),
        optimizer=Choice("sgd", "adam", "lion"),
        beta1=Float(0.5, 0.999, log="1-x", when={"optimizer": ("adam", "lion")}, role="nuisance"),
        amsgrad=Bool(when={"optimizer": "adam"}),
        version=Constant(3),
        constraints=["lr < 0.5 or beta1 > 0.6"],
    )
    assert all(new.contains(c) for c in draws(old, 50) if new.satisfies(c))
    assert new.difference(old) == [
        "beta1: was active when optimizer is 'adam', "
        "is now active when optimizer is 'adam' or 'lion'",
        "beta1: role was not given, is now nuisance",
        "lr: range widened: was 1e-05 to 1, is now 1e-06 to 1",
        "optimizer: choice 'lion' was added",
        "constraint added: lr < 0.5 or beta1 > 0.6",
    ]
    assert old.difference(old) == []


def test_parameters_that_come_go_or_change_their_type_are_told() -> None:
    old = Space(a=Int(1, 5), b=Bool(), c=Choice(1, 2), d=Float(0, 1))
    new = Space(a=Float(1, 5), c=Choice(2, 1), d=Float(0.5, 2, step=0.5), e=Constant("x"))
    assert new.difference(old) == [
        "a: was 1 to 5 (whole numbers), is now 1 to 5",
        "b was removed (it was False or True)",
        "c: choices were reordered to 2, 1",
        "d: range moved: was 0 to 1, is now 0.5 to 2",
        "d: scale was linear, is now steps of 0.5",
        "e was added: always 'x'",
    ]


def test_space_cannot_be_changed() -> None:
    space = adam_space()
    with pytest.raises(AttributeError):
        space.names = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        space.parameters["lr"] = Bool()  # type: ignore[index]


def test_importing_the_space_does_not_import_numpy() -> None:
    program = "import sys, tunebook.space; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
