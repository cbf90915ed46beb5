"""The models that a run delivers: trained networks with everything prediction needs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

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


def model_of(
    prepared: Prepared, network: Network, weights: np.ndarray, members: Sequence[int], best: int
) -> Model:
    """Return some networks of a population with weights (P, K) as one model.

    Args:
        prepared: what they were trained from.
        network: with its inputs known.
        weights: of the whole population.
        members: the networks to take, at least one.
        best: the best network's place among all networks.
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
        version=version("shoal"),
        summary=_summary(parts[0]),
    )


def _summary(part: Part) -> Summary | None:
    """Return what the rows that trained the first network looked like; of a stream, any rows."""
    rows = part.split.train
    return summarise(part.dataset, rows if len(rows) else np.arange(part.dataset.n_rows))


def portable_document(experiment: Experiment) -> dict[str, Any]:
    """Return the document without the place of its data: a model never holds a path."""
    document = experiment.document()
    if isinstance(experiment.data, FileData | ImageData):
        places = [key for key in FILES if key in document["data"]]
        for key in places:
            document["data"][key] = document["data"][key].replace("\\", "/").rpartition("/")[2]
    return document
