"""The model of a fitted estimator; what its training rows were like is summed up when asked for.

A summary of the rows takes longer than training on them where they are few, and neither
predicting nor searching needs it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments.models import model_of
from shoal.experiments.run import Run
from shoal.models import Model
from shoal.models.summary import summarise

HELD_BYTES: Final = 2**23
"""Features up to this size are held until the summary is asked for; larger are summed up at once.
"""


class Delivered:
    """A model with its summary, which is made of the rows when it is first asked for.

    Args:
        plain: without a summary.
        dataset: all rows; None for no summary at all.
        rows: which of them were trained on.
    """

    def __init__(self, plain: Model, dataset: Dataset | None, rows: np.ndarray | None) -> None:
        self.plain = plain
        self._held: Dataset | None = None
        self._whole: Model | None = None
        if dataset is None or rows is None:
            self._whole = plain
        elif dataset.x.nbytes <= HELD_BYTES:
            self._held = dataset.take(rows)  # a copy: the caller may write over his rows
        else:
            self._whole = _with_summary(plain, dataset, rows)

    @property
    def whole(self) -> Model:
        """The model with its summary."""
        held = self._held
        if self._whole is None and held is not None:
            self._whole = _with_summary(self.plain, held, np.arange(held.n_rows))
            self._held = None
        assert self._whole is not None
        return self._whole

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes into a pickle or a copy: never the rows."""
        return {"plain": self.plain, "_held": None, "_whole": self.whole}


def _with_summary(plain: Model, dataset: Dataset, rows: np.ndarray) -> Model:
    return replace(plain, summary=summarise(dataset, rows))


def delivered_by(run: Run, dataset: Dataset) -> Delivered:
    """Return the model of a run that has a network which did not diverge."""
    split = run.prepared.parts[0].split
    return Delivered(plain_model(run), dataset, split.train)


def plain_model(run: Run) -> Model:
    """Return the networks of a run that have not diverged as one model, without a summary.

    Raises:
        InputError: every network diverged.
    """
    members = np.flatnonzero(run.sound).tolist()
    if not members:
        raise InputError(
            f"every one of {len(run)} networks diverged. Give a smaller learning_rate_init, or "
            "scaled features and targets.",
            code="R101",
        )
    return model_of(
        run.prepared, run.network, run.weights, members, run.best_index, summed_up=False
    )
