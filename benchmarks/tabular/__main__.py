"""The command: ``python -m benchmarks.tabular``, which is ``make bench-tabular``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.tabular.figures import Figures
from benchmarks.tabular.measuring import PARTS, Fit, Key, Settings, keys_of, measure
from benchmarks.tabular.progress import Progress
from benchmarks.tabular.results import append, default_path, machine, read, unlike
from benchmarks.tabular.sets import SETS
from benchmarks.tabular.tables import as_text, missed, tables
from shoal.data.wording import count

SPLITS = {"defaults": 15, "single": 5, "grid": 1, "search": 3}
"""Splits of each part: 5 folds x 3 repeats in the defaults; the first of them elsewhere."""
QUICK = {"defaults": 2, "single": 2, "grid": 1, "search": 1}
QUICK_SETS = ("iris", "wine", "diabetes", "moons", "friedman1", "boxes")


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a reader of comma-separated names out of `known`."""

    def read_names(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(known)}")
        return names

    return read_names


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.tabular",
        description="Measure shoal's estimators beside scikit-learn's on tables; exit code 1 if a "
        "bar is missed. What a file of results has is not measured again.",
    )
    made.add_argument(
        "--only", type=_names(tuple(SETS)), metavar="SET,...", help=f"of {', '.join(SETS)}"
    )
    made.add_argument(
        "--parts", type=_names(tuple(PARTS)), default=list(PARTS), metavar="PART,...",
        help=f"of {', '.join(PARTS)}; all if not given",
    )  # fmt: skip
    made.add_argument("--quick", action="store_true", help="a few sets, one or two splits")
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), metavar="N",
                      help="of every library; all there are if not given")  # fmt: skip
    made.add_argument("--again", action="store_true", help="begin the file of results anew")
    made.add_argument("--show", action="store_true", help="measure nothing, show what there is")
    made.add_argument("--plan", action="store_true", help="only say how many fits are left")
    made.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    made.add_argument("-o", "--output", type=Path, help="the file of results (JSON lines)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write each row as it comes, print."""
    asked = parser().parse_args(arguments)
    quick = default_path().with_name("tabular_quick.jsonl")
    path = asked.output or (quick if asked.quick else default_path())
    if asked.again and not asked.plan:
        path.unlink(missing_ok=True)
    if asked.plan:
        _plan(asked, path)
        return 0
    begun = time.perf_counter()
    try:
        n = 0 if asked.show else _measure(asked, path)
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on from {path}", file=sys.stderr)
        return 130
    fits, sessions = read(path)
    figures = Figures(fits)
    for table in tables(figures):
        print(table.markdown if asked.markdown else as_text(table))
    if sessions:
        last = sessions[-1]
        told = ", ".join(f"{name} {version}" for name, version in last["versions"].items())
        cores, threads = count(last["cores"], "core"), count(last["threads"], "thread")
        print(
            f"{last['cpu']}, {cores}, {threads} for every library; {told}; "
            f"load {last['load']:.1f} at the start."
        )
    if not asked.show:
        print(f"{n:,} fits in {time.perf_counter() - begun:.0f} s; {len(fits):,} in {path}")
    return 1 if missed(figures) else 0


def _measure(asked: argparse.Namespace, path: Path) -> int:
    """Measure what the file of results has not, and return how many fits that were."""
    settings = Settings(splits=QUICK if asked.quick else SPLITS, threads=asked.threads)
    known, sessions = read(path)
    todo = _todo(asked, settings, known)
    progress, now = Progress(todo, known), machine(asked.threads)
    differs = unlike(sessions[-1], now) if sessions else []
    if differs and todo:
        raise SystemExit(
            f"{path} was measured with other {', '.join(differs)}. Give --again to begin it anew, "
            "or -o for another file."
        )
    if not todo:
        return 0
    append(path, now)
    n, last = 0, ""
    with Console(stderr=True).status("starting every library") as status:

        def tell(key: Key | None) -> None:
            nonlocal last
            if key is None:
                return
            part, name, k, learner = key
            status.update(f"{part}: {name}, split {k + 1}, {learner}: {progress.told()}")
            if not sys.stderr.isatty() and last != f"{part}: {name}":
                last = f"{part}: {name}"
                print(f"{last}: {progress.told()}", file=sys.stderr, flush=True)

        for fit in measure(todo, settings, tell):
            append(path, fit.to_dict())
            progress.note(fit)
            n += 1
    return n


def _todo(asked: argparse.Namespace, settings: Settings, known: Sequence[Fit]) -> list[Key]:
    names = asked.only or (QUICK_SETS if asked.quick else tuple(SETS))
    done = {fit.key for fit in known}
    wanted = keys_of([SETS[name] for name in names], asked.parts, settings)
    return [key for key in wanted if key not in done]


def _plan(asked: argparse.Namespace, path: Path) -> None:
    """Print how many fits there are to do, and how long fits like them have taken."""
    settings = Settings(splits=QUICK if asked.quick else SPLITS, threads=asked.threads)
    known, _ = read(path)
    todo = _todo(asked, settings, known)
    for part in asked.parts:
        of = [key for key in todo if key[0] == part]
        seconds = Progress(of, known).seconds_left
        print(f"{part:<9} {len(of):>6,} fits, about {seconds / 60:.1f} min")
    seconds = Progress(todo, known).seconds_left
    print(
        f"{'all':<9} {len(todo):>6,} fits, about {seconds / 60:.1f} min; {len(known):,} in {path}"
    )


if __name__ == "__main__":
    sys.exit(main())
