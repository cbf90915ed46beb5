"""Weights, sizes of gradients and activations of one network over its whole tape, by replay."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.errors import InputError
from shoal.experiments import Run
from shoal.experiments.tape import Tape
from shoal.kernels import RowSet, RuleSettings
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.messages import Traces
from shoal.network import Parameters
from shoal.network.reference import Rule, backward, forward_pass

MOST_WEIGHTS: Final = 4_000
"""Parameters that are followed; of more, as many evenly spread ones."""
MOST_ROWS: Final = 1_000
"""Training rows that gradients and activations are of; of more, as many evenly spread ones."""
MOST_NUMBERS: Final = 2_000_000
"""Rows times units that are held at once."""
BEAT_S: Final = 0.03
"""Seconds of replay between two looks at whether anybody still wants it."""
LOW, HIGH = 5, 95
"""Percentiles of the activations that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The rows that a network is looked at with.

    Attributes:
        rows: scaled training rows of the network, in double precision.
        n_of: how many it has.
    """

    rows: RowSet
    n_of: int


def traces(surroundings: Surroundings, message: Traces) -> Outcome:
    """Return what a network's weights, gradients and activations did on the way.

    Shapes:
        steps (T,), weights (T, K), parameters (K,), gradient_norms, activation_mean,
        activation_low, activation_high (T, L)

    Raises:
        InputError: there is no such run or network.
    """
    run = surroundings.run(message.run)
    if message.network >= len(run):
        raise InputError(
            f"traces: `network` must be from 0 to {len(run) - 1}; got {message.network}.",
            code="L103",
        )
    i = message.network
    last = int(run.steps[i])
    steps = np.unique(np.linspace(0, last, message.most).round().astype(np.int64))
    n_parameters = run.network.layout().n_parameters
    parameters = _some(n_parameters, MOST_WEIGHTS)
    judged = judged_rows(run, i)
    tape, wind = run.tape(), _Winding(lambda share: surroundings.tell("replaying", share), last)
    weights = np.empty((len(steps), len(parameters)), np.float32)
    layers = np.empty((4, len(steps), len(run.network.layers)), np.float32)
    for t, step in enumerate(steps.tolist()):
        wind.to(tape, step)
        flat = tape.weights[i]
        weights[t] = flat[parameters]
        layers[:, t] = of_layers(run, flat, judged.rows)
    arrays = {
        "steps": steps.astype(np.int32),
        "parameters": parameters.astype(np.int32),
        "weights": weights,
        "gradient_norms": layers[0],
        "activation_mean": layers[1],
        "activation_low": layers[2],
        "activation_high": layers[3],
    }
    shown = len(parameters)
    document = {
        "run": message.run,
        "network": i,
        "n_parameters": n_parameters,
        "n_rows": len(judged.rows.x),
        "about": _about(run, judged),
        "notes": []
        if shown == n_parameters
        else [f"{shown:,} of {n_parameters:,} parameters are followed, evenly spread."],
        "layers": [
            {"units": layer.units, "activation": layer.activation} for layer in run.network.layers
        ],
    }
    return Outcome(document=document, arrays=arrays)


def judged_rows(run: Run, i: int) -> Judged:
    """Return the training rows that network `i` is looked at with."""
    part = run.prepared.parts[int(run.prepared.part_of[i])]
    widest = max(layer.units for layer in run.network.layers)
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // widest))
    rows, n = part.train, len(part.train.x)
    chosen = _some(n, most)
    x = np.asarray(rows.x[chosen], np.float64)
    y = np.asarray(rows.y[chosen], np.float64)
    counts = None if rows.emphasis is None else np.asarray(rows.emphasis[chosen], np.float64)
    return Judged(rows=RowSet(x=x, y=y, emphasis=counts), n_of=n)


def of_layers(run: Run, flat: np.ndarray, rows: RowSet) -> np.ndarray:
    """Return what each layer's gradient and activations are like.

    Shapes:
        flat (K,) -> (4, L): Euclidean norm of the gradient of weights and biases, mean, 5th and
        95th percentile of the activations
    """
    network, training = run.network, run.experiment.training
    layout = network.layout()
    parameters = Parameters.from_flat(layout, np.asarray(flat, np.float64))
    with np.errstate(all="ignore"):  # a network that diverged may hold anything
        passed = forward_pass(network, parameters, rows.x)
        slopes = backward(
            network,
            parameters,
            passed,
            rows.y,
            training.loss or training.loss_for(network),
            rule=_rule(run.prepared.settings),
            weights=rows.emphasis,
            label_smoothing=training.regularization.label_smoothing,
        )
        found = [
            (
                np.sqrt(sum(float((a * a).sum()) for a in (w, b) if a is not None)),
                out.mean(),
                *np.percentile(out, (LOW, HIGH)),
            )
            for w, b, out in zip(slopes.weights, slopes.biases, passed.outputs, strict=True)
        ]
    return np.array(found, np.float64).T


def _rule(settings: RuleSettings) -> Rule:
    return "perceptron" if settings.rule == "perceptron" else "gradient"


def _about(run: Run, judged: Judged) -> str:
    """Return what the gradients are of, in a sentence."""
    shown, whole = len(judged.rows.x), judged.n_of
    which = "all" if shown == whole else f"{shown:,} evenly spread ones of the"
    first = " of the first epoch" if run.prepared.fresh is not None else ""
    rows = f"{which} {whole:,} training rows{first}"
    return f"Gradients are of the mean loss over {rows}, without penalties and dropout."


def _some(n: int, most: int) -> np.ndarray:
    """Return at most `most` of the numbers from 0 to n - 1, evenly spread."""
    if n <= most:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, most).round().astype(np.int64))


class _Winding:
    """Winds a tape forward in moves short enough to be dropped in between."""

    def __init__(self, tell: Callable[[float], object], last: int) -> None:
        self.tell = tell
        self.last = max(1, last)
        self.at_once = 64

    def to(self, tape: Tape, step: int) -> None:
        """Wind to a step."""
        while True:
            self.tell(tape.step / self.last)
            if tape.step >= step:
                return
            begun, before = time.perf_counter(), tape.step
            tape.at(min(step, before + self.at_once))
            took = time.perf_counter() - begun
            per_step = max(took, 1e-6) / (tape.step - before)
            self.at_once = int(np.clip(BEAT_S / per_step, 1, 8 * self.at_once))


__all__ = ["judged_rows", "of_layers", "traces"]
