"""What a comparison is about: a figure that all arms have, and times to reach a target."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shoal.errors import ArgumentError, did_you_mean
from shoal.training.figures import FIGURE_NAMES, goes_up

WHERE: Final = "compare"
TIMES: Final = ("evaluations_to_target", "steps_to_target", "seconds_to_target")
"""Figures that there are with a target; the first is looked at if none is named."""
ORDER: Final = ("accuracy", "loss", "r2", "mean_absolute_error")
REGION: Final = 0.005
"""The difference of two accuracies that is not worth having, if nothing is said: half a point."""
_GOAL = re.compile(r"\s*(\w+)\s*(<=|>=|<|>)\s*(\S+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A target that networks race to.

    Attributes:
        figure: of a report.
        level: the figure must pass it.
        is_above: upwards, or downwards.
    """

    figure: str
    level: float
    is_above: bool

    def __str__(self) -> str:
        return f"{self.figure}{'>' if self.is_above else '<'}{self.level:g}"


def read_goal(text: str) -> Goal:
    """Return the target that a text such as ``train_loss<0.2`` names.

    Raises:
        ArgumentError: it is no such text.
    """
    found = _GOAL.fullmatch(str(text))
    try:
        level = float(found[3]) if found else math.nan
    except ValueError:
        level = math.nan
    if found is None or not math.isfinite(level):
        wanted = "must be a figure, < or >, and a number, such as train_loss<0.2"
        raise ArgumentError(WHERE, "target", wanted, got=repr(text), code="A101")
    figure, is_above = found[1], found[2].startswith(">")
    if figure not in FIGURE_NAMES:
        wanted = f"must name a figure of the reports: {', '.join(FIGURE_NAMES)}"
        cure = did_you_mean(figure, FIGURE_NAMES)
        raise ArgumentError(WHERE, "target", wanted, got=repr(figure), cure=cure, code="A103")
    if is_above != goes_up(figure):
        sign = ">" if goes_up(figure) else "<"
        wanted = f"must be reached by getting better: {figure}{sign}{level:g}"
        raise ArgumentError(WHERE, "target", wanted, got=repr(text), code="A101")
    return Goal(figure=figure, level=level, is_above=is_above)


def rises(figure: str) -> bool:
    """Return whether a larger figure is a better one.

    Example:
        >>> rises("test_accuracy"), rises("steps_to_target")
        (True, False)
    """
    return figure not in TIMES and goes_up(figure)


def measure(figure: str) -> str:
    """Return what a figure measures, without the rows it is of.

    Example:
        >>> measure("clean_accuracy")
        'accuracy'
    """
    return figure.partition("_")[2]


def usual_region(figure: str) -> float | None:
    """Return the difference that is not worth having, if nothing is said; None: there is none."""
    return REGION if figure not in TIMES and measure(figure) == "accuracy" else None


def common_figures(figures: Sequence[Sequence[str]], losses: Sequence[object]) -> list[str]:
    """Return the figures that all arms have, the most usual first.

    Args:
        figures: of each arm.
        losses: what each makes small; losses that differ cannot be compared.
    """
    shared = set(figures[0]).intersection(*figures[1:])
    if any(loss != losses[0] for loss in losses[1:]):
        shared = {name for name in shared if measure(name) != "loss"}
    ranks: Mapping[str, int] = {
        f"{part}_{name}": k
        for k, (part, name) in enumerate(
            (part, name) for part in ("validation", "train", "test", "clean") for name in ORDER
        )
    }
    return sorted(shared, key=lambda name: ranks.get(name, len(ranks)))


def chosen_figure(wanted: str | None, common: Sequence[str], goal: Goal | None) -> str:
    """Return the figure to compare.

    Args:
        wanted: what was asked for, or None.
        common: what all arms have.
        goal: the target, which has figures of its own.

    Raises:
        ArgumentError: arms without a common figure, or not with the one that is wanted.
    """
    known = [*common, *(TIMES if goal else ())]
    if goal and goal.figure not in common:
        said = f"must be of a figure that all arms have: {_listed(common)}"
        raise ArgumentError(WHERE, "target", said, got=repr(goal.figure), code="A101")
    if not known:
        said = "must have a figure in common"
        cure = "Losses of different kinds cannot be compared; keep validation rows, or one loss."
        raise ArgumentError(WHERE, "arms", said, got="none that all have", cure=cure, code="A111")
    if wanted is None:
        return TIMES[0] if goal else known[0]
    if wanted in known:
        return wanted
    cure = did_you_mean(wanted, known)
    if wanted in TIMES:
        cure = "It needs a target, such as train_loss<0.2."
    said = f"must be one that all arms have: {_listed(known)}"
    raise ArgumentError(WHERE, "figure", said, got=repr(wanted), cure=cure, code="A103")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "there is none"
