"""Verdicts in words: differences of accuracies in points, others in their own units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from shoal.experiments.comparison.goals import TIMES, Goal, measure
from shoal.experiments.comparison.judging import Verdict
from shoal.metrics.paired import LEVEL

if TYPE_CHECKING:
    from shoal.experiments.comparison.arms import Arm

LARGE: Final = 1e8
"""From here on a difference is told as 2.3e+08."""
MARKS: Final = "_-/ "
"""What may part words of a name."""


def name_of(figure: str) -> str:
    """Return a figure in words.

    Example:
        >>> name_of("train_loss"), name_of("steps_to_target")
        ('training loss', 'steps to the target')
    """
    words = {"train": "training", "r2": "R2", "target": "the target"}
    return " ".join(words.get(word, word) for word in figure.split("_"))


def goal_words(goal: Goal) -> str:
    """Return a target in words.

    Example:
        >>> goal_words(Goal(figure="train_loss", level=0.2, is_above=False))
        'training loss < 0.2'
    """
    return f"{name_of(goal.figure)} {'>' if goal.is_above else '<'} {goal.level:g}"


def short_names(names: Sequence[str]) -> list[str]:
    """Return names without what all of them begin with: a key, or words up to a mark.

    Example:
        >>> short_names(["optimizer=sgd", "optimizer=adam"]), short_names(["a", "b"])
        (['sgd', 'adam'], ['a', 'b'])
        >>> short_names(["points_random", "points_slopes"])
        ['random', 'slopes']
    """
    keys = {name.partition("=")[0] for name in names}
    if len(keys) == 1 and all(name.count("=") == 1 for name in names):
        return [name.partition("=")[2] for name in names]
    first, last = min(names), max(names)
    alike = next(
        (k for k, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), 0
    )
    n = max(first[:alike].rfind(mark) for mark in MARKS) + 1
    return [name[n:] for name in names]


def beside(arms: Sequence[Arm]) -> list[tuple[str, float]]:
    """Return the baselines and what is attainable; by arm where they differ."""
    rows: dict[str, dict[str, float]] = {}
    for arm in arms:
        known = {} if arm.attainable is None else {"attainable": arm.attainable}
        for name, value in {**arm.baselines, **known}.items():
            rows.setdefault(name, {})[arm.name] = value
    return [
        (f"{name}, {arm}" if len(set(values.values())) > 1 else name, value)
        for name, values in rows.items()
        for k, (arm, value) in enumerate(values.items())
        if k == 0 or len(set(values.values())) > 1
    ]


def unit_of(figure: str) -> str:
    """Return the unit that differences are spoken in, nothing where they have none."""
    if figure in TIMES:
        return figure.partition("_")[0]
    return "points" if measure(figure) == "accuracy" else ""


def in_units(figure: str, value: float) -> float:
    """Return a difference in the unit that it is spoken in: 0.012 of an accuracy is 1.2 points."""
    return value * 100 if unit_of(figure) == "points" else value


def number(value: float, step: float, *, largest: float = 0) -> str:
    """Return a number with as many decimals as tell steps of this size apart.

    Args:
        value: the number.
        step: what is to be told apart.
        largest: of the numbers that stand beside it, so that all are written alike.

    Example:
        >>> number(1.234, 0.8), number(0.01234, 0.002), number(1234.5, 30)
        ('1.2', '0.012', '1,234')
        >>> number(234_688_935, 136_000_000)
        '2.3e+08'
    """
    if not math.isfinite(value):
        return "any" if math.isnan(value) else "-∞" if value < 0 else "∞"
    size = step if step > 0 and math.isfinite(step) else abs(value) / 10
    if max(abs(value), largest) >= LARGE:
        if value == 0:
            return "0"
        digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(size / 2))
        return f"{value:.{min(max(digits, 1), 2)}e}"
    decimals = 0 if size == 0 else min(12, max(0, math.ceil(-math.log10(size / 2) - 1e-9)))
    told = f"{value:,.{decimals}f}"
    return told.lstrip("-") if float(told.replace(",", "")) == 0 else told


def figure_text(figure: str, value: float | None) -> str:
    """Return a figure of a network: accuracies in per cent."""
    if value is None or not math.isfinite(value):
        return ""
    if unit_of(figure) == "points":
        return f"{100 * value:.2f} %"
    is_plain = abs(value) >= 1000 and (abs(value) < 1e6 or figure in TIMES)
    return f"{value:,.0f}" if is_plain else f"{value:.3g}"


def sentence_of(
    verdict: Verdict, names: Sequence[str], figure: str, region: float | None, *, of_two: bool
) -> str:
    """Return a verdict in words.

    Args:
        verdict: what was decided.
        names: of all arms.
        figure: what is compared.
        region: the difference that is not worth having.
        of_two: whether there are just two arms, so that "better" needs no "than".
    """
    a, b = names[verdict.a], names[verdict.b]
    of = f"{a} and {b}: " if not of_two else ""
    if verdict.outcome == "undecided":
        return f"{of}undecided: {_what_would_settle(verdict, region)}"
    if verdict.outcome == "no difference":
        return f"{of}{_no_difference(verdict, (a, b), figure, region)}"
    return _better(verdict, (a, b), figure, of_two=of_two)


def _better(verdict: Verdict, names: tuple[str, str], figure: str, *, of_two: bool) -> str:
    a, b = names
    sign = 1 if verdict.outcome == "better" else -1
    winner, loser = (b, a) if sign > 0 else (a, b)
    than = "" if of_two else f" than {loser}"
    told = f"{winner} is better{than}: {_won(verdict, sign)}"
    if math.isnan(verdict.effect):
        return told + _where(verdict, figure)
    return told + f", by a median of {amount(verdict, figure, sign)}" + _where(verdict, figure)


def _won(verdict: Verdict, sign: int) -> str:
    wins = verdict.wins if sign > 0 else verdict.losses
    ties = f" ({_count(verdict.ties, 'tie')})" if verdict.ties else ""
    return f"{wins:,} of {verdict.n_pairs:,} seeds{ties}"


def amount(verdict: Verdict, figure: str, sign: int) -> str:
    """Return the median difference with its interval: ``1.2 points (0.8 to 1.6)``."""
    values = [sign * in_units(figure, each) for each in (verdict.effect, verdict.low, verdict.high)]
    middle, (low, high) = values[0], sorted(values[1:])
    step = (high - low) / 2 if math.isfinite(high - low) and high > low else abs(middle)
    near = min(abs(low), abs(high))
    step = min(step, near) if near > abs(middle) / 1000 else step  # no end is told as 0
    unit = unit_of(figure)
    largest = max((abs(each) for each in values if math.isfinite(each)), default=0)
    told = number(middle, step, largest=largest) + (f" {unit}" if unit else "")
    ends = [number(each, step, largest=largest) for each in (low, high)]
    if math.isfinite(high - low):
        return f"{told} ({ends[0]} to {ends[1]})"
    if math.isfinite(low):
        return f"{told} ({ends[0]} or more)"
    return f"{told} ({ends[1]} or less)" if math.isfinite(high) else told


def _where(verdict: Verdict, figure: str) -> str:
    """Return over which pairs the difference is, and in how many a side has no figure."""
    told = " where they differ" if verdict.ties and not math.isnan(verdict.effect) else ""
    if not verdict.n_left_out:
        return told
    pairs = _count(verdict.n_left_out, "pair")
    lacks = "never reaches it" if figure in TIMES else f"has no {name_of(figure)}"
    return f"{told}; in {pairs} a side {lacks}"


def _no_difference(
    verdict: Verdict, names: tuple[str, str], figure: str, region: float | None
) -> str:
    if verdict.ties == verdict.n_pairs:
        return f"no difference worth having: all {verdict.n_pairs:,} seeds tie"
    told = "no difference worth having"
    if region is not None:
        unit = unit_of(figure)
        told += f": the median difference is below {in_units(figure, region):g}"
        told += f" {unit}" if unit else ""
    if verdict.adjusted_p > LEVEL:
        ties = _count(verdict.ties, "tie")
        if 2 * verdict.ties > verdict.n_pairs:
            ties = f"most pairs tie, {verdict.ties:,} of {verdict.n_pairs:,}"
        told += f" ({ties})" if verdict.ties else ""
    else:
        sign = 1 if verdict.wins > verdict.losses else -1
        winner = names[1] if sign > 0 else names[0]
        told += f", though {winner} wins more often: {_won(verdict, sign)}"
    return told


def _what_would_settle(verdict: Verdict, region: float | None) -> str:
    if verdict.ties == verdict.n_left_out == verdict.n_pairs:
        return "no network of either has the figure"
    if verdict.more_pairs is not None:
        more = round_up(verdict.more_pairs)
        plural = "" if more == 1 else "s"
        return f"about {more:,} more seed{plural} would settle it"
    told = "10,000 seeds would hardly settle it"
    return told if region is not None else f"{told}; say what difference is worth having"


def round_up(n: int) -> int:
    """Return a number as it is said: up to the next 5, or two digits.

    Example:
        >>> [round_up(n) for n in (3, 37, 41, 112, 960)]
        [3, 40, 45, 120, 960]
    """
    step = 1 if n <= 10 else 5 if n <= 100 else 10 ** (len(str(n)) - 2)
    return math.ceil(n / step) * step


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
