"""A run taken back to a step, to go on from there otherwise: a branch.

Data, split, order and networks stay the same; a setting of the training or the weights differ
from that step on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import BaseModel, ValidationError

from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.carry import carry_on, check_how
from shoal.experiments.changes import read_value
from shoal.experiments.checks import check_experiment
from shoal.experiments.document import Experiment
from shoal.experiments.ending import PASSED, ended, heal, looked_at, revive
from shoal.experiments.memory import Memory, first_memory, rule_of
from shoal.experiments.pieces import Outcome
from shoal.experiments.prepare import Prepared
from shoal.experiments.problems import experiment_error
from shoal.experiments.progress import Progress
from shoal.experiments.replay import owner, report_steps, trainer_at, with_history
from shoal.experiments.snapshots import TAPE_BYTES, Snapshots
from shoal.experiments.trainer import Trainer, begin
from shoal.kernels import ORACLE_RULES, KernelName, RuleSettings, State, first_counters
from shoal.network import Parameters
from shoal.network.layout import check_parameters
from shoal.training import rule_settings

if TYPE_CHECKING:
    from shoal.experiments.run import Run

FIXED: Final = {
    "data": "the rows stay what they are",
    "preprocess": "the rows stay what they are",
    "network": "the networks keep their shape",
    "population": "the networks stay the same",
    "seed": "its random numbers stay the same",
    "streams": "its random numbers stay the same",
    "training.dtype": "the weights keep their precision",
    "training.batch_size": "the steps keep their rows",
    "training.class_weight": "the rows keep their weights",
}
"""What no branch can change, and why."""
OF_THE_RULE: Final = ("slots", "counters")
OF_THE_BEST: Final = ("best", "best_value", "best_report")
OF_THE_WATCHES: Final = ("watch", "rate_factor")
OF_THE_SETTINGS: Final = ("hyper", "figures")
"""Arrays of a state that depend on settings; a branch keeps them where the settings are kept."""
OBJECTIVE: Final = (
    "loss", "loss_parameter", "mean_reduction", "l1", "l2", "dropout", "input_noise",
    "label_smoothing", "clip_norm", "clip_value", "frozen",
)  # fmt: skip
"""What decides the loss and the gradient that rules are handed."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rewound:
    """A run at a step, not carried on yet: see `Run.rewind`.

    A branch may be taken back to before the step at which it branched: it then goes on from the
    state of the run that made the step, with the settings of the branch.

    Attributes:
        run_of: the run that was taken back.
        step: to which step.
        experiment: the document to go on with.
        weights: (P, K) to go on with, None for those of the step.
    """

    run_of: Run
    step: int
    experiment: Experiment
    weights: np.ndarray | None = None

    def __repr__(self) -> str:
        total = self.experiment.training.epochs
        return f"<Rewound: step {self.step:,}, to go on to epoch {total:,}>"

    def with_(self, *changes: str, **settings: Any) -> Rewound:
        """Return the same moment with other settings from here on.

        Args:
            changes: as on the command line: ``"training.optimizer.learning_rate=0.1"``.
            settings: of the training, or of its optimizer: ``learning_rate=0.1``,
                ``optimizer=SGD(0.1)``, ``epochs=200``.

        Raises:
            ArgumentError: no such setting, or one that a branch cannot change.
            ExperimentError: a value that cannot be.
        """
        experiment = self.experiment
        for change in changes:
            key, equals, text = change.partition("=")
            if not equals:
                wanted = "must be changes such as 'training.epochs=20'"
                raise ArgumentError(
                    "Rewound.with_", "changes", wanted, got=repr(change), code="A101"
                )
            experiment = _changed(experiment, key.strip(), read_value(text.strip()))
        return replace(self, experiment=with_settings(experiment, settings))

    def with_weights(self, parameters: Parameters) -> Rewound:
        """Return the same moment with other weights.

        What a rule in Python remembers stays as it is.

        Args:
            parameters: of one network for all, or with an axis P.

        Raises:
            ArgumentError: they do not fit the network, or are not finite.
        """
        where, run = "Rewound.with_weights", self.run_of
        if not isinstance(parameters, Parameters):
            got = type(parameters).__name__
            raise ArgumentError(where, "parameters", "must be Parameters", got=got, code="A101")
        check_parameters(where, run.network.layout(), parameters)
        flat = np.asarray(parameters.flat, run.state.weights.dtype)
        if flat.ndim > 2 or (flat.ndim == 2 and len(flat) not in (1, len(run))):
            wanted = f"must hold one network or P={len(run)}"
            raise ArgumentError(where, "parameters", wanted, got=flat.shape[:-1], code="A104")
        if not np.isfinite(flat).all():
            raise ArgumentError(
                where, "parameters", "must be finite", got="NaN or infinity", code="A105"
            )
        weights = np.array(np.broadcast_to(flat, run.state.weights.shape))
        return replace(self, weights=weights)

    @property
    def parameters(self) -> Parameters:
        """The weights to go on with, layer by layer, with axis P."""
        if self.weights is None:
            return self.run_of.at(self.step)
        return Parameters.from_flat(self.run_of.network.layout(), self.weights.copy())

    def run(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[Progress], object] | None = None,
        kernel: KernelName = "auto",
        tape_bytes: int = TAPE_BYTES,
        allow_python: bool = False,
    ) -> Run:
        """Carry the branch on to its end; its history has both parts on one axis.

        Args:
            threads: how many to use.
            progress: called a few times a second.
            kernel: "rows" or "networks" decides which kernel is used.
            tape_bytes: what snapshots on the way may take.
            allow_python: whether Python functions that a change names may be imported.

        Raises:
            InputError: a Python function may not or cannot be imported.
            ExperimentError: settings that do not fit network or data, or an end before `step`.
            FunctionError: a rule or a predicate in Python failed; `error.run` has what was
                trained.
        """
        check_how("Rewound.run", threads, kernel)
        experiment = self.experiment.with_functions(allow_python=allow_python)
        trainer = self.begin(experiment, threads=threads, kernel=kernel)
        snapshots = Snapshots(tape_bytes, keeps_first=True)
        outcome = carry_on(trainer, snapshots, threads=threads, progress=progress)
        branch = self.record(trainer, outcome, snapshots)
        if outcome.failure is not None:
            outcome.failure.run = branch
            raise outcome.failure
        return branch

    def begin(
        self,
        experiment: Experiment,
        *,
        threads: int | None = None,
        kernel: KernelName = "auto",
    ) -> Trainer:
        """Return the population where the branch begins, to be carried on.

        Args:
            experiment: of the branch, its functions found.
            threads: how many to use on the way to the step.
            kernel: "rows" or "networks" decides which kernel is used.

        Raises:
            ExperimentError: settings that do not fit network or data, or an end before `step`.
        """
        parent = self.run_of
        prepared = resettled(parent.prepared, experiment)
        check_end(prepared, self.step)
        made_by = owner(parent, self.step)
        before = trainer_at(made_by, self.step, threads=threads)
        state = _state(made_by, with_history(made_by, before.state), prepared)
        if self.weights is not None:
            _edit(state, self.weights, prepared.settings)
        memory = _memory(made_by.prepared, before.memory, prepared)
        return Trainer(prepared, state=state, memory=memory, kernel=kernel)

    def record(self, trainer: Trainer, outcome: Outcome, snapshots: Snapshots) -> Run:
        """Return the record of a branch that was carried on from `begin`."""
        return replace(
            self.run_of,
            experiment=trainer.prepared.experiment,
            prepared=trainer.prepared,
            state=trainer.state,
            seconds=outcome.seconds,
            interrupted=outcome.interrupted,
            snapshots=snapshots,
            memory=trainer.memory,
            parent=self.run_of,
            branched_at=self.step,
            probes={},
            probe_steps=(),
        )


def with_settings(experiment: Experiment, settings: Mapping[str, object]) -> Experiment:
    """Return the document of a branch: with other settings of the training, by name or key.

    Raises:
        ArgumentError: no such setting, or one that a branch cannot change.
        ExperimentError: a value that cannot be.
    """
    for name in sorted(settings, key=lambda each: each != "optimizer"):
        experiment = _changed(experiment, _full_key(experiment, name), settings[name])
    return experiment


def check_end(prepared: Prepared, step: int) -> None:
    """Raise unless a branch ends at the step where it begins, or later.

    Raises:
        ArgumentError: it does not.
    """
    total = prepared.settings.total_steps
    if total < step:
        wanted = f"must not end before step {step:,}, where it branches"
        raise ArgumentError(
            "Rewound.run", "training.epochs", wanted, got=f"{total:,} steps", code="A102"
        )


def resettled(before: Prepared, experiment: Experiment) -> Prepared:
    """Return what was prepared with other settings of the training."""
    part = before.parts[0]
    check_experiment(experiment, part.dataset, part.split, len(before.part_of))
    schedule = experiment.training.steps(part.train.x.shape[0])
    settings = rule_settings(
        experiment.training,
        before.network,
        schedule,
        kind=part.dataset.schema.kind,
        shuffled=before.settings.shuffled,
        has_validation=part.validation is not None,
    )
    hyper = experiment.training.hyper(len(before.part_of))
    return replace(before, experiment=experiment, hyper=hyper, schedule=schedule, settings=settings)


def with_figures(figures: np.ndarray, before: RuleSettings, after: RuleSettings) -> np.ndarray:
    """Return a history (P, F, T) on the reports of other settings, as far as both have them."""
    shape = (len(figures), len(after.figures), after.n_reports)
    found = np.full(shape, np.nan)
    _, old, new = np.intersect1d(report_steps(before), report_steps(after), return_indices=True)
    for k, name in enumerate(after.figures):
        if name in before.figures:
            found[:, k, new] = figures[:, before.figures.index(name), old]
    return found


def same_reports(before: RuleSettings, after: RuleSettings, step: int) -> bool:
    """Return whether both settings make the same reports up to `step`."""
    own, other = report_steps(before), report_steps(after)
    return np.array_equal(own[own <= step], other[other <= step])


def _full_key(experiment: Experiment, name: str) -> str:
    """Return the key path of a setting that was given by its name."""
    training = experiment.training
    if "." in name or name in Experiment.model_fields:
        return name
    if name in type(training).model_fields:
        return f"training.{name}"
    if name in type(training.optimizer).model_fields:
        return f"training.optimizer.{name}"
    known = [*type(training).model_fields, *type(training.optimizer).model_fields]
    raise ArgumentError(
        "Rewound.with_",
        name,
        "must be a setting of the training",
        got="an unknown name",
        cure=did_you_mean(name, known),
        code="A103",
    )


def _full_path(experiment: Experiment, key: str) -> str:
    """Return the cure for a change that names a setting without its tables."""
    training = experiment.training
    known = [f"training.{name}" for name in type(training).model_fields]
    known += [f"training.optimizer.{name}" for name in type(training.optimizer).model_fields]
    found = next((path for path in known if path.rpartition(".")[2] == key), None)
    return f"Did you mean '{found}'?" if found else ""


def _changed(experiment: Experiment, key: str, value: object) -> Experiment:
    """Return the experiment with one setting changed."""
    path = key.split(".")
    for start in (path[0], ".".join(path[:2])):
        if start in FIXED:
            wanted = f"cannot be changed in a branch: {FIXED[start]}"
            cure = "Run a new experiment for that."
            raise ArgumentError("Rewound.with_", key, wanted, got=value, cure=cure, code="A111")
    if path[0] != "training" or len(path) == 1:
        wanted = "must be a setting of the training, such as training.epochs"
        cure = _full_path(experiment, key)
        raise ArgumentError("Rewound.with_", key, wanted, got=value, cure=cure, code="A111")
    fields = {name: getattr(experiment, name) for name in type(experiment).model_fields}
    document = fields | {"training": _put(experiment.training, path[1:], value)}
    try:
        made = type(experiment).model_validate(document)
    except ValidationError as error:
        raise experiment_error("Rewound.with_", type(experiment), document, error) from None
    made._folder, made._source = experiment.folder, experiment.source
    return made


def _put(table: object, path: list[str], value: object) -> object:
    """Return a record as a table with the value at `path` replaced."""
    if not path:
        return value
    if isinstance(table, list | tuple):
        items = list(table)
        if path[0].isdigit() and int(path[0]) < len(items):
            items[int(path[0])] = _put(items[int(path[0])], path[1:], value)
        return items
    if isinstance(table, BaseModel):
        found: dict[str, Any] = {n: getattr(table, n) for n in type(table).model_fields}
    else:
        found = dict(table) if isinstance(table, Mapping) else {"name": table}
    found[path[0]] = _put(found.get(path[0]), path[1:], value)
    return found


def _state(made_by: Run, before: State, prepared: Prepared) -> State:
    """Return the state at which a branch begins, from that of the run that made the step."""
    old, new = made_by.prepared.settings, prepared.settings
    state, step = begin(prepared), int(looked_at(made_by.prepared, before).max())
    fresh = set(OF_THE_SETTINGS)
    if (old.rule, old.n_slots) != (new.rule, new.n_slots):
        fresh.update(OF_THE_RULE)
    if new.rule in ORACLE_RULES and any(getattr(old, n) != getattr(new, n) for n in OBJECTIVE):
        fresh.add("counters")  # the loss they carry along is another one's
    alike = same_reports(old, new, step) and old.figures == new.figures
    if old.keep_best != new.keep_best or not alike:
        fresh.update(OF_THE_BEST)
    if old.watches != new.watches or not alike:
        fresh.update(OF_THE_WATCHES)
    kept = {name: array for name, array in before.arrays().items() if name not in fresh}
    state = replace(state, **kept, figures=with_figures(before.figures, old, new))
    if "best" in fresh and state.keeps_best:
        state.best[:] = state.weights
    if made_by.experiment.training.stop != prepared.experiment.training.stop:
        revive(state, ended(state) != 0)
        heal(state, state.status == PASSED)
    return state


def _memory(old: Prepared, memory: Memory, new: Prepared) -> Memory:
    """Return what a rule in Python remembers where a branch begins: nothing of another's."""
    return memory if rule_of(old) == rule_of(new) else first_memory(new)


def _edit(state: State, weights: np.ndarray, settings: RuleSettings) -> None:
    """Put other weights in; networks that get them run again, even if they had diverged."""
    other = (weights != state.weights).any(axis=1)
    heal(state, other)
    if settings.rule in ORACLE_RULES:  # the loss they carry along is that of the old weights
        state.counters[other] = first_counters(settings, int(other.sum()))
    state.weights[:] = weights
