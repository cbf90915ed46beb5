"""Times in words."""

from __future__ import annotations


def left(seconds: float | None) -> str:
    """Return how long it still takes, in words.

    Example:
        >>> left(75), left(9000), left(None)
        ('1 min 15 s left', '2 h 30 min left', '')
    """
    return "" if seconds is None else f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """Return a time in words.

    Example:
        >>> duration(0.31), duration(12), duration(200_000)
        ('0.3 s', '12 s', '2 d 7 h')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "less than 0.1 s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
