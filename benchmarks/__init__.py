"""Benchmarks: statekit against hand-written code and against peers, in one run, as ratios (`python -m benchmarks`)."""
