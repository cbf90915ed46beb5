"""A network of two weights, and what every learning rule does with it: trained by the core.

The network is one unit with a weight and a bias, and the rows are eight numbers from 0 to 3, not
scaled: its loss is a narrow valley, so that rules are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np

from shoal.experiments.document import Experiment, Population
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.trainer import Trainer
from shoal.fields import NamedRecord
from shoal.kernels import figures
from shoal.network import Dense, Network, Parameters
from shoal.training import OPTIMIZERS, SGD, Lion, Training

NETWORK: Final = Network([Dense(1)], inputs=1)
X: Final = np.linspace(0.0, 3.0, 8)[:, np.newaxis]
ROWS: Final = (X, X[:, 0] - 0.5, X, X[:, 0] - 0.5)
"""x (8, 1) and y = x - 0.5, to learn from and to judge by: a weight of 1 and a bias of -0.5 have
no loss."""
START: Final = (-0.93, 1.87)
"""The weight and the bias that all begin with."""
STEPS: Final = 60
SEEDS: Final = 8
"""How often each rule is tried; those without random numbers do the same every time."""
SIZES: Final = tuple(float(f"{m}e{e}") for e in (-3, -2, -1, 0) for m in (1, 2, 5))
"""What is tried for the first setting of a rule: its learning rate, or the size of its moves."""

NO_LOSS: Final = 1e-12
"""What is less is the rounding of the weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """The way of one rule.

    Attributes:
        name: of the rule.
        setting: its first setting: what is tuned.
        size: the value of it with the least median loss after the last step; of several that
            leave none the one next to the default.
        weights: (SEEDS, STEPS + 1, 2), weight and bias before every step and after the last.
        loss: (SEEDS,) after the last step.
    """

    name: str
    setting: str
    size: float
    weights: np.ndarray
    loss: np.ndarray


def rules() -> list[str]:
    """Return the rules of the registry that can be tried: those that go by the loss.

    Example:
        >>> "sgd" in rules(), "perceptron" in rules(), "python" in rules()
        (True, False, False)
    """
    return [name for name, each in OPTIMIZERS.items() if each.kind in ("gradient", "oracle")]


@cache
def path(name: str) -> Path:
    """Return the way of a rule with the best of `SIZES`, from the start in `STEPS` steps."""
    record = OPTIMIZERS[name].record
    setting = next(key for key in record.model_fields if key != "name")
    tried = [record.model_validate({"name": name, setting: size}) for size in SIZES]
    weights = _trained(tried)
    loss = loss_of(weights[:, :, -1].reshape(-1, 2)).reshape(len(SIZES), SEEDS)
    median = np.median(np.where(np.isfinite(loss), loss, np.inf), axis=1)
    equal = np.flatnonzero(median <= max(NO_LOSS, median.min()))
    usual = record.model_fields[setting].default
    best = min(equal.tolist(), key=lambda k: abs(np.log(SIZES[k] / usual)))
    return Path(
        name=name, setting=setting, size=SIZES[best], weights=weights[best], loss=loss[best]
    )


def loss_of(weights: np.ndarray) -> np.ndarray:
    """Return the loss of weight and bias, as the core computes it.

    Shapes:
        weights (P, 2) -> (P,)
    """
    ready = _prepared([SGD()])
    part = ready.parts[0].train
    flat = np.ascontiguousarray(weights, np.float64)
    return np.asarray(figures(NETWORK, ready.settings, flat, part, threads=1)["loss"])


def experiment(optimizer: Any, size: int = SEEDS, **training: Any) -> Experiment:
    """Return the experiment: run it with ``rows=ROWS`` and weights to start from.

    Args:
        optimizer: with its settings.
        size: of the population.
        training: settings in place of those here, by name.
    """
    settings = {
        "loss": "squared_error", "batch_size": "full", "epochs": STEPS, "dtype": "float64",
        "report_every": "end", **training,
    }  # fmt: skip
    return Experiment(
        network=NETWORK, training=Training(optimizer, **settings), population=Population(size=size)
    )


def factors(schedule: NamedRecord, epochs: int) -> np.ndarray:
    """Return what a schedule that follows a figure makes of the rate at every epoch, (epochs,).

    Lion's steps have one size, so that its loss soon goes up and down about the least.
    """
    asked = experiment(Lion(0.3), 1, epochs=epochs, report_every="epoch", schedule=schedule)
    trainer = Trainer(prepare(asked, rows=ROWS, start=_start(1)))
    found = []
    for epoch in range(epochs):
        trainer.advance(epoch, threads=1)
        found.append(float(trainer.state.rate_factor[0]))
    return np.array(found)


def _start(n: int) -> Parameters:
    return Parameters.from_flat(NETWORK.layout(), np.tile(np.array(START), (n, 1)))


def _prepared(tried: Sequence[Any]) -> Prepared:
    """Return a population of `SEEDS` networks for each rule, alike but for its numbers."""
    ready = prepare(experiment(tried[0]), rows=ROWS, start=_start(SEEDS))
    n = len(tried)
    hyper = [Training(each).hyper(SEEDS) for each in tried]

    def again(array: Any) -> np.ndarray:
        return np.concatenate([np.asarray(array)] * n)

    return replace(
        ready,
        part_of=again(ready.part_of), start=again(ready.start), hyper=np.concatenate(hyper),
        order_keys=again(ready.order_keys), dropout_keys=again(ready.dropout_keys),
        search_keys=again(ready.search_keys), members=range(n * SEEDS),
        seeds=tuple(ready.seeds) * n,
    )  # fmt: skip


def _trained(tried: Sequence[Any]) -> np.ndarray:
    """Return the weights of every rule's networks at every step, (rules, SEEDS, STEPS + 1, 2)."""
    trainer = Trainer(_prepared(tried))
    seen = [trainer.state.weights.copy()]
    for step in range(1, STEPS + 1):
        trainer.advance(step, threads=1)
        seen.append(trainer.state.weights.copy())
    return np.stack(seen, axis=1).reshape(len(tried), SEEDS, STEPS + 1, 2)
