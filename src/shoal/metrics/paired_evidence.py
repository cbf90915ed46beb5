"""Evidence that may be looked at as often as one likes: bets against "neither wins more often".

An e-value is what a bet of 1 has grown to; where there is nothing to find it reaches 1 / level
with a probability of at most level, however often one looks and whenever one stops.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from shoal.metrics.paired_signs import LEVEL, FloatArray, Interval, log_factorials

ENOUGH = 1 / LEVEL
"""The e-value that decides: 20."""
LARGEST = 700.0
"""The logarithm above which an e-value is as good as infinite: a float64 ends at 709."""


def e_value(wins: int, losses: int) -> float:
    """Return the evidence that one side wins more often than the other.

    The win probability is bet to be anywhere from 0 to 1 alike (a Beta(1, 1) mixture):
    ``E = 2^n wins! losses! / (n + 1)!`` with n = wins + losses.

    Source:
        Ville, "Étude critique de la notion de collectif" (1939), for the bound; the mixture
        is that of Robbins, "Statistical methods related to the law of the iterated
        logarithm" (1970).

    Example:
        >>> round(e_value(8, 0), 2), e_value(0, 0)
        (28.44, 1.0)
    """
    return _exp(_log_e(wins, losses))


def e_value_above(wins: int, losses: int) -> float:
    """Return the evidence that wins are more frequent than losses, and not only different.

    As `e_value`, with the win probability bet to lie from 1/2 to 1:
    ``E = 2^(n + 1) wins! losses! / (n + 1)! P(Binomial(n + 1, 1/2) <= wins)``.

    Example:
        >>> e_value_above(0, 0), round(e_value_above(1, 0), 9)
        (1.0, 1.5)
    """
    n = wins + losses
    logs = log_factorials(n + 1)
    terms = (logs[n + 1] - logs - logs[::-1])[: wins + 1]  # of 2^(n + 1) P(... <= wins)
    top = float(terms.max())
    tail = min(top + math.log(float(np.exp(terms - top).sum())) - n * math.log(2.0), math.log(2.0))
    return _exp(_log_e(wins, losses) + tail)


def critical_losses_at_any_time(n: int, level: float = LEVEL) -> int:
    """Return with how many losses of `n` the evidence is still enough; -1: with none.

    Example:
        >>> critical_losses_at_any_time(7), critical_losses_at_any_time(8)
        (-1, 0)
    """
    if n <= 0:
        return -1
    few = log_e_values(n)[: (n + 1) // 2]
    enough = few >= -math.log(level)
    return int(np.count_nonzero(enough)) - 1


def win_interval_at_any_time(wins: int, losses: int, confidence: float = 1 - LEVEL) -> Interval:
    """Return the win probabilities that the evidence has not ruled out: a confidence sequence.

    It holds the true one at every look, all looks together, with probability `confidence`.

    Example:
        >>> found = win_interval_at_any_time(8, 0)
        >>> 0.5 < found.low < 0.6, found.high
        (True, 1.0)
    """
    n = wins + losses
    enough = -math.log(1.0 - confidence)
    logs = _log_e(wins, losses) - n * math.log(2.0)

    def ruled_out(q: float) -> bool:
        chance = (wins * math.log(q) if wins else 0.0) + (losses * math.log1p(-q) if losses else 0)
        return logs - chance >= enough

    best = wins / n if n else 0.5
    low = 0.0 if wins == 0 else _edge(ruled_out, 0.0, best)
    high = 1.0 if losses == 0 else _edge(ruled_out, 1.0, best)
    return Interval(low=low, high=high, confidence=confidence)


def _edge(ruled_out: Callable[[float], bool], outside: float, inside: float) -> float:
    """Return where it begins to be ruled out, by halving."""
    for _ in range(80):
        middle = (outside + inside) / 2
        if ruled_out(middle):
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2


def log_e_values(n: int) -> FloatArray:
    """Return the logarithm of `e_value` for 0 to n losses of n, (n + 1,)."""
    logs = log_factorials(n + 1)
    wins = np.arange(n, -1, -1)
    found: FloatArray = n * math.log(2.0) + logs[wins] + logs[n - wins] - logs[n + 1]
    return found


def _exp(log: float) -> float:
    """Return e to a power, infinite beyond the largest number."""
    return math.exp(log) if log < LARGEST else math.inf


def _log_e(wins: int, losses: int) -> float:
    n = wins + losses
    return (
        n * math.log(2.0)
        + math.lgamma(wins + 1)
        + math.lgamma(losses + 1)
        - math.lgamma(n + 2)
    )  # fmt: skip
