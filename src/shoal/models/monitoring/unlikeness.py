"""Rows unlike those that a model was trained on: which, and why.

A model extrapolates without a word; here is the word. See `models.fences` for how far is far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shoal.data.dataset import Schema
from shoal.data.wording import show
from shoal.models.inputs import Features, Inputs, features_of
from shoal.models.model import Model
from shoal.models.summary import ColumnSummary, Summary

BLOCK: Final = 2**17
"""Numbers that are looked at at once: they stay in the processor's cache."""
RAREST: Final = 0.001
"""Of a table's rows, how many may be flagged for categories that training hardly saw."""
KEPT: Final = 16
"""Models whose limits are kept at hand, for those who ask row by row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unlike:
    """Which of N rows are unlike the training rows.

    Attributes:
        rows: (N,), whether a row is unlike them.
        places: of the rows that are, in order, (n,).
        features: those rows as the scalers see them, (n, D).
        limits: what they were held against.
    """

    rows: NDArray[np.bool_]
    places: NDArray[np.int64]
    features: Features
    limits: Limits

    def __len__(self) -> int:
        """Return how many rows are unlike the training rows."""
        return len(self.places)

    def reason(self, i: int) -> str:
        """Return why row `i` is unlike the training rows; an empty string if it is not."""
        place = int(np.searchsorted(self.places, i))
        if place == len(self.places) or self.places[place] != i:
            return ""
        return self.limits.reason(self.features[place])


def unlike(model: Model, x: Inputs | Any) -> Unlike | None:
    """Return which rows are unlike those that trained the model.

    A row is unlike them where a number lies further outside than a row like them would, where a
    category is one that training hardly saw, or where its numbers go together as they did not
    in training. Of rows like the training rows about one in a hundred is flagged, or fewer;
    whether a row is does not depend on the rows beside it.

    Args:
        model: None is returned where it has no summary of its training rows.
        x: as for `Model.predict`.

    Shapes:
        x (N, D) -> rows (N,)

    Raises:
        ArgumentError, DataError: as for `Model.predict`.
    """
    limits = _limits(model)
    if limits is None:
        return None
    features = features_of("unlike", model.schema, x)
    rows = np.zeros(len(features), np.bool_)
    kept = []
    n_rows = max(1, BLOCK // max(1, features.shape[1]))
    for start in range(0, len(features), n_rows):
        block = features[start : start + n_rows]
        with np.errstate(over="ignore", invalid="ignore"):
            seen = limits.seen(block)  # (D, n)
            found = limits.beyond(seen)
        rows[start : start + n_rows] = found
        if found.any():
            kept.append(seen[:, found].T)
    n_features = len(model.schema.base_features)
    return Unlike(
        rows=rows,
        places=np.flatnonzero(rows),
        features=np.concatenate(kept) if kept else np.empty((0, n_features)),
        limits=limits,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """What rows are held against, as arrays.

    Attributes:
        schema, summary: of the model.
        multiply, add: of the model; what they make of a feature is what a scaler sees.
        numbers: features that are numbers, with low and high, (K, 3).
        rare: features that stand for a category that training hardly saw.
        joint: features that are looked at together, (d,).
        centers, scales: theirs, (d,).
        whiten: the lower triangle W of ``|W z|^2``, (d, d).
        limit: of that squared distance.
    """

    schema: Schema
    summary: Summary
    multiply: float
    add: float
    numbers: tuple[tuple[int, float, float], ...]
    rare: tuple[int, ...]
    joint: tuple[int, ...] = ()
    centers: Features
    scales: Features
    whiten: Features
    limit: float = 0.0

    def seen(self, block: Features) -> Features:
        """Return features as scalers see them, a feature a row; one-hot ones as they are.

        Shapes:
            block (n, D) -> (D, n)
        """
        seen = block.T.copy()
        if self.multiply != 1 or self.add != 0:
            for feature, _, _ in self.numbers:
                seen[feature] = seen[feature] * self.multiply + self.add
        return seen

    def beyond(self, seen: Features) -> NDArray[np.bool_]:
        """Return which rows are unlike the training rows, by steps that mix no rows.

        Shapes:
            seen (D, n) -> (n,)
        """
        found = np.zeros(seen.shape[1], np.bool_)
        for feature, low, high in self.numbers:
            found |= seen[feature] < low
            found |= seen[feature] > high
        for feature in self.rare:
            found |= seen[feature] > 0.5
        if self.joint:
            # an overflow is far away, and so is what comes of two of them
            found |= ~(self.squared(seen) <= self.limit)
        return found

    def squared(self, seen: Features) -> Features:
        """Return every row's squared distance from the training rows, (n,)."""
        z = seen[list(self.joint)]
        z -= self.centers[:, None]
        z /= self.scales[:, None]
        # by steps on whole rows of a block: a product of matrices may add up in another
        # order where the block is larger
        whitened, term = np.zeros_like(z), np.empty_like(z)
        for j in range(len(z)):
            np.multiply(self.whiten[j:, j, None], z[j], out=term[j:])
            whitened[j:] += term[j:]
        total = np.zeros(seen.shape[1])
        for part in np.multiply(whitened, whitened, out=whitened):
            total += part
        return total

    def reason(self, row: Features) -> str:
        """Return why a row, as scalers see it, is unlike the training rows; the first reason."""
        for feature, low, high in self.numbers:
            if not low <= row[feature] <= high:
                return self._outside(feature, float(row[feature]))
        for feature in self.rare:
            if row[feature] > 0.5:
                return self._rare(feature)
        return self._unusual(row)

    def _outside(self, feature: int, value: float) -> str:
        name, about, _ = self._about(feature)
        least, largest = sorted((self._given(about.quantiles[0]), self._given(about.quantiles[-1])))
        given = self._given(value)
        side = "below" if given < least else "above"
        told = f"{show(name)} is {given:.6g}, far {side} the training rows"
        return f"{told} ({least:.6g} to {largest:.6g})"

    def _rare(self, feature: int) -> str:
        name, about, place = self._about(feature)
        category = self.schema.feature_names[feature].removeprefix(f"{name}=")
        n_rows = round(about.shares[place] * self.summary.n_rows)
        told = f"{n_rows:,} of {self.summary.n_rows:,} training rows"
        return f"{show(name)} is {show(category)}, as in {told}"

    def _unusual(self, row: Features) -> str:
        """Name the column that fits least to what the others let expect."""
        scaled = (row[list(self.joint)] - self.centers) / self.scales
        precision = self.whiten.T @ self.whiten
        pull = precision @ scaled
        own = np.diag(precision)
        j = int(np.argmax(np.abs(pull) / np.sqrt(own)))
        expected = scaled[j] - pull[j] / own[j]
        name, _, _ = self._about(self.joint[j])
        likely = self._given(float(expected * self.scales[j] + self.centers[j]))
        given = self._given(float(row[self.joint[j]]))
        return (
            f"no such combination in the training rows: {show(name)} is {given:.6g}, "
            f"where the other columns let expect {likely:.4g}"
        )

    def _about(self, feature: int) -> tuple[str, ColumnSummary, int]:
        """Return a feature's column, its summary, and which of its features it is."""
        for i, (name, start, stop) in enumerate(_places(self.schema)):
            if start <= feature < stop:
                return name, self.summary.columns[i], feature - start
        raise AssertionError(feature)

    def _given(self, value: float) -> float:
        """Return a number as it stood in the table."""
        return (value - self.add) / self.multiply


_KNOWN: dict[int, tuple[Model, Limits]] = {}
"""Limits of models that were asked last, by the model's id; the model keeps the id its own."""
_LOCK: Final = Lock()


def _limits(model: Model) -> Limits | None:
    if model.summary is None:
        return None
    known = _KNOWN.get(id(model))
    if known is not None and known[0] is model:
        return known[1]
    limits = _limits_of(model, model.summary)
    with _LOCK:  # a service asks from many threads
        while len(_KNOWN) >= KEPT:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[id(model)] = model, limits
    return limits


def _limits_of(model: Model, summary: Summary) -> Limits:
    numbers, rare, features = [], [], []
    n_categorical = sum(column.categories is not None for column in model.schema.columns)
    places = _places(model.schema)
    for (_, start, _), about in zip(places, summary.columns, strict=True):
        features.append(start)
        if about.shares:
            rare += [start + k for k in _rare_ones(about.shares, RAREST / n_categorical)]
        else:
            low = about.quantiles[0] if about.low is None else about.low
            high = about.quantiles[-1] if about.high is None else about.high
            numbers.append((start, low, high))
    joint = summary.combination
    return Limits(
        schema=model.schema,
        summary=summary,
        multiply=model.multiply,
        add=model.add,
        numbers=tuple(numbers),
        rare=tuple(rare),
        joint=() if joint is None else tuple(features[i] for i in joint.columns),
        centers=np.array(() if joint is None else joint.centers),
        scales=np.array(() if joint is None else joint.scales),
        whiten=np.empty((0, 0)) if joint is None else joint.whitening(),
        limit=0.0 if joint is None else joint.limit,
    )


def _rare_ones(shares: tuple[float, ...], most: float) -> list[int]:
    """Return the categories that training never saw, and the rarest that sum up to `most`."""
    order = np.argsort(shares, kind="stable")
    summed = np.cumsum(np.array(shares)[order])
    return sorted(order[summed <= most].tolist())


def _places(schema: Schema) -> Iterator[tuple[str, int, int]]:
    """Yield every column with the features that it became."""
    start = 0
    for column in schema.columns:
        stop = start + len(column.feature_names)
        yield column.name, start, stop
        start = stop
