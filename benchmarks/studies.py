"""Sweeps, comparisons, charts, reports and the store against the clock.

Usage: python -m benchmarks.studies [--repeats N]

Whole commands are timed from outside, in turn, as a person at a shell meets them; a chart is also
timed within one process, first after Altair's import and then warm. The medians stand beside
their bars; the exit code is 1 if one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.runner import ROOT

EXAMPLES = ROOT / "examples"
N_STORED = 100_000
CHART = """
import json, sys, time, altair, vl_convert
from shoal import Experiment
from shoal.charts import Plots
run = Experiment.load({file!r}).run(tape_bytes=0)
took = []
for k in range(3):
    since = time.perf_counter()
    getattr(Plots(run), {kind!r})().save({path!r}, force=True)
    took.append(time.perf_counter() - since)
print(json.dumps([took[0], min(took[1:])]))
"""
FILL = "from benchmarks.studies import fill; fill()"


@dataclass(slots=True, kw_only=True)
class Timed:
    """Something timed, and what it may take.

    Attributes:
        what: it is.
        bar: seconds that its median may take, None: no bar.
        go: does it, and returns its seconds.
        seconds: of each time.
    """

    what: str
    bar: float | None
    go: Callable[[], float]
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds, the median."""
        return statistics.median(self.seconds)


def fill() -> None:
    """Fill the store with `N_STORED` entries; folders only for the first, as none is looked at."""
    from shoal.store.index import COLUMNS, changing
    from shoal.store.store import Store

    store = Store.open()
    store.add(
        "run", "greater", status="done", figure="validation_accuracy", value=0.99, best=0.998,
        higher_is_better=True, n_networks=16, seconds=0.2, tags=("first",),
    )  # fmt: skip
    others = [name for name in COLUMNS if name not in ("id", "created", "value")]
    with changing(store.home) as connection:
        connection.execute(
            f"WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?) "
            f"INSERT INTO runs (id, created, value, {', '.join(others)}) "
            f"SELECT printf('k%07d', k), created + k, value - k * 1e-6, {', '.join(others)} "
            f"FROM n, runs WHERE runs.number = 1",
            (N_STORED - 1,),
        )


def command(folder: Path, *words: str, store: Path | None = None) -> Callable[[], float]:
    """Return what times a `shoal` command as a whole process, its store in a folder of its own."""
    environment = os.environ | {"SHOAL_HOME": str(store or folder / "store")}

    def go() -> float:
        since = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "shoal", *words],
            cwd=folder, env=environment, check=True, capture_output=True,
        )  # fmt: skip
        return time.perf_counter() - since

    return go


def chart(folder: Path, kind: str, file: Path) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return what times a chart to PNG after Altair's import, and the same chart warm."""
    code = CHART.format(file=str(file), kind=kind, path=str(folder / "chart.png"))
    found: list[list[float]] = []

    def cold() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True
        )
        found.append(json.loads(done.stdout))
        return found[-1][0]

    return cold, lambda: found[-1][1]


def works(folder: Path, full: Path) -> list[Timed]:
    """Return all that is timed.

    Args:
        folder: to write into.
        full: a store with `N_STORED` runs.
    """
    greater, many = str(EXAMPLES / "greater.toml"), str(EXAMPLES / "sweep_or.toml")
    made = [
        Timed(
            what="shoal sweep, 10,000 networks of `or`",
            bar=20.0,
            go=command(folder, "sweep", many, "-q"),
        ),
        Timed(
            what="shoal compare, two times 64 networks of `greater`",
            bar=5.0,
            go=command(folder, "compare", greater, "training.optimizer.name=adam,rmsprop", "-q"),
        ),
        Timed(
            what="shoal report of `greater`",
            bar=5.0,
            go=command(folder, "report", greater, "-o", "report.html", "--force"),
        ),
        Timed(
            what="shoal animate, a GIF of 100 frames of `greater`",
            bar=10.0,
            go=command(folder, "animate", greater, "-o", "steps.gif", "--force"),
        ),
        Timed(
            what=f"shoal runs among {N_STORED:,}",
            bar=0.3,
            go=command(folder, "runs", store=full),
        ),
        Timed(what="shoal --help", bar=None, go=command(folder, "--help")),
    ]
    for kind in ("curves", "surface"):
        cold, warm = chart(folder, kind, EXAMPLES / "greater.toml")
        made.append(Timed(what=f"{kind} to PNG after Altair's import", bar=1.0, go=cold))
        made.append(Timed(what=f"{kind} to PNG, warm", bar=0.2, go=warm))
    return made


def show(found: Sequence[Timed]) -> bool:
    """Print medians beside their bars; return whether all are held."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("what", "median s", "least", "most", "bar"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for each in found:
        fine = each.bar is None or each.median <= each.bar
        numbers = (each.median, min(each.seconds), max(each.seconds))
        bar = "" if each.bar is None else f"{each.bar:g}{'' if fine else '  missed'}"
        table.add_row(each.what, *(f"{value:.3f}" for value in numbers), bar)
    Console().print(table)
    return all(each.bar is None or each.median <= each.bar for each in found)


def main() -> int:
    """Time everything in turn and print the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.studies", description=__doc__)
    made.add_argument("--repeats", type=int, default=5, metavar="N", help="rounds; 5 by default")
    asked = made.parse_args()
    with tempfile.TemporaryDirectory(prefix="shoal-studies-") as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-c", FILL], cwd=ROOT, check=True,
            env=os.environ | {"SHOAL_HOME": str(folder / "full")},
        )  # fmt: skip
        found = works(folder, folder / "full")
        for turn in range(asked.repeats):
            for each in found:
                print(f"round {turn + 1}: {each.what}", file=sys.stderr)
                each.seconds.append(each.go())
        return 0 if show(found) else 1


if __name__ == "__main__":
    sys.exit(main())
