"""Accuracies against labels before they were flipped, for networks of many cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from shoal.experiments.prepare import Prepared
from shoal.experiments.result import clean_accuracy
from shoal.experiments.run import Run
from shoal.experiments.snapshots import Snapshots
from shoal.kernels import State


def clean_column(run: Run, populations: Sequence[Prepared]) -> dict[str, np.ndarray]:
    """Return the accuracy of each network against the clean labels, (P,), if any has one.

    Without label noise that is the accuracy itself, on the validation rows where there are any.

    Args:
        run: of all populations as one.
        populations: in the order of the networks.
    """
    found = np.full(len(run), np.nan)
    at = 0
    for prepared in populations:
        some = slice(at, at + len(prepared.members))
        found[some] = _of_one(run, prepared, some)
        at = some.stop
    return {"clean_accuracy": found} if np.isfinite(found).any() else {}


def _of_one(run: Run, prepared: Prepared, some: slice) -> np.ndarray:
    if prepared.experiment.data.label_noise == 0:
        judged = "validation" if prepared.parts[0].validation is not None else "train"
        name = f"{judged}_accuracy"
        known = name in run.history
        return run.final(name)[some] if known else np.full(some.stop - some.start, np.nan)
    state = State(**{f.name: getattr(run.state, f.name)[some] for f in fields(State)})
    own = Run(
        experiment=prepared.experiment,
        network=run.network,
        prepared=prepared,
        state=state,
        seconds=0.0,
        interrupted=False,
        warnings=(),
        snapshots=Snapshots(0),
    )
    found = clean_accuracy(own)
    return np.full(len(own), np.nan) if found is None else found
