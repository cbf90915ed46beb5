"""The verdict of a comparison in the language of a lesson, from its numbers.

It says what the lab says on its page, with the names of the two arms in place of A and B.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shoal.lessons.chart_words import told
from shoal.lessons.words import word

if TYPE_CHECKING:
    from shoal.experiments.comparison.judging import Verdict
    from shoal.experiments.comparison.record import Comparison


def verdict_words(comparison: Comparison, language: str) -> str:
    """Return what a comparison of two arms found: who won, by how much, what would settle it.

    Args:
        comparison: of two arms.
        language: ``en`` (shoal's own sentence), ``ja`` or ``ko``.
    """
    if language == "en":
        return comparison.sentence
    (verdict,) = comparison.verdicts
    sign = -1 if verdict.outcome == "worse" else 1
    b, a = (told(comparison.names[k], language) for k in (verdict.b, verdict.a)[::sign])
    wins, losses = (verdict.wins, verdict.losses)[::sign]
    key = {"worse": "better", "no difference": "alike"}.get(verdict.outcome, verdict.outcome)
    names = {"first": b, "second": a} if key == "better" else {"first": b}
    parts = [
        word(f"verdict.{key}", language, **names, wins=wins, losses=losses, n=verdict.n_pairs),
        _effect(verdict, comparison.figure, sign, language),
    ]
    if verdict.ties:
        parts.append(word("verdict.ties", language, ties=verdict.ties))
    if verdict.outcome == "undecided":
        parts.append(_settling(verdict, language))
    mark = "" if language == "ja" else " "  # sentences of Japanese stand beside each other
    return mark.join(part for part in parts if part)


def _effect(verdict: Verdict, figure: str, sign: int, language: str) -> str:
    """Return the median difference with its interval, nothing where it is not known."""
    from shoal.experiments.comparison.wording import in_units, number, unit_of

    if math.isnan(verdict.effect):
        return ""
    middle = sign * in_units(figure, verdict.effect)
    low, high = sorted(sign * in_units(figure, each) for each in (verdict.low, verdict.high))
    is_known = math.isfinite(high - low) and high > low
    step = (high - low) / 2 if is_known else abs(middle)
    unit = told(unit_of(figure), language)
    numbers = [number(each, step) for each in (middle, low, high)]
    numbers = [f"+{each}" if value > 0 and each.strip("0.,") else each
               for each, value in zip(numbers, (middle, low, high), strict=True)]  # fmt: skip
    space = " " if language == "ja" and unit else ""
    difference, *ends = [each + space + unit for each in numbers]
    low_told, high_told = (
        end if math.isfinite(value) else word("verdict.any", language)
        for end, value in zip(ends, (low, high), strict=True)
    )
    return word(
        "verdict.effect", language, difference=difference, low=low_told, high=high_told,
        confidence=f"{100 * verdict.confidence:.3g} %",
    )  # fmt: skip


def _settling(verdict: Verdict, language: str) -> str:
    """Return how many more pairs would settle it."""
    from shoal.experiments.comparison.wording import round_up

    if verdict.more_pairs is None:
        return word("verdict.no_more", language)
    return word("verdict.more_pairs", language, more=round_up(verdict.more_pairs))


__all__ = ["verdict_words"]
