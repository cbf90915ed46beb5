"""An experiment carried out: the training loop, and the record of what came of it."""

from __future__ import annotations

import time
import warnings as python_warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError, ShoalWarning
from shoal.experiments.document import Experiment
from shoal.experiments.models import model_of
from shoal.experiments.prepare import Prepared
from shoal.experiments.progress import Progress
from shoal.kernels import CAUSES, FIGURES, Course, KernelName, RowSet, State, figures
from shoal.models import Model
from shoal.network import Network, Parameters

PIECE_S = 0.2
"""Seconds that a call to the core is aimed at, so that progress is told in between."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """What came of an experiment.

    ``run.history["validation_accuracy"]`` has shape (P, T): networks, reports (epochs unless
    ``report_every`` says otherwise), NaN after a network has ended. ``run.ensemble``,
    ``run.best`` and ``run[3]`` are models.

    Attributes:
        experiment: the document.
        network: with its inputs known.
        prepared: the data and start it was made from.
        state: the arrays at the end; not to be changed.
        seconds: training and figures, without reading and start-up.
        interrupted: whether Ctrl-C ended it early.
        warnings: what was told before training.
    """

    experiment: Experiment
    network: Network
    prepared: Prepared
    state: State
    seconds: float
    interrupted: bool
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return self.state.n_networks

    @property
    def seeds(self) -> tuple[int, ...]:
        """The networks' own seeds, (P,).

        ``network.initialize(seed)`` starts a network again if the population varies `init` and
        the stream has no seed of its own.
        """
        return self.prepared.seeds

    @property
    def steps(self) -> np.ndarray:
        """Updates of each network, (P,)."""
        return self.state.step

    @property
    def report_steps(self) -> np.ndarray:
        """The step of each report, (T,)."""
        settings = self.prepared.settings
        steps = np.arange(1, settings.n_reports + 1) * settings.report_every
        return np.minimum(steps, settings.total_steps)

    @cached_property
    def history(self) -> Mapping[str, np.ndarray]:
        """Figures at the end of each epoch (or report) by name, each (P, T).

        Units:
            Cross-entropy in nats, squared error in the target's own units squared.
        """
        figures = self.state.figures
        history = {name: figures[:, k] for k, name in enumerate(FIGURES)}
        scale = np.array([part.target_scaler.scale[0] for part in self.prepared.parts])
        factor = scale[self.prepared.part_of][:, np.newaxis] ** 2
        for name in ("train_loss", "validation_loss"):
            history[name] = history[name] * factor
        return history

    @cached_property
    def weights(self) -> np.ndarray:
        """The delivered parameters, flat, (P, K): the last ones, or the best if asked for."""
        state = self.state
        if not len(state.best):
            return state.weights
        kept = (state.best_report >= 0)[:, np.newaxis]
        return np.where(kept, state.best, state.weights)

    @property
    def parameters(self) -> Parameters:
        """The delivered parameters layer by layer, with axis P."""
        return Parameters.from_flat(self.network.layout(), self.weights)

    @property
    def delivered_report(self) -> np.ndarray:
        """The report whose weights are delivered, (P,); -1 where there is none."""
        state, settings = self.state, self.prepared.settings
        if len(state.best):
            return state.best_report
        at_end = (state.step == settings.total_steps) & (state.status == 0)
        exact = state.step % settings.report_every == 0
        reached = state.step // settings.report_every - 1
        last = np.where(at_end, settings.n_reports - 1, np.where(exact, reached, -1))
        return np.where(state.status == 0, last, -1)

    def final(self, figure: str) -> np.ndarray:
        """Return a figure of the delivered weights, (P,); NaN where it is not known.

        A network that diverged has none: it is named in `diverged` instead.
        """
        report, values = self.delivered_report, self.history[figure]
        found = values[np.arange(len(self)), np.maximum(report, 0)]
        return np.where((report >= 0) & (self.state.status == 0), found, np.nan)

    @cached_property
    def test(self) -> Mapping[str, np.ndarray]:
        """Figures of the delivered weights on the test rows, which nothing saw before.

        Returns:
            ``test_loss`` and ``test_accuracy``, each (P,), NaN for a network that diverged;
            nothing if the experiment keeps no test rows.
        """
        if all(part.test is None for part in self.prepared.parts):
            return {}
        found = np.full((2, len(self)), np.nan)
        for k, part in enumerate(self.prepared.parts):
            members = np.flatnonzero((self.prepared.part_of == k) & (self.state.status == 0))
            if part.test is None or len(members) == 0:
                continue
            own = np.ascontiguousarray(self.weights[members])
            loss, accuracy = figures(self.network, self.prepared.settings, own, part.test)
            found[:, members] = loss * part.target_scaler.scale[0] ** 2, accuracy
        return {"test_loss": found[0], "test_accuracy": found[1]}

    @property
    def diverged(self) -> list[dict[str, Any]]:
        """The networks that diverged: index, step, cause and last reported training loss."""
        found = []
        for i in np.flatnonzero(self.state.status != 0).tolist():
            losses = self.history["train_loss"][i]
            known = losses[np.isfinite(losses)]
            found.append(
                {
                    "index": i,
                    "seed": self.seeds[i],
                    "step": int(self.steps[i]) + 1,
                    "cause": CAUSES[int(self.state.status[i])],
                    "last_train_loss": float(known[-1]) if len(known) else None,
                }
            )
        return found

    @property
    def stopped_because(self) -> list[str]:
        """Why each network ended: "epochs", "diverged" or "interrupted"."""
        total = self.prepared.settings.total_steps
        return [
            "diverged" if status else "epochs" if step == total else "interrupted"
            for status, step in zip(self.state.status.tolist(), self.steps.tolist(), strict=True)
        ]

    @property
    def digest(self) -> str:
        """SHA-256 of the delivered weights (P, K), little-endian, in network order."""
        return self.parameters.digest

    @cached_property
    def ensemble(self) -> Model:
        """The networks that did not diverge as one model: mean probability and disagreement.

        Raises:
            ArgumentError: every network diverged.
        """
        members = np.flatnonzero(self.state.status == 0).tolist()
        if not members:
            raise ArgumentError(
                "Run.ensemble", "networks", "must not all have diverged", got="none that is sound"
            )
        return self._model(members)

    def _model(self, members: Sequence[int]) -> Model:
        best = self.best_index
        return model_of(self.prepared, self.network, self.weights, members, best)

    @property
    def best(self) -> Model:
        """The network with the best figure: see `best_index`."""
        return self[self.best_index]

    @cached_property
    def best_index(self) -> int:
        """The network with the highest accuracy (validation where there is any), among equals
        the lowest loss, then the first; without classes the lowest loss."""
        part = "validation" if np.isfinite(self.history["validation_loss"]).any() else "train"
        accuracy = np.nan_to_num(self.final(f"{part}_accuracy"), nan=-1.0)
        loss = np.nan_to_num(self.final(f"{part}_loss"), nan=np.inf)
        return int(np.lexsort((loss, -accuracy))[0])

    def __getitem__(self, i: int) -> Model:
        """Return network `i` as a model."""
        if not -len(self) <= i < len(self):
            raise IndexError(f"there are {len(self)} networks; got {i}")
        return self._model([i % len(self)])

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Return the outputs of every network for rows in the units of the table.

        Shapes:
            x (N, D) -> (P, N, C)
        """
        every = self._model(range(len(self)))
        return every.outputs(x)

    def at(self, step: int, *, threads: int | None = None) -> Parameters:
        """Return the parameters after `step` updates, computed again from the start.

        A network that diverged before has its last finite weights.

        Raises:
            ArgumentError: `step` is outside 0 to the steps of the run.
        """
        total = self.prepared.settings.total_steps
        if not 0 <= step <= total:
            raise ArgumentError("Run.at", "step", f"must be from 0 to {total}", got=step)
        quiet = replace(
            self.prepared.settings, report_every=total + 1, total_steps=total + 1, keep_best=None
        )
        again = replace(self.prepared, settings=quiet)
        trainer = Trainer(again)
        if trainer.advance(step, threads=threads):
            raise KeyboardInterrupt
        return Parameters.from_flat(self.network.layout(), trainer.state.weights)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as the JSON document of ``shoal run --json``."""
        from shoal.experiments.result import result_document

        return result_document(self)


class Trainer:
    """A population on its way through an experiment, epoch after epoch of a stream too."""

    def __init__(self, prepared: Prepared, *, kernel: KernelName = "auto") -> None:
        self.prepared = prepared
        self.kernel = kernel
        part_of, parts = prepared.part_of, prepared.parts
        size = len(part_of)
        judged = np.array([part.validation is not None for part in parts])
        self.state = State.begin(
            prepared.settings,
            prepared.start,
            hyper=prepared.experiment.training.hyper(size),
            order=prepared.order_keys,
            train_set=part_of,
            validation_set=np.where(judged[part_of], part_of, -1).astype(np.int32),
        )
        self._epoch, self._course = (
            -1,
            None if prepared.fresh else self._make([part.train for part in parts]),
        )

    def _make(self, train: Sequence[RowSet]) -> Course:
        parts = self.prepared.parts
        validation = [part.validation or part.train for part in parts]
        return Course(
            self.prepared.network,
            self.prepared.settings,
            self.state,
            train,
            validation,
            kernel=self.kernel,
        )

    def advance(
        self,
        until: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> bool:
        """Carry every running network on to step `until`; return whether Ctrl-C came."""
        if self._course is not None and self.prepared.fresh is None:
            return self._course.advance(until, threads=threads, progress=progress)
        per_epoch = self.prepared.schedule.steps_per_epoch
        while (at := self._first_step()) < until:
            epoch = at // per_epoch
            if epoch != self._epoch or self._course is None:
                assert self.prepared.fresh is not None
                self._course = self._make(self.prepared.fresh(epoch))
                self._epoch = epoch
            stop = min(until, (epoch + 1) * per_epoch)
            if self._course.advance(stop, threads=threads, progress=progress):
                return True
        return False

    def _first_step(self) -> int:
        """Return the step of the network that is furthest behind."""
        running = self.state.running
        if not running.any():
            return int(np.iinfo(np.int64).max)
        return int(self.state.step[running].min())


def carry_out(
    prepared: Prepared,
    *,
    threads: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    kernel: KernelName = "auto",
) -> Run:
    """Train a prepared population to its end, or until Ctrl-C.

    Raises:
        ArgumentError: `threads` is below 1.
    """
    if threads is not None and threads < 1:
        raise ArgumentError("Experiment.run", "threads", "must be 1 or more", got=threads)
    trainer = Trainer(prepared, kernel=kernel)
    begun = time.perf_counter()
    interrupted = _in_pieces(trainer, threads, progress, begun)
    return Run(
        experiment=prepared.experiment,
        network=prepared.network,
        prepared=prepared,
        state=trainer.state,
        seconds=time.perf_counter() - begun,
        interrupted=interrupted,
        warnings=prepared.warnings,
    )


def _in_pieces(
    trainer: Trainer,
    threads: int | None,
    progress: Callable[[Progress], object] | None,
    begun: float,
) -> bool:
    """Train in pieces of whole epochs that take about `PIECE_S`; return whether Ctrl-C came."""
    schedule = trainer.prepared.schedule
    total, done, before = schedule.total_steps, 0, 0
    piece = _first_piece(trainer.prepared) * schedule.steps_per_epoch

    def tell(steps: int) -> None:
        if progress is not None:
            progress(_progress(trainer, before + steps, time.perf_counter() - begun))

    try:
        while done < total and trainer.state.running.any():
            at = time.perf_counter()
            before = int(trainer.state.step.sum())
            done = min(total, done + piece)
            if trainer.advance(done, threads=threads, progress=tell if progress else None):
                return True
            tell(int(trainer.state.step.sum()) - before)
            faster = PIECE_S / max(time.perf_counter() - at, 1e-6)
            epochs = piece / schedule.steps_per_epoch * min(max(faster, 0.25), 8.0)
            piece = max(1, int(epochs)) * schedule.steps_per_epoch
    except KeyboardInterrupt:
        return True
    return False


def _first_piece(prepared: Prepared) -> int:
    """Return epochs that take about half of `PIECE_S` at a cautious 10 GFLOP/s."""
    n_networks, n_parameters = prepared.start.shape
    rows = prepared.schedule.batch * prepared.schedule.steps_per_epoch
    return max(1, int(PIECE_S / 2 * 1e10 / (6.0 * n_networks * n_parameters * rows)))


def _progress(trainer: Trainer, steps: int, elapsed_s: float) -> Progress:
    state, schedule = trainer.state, trainer.prepared.schedule
    size = state.n_networks
    loss = None
    for name in ("validation_loss", "train_loss"):
        values = state.figures[:, FIGURES.index(name)]
        reported = np.flatnonzero(np.isfinite(values).any(axis=0))
        if len(reported):
            loss = float(np.nanmedian(values[:, reported[-1]]))
            break
    return Progress(
        n_networks=size,
        n_diverged=int((state.status != 0).sum()),
        epoch=min(steps, size * schedule.total_steps) / size / schedule.steps_per_epoch,
        n_epochs=trainer.prepared.experiment.training.epochs,
        steps=steps,
        total_steps=size * schedule.total_steps,
        loss=loss,
        elapsed_s=elapsed_s,
    )


def warn(sentences: Sequence[str]) -> None:
    """Warn of each sentence, as seen from the caller of `Experiment.run`."""
    for sentence in sentences:
        python_warnings.warn(sentence, ShoalWarning, stacklevel=3)
