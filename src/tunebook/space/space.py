"""The space: named parameters with conditions and constraints, to and from the unit cube.

Frozen. Everything that decides what a search does (dimensions, draws, grids) goes by the sorted
names, so the order in which a user wrote the parameters changes nothing but what is shown (S4.43).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, final

from tunebook.errors import ConfigurationError, SpaceError, nearest
from tunebook.records import Configuration, JsonObject, Value
from tunebook.space.codec import parameter_from_dict, parameter_to_dict
from tunebook.space.compiled import Compiled, compile_space
from tunebook.space.conditions import hold
from tunebook.space.declarations import check_name
from tunebook.space.describe import describe_changes, describe_parameter
from tunebook.space.parameters import Constant, Parameter
from tunebook.space.parse import parse_parameters
from tunebook.space.walks import count, visit

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

# A space whose constraints keep 1 draw in 1,000 fails once in 20,000 samples.
MAX_DRAWS = 10_000
# Up to here configurations under constraints are counted one by one.
MAX_COUNTED = 100_000
_N_NEAR = 2_000


@final
class Space:
    """What is searched: ``Space(lr=Float(1e-5, 1, log=True), optimizer=Choice("sgd", "adam"))``.

    ``Space({"lr": ...})`` takes names that are no identifiers. ``parameters`` and ``names`` are
    in the user's order; ``dimensions`` are the names searched (no constants), sorted.
    Raises SpaceError, which names the parameter.
    """

    __slots__ = (
        "_canonical",
        "_compiled",
        "_json",
        "constraints",
        "dimensions",
        "names",
        "parameters",
    )
    parameters: Mapping[str, Parameter]
    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    constraints: tuple[str, ...]
    _compiled: Compiled
    _json: str
    _canonical: str

    def __init__(
        self,
        parameters: Mapping[str, Parameter] | None = None,
        /,
        *,
        constraints: Sequence[str] = (),
        **named: Parameter,
    ) -> None:
        if parameters is not None and not isinstance(parameters, Mapping):
            raise SpaceError(
                "a space is not a mapping of names to parameters",
                got=parameters,
                expected="Space(lr=Float(1e-5, 1)) or Space({'lr': Float(1e-5, 1)})",
            )
        both = [name for name in named if parameters and name in parameters]
        if both:
            raise SpaceError(f"parameter {both[0]!r} is given twice", do="Leave one out")
        compiled = compile_space({**(parameters or {}), **named}, constraints)
        form: dict[str, object] = {n: parameter_to_dict(p) for n, p in compiled.parameters.items()}
        if constraints:
            form["constraints"] = list(constraints)
        object.__setattr__(self, "parameters", MappingProxyType(dict(compiled.parameters)))
        object.__setattr__(self, "names", tuple(compiled.parameters))
        object.__setattr__(self, "dimensions", tuple(name for name, _, _ in compiled.encoders))
        object.__setattr__(self, "constraints", tuple(constraints))
        object.__setattr__(self, "_compiled", compiled)
        object.__setattr__(self, "_json", json.dumps(form))
        object.__setattr__(self, "_canonical", json.dumps(form, sort_keys=True))

    @classmethod
    def from_dict(cls, given: JsonObject) -> Space:
        """Return the space of a study file's ``space:``; its key ``constraints`` holds a list."""
        if not isinstance(given, Mapping):
            raise SpaceError(
                "a space is not a mapping of names to parameters",
                got=given,
                expected="such as {lr: {type: float, low: 1e-5, high: 1, log: true}}",
            )
        parameters = {n: p for n, p in given.items() if n != "constraints"}
        return cls(
            {check_name(name): parameter_from_dict(name, p) for name, p in parameters.items()},
            constraints=given.get("constraints") or (),
        )

    @classmethod
    def parse(cls, texts: Iterable[str], *, constraints: Sequence[str] = ()) -> Space:
        """Return the space of the command line's ``-p`` texts, such as ``lr=log(1e-5,1)``."""
        return cls(parse_parameters(texts), constraints=constraints)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, in the user's order: ``from_dict`` gives an equal space."""
        form: dict[str, Any] = json.loads(self._json)
        return form

    def encode(self, config: Mapping[str, Value]) -> list[float]:
        """Return a checked configuration as one coordinate in [0, 1] per name in ``dimensions``.

        Inactive dimensions are NaN. Raises ConfigurationError for a value outside its range, and
        when a parameter is missing or should not be there.
        """
        point: list[float] = []
        for name, encode, clauses in self._compiled.encoders:
            is_active = not clauses or hold(clauses, config)
            if is_active != (name in config):
                raise _misplaced(name, config, is_active)
            point.append(encode(config[name]) if is_active else math.nan)
        return point

    def decode(self, point: Sequence[float] | NDArray[np.float64]) -> Configuration:
        """Return the configuration at a point of [0, 1]^d, constants included.

        Coordinates outside are moved to the nearest end, those of inactive dimensions ignored.
        Constraints are not looked at. Raises ConfigurationError for a wrong number or NaN.
        """
        compiled = self._compiled
        coordinates: list[float] = point.tolist() if hasattr(point, "tolist") else list(point)
        if len(coordinates) != len(self.dimensions):
            raise ConfigurationError(
                "a point has the wrong number of coordinates",
                got=len(coordinates),
                expected=f"{len(self.dimensions)}: {', '.join(self.dimensions)}",
            )
        coordinates.append(0.0)
        values: dict[str, Value] = {}
        for name, decode, i, clauses in compiled.decoders:
            if not clauses or hold(clauses, values):
                u = coordinates[i]
                if u != u:
                    raise ConfigurationError(f"the coordinate of parameter {name!r} is NaN")
                values[name] = decode(u)
        return self._in_order(values)

    def check(self, config: Mapping[str, object], max_steps: int | None = None) -> Configuration:
        """Return a user's configuration normalised: 1 is 1.0 for a Float, constants are added.

        Raises ConfigurationError that names the parameter, or the constraint that does not hold.
        """
        if not isinstance(config, Mapping):
            raise ConfigurationError(
                "a configuration is not a mapping", got=config, expected="such as {'lr': 0.1}"
            )
        for name in config:
            if name not in self.parameters:
                raise ConfigurationError(
                    f"there is no parameter {name!r} in the space",
                    do=nearest(str(name), self.names),
                )
        values: dict[str, Value] = {}
        for name in self._compiled.order:
            is_active = self.is_active(name, values)
            if is_active and name not in config and isinstance(self.parameters[name], Constant):
                values[name] = self._compiled.dimensions[name].default
            elif is_active != (name in config):
                raise _misplaced(name, config, is_active)
            elif is_active:
                values[name] = self._compiled.dimensions[name].check(config[name])
        checked = self._in_order(values)
        for constraint in self._compiled.constraints:
            if not constraint.is_satisfied(checked, max_steps):
                raise ConfigurationError(
                    f"the constraint {constraint.text!r} does not hold",
                    got={name: values.get(name, max_steps) for name in sorted(constraint.names)},
                )
        return checked

    def contains(self, config: Mapping[str, object], max_steps: int | None = None) -> bool:
        """Say whether ``check`` would take the configuration."""
        try:
            self.check(config, max_steps)
        except ConfigurationError:
            return False
        return True

    def is_active(self, name: str, values: Mapping[str, Value]) -> bool:
        """Say whether a parameter's conditions hold in the values of those it depends on."""
        return hold(self._compiled.conditions[name], values)

    def satisfies(self, config: Mapping[str, Value], max_steps: int | None = None) -> bool:
        """Say whether a configuration of the space satisfies every constraint.

        One that mentions an inactive parameter does, and so does one that mentions ``max_steps``
        when none is given; one that cannot be computed (division by zero) does not.
        """
        return all(c.is_satisfied(config, max_steps) for c in self._compiled.constraints)

    def sample(self, rng: Generator, max_steps: int | None = None) -> Configuration:
        """Return an independent draw, uniform on each scale, that constraints allow (S0.13).

        Raises SpaceError when 10,000 draws in a row did not.
        """
        for _ in range(MAX_DRAWS):
            config = self.decode(rng.random(len(self.dimensions)))
            if self.satisfies(config, max_steps):
                return config
        raise self._nothing_left(MAX_DRAWS)

    def default(self, max_steps: int | None = None) -> Configuration:
        """Return the priors, and elsewhere the centre of the scale or the first choice.

        The middle one of an ordered choice. Where constraints rule that out, the nearest of
        2,000 fixed points that they allow; SpaceError if there is none.
        """
        values: dict[str, Value] = {}
        for name in self._compiled.order:
            if self.is_active(name, values):
                values[name] = self._compiled.dimensions[name].default
        centre = self._in_order(values)
        if self.satisfies(centre, max_steps):
            return centre
        source = random.Random(0)
        points = ([source.random() for _ in self.dimensions] for _ in range(_N_NEAR))
        allowed = [c for c in map(self.decode, points) if self.satisfies(c, max_steps)]
        if not allowed:
            raise self._nothing_left(_N_NEAR)
        start = self.encode(centre)
        return min(allowed, key=lambda config: _distance(self.encode(config), start))

    def size(self) -> int | None:
        """Return the number of distinct configurations, None when it is infinite.

        Constraints are taken into account, but for those on ``max_steps``, and but for spaces of
        more than 100,000 combinations: there it is the number without constraints.
        """
        compiled = self._compiled
        n = count(compiled.order, compiled.dimensions, compiled.conditions)
        if not self.constraints or n is None or n > MAX_COUNTED:
            return n
        return _n_of_grid(self)

    def grid(
        self,
        points_per_float: int = 5,
        *,
        points_per_int: int | None = None,
        max_steps: int | None = None,
    ) -> Iterator[Configuration]:
        """Yield distinct configurations in a fixed order, one at a time, that satisfy constraints.

        ``points_per_float`` values spread evenly on each Float's scale, ends included; every
        value of a Choice or Bool, and of an Int or stepped Float unless ``points_per_int`` is
        given. The sorted last name varies fastest.
        """
        for n in (points_per_float, 1 if points_per_int is None else points_per_int):
            if isinstance(n, bool) or not isinstance(n, int) or n < 1:
                raise SpaceError("a grid needs points", got=n, expected="a whole number from 1")
        return self._grid(points_per_float, points_per_int, max_steps)

    def _grid(
        self, per_float: int, per_int: int | None, max_steps: int | None
    ) -> Iterator[Configuration]:
        compiled = self._compiled
        points: dict[str, Callable[[], Iterator[Value]]] = {
            name: partial(d.points, per_float if d.n_values is None else per_int)
            for name, d in compiled.dimensions.items()
        }
        for values in visit(compiled.order, compiled.conditions, points):
            config = self._in_order(values)
            if self.satisfies(config, max_steps):
                yield config

    # space.difference(old): plain sentences about what changed since an older version.
    difference = describe_changes

    def _in_order(self, values: Mapping[str, Value]) -> Configuration:
        return Configuration({name: values[name] for name in self.names if name in values})

    def _nothing_left(self, n: int) -> SpaceError:
        return SpaceError(
            f"constraints leave (almost) nothing: none of {n} draws satisfied them",
            got=list(self.constraints),
            do="Loosen a constraint, or narrow the ranges to where they hold",
        )

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.parameters

    def __eq__(self, other: object) -> bool:
        """Equal parameters and constraints, in whatever order they were written."""
        if not isinstance(other, Space):
            return NotImplemented
        return self._canonical == other._canonical

    def __hash__(self) -> int:
        return hash(self._canonical)

    def __repr__(self) -> str:
        shown = [f"{name}: {describe_parameter(p)}" for name, p in self.parameters.items()]
        return f"Space({'; '.join([*shown, *self.constraints])})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a space cannot be changed (tried to set {name!r})")

    def __reduce__(self) -> tuple[object, ...]:
        return (Space.from_dict, (self.to_dict(),))


@lru_cache(maxsize=64)
def _n_of_grid(space: Space) -> int:
    return sum(1 for _ in space.grid())


def _misplaced(name: str, config: Mapping[str, object], is_active: bool) -> ConfigurationError:
    if is_active:
        return ConfigurationError(
            f"parameter {name!r} is missing", got=dict(config), expected="a value for it"
        )
    return ConfigurationError(
        f"parameter {name!r} has a value although its condition does not hold",
        got=dict(config),
        do=f"Leave {name!r} out, or change the parameters that it depends on",
    )


def _distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the squared distance of two points; 1 where only one of them is active."""
    total = 0.0
    for x, y in zip(a, b, strict=True):
        if math.isnan(x) or math.isnan(y):
            total += math.isnan(x) != math.isnan(y)
        else:
            total += (x - y) ** 2
    return total
