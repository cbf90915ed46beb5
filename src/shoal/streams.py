"""Named random streams: from one seed to the numbers of every purpose.

Every source of randomness has a name and a key of its own, so one can be held while
another varies. Numbers come from a counter (Philox 4x32-10), so any of them can be
computed again at any time, alone, on any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from shoal import _core

if TYPE_CHECKING:
    import numpy as np

StreamName = Literal["data", "noise", "split", "init", "order", "dropout", "search"]
STREAMS: tuple[str, ...] = get_args(StreamName)
"""The names of all streams."""

MAX_SEED = 2**53 - 1
"""The largest seed: every number up to here is exact in JSON and in a float64."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Random numbers of one purpose: a 64-bit key, and a counter that the caller chooses.

    ``stream.uniform(n, step, part)`` is a pure function of its arguments: nothing is drawn,
    nothing advances.

    Source:
        Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011),
        Philox 4x32 with 10 rounds; checked against the published vectors.
    """

    key: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in front of its numbers: none."""
        return ()

    def words(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return `n` 32-bit words, uint32 (n,)."""
        return _core.philox_words(self.key, n, step, part)

    def uniform(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return `n` float64 numbers, uniform in [0, 1) with 53 random bits, shape (n,)."""
        return _core.philox_uniform(self.key, n, step, part)

    def normal(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return `n` float64 numbers from the standard normal distribution, shape (n,).

        Source:
            Box and Muller (1958); each pair of uniforms gives two normals.
        """
        return _core.philox_normal(self.key, n, step, part)

    def permutation(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return the numbers 0 to n-1 in random order, int64 (n,): Fisher-Yates from 0..n-1.

        The order of an epoch in the core is this permutation with ``step`` = epoch.
        """
        return _core.philox_permutation(self.key, n, step, part)


@dataclass(frozen=True, slots=True, eq=False)
class StreamsOfMany:
    """The streams of P networks for one purpose: row i is what stream i gives alone.

    Attributes:
        keys: uint64 (P,).
    """

    keys: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in front of its numbers: (P,)."""
        return self.keys.shape

    def uniform(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return numbers uniform in [0, 1), float64 (P, n)."""
        return _core.philox_uniforms(self.keys, n, step, part)

    def normal(self, n: int, step: int = 0, part: int = 0) -> np.ndarray:
        """Return standard normal numbers, float64 (P, n)."""
        return _core.philox_normals(self.keys, n, step, part)


def stream(seed: int, name: str) -> Stream:
    """Return the stream `name` of `seed`.

    Example:
        >>> stream(0, "init") == stream(0, "init"), stream(0, "init") == stream(0, "order")
        (True, False)
    """
    return Stream(_core.derive_key(seed, name))


def member_streams(seed: int, name: str, size: int) -> StreamsOfMany:
    """Return the stream `name` of the networks 0 to `size` - 1 of a population.

    Example:
        >>> alone = stream(member_seed(7, 2), "init")
        >>> int(member_streams(7, "init", 3).keys[2]) == alone.key
        True
    """
    return StreamsOfMany(_core.member_keys(seed, name, size))


def member_seed(seed: int, member: int) -> int:
    """Return the seed of network `member` of a population: 53 random bits from both.

    ``stream(member_seed(seed, i), "init")`` starts network i when `init` varies, so a
    single number names a network, and populations of neighbouring seeds share nothing.
    """
    return int(_core.derive_key(seed, "member", member)) >> 11
