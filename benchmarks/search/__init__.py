"""Measures searchers, ours and others', on recorded and synthetic problems on simulated time."""
