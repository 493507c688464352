"""Runnable comparisons: ``python -m benchmarks NAME``; results in ``benchmarks/results/NAME.json``."""
