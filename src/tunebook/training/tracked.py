"""What a trial tracks: saved in its checkpoints with the generators' states, restored from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from tunebook.errors import CheckpointError, TaskError, nearest
from tunebook.records import CheckpointRef
from tunebook.training.channel import Channel, Checkpoints
from tunebook.training.randomness import random_states, restore_random_states

_RANDOMNESS = "tunebook.randomness"


@final
class Tracked:
    """Named objects, and the checkpoint from which they go on."""

    def __init__(self, checkpoints: Checkpoints | None) -> None:
        self._checkpoints = checkpoints
        self._objects: dict[str, Any] = {}
        self._payload: dict[str, Any] | None = None
        self._from_step = 0

    def __bool__(self) -> bool:
        """Whether there is anything that can be saved."""
        return bool(self._objects) and self._checkpoints is not None

    def load(self, refs: Sequence[CheckpointRef], channel: Channel) -> int:
        """Load the last usable checkpoint and return its step, or 0; reject torn ones."""
        if self._checkpoints is None:
            return 0
        for ref in reversed(refs):
            try:
                self._payload = self._checkpoints.load(ref)
            except CheckpointError as error:
                channel.rejected(ref, error.what)
            else:
                self._from_step = ref.step
                return ref.step
        return 0

    def add(self, objects: Mapping[str, object]) -> None:
        """Track and restore more objects; ``TaskError`` if one cannot be or does not fit."""
        for name, tracked in objects.items():
            self._require_new(name, tracked)
            self._objects[name] = tracked
            if self._payload is not None:
                self._restore(name, self._payload)

    def _require_new(self, name: str, tracked: object) -> None:
        lacking = [
            method
            for method in ("state_dict", "load_state_dict")
            if not callable(getattr(tracked, method, None))
        ]
        if lacking:
            raise TaskError(
                f"trial.track cannot keep {name!r}: it has no {' and no '.join(lacking)}",
                got=type(tracked).__name__,
                expected="an object with state_dict() and load_state_dict(), such as a module",
                do="Give it these two methods, or leave it out",
            )
        if name in self._objects:
            raise TaskError(
                "trial.track was given two objects under one name",
                got=name,
                do="Name each object once; names are the same in every run of the trial",
            )

    def _restore(self, name: str, payload: Mapping[str, Any]) -> None:
        if name not in payload:
            raise self._other_names(name, payload)
        try:
            self._objects[name].load_state_dict(payload[name])
        # The user's own object refuses: what it says goes into the error.
        except Exception as error:
            raise TaskError(
                f"The state of {name!r} in the checkpoint of step {self._from_step} does not fit "
                f"the object given to trial.track ({type(error).__name__}: {error})",
                do="Build the same objects from the same configuration. A cloned trial inherits "
                "its parent's weights: parameters that change shapes cannot be searched that way",
            ) from error

    def finish_restoring(self, *, with_randomness: bool) -> None:
        """Check that every name was asked for, and put the generators back if that is wanted."""
        payload, self._payload = self._payload, None
        if payload is None:
            return
        forgotten = sorted(payload.keys() - self._objects.keys() - {_RANDOMNESS})
        if forgotten:
            raise self._other_names(forgotten[0], payload)
        if with_randomness:
            restore_random_states(payload[_RANDOMNESS])

    def _other_names(self, name: str, payload: Mapping[str, Any]) -> TaskError:
        saved = sorted(payload.keys() - {_RANDOMNESS})
        return TaskError(
            f"trial.track has other names than the checkpoint of step {self._from_step}: "
            f"{name!r} is only in one of them",
            got=sorted(self._objects),
            expected=", ".join(saved),
            do=f"Track the same objects in every run of the trial. {nearest(name, saved)}",
        )

    def payload(self) -> dict[str, Any]:
        """Return what a checkpoint holds now."""
        states: dict[str, Any] = {name: o.state_dict() for name, o in self._objects.items()}
        return states | {_RANDOMNESS: random_states()}
