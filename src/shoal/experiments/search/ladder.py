"""Successive halving: train every cell a little, go on with the best, and so on to the end.

Going on is going on: a cell that comes through has, bit for bit, the networks of a training that
was never stopped, since its experiment has its full number of epochs from the beginning.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run
from shoal.experiments.search.halving import Halving, Rung
from shoal.experiments.search.scores import Yardstick, yardstick
from shoal.experiments.search.together import (
    SearchProgress,
    advance_all,
    check_clock,
    record_of,
)
from shoal.experiments.shelf import Shelf
from shoal.experiments.trainer import Trainer

if TYPE_CHECKING:
    from shoal.experiments.sweep import Sweep

WHERE: Final = "halve"
LOSS: Final = Yardstick(figure="validation_loss", higher_is_better=False)
"""What decides between cells whose scores are equal."""
NEARLY: Final = 1e-9
"""Added before rounding down, since a third of 27 may be a little less than 9."""


def halve(
    sweep: Sweep,
    *,
    figure: str | None = None,
    keep: float = 1 / 3,
    budgets: Sequence[int] | None = None,
    rows: Any = None,
    threads: int | None = None,
    progress: Callable[[SearchProgress], object] | None = None,
    allow_python: bool = False,
) -> Halving:
    """Search the cells of a sweep by successive halving.

    All cells are trained to the first budget; the best share of them, `keep`, goes on to the
    second, and so on; those that come through the last are trained to their end. A cell's score
    is the median of a validation figure over its networks, one that diverged counting as worst;
    ties go to the lower loss, then to the cell with most steps to come, then to the earlier one.

    Args:
        sweep: its cells are the candidates.
        figure: validation_accuracy if not given, or validation_loss where there is none.
        keep: the share that goes on from a rung; at least one cell does.
        budgets: epochs of the rungs, ascending. If not given, they grow by 1 / `keep` from as
            many rungs below the end as leave one cell; none is shorter than one epoch.
        rows: what `Experiment.run` takes.
        threads: how many cells are trained at once.
        progress: called now and then with a `SearchProgress`.
        allow_python: whether Python functions that the documents name may be imported.

    Raises:
        ArgumentError: a share or budgets that cannot be, no such figure, no validation rows, or
            a limit in seconds.
        KeyboardInterrupt: Ctrl-C came.

    Source:
        Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
        Optimization", AISTATS 2016, algorithm 1; ours ranks medians over several networks, and
        the last rung ends with the experiments' own number of epochs.
    """
    check_keep(keep)
    ladder = _Ladder(sweep, figure, rows, allow_python)
    ladder.budgets = rung_budgets(budgets, ladder.n_epochs, sweep.n_cells, keep)
    tell = None if progress is None else _teller(ladder, keep, progress)
    *early, last = ladder.budgets
    rungs = [ladder.climb(budget, keep, threads, tell) for budget in early]
    rungs.append(ladder.climb(last, 0.0, threads, tell, to_end=True))
    return Halving(
        sweep=sweep,
        figure=ladder.measure.figure,
        higher_is_better=ladder.measure.higher_is_better,
        keep=keep,
        rungs=tuple(rungs),
        winner=rungs[-1].kept[0],
        runs=ladder.runs,
        steps_full=ladder.steps_full,
        seconds=ladder.elapsed_s,
    )


def check_keep(keep: object) -> None:
    """Raise unless `keep` is a share.

    Raises:
        ArgumentError: it is not.
    """
    is_number = isinstance(keep, int | float) and not isinstance(keep, bool)
    if not is_number or not 0 < keep < 1:  # type: ignore[operator]
        raise ArgumentError(
            WHERE, "keep", "must be a share between 0 and 1", got=repr(keep), code="A102"
        )


def n_kept(n_cells: int, keep: float) -> int:
    """Return how many of the cells go on: at least one.

    Example:
        >>> n_kept(27, 1 / 3), n_kept(2, 1 / 3)
        (9, 1)
    """
    return max(1, math.floor(n_cells * keep + NEARLY))


def rung_budgets(
    given: Sequence[int] | None, n_epochs: int, n_cells: int, keep: float
) -> tuple[int, ...]:
    """Return the epochs of the rungs, ascending, the last with all epochs.

    Example:
        >>> rung_budgets(None, 100, 27, 1 / 3)
        (4, 12, 34, 100)
        >>> rung_budgets(None, 3, 27, 1 / 3)
        (1, 3)

    Raises:
        ArgumentError: budgets that do not ascend, or are not numbers of epochs.
    """
    if given is not None:
        found = [int(n) for n in given if _is_whole(n)]
        if len(found) < len(given) or found != sorted(set(found)) or (found and found[0] < 1):
            wanted = "must be ascending whole numbers of 1 or more"
            raise ArgumentError(WHERE, "budgets", wanted, got=list(given), code="A102")
        return (*(n for n in found if n < n_epochs), n_epochs)
    budgets, left, share = {n_epochs}, n_cells, 1.0
    while left > 1:
        left, share = n_kept(left, keep), share * keep
        budgets.add(max(1, math.ceil(n_epochs * share - NEARLY)))
    return tuple(sorted(budgets))


def _is_whole(n: object) -> bool:
    return isinstance(n, int | np.integer) and not isinstance(n, bool)


class _Ladder:
    """The cells that are left, each with its trainer."""

    def __init__(self, sweep: Sweep, figure: str | None, rows: Any, allow_python: bool) -> None:
        self.begun = time.perf_counter()
        self.trainers: dict[int, Trainer] = {}
        self.runs: dict[int, Run] = {}
        self.budgets: tuple[int, ...] = ()
        self.done, self.stage = 0, 0
        self.best: float | None = None
        sweep.survey(rows=rows, allow_python=allow_python)  # tells all that is wrong
        grid, shelf = sweep.grid(rows), Shelf()
        for cell in map(grid.cell, range(sweep.n_cells)):
            check_clock(WHERE, cell.experiment)
            experiment = cell.experiment.with_functions(allow_python=allow_python)
            prepared = prepare(experiment, rows=rows, shelf=shelf)
            measure = yardstick(WHERE, prepared, self.measure.figure if self.trainers else figure)
            self.measure: Yardstick = measure
            self.trainers[cell.index] = Trainer(prepared)
        every = self.trainers.values()
        self.n_epochs = max(each.prepared.experiment.training.epochs for each in every)
        self.steps_full = sum(_size(each) * each.settings.total_steps for each in every)

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self.begun

    def climb(
        self,
        budget: int,
        keep: float,
        threads: int | None,
        tell: Callable[[int], object] | None,
        *,
        to_end: bool = False,
    ) -> Rung:
        """Train all that are left to a budget, and let the best stay."""
        self.stage += 1
        cells, trainers = list(self.trainers), list(self.trainers.values())
        until = [_until(each, None if to_end else budget) for each in trainers]
        before = sum(int(each.state.step.sum()) for each in trainers)
        advance_all(trainers, until, threads=threads, tell=tell)
        steps = sum(int(each.state.step.sum()) for each in trainers) - before
        if tell is not None:
            tell(steps)
        self.done += steps
        runs = {cell: record_of(each) for cell, each in self.trainers.items()}
        figure = self.measure.figure
        scores = np.array([self.measure.score(run.final(figure)) for run in runs.values()])
        losses = np.array([LOSS.score(run.final(LOSS.figure)) for run in runs.values()])
        ends = [_until(each, None) for each in trainers]
        to_come = np.array(ends) - np.array(until)
        ranked = self.measure.ranked(scores, losses, to_come)
        places = ranked[: n_kept(len(cells), keep)].tolist()
        self.best = float(scores[places[0]])
        if to_end:
            self.runs = runs
        self.trainers = {cells[place]: trainers[place] for place in sorted(places)}
        kept = tuple(cells[place] for place in places)
        return Rung(epochs=budget, cells=np.array(cells), scores=scores, kept=kept, steps=steps)


def _size(trainer: Trainer) -> int:
    return trainer.state.n_networks


def _until(trainer: Trainer, epochs: int | None) -> int:
    """Return the step at which a budget ends; the run's own end if there is none."""
    total = trainer.settings.total_steps
    return (
        total if epochs is None else min(total, epochs * trainer.prepared.schedule.steps_per_epoch)
    )


def _teller(
    ladder: _Ladder, keep: float, progress: Callable[[SearchProgress], object]
) -> Callable[[int], object]:
    """Return what tells how far the search is, in steps of an average cell."""
    n_cells, before, total = len(ladder.trainers), 0, 0.0
    for budget in ladder.budgets:
        total += n_cells * (budget - before)
        n_cells, before = n_kept(n_cells, keep), budget
    total *= ladder.steps_full / (len(ladder.trainers) * ladder.n_epochs)

    def tell(steps: int) -> None:
        done = ladder.done + steps
        progress(
            SearchProgress(
                stage=ladder.stage,
                n_stages=len(ladder.budgets),
                n_cells=len(ladder.trainers),
                done=done,
                total=max(done, int(total)),
                best=ladder.best,
                elapsed_s=ladder.elapsed_s,
            )
        )

    return tell
