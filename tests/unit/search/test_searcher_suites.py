"""Every searcher passes the conformance suite that ships with the package."""

from tunebook.search import Auto, Bayes, Grid, Halton, Random, Searcher
from tunebook.testing.searcher_suite import SearcherSuite


class TestRandom(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Random()


class TestHalton(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Halton()


class TestGrid(SearcherSuite):
    is_seeded = False

    def make_searcher(self) -> Searcher:
        return Grid(points_per_float=3, points_per_int=3)


class TestAuto(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Auto()


class TestBayes(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return Bayes()
