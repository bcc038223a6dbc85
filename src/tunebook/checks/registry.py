"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import learning, metric, single_batch
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (single_batch.CHECK, metric.CHECK, learning.CHECK)
