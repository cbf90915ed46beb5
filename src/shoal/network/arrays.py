"""The array types of networks: their numbers are float32 or float64, nothing else."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
"""An array of float32 or float64; its shape stands where it is used."""

BoolArray = NDArray[np.bool_]
"""An array of yes and no."""

DType = Literal["float32", "float64"]
"""The precision of a network's parameters and of all arithmetic with them."""
