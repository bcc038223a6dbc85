"""Numerical libraries get the threads they were given, and what the user has set stays."""

from __future__ import annotations

import os

import pytest

from tunebook.execution.process_settings import limit_threads, thread_variables


def test_libraries_are_limited() -> None:
    limits = thread_variables({}, 2)
    assert limits["OMP_NUM_THREADS"] == limits["OPENBLAS_NUM_THREADS"] == "2"


def test_limit_that_the_user_has_set_stays() -> None:
    assert "OMP_NUM_THREADS" not in thread_variables({"OMP_NUM_THREADS": "4"}, 1)


def test_no_limit_sets_nothing() -> None:
    assert thread_variables({}, None) == {}


def test_limits_are_put_into_the_environment_of_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in thread_variables({}, 1):
        monkeypatch.setenv(name, "3")
    monkeypatch.delenv("MKL_NUM_THREADS")
    limit_threads(None)
    assert "MKL_NUM_THREADS" not in os.environ
    limit_threads(1)
    assert os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "3"
