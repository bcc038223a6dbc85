"""The strategies that decide how long to train, and the populations, pass the suite too."""

from tunebook.search import Asha, Evolution, Hyperband, Median, Searcher
from tunebook.search.cma_es import CmaEs
from tunebook.search.pshe2 import Pshe2
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
