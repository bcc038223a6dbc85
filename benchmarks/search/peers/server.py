"""Serves the peers of one environment: reads JSON lines, answers with JSON lines.

``start`` makes a peer; ``decide`` tells it what happened and asks for trials. Answers carry the CPU
seconds that the peer took.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

from benchmarks.search.peers import PEERS
from benchmarks.search.peers.protocol import Peer, Task


def decide(peer: Peer, events: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    """Tell the peer the events, then ask for up to ``slots`` trials."""
    stops = []
    for event in events:
        wants_stop = False
        for step, value in event["reports"]:
            wants_stop = peer.report(event["id"], step, value) or wants_stop
        if event["state"] != "running":
            peer.tell(event["id"], event["value"], event["step"], event["state"])
        elif wants_stop:
            stops.append(event["id"])
    asks = []
    for _ in range(slots):
        ask = peer.ask()
        if ask is None:
            break
        asks.append({"id": ask.id, "config": ask.config, "until": ask.until})
    return {"stops": stops, "asks": asks}


def main() -> None:
    """Answer until the input ends."""
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    peer: Peer | None = None
    for line in sys.stdin:
        message = json.loads(line)
        before = time.process_time()
        try:
            if message["do"] == "start":
                task = Task(**message["task"])
                module = importlib.import_module(f"benchmarks.search.peers.{PEERS[task.method][1]}")
                peer = module.make(task)
                answer: dict[str, Any] = {"watches": peer.watches}
            else:
                assert peer is not None
                answer = decide(peer, message["events"], message["slots"])
        except Exception:  # noqa: BLE001 - whatever a library raises is its result here
            answer = {"error": traceback.format_exc()[-2000:]}
        answer["cpu_s"] = time.process_time() - before
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
