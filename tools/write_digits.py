"""Write the images of `task = "digits"` as text, from what scikit-learn ships.

A line is an image: its digit, and 64 pixels of 0 to 16, row by row, one character each
(0 to 9, then a to g).

Usage: python tools/write_digits.py src/shoal/data/tasks/digits.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.datasets import load_digits

SIGNS = "0123456789abcdefg"
NOTE = """\
# 1,797 images of handwritten digits, 8 x 8 pixels of 0 to 16; see tools/write_digits.py.
# A line is an image: its digit, and its pixels row by row, 0 to 9 and then a to g.
# E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (1998), test part.
# UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0.
# The same rows in the same order as scikit-learn's load_digits; the format is ours.
"""


def digits_text() -> str:
    """Return the whole file."""
    bunch = load_digits()
    lines = [
        str(label) + "".join(SIGNS[int(pixel)] for pixel in pixels)
        for label, pixels in zip(bunch.target.tolist(), bunch.data.tolist(), strict=True)
    ]
    return NOTE + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(digits_text(), encoding="ascii", newline="\n")
