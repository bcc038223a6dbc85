"""The strategies that decide how long to train, and the populations, pass the suite too."""

from tunebook.search import (
    Asha,
    CmaEs,
    CoarseToFine,
    Evolution,
    Hyperband,
    Median,
    Pshe2,
    Searcher,
)
from tunebook.testing.searcher_suite import SearcherSuite


class TestAsha(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Asha()


class TestHyperband(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Hyperband()


class TestMedian(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Median()


class TestEvolution(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Evolution(perturb_interval=1)


class TestPshe2(SearcherSuite):
    takes_choices = False

    def make_searcher(self) -> Searcher:
        return Pshe2()


class TestCmaEs(SearcherSuite):
    takes_choices = False

    def make_searcher(self) -> Searcher:
        return CmaEs()


class TestCoarseToFine(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return CoarseToFine()
