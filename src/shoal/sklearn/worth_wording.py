"""The verdict on a network, from intervals alone, and the sentence that says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shoal.experiments.comparison.wording import number
from shoal.metrics.paired_signs import Interval
from shoal.sklearn.worth_record import CONSTANT, Judged, Verdict, Worth

SHARES: Final = (
    (0.07, "a twentieth of"), (0.14, "a tenth of"), (0.28, "a fifth of"), (0.42, "a third of"),
    (0.7, "half"),
)  # fmt: skip
"""Ratios of times up to which words say them."""

ONE_CLASS: Final = 0.9
"""The share of rows in one class from which accuracy tells little."""


def judged(worth: Worth) -> Worth:
    """Return the record with its verdict and sentence."""
    verdict = verdict_of(worth)
    return replace(
        worth, verdict=verdict, sentence=_SENTENCES[verdict](worth), caution=caution_of(worth)
    )


def verdict_of(worth: Worth) -> Verdict:
    """Return what the intervals say.

    It is held against the best of the others first: a difference that is not worth having is
    none, however sure it is. The network is worth it if it is better than every other learner,
    each interval above 0, so that no correction for several is called for.
    """
    constant = worth.learner(CONSTANT)
    others = [each for each in worth.learners if each is not constant]
    if all(worth.interval(constant, each).low <= 0 for each in others):
        return "nothing"
    best = worth.interval(worth.best_rival)
    if best.high < 0:
        return "beaten"
    if -worth.region <= best.low and best.high <= worth.region:
        return "alike"
    return "worth" if all(worth.interval(each).low > 0 for each in worth.rivals) else "undecided"


def caution_of(worth: Worth) -> str:
    """Return what to heed beside the answer: accuracy where one class has nearly all rows."""
    share = worth.learner(CONSTANT).mean
    if worth.figure != "accuracy" or share < ONE_CLASS:
        return ""
    losses = ", ".join(
        f"{each.label.removeprefix('the ')} {each.others.mean():.3f}"
        for each in sorted(worth.learners, key=lambda each: float(each.others.mean()))
    )
    return (
        f"{100 * share:.1f} % of the rows are of one class, so accuracy tells little. Log loss, "
        f"which judges the probabilities (less is better): {losses}."
    )


def time_words(ratio: float) -> str:
    """Return how long one thing takes, in words, as a share of another.

    Example:
        >>> time_words(0.1), time_words(0.45), time_words(1.1), time_words(7.2)
        ('a tenth of the time', 'half the time', 'about the same time', '7 times the time')
    """
    for most, words in SHARES:
        if ratio <= most:
            return f"{words} the time"
    if ratio <= 1.4:
        return "about the same time"
    return f"{ratio:.1f} times the time" if ratio < 3 else f"{ratio:.0f} times the time"


def amount_text(worth: Worth, value: float, step: float, *, signed: bool = False) -> str:
    """Return a difference as a person says it: accuracy in points, an error in its units."""
    scale = 100 if worth.figure == "accuracy" else 1
    told = number(scale * value, scale * step)
    return f"+{told}" if signed and value > 0 and told.strip("0.,") else told


def range_text(worth: Worth, found: Interval, *, flip: bool = False, signed: bool = False) -> str:
    """Return an interval: ``0.8 to 3.4``; with `flip` as seen from the other side."""
    low, high = (-found.high, -found.low) if flip else (found.low, found.high)
    step = (high - low) / 2
    ends = (amount_text(worth, each, step, signed=signed) for each in (low, high))
    return " to ".join(ends)


def _mean(worth: Worth, rival: Judged, *, flip: bool = False, signed: bool = False) -> str:
    """Return the mean difference with its unit: ``2.1 points``."""
    found = worth.interval(rival)
    mean = (-1 if flip else 1) * (found.low + found.high) / 2
    told = amount_text(worth, mean, (found.high - found.low) / 2, signed=signed)
    return told + _unit(worth)


def _unit(worth: Worth) -> str:
    return " points" if worth.figure == "accuracy" else ""


def _of(worth: Worth) -> str:
    return "" if worth.figure == "accuracy" else " of mean absolute error"


def _time(worth: Worth, rival: Judged) -> str:
    return time_words(rival.seconds / max(worth.network.seconds, 1e-9))


def _verb(rival: Judged, one: str, many: str) -> str:
    return many if rival.label.endswith("trees") else one


def _worth(worth: Worth) -> str:
    best = worth.best_rival
    by = f"+{_mean(worth, best)} over {best.label}"
    if worth.sign < 0:
        by = f"its mean absolute error is {_mean(worth, best)} below that of {best.label}"
    return (
        f"A network is worth it here: {by}, the best of the others (95 % interval "
        f"{range_text(worth, worth.interval(best))}), which {_verb(best, 'fits', 'fit')} in "
        f"{_time(worth, best)}."
    )


def _beaten(worth: Worth) -> str:
    best = worth.best_rival
    found = worth.interval(best)
    return (
        f"Not worth it: {best.label} {_verb(best, 'is', 'are')} better by "
        f"{_mean(worth, best, flip=True)}{_of(worth)} (95 % interval "
        f"{range_text(worth, found, flip=True)}) and {_verb(best, 'fits', 'fit')} in "
        f"{_time(worth, best)}."
    )


def _alike(worth: Worth) -> str:
    best = worth.best_rival
    within = _within(worth, worth.interval(best))
    if best.seconds < 1.4 * worth.network.seconds:
        return (
            f"Not worth it: {best.label} {_verb(best, 'is', 'are')} as good ({within}) and "
            f"{_verb(best, 'fits', 'fit')} in {_time(worth, best)}."
        )
    ratio = time_words(worth.network.seconds / best.seconds)
    return f"A network is as good as {best.label} ({within}) and fits in {ratio}."


def _within(worth: Worth, found: Interval) -> str:
    if found.low == found.high == 0:
        return "no difference in any fold"
    return f"difference {range_text(worth, found, signed=True)}{_unit(worth)}{_of(worth)}"


def _undecided(worth: Worth) -> str:
    best = worth.best_rival
    within = _within(worth, worth.interval(best))
    return (
        f"These rows cannot tell: a network may be better or worse than {best.label} ({within}), "
        f"which {_verb(best, 'fits', 'fit')} in {_time(worth, best)}."
    )


def _nothing(worth: Worth) -> str:
    constant = worth.learner(CONSTANT)
    first = max(
        (each for each in worth.learners if each is not constant),
        key=lambda each: worth.sign * each.mean,
    )
    found = worth.interval(constant, first)
    within = f"{range_text(worth, found, signed=True)}{_unit(worth)}{_of(worth)}"
    return (
        "Not worth it: no learner here is surely better than the constant guess "
        f"({first.label} by {within})."
    )


_SENTENCES: Final = {
    "worth": _worth, "beaten": _beaten, "alike": _alike, "undecided": _undecided,
    "nothing": _nothing,
}  # fmt: skip

__all__ = ["amount_text", "caution_of", "judged", "range_text", "time_words", "verdict_of"]
