"""Estimators on tables: shoal beside scikit-learn's learners, in their defaults and searched.

OpenMP is told how to wait before any library loads it: where a core is busy with something else,
threads that wait by spinning make a fit of HistGradientBoosting take a hundred times as long.
"""

import os
from typing import Final

WAIT: Final = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Where it makes no difference, on a machine with nothing else to do, it costs nothing either."""
for _name, _value in WAIT.items():
    os.environ.setdefault(_name, _value)
