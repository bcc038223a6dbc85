"""Linear algebra on one thread: small matrices gain nothing from more, and lose on busy cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which NumPy and SciPy compute on one thread."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Return the controller of the libraries that are loaded by now: finding them takes long."""
    import scipy.linalg.lapack  # noqa: F401  # a controller knows only what is loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
