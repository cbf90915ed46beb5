"""Write the data sets of the examples as CSV, from what scikit-learn ships.

Usage: python tools/write_examples_data.py examples/data
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from sklearn.datasets import load_iris, load_wine


def write(path: Path, target: str, bunch: object) -> None:
    """Write features and class names, one row a sample."""
    names = [name.replace(" (cm)", "_cm").replace(" ", "_") for name in bunch.feature_names]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*names, target])
        for row, label in zip(bunch.data.tolist(), bunch.target.tolist(), strict=True):
            out.writerow([*row, bunch.target_names[label]])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write(folder / "wine.csv", "cultivar", load_wine())
    write(folder / "flowers.csv", "species", load_iris())
