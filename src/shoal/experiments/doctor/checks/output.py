"""Checks of the last layer and the loss: whether they fit the target."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.records import Hint, Remedy

FOR_NUMBERS: Final = ("squared_error", "absolute_error", "huber")
FITTING: Final = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
REACH: Final = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
    "step": (0.0, 1.0),
}
"""What activations can give."""
BEYOND: Final = 0.05
"""The share of targets out of reach that is worth telling."""
SLACK: Final = 1e-6


def loss_misfit(seen: Examined) -> Hint | None:
    """Find a loss for numbers where the answer is a class."""
    experiment, schema = seen.run.experiment, seen.dataset.schema
    loss = experiment.training.loss_for(experiment.network)
    last = experiment.network.layers[-1].activation
    if schema.is_regression or loss not in FOR_NUMBERS or last == "step":
        return None
    single = experiment.network.n_outputs == 1 or schema.kind == "multilabel"
    wanted = "sigmoid" if single else "softmax"
    place = f"network.layers.{len(experiment.network.layers) - 1}.activation"
    loss_change = f"training.loss={FITTING[wanted]}"
    changes = (loss_change,) if last == wanted else (f"{place}={wanted}", loss_change)
    with_it = "" if last == wanted else f' and "{wanted}" in the last layer'
    return Hint(
        sentence=f'the loss "{loss}" measures distances between numbers, but the answer is a '
        "class. A network that is sure and wrong hardly learns from it.",
        evidence={"loss": loss, "last_activation": last},
        remedies=(
            Remedy(changes=changes, sentence=f'Use the loss "{FITTING[wanted]}"{with_it}.'),
        ),
        judge="accuracy",
        is_cause=True,
    )  # fmt: skip


def output_range(seen: Examined) -> Hint | None:
    """Find numeric targets that the last activation can never give."""
    network = seen.run.experiment.network
    last = network.layers[-1].activation
    if not seen.dataset.schema.is_regression or last not in REACH:
        return None
    low, high = REACH[last]
    y = seen.part.train.y
    beyond = float(((y < low - SLACK) | (y > high + SLACK)).any(axis=1).mean())
    if beyond < BEYOND:
        return None
    top = f"to {high:g}" if np.isfinite(high) else "upwards"
    return Hint(
        sentence=f'{beyond:.0%} of the targets are out of reach: "{last}" in the last layer gives '
        f"numbers from {low:g} {top}, and the targets go from {y.min():.4g} to {y.max():.4g} "
        "as the network sees them.",
        evidence={"share_out_of_reach": beyond, "last_activation": last},
        remedies=(
            Remedy(
                changes=(f"network.layers.{len(network.layers) - 1}.activation=identity",),
                sentence='Use "identity" in the last layer: it gives any number.',
            ),
        ),
        is_cause=True,
    )
