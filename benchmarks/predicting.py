"""How many rows a second ``shoal predict`` predicts, and what reading and writing text cost.

Run it: python -m benchmarks.predicting (some 40 s). The bar is 1,000,000 rows a second for
2-3-3-3-1, reading and writing text excluded.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.runner import ROOT
from shoal.experiments import Experiment
from shoal.kernels import forward
from shoal.models import Model, unlike

BAR = 1_000_000
"""Rows a second."""
CHUNK = 50_000
"""Rows that the command takes at once."""
REPEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing measured.

    Attributes:
        what: in words.
        n_networks: of the model.
        seconds: for `n_rows` rows, every time.
        n_rows: rows.
        counted: whether the bar is about it.
    """

    what: str
    n_networks: int
    seconds: tuple[float, ...]
    n_rows: int
    counted: bool = False

    @property
    def rows_a_second(self) -> float:
        """The median."""
        return self.n_rows / statistics.median(self.seconds)


def trained() -> Model:
    """Return the sixteen networks of examples/greater.toml."""
    changes = ["training.epochs=5", "training.report_every=end"]
    model: Model = Experiment.load(ROOT / "examples" / "greater.toml", changes).run().ensemble
    return model


def measure(model: Model, n_rows: int, repeats: int) -> list[Figure]:
    """Return the figures of one model: the core alone, and all that is not text."""
    x = np.random.default_rng(0).uniform(0, 1, (n_rows, 2))
    singles = [x[k : k + CHUNK].astype(np.float32) for k in range(0, n_rows, CHUNK)]
    chunks = [x[k : k + CHUNK] for k in range(0, n_rows, CHUNK)]

    def core() -> None:
        for part in singles:
            forward(model.network, model.parameters.flat, part)

    def prediction() -> None:
        for part in chunks:
            model.prediction(part)

    def whole() -> None:
        for part in chunks:
            model.prediction(part)
            unlike(model, part)

    works: tuple[tuple[str, Callable[[], None], bool], ...] = (
        ("the core's forward pass alone", core, False),
        ("class, probabilities, disagreement", prediction, True),
        ("the same with the flag for unlike rows", whole, True),
    )
    return [
        Figure(what=what, n_networks=len(model), n_rows=n_rows, counted=counted,
               seconds=tuple(_timed(work) for _ in range(repeats)))
        for what, work, counted in works
    ]  # fmt: skip


def measure_command(model: Model, n_rows: int, repeats: int) -> list[Figure]:
    """Return what the command says of reading, predicting and writing a CSV file."""
    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as name:
        folder = Path(name)
        model.save(folder / "m.safetensors")
        rows = np.random.default_rng(0).uniform(0, 1, (n_rows, 2)).tolist()
        names = ",".join(model.schema.feature_names)
        lines = [names, *(f"{a:.6f},{b:.6f}" for a, b in rows)]
        (folder / "rows.csv").write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-m", "shoal", "predict", "m.safetensors", "rows.csv"]
        told = [_costs(command, folder) for _ in range(repeats)]
    words = {"reading_s": "reading CSV", "predicting_s": "predicting, in the command",
             "writing_s": "writing CSV"}  # fmt: skip
    return [
        Figure(what=what, n_networks=len(model), n_rows=n_rows, counted=key == "predicting_s",
               seconds=tuple(each[key] for each in told))
        for key, what in words.items()
    ]  # fmt: skip


def floor(model: Model) -> str:
    """Return what a row costs at least: multiply-adds, activations, bytes."""
    widths = [model.network.n_inputs or 0, *(layer.units for layer in model.network.layers)]
    products = sum(a * b for a, b in itertools.pairwise(widths)) * len(model)
    units = sum(widths[1:]) * len(model)
    n_classes = len(model.schema.classes)
    came, made = 8 * widths[0], 8 * n_classes + 8 + 8
    return (
        f"{len(model)} networks {'-'.join(map(str, widths))}: a row is {products:,} "
        f"multiply-adds and {units:,} activations; {came} bytes come, {4 * len(model)} lie "
        f"between, {made} go"
    )


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a table in Markdown."""
    lines = ["| networks | what | rows a second | seconds for a million | bar |",
             "|---:|---|---:|---:|---|"]  # fmt: skip
    for each in figures:
        bar = ("holds" if each.rows_a_second >= BAR else "missed") if each.counted else ""
        rate = f"{each.rows_a_second:,.0f}"
        seconds = f"{1e6 / each.rows_a_second:.3f}"
        lines.append(f"| {each.n_networks} | {each.what} | {rate} | {seconds} | {bar} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 1 if the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predicting", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args(arguments)
    model = trained()
    figures = []
    for each in (model.best_network, model):
        print(floor(each))
        figures += measure(each, given.rows, given.repeats)
        figures += measure_command(each, given.rows, max(1, given.repeats // 2))
    print(f"{given.rows:,} rows, medians of {given.repeats}; {os.cpu_count()} cores")
    print()
    print(table(figures))
    return int(any(each.counted and each.rows_a_second < BAR for each in figures))


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _costs(command: Sequence[str], folder: Path) -> dict[str, float]:
    """Return what the command says of its costs; the answers go to a file."""
    # --timing tells in JSON only beside JSON lines, so the sentence is read
    whole = [*command, "-q", "--timing", "-o", "out.csv", "--force"]
    done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=True)
    words = done.stderr.replace(",", "").split()
    names = {"reading": "reading_s", "predicting": "predicting_s", "writing": "writing_s"}
    return {key: max(float(words[words.index(name) + 1]), 1e-3) for name, key in names.items()}


if __name__ == "__main__":
    sys.exit(main())
