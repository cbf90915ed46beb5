"""How far a run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shoal.experiments.progress import Progress

LINE_EVERY_S = 5.0
BAR_AFTER_S = 0.3


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """Yield what shows a `Progress`, on standard error; a run that is over at once shows none."""
    if sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _Lines()


class _Lines:
    """Plain lines, at most one every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._last < LINE_EVERY_S:
            return
        self._last = time.monotonic()
        print(describe(progress), file=sys.stderr, flush=True)


def describe(progress: Progress) -> str:
    """Return one line about a run on its way."""
    parts = [
        f"{progress.n_networks} networks",
        f"epoch {progress.epoch:.0f} of {progress.n_epochs}",
    ]
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.4g}")
    if progress.n_diverged:
        parts.append(f"{progress.n_diverged} diverged")
    if progress.left_s is not None:
        parts.append(f"{progress.left_s:.0f} s left")
    return ", ".join(parts)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.fields[epoch]}"),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=None, epoch="", loss="")
    begun = [False]

    def show(progress: Progress) -> None:
        if not begun[0] and progress.elapsed_s < BAR_AFTER_S:
            return
        if not begun[0]:
            begun[0] = True
            bar.start()
        lost = f", {progress.n_diverged} diverged" if progress.n_diverged else ""
        bar.update(
            task,
            description=f"{progress.n_networks} networks{lost}",
            total=progress.total_steps,
            completed=progress.steps,
            epoch=f"{progress.epoch:.0f}/{progress.n_epochs}",
            loss="" if progress.loss is None else f"loss {progress.loss:.4g}",
        )

    try:
        yield show
    finally:
        if begun[0]:
            bar.stop()
