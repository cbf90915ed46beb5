"""How far a sweep is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shoal.cli.durations import left
from shoal.cli.progress import BAR_AFTER_S, LINE_EVERY_S
from shoal.cli.terminal import has_bars, is_live
from shoal.experiments.sweep.running import SweepProgress

LOOK_EVERY = 256
"""Cells from one look at the clock to the next."""


@contextmanager
def showing_checks(n_cells: int, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Yield what shows how many cells were looked at, on a terminal."""
    if quiet or not is_live():
        yield None
        return
    begun, is_shown = time.monotonic(), False

    def show(n: int) -> None:
        nonlocal is_shown
        if n % LOOK_EVERY == 0 and time.monotonic() - begun > BAR_AFTER_S:
            print(f"\rlooking at cells: {n:,} of {n_cells:,}", end="", file=sys.stderr, flush=True)
            is_shown = True

    try:
        yield show
    finally:
        if is_shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


@contextmanager
def showing_sweep(*, quiet: bool) -> Iterator[Callable[[SweepProgress], object] | None]:
    """Yield what shows a `SweepProgress`, on standard error."""
    if quiet:
        yield None
    elif has_bars():
        with _bar() as show:
            yield show
    else:
        yield _Lines()


def described(progress: SweepProgress) -> str:
    """Return one line about a sweep on its way."""
    parts = [
        f"{progress.n_done:,} of {progress.n_networks:,} networks",
        f"{progress.n_diverged:,} diverged" if progress.n_diverged else "",
        f"{progress.share:.0%}",
        left(progress.left_s),
    ]
    return ", ".join(part for part in parts if part)


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: SweepProgress) -> None:
        if time.monotonic() - self._last < LINE_EVERY_S:
            return
        self._last = time.monotonic()
        print(described(progress), file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Callable[[SweepProgress], Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[now]}"),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
    task = bar.add_task("", total=1.0, now="")

    def show(progress: SweepProgress) -> None:
        if not bar.live.is_started and progress.elapsed_s < BAR_AFTER_S:
            return
        lost = f", {progress.n_diverged:,} diverged" if progress.n_diverged else ""
        bar.update(
            task,
            description=f"{progress.n_done:,} of {progress.n_networks:,} networks{lost}",
            completed=progress.share,
            now=f"{progress.share:.0%}  {left(progress.left_s)}".rstrip(),
        )
        bar.start()

    try:
        yield show
    finally:
        bar.stop()
