"""When a model had better say nothing: too low a probability, or networks too far apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shoal.errors import ArgumentError

if TYPE_CHECKING:
    from shoal.models.ensemble import Prediction
    from shoal.models.model import Model

WHERE = "Abstention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """What is left undecided.

    Attributes:
        below: a class whose probability is lower is not named; of a label, that of the more
            probable of its two classes. From 0 to 1; None: every class is named.
        above: an answer with a larger disagreement is not given; None: every answer is.

    Raises:
        ArgumentError: `below` is not from 0 to 1, or `above` not a number from 0.
    """

    below: float | None = None
    above: float | None = None

    def __post_init__(self) -> None:
        if self.below is not None and not 0 <= self.below <= 1:
            raise ArgumentError(WHERE, "below", "must be from 0 to 1", got=self.below, code="A102")
        if self.above is not None and not 0 <= self.above < math.inf:
            raise ArgumentError(
                WHERE, "above", "must be a number from 0", got=self.above, code="A102"
            )

    def problem(self, model: Model) -> tuple[str, str] | None:
        """Return which of the two does not fit a model and why, or None."""
        if self.below is not None and model.schema.is_regression:
            told = f"the target '{model.schema.target}' is a number, which has no probability"
            return "below", told
        if self.above is not None and len(model) == 1:
            return "above", "one network cannot disagree"
        return None

    def undecided(self, found: Prediction) -> NDArray[np.bool_]:
        """Return which answers are left undecided, (N,), or (N, C) for several targets.

        Example:
            >>> from shoal.models.ensemble import Prediction
            >>> said = np.array([[0.1, 0.9], [0.6, 0.4]])
            >>> one = Prediction(mean=said, codes=np.array([1, 0]), disagreement=np.zeros(2))
            >>> Abstention(below=0.9).undecided(one)
            array([False,  True])
        """
        open_: NDArray[np.bool_] = np.zeros(found.disagreement.shape, np.bool_)
        if self.below is not None and found.codes is not None:
            if found.codes.ndim == 1:
                surest = found.mean.max(axis=-1)
            else:
                surest = np.maximum(found.mean, 1.0 - found.mean)
            open_ = open_ | (surest < self.below)
        if self.above is not None:
            open_ = open_ | (found.disagreement > self.above)
        return open_
