"""The sides of a comparison: experiments on the same seeds, trained pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.comparison.goals import TIMES, WHERE, Goal
from shoal.experiments.comparison.stuck import stuck
from shoal.experiments.comparison.times import times_to
from shoal.experiments.document import Experiment, Population
from shoal.experiments.ending import evaluations
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import Prepared
from shoal.experiments.progress import Progress
from shoal.experiments.result import clean_accuracy
from shoal.experiments.run import Run
from shoal.network import loss_settings
from shoal.streams import StreamName


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arm:
    """One side of a comparison: network i of every arm has the same seeds.

    Attributes:
        name: what it is called.
        experiment: with the seeds and the population of the comparison.
        figures: of the delivered weights by name, each (P,); NaN where a network has none.
        sound: which networks did not diverge, (P,).
        stuck: which learned nothing, (P,): see `stuck`.
        steps, evaluations: of each network, (P,).
        history: figures at each report, each (P, T).
        report_steps: the step of each report, (T,).
        seconds: of training, this arm alone.
        n_parameters: of a network.
        baselines: of the figure compared: "constant guess", "linear model".
        attainable: what the best rule reaches in expectation, None if not known.
    """

    name: str
    experiment: Experiment
    figures: Mapping[str, np.ndarray]
    sound: np.ndarray
    stuck: np.ndarray
    steps: np.ndarray
    evaluations: np.ndarray
    history: Mapping[str, np.ndarray]
    report_steps: np.ndarray
    seconds: float
    n_parameters: int
    baselines: Mapping[str, float] = field(default_factory=dict)
    attainable: float | None = None

    @property
    def n_diverged(self) -> int:
        """How many networks diverged."""
        return int((~self.sound).sum())

    @property
    def n_stuck(self) -> int:
        """How many networks learned nothing, without diverging."""
        return int(self.stuck.sum())

    @property
    def data(self) -> tuple[str, str]:
        """What decides the rows, beside the seeds."""
        return self.experiment.data.model_dump_json(), str(self.experiment.folder)


def aligned(
    arms: Sequence[Experiment], vary: Sequence[StreamName], size: int = 1
) -> list[Experiment]:
    """Return the experiments with the first one's seed and streams, and one population for all."""
    if len(arms) < 2:
        raise ArgumentError(
            WHERE, "arms", "must be two experiments or more", got=len(arms), code="A104"
        )
    first = arms[0]
    population = Population(size=size, vary=tuple(vary))
    shared = {"seed": first.seed, "streams": first.streams, "population": population}
    return [each.model_copy(update=shared) for each in arms]


def arm_names(arms: Sequence[Experiment], names: Sequence[str] | None) -> list[str]:
    """Return what arms are called: as given, or by their files, or A, B, C.

    Raises:
        ArgumentError: something else than experiments, another number of names than arms, or
            one twice.
    """
    given: Any = arms
    wrong = [given] if isinstance(given, Experiment | str) else []
    wrong = wrong or [each for each in given if not isinstance(each, Experiment)]
    if wrong:
        name = type(wrong[0]).__name__
        wanted = "must be a list of experiments: [shoal.Experiment.load(FILE), ...]"
        raise ArgumentError(WHERE, "arms", wanted, got=name, code="A101")
    if names is None:
        stems = [each.source.replace("\\", "/").rpartition("/")[2] for each in arms]
        stems = [stem.rpartition(".")[0] or stem for stem in stems]
        if len(set(stems)) == len(arms):
            return stems
        return [chr(ord("A") + k) if k < 26 else f"arm {k + 1}" for k in range(len(arms))]
    if len(names) != len(arms) or len(set(names)) != len(names):
        wanted = f"must be {len(arms)} different names, one for each arm"
        raise ArgumentError(WHERE, "names", wanted, got=list(names), code="A110")
    return list(names)


def figures_of(prepared: Prepared) -> list[str]:
    """Return the figures that networks will have once they are trained."""
    part, found = prepared.parts[0], list(prepared.settings.figures)
    if part.validation is None:
        found = [name for name in found if not name.startswith("validation_")]
    measures = {name.partition("_")[2] for name in prepared.settings.figures}
    if part.test is not None:
        found += [f"test_{name}" for name in sorted(measures)]
    noise = prepared.experiment.data.label_noise
    if "accuracy" in measures and (noise == 0 or part.dataset.clean_y is not None):
        found.append("clean_accuracy")
    return found


def loss_of(prepared: Prepared) -> tuple[object, ...]:
    """Return what decides the numbers that a loss gives."""
    training = prepared.experiment.training
    loss = training.loss_for(prepared.experiment.network)
    settings = {} if training.loss is None else loss_settings(training.loss)
    return loss, tuple(settings.items())


def trained(
    name: str,
    prepared: Prepared,
    goal: Goal | None,
    *,
    threads: int | None = None,
    tick: Callable[[Progress], object] | None = None,
) -> Arm:
    """Return an arm on the pairs that it was prepared for.

    Raises:
        KeyboardInterrupt: Ctrl-C came.
    """
    run = carry_out(prepared, threads=threads, tape_bytes=0, progress=tick)
    if run.interrupted:
        raise KeyboardInterrupt
    figures = {**{name: run.final(name) for name in run.history}, **run.test}
    clean = _clean(run)
    if clean is not None:
        figures["clean_accuracy"] = clean
    if goal is not None:
        again = partial(carry_out, threads=threads, tape_bytes=0, progress=tick)
        figures |= dict(zip(TIMES, times_to(goal, run, again), strict=True))
    return Arm(
        name=name,
        experiment=prepared.experiment,
        figures=figures,
        sound=run.sound,
        stuck=stuck(run),
        steps=np.array(run.steps),
        evaluations=np.array(evaluations(run.state)),
        history=dict(run.history),
        report_steps=run.report_steps,
        seconds=run.seconds,
        n_parameters=run.network.layout().n_parameters,
    )


def joined(before: Arm | None, more: Arm) -> Arm:
    """Return an arm with further pairs after those it has."""
    return _with_seconds(more if before is None else _together(before, more))


def _together(before: Arm, more: Arm) -> Arm:
    together: dict[str, Any] = {
        name: np.concatenate([getattr(before, name), getattr(more, name)])
        for name in ("sound", "stuck", "steps", "evaluations")
    }
    return replace(
        before,
        figures=_joined(before.figures, more.figures),
        history=_joined(before.history, more.history),
        seconds=before.seconds + more.seconds,
        **together,
    )


def _joined(
    before: Mapping[str, np.ndarray], more: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    return {name: np.concatenate([values, more[name]]) for name, values in before.items()}


def _with_seconds(arm: Arm) -> Arm:
    """Return an arm with seconds to the target: its own seconds, shared out by evaluations."""
    if TIMES[0] not in arm.figures:
        return arm
    each = arm.seconds / max(1, int(arm.evaluations.sum()))
    return replace(arm, figures={**arm.figures, TIMES[2]: arm.figures[TIMES[0]] * each})


def _clean(run: Run) -> np.ndarray | None:
    """Return the accuracy against the labels before they were flipped, (P,)."""
    if "train_accuracy" not in run.history:
        return None
    if run.experiment.data.label_noise == 0:
        seen = run.prepared.parts[0].validation is not None
        return run.final("validation_accuracy" if seen else "train_accuracy")
    return clean_accuracy(run)
