"""Watch a model in use: rows as they come, held against the rows that trained it.

Everything is sums and counts, so rows may come in any number; only the first rows that are
unlike the training rows are kept by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shoal.data.wording import show
from shoal.errors import ArgumentError, InputError
from shoal.metrics.intervals import share_interval
from shoal.metrics.rows import checked_weights
from shoal.models.inputs import Features, Inputs, features_of
from shoal.models.model import Model
from shoal.models.monitoring.drifting import Drifting
from shoal.models.monitoring.judging import Figure, Judging
from shoal.models.monitoring.unlikeness import Unlike, unlike
from shoal.models.monitoring.watched import MOST_NAMED, Bars, StrangeRow, Watched
from shoal.models.targets import targets_of
from shoal.network import FloatArray

NO_SUMMARY = "the model keeps no summary of its training rows, so there is nothing to compare with"


class Stranger(NamedTuple):
    """A row with categories that training never saw: its line, and categories by column."""

    row: int
    line: int | None
    categories: dict[str, str]


class Watch:
    """A model in use, looked at row by row: `add` blocks of rows, then ask for `watched`.

    Args:
        model: the model.
        bars: what it must keep to.
        threads: None for as many as there are.

    Raises:
        InputError: something is asked that such a model has no figure of; see `bars_problem`.
    """

    def __init__(self, model: Model, bars: Bars, *, threads: int | None = None) -> None:
        problem = bars_problem(model, bars)
        if problem is not None:
            name, told, cure = problem
            raise InputError(f"monitor: `{name}`: {told}. {cure}", code="R102")
        self.model = model
        self.bars = bars
        self.n_rows = 0
        self._threads = threads
        self._judging = Judging(model.schema)
        self._weighted = False
        self._drifting = None if model.summary is None else Drifting(model, model.summary)
        self._n_unlike = 0
        self._n_unknown = 0
        self._strange: list[StrangeRow] = []
        self._labelled = [blake2b(digest_size=8) for _ in range(3)]  # x, y, weights

    def add(
        self, x: Features, lines: ArrayLike | None = None, numbers: ArrayLike | None = None
    ) -> Unlike | None:
        """Count rows, (n, D), and return which are unlike the training rows, if that is known.

        Args:
            x: features as `Model` takes arrays.
            lines: of the rows in their file, (n,).
            numbers: of the rows among all of the file, from 0, (n,); None: no row was left out.
        """
        found = unlike(self.model, x)
        first = self.n_rows
        self.n_rows += len(x)
        if found is None or self._drifting is None:
            return None
        self._drifting.add(x)
        self._n_unlike += len(found)
        where = None if lines is None else np.asarray(lines)
        rows = np.arange(first, first + len(x)) if numbers is None else np.asarray(numbers)
        for i in found.places[: MOST_NAMED - len(self._strange)].tolist():
            line = None if where is None else int(where[i])
            reason = found.reason(i)
            self._strange.append(StrangeRow(row=int(rows[i]), line=line, reason=reason))
        return found

    def add_labels(self, x: Features, y: FloatArray, weights: FloatArray | None = None) -> None:
        """Judge rows with known targets, which were or will be added too.

        Shapes:
            x (n, D), y (n, C), weights (n,)
        """
        if len(x):
            self._weighted |= weights is not None
            for digest, part in zip(self._labelled, (x, y, weights), strict=True):
                digest.update(b"" if part is None else np.asarray(part).tobytes())
            said = self.model.prediction(x, threads=self._threads, where="monitor")
            self._judging.add(said, y, weights)

    def add_unknown(self, rows: Iterable[Stranger]) -> None:
        """Count rows with categories that training never saw."""
        for stranger in rows:
            self.n_rows += 1
            self._n_unknown += 1
            if self._drifting is None:
                continue
            self._n_unlike += 1
            for column, category in stranger.categories.items():
                self._drifting.add_new(column, [category])
            if len(self._strange) < MOST_NAMED:
                reason = unknown_reason(stranger.categories)
                self._strange.append(
                    StrangeRow(row=stranger.row, line=stranger.line, reason=reason)
                )

    def watched(self, *, data: str = "", time: str | None = None) -> Watched:
        """Return what was found.

        Args:
            data: the name of the rows' file.
            time: ISO 8601; now if not given.

        Raises:
            InputError: there was no row, or none to judge though figures are asked.
        """
        if self.n_rows == 0:
            raise InputError(f"{data or 'monitor'}: there are no rows to look at.", code="R102")
        figures = self._judging.figures()
        r2 = next((figure for figure in figures if figure.name == "r2"), None)
        if r2 is not None and r2.value is None and self.bars.min_r2 is not None:
            told = "R² has no meaning, since the target does not vary in these rows"
            raise InputError(
                f"{data or 'monitor'}: {told}. Ask for the error instead.", code="R102"
            )
        if self.bars.needs_labels and not figures:
            told = "no row has a label that counts, so there is nothing to judge"
            raise InputError(f"{data or 'monitor'}: {told}.", code="R102")
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        has_summary = self._drifting is not None
        parts = b"".join(digest.digest() for digest in self._labelled)
        return Watched(
            time=time or now,
            model=self.model.parameters.digest[:16],
            data=data,
            bars=self.bars,
            n_rows=self.n_rows,
            n_labelled=self._judging.n_rows,
            n_unknown=self._n_unknown,
            weighted=self._weighted,
            figures=figures,
            drift=self._drifting.columns() if self._drifting is not None else None,
            n_unlike=self._n_unlike if has_summary else None,
            unlike=self._share_unlike() if has_summary else None,
            strange=tuple(sorted(self._strange, key=lambda each: each.row)),
            rows=blake2b(parts, digest_size=8).hexdigest() if figures else "",
        )

    def _share_unlike(self) -> Figure:
        low, high = share_interval(self._n_unlike, self.n_rows)
        return Figure(
            name="unlike", value=self._n_unlike / self.n_rows, low=low, high=high,
            n_rows=self.n_rows, n_effective=self.n_rows,
        )  # fmt: skip


def monitor(
    model: Model,
    x: Inputs | Any,
    y: ArrayLike | None = None,
    *,
    weights: ArrayLike | None = None,
    bars: Bars | None = None,
    block: int = 50_000,
) -> Watched:
    """Look at a model in use: how good it is, and whether its rows are still those it knows.

    Args:
        model: the model.
        x: rows, as for `Model.predict`.
        y: known targets, as for `evaluate`; None where they are not known.
        weights: how much every row counts in the figures; drift counts all rows alike.
        bars: what is asked of it.
        block: rows that are looked at together.

    Raises:
        ArgumentError: `y` or `weights` do not fit the rows.
        InputError: something is asked that there is no figure of.
        DataError: as for `Model.predict`.
    """
    watch = Watch(model, bars or Bars())
    features = features_of("monitor", model.schema, x)
    targets = None if y is None else targets_of("monitor", model.schema, y)
    if targets is not None and len(targets) != len(features):
        wanted = f"must have N={len(features)} rows from `x`"
        raise ArgumentError("monitor", "y", wanted, got=len(targets), code="A104")
    counts = None if weights is None else checked_weights("monitor", weights, len(features))
    for start in range(0, len(features), block):
        rows = slice(start, start + block)
        watch.add(features[rows])
        if targets is not None:
            watch.add_labels(
                features[rows], targets[rows], None if counts is None else counts[rows]
            )
    return watch.watched()


def bars_problem(model: Model, bars: Bars) -> tuple[str, str, str] | None:
    """Return which bar asks for a figure that a model has not, why, and what to do."""
    if model.schema.is_regression and bars.min_accuracy is not None:
        told = f"the target '{model.schema.target}' is a number, which has no accuracy"
        return "min_accuracy", told, "Ask for the largest error or the least R² instead."
    if not model.schema.is_regression:
        for name in ("max_error", "min_r2"):
            if getattr(bars, name) is not None:
                told = "the target is of classes, not a number"
                return name, told, "Ask for the least accuracy instead."
    if model.summary is None:
        for name in ("max_drift", "max_unlike"):
            if getattr(bars, name) is not None:
                return name, NO_SUMMARY, "Train it again with this version of shoal."
    return None


def unknown_reason(categories: dict[str, str]) -> str:
    """Return why a row with unknown categories is unlike the training rows."""
    each = [f"{show(column)} is {show(cell)}" for column, cell in categories.items()]
    return f"{' and '.join(each)}, as in no training row"


__all__ = ["Bars", "Stranger", "Watch", "Watched", "bars_problem", "monitor"]
