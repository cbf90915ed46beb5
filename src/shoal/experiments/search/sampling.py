"""Larger searches: Optuna's samplers ask for trials in batches, each trained as one population."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import numpy as np

from shoal.errors import ArgumentError, MissingExtraError
from shoal.experiments.prepare import prepare
from shoal.experiments.search.optimum import Optimum, Tried
from shoal.experiments.search.scores import Yardstick, yardstick
from shoal.experiments.search.space import Dimension, space_of
from shoal.experiments.search.together import SearchProgress, check_clock
from shoal.experiments.shelf import Shelf
from shoal.experiments.sweep.axes import Axis
from shoal.experiments.sweep.cells import Grid, in_order
from shoal.experiments.sweep.chunk import Chunk, Piece, train_chunk
from shoal.experiments.sweep.shared import Cargo, stow, unload
from shoal.kernels import default_threads

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

    from shoal.experiments.document import Experiment
    from shoal.experiments.sweep import Sweep

WHERE: Final = "optimise"
TRIALS: Final = 200
BATCH: Final = 16


def optimise(
    sweep: Sweep,
    *,
    figure: str | None = None,
    trials: int = TRIALS,
    batch: int = BATCH,
    study: Study | None = None,
    rows: Any = None,
    threads: int | None = None,
    progress: Callable[[SearchProgress], object] | None = None,
    allow_python: bool = False,
) -> Optimum:
    """Search the space of a sweep with a sampler of Optuna's.

    Lists are choices; ranges are all numbers between their ends. The sampler is asked for a
    batch of trials, which are trained together, each with all networks of its population; then
    it is told the median of a validation figure over the networks of each. A trial of which half
    of the networks or more diverged is told as pruned.

    With the study of our own (TPE, seeded from the experiment's `search` stream) the same call
    gives the same trials; with another, what its sampler gives.

    Args:
        sweep: its axes are the space.
        figure: validation_accuracy if not given, or validation_loss where there is none.
        trials: how many.
        batch: how many are asked for before any of them is told.
        study: of the user's own, with any sampler; trials are added to it.
        rows: what `Experiment.run` takes.
        threads: how many to use.
        progress: called after each batch with a `SearchProgress`.
        allow_python: whether Python functions that the document names may be imported.

    Raises:
        ArgumentError: numbers that cannot be, no such figure, no validation rows, a limit in
            seconds, or a study that goes the other way.
        InputError: values that make no experiment; the message names the trial.
        MissingExtraError: Optuna is not installed.
        KeyboardInterrupt: Ctrl-C came.
    """
    _check_count("trials", trials)
    _check_count("batch", batch)
    search = _Search(sweep, figure, rows, threads, allow_python)
    study = search.study_of_ours() if study is None else _checked(study, search.measure)
    try:
        while len(search.tried) < trials:
            search.round(study, min(batch, trials - len(search.tried)))
            if progress is not None:
                progress(search.progress(trials, batch))
    finally:
        search.close()
    return search.optimum(study)


class _Search:
    """Trials so far, and what new ones are made from."""

    def __init__(
        self, sweep: Sweep, figure: str | None, rows: Any, threads: int | None, allow_python: bool
    ) -> None:
        self.begun = time.perf_counter()
        self.grid = sweep.grid(rows)
        self.space = space_of(sweep.table)
        self.rows = rows
        self.threads = threads or default_threads()
        self.allow_python = allow_python
        first = self._ready(self.grid.experiment(self.grid.settled(0)))
        prepared = prepare(first, rows=rows, members=range(1), shelf=Shelf())
        self.measure: Yardstick = yardstick(WHERE, prepared, figure)
        self.seed = first.streams_of("search", range(1)).keys
        self.tried: list[Tried] = []
        self.best: Tried | None = None
        self.steps, self.n_networks = 0, 0
        self.token = f"search-{uuid4().hex}"
        stow(self.token, Cargo(rows=rows, tables={}))

    def close(self) -> None:
        """Let the rows go."""
        unload(self.token)

    def study_of_ours(self) -> Study:
        """Return a new study whose sampler draws from the experiment's own stream."""
        optuna = _optuna()
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            sampler = optuna.samplers.TPESampler(seed=int(self.seed[0] % 2**32))
            way = "maximize" if self.measure.higher_is_better else "minimize"
            study: Study = optuna.create_study(direction=way, sampler=sampler)
            return study
        finally:
            optuna.logging.set_verbosity(before)

    def round(self, study: Study, n: int) -> None:
        """Ask for `n` trials, train them together, and tell what came of them."""
        state = _optuna().trial.TrialState
        distributions = {each.name: each.distribution() for each in self.space}
        asked = [study.ask(distributions) for _ in range(n)]
        try:
            scored = self._trained(asked)
        except BaseException:
            for trial in asked:
                study.tell(trial, state=state.FAIL)
            raise
        for trial, one in zip(asked, scored, strict=True):
            if np.isfinite(one.score):
                study.tell(trial, one.score)
            else:
                study.tell(trial, state=state.PRUNED)
            self.tried.append(one)
            if self.best is None or self.measure.is_better(one.score, self.best.score):
                self.best = one

    def progress(self, trials: int, batch: int) -> SearchProgress:
        """Return where the search is."""
        done = len(self.tried)
        best = None if self.best is None or not np.isfinite(self.best.score) else self.best.score
        return SearchProgress(
            stage=-(-done // batch),
            n_stages=-(-trials // batch),
            n_cells=min(batch, done),
            done=done,
            total=trials,
            best=best,
            elapsed_s=time.perf_counter() - self.begun,
        )

    def optimum(self, study: Study) -> Optimum:
        """Return the record."""
        assert self.best is not None
        return Optimum(
            figure=self.measure.figure,
            higher_is_better=self.measure.higher_is_better,
            sampler=type(study.sampler).__name__,
            trials=tuple(self.tried),
            best=self.best,
            experiment=self.grid.experiment(self.best.values),
            n_networks=self.n_networks,
            steps=self.steps,
            study=study,
            seconds=time.perf_counter() - self.begun,
        )

    def _ready(self, experiment: Experiment) -> Experiment:
        check_clock(WHERE, experiment)
        return experiment.with_functions(allow_python=self.allow_python)

    def _trained(self, asked: Sequence[Trial]) -> list[Tried]:
        """Train the trials as one chunk, and return what came of each."""
        cells = cells_of(self.grid, self.space, [trial.params for trial in asked])
        values = [cells.settled(k) for k in range(cells.n_cells)]
        sizes = [self._ready(cells.experiment(each)).population.size for each in values]
        pieces = tuple(
            Piece(cell=k, label=f"trial {trial.number}", changes=in_order(own), first=0, stop=size)
            for k, (trial, own, size) in enumerate(zip(asked, values, sizes, strict=True))
        )
        chunk = Chunk(
            number=0,
            pieces=pieces,
            base=self.grid.base,
            source=self.grid.source,
            folder=str(Path(self.grid.folder)),
            token=self.token,
            allow_python=self.allow_python,
            threads=self.threads,
        )
        columns = train_chunk(chunk)
        self.steps += int(columns["steps"].sum())
        self.n_networks += len(columns["steps"])
        return [
            Tried(
                number=trial.number,
                values=own,
                shown=shown_of(self.space, own, trial.params),
                score=self.measure.score(columns[self.measure.figure][columns["cell"] == k]),
                n_diverged=int(columns["diverged"][columns["cell"] == k].sum()),
            )
            for k, (trial, own) in enumerate(zip(asked, values, strict=True))
        ]


def shown_of(
    space: Sequence[Dimension], values: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a trial, labels in place of those that have some."""
    found: dict[str, Any] = {}
    for each in space:
        named = {each.name: parameters[each.name]} if each.names else None
        found |= named or {key: values[key] for key in each.keys}
    return found


def cells_of(grid: Grid, space: Sequence[Dimension], parameters: Sequence[dict[str, Any]]) -> Grid:
    """Return the cells that a sampler asked for: one for each set of parameters."""
    keys = tuple(key for each in space for key in each.keys)
    places = [
        tuple(
            value for each in space for _, value in each.values(chosen[each.name])
        )
        for chosen in parameters
    ]  # fmt: skip
    return replace(grid, axes=(Axis(keys=keys, size=len(places), at=places.__getitem__),))


def _checked(study: Study, measure: Yardstick) -> Study:
    """Return a study that is told one number and goes the way of the figure."""
    ways = [each.name.lower() for each in study.directions]
    wanted = "maximize" if measure.higher_is_better else "minimize"
    if ways != [wanted]:
        told = f"must {wanted} {measure.figure}"
        cure = f"Make it with direction='{wanted}'."
        got = " and ".join(ways)
        raise ArgumentError(WHERE, "study", told, got=got, cure=cure, code="A111")
    return study


def _check_count(name: str, count: object) -> None:
    fine = isinstance(count, int | np.integer) and not isinstance(count, bool)
    if not fine or count < 1:  # type: ignore[operator]
        raise ArgumentError(
            WHERE, name, "must be a whole number of 1 or more", got=repr(count), code="A102"
        )


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingExtraError("a search by a sampler", "optuna", "search") from None
    return optuna
