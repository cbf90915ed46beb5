"""Trying remedies: pairs of networks without and with one, judged by the exact sign test.

Every stream varies from pair to pair, and the networks are others than those that were
diagnosed, so that what is proved is about the experiment and not about the seeds that raised
the suspicion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

import numpy as np

from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments.changes import override
from shoal.experiments.comparison.arms import aligned
from shoal.experiments.doctor.examined import median
from shoal.experiments.doctor.guess import guess_loss, unexplained
from shoal.experiments.doctor.records import CLEAR, Judge, Proof, Remedy
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import Part, Prepared, prepare
from shoal.experiments.progress import Progress
from shoal.experiments.run import Run
from shoal.experiments.shelf import Shelf
from shoal.kernels import RowSet, forward
from shoal.metrics import predicted_classes
from shoal.metrics.paired import sign_p
from shoal.streams import StreamName

STREAM_NAMES: Final[tuple[StreamName, ...]] = get_args(StreamName)
PAIRS: Final = 16
FIRST: Final = 1_000
"""The number of the first network of a proof."""
MOST_ROWS: Final = 2**16
"""Rows that recalls are counted on."""
WITHIN_S: Final = 60.0
"""Seconds, by estimate, that the pairs of one remedy may take."""
FLOPS: Final = 1e10
"""Floating-point operations a second, about: 6 a parameter and row..."""
STEP_S: Final = 3e-7
"""...and what a step costs beside them."""
WORTH: Final[Mapping[Judge, float]] = {
    "loss": 0.05, "fit": 0.05, "accuracy": 0.01, "recall": 0.05, "sound": 0.0
}  # fmt: skip
"""The least median gain that is worth having: of the unexplained share, and in points."""


class TooLong(InputError):  # noqa: N818 - it is told as a sentence, never raised to the user
    """The pairs of a remedy would take longer than they may."""


class Trial:
    """An experiment on the pairs, and with any changes on the same pairs; each is run once.

    Args:
        experiment: without any remedy.
        rows: what `Experiment.run` takes, or None.
        columns: the names of the columns of given rows.
        pairs: how many.
        first: the number of the first network, as populations count them.
        threads: how many to use.
        within_s: what the pairs of one remedy may take, by estimate.
        beside: changes in force on both sides.
        shelf: of what the arms have in common.
        tick: called about every 50 ms while networks train.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        rows: Any = None,
        columns: Sequence[str] = (),
        pairs: int = PAIRS,
        first: int = FIRST,
        threads: int | None = None,
        within_s: float = WITHIN_S,
        beside: tuple[str, ...] = (),
        shelf: Shelf | None = None,
        tick: Callable[[Progress], object] | None = None,
    ) -> None:
        self.experiment = experiment
        self.rows = rows
        self.columns = tuple(columns)
        self.pairs = pairs
        self.first = first
        self.threads = threads
        self.within_s = within_s
        self.beside = beside
        self.tick = tick
        self._shelf = Shelf() if shelf is None else shelf
        self._runs: dict[tuple[tuple[str, ...], tuple[str, ...]], Run] = {}

    def on_top_of(self, changes: tuple[str, ...]) -> Trial:
        """Return the trial with more changes in force on both sides."""
        if not changes:
            return self
        return Trial(
            self.experiment,
            rows=self.rows,
            columns=self.columns,
            pairs=self.pairs,
            first=self.first,
            threads=self.threads,
            within_s=self.within_s,
            beside=self.beside + changes,
            shelf=self._shelf,
            tick=self.tick,
        )

    def arm(self, remedy: Remedy | None = None) -> Run:
        """Return the pairs' networks with a remedy, or without any.

        Raises:
            InputError: the experiment cannot be so changed, or it would take too long.
        """
        changes = () if remedy is None else remedy.changes
        without = () if remedy is None else remedy.without
        if (changes, without) not in self._runs:
            self._runs[changes, without] = self._carry_out(changes, without)
        return self._runs[changes, without]

    def _carry_out(self, changes: tuple[str, ...], without: tuple[str, ...]) -> Run:
        experiment = changed(self.experiment, (*self.beside, *changes))
        _, experiment = aligned([self.experiment, experiment], STREAM_NAMES)
        rows = _left(self.rows, without, self.columns) if without else self.rows
        members = range(self.first, self.first + self.pairs)
        prepared = prepare(experiment, rows=rows, members=members, shelf=self._shelf)
        needs_s = estimated_s(prepared)
        if needs_s > self.within_s:
            raise TooLong(
                f"its {self.pairs} pairs would take about {needs_s:,.0f} s; allowed are "
                f"{self.within_s:g} s."
            )
        run = carry_out(prepared, threads=self.threads, tape_bytes=0, progress=self.tick)
        if run.interrupted:
            raise KeyboardInterrupt
        return run

    def proof(self, remedy: Remedy, judge: Judge = "loss") -> Proof:
        """Return what comes of a remedy.

        Raises:
            InputError: the experiment cannot be so changed.
        """
        before, after = self.arm(), self.arm(remedy)
        found = proof_of(before, after, judge, self.beside)
        if judge != "fit" or not found.helps:
            return found
        carries_over = proof_of(before, after, "loss", self.beside)
        return replace(found, helps=carries_over.wins > carries_over.losses)


def estimated_s(prepared: Prepared) -> float:
    """Return how long training takes on one thread, about; the same on every machine."""
    settings, n_parameters = prepared.settings, prepared.start.shape[1]
    each = {"finite_difference": 2 * n_parameters, "random_perturbation": 2, "evolution": 16}
    operations = 6 * n_parameters * settings.batch * each.get(settings.rule, 1)
    return float(len(prepared.start) * settings.total_steps * (operations / FLOPS + STEP_S))


def changed(experiment: Experiment, changes: Sequence[str]) -> Experiment:
    """Return an experiment with changes, its Python functions kept.

    Raises:
        InputError: the experiment cannot be so changed.
    """
    document = override(experiment.document(), changes)
    made = Experiment.read(document, source=experiment.source, folder=experiment.folder)
    if not experiment.training.functions:
        return made
    return made.with_functions(allow_python=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How remedies are judged.

    Attributes:
        name: of the figure, with the part of the rows in front.
        values: the figure of each network, higher is better.
        shown: what is shown of it, (P,).
    """

    name: str
    values: Callable[[Run], np.ndarray]
    shown: Callable[[Run], np.ndarray]


def proof_of(before: Run, after: Run, judge: Judge, beside: tuple[str, ...] = ()) -> Proof:
    """Return the proof from the networks without and with a remedy.

    A network that diverged is worse than any that did not.
    """
    judging = JUDGES[judge]
    one, other = (_ranked(judging.values(run), run) for run in (before, after))
    wins, losses = int((other > one).sum()), int((other < one).sum())
    both = np.isfinite(one) & np.isfinite(other)
    gain = median(other[both] - one[both])
    p_value = sign_p(wins, losses)
    n_before, n_after = (int((~run.sound).sum()) for run in (before, after))
    rescued = n_after < n_before and not 2 * both.sum() > len(both)
    worth = rescued or judge == "sound" or gain >= WORTH[judge]
    return Proof(
        figure=judging.name.format(part=judged_part(before)),
        before=median(judging.shown(before)),
        after=median(judging.shown(after)),
        gain=gain,
        wins=wins,
        losses=losses,
        ties=len(one) - wins - losses,
        p_value=p_value,
        n_diverged_before=n_before,
        n_diverged_after=n_after,
        helps=bool(wins > losses and p_value <= CLEAR and worth),
        beside=beside,
    )


def judged_part(run: Run) -> str:
    """Return the part of the rows that networks are judged by."""
    return "train" if run.prepared.parts[0].validation is None else "validation"


def _ranked(values: np.ndarray, run: Run) -> np.ndarray:
    return np.where(run.sound, values, -math.inf)


def _loss(run: Run) -> np.ndarray:
    return run.final(f"{judged_part(run)}_loss")


def _explained(run: Run) -> np.ndarray:
    guesses = [guess_loss(run.prepared, part, _judged_rows(part)) for part in run.prepared.parts]
    return -unexplained(_loss(run), np.array(guesses)[run.prepared.part_of])


def _fitted(run: Run) -> np.ndarray:
    guesses = [guess_loss(run.prepared, part, part.train) for part in run.prepared.parts]
    return -unexplained(run.final("train_loss"), np.array(guesses)[run.prepared.part_of])


def _accuracy(run: Run) -> np.ndarray:
    name = f"{judged_part(run)}_accuracy"
    return run.final(name) if name in run.history else -_loss(run)


def mean_recall(run: Run) -> np.ndarray:
    """Return the mean over the classes of the share of their rows that is found, (P,)."""
    return np.array([np.mean(list(each.values())) if each else math.nan for each in recalls(run)])


def recalls(run: Run) -> list[dict[int, float]]:
    """Return for each network the share of each class's judged rows that it finds."""
    found: list[dict[int, float]] = [{} for _ in range(len(run))]
    for k, part in enumerate(run.prepared.parts):
        members = np.flatnonzero((run.prepared.part_of == k) & run.sound)
        rows = _judged_rows(part)
        if not len(members):
            continue
        some = slice(None, None, -(-len(rows.x) // MOST_ROWS))
        outputs = forward(run.network, run.weights[members], rows.x[some], threads=1)
        y = predicted_classes(rows.y[some])
        if run.prepared.settings.accuracy == "threshold":
            said = (outputs[..., 0] > run.prepared.settings.threshold).astype(int)
        else:
            said = outputs.argmax(axis=-1)
        for row, i in enumerate(members.tolist()):
            found[i] = {int(c): float((said[row] == c)[y == c].mean()) for c in np.unique(y)}
    return found


def _judged_rows(part: Part) -> RowSet:
    return part.train if part.validation is None else part.validation


JUDGES: Final[Mapping[Judge, Judging]] = {
    "loss": Judging(name="{part}_loss", values=_explained, shown=_loss),
    "fit": Judging(name="train_loss", values=_fitted, shown=lambda run: run.final("train_loss")),
    "accuracy": Judging(name="{part}_accuracy", values=_accuracy, shown=_accuracy),
    "recall": Judging(name="{part}_mean_recall", values=mean_recall, shown=mean_recall),
    "sound": Judging(
        name="diverged",
        values=lambda run: run.sound.astype(float),
        shown=lambda run: run.sound.astype(float),
    ),
}
"""How remedies are judged: by the loss on judged rows as a share of the constant guess's, by that
on training rows (if the other gets better too), by accuracy, by the mean recall of the classes,
by whether networks stay finite."""


def repeatable(run: Run, rows: Any = None) -> tuple[Experiment, Any]:
    """Return an experiment and rows that give what a run was made from.

    Rows that were handed over are taken as the run has them if they are not given again; nothing
    is done to them a second time.
    """
    experiment = run.experiment
    if rows is not None or not isinstance(experiment.data, GivenData):
        return experiment, rows
    plain = {"label_noise": 0.0, "dummies": 0, "multiply": 1.0, "add": 0.0, "derived": ()}
    data = experiment.data.model_copy(update=plain)
    return experiment.model_copy(update={"data": data}), run.prepared.parts[0].dataset


def _left(rows: Any, names: Sequence[str], columns: Sequence[str]) -> Any:
    """Return rows as `Experiment.run` takes them, without some of their columns."""
    if isinstance(rows, Dataset):
        return _without(rows, names)
    kept = [k for k, name in enumerate(columns) if name not in names]
    each = len(rows) if len(rows) < 4 else len(rows) // 2
    return tuple(
        np.asarray(array)[:, kept] if k % each == 0 else array for k, array in enumerate(rows)
    )


def _without(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the rows without some columns, and without what is derived of them."""
    columns, derived = dataset.schema.columns, dataset.schema.derived
    kept = np.concatenate(
        [np.full(len(column.feature_names), column.name not in names) for column in columns]
        + [np.full(1, not set(names).intersection(each.of)) for each in derived]
    )
    left = tuple(column for column in columns if column.name not in names)
    still = tuple(each for each in derived if not set(names).intersection(each.of))
    schema = dataset.schema.model_copy(update={"columns": left, "derived": still})
    return replace(dataset, x=np.ascontiguousarray(dataset.x[:, kept]), schema=schema)
