"""Which threshold the costs of errors call for, told so that `shoal predict` can take it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shoal.models.assessment.records import Calibration, Costs, Decision

MOST_DIGITS = 17
"""Every float64 is read back from as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The threshold to use.

    Attributes:
        rule: where it comes from, "theory" or "best".
        threshold: in the fewest digits that say the same of these rows.
        positive: the class that is said above it.
        command: that predicts other rows so; "" where it was found in Python.
    """

    rule: str
    threshold: str
    positive: str
    command: str

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "rule": self.rule, "threshold": float(self.threshold), "positive": self.positive,
            "command": self.command or None,
        }  # fmt: skip


def advice_of(
    costs: Costs, calibration: Calibration | None, p: NDArray[np.float64], predicting: str
) -> Advice | None:
    """Return the threshold to use, or None where the model is not worth asking.

    Args:
        costs: what was found.
        calibration: as for `advised`.
        p: the probability of the positive class.
        predicting: the command that predicts other rows, without a threshold, or "".

    Shapes:
        p (N,)
    """
    rule = advised(costs, calibration)
    if rule is None:
        return None
    threshold = threshold_text(rule.threshold, p)
    words = shlex.join(["--threshold", threshold, "--positive", costs.positive])
    return Advice(
        rule=rule.rule, threshold=threshold, positive=costs.positive,
        command=f"{predicting} {words}" if predicting else "",
    )  # fmt: skip


def advised(costs: Costs, calibration: Calibration | None = None) -> Decision | None:
    """Return the rule to follow: that of theory unless these rows speak against it.

    Args:
        costs: what was found.
        calibration: theory takes probabilities at their word; where they are off by more than
            chance the threshold that costs least on these rows is safer.
    """
    rules = {each.rule: each for each in costs.decisions}
    theory, best = rules["theory"], rules["best"]
    if rules["always_no"].n_false_negatives == 0 or rules["always_yes"].cost == 0:
        return theory  # rows of one class cannot tell
    fixed = min(rules["always_no"].cost, rules["always_yes"].cost)
    if fixed <= theory.cost:
        return best if best.cost < fixed * (1 - 1e-9) else None
    is_off = calibration is not None and not calibration.is_within_chance
    return best if is_off else theory


def threshold_text(threshold: float, p: NDArray[np.float64]) -> str:
    """Return a threshold in the fewest digits, from four on, that part the rows as it does.

    Example:
        >>> threshold_text(1 / 6, np.array([0.1, 0.2])), threshold_text(1 / 6, np.array([1 / 6]))
        ('0.1667', '0.1667')
        >>> threshold_text(1 / 6, np.array([0.16667]))
        '0.166667'
    """
    n_above = int((p > threshold).sum())
    texts = (f"{threshold:.{digits}g}" for digits in range(4, MOST_DIGITS))
    return next((text for text in texts if int((p > float(text)).sum()) == n_above),
                repr(threshold))  # fmt: skip
