"""From which probability on one of two classes is said, where errors have unequal costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import ArgumentError
from shoal.models.ensemble import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Of two classes the positive one is said above a probability, as `CostCurve` counts it.

    A row whose probability is the threshold itself is of the other class, as at 0.5.

    Attributes:
        at: from 0 to 1.
        positive: its place among the two classes.

    Raises:
        ArgumentError: `at` is not from 0 to 1.
    """

    at: float
    positive: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.at <= 1:
            raise ArgumentError("Threshold", "at", "must be from 0 to 1", got=self.at, code="A102")

    def decide(self, found: Prediction) -> Prediction:
        """Return a prediction of two classes with the classes that the threshold says.

        Example:
            >>> said = np.array([[0.7, 0.3], [0.8, 0.2]])
            >>> found = Prediction(mean=said, codes=np.array([0, 0]), disagreement=np.zeros(2))
            >>> Threshold(at=0.2).decide(found).codes
            array([1, 0])
        """
        is_positive = found.mean[:, self.positive] > self.at
        codes = np.where(is_positive, self.positive, 1 - self.positive)
        return replace(found, codes=codes.astype(np.int64))
