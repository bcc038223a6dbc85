"""Probes run a task to measure; ``tunebook.diagnosis`` judges what they measured.

Each takes ``(task, config, ...)`` and returns facts; none writes anywhere. ``check`` joins the
quick ones: what is wrong before any search.
"""
