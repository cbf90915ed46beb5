"""Integrated gradients: what each feature adds on the straight way from one row to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.models.importance.slopes import slopes
from shoal.models.model import Model
from shoal.network import FloatArray

ORDER: Final = 8
"""Places of a piece at which slopes are asked for."""
MOST_ROWS: Final = 200_000
"""Rows that are asked for at most: a kink needs some 20 halvings, a smooth network none."""
FEWEST: Final = 4_000
WORK: Final = 2 * 10**10
"""Of large networks fewer rows are asked for: rows times parameters, some ten seconds."""
BLOCK: Final = 2**20
"""Numbers of one array at once: networks times rows times features."""
ROUNDING: Final = 2.0**-40
"""Of the largest figure on the line, what sums of some thousand terms may be off by rounding."""
PROBES: Final = 65
"""Places at which the line is looked at for its largest figure."""
BUDGETS: Final = (2.0**-4, 2.0**-9, 2.0**-14)
"""Share of the tolerance that one piece may take, tried in turn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathIntegral:
    """What features add between two rows.

    Attributes:
        each: of every network.
        ends: what every network says of the first row, and of the second.
        n_rows: rows that were asked for.
        rounding: how far `gap` may be from 0 by rounding alone.

    Shapes:
        each (P, D), ends (P, 2)
    """

    each: FloatArray
    ends: FloatArray
    n_rows: int
    rounding: float

    @property
    def change(self) -> float:
        """What the networks say of the second row less what they say of the first."""
        first, second = self.ends.mean(axis=0)
        return float(second - first)

    @property
    def gap(self) -> float:
        """How far the sum over the features is from that: 0 for the exact integral."""
        return float(self.each.mean(axis=0).sum()) - self.change


def path_integral(
    model: Model, start: FloatArray, end: FloatArray, place: int, *, tolerance: float
) -> PathIntegral:
    """Integrate the slopes along the straight line between two rows.

    For feature d it is ``(end_d - start_d) * integral of df/dx_d(start + t (end - start)) dt``
    over t from 0 to 1. Pieces of the line are halved until a piece and its halves agree, and
    until their sums are what f changes by (Gauss-Legendre with eight places a piece).

    Args:
        model: the model; the derivative of a `step` unit is 0, so it must have none.
        start, end: the rows, as features.
        place: which figure; see `asked_of`.
        tolerance: how far the sum may be from the change, relative to it; where both rows get
            nearly the same answer, what is rounded away between them.

    Shapes:
        start, end (D,)

    Source:
        Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks" (2017), equation 1
        and proposition 1 (completeness).
    """
    places = np.linspace(0, 1, PROBES)[:, None]
    probes = slopes(model, start * (1 - places) + end * places, place).values
    ends = probes[:, [0, -1]]
    rounding = ROUNDING * float(np.abs(probes).max())
    allowed = max(tolerance * abs(float(np.diff(ends.mean(axis=0))[0])), rounding)
    n_rows = PROBES
    for share in BUDGETS:
        line = _Line(model=model, start=start, end=end, place=place)
        each = line.integral(allowed * share)
        n_rows += line.n_rows
        found = PathIntegral(each=each, ends=ends, n_rows=n_rows, rounding=rounding)
        if abs(found.gap) <= allowed or line.n_rows > line.most:
            return found
    return found


@dataclass(slots=True, kw_only=True)
class _Line:
    """The way from one row to another, and how many rows on it were asked for."""

    model: Model
    start: FloatArray
    end: FloatArray
    place: int
    n_rows: int = 0

    @property
    def most(self) -> int:
        """How many rows may be asked for."""
        return min(MOST_ROWS, max(FEWEST, WORK // self.model.parameters.flat.size))

    def integral(self, allowed: float) -> FloatArray:
        """Return what features add, (P, D), each piece of the line within `allowed`."""
        total = np.zeros((len(self.model), len(self.start)))
        left, right = np.array([0.0]), np.array([1.0])
        coarse, _ = self._pieces(left, right)
        while len(left):
            middle = (left + right) / 2
            lefts = np.stack([left, middle], axis=1).ravel()
            rights = np.stack([middle, right], axis=1).ravel()
            fine, gaps = self._pieces(lefts, rights)
            halves = fine.reshape(len(left), 2, *fine.shape[1:])
            apart = np.abs((halves.sum(axis=1) - coarse).mean(axis=1)).max(axis=-1)
            wrong = np.maximum(apart, np.abs(gaps.reshape(-1, 2).sum(axis=1)))
            again = (wrong > allowed) & (middle > left) & (self.n_rows < self.most)
            total += halves[~again].sum(axis=(0, 1))
            both = np.repeat(again, 2)
            left, right, coarse = lefts[both], rights[both], fine[both]
        return total

    def _pieces(self, left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what features add on each piece, (n, P, D), and how far the sums are off, (n,)."""
        n_at_once = max(1, BLOCK // ((ORDER + 2) * len(self.model) * len(self.start)))
        parts = [
            self._block(left[k : k + n_at_once], right[k : k + n_at_once])
            for k in range(0, len(left), n_at_once)
        ]
        added, gaps = (np.concatenate(each) for each in zip(*parts, strict=True))
        return added, gaps

    def _block(self, left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
        nodes, weights = np.polynomial.legendre.leggauss(ORDER)
        width = (right - left)[:, None]
        places = np.concatenate(
            [left[:, None], left[:, None] + width * (nodes + 1) / 2, right[:, None]], axis=1
        )
        way = self.end - self.start
        x = self.start + places.reshape(-1, 1) * way
        found = slopes(self.model, x, self.place)
        self.n_rows += len(x)
        shape = (len(self.model), *places.shape)
        inner = found.gradients.reshape(*shape, -1)[:, :, 1:-1]  # (P, n, ORDER, D)
        added = np.einsum("pnkd,k->npd", inner, weights / 2) * width[:, :, None] * way
        values = found.values.reshape(shape).mean(axis=0)
        return added, added.mean(axis=1).sum(axis=-1) - (values[:, -1] - values[:, 0])
