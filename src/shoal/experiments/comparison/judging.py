"""From the figures of two arms to what can be said: a pure function of two columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from shoal.experiments.comparison.looks import ROUNDING, Looks
from shoal.metrics.paired import (
    LEVEL,
    Interval,
    bootstrap_interval,
    holm,
    pairs_needed,
    sign_interval,
    wilcoxon,
)

Outcome = Literal["better", "worse", "no difference", "undecided"]
NOTHING: Final = Interval(low=float("nan"), high=float("nan"), confidence=float("nan"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the sign test says of one pair of arms, before others are looked at beside it.

    Attributes:
        gains: of the second arm over the first, (N,), positive where it is better; infinite
            where one side has no figure, 0 where both have none.
        counted: pairs where both sides have the figure, (N,) bool.
        wins, losses, ties: of the second arm.
        p_value: of "neither wins more often", for all looks.
        p_equal: of "the median difference is worth having", for all looks.
        p_equal_apart: the same of the pairs that differ, without the ties.
        p_failed: of "neither is stuck or diverges more often", for all looks.
    """

    gains: np.ndarray
    counted: np.ndarray
    wins: int
    losses: int
    ties: int
    p_value: float
    p_equal: float
    p_equal_apart: float
    p_failed: float

    @property
    def shown(self) -> np.ndarray:
        """The gains of pairs where both sides have the figure."""
        return np.asarray(self.gains[self.counted])

    @property
    def known(self) -> np.ndarray:
        """The gains of pairs where a side has the figure."""
        return np.asarray(self.gains[self.counted | ~np.isfinite(self.gains)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of two arms. Differences are gains of `b` over `a`: positive where b is better.

    Attributes:
        a, b: numbers of the arms.
        outcome: "better" or "worse": b wins more often, or less; "no difference" worth having;
            or "undecided".
        wins, losses, ties: of b, over all pairs; one side without the figure loses, and where
            both have none it is a tie.
        n_left_out: pairs where one side or both have no figure: not in the differences.
        p_value: of the exact sign test, for all looks.
        adjusted_p: by Holm over the verdicts; decides.
        p_equal: of the test that the median difference is outside the region, adjusted.
        failed_p: of the sign test that neither is stuck or diverges more often, adjusted.
        effect, low, high, confidence: the median of the pairs that differ, with the interval
            that inverts the same test: a side without the figure is infinitely far behind.
            The median is NaN where it is one of those; ends are infinite there, and where there
            are too few pairs.
        win_low, win_high: the interval of the probability that b wins where they differ.
        median_difference, mean_difference: over all pairs where both have the figure.
        median_low, median_high, mean_low, mean_high: BCa bootstrap intervals at 95 %, shown and
            never deciding.
        wilcoxon_p: of the signed-rank test, for a second opinion; one look, not adjusted.
        more_pairs: about how many more would settle it, None if it is settled or not in reach.
        sentence: the verdict in words.
    """

    a: int
    b: int
    outcome: Outcome
    wins: int
    losses: int
    ties: int
    n_left_out: int
    p_value: float
    adjusted_p: float
    p_equal: float
    effect: float
    low: float
    high: float
    confidence: float
    win_low: float
    win_high: float
    median_difference: float
    mean_difference: float
    median_low: float
    median_high: float
    mean_low: float
    mean_high: float
    wilcoxon_p: float
    more_pairs: int | None
    failed_p: float = 1.0
    sentence: str = ""

    @property
    def n_pairs(self) -> int:
        """How many pairs."""
        return self.wins + self.losses + self.ties


def gains_of(a: np.ndarray, b: np.ndarray, *, higher_is_better: bool) -> np.ndarray:
    """Return by how much b is better than a in each pair.

    A side without a figure (NaN) loses by infinity; where both have none it is 0.

    Shapes:
        a, b (N,) -> (N,)
    """
    gains = np.asarray(b - a if higher_is_better else a - b, np.float64)
    none_a, none_b = np.isnan(a), np.isnan(b)
    gains = np.where(none_a, np.inf, gains)
    gains = np.where(none_b, -np.inf, gains)
    return np.where(none_a & none_b, 0.0, gains)


def judged(
    a: np.ndarray,
    b: np.ndarray,
    *,
    higher_is_better: bool,
    region: float | None,
    looks: Looks,
    failed: tuple[np.ndarray, np.ndarray] | None = None,
) -> Judged:
    """Return what the sign test says of two columns of figures, (N,) each.

    Args:
        a, b: the figures.
        higher_is_better: which way.
        region: the difference that is not worth having.
        looks: when pairs are looked at.
        failed: which networks of each side are stuck or diverged, (N,) bool.
    """
    gains = gains_of(a, b, higher_is_better=higher_is_better)
    wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
    known = gains[~(np.isnan(a) & np.isnan(b))]  # where both have none, nothing speaks for "alike"
    one, other = failed or (np.isnan(a), np.isnan(b))
    return Judged(
        gains=gains,
        counted=np.isfinite(a) & np.isfinite(b),
        wins=wins,
        losses=losses,
        ties=len(gains) - wins - losses,
        p_value=looks.p_value(wins, losses),
        p_equal=looks.p_equal(known, region),
        p_equal_apart=looks.p_equal(known[known != 0], region),
        p_failed=looks.p_value(int((one & ~other).sum()), int((other & ~one).sum())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """The p-values of one pair of arms, by Holm over all pairs of arms: see `Judged`."""

    better: float
    equal: float
    equal_apart: float
    failed: float

    @property
    def is_alike(self) -> bool:
        """Whether the difference is shown to be within the region.

        Where one side wins more often, that must hold of the pairs that differ too, and neither
        side may fail more often: many ties do not make up for a few large losses.
        """
        if self.equal > LEVEL:
            return False
        return self.better > LEVEL or (self.equal_apart <= LEVEL and self.failed > LEVEL)


def adjusted(found: Sequence[Judged]) -> list[Adjusted]:
    """Return the p-values with Holm's correction over all pairs of arms."""
    return [
        Adjusted(better=better, equal=equal, equal_apart=apart, failed=failed)
        for better, equal, apart, failed in zip(
            holm([each.p_value for each in found]),
            holm([each.p_equal for each in found]),
            holm([each.p_equal_apart for each in found]),
            holm([each.p_failed for each in found]),
            strict=True,
        )
    ]


def outcomes(found: Sequence[Judged]) -> list[Outcome]:
    """Return what is decided of each pair of arms.

    A difference that is there but within the region is "no difference" worth having.
    """
    return [_outcome(each, own) for each, own in zip(found, adjusted(found), strict=True)]


def _outcome(found: Judged, own: Adjusted) -> Outcome:
    if own.is_alike:
        return "no difference"
    if own.better > LEVEL:
        return "undecided"
    return "better" if found.wins > found.losses else "worse"


def interval_of(found: Judged, looks: Looks, n_verdicts: int) -> Interval:
    """Return the interval of the median of the pairs that differ; it inverts the test."""
    differ = found.gains[found.gains != 0]
    if len(found.shown) and not len(differ):
        return Interval(low=0.0, high=0.0, confidence=1.0)
    c = looks.critical(len(differ), n_verdicts)
    return sign_interval(differ, looks.confidence(n_verdicts), losses=c)


def verdicts_of(
    pairs: Sequence[tuple[int, int]],
    found: Sequence[Judged],
    *,
    region: float | None,
    looks: Looks,
) -> list[Verdict]:
    """Return the verdicts without their sentences."""
    return [
        _verdict(pair, each, own, region, looks, len(found))
        for pair, each, own in zip(pairs, found, adjusted(found), strict=True)
    ]


def _verdict(
    pair: tuple[int, int],
    found: Judged,
    own: Adjusted,
    region: float | None,
    looks: Looks,
    n_verdicts: int,
) -> Verdict:
    shown = found.shown
    interval = interval_of(found, looks, n_verdicts)
    chance = looks.chance(found.wins, found.losses, n_verdicts)
    of_median = bootstrap_interval(shown) if len(shown) else NOTHING
    of_mean = bootstrap_interval(shown, "mean") if len(shown) else NOTHING
    none, outcome = float("nan"), _outcome(found, own)
    more = more_pairs(found, region, looks, n_verdicts) if outcome == "undecided" else None
    return Verdict(
        a=pair[0],
        b=pair[1],
        outcome=outcome,
        wins=found.wins,
        losses=found.losses,
        ties=found.ties,
        n_left_out=int((~found.counted).sum()),
        p_value=found.p_value,
        adjusted_p=own.better,
        p_equal=own.equal,
        effect=_effect(found),
        low=interval.low,
        high=interval.high,
        confidence=interval.confidence,
        win_low=chance.low,
        win_high=chance.high,
        median_difference=float(np.median(shown)) if len(shown) else none,
        mean_difference=float(shown.mean()) if len(shown) else none,
        median_low=of_median.low,
        median_high=of_median.high,
        mean_low=of_mean.low,
        mean_high=of_mean.high,
        wilcoxon_p=wilcoxon(found.gains).p_value,
        more_pairs=more,
        failed_p=own.failed,
    )


def _effect(found: Judged) -> float:
    """Return the median of the pairs that differ, NaN where a side has no figure in it."""
    differ = found.gains[found.gains != 0]
    if not len(differ):
        return 0.0 if len(found.shown) else float("nan")
    with np.errstate(invalid="ignore"):
        middle = float(np.median(differ))
    return middle if np.isfinite(middle) else float("nan")


def more_pairs(found: Judged, region: float | None, looks: Looks, n_verdicts: int) -> int | None:
    """Return about how many more pairs would decide, if they go on as those so far.

    Whichever comes first: that one side wins more often, or that the difference is not worth
    having.
    """
    n, n_differ = len(found.gains), found.wins + found.losses
    level = LEVEL / (n_verdicts * (1 if looks.anytime else len(looks.at)))
    candidates = []
    if n_differ:
        share = (max(found.wins, found.losses) + 0.5) / (n_differ + 1)
        needed = pairs_needed(share, level, anytime=looks.anytime)
        candidates += [] if needed is None else [needed * n / n_differ]
    if region is not None:
        edge = region * (1 - ROUNDING)
        known = found.known
        inside = min((known < edge).sum(), (known > -edge).sum())
        needed = pairs_needed((inside + 0.5) / (len(known) + 1), 2 * level, anytime=looks.anytime)
        candidates += [] if needed is None else [float(needed)]
    return max(1, round(min(candidates) - n)) if candidates else None
