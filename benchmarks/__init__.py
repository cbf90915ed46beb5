"""Peers side by side: shoal and others on the same rows and the same network, in one run.

``python -m benchmarks`` measures and prints; every ratio is a ratio of medians.
"""
