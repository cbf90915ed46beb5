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
    "exponential": 11,
}
LOSS_CODES: Final = {
    "binary_crossentropy": 0,
    "categorical_crossentropy": 1,
    "squared_error": 2,
    "absolute_error": 3,
    "huber": 4,
    "hinge": 5,
    "poisson": 6,
}
RULE_CODES: Final = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 2,
    "adagrad": 3,
    "rmsprop": 4,
    "adam": 5,
    "adamw": 6,
    "nadam": 7,
    "amsgrad": 8,
    "rprop": 9,
    "lion": 10,
    "perceptron": 11,
    "random_perturbation": 12,
    "finite_difference": 13,
    "annealing": 14,
    "evolution": 15,
    "lbfgs": 16,
    "python": 0,
}
"""A rule in Python takes its steps outside the core, which computes losses and gradients for it."""
ORACLE_RULES: Final = frozenset(
    ("random_perturbation", "finite_difference", "annealing", "evolution", "lbfgs", "python")
)
"""Rules that are handed the loss.

They move one network at a time, and carry numbers along that belong to the present weights.
"""
FIRST_SLOTS: Final = {"adagrad": {0: 1}, "rprop": {1: 0}}
"""Slots that do not start at 0: rule to slot to the rule's number that they start at."""
ACCURACY_CODES: Final = {None: 0, "threshold": 1, "argmax": 2}
STAGE_CODES: Final = {
    "constant": 0,
    "step": 1,
    "exponential": 2,
    "cosine": 3,
    "linear_warmup": 4,
    "inverse_scaling": 5,
}
WATCH_CODES: Final = {"target": 0, "plateau": 1, "reduce": 2, "divergence": 3}

KINDS: Final = ("loss", "accuracy", "mean_absolute_error", "r2")
"""What is measured at a report, on the training and on the validation rows."""
FIGURES: Final = tuple(f"{part}_{kind}" for part in ("train", "validation") for kind in KINDS)
"""The figures of a report, in the order of the core."""
CLASS_FIGURES: Final = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
"""Those that there are for classes."""
NUMBER_FIGURES: Final = tuple(name for name in FIGURES if not name.endswith("accuracy"))
"""Those that there are for numbers."""

N_HYPER: Final = 8
"""Numbers that a rule may have for each network: the learning rate first."""
N_COUNTERS: Final = 8
"""Numbers that a rule may carry along for each network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A rule that looks at a figure at every report, for each network.

    Attributes:
        kind: "target" and "plateau" end the network, "divergence" counts it as diverged,
            "reduce" multiplies its learning rate.
        figure: which figure, as in `RuleSettings.figures`.
        up: whether larger is better (for "target" and "divergence": whether the level is
            passed from below).
        level: of "target" and "divergence".
        patience: reports without a gain after which "plateau" and "reduce" act.
        gain: how much better a figure must be to count.
        factor, least: of "reduce": the learning rate's factor, and its smallest product.
        keep_before: of "target": the step that reached it is not taken.
    """

    kind: str
    figure: str
    up: bool
    level: float = 0.0
    patience: int = 0
    gain: float = 0.0
    factor: float = 1.0
    least: float = 0.0
    keep_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """How networks are trained, as far as it is the same for all of a group.

    Attributes:
        rule: a name of `RULE_CODES`.
        n_slots: S, arrays of K numbers that the rule carries along.
        loss: a name of `LOSS_CODES`.
        accuracy: "threshold" (every output against `threshold`), "argmax", or None where the
            targets are numbers.
        mean_reduction: gradients are divided by the rows of the batch.
        shuffled: whether rows are taken in the random order of each epoch.
        keep_best: the figure whose best weights are kept, or None.
        batch: rows of a step.
        report_every: steps from one report of the figures to the next.
        total_steps: T, at which the last report falls.
        loss_parameter: delta of Huber's loss.
        threshold: the output above which a class is a yes.
        figures: those that are kept at each report.
        schedule: stages (kind, steps, value) whose factors of the learning rate are multiplied.
        clip_norm, clip_value: the largest norm, and the largest magnitude, of a gradient; 0: any.
        l1, l2, dropout, max_norm: for each layer, or empty for none.
        weight_decay: weights (not biases) shrink by rate * weight_decay a step.
        input_noise: standard deviation of noise on the inputs while training.
        label_smoothing: share of a label that goes to all classes alike.
        watches: what is done about figures at the reports.
        max_evaluations: of the loss or its gradient, after which a network ends; 0: any number.
        frozen: parameters that stay what they are, as ranges (first, first after) of the flat row.
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
    loss_parameter: float = 0.0
    threshold: float = 0.5
    figures: tuple[str, ...] = CLASS_FIGURES
    schedule: tuple[tuple[str, float, float], ...] = ()
    clip_norm: float = 0.0
    clip_value: float = 0.0
    l1: tuple[float, ...] = ()
    l2: tuple[float, ...] = ()
    dropout: tuple[float, ...] = ()
    max_norm: tuple[float, ...] = ()
    weight_decay: float = 0.0
    input_noise: float = 0.0
    label_smoothing: float = 0.0
    watches: tuple[Watch, ...] = ()
    max_evaluations: int = 0
    frozen: tuple[tuple[int, int], ...] = ()

    @property
    def n_reports(self) -> int:
        """How many reports a whole run has."""
        return -(-self.total_steps // self.report_every)

    @property
    def replays_by_reports(self) -> bool:
        """Whether figures at the reports change what comes after them."""
        return any(watch.kind == "reduce" for watch in self.watches)


def make_plan(network: Network, settings: RuleSettings) -> _core.Plan:
    """Return the core's plan; the network's inputs must be known."""
    plan = _core.Plan()
    _add_layers(plan, network, settings)
    plan.loss = LOSS_CODES[settings.loss]
    plan.rule = RULE_CODES[settings.rule]
    plan.accuracy = ACCURACY_CODES[settings.accuracy]
    plan.keep_best = -1 if settings.keep_best is None else FIGURES.index(settings.keep_best)
    for name in ("mean_reduction", "shuffled"):
        setattr(plan, name, int(getattr(settings, name)))
    for name in ("n_slots", "batch", "report_every", "total_steps", "max_evaluations"):
        setattr(plan, name, getattr(settings, name))
    for name in ("loss_parameter", "threshold", "clip_norm", "clip_value", "weight_decay"):
        setattr(plan, name, float(getattr(settings, name)))
    plan.input_noise = float(settings.input_noise)
    plan.label_smoothing = float(settings.label_smoothing)
    plan.keep_figures([FIGURES.index(name) for name in settings.figures])
    for kind, steps, value in settings.schedule:
        plan.add_stage(STAGE_CODES[kind], steps=steps, value=value)
    for watch in settings.watches:
        _add_watch(plan, watch)
    for first, last in settings.frozen:
        plan.freeze(first, last)
    return plan


def forward_plan(network: Network) -> _core.Plan:
    """Return a plan that is good for forward passes only."""
    plan = _core.Plan()
    _add_layers(plan, network, None)
    plan.loss = LOSS_CODES["squared_error"]
    return plan


def _add_layers(plan: _core.Plan, network: Network, settings: RuleSettings | None) -> None:
    layout = network.layout()
    for number, (dense, at) in enumerate(zip(network.layers, layout.layers, strict=True)):
        if dense.activation not in ACTIVATION_CODES:
            raise InternalError(f"the core does not know the activation '{dense.activation}'.")
        plan.add_layer(
            at.n_inputs,
            at.n_outputs,
            activation=ACTIVATION_CODES[dense.activation],
            has_bias=at.has_bias,
            weights=at.start,
            bias=at.bias_start if at.has_bias else 0,
            parameter=float(next(iter(dense.settings.values()), 0.0)),
        )
        if settings is None:
            continue
        given = {
            name: float(values[number]) if (values := getattr(settings, name)) else 0.0
            for name in ("l1", "l2", "dropout", "max_norm")
        }
        if any(given.values()):
            plan.restrain_layer(number, **given)


def _add_watch(plan: _core.Plan, watch: Watch) -> None:
    plan.add_watch(
        WATCH_CODES[watch.kind],
        FIGURES.index(watch.figure),
        up=watch.up,
        keep_before=watch.keep_before,
        patience=watch.patience,
        level=watch.level,
        gain=watch.gain,
        factor=watch.factor,
        least=watch.least,
    )
