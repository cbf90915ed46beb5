"""The record of what came of an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError, FunctionError, did_you_mean
from shoal.experiments.branch import Rewound
from shoal.experiments.document import Experiment
from shoal.experiments.ending import sound, stopped_at, stopped_because
from shoal.experiments.measure import measured, on_rows
from shoal.experiments.models import model_of
from shoal.experiments.prepare import Prepared
from shoal.experiments.probes import Probe, Probes, check_probes
from shoal.experiments.replay import check_step, report_steps, state_at, trainer_at
from shoal.experiments.result import result_document
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.tape import Tape
from shoal.kernels import CAUSES, LIMIT_PASSED, State
from shoal.models import Model
from shoal.network import Network, Parameters
from shoal.network.worked import Folding, Trace
from shoal.views import Viewed


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Run(Viewed):
    """What came of an experiment.

    ``run.history["validation_accuracy"]`` has shape (P, T): networks, reports (epochs unless
    ``report_every`` says otherwise), NaN after a network has ended. ``run.ensemble``,
    ``run.best`` and ``run[3]`` are models. ``run.at(step)``, ``run.tape()`` and
    ``run.rewind(step)`` go back to any step.

    Attributes:
        experiment: the document.
        network: with its inputs known.
        prepared: the data and start it was made from.
        state: the arrays at the end; not to be changed.
        seconds: training and figures, without reading and start-up.
        interrupted: whether Ctrl-C ended it early.
        warnings: what was told before and after training.
        snapshots: states on the way.
        memory: what a rule in Python remembers of each network at the end; not to be changed.
        parent: the run that this one branched from, None if from none.
        branched_at: the step at which it did.
        probes: what probes found, by name, each (P, n_steps, ...).
        probe_steps: the steps at which they looked.
    """

    experiment: Experiment
    network: Network
    prepared: Prepared
    state: State
    seconds: float
    interrupted: bool
    warnings: tuple[str, ...]
    snapshots: Snapshots = field(default_factory=lambda: Snapshots(0))
    memory: Sequence[Any] = ()
    parent: Run | None = None
    branched_at: int = 0
    probes: Mapping[str, np.ndarray] = field(default_factory=dict)
    probe_steps: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.state.n_networks

    def __repr__(self) -> str:
        sizes = [self.network.n_inputs, *(layer.units for layer in self.network.layers)]
        shape = "-".join(str(n) for n in sizes)
        reasons = ", ".join(dict.fromkeys(self.stopped_because))
        plural = "" if len(self) == 1 else "s"
        steps = f"{int(self.steps.max()):,} steps"
        return f"<Run: {len(self):,} network{plural} {shape}, {steps}, {reasons}>"

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
        return _read_only(self.state.step)

    @property
    def sound(self) -> np.ndarray:
        """Which networks have not diverged, (P,) bool."""
        return sound(self.state)

    @cached_property
    def report_steps(self) -> np.ndarray:
        """The step of each report, (T,); of a branch, those before it too."""
        steps = report_steps(self.prepared.settings)
        if self.parent is None:
            return steps
        before = self.parent.report_steps
        own = steps[steps > self.branched_at]
        return np.concatenate([before[before <= self.branched_at], own])

    @cached_property
    def history(self) -> Mapping[str, np.ndarray]:
        """Figures at the end of each epoch (or report) by name, each (P, T), at `report_steps`.

        Units:
            Cross-entropy in nats, squared error in the target's own units squared.
        """
        own = self._own_figures
        if self.parent is None:
            return own
        parent = self.parent
        n_before = int((parent.report_steps <= self.branched_at).sum())
        after = report_steps(self.prepared.settings) > self.branched_at
        return {
            name: _read_only(np.concatenate([before[:, :n_before], values[:, after]], axis=1))
            for name, values in own.items()
            for before in [
                parent.history.get(name, np.full_like(parent.state.figures[:, 0], np.nan))
            ]
        }

    @cached_property
    def _own_figures(self) -> dict[str, np.ndarray]:
        """Figures at the reports of this run's own settings, each (P, T)."""
        figures = self.state.figures
        names = self.prepared.settings.figures
        return {name: _read_only(figures[:, k]) for k, name in enumerate(names)}

    @cached_property
    def weights(self) -> np.ndarray:
        """The delivered parameters, flat, (P, K): the last ones, or the best if asked for."""
        state = self.state
        if not state.keeps_best:
            return _read_only(state.weights)
        kept = (state.best_report >= 0)[:, np.newaxis]
        return _read_only(np.where(kept, state.best, state.weights))

    @property
    def parameters(self) -> Parameters:
        """The delivered parameters layer by layer, with axis P."""
        return Parameters.from_flat(self.network.layout(), self.weights)

    @property
    def delivered_report(self) -> np.ndarray:
        """The report whose weights are delivered, (P,), of this run's own reports; -1: none.

        None is the report of a network that was interrupted or ended between two, or diverged.
        """
        state, settings = self.state, self.prepared.settings
        if state.keeps_best:
            return state.best_report
        at_end = (state.step == settings.total_steps) & self.sound
        exact = (state.step % settings.report_every == 0) & (state.step > self.branched_at)
        reached = state.step // settings.report_every - 1
        last = np.where(at_end, settings.n_reports - 1, np.where(exact, reached, -1))
        return np.where(self.sound, last, -1)

    @property
    def delivered_step(self) -> np.ndarray:
        """The step whose weights are delivered, (P,)."""
        report = self.delivered_report
        steps = report_steps(self.prepared.settings)[np.maximum(report, 0)]
        return np.where(report >= 0, steps, self.state.step)

    def final(self, figure: str) -> np.ndarray:
        """Return a figure of the delivered weights, (P,).

        Where no report was made of them (a network that was interrupted or ended between two
        reports), it is computed. A network that diverged has NaN: see `diverged`.

        Raises:
            ArgumentError: there is no such figure.
        """
        if figure not in self._own_figures:
            names = ", ".join(self._own_figures)
            cure = did_you_mean(figure, self._own_figures)
            raise ArgumentError(
                "Run.final",
                "figure",
                f"must be one of {names}",
                got=repr(figure),
                cure=cure,
                code="A103",
            )
        return self._final[figure]

    @cached_property
    def _final(self) -> dict[str, np.ndarray]:
        rows, report = np.arange(len(self)), self.delivered_report
        known = (report >= 0) & self.sound
        found = {
            name: np.where(known, values[rows, np.maximum(report, 0)], np.nan)
            for name, values in self._own_figures.items()
        }
        unknown = np.flatnonzero(self.sound & ~known)
        if len(unknown):
            now = measured(self.prepared, self.weights, self.delivered_step, unknown)
            for name in found:
                found[name][unknown] = now[name][unknown]
        return {name: _read_only(values) for name, values in found.items()}

    @cached_property
    def test(self) -> Mapping[str, np.ndarray]:
        """Figures of the delivered weights on the test rows, which nothing saw before.

        Returns:
            ``test_loss`` and ``test_accuracy``, each (P,), NaN for a network that diverged;
            nothing if the experiment keeps no test rows.
        """
        rows = [part.test for part in self.prepared.parts]
        if all(each is None for each in rows):
            return {}
        found = on_rows(self.prepared, self.weights, np.flatnonzero(self.sound), rows)
        return {f"test_{measure}": _read_only(values) for measure, values in found.items()}

    @property
    def diverged(self) -> list[dict[str, Any]]:
        """The networks that diverged: index, step, cause and last reported training loss."""
        found = []
        for i in np.flatnonzero(~self.sound).tolist():
            losses, cause = self.history["train_loss"][i], int(self.state.status[i])
            known = losses[np.isfinite(losses)]
            found.append(
                {
                    "index": i,
                    "seed": self.seeds[i],
                    "step": int(self.steps[i]) + (cause != LIMIT_PASSED),
                    "cause": CAUSES[cause],
                    "last_train_loss": float(known[-1]) if len(known) else None,
                }
            )
        return found

    @property
    def stopped_because(self) -> list[str]:
        """Why each network ended.

        "epochs", "steps", "target", "plateau", "evaluations", "seconds", "python", "diverged" or
        "interrupted".
        """
        return stopped_because(self.prepared, self.state)

    @property
    def stopped_at(self) -> np.ndarray:
        """The step at which the clock or a Python function ended a network, (P,); -1: neither."""
        return stopped_at(self.state)

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
        members = np.flatnonzero(self.sound).tolist()
        if not members:
            raise ArgumentError(
                "Run.ensemble",
                "networks",
                "must not all have diverged",
                got="none that is sound",
                code="R101",
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
        part = "validation" if np.isfinite(self.final("validation_loss")).any() else "train"
        accuracy = self._final.get(f"{part}_accuracy", np.full(len(self), np.nan))
        loss = np.nan_to_num(self.final(f"{part}_loss"), nan=np.inf)
        return int(np.lexsort((loss, -np.nan_to_num(accuracy, nan=-1.0)))[0])

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
        """Return the parameters after `step` updates, computed again from the nearest snapshot.

        A network that ended or diverged before has its last weights.

        Raises:
            ArgumentError: `step` is not one of the run's, 0 to its steps.
        """
        step = check_step("Run.at", step, self.prepared.settings.total_steps)
        flat = trainer_at(self, step, threads=threads).state.weights
        return Parameters.from_flat(self.network.layout(), flat)

    def state_at(self, step: int, *, threads: int | None = None) -> State:
        """Return the whole state after `step` updates, with the history until then.

        Raises:
            ArgumentError: `step` is not one of the run's, 0 to its steps.
        """
        step = check_step("Run.state_at", step, self.prepared.settings.total_steps)
        return state_at(self, step, threads=threads)

    def tape(self, step: int = 0, *, threads: int | None = None) -> Tape:
        """Return a cursor that winds the run back and forth.

        Raises:
            ArgumentError: `step` is not one of the run's, 0 to its steps.
        """
        return Tape(self, threads=threads).at(step)

    def rewind(self, step: int) -> Rewound:
        """Return the run at a step, to go on from there with another setting or other weights.

        A branch that is taken back to before its branch point goes on with its own settings from
        the state of the run that made the step.

        Raises:
            ArgumentError: `step` is not one of the run's, 0 to its steps.
        """
        step = check_step("Run.rewind", step, self.prepared.settings.total_steps)
        return Rewound(run_of=self, step=step, experiment=self.experiment)

    def probe(self, function: Probe, steps: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return what a function says of the weights at some steps.

        Args:
            function: from `Parameters` with axis P to an array (P, ...).
            steps: at which steps; taken in ascending order, each once.

        Shapes:
            (P, n_steps, ...)

        Raises:
            ArgumentError: a step that the run does not have.
            FunctionError: `function` raised, or returned another shape.
        """
        total = self.prepared.settings.total_steps
        functions, found = check_probes("Run.probe", {"function": function}, steps, total)
        probes, tape = Probes(self.network, functions, found), Tape(self)
        try:
            for step in found:
                probes.take(step, tape.at(step).weights)
        except FunctionError as error:
            error.run = self
            raise
        return probes.arrays["function"]

    def trace(
        self,
        row: int | None = None,
        *,
        point: ArrayLike | None = None,
        step: int | None = None,
        network: int | None = None,
        backward: bool = True,
        update: bool | None = None,
        folding: Folding | None = None,
    ) -> Trace:
        """Return one row worked through one network, with the actual numbers.

        Args:
            row: a row of the network's dataset, counted from 0.
            point: features in the dataset's units, in place of a row; it has no target.
            step: updates done; None for the weights that are delivered.
            network: which; None for the best.
            backward: whether derivatives are worked too.
            update: whether the update that follows is worked; None: if there is one. True
                without a step takes the last step that one follows.
            folding: how much is shown; ``shoal.network.worked.ALL`` for everything.

        Raises:
            ArgumentError: there is no such row, step or network, or no update follows.

        Example:
            >>> from shoal.experiments import Experiment
            >>> run = Experiment().run()
            >>> worked = run.trace(3, step=100)
            >>> worked.loss.value > 0, worked.update.step
            (True, 101)
        """
        from shoal.experiments.worked import trace_run

        return trace_run(
            self, row, point=point, step=step, network=network, backward=backward,
            update=update, folding=folding,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the result as the JSON document of ``shoal run --json``."""
        return result_document(self)


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return a view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


__all__ = ["Run"]
