"""Probes run a task to measure; ``tunebook.diagnosis`` judges what they measured.

Each takes ``(task, config, ...)`` and returns facts; none writes anywhere. ``check`` joins the
quick ones: what is wrong before any search. Every other probe has a module of its own:

- ``learning_rate``: ``rate_sweep`` (S1.9)
- ``update_ratio``: ``update_ratios`` (S1.12)
- ``stability``: ``stability`` (S4.46), ``warm_up_sweep`` (S4.48), ``clipping_sweep`` (S4.49)
- ``throughput``: ``throughput`` (S4.6)
- ``baselines``: ``simple_baselines`` (S2.9)
"""
