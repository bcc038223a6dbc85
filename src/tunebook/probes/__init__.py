"""Probes run a task to measure; ``tunebook.diagnosis`` judges what they measured.

Each takes ``(task, config, ...)`` and returns facts; none writes anywhere. ``check`` joins the
quick ones: what is wrong before any search. Every other probe has a module of its own:

- ``learning_rate``: ``rate_sweep`` (S1.9), ``rate_threshold`` (S0.31)
- ``update_ratio``: ``update_ratios`` (S1.12)
- ``step_count``: ``training_curve`` (S1.10), ``fit_sweep`` (S4.31)
- ``stability``: ``stability`` and ``find_unstable_rate`` (S4.46), ``warm_up_sweep`` (S4.48),
  ``clipping_sweep`` (S4.49)
- ``throughput``: ``throughput`` (S4.6), ``input_pipeline`` (S4.34)
- ``batch_size``: ``steps_by_batch_size`` (S4.7), ``accuracy_by_time`` (S0.36)
- ``seed_noise``: ``seed_noise`` (S4.28)
- ``error_rates``: ``error_rates`` and ``measure_errors`` (S2.10)
- ``gradient_check``: ``gradient_check`` (S2.7)
- ``baselines``: ``simple_baselines`` (S2.9)
"""
