"""Tasks over plain numbers: which of two is larger, and fifty fixed points."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.tasks.base import MAX_SAMPLES, Rows, TaskRecipe
from shoal.streams import Stream

FIFTY_POINTS = (
    *((2, 5, 0), (3, 2, 0), (4, 1, 0), (8, 3, 0), (1, 8, 0), (9, 5, 0), (5, 2, 0), (4, 2, 0)),
    *((3, 3, 0), (2, 6, 0), (1, 8, 0), (9, 5, 0), (1, 4, 0), (2, 4, 0), (1, 6, 0), (2, 3, 0)),
    *((6, 1, 0), (9, 4, 0), (7, 2, 0), (6, 2, 0), (8, 1, 0), (9, 2, 0), (2, 1, 0), (2, 7, 0)),
    *((1, 3, 0), (1, 7, 0), (3, 7, 1), (4, 4, 1), (7, 6, 1), (3, 7, 1), (4, 8, 1), (7, 8, 1)),
    *((7, 6, 1), (4, 5, 1), (4, 7, 1), (8, 5, 1), (6, 3, 1), (4, 7, 1), (9, 6, 1), (7, 4, 1)),
    *((3, 8, 1), (3, 4, 1), (5, 6, 1), (6, 5, 1), (5, 4, 1), (5, 3, 1), (4, 6, 1), (8, 7, 1)),
    *((3, 6, 1), (6, 7, 1)),
)
"""x1, x2 and class of the fifty points, in the published order; some stand there twice."""


class Greater(TaskRecipe):
    """1 if x0 > x1, both uniform in [0, 1); features beyond these two mean nothing."""

    task: Literal["greater"] = "greater"
    samples: int = Field(default=10_000, ge=1, le=MAX_SAMPLES, description="Number of rows.")
    features: int = Field(
        default=2, ge=2, le=10_000, description="x0, x1, ...; only the first two count."
    )

    @property
    def column_names(self) -> tuple[str, ...]:
        """x0, x1 and so on."""
        return tuple(f"x{j}" for j in range(self.features))

    @property
    def n_rows(self) -> int:
        """The samples."""
        return self.samples

    def draw(self, data: Stream) -> Rows:
        """Return uniform rows; feature j is part j of the stream, whatever else there is."""
        x = np.empty((self.samples, self.features))
        for j in range(self.features):
            x[:, j] = data.uniform(self.samples, part=j)
        label = self.true_classes(x)
        return Rows(x=x, label=label, rule=label)

    def true_classes(self, x: FloatArray) -> IndexArray:
        """Return 1 where x0 is greater."""
        own = self.own_features(x)
        return np.asarray(own[:, 0] > own[:, 1], dtype=np.int64)


class Points(TaskRecipe):
    """Fifty fixed points on 10 x 10, labelled by hand, that one curve can divide."""

    task: Literal["points"] = "points"
    bias_input: bool = Field(
        default=False, description='Add a third feature "one" that is always 1.'
    )
    validation: float = Field(default=0.0, ge=0, lt=1, description="Share of rows to validate on.")

    @property
    def column_names(self) -> tuple[str, ...]:
        """x1 and x2, and "one" with a bias input."""
        return ("x1", "x2", "one") if self.bias_input else ("x1", "x2")

    @property
    def n_rows(self) -> int:
        """Fifty."""
        return len(FIFTY_POINTS)

    def draw(self, data: Stream) -> Rows:
        """Return the points; nothing is drawn."""
        table = np.array(FIFTY_POINTS, dtype=np.int64)
        x = table[:, :2].astype(np.float64)
        if self.bias_input:
            x = np.column_stack([x, np.ones(len(x))])
        return Rows(x=x, label=table[:, 2].copy(), rule=table[:, 2].copy())


def greater_width(n_features: int) -> int:
    """Return the published width of a hidden layer for `greater`, dummies counted.

    Example:
        >>> greater_width(2), greater_width(5)
        (3, 7)
    """
    return int(1.2 * n_features + 1)
