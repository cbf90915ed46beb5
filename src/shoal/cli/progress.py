"""How far a run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shoal.cli.durations import left
from shoal.cli.terminal import has_bars
from shoal.experiments.progress import Progress

LINE_EVERY_S = 5.0
BAR_AFTER_S = 0.3


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """Yield what shows a `Progress`, on standard error; a run that is over at once shows none."""
    if has_bars():
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
    parts = [_networks(progress), _epoch(progress), _loss(progress), _left(progress)]
    return ", ".join(part for part in parts if part)


def _networks(progress: Progress) -> str:
    plural = "" if progress.n_networks == 1 else "s"
    lost = f", {progress.n_diverged:,} diverged" if progress.n_diverged else ""
    return f"{progress.n_networks:,} network{plural}{lost}"


def _epoch(progress: Progress) -> str:
    return f"epoch {progress.epoch:,.0f} of {progress.n_epochs:,}"


def _loss(progress: Progress) -> str:
    return "" if progress.loss is None else f"loss {progress.loss:.4g}"


def _left(progress: Progress) -> str:
    return left(progress.left_s)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[now]}"),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
    task = bar.add_task("", total=None, now="")

    def show(progress: Progress) -> None:
        if not bar.live.is_started and progress.elapsed_s < BAR_AFTER_S:
            return
        now = "  ".join(filter(None, [_epoch(progress), _loss(progress), _left(progress)]))
        bar.update(
            task,
            description=_networks(progress),
            total=progress.total_steps,
            completed=progress.steps,
            now=now,
        )
        bar.start()  # nothing where it has begun

    try:
        yield show
    finally:
        bar.stop()
