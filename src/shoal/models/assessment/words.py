"""What an assessment says in sentences: one home for terminal, report and page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from shoal.data.wording import show
from shoal.models.assessment.assessing import Assessment
from shoal.models.assessment.records import (
    Calibration,
    Costs,
    CoveragePoint,
    Decision,
    Estimate,
    SliceFigures,
    Slices,
)

TOLD: Final = 5
"""Slices that fall below the rest, told in a sentence each."""
NO_GAIN: Final = ": no clear gain"
"""Of a constant guess that lies within the interval."""


def percent(value: float) -> str:
    """Return a share as a sentence says it.

    Example:
        >>> percent(0.97333), percent(1.0), percent(0.99996)
        ('97.3 %', '100 %', '99.996 %')
    """
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    text = f"{100 * value:.1f}"
    return f"{100 * value:.3f} %" if text in ("100.0", "0.0") else f"{text} %"


def number(value: float) -> str:
    """Return a number as a sentence says it.

    Example:
        >>> number(3.14159), number(123456.0), number(0.000123456)
        ('3.142', '123,456', '0.0001235')
    """
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.4g}"


def difference(slices: Slices, value: float) -> str:
    """Return how far a slice is from the rest: in points of a share, else in its units."""
    if slices.figure == "accuracy":
        return f"{100 * value:+.1f}"
    return number(value) if value < 0 else f"+{number(value)}"


def headline(found: Assessment) -> str:
    """Return how good the model is in a sentence: the figure, its interval, the constant guess."""
    if len(found.targets) > 1:
        return _several_numbers(found)
    if found.targets:
        return _one_number(found)
    figure = found.figures["accuracy"]
    what = "Every label is right on" if found.labels else "Right on"
    guess = found.evaluation.constant_guess_accuracy
    if figure.value is None or guess is None:
        return ""
    told = f"{what} {percent(figure.value)} of the rows{_shares(figure)}"
    if guess == 1.0:
        return f"{told}; {_all_alike(found)}."
    told = f"{told}; {_guessed(found)}"
    if guess >= figure.value:
        return f"{told} is as good or better, {percent(guess)}."
    unclear = figure.low is not None and figure.low <= guess
    return f"{told}, {percent(guess)}{NO_GAIN if unclear else ''}."


def _guessed(found: Assessment) -> str:
    if found.labels:
        return "always saying the most frequent labels"
    return f"always saying {show(_most_frequent(found))}"


def _all_alike(found: Assessment) -> str:
    if found.labels:
        return "all of them have the same labels"
    return f"all of them are {show(_most_frequent(found))}"


def _most_frequent(found: Assessment) -> str:
    confusion = found.evaluation.confusion or ()
    return found.classes[int(np.argmax([sum(row) for row in confusion]))].name


def _one_number(found: Assessment) -> str:
    target = found.targets[0]
    figure = target.figures["mean_absolute_error"]
    value, guess = figure.value, target.constant_guess
    if value is None or guess is None:
        return ""
    told = f"Off by {number(value)} on average{_numbers(figure)}, in units of {show(target.name)}"
    if guess <= value:
        return f"{told}; always saying the median is as good or better, {number(guess)}."
    unclear = figure.high is not None and figure.high >= guess
    return f"{told}; always saying the median, by {number(guess)}{NO_GAIN if unclear else ''}."


def _several_numbers(found: Assessment) -> str:
    each = [part.figures["r2"].value for part in found.targets]
    known = [value for value in each if value is not None]
    if not known:
        return "No target varies in these rows, so there is nothing to explain."
    share = percent(sum(known) / len(known))
    worst = min(known)
    name = found.targets[each.index(worst)].name
    told = f"{share} of the variance is explained, the mean of {len(known)} targets"
    return f"{told}; least of {show(name)}, {percent(worst)}."


def _shares(figure: Estimate) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (percent(end).removesuffix(" %") for end in (figure.low, figure.high))
    return f" (95 %: {low} to {high})"


def _numbers(figure: Estimate) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f" (95 %: {number(figure.low)} to {number(figure.high)})"


def trained_sentence(found: Assessment) -> str:
    """Return a warning where rows are of the file that trained the model, else nothing."""
    if not found.trained_on:
        return ""
    return (
        "These rows are of the file that trained the model, so what it learnt by heart counts "
        "as well. Rows that it never saw tell more."
    )


def advice_sentence(found: Assessment) -> str:
    """Return how the threshold that costs call for is used, where it has a command."""
    told = found.advice
    return "" if told is None or not told.command else f"To say it of other rows: {told.command}"


def calibration_sentence(found: Assessment) -> str:
    """Return whether probabilities can be taken at their word."""
    told = found.calibration
    if told is None:
        return ""
    chance = f"true probabilities would be off by {told.by_chance:.3f} by chance"
    begin = f"Calibration: probabilities are off by {told.error:.3f} on average"
    if told.is_within_chance:
        return f"{begin}; {chance}, so these rows do not contradict them."
    if abs(told.gap) < told.error / 3:
        how = "in both directions"
    elif told.of:
        how = "too high" if told.gap > 0 else "too low"
    else:
        how = "too sure" if told.gap > 0 else "not sure enough"
    return f"{begin}, {how}; {chance}, {told.chance_limit:.3f} at most."


def coverage_sentence(found: Assessment) -> str:
    """Return what leaving doubtful rows undecided would gain; nothing where it gains nothing."""
    told = found.coverage
    if told is None:
        return ""
    usual = {point.wanted: point for point in told.points if point.asked == "coverage"}
    whole, most = usual[1.0], usual[0.8]
    if whole.figure is None or most.figure is None or most.threshold is None:
        return ""
    better = most.figure > whole.figure if told.by == "probability" else most.figure < whole.figure
    if not better or most.coverage >= 0.995:
        return ""
    rows = f"Answering only the surest {percent(most.coverage)} of the rows"
    if told.by == "disagreement":
        told_by = f"(disagreement up to {number(most.threshold)})"
        return f"{rows} {told_by} would lower the error {_from_to(whole, most)}."
    told_by = f"(probability {most.threshold:.3g} and more)"
    low, high = percent(whole.figure), percent(most.figure)
    return f"{rows} {told_by} would raise the accuracy from {low} to {high}."


def _from_to(whole: CoveragePoint, most: CoveragePoint) -> str:
    return f"from {number(whole.figure or 0.0)} to {number(most.figure or 0.0)}"


def slice_sentences(found: Assessment) -> list[str]:
    """Return which slices do clearly worse than the rest, if any were looked at."""
    if not found.slices:
        return []
    n_looked = sum(len(each.slices) for each in found.slices)
    below = [(each, one) for each in found.slices for one in each.slices if one.falls_below]
    if not below:
        return [f"No slice of {n_looked} falls clearly below the rest."]
    below.sort(key=lambda pair: -abs(pair[1].difference or 0.0))
    said = []
    for each, one in below[:TOLD]:
        if each.figure == "accuracy":
            how = f"right on {percent(one.value or 0.0)}, {_points(one.difference)} less"
        else:
            unit = " times the targets' scale" if each.figure == "scaled_error" else ""
            how = f"off by {number(one.value or 0.0)}{unit}, {number(one.difference or 0.0)} more"
        said.append(f"{each.column} {show(one.name)} falls below the rest: {how}{_sure(one)}.")
    rest = len(below) - TOLD
    return said + ([f"{rest} more fall below the rest."] if rest > 0 else [])


def _sure(one: SliceFigures) -> str:
    p = one.p_adjusted
    if p is None:
        return ""
    return " (p < 0.001)" if p < 0.001 else f" (p = {p:.3f})"


def _points(difference: float | None) -> str:
    return f"{abs(100 * (difference or 0.0)):.1f} points"


def cost_sentences(costs: Costs, calibration: Calibration | None = None) -> list[str]:
    """Return the threshold that costs call for, and what it saves.

    Args:
        costs: what was found.
        calibration: whether the threshold of theory, which takes probabilities at their word,
            can be trusted.
    """
    by_rule = {each.rule: each for each in costs.decisions}
    theory, half, best = by_rule["theory"], by_rule["half"], by_rule["best"]
    wrong = f"{number(costs.false_positive)} a false {show(costs.positive)}"
    told = f"{wrong}, {number(costs.false_negative)} a missed one"
    first = (
        f"Costs ({told}) call for saying {show(costs.positive)} above {theory.threshold:.3g}: "
        f"{number(theory.cost)} a row, against {number(half.cost)} at 0.5."
    )
    absent = _absent(by_rule)
    if absent:
        return [first, f"{absent}, so they cannot tell which threshold costs least."]
    ends = ""
    if costs.best_low is not None and costs.best_high is not None:
        ends = f" (95 %: {costs.best_low:.3g} to {costs.best_high:.3g})"
    second = (
        f"On these rows {best.threshold:.3g}{ends} costs least, {number(best.cost)}; "
        "being chosen on them, it tends to cost more on others."
    )
    found = [first, second]
    if calibration is not None and not calibration.is_within_chance:
        found.append(
            f"As its probabilities are off by more than chance, {best.threshold:.3g} is the "
            "safer of the two."
        )
    fixed = min((by_rule["always_no"], by_rule["always_yes"]), key=lambda each: each.cost)
    if fixed.cost <= theory.cost:
        word = "yes" if fixed.rule == "always_yes" else "no"
        told = f"Always saying {word} costs {number(fixed.cost)}"
        use = "the model is not worth asking"
        if best.cost < fixed.cost * (1 - 1e-9):
            use = f"only near {best.threshold:.3g} is the model worth asking"
        found.append(f"{told}: {use}.")
    return found


def _absent(by_rule: Mapping[Any, Decision]) -> str:
    """Return which of the two classes has no row here, in words."""
    if by_rule["always_no"].n_false_negatives == 0:
        return "None of these rows is of that class"
    return "All of these rows are of that class" if by_rule["always_yes"].cost == 0 else ""


def interval_note(found: Assessment) -> str:
    """Return how the intervals were found."""
    if not found.n_resamples:
        return "no intervals: --resamples 0"
    shares = "" if found.targets else "Wilson's of shares; "
    resamples = f"{found.n_resamples:,} resamples of the rows (seed {found.seed})"
    return f"intervals: 95 %, {shares}{resamples}"


__all__ = [
    "advice_sentence", "calibration_sentence", "cost_sentences", "coverage_sentence",
    "difference", "headline", "interval_note", "number", "percent", "slice_sentences",
    "trained_sentence",
]  # fmt: skip
