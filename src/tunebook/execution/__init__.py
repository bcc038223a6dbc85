"""Executors: where trials train. See ``protocol`` for what every executor promises."""
