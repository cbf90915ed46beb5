"""The core's training face: arrays in, arrays out; which kernel runs, on how many threads.

Kernels see a network and arrays, never a dataset or an experiment.
"""

from shoal.kernels.choice import KernelName, default_threads, units_of_work
from shoal.kernels.plan import FIGURES, RuleSettings, make_plan
from shoal.kernels.state import CAUSES, RowSet, State
from shoal.kernels.train import ARITHMETIC, Course, figures, forward, gradient

__all__ = [
    "ARITHMETIC",
    "CAUSES",
    "FIGURES",
    "Course",
    "KernelName",
    "RowSet",
    "RuleSettings",
    "State",
    "default_threads",
    "figures",
    "forward",
    "gradient",
    "make_plan",
    "units_of_work",
]
