"""Which random streams anything in an experiment draws from: what pairs can differ in at all."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shoal.data.tasks import TaskRecipe
from shoal.experiments.document import Experiment, Population
from shoal.experiments.loading import Key, Loader
from shoal.experiments.prepare import Prepared
from shoal.experiments.shelf import Shelf
from shoal.streams import STREAMS

BY_CHANCE: Final = ("random_perturbation", "annealing", "evolution", "python")
"""The rules that draw from `search`; one of Python may."""
OTHERS: Final = range(1, 5)
"""Networks whose rows are held against those of network 0: two may be alike by chance."""


def drawn_from(experiment: Experiment, prepared: Prepared, rows: Any, shelf: Shelf) -> set[str]:
    """Return the streams that anything in an experiment draws from, varied or held.

    Rows of a file draw nothing from `data`, labels without noise nothing from `noise`, a batch
    of all rows nothing from `order`.

    Args:
        experiment: the document.
        prepared: what was made of it.
        rows: what `Experiment.run` takes.
        shelf: of what experiments have in common.
    """
    every = Population(size=1, vary=STREAMS)
    experiment = experiment.model_copy(update={"population": every})
    loader, settings = Loader(experiment, rows, None, shelf), prepared.settings
    used = {
        "data": _draws_rows(loader),
        "noise": experiment.data.label_noise > 0,
        "split": _draws_split(loader),
        "init": _draws_start(experiment, prepared),
        "order": settings.shuffled,
        "dropout": any(share > 0 for share in settings.dropout) or settings.input_noise > 0,
        "search": experiment.training.optimizer.name in BY_CHANCE,
    }
    return {name for name, is_used in used.items() if is_used}


def _draws_rows(loader: Loader) -> bool:
    """Return whether rows come out otherwise with another seed of `data`."""
    if not isinstance(loader.recipe, TaskRecipe):
        return loader.recipe.dummies > 0
    if loader.streams:
        return True
    first = loader.key(0)
    here, _ = loader.load(first)
    for i in OTHERS:
        key: Key = (loader.key(i)[0], *first[1:])
        there, _ = loader.load(key)
        if not (np.array_equal(here.x, there.x) and np.array_equal(here.y, there.y)):
            return True
    return False


def _draws_split(loader: Loader) -> bool:
    """Return whether chance divides the rows, and not whoever handed them over."""
    if loader.streams or loader.split is not None:
        return False
    has_second = loader.given is not None and loader.n_first not in (None, loader.given.n_rows)
    return loader.recipe.test > 0 or (loader.recipe.validation > 0 and not has_second)


def _draws_start(experiment: Experiment, prepared: Prepared) -> bool:
    streams = experiment.streams_of("init", range(2))
    one, other = prepared.network.initialize_from(streams).flat
    return not np.array_equal(one, other)
