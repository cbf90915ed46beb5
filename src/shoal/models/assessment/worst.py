"""The rows that a model is most wrong about, found while rows come by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shoal.models.assessment.records import WorstRow
from shoal.models.assessment.rows import JudgedRows

Y = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Worst:
    """Keeps the rows that are furthest off, at most `n` of them.

    Of classes and labels only rows that are wrong, the least probable truth first; of numbers
    the largest error, in units of the targets' scale where there are several. Rows of weight 0
    are left out.

    Attributes:
        n: how many.
        scale: of every target, (C,).
        n_rows: how many rows came by.
    """

    n: int
    scale: Y
    n_rows: int = 0
    _kept: list[tuple[float, WorstRow]] = field(default_factory=list)

    def add(
        self,
        rows: JudgedRows,
        *,
        lines: Sequence[int] | NDArray[Any] | None = None,
        cells: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        """Look at more rows.

        Args:
            rows: what was said of them.
            lines: where they stand in their file.
            cells: their columns by name.

        Shapes:
            lines, each of cells (n,)
        """
        sizes = badness(rows, self.scale)
        found = np.flatnonzero(sizes > -np.inf)
        order = found[np.argsort(-sizes[found], kind="stable")][: self.n]
        for row in order.tolist():
            line = None if lines is None else int(lines[row])
            own = {name: str(column[row]) for name, column in (cells or {}).items()}
            told = _told(rows, row, self.scale)
            where = {"row": self.n_rows + row, "line": line, "columns": own}
            self._kept.append((float(sizes[row]), WorstRow(**told, **where)))
        self._kept.sort(key=lambda each: -each[0])  # stable: earlier rows first
        del self._kept[self.n :]
        self.n_rows += rows.n_rows

    def rows(self) -> tuple[WorstRow, ...]:
        """Return those that were kept, the worst first."""
        return tuple(row for _, row in self._kept)


def badness(rows: JudgedRows, scale: Y) -> Y:
    """Return how far off every row is, -inf where it is not wrong, (N,)."""
    if rows.schema.is_regression:
        size = np.abs((rows.said - rows.true) / scale).max(axis=1)
        size = np.where(size > 0, size, -np.inf)
    else:
        losses = np.zeros((rows.n_rows, 1)) if rows.losses is None else rows.losses
        losses = losses if losses.ndim == 1 else losses.max(axis=1)
        size = np.where(rows.right, -np.inf, losses)
    return np.asarray(np.where(rows.counted > 0, size, -np.inf))


def _told(rows: JudgedRows, row: int, scale: Y) -> dict[str, Any]:
    schema = rows.schema
    if schema.kind == "classification":
        true = int(rows.true_codes[row])
        called = true if rows.codes is None else int(rows.codes[row])
        return {
            "truth": schema.classes[true],
            "prediction": schema.classes[called],
            "probability": float(rows.said[row, true]),
            "disagreement": float(rows.disagreement[row]),
        }
    apart = rows.disagreement if rows.disagreement.ndim > 1 else rows.disagreement[:, None]
    if schema.kind == "multilabel":
        losses = np.zeros_like(rows.said) if rows.losses is None else rows.losses
        k = int(losses[row].argmax())
        yes, said = rows.true[row, k] > 0.5, rows.said[row, k] > 0.5
        p = float(rows.said[row, k])
        pair = schema.label_classes[k]
        return {
            "truth": pair[int(yes)],
            "prediction": pair[int(said)],
            "probability": p if yes else 1.0 - p,
            "of": schema.targets[k],
            "disagreement": float(apart[row, k]),
        }
    k = int(np.abs((rows.said[row] - rows.true[row]) / scale).argmax())
    return {
        "truth": f"{rows.true[row, k]:.6g}",
        "prediction": f"{rows.said[row, k]:.6g}",
        "error": float(rows.said[row, k] - rows.true[row, k]),
        "of": schema.target if len(schema.targets) == 1 else schema.targets[k],
        "disagreement": float(apart[row, k]),
    }
