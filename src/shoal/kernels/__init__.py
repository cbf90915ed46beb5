"""The core's training face: arrays in, arrays out; which kernel runs, on how many threads.

Kernels see a network and arrays, never a dataset or an experiment.
"""

from shoal.kernels.choice import KernelName, default_threads, units_of_work
from shoal.kernels.plan import (
    CLASS_FIGURES,
    FIGURES,
    KINDS,
    NUMBER_FIGURES,
    ORACLE_RULES,
    RuleSettings,
    Watch,
    make_plan,
)
from shoal.kernels.state import (
    CAUSES,
    ENDED_BY_EVALUATIONS,
    LIMIT_PASSED,
    RowSet,
    State,
    first_counters,
)
from shoal.kernels.train import ARITHMETIC, Course, figures, forward, gradient, rate_factors

__all__ = [
    "ARITHMETIC",
    "CAUSES",
    "CLASS_FIGURES",
    "ENDED_BY_EVALUATIONS",
    "FIGURES",
    "KINDS",
    "LIMIT_PASSED",
    "NUMBER_FIGURES",
    "ORACLE_RULES",
    "Course",
    "KernelName",
    "RowSet",
    "RuleSettings",
    "State",
    "Watch",
    "default_threads",
    "figures",
    "first_counters",
    "forward",
    "gradient",
    "make_plan",
    "rate_factors",
    "units_of_work",
]
