"""Checks of the units: all alike, dead, or stuck at the ends of their activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.experiments.doctor.examined import Examined, median
from shoal.experiments.doctor.records import Hint, Remedy
from shoal.experiments.doctor.units import LayerUnits

SOME_NETWORKS: Final = 0.25
"""The share of networks that must have a dead layer."""
MOST_NETWORKS: Final = 0.5
"""With a dead layer in more than that share, dead units are not told of beside it."""
MANY_DEAD: Final = 0.4
"""The share of dead units of a layer that may cost loss."""
MANY_STUCK: Final = 0.5
SCALED: Final = {"relu": "he_uniform"}
"""The initializer that suits an activation, else `USUAL`."""
USUAL: Final = "glorot_uniform"


def symmetric_start(seen: Examined) -> Hint | None:
    """Find hidden layers whose units all begin alike, and so stay alike."""
    if not seen.alike or not seen.by_gradient:
        return None
    layers = ", ".join(map(str, seen.alike))
    layer = seen.run.network.layers[seen.alike[0] - 1]
    return Hint(
        sentence=f"all units of hidden layer {layers} begin with the same weights. They get the "
        "same gradient and stay the same: a layer of many units is worth one.",
        evidence={"layers": layers, "units": layer.units},
        remedies=(_other_start(seen, "Begin with random weights."),),
        is_cause=True,
    )


def dead_layer(seen: Examined) -> Hint | None:
    """Find layers of relu units of which none answers to any row."""
    worst = _most(seen.units, [each.dead.all(axis=1).mean() for each in seen.units if each])
    if worst is None or worst[1] < SOME_NETWORKS:
        return None
    layer, share = worst
    at_start = float(seen.units_at_start[layer.layer - 1].dead.all(axis=1).mean())
    n_networks = round(share * len(layer.dead))
    when = "from the start" if at_start >= share / 2 else "since some step of training"
    return Hint(
        sentence=f"in {n_networks} of {len(layer.dead)} networks hidden layer {layer.layer} is "
        f"dead {when}: every relu unit gives 0 for every row, so nothing passes and nothing is "
        "learned.",
        evidence={
            "layer": layer.layer,
            "networks": n_networks,
            "share_dead_at_start": at_start,
            "unexplained_share": seen.unexplained,
        },
        remedies=_for_dead(seen, layer, at_start >= share / 2),
        is_cause=at_start >= share / 2 and share > MOST_NETWORKS,
    )


def dead_units(seen: Examined) -> Hint | None:
    """Find layers in which many relu units are dead, if that costs loss."""
    worst = _most(seen.units, [median(each.dead.mean(axis=1)) for each in seen.units])
    if worst is None or worst[1] < MANY_DEAD or not seen.has_room:
        return None
    layer, share = worst
    if layer.dead.all(axis=1).mean() > MOST_NETWORKS:
        return None
    at_start = median(seen.units_at_start[layer.layer - 1].dead.mean(axis=1))
    return Hint(
        sentence=f"{share:.0%} of the relu units in hidden layer {layer.layer} are dead: they give "
        "0 for every row and learn no more. What they could have learned is missing.",
        evidence={
            "layer": layer.layer,
            "share_dead": share,
            "share_dead_at_start": at_start,
            "unexplained_share": seen.unexplained,
        },
        remedies=_for_dead(seen, layer, at_start >= share / 2),
        judge="fit",
        is_certain=False,
        is_cause=at_start >= share / 2,
    )


def saturated_units(seen: Examined) -> Hint | None:
    """Find layers of tanh or sigmoid units that are stuck at their ends, if that costs loss."""
    worst = _most(seen.units, [median(each.stuck.mean(axis=1)) for each in seen.units])
    if worst is None or worst[1] < MANY_STUCK or not seen.has_room:
        return None
    layer, share = worst
    at_start = median(seen.units_at_start[layer.layer - 1].stuck.mean(axis=1))
    remedies = []
    if at_start >= share / 2:
        remedies.append(_other_start(seen, "Begin with smaller weights."))
    remedies += slower(seen)
    return Hint(
        sentence=f"{share:.0%} of the {layer.activation} units in hidden layer {layer.layer} are "
        "stuck at the ends of their range for nearly every row: there the slope is almost 0, and "
        "little is learned.",
        evidence={
            "layer": layer.layer,
            "share_stuck": share,
            "share_stuck_at_start": at_start,
            "gradient_norm": seen.gradient_norm,
            "unexplained_share": seen.unexplained,
        },
        remedies=tuple(remedies),
        judge="fit",
        is_certain=False,
        is_cause=at_start >= share / 2,
    )


def slower(seen: Examined, *factors: float) -> list[Remedy]:
    """Return smaller learning rates as remedies, none for a rule without."""
    rate = seen.learning_rate
    if rate is None:
        return []
    rates = [float(f"{rate / factor:.3g}") for factor in factors or (10.0,)]
    return [
        Remedy(
            changes=(f"training.optimizer.learning_rate={each!r}",),
            sentence=f"Take a smaller learning rate: {each:g} in place of {rate:g}.",
        )
        for each in rates
    ]


def _for_dead(seen: Examined, layer: LayerUnits, from_start: bool) -> tuple[Remedy, ...]:
    place = f"network.layers.{layer.layer - 1}.activation=leaky_relu"
    leaky = Remedy(
        changes=(place,), sentence="Use leaky_relu there: it has a slope below 0 too."
    )  # fmt: skip
    first = [_other_start(seen, "Begin with random weights and biases of 0.")]
    return (*(first if from_start else slower(seen)), leaky)


def _other_start(seen: Examined, sentence: str) -> Remedy:
    """Return the remedy of a usual start, for layers with an initializer of their own too."""
    layers = seen.run.network.layers
    hidden = [layer.activation for layer in layers[:-1]]
    name = SCALED.get(hidden[0], USUAL) if hidden else USUAL
    own = [k for k, layer in enumerate(layers) if layer.initializer is not None]
    return Remedy(
        changes=(
            f"network.initializer={name}",
            "network.bias_initializer=zeros",
            *(f"network.layers.{k}.initializer={name}" for k in own),
        ),
        sentence=sentence,
    )


def _most(layers: Sequence[LayerUnits], shares: Sequence[float]) -> tuple[LayerUnits, float] | None:
    """Return the layer with the largest share, None if there is no hidden layer."""
    known = [(layer, float(share)) for layer, share in zip(layers, shares, strict=True)]
    known = [each for each in known if np.isfinite(each[1])]
    return max(known, key=lambda each: each[1]) if known else None
