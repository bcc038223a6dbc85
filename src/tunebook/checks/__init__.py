"""One file per check: it asks for experiments until it can conclude; all of it is pure.

``check.py`` says what a check is, ``experiments.py`` and ``readings.py`` what it may ask for and
what it gets, ``registry.py`` lists all of them. ``laboratory.py`` and ``looks/`` carry experiments
out on a training task, and are the only ones that know torch.
"""
