"""The learning curve read aloud: what the losses do, and what they do at the end."""

from __future__ import annotations

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


def read_curve(seen: Examined, *, longer_helps: bool | None = None) -> str:
    """Return what the learning curve shows, in a few sentences.

    Args:
        seen: the run.
        longer_helps: what came of training longer, None if it was not tried.
    """
    if not len(seen.members):
        first = min(each["step"] for each in seen.run.diverged)
        return f"Every network diverged, the first at step {first:,}: there is no curve to read."
    if seen.nothing_to_learn:
        return "The constant guess makes no mistake: there is nothing to learn."
    told = [_training(seen, longer_helps)]
    validation = _validation(seen)
    if validation:
        told.append(validation)
    lost = len(seen.run) - len(seen.members)
    if lost:
        told.append(f"{lost} of {len(seen.run)} networks diverged and are left out.")
    return " ".join(told)


def _training(seen: Examined, longer_helps: bool | None) -> str:
    curve, steps = seen.train_curve, seen.steps
    if len(curve) < 2 or not np.isfinite(curve).all():
        return "The training loss is not known often enough to say how it went."
    fell = float(curve[0] - curve.min())
    jumps = np.diff(curve)
    if float(jumps.max(initial=0.0)) > RESTLESS and jumps[1:].max(initial=0.0) > RESTLESS:
        return "The training loss jumps up and down: smaller steps would help."
    end = end_of(seen)
    if end == "rising":
        return "The training loss rises at the end: something drives the weights away."
    if fell < NOWHERE and curve[-1] > 0.5:
        slowly = ", but it is still falling" if end == "falling" else ""
        return f"The training loss has hardly moved{slowly}."
    if end == "falling":
        if curve[-1] < NOWHERE:
            return "The training loss is close to 0 and still falling a little: this is enough."
        if longer_helps is False:
            return "The training loss is still falling, but training longer brought no clear gain."
        if seen.is_right:
            told = "more epochs would only make the networks surer"
            return f"The training loss is still falling, but the answers are right already: {told}."
        told = "" if _turns(seen) else ": more epochs would help"
        return f"The training loss is still falling{told}."
    since = _level_since(seen)
    left = told_share(float(curve[-1]))
    return f"The training loss falls until step {since:,} of {steps[-1]:,} and is level at {left}."


def _level_since(seen: Examined) -> int:
    """Return the step after which the training loss does nothing more worth telling."""
    curve = seen.train_curve
    away = np.abs(curve - curve[-1]) > max(FALLING, 0.02 * float(curve[0] - curve.min()))
    last = int(np.flatnonzero(away)[-1]) + 1 if away.any() else 0
    return int(seen.steps[last])


def _validation(seen: Examined) -> str:
    """Return what the validation loss does beside the training loss."""
    train, judged = seen.train_curve, seen.validation_curve
    if not np.isfinite(judged).all() or len(judged) < 2:
        return ""
    if _turns(seen):
        lowest = int(judged.argmin())
        place = f"is lowest at step {seen.steps[lowest]:,} and rises from there"
        told = place if lowest else "rises from the first step on"
        return f"The validation loss {told}: the networks learn the training rows by heart."
    if judged[-1] - train[-1] > 2 * RESTLESS:
        return "The validation loss stays clearly above it."
    return "The validation loss goes with it."


def _turns(seen: Examined) -> bool:
    """Return whether the validation loss rises while the training loss falls."""
    train, judged = seen.train_curve, seen.validation_curve
    if not np.isfinite(judged).all() or len(judged) < 2:
        return False
    lowest = int(judged.argmin())
    return bool(judged[-1] - judged[lowest] > RESTLESS and train[-1] < train[lowest])


__all__ = ["End", "end_of", "read_curve"]
