"""What a model says of rows with known targets, collected table by table.

Evaluating and assessing start from the same rows, so the core passes over each of them once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.dataset import Schema
from shoal.data.weights import check_weights
from shoal.errors import ArgumentError
from shoal.metrics import predicted_classes
from shoal.models.ensemble import Prediction, combine, join_rows
from shoal.models.inputs import Inputs
from shoal.models.model import Model
from shoal.models.targets import targets_of
from shoal.network import FloatArray

Y = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedRows:
    """N rows with what is true of them and what a model of P networks said.

    Attributes:
        schema: of the model.
        true: one-hot classes, labels of 0 and 1, or values.
        said: what the ensemble says: mean probabilities, or values.
        codes: the predicted class, or 0 and 1 for every label; None for numbers.
        disagreement: how far the networks are apart, see `Prediction`.
        losses: the ensemble's cross-entropy of every row, or label; None for numbers.
        weights: how much every row counts, or None.
        network_losses: of every network alone, the mean over the rows.
        network_accuracies: likewise, or None.

    Shapes:
        true, said (N, n_classes) or (N, C); codes (N,) or (N, C); disagreement (N,) or (N, C);
        losses (N,) or (N, C); weights (N,)
    """

    schema: Schema
    true: Y
    said: FloatArray
    codes: NDArray[np.int64] | None
    disagreement: FloatArray
    losses: FloatArray | None
    weights: Y | None
    network_losses: tuple[float, ...]
    network_accuracies: tuple[float, ...] | None

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.true)

    @property
    def true_codes(self) -> NDArray[np.int64]:
        """The true classes, (N,); only of a classification."""
        return predicted_classes(self.true)

    @property
    def counted(self) -> Y:
        """How much every row counts, (N,); 1 where there are no weights."""
        return np.ones(self.n_rows) if self.weights is None else self.weights

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which rows are right, with every label where there are several, (N,); not of numbers."""
        if self.schema.kind == "multilabel":
            return np.asarray(((self.said > 0.5) == (self.true > 0.5)).all(axis=1))
        return np.asarray(self.codes == self.true_codes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Block:
    """A block of rows as the core returned it: losses and hits are sums over its rows, (P,)."""

    true: Y
    whole: Prediction
    ensemble: FloatArray | None
    losses: FloatArray
    hits: FloatArray | None


@dataclass(slots=True, kw_only=True)
class Judge:
    """Collects what a model says of rows, as they come.

    Attributes:
        model: the model.
        threads: None for as many as there are.
        where: the public function, for messages.
    """

    model: Model
    threads: int | None = None
    where: str = "evaluate"
    _blocks: list[_Block] = field(default_factory=list)
    _weights: list[Y] = field(default_factory=list)

    def add(self, x: Inputs | Any, y: ArrayLike, weights: ArrayLike | None = None) -> JudgedRows:
        """Add rows, and return what is said of them.

        Args:
            x: as for `Model.predict`.
            y: as `encode_targets` gives it, or names of classes.
            weights: how much every row counts; all may be 0 here, but not those of all rows.

        Shapes:
            x (n, D), y (n, C) or (n,), weights (n,)

        Raises:
            ArgumentError: they do not fit the model or each other, or there is no row.
            DataError: as for `Model.predict`.
        """
        targets = targets_of(self.where, self.model.schema, y)
        counts = None if weights is None else _checked(self.where, weights, len(targets))
        n_rows, blocks = 0, []
        of_core = self.model.member_log_figures(x, threads=self.threads, where=self.where)
        for block, logs in of_core:
            rows = slice(n_rows, n_rows + block.shape[1])
            n_rows += block.shape[1]
            if len(targets) >= n_rows:
                own = np.ones(block.shape[1]) if counts is None else counts[rows]
                blocks.append(_judged(self.model.schema, block, logs, targets[rows], own))
        self._check_rows(n_rows, len(targets))
        self._blocks += blocks
        self._weights += [] if counts is None else [counts]
        return self._joined(blocks, counts)

    def rows(self) -> JudgedRows:
        """Return all rows that were added.

        Raises:
            ArgumentError: there is none, or none that counts.
        """
        self._check_rows(len(self._blocks), len(self._blocks))
        weights = np.concatenate(self._weights) if self._weights else None
        if weights is not None and not weights.any():
            got = f"{len(weights)} zeros"
            raise ArgumentError(self.where, "weights", "must not all be 0", got=got, code="A106")
        return self._joined(self._blocks, weights)

    def _joined(self, blocks: Sequence[_Block], weights: Y | None) -> JudgedRows:
        whole = join_rows([block.whole for block in blocks])
        ensemble = [block.ensemble for block in blocks if block.ensemble is not None]
        hits = [block.hits for block in blocks if block.hits is not None]
        total = float(len(whole.mean)) if weights is None else float(weights.sum())
        return JudgedRows(
            schema=self.model.schema,
            true=np.concatenate([block.true for block in blocks]),
            said=whole.mean,
            codes=whole.codes,
            disagreement=whole.disagreement,
            losses=np.concatenate(ensemble) if ensemble else None,
            weights=weights,
            network_losses=_means([block.losses for block in blocks], total),
            network_accuracies=_means(hits, total) if hits else None,
        )

    def _check_rows(self, n_rows: int, n_targets: int) -> None:
        if n_rows == 0:
            raise ArgumentError(self.where, "x", "must have at least one row", got=0, code="A106")
        if n_rows != n_targets:
            wanted = f"must have N={n_rows} rows from `x`"
            raise ArgumentError(self.where, "y", wanted, got=n_targets, code="A104")


def _judged(schema: Schema, block: FloatArray, logs: FloatArray, true: Y, counts: Y) -> _Block:
    """Return a block of n rows: figures and logs of every network, targets, weights (n,)."""
    whole = combine(block, kind=schema.kind)
    if schema.is_regression:
        with np.errstate(over="ignore", invalid="ignore"):
            each: FloatArray = ((block - true) ** 2).mean(axis=-1)
            losses = (each * counts).sum(axis=1)
        return _Block(true=true, whole=whole, ensemble=None, losses=losses, hits=None)
    if schema.kind == "multilabel":
        chosen = np.where(true > 0.5, logs[..., 1], logs[..., 0])  # (P, n, L)
        right = ((block > 0.5) == (true > 0.5)).all(axis=-1)
        each = -chosen.mean(axis=-1)
    else:
        codes = predicted_classes(true)
        chosen = np.take_along_axis(logs, codes[None, :, None], axis=-1)[..., 0]  # (P, n)
        right = predicted_classes(block) == codes
        each = -chosen
    return _Block(
        true=true,
        whole=whole,
        ensemble=np.log(len(block)) - np.logaddexp.reduce(chosen, axis=0),
        losses=(each * counts).sum(axis=1),
        hits=(right * counts).sum(axis=1),
    )


def _checked(where: str, weights: ArrayLike, n_rows: int) -> Y:
    """Return weights of a part of the rows, which may all be 0."""
    given = np.asarray(weights)
    if given.shape == (n_rows,) and n_rows and given.dtype.kind in "biuf" and not given.any():
        return np.zeros(n_rows)
    return check_weights(where, weights, n_rows)


def _means(parts: Sequence[FloatArray], total: float) -> tuple[float, ...]:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        found = np.asarray(parts, dtype=np.float64).sum(axis=0) / total
    return tuple(found.tolist())
