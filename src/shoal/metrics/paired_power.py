"""How many pairs a verdict takes: the power of the sign test, and how many more would settle it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shoal.metrics.paired_evidence import critical_losses_at_any_time
from shoal.metrics.paired_signs import LEVEL, at_least, critical_losses

POWER: Final = 0.8
"""The chance of a verdict that a number of pairs is proposed for."""
MOST: Final = 10_000
"""The largest number of pairs that is proposed."""
Critical = Callable[[int, float], int]


def power(
    n: int, win_probability: float, level: float = LEVEL, *, critical: Critical = critical_losses
) -> float:
    """Return the chance that the sign test finds the side that wins more often.

    Args:
        n: pairs that are not ties.
        win_probability: of the better side, 1/2 to 1.
        level: of the two-sided test.
        critical: with how many losses the test still rejects.

    Example:
        >>> round(power(64, 0.7), 3)
        0.878
    """
    c = critical(n, level)
    return at_least(n - c, n, win_probability) if c >= 0 else 0.0


def pairs_needed(
    win_probability: float, level: float = LEVEL, *, anytime: bool = False, wanted: float = POWER
) -> int | None:
    """Return how many pairs that are not ties give the chance `wanted` of a verdict.

    Returns:
        The number, to about 3 %; None if it is more than `MOST`.

    Example:
        >>> 45 < pairs_needed(0.7) < 60, pairs_needed(0.5)
        (True, None)
    """
    critical = critical_losses_at_any_time if anytime else critical_losses
    if power(MOST, win_probability, level, critical=critical) < wanted:
        return None
    low, high = 1, MOST
    while high - low > max(1, low // 32):
        middle = (low + high) // 2
        enough = power(middle, win_probability, level, critical=critical) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high
