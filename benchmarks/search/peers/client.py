"""A peer as one of our searchers: what a history shows is told to a process of its environment."""

from __future__ import annotations

import atexit
import json
import math
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.search.peers import PEERS

from tunebook.records import Configuration, Trial, TrialNumber, TrialState
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start, Stop

ROOT = Path(__file__).parents[3]
_STATES = {
    TrialState.DONE: "done",
    TrialState.PAUSED: "paused",
    TrialState.STOPPED: "stopped",
    TrialState.INFEASIBLE: "failed",
    TrialState.FAILED: "failed",
}


class PeerError(Exception):
    """A peer's library raised an error, or its process ended."""


def environment_python(name: str) -> Path:
    """Return the interpreter of an environment that ``environments.sh`` makes."""
    folder = os.environ.get("TUNEBOOK_BENCH_VENVS") or Path(__file__).parents[2] / ".venvs"
    return Path(folder) / name / "bin" / "python"


def is_installed(method: str) -> bool:
    """Say whether the environment of a peer has been made completely."""
    return (environment_python(PEERS[method][0]).parents[1] / "stamp").exists()


class Process:
    """A server; one per environment, kept for the next measurements."""

    def __init__(self, environment: str) -> None:
        settings = {
            **os.environ,
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "JAX_PLATFORMS": "cpu",
        }
        self.process = subprocess.Popen(
            [environment_python(environment), "-m", "benchmarks.search.peers.server"],
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and return the answer; PeerError if it tells one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise PeerError("the process has ended") from None
        line = self.process.stdout.readline()
        if not line:
            raise PeerError("the process has ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


_processes: dict[str, Process] = {}


def process_of(method: str) -> Process:
    """Return the running server of a method's environment, or start one."""
    environment = PEERS[method][0]
    found = _processes.get(environment)
    if found is None or found.process.poll() is not None:
        found = _processes[environment] = Process(environment)
        atexit.register(found.end)
    return found


class PeerSearcher:
    """Starts, continues and stops trials as the peer says. Keeps state: for one simulation."""

    def __init__(
        self, method: str, history_space: dict[str, Any], *, seed: int, **budget: int | None
    ) -> None:
        self.name = method
        self.cpu_s = 0.0
        self._process = process_of(method)
        task = {"method": method, "space": history_space, "seed": seed, **budget}
        self.watches_running: bool = self._process.call({"do": "start", "task": task})["watches"]
        self._id_of: dict[TrialNumber, int] = {}
        self._seen: dict[TrialNumber, int] = {}
        self._open: set[TrialNumber] = set()

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Tell the peer what is new, and carry out what it wants."""
        if history.trials_left is not None and not list(history.in_state(TrialState.PAUSED)):
            slots = min(slots, history.trials_left)
        events = [event for number in sorted(self._open) for event in self._news(history, number)]
        answer = self._process.call({"do": "decide", "events": events, "slots": slots})
        self.cpu_s += answer["cpu_s"]
        number_of = {id: number for number, id in self._id_of.items()}
        found: list[Decision] = [Stop(number_of[id], "the peer stops it") for id in answer["stops"]]
        next_number = history.next_number
        asks = list(answer["asks"])
        while asks:
            ask = asks.pop(0)
            number = number_of.get(ask["id"])
            if number is not None and number < len(history.trials):
                trial = history.trials[number]
                if trial.state.is_final:  # its recorded training ended before the rung
                    asks += self._answer_at_once(history, trial)
                    continue
                found.append(Resume(number, ask["until"]))
            else:
                number = next_number
                next_number = TrialNumber(number + 1)
                self._id_of[number] = ask["id"]
                config = Configuration(history.space.check(ask["config"]))
                found.append(Start(config, ask["until"]))
            self._open.add(number)
        return found

    def _answer_at_once(self, history: History, trial: Trial) -> list[dict[str, Any]]:
        """Tell the peer again how a trial ended that it wants to continue; return its next wish."""
        message = {"do": "decide", "events": self._news(history, trial.number), "slots": 1}
        answer = self._process.call(message)
        self.cpu_s += answer["cpu_s"]
        asks: list[dict[str, Any]] = answer["asks"]
        return asks

    def _news(self, history: History, number: TrialNumber) -> list[dict[str, Any]]:
        if number >= len(history.trials):
            self._open.discard(number)
            return []
        trial = history.trials[number]
        state = _STATES.get(trial.state, "running")
        reports = self._reports(history, trial) if self.watches_running else []
        if state == "running" and not reports:
            return []
        if state != "running":
            self._open.discard(number)
        sign = history.objective.sign
        value = None if trial.value is None or state == "failed" else sign * trial.value
        about = {"id": self._id_of[number], "step": trial.step, "state": state, "value": value}
        return [{**about, "reports": reports}]

    def _reports(self, history: History, trial: Trial) -> list[tuple[int, float]]:
        series = trial.curves.get(history.objective.metric)
        if series is None:
            return []
        start = self._seen.get(trial.number, 0)
        self._seen[trial.number] = len(series.steps)
        points = zip(series.steps[start:], series.values[start:], strict=True)
        sign = history.objective.sign
        return [(step, sign * value) for step, value in points if math.isfinite(value)]
