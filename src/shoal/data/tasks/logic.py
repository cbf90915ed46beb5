"""Tasks over bits: or, and, nand, xor as streams or truth tables, and majority."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.tasks.base import Rows, TaskRecipe
from shoal.fields import reason
from shoal.streams import Stream

MIDDLE = 0.5
"""A number above it stands for a bit that is 1, where rows are not bits."""


class LogicTask(TaskRecipe):
    """A function of two bits, input1 and input2.

    As a stream, an epoch is `batches` fresh batches of random pairs, and the four rows of
    the truth table, never flipped, are the validation rows. Otherwise the truth table is
    all there is, and all of it trains.
    """

    OUTPUTS: ClassVar[tuple[int, int, int, int]]
    """The labels of 00, 01, 10 and 11."""

    validation: float = Field(default=0.0, ge=0, lt=1, description="Share of rows to validate on.")
    stream: bool = Field(
        default=True, description="Fresh random pairs every epoch; else the four rows."
    )
    batches: int = Field(
        default=1000, ge=1, le=1_000_000, description="Batches of an epoch, when streaming."
    )

    @field_validator("stream")
    @classmethod
    def _validate_on_the_table(cls, stream: bool, info: ValidationInfo) -> bool:
        if stream and (info.data.get("validation", 0) or info.data.get("test", 0)):
            told = "must be false to set rows aside with validation or test"
            raise reason("conflict", f"{told}: a stream is validated on its truth table")
        return stream

    @property
    def column_names(self) -> tuple[str, ...]:
        """The two bits."""
        return ("input1", "input2")

    @property
    def n_rows(self) -> int:
        """Rows of the truth table."""
        return 4

    @property
    def is_streaming(self) -> bool:
        """Whether every epoch draws fresh pairs."""
        return self.stream

    def draw(self, data: Stream) -> Rows:
        """Return the truth table: 00, 01, 10, 11."""
        return self._rows(counting_bits(2))

    def draw_pairs(self, data: Stream, step: int, n_rows: int) -> Rows:
        """Return `n_rows` random pairs; pair r of a step does not depend on `n_rows`."""
        bits = [data.words(n_rows, step, part) >> np.uint32(31) for part in range(2)]
        return self._rows(np.stack(bits, axis=1).astype(np.int64))

    def true_classes(self, x: FloatArray) -> IndexArray:
        """Return the function of the bits that numbers stand for, divided at the middle."""
        bits = bits_of(self.own_features(x))
        outputs = np.array(self.OUTPUTS, dtype=np.int64)
        return np.asarray(outputs[2 * bits[:, 0] + bits[:, 1]], dtype=np.int64)

    def _rows(self, bits: IndexArray) -> Rows:
        x = bits.astype(np.float64)
        label = self.true_classes(x)
        return Rows(x=x, label=label, rule=label)


class Or(LogicTask):
    """1 if at least one of two bits is 1."""

    OUTPUTS = (0, 1, 1, 1)
    task: Literal["or"] = "or"


class And(LogicTask):
    """1 if both of two bits are 1."""

    OUTPUTS = (0, 0, 0, 1)
    task: Literal["and"] = "and"


class Nand(LogicTask):
    """1 unless both of two bits are 1."""

    OUTPUTS = (1, 1, 1, 0)
    task: Literal["nand"] = "nand"


class Xor(LogicTask):
    """1 if exactly one of two bits is 1: no single layer can tell."""

    OUTPUTS = (0, 1, 1, 0)
    task: Literal["xor"] = "xor"


class Majority(TaskRecipe):
    """1 if more than half of the bits are 1; all 2^bits rows in counting order."""

    task: Literal["majority"] = "majority"
    bits: int = Field(default=3, ge=1, le=15, description="How many bits vote; an odd number.")
    validation: float = Field(default=0.0, ge=0, lt=1, description="Share of rows to validate on.")

    @field_validator("bits")
    @classmethod
    def _no_ties(cls, bits: int) -> int:
        if bits % 2 == 0:
            raise reason("out_of_bounds", f"must be odd, or some rows have no majority; got {bits}")
        return bits

    @property
    def column_names(self) -> tuple[str, ...]:
        """bit1 (the most significant in counting order), bit2 and so on."""
        return tuple(f"bit{j + 1}" for j in range(self.bits))

    @property
    def n_rows(self) -> int:
        """2^bits."""
        return 1 << self.bits

    def draw(self, data: Stream) -> Rows:
        """Return every combination of bits, counting up from zero."""
        x = counting_bits(self.bits).astype(np.float64)
        label = self.true_classes(x)
        return Rows(x=x, label=label, rule=label)

    def true_classes(self, x: FloatArray) -> IndexArray:
        """Return the vote of the bits that numbers stand for, divided at the middle."""
        bits = bits_of(self.own_features(x))
        return np.asarray(2 * bits.sum(axis=1) > self.bits, dtype=np.int64)


def bits_of(x: FloatArray) -> IndexArray:
    """Return the bits that numbers stand for, 1 above `MIDDLE`."""
    return np.asarray(x > MIDDLE, dtype=np.int64)


def counting_bits(n_bits: int) -> IndexArray:
    """Return 0 to 2^n_bits - 1 in binary, the first bit the most significant.

    Shapes:
        -> (2^n_bits, n_bits), int64.

    Example:
        >>> counting_bits(2).tolist()
        [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    shifts = np.arange(n_bits - 1, -1, -1, dtype=np.int64)
    return (np.arange(1 << n_bits, dtype=np.int64)[:, np.newaxis] >> shifts) & 1
