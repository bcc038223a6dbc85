"""The strategies that decide how long to train, and the populations, pass the suite too."""

from tunebook.search import Searcher
from tunebook.search.asha import Asha
from tunebook.search.evolution import Evolution
from tunebook.search.hyperband import Hyperband
from tunebook.search.median import Median
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
