"""Searches in a sweep's cells: successive halving, and Optuna's samplers in batches."""

from shoal.experiments.search.halving import Halving, Rung
from shoal.experiments.search.ladder import halve
from shoal.experiments.search.optimum import Optimum, Tried
from shoal.experiments.search.sampling import optimise
from shoal.experiments.search.together import SearchProgress

__all__ = ["Halving", "Optimum", "Rung", "SearchProgress", "Tried", "halve", "optimise"]
