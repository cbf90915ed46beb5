"""Comparisons: experiments on paired seeds, and a verdict."""

from shoal.experiments.comparison.arms import Arm
from shoal.experiments.comparison.contest import compare
from shoal.experiments.comparison.judging import Verdict
from shoal.experiments.comparison.record import Comparison

__all__ = ["Arm", "Comparison", "Verdict", "compare"]
