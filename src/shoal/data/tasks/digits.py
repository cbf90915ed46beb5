"""Handwritten digits: the one task whose rows are measured and not drawn."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Literal

import numpy as np

from shoal.data.dataset import IndexArray
from shoal.data.tasks.base import Rows, TaskRecipe
from shoal.errors import InternalError
from shoal.streams import Stream

SIDE, N_ROWS, N_CLASSES = 8, 1797, 10
SIGNS = "0123456789abcdefg"
"""A pixel of 0 to 16 as one character of the file."""


class Digits(TaskRecipe):
    """Handwritten digits: 1,797 images of 8 x 8 pixels of 0 to 16, ten classes.

    The rows and their order are always the same, those of scikit-learn's `load_digits`; the
    split stream decides which of them train. No two images are alike, so a rule that names
    every row rightly exists, and the attainable accuracy is that of such a rule.

    Source:
        Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI Machine
        Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0; the test
        part, 1,797 of its 5,620 images.
    """

    task: Literal["digits"] = "digits"

    @property
    def column_names(self) -> tuple[str, ...]:
        """r0c0 to r7c7: rows from the top, columns from the left."""
        return tuple(f"r{row}c{column}" for row in range(SIDE) for column in range(SIDE))

    @property
    def n_rows(self) -> int:
        """1,797."""
        return N_ROWS

    @property
    def n_classes(self) -> int:
        """The digits 0 to 9."""
        return N_CLASSES

    def draw(self, data: Stream) -> Rows:
        """Return all images; nothing is drawn."""
        table = _table()
        label = table[:, 0].astype(np.int64)
        return Rows(x=table[:, 1:].astype(np.float64), label=label, rule=label)


@functools.cache
def _table() -> IndexArray:
    """Return the file as numbers, (N, 1 + 64): the digit, then the pixels."""
    file = resources.files("shoal.data.tasks") / "digits.txt"
    lines = [line for line in file.read_text("ascii").splitlines() if not line.startswith("#")]
    value = {sign: number for number, sign in enumerate(SIGNS)}
    table = np.array([[value[sign] for sign in line] for line in lines], dtype=np.int64)
    if table.shape != (N_ROWS, 1 + SIDE * SIDE):
        raise InternalError(f"the digits have shape {table.shape}.")
    table.flags.writeable = False
    return table
