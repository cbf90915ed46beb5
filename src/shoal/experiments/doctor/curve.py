"""The learning curve read aloud: what the losses do, and what they do at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.guess import told_share

FALLING: Final = 0.005
"""What the last quarter must gain, as a share of the constant guess's loss, or..."""
STEADILY: Final = 0.05
"""...as a share of what was left at its beginning."""
RISING: Final = 0.02
NOWHERE: Final = 0.05
"""A loss that never fell by more than this has hardly moved."""
RESTLESS: Final = 0.05
End = Literal["falling", "level", "rising", "unknown"]
BY_HEART: Final = "the networks learn the training rows by heart"
SENTENCES: Final[Mapping[str, str]] = {
    "all_diverged": "Every network diverged, the first at step {step:,}: "
    "there is no curve to read.",
    "nothing": "The constant guess makes no mistake: there is nothing to learn.",
    "unknown": "The training loss is not known often enough to say how it went.",
    "restless": "The training loss jumps up and down: smaller steps would help.",
    "rising": "The training loss rises at the end: something drives the weights away.",
    "unmoved": "The training loss has hardly moved.",
    "unmoved_yet": "The training loss has hardly moved, but it is still falling.",
    "enough": "The training loss is close to 0 and still falling a little: this is enough.",
    "no_gain": "The training loss is still falling, but training longer brought no clear gain.",
    "surer": "The training loss is still falling, but the answers are right already: more epochs "
    "would only make the networks surer.",
    "falling": "The training loss is still falling.",
    "falling_on": "The training loss is still falling: more epochs would help.",
    "level": "The training loss falls until step {step:,} of {steps:,} and is level at {share}.",
    "turns": f"The validation loss is lowest at step {{step:,}} and rises from there: {BY_HEART}.",
    "turns_at_once": f"The validation loss rises from the first step on: {BY_HEART}.",
    "above": "The validation loss stays clearly above it.",
    "along": "The validation loss goes with it.",
    "some_diverged": "{diverged} of {networks} networks diverged and are left out.",
}
"""What a curve can show, by name, with the numbers that are filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that a curve shows.

    Attributes:
        name: a key of `SENTENCES`.
        values: its numbers; a share is that of the constant guess's loss.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What it is in words."""
        told = {k: told_share(v) if k == "share" else v for k, v in self.values.items()}
        return SENTENCES[self.name].format(**told)


def end_of(seen: Examined) -> End:
    """Return what the training loss does in the last quarter of the steps."""
    curve = seen.train_curve
    if len(curve) < 2 or not np.isfinite(curve).all():
        return "unknown"
    before = float(np.interp(0.75 * seen.steps[-1], seen.steps, curve))
    gain = before - float(curve[-1])
    if gain > FALLING:
        return "falling"
    return "rising" if gain < -RISING else "level"


def read_curve(seen: Examined, *, longer_helps: bool | None = None) -> tuple[Sign, ...]:
    """Return what the learning curve shows.

    Args:
        seen: the run.
        longer_helps: what came of training longer, None if it was not tried.
    """
    if not len(seen.members):
        first = min(each["step"] for each in seen.run.diverged)
        return (Sign(name="all_diverged", values={"step": first}),)
    if seen.nothing_to_learn:
        return (Sign(name="nothing"),)
    found = [_training(seen, longer_helps), *_validation(seen)]
    lost = len(seen.run) - len(seen.members)
    if lost:
        counts = {"diverged": lost, "networks": len(seen.run)}
        found.append(Sign(name="some_diverged", values=counts))
    return tuple(found)


def curve_words(signs: Sequence[Sign]) -> str:
    """Return what a curve shows, in a few sentences."""
    return " ".join(each.sentence for each in signs)


def _training(seen: Examined, longer_helps: bool | None) -> Sign:
    curve, steps = seen.train_curve, seen.steps
    if len(curve) < 2 or not np.isfinite(curve).all():
        return Sign(name="unknown")
    fell = float(curve[0] - curve.min())
    jumps = np.diff(curve)
    if float(jumps.max(initial=0.0)) > RESTLESS and jumps[1:].max(initial=0.0) > RESTLESS:
        return Sign(name="restless")
    end = end_of(seen)
    if end == "rising":
        return Sign(name="rising")
    if fell < NOWHERE and curve[-1] > 0.5:
        return Sign(name="unmoved_yet" if end == "falling" else "unmoved")
    if end == "falling":
        return Sign(name=_still_falling(seen, longer_helps))
    since, last = _level_since(seen), int(steps[-1])
    left = float(curve[-1])
    return Sign(name="level", values={"step": since, "steps": last, "share": left})


def _still_falling(seen: Examined, longer_helps: bool | None) -> str:
    if seen.train_curve[-1] < NOWHERE:
        return "enough"
    if longer_helps is False:
        return "no_gain"
    if seen.is_right:
        return "surer"
    return "falling" if _turns(seen) else "falling_on"


def _level_since(seen: Examined) -> int:
    """Return the step after which the training loss does nothing more worth telling."""
    curve = seen.train_curve
    away = np.abs(curve - curve[-1]) > max(FALLING, 0.02 * float(curve[0] - curve.min()))
    last = int(np.flatnonzero(away)[-1]) + 1 if away.any() else 0
    return int(seen.steps[last])


def _validation(seen: Examined) -> tuple[Sign, ...]:
    """Return what the validation loss does beside the training loss."""
    train, judged = seen.train_curve, seen.validation_curve
    if not np.isfinite(judged).all() or len(judged) < 2:
        return ()
    if _turns(seen):
        lowest = int(judged.argmin())
        at = {"step": int(seen.steps[lowest])}
        return (Sign(name="turns", values=at) if lowest else Sign(name="turns_at_once"),)
    return (Sign(name="above" if judged[-1] - train[-1] > 2 * RESTLESS else "along"),)


def _turns(seen: Examined) -> bool:
    """Return whether the validation loss rises while the training loss falls."""
    train, judged = seen.train_curve, seen.validation_curve
    if not np.isfinite(judged).all() or len(judged) < 2:
        return False
    lowest = int(judged.argmin())
    return bool(judged[-1] - judged[lowest] > RESTLESS and train[-1] < train[lowest])


__all__ = ["SENTENCES", "End", "Sign", "curve_words", "end_of", "read_curve"]
