"""How often the intervals of ``shoal evaluate`` hold what is true, by simulation.

``python -m benchmarks.intervals`` draws samples of 20, 100 and 1,000 rows from three sources
whose truth is known, and prints for every figure the share of samples whose interval holds it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

import numpy as np

from shoal.data.dataset import Feature, Schema
from shoal.models.assessment.figures import GAP, WHOLE, measured
from shoal.models.assessment.intervals import estimates
from shoal.models.assessment.rows import JudgedRows

COLUMNS: Final = (Feature(name="x"),)
CLASSES: Final = Schema(columns=COLUMNS, target="y", kind="classification", classes=("no", "yes"))
NUMBER: Final = Schema(columns=COLUMNS, target="y", kind="regression")
SIZES: Final = (20, 100, 1_000)
ALL: Final = 2_000_000
Source = Callable[[np.random.Generator, int], JudgedRows]


def two_classes(middle: float, slope: float) -> Source:
    """Return a source of rows whose probabilities, sigmoids of a normal z, are true."""

    def draw(rng: np.random.Generator, n: int) -> JudgedRows:
        p = 1 / (1 + np.exp(-(middle + slope * rng.normal(size=n))))
        codes = (rng.random(n) < p).astype(np.int64)
        said = np.stack([1 - p, p], axis=1)
        return JudgedRows(
            schema=CLASSES, true=np.eye(2)[codes], said=said,
            codes=(p > 0.5).astype(np.int64), disagreement=np.zeros(n),
            losses=-np.log(said[np.arange(n), codes]), weights=None, network_losses=(0.0,),
            network_accuracies=(0.0,),
        )  # fmt: skip

    return draw


def one_number(rng: np.random.Generator, n: int) -> JudgedRows:
    """Return rows whose errors are normal, half as wide as the truth."""
    true = rng.normal(size=(n, 1))
    return JudgedRows(
        schema=NUMBER, true=true, said=true + 0.5 * rng.normal(size=(n, 1)), codes=None,
        disagreement=np.zeros((n, 1)), losses=None, weights=None, network_losses=(0.0,),
        network_accuracies=None,
    )  # fmt: skip


SOURCES: Final[dict[str, Source]] = {
    "balanced": two_classes(0.0, 2.0),
    "1 in 20": two_classes(-5.0, 2.2),
    "a number": one_number,
}


def held(source: Source, n: int, n_samples: int, positive: int | None) -> dict[str, str]:
    """Return for every figure the share of samples whose interval holds the truth."""
    everything = source(np.random.default_rng(0), ALL)
    of_all = measured(everything, positive, most=20_000)
    truth = dict(zip(of_all.keys, of_all.statistic(np.ones((1, ALL)))[0].tolist(), strict=True))
    part = WHOLE if positive is not None else 0
    seen: dict[str, list[bool]] = {name: [] for where, name in truth if where == part}
    for seed in range(1, n_samples + 1):
        rows = source(np.random.default_rng(seed), n)
        for name, one in estimates(rows, positive, resamples=400, seed=seed)[part].items():
            if one.low is not None and one.high is not None:
                # true probabilities have an error of 0, of so many rows nearly
                value = 0.0 if name == "calibration_error" else truth[part, name]
                seen[name].append(one.low - 1e-9 <= value <= one.high + 1e-9)
    seen.pop(GAP, None)
    return {name: _told(each, n_samples) for name, each in seen.items()}


def _told(each: list[bool], n_samples: int) -> str:
    if len(each) < n_samples / 2:
        return "–"
    return f"{np.mean(each):.3f}"


def main() -> None:
    """Print a table for every source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=400)
    n_samples = parser.parse_args().samples
    for name, source in SOURCES.items():
        positive = None if source is one_number else 1
        columns = [held(source, n, n_samples, positive) for n in SIZES]
        print(f"\n{name}: {n_samples} samples of", *SIZES, "rows")
        for figure in columns[0]:
            print(f"{figure:26}", *(f"{column[figure]:>8}" for column in columns))


if __name__ == "__main__":
    main()
