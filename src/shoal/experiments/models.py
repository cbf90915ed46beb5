"""The models that a run delivers: trained networks with everything prediction needs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

import shoal
from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Part, Prepared
from shoal.kernels import ARITHMETIC
from shoal.models import Model
from shoal.models.summary import Summary, summarise
from shoal.network import LOSSES, Network, Parameters

FILES = ("file", "images", "labels", "validation_images", "validation_labels")
"""The keys of `data` that name files."""
KEPT = 16
"""Summaries that are kept at hand: all networks of a run, one by one, have the same."""
_KNOWN: dict[
    tuple[int, int, float, float],
    tuple[weakref.ref[Any], weakref.ref[Any], Summary | None],
] = {}


def model_of(
    prepared: Prepared,
    network: Network,
    weights: np.ndarray,
    members: Sequence[int],
    best: int,
    *,
    summed_up: bool = True,
) -> Model:
    """Return some networks of a population with weights (P, K) as one model.

    Args:
        prepared: what they were trained from.
        network: with its inputs known.
        weights: of the whole population.
        members: the networks to take, at least one.
        best: the best network's place among all networks.
        summed_up: whether it keeps what its training rows were like.
    """
    experiment = prepared.experiment
    parts = prepared.parts
    numbers = prepared.part_of[list(members)].tolist()
    chosen = [parts[k] for k in numbers] if len(parts) > 1 else [parts[0]]
    weights = weights[list(members)]
    return Model(
        network=network,
        parameters=Parameters.from_flat(network.layout(), weights),
        schema=parts[0].dataset.schema,
        scalers=tuple(part.scaler for part in chosen),
        target_scalers=tuple(part.target_scaler for part in chosen),
        multiply=experiment.data.multiply,
        add=experiment.data.add,
        threshold=LOSSES[experiment.training.loss_for(experiment.network)].threshold,
        seeds=tuple(prepared.seeds[i] for i in members),
        best=list(members).index(best) if best in members else 0,
        experiment=portable_document(experiment),
        arithmetic=ARITHMETIC,
        version=shoal.__version__,
        summary=_summary(parts[0], experiment) if summed_up else None,
    )


def _summary(part: Part, experiment: Experiment) -> Summary | None:
    """Return what the rows that trained the first network looked like; of a stream, any rows."""
    data, x, train = experiment.data, part.dataset.x, part.split.train
    key = (id(x), id(train), data.multiply, data.add)
    known = _KNOWN.get(key)
    if known is not None and known[0]() is x and known[1]() is train:
        return known[2]
    rows = train if len(train) else np.arange(part.dataset.n_rows)
    found = summarise(part.dataset, rows, multiply=data.multiply, add=data.add)
    while len(_KNOWN) >= KEPT:
        _KNOWN.pop(next(iter(_KNOWN)), None)
    _KNOWN[key] = weakref.ref(x), weakref.ref(train), found
    return found


def portable_document(experiment: Experiment) -> dict[str, Any]:
    """Return the document without the place of its data: a model never holds a path."""
    document = experiment.document()
    if isinstance(experiment.data, FileData | ImageData):
        places = [key for key in FILES if key in document["data"]]
        for key in places:
            document["data"][key] = document["data"][key].replace("\\", "/").rpartition("/")[2]
    return document
