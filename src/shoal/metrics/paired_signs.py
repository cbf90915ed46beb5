"""The sign test over pairs, and the intervals that invert it; exact for any sample.

Nothing is assumed of the differences but that pairs are independent of each other: no shape, no
equal spread. Ties are dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError

FloatArray = NDArray[np.float64]
LEVEL = 0.05
"""The share of false verdicts that is allowed where there is nothing to find."""
_HALVINGS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How often each side of a pair won, and how likely that is if neither wins more often.

    Attributes:
        wins, losses, ties: of the second side.
        p_value: of the two-sided test.
    """

    wins: int
    losses: int
    ties: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A range that holds the true value in at least `confidence` of all samples.

    Attributes:
        low, high: its ends; infinite where the sample is too small to say.
        confidence: the exact level, 0 to 1.
    """

    low: float
    high: float
    confidence: float

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low


def sign_test(differences: ArrayLike) -> Signs:
    """Test whether positive differences are as frequent as negative ones.

    ``p = min(1, 2 P(Binomial(wins + losses, 1/2) >= max(wins, losses)))``.

    Shapes:
        differences (N,), infinite ones count by their sign

    Raises:
        ArgumentError: a difference is NaN.

    Example:
        >>> sign_test([0.1, 0.2, 0.3, 0.1, 0.2, 0.0])
        Signs(wins=5, losses=0, ties=1, p_value=0.0625)
    """
    values = checked("sign_test", differences)
    wins, losses = int((values > 0).sum()), int((values < 0).sum())
    p_value = sign_p(wins, losses)
    return Signs(wins=wins, losses=losses, ties=len(values) - wins - losses, p_value=p_value)


def sign_p(wins: int, losses: int) -> float:
    """Return the two-sided p-value of the sign test; 1 where nothing won.

    Example:
        >>> sign_p(5, 0), sign_p(3, 3)
        (0.0625, 1.0)
    """
    return min(1.0, 2.0 * at_least(max(wins, losses), wins + losses))


def win_interval(wins: int, losses: int, confidence: float = 1 - LEVEL) -> Interval:
    """Return the range of win probabilities that the sign test would not reject.

    The test of ``P(win) = q`` is inverted, each side at ``(1 - confidence) / 2``; so 1/2 lies
    outside just where `sign_p` is at most ``1 - confidence``.

    Source:
        Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case
        of the binomial" (1934).

    Example:
        >>> found = win_interval(10, 0)
        >>> round(found.low, 4), found.high
        (0.6915, 1.0)
    """
    n, tail = wins + losses, (1.0 - confidence) / 2
    low = 0.0 if wins == 0 else _solved(lambda q: at_least(wins, n, q), tail)
    high = 1.0 if losses == 0 else 1.0 - _solved(lambda q: at_least(losses, n, q), tail)
    return Interval(low=low, high=high, confidence=confidence)


def critical_losses(n: int, level: float = LEVEL) -> int:
    """Return with how many losses of `n` the two-sided test still rejects; -1: with none.

    Example:
        >>> critical_losses(5), critical_losses(6), critical_losses(64)
        (-1, 0, 23)
    """
    if n <= 0:
        return -1
    return int(np.searchsorted(2.0 * np.cumsum(binomial(n)), level * (1 + 1e-12), "right")) - 1


def sign_interval(
    differences: ArrayLike, confidence: float = 1 - LEVEL, *, losses: int | None = None
) -> Interval:
    """Return the range of medians that the sign test would not reject.

    With c = `critical_losses`, it reaches from the smallest but c to the largest but c of the
    differences. It holds the median with at least the probability that it states, whatever the
    shape of the differences; with ties, with more.

    Args:
        differences: of the pairs.
        confidence: at least; the exact one is returned.
        losses: c, where another test than the sign test is inverted.

    Shapes:
        differences (N,)

    Raises:
        ArgumentError: a difference is NaN.

    Example:
        >>> sign_interval([5, 1, 4, 2, 6, 3])
        Interval(low=1.0, high=6.0, confidence=0.96875)
    """
    values = np.sort(checked("sign_interval", differences))
    n = len(values)
    c = critical_losses(n, 1.0 - confidence) if losses is None else losses
    if c < 0 or n == 0:
        return Interval(low=-np.inf, high=np.inf, confidence=1.0)
    exact = 1.0 - 2.0 * float(binomial(n)[: c + 1].sum())
    return Interval(low=float(values[c]), high=float(values[n - 1 - c]), confidence=exact)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values as they are worth when several tests are looked at together.

    In ascending order the k-th of m is multiplied by ``m - k + 1``, and none becomes smaller
    than the one before; so a false rejection among all stays as rare as it was in one.

    Source:
        Holm, "A simple sequentially rejective multiple test procedure" (1979).

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    m, highest = len(p_values), 0.0
    adjusted = [0.0] * m
    for rank, i in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (m - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def binomial(n: int, q: float = 0.5) -> FloatArray:
    """Return the probabilities of 0 to n successes in n trials, (n + 1,)."""
    k = np.arange(n + 1)
    if q <= 0 or q >= 1:
        return np.asarray(k == (n if q >= 1 else 0), np.float64)
    logs = log_factorials(n)
    found: FloatArray = np.exp(logs[n] - logs - logs[::-1] + k * np.log(q) + (n - k) * np.log1p(-q))
    return found


def at_least(k: int, n: int, q: float = 0.5) -> float:
    """Return ``P(Binomial(n, q) >= k)``.

    Example:
        >>> round(at_least(5, 5), 9), at_least(0, 3)
        (0.03125, 1.0)
    """
    if k <= 0:
        return 1.0
    return min(1.0, float(binomial(n, q)[k:].sum())) if k <= n else 0.0


def log_factorials(n: int) -> FloatArray:
    """Return ``log(k!)`` of 0 to n, (n + 1,)."""
    found = np.zeros(n + 1)
    np.cumsum(np.log(np.arange(1, n + 1)), out=found[1:])
    return found


def checked(where: str, differences: ArrayLike) -> FloatArray:
    """Return differences as an array (N,).

    Raises:
        ArgumentError: they have another shape, or one is NaN.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1:
        raise ArgumentError(
            where, "differences", "must have shape (N,)", got=values.shape, code="A104"
        )
    if np.isnan(values).any():
        got = f"NaN in place {int(np.flatnonzero(np.isnan(values))[0])}"
        raise ArgumentError(where, "differences", "must not be NaN", got=got, code="A105")
    return values


def _solved(rising: Callable[[float], float], level: float) -> float:
    """Return where a function that rises with q from 0 to 1 reaches a level, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > level else (middle, high)
    return (low + high) / 2
