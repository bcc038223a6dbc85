"""Probes run a task to measure; ``tunebook.diagnosis`` judges what they measured.

Each takes ``(task, config, ...)`` and returns facts; none writes anywhere. ``check`` joins the
quick ones: what is wrong before any search. Every other probe has a module of its own:

- ``error_rates``: ``measure_errors`` (S2.10)
- ``adaptation``: ``adapt`` (S2.15)
- ``baselines``: ``simple_baselines`` (S2.9)
"""
