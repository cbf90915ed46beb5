"""From a network and settings, in words, to the plan that the core reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shoal import _core
from shoal.errors import InternalError
from shoal.network import Network

# The numbers of cpp/interface.hpp.
ACTIVATION_CODES: Final = {
    "identity": 0,
    "step": 1,
    "sigmoid": 2,
    "tanh": 3,
    "relu": 4,
    "leaky_relu": 5,
    "elu": 6,
    "gelu": 7,
    "silu": 8,
    "softplus": 9,
    "softmax": 10,
}
LOSS_CODES: Final = {"binary_crossentropy": 0, "categorical_crossentropy": 1, "squared_error": 2}
RULE_CODES: Final = {"sgd": 0, "momentum": 1, "adam": 2, "perceptron": 3}
ACCURACY_CODES: Final = {None: 0, "threshold": 1, "argmax": 2}

FIGURES: Final = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
"""The figures of a report, in the order of the core's arrays."""

N_HYPER: Final = 4
"""Numbers that a rule may have for each network: the learning rate first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """How networks are trained, as far as it is the same for all of a group.

    Attributes:
        rule: a name of `RULE_CODES`.
        n_slots: S, arrays of K numbers that the rule carries along.
        loss: a name of `LOSS_CODES`.
        accuracy: "threshold" (one output against 0.5), "argmax", or None for no accuracy.
        mean_reduction: gradients are divided by the rows of the batch.
        shuffled: whether rows are taken in the random order of each epoch.
        keep_best: the figure whose best weights are kept, or None.
        batch: rows of a step.
        report_every: steps from one report of the figures to the next.
        total_steps: T, at which the last report falls.
    """

    rule: str
    n_slots: int
    loss: str
    accuracy: str | None
    mean_reduction: bool
    shuffled: bool
    keep_best: str | None
    batch: int
    report_every: int
    total_steps: int

    @property
    def n_reports(self) -> int:
        """How many reports a whole run has."""
        return -(-self.total_steps // self.report_every)


def make_plan(network: Network, settings: RuleSettings) -> _core.Plan:
    """Return the core's plan; the network's inputs must be known."""
    layout = network.layout()
    layers = []
    for dense, at in zip(network.layers, layout.layers, strict=True):
        if dense.activation not in ACTIVATION_CODES:
            raise InternalError(f"the core does not know the activation '{dense.activation}'.")
        parameter = next(iter(dense.settings.values()), 0.0)
        layers.append(
            (
                at.n_inputs,
                at.n_outputs,
                ACTIVATION_CODES[dense.activation],
                at.has_bias,
                at.start,
                at.bias_start if at.has_bias else 0,
                float(parameter),
            )
        )
    return _core.make_plan(
        layers,
        loss=LOSS_CODES[settings.loss],
        rule=RULE_CODES[settings.rule],
        n_slots=settings.n_slots,
        accuracy=ACCURACY_CODES[settings.accuracy],
        mean_reduction=settings.mean_reduction,
        shuffled=settings.shuffled,
        keep_best=-1 if settings.keep_best is None else FIGURES.index(settings.keep_best),
        batch=settings.batch,
        report_every=settings.report_every,
        total_steps=settings.total_steps,
    )


def forward_plan(network: Network) -> _core.Plan:
    """Return a plan that is good for forward passes only."""
    return make_plan(
        network,
        RuleSettings(
            rule="sgd",
            n_slots=0,
            loss="squared_error",
            accuracy=None,
            mean_reduction=True,
            shuffled=False,
            keep_best=None,
            batch=1,
            report_every=1,
            total_steps=0,
        ),
    )
