"""Checks of the way down: divergence, rates, too few steps, and learning by heart."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from shoal.experiments.doctor.checks.weights import slower
from shoal.experiments.doctor.curve import end_of
from shoal.experiments.doctor.examined import Examined, median
from shoal.experiments.doctor.guess import told_share
from shoal.experiments.doctor.records import Hint, Remedy

JUMP: Final = 0.05
"""A rise of the loss, as a share of the constant guess's, that is no ripple."""
MORE: Final = 4
"""How many times the epochs are tried."""
MUCH_MORE: Final = 10
"""With small steps, so many times the epochs do what so many times the rate does."""
RISE: Final = 0.1
GAP: Final = 0.25
LEAST_JUDGED: Final = 10
MANY_EPOCHS: Final = 100_000


def divergence(seen: Examined) -> Hint | None:
    """Find networks whose weights, losses or gradients left what numbers can hold."""
    gone = seen.run.diverged
    if not gone:
        return None
    n, first = len(seen.run), min(each["step"] for each in gone)
    whole = "every network" if len(gone) == n else f"{len(gone)} of {n} networks"
    remedies = []
    if seen.run.experiment.preprocess.scaling == "none":
        remedies.append(
            Remedy(
                changes=("preprocess.scaling=standard",),
                sentence="Scale every input to mean 0 and standard deviation 1.",
            )
        )
    remedies += slower(seen, 10, 100)
    if seen.by_gradient and seen.settings.clip_norm is None:
        remedies.append(
            Remedy(changes=("training.clip_norm=1.0",), sentence="Cut long gradients back.")
        )
    return Hint(
        sentence=f"{whole} diverged: the weights grew until the numbers were too large to "
        f"calculate with, the first time at step {first:,}.",
        evidence={
            "diverged": len(gone),
            "networks": n,
            "first_step": first,
            "cause": gone[0]["cause"],
        },
        remedies=tuple(remedies),
        judge="sound",
    )


def rate_too_high(seen: Examined) -> Hint | None:
    """Find losses that jump about, or end high, because steps are too large."""
    if seen.learning_rate is None or not len(seen.members):
        return None
    curves = seen.curves(seen.judged if seen.is_streaming else "train")[seen.members]
    jumps = np.diff(curves, axis=1)
    rises = median(np.where(jumps > 0, jumps, 0.0).sum(axis=1))
    worst = median(jumps.max(axis=1, initial=0.0))
    above = median(curves[:, -1] - np.nanmin(np.c_[curves, np.full(len(curves), np.inf)], axis=1))
    restless = worst > JUMP or above > JUMP
    settled = end_of(seen) == "level" and float(np.ptp(seen.train_curve)) > JUMP
    if not (restless or (settled and seen.has_room)):
        return None
    told = (
        f"the training loss jumps up by as much as {told_share(worst)}"
        if restless
        else "the loss settles far above 0 early on, as it does where steps are too large"
    )
    return Hint(
        sentence=f"the learning rate of {seen.learning_rate:g} is too high: {told}.",
        evidence={
            "learning_rate": seen.learning_rate,
            "largest_rise": worst,
            "sum_of_rises": rises,
            "end_above_lowest": above,
            "unexplained_share": seen.unexplained,
        },
        remedies=tuple(slower(seen, 10, 100)),
        judge="fit",
        is_certain=False,
        is_cause=True,
    )


def rate_too_low(seen: Examined) -> Hint | None:
    """Find losses that creep, where larger steps arrive."""
    rate = seen.learning_rate
    if rate is None or not seen.has_room:
        return None
    if end_of(seen) == "rising":
        return None
    rates = [float(f"{rate * factor:.3g}") for factor in (10, 100)]
    return Hint(
        sentence=f"the learning rate of {rate:g} is too low: after "
        f"{_epochs(seen.settings.epochs)} the networks still leave "
        f"{told_share(seen.unexplained)}.",
        evidence={
            "learning_rate": rate,
            "unexplained_share": seen.unexplained,
            "gain_of_last_quarter": last_gain(seen),
        },
        remedies=tuple(
            Remedy(
                changes=(f"training.optimizer.learning_rate={each!r}",),
                sentence=f"Take a larger learning rate: {each:g} in place of {rate:g}.",
            )
            for each in rates
        ),
        is_certain=False,
    )


def too_few_steps(seen: Examined) -> Hint | None:
    """Find losses that still fall when training ends."""
    epochs = seen.settings.epochs
    if not seen.has_room or end_of(seen) != "falling":
        return None
    if not {"epochs", "steps"} & set(seen.run.stopped_because) or epochs * MORE > MANY_EPOCHS:
        return None
    return Hint(
        sentence=f"{_epochs(epochs)} {'is' if epochs == 1 else 'are'} too few: the loss is still "
        "falling when training ends.",
        evidence={
            "epochs": epochs,
            "unexplained_share": seen.unexplained,
            "gain_of_last_quarter": last_gain(seen),
        },
        remedies=(more_epochs(seen),),
        is_certain=False,
    )


def more_epochs(seen: Examined, factor: int = MORE) -> Remedy:
    """Return the remedy of training longer."""
    epochs = seen.settings.epochs * factor
    return Remedy(
        changes=(f"training.epochs={epochs}",), sentence=f"Train longer: {epochs:,} epochs."
    )


def overfitting(seen: Examined) -> Hint | None:
    """Find networks that learn their training rows by heart."""
    validation = seen.part.validation
    if validation is None or seen.is_streaming or len(validation.x) < LEAST_JUDGED:
        return None
    if not len(seen.members):
        return None
    train, judged = seen.train_curve, seen.validation_curve
    lowest = int(np.nanargmin(judged)) if np.isfinite(judged).any() else 0
    end = seen.unexplained
    rise, gap = end - float(judged[lowest]), end - float(train[-1])
    rising = rise > RISE and train[-1] < train[lowest]
    if not (rising or gap > GAP):
        return None
    return Hint(
        sentence=_by_heart(seen, rising, lowest),
        evidence={
            "train_unexplained_share": float(train[-1]),
            "validation_unexplained_share": end,
            "lowest_validation_unexplained_share": float(judged[lowest]),
            "lowest_at_step": int(seen.steps[lowest]),
        },
        remedies=tuple(_against_heart(seen, rising, lowest)),
        is_certain=False,
    )


def _by_heart(seen: Examined, rising: bool, lowest: int) -> str:
    if rising:
        since = f"since step {seen.steps[lowest]:,}" if lowest else "from the first step on"
        return (
            f"the networks learn the training rows by heart: {since} the validation loss rises "
            "while the training loss still falls."
        )
    return (
        "the networks know the training rows far better than the validation rows: what they "
        "learn does not carry over."
    )


def _against_heart(seen: Examined, rising: bool, lowest: int) -> list[Remedy]:
    remedies = []
    per_epoch = seen.prepared.schedule.steps_per_epoch
    epochs = max(1, math.ceil(seen.steps[lowest] / per_epoch))
    if rising and epochs < seen.settings.epochs:
        remedies.append(
            Remedy(
                changes=(f"training.epochs={epochs}",),
                sentence=f"End after {_epochs(epochs)}, or let a plateau of the validation loss "
                'end it (stop = "plateau") and keep the best weights.',
            )
        )
    if seen.by_gradient and seen.settings.regularization.l2 in (0, 0.0):
        remedies.append(
            Remedy(
                changes=("training.regularization.l2=0.01",),
                sentence="Keep weights small with a penalty.",
            )
        )
    return remedies


def last_gain(seen: Examined) -> float:
    """Return by how much the unexplained share of the training rows fell in the last quarter."""
    curve = seen.train_curve
    if len(curve) < 2 or not np.isfinite(curve[-1]):
        return math.nan
    at = seen.steps[-1] * 0.75
    return float(np.interp(at, seen.steps, curve) - curve[-1])


def _epochs(n: int) -> str:
    return "1 epoch" if n == 1 else f"{n:,} epochs"
