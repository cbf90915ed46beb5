"""Comparing experiments on paired seeds, until a verdict can be given."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final, TypeVar, cast

import numpy as np

from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.baselines import ATTAINABLE, DATA_SETS, baselines_of
from shoal.experiments.carry import check_how
from shoal.experiments.comparison.arms import (
    Arm,
    aligned,
    arm_names,
    figures_of,
    joined,
    loss_of,
    trained,
)
from shoal.experiments.comparison.drawn import drawn_from
from shoal.experiments.comparison.goals import (
    WHERE,
    Goal,
    chosen_figure,
    common_figures,
    read_goal,
    rises,
    usual_region,
)
from shoal.experiments.comparison.judging import (
    Judged,
    interval_of,
    judged,
    outcomes,
    verdicts_of,
)
from shoal.experiments.comparison.looks import AT_MOST, Looks, read_looks
from shoal.experiments.comparison.record import Comparison, compared_pairs
from shoal.experiments.comparison.wording import sentence_of
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Part, Prepared, prepare
from shoal.experiments.progress import Progress
from shoal.experiments.shelf import Shelf
from shoal.streams import STREAMS, StreamName, member_seed

AT_ONCE: Final = 64
"""Pairs that are trained at once, if their data are not too large."""
MAX_BYTES: Final = 2**29
"""What the data of the pairs that are trained at once may take."""
READ: Final = ("file", "images", "given")
"""What on a shelf was read or handed over, and is the same for all pairs."""
Watch = Callable[[str, int, int], object]
Tick = Callable[[Progress], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the figure, the region, and when to look."""

    figure: str
    region: float | None
    looks: Looks
    goal: Goal | None
    pairs: tuple[tuple[int, int], ...]

    def judged(self, arms: Sequence[Arm]) -> list[Judged]:
        """Return what the sign test says of every two arms."""
        columns = [arm.figures[self.figure] for arm in arms]
        failed = [arm.stuck | ~arm.sound for arm in arms]
        return [
            judged(
                columns[a],
                columns[b],
                higher_is_better=rises(self.figure),
                region=self.region,
                looks=self.looks,
                failed=(failed[a], failed[b]),
            )
            for a, b in self.pairs
        ]

    def settled(self, arms: Sequence[Arm]) -> bool:
        """Return whether no further pair is needed."""
        found, looks = self.judged(arms), self.looks
        if looks.kind == "decided":
            return "undecided" not in outcomes(found)
        if looks.width is None:
            return False
        widths = [interval_of(each, looks, len(found)).width for each in found]
        return all(width < looks.width for width in widths)


def compare(
    arms: Sequence[Experiment],
    *,
    names: Sequence[str] | None = None,
    figure: str | None = None,
    pairs: int | None = None,
    until: str | None = None,
    at_most: int = AT_MOST,
    region: float | None = None,
    vary: Sequence[str] = STREAMS,
    target: str | None = None,
    rows: Any = None,
    threads: int | None = None,
    progress: Watch | None = None,
    tick: Tick | None = None,
) -> Comparison:
    """Return which of some experiments is better, on paired seeds.

    All arms take the first one's seed and streams. In pair i every arm has the same data,
    noise, split and order of rows, and the same initial weights where shapes allow; what `vary`
    names differs from pair to pair. Decided by the exact sign test over the pairs. Pairs may be
    added without changing those before: the result is that of asking for as many at once.

    Args:
        arms: two experiments or more; up to four are compared all with all, more each with
            the first.
        names: what they are called; their files, or A, B, C if not given.
        figure: such as "validation_loss"; if not given, that of validation rows and of accuracy
            where all have it; with a target "evaluations_to_target".
        pairs: how many, 64 if not given; with `until`, of the first look.
        until: "decided" adds pairs until every verdict is, by evidence that may be looked at any
            time; "width<0.005" until every interval is narrower, by looks fixed beforehand.
        at_most: pairs, with `until`.
        region: the difference of the figure that is not worth having; 0.005 for accuracies if
            not given, none for others; 0 for none.
        vary: the streams that differ from pair to pair.
        target: such as "train_loss<0.2", for the times to reach it.
        rows: what `Experiment.run` takes.
        threads: how many to use.
        progress: called before each training with the arm's name, the pairs done and how many
            there may be.
        tick: called about every 50 ms while networks train, with where they are; what it raises
            ends the comparison.

    Raises:
        ArgumentError: arms without a common figure, or settings that cannot be.
        ExperimentError: layers that do not fit the data or the loss.
        KeyboardInterrupt: Ctrl-C came before the first look.
    """
    began = time.perf_counter()
    check_how(WHERE, threads, "auto")
    looks, goal = read_looks(until, pairs, at_most), None if target is None else read_goal(target)
    sides = _Sides(
        names=tuple(arm_names(arms, names)),
        experiments=tuple(aligned(arms, _streams(vary))),
        rows=rows,
        threads=threads,
        progress=progress,
        tick=tick,
        most=looks.at[-1],
    )
    question: Question | None = None
    found: list[Arm] = []
    beside, interrupted = _Beside(), False
    kept = Shelf()
    for start, stop in _batches(looks, sides.at_once(kept)):
        shelf = _BatchShelf(kept)
        try:
            ready = sides.prepared(start, stop, shelf)
            if question is None:
                question = _question(ready, figure, region, looks, goal)
                beside = _beside(sides, ready, question.figure, shelf)
                beside = replace(beside, own_seeds=_have_own_seeds(arms))
            found = sides.trained(ready, found, goal)
        except KeyboardInterrupt:
            if not found:
                raise
            interrupted = True
            break
        if stop in looks.at and stop < looks.at[-1] and question.settled(found):
            break
    assert question is not None
    return _concluded(question, found, beside, time.perf_counter() - began, interrupted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """The arms and how they are trained."""

    names: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    rows: Any
    threads: int | None
    progress: Watch | None
    tick: Tick | None
    most: int

    def prepared(self, start: int, stop: int, shelf: Shelf) -> list[Prepared]:
        """Return all arms ready for some pairs; what they share is one object."""
        members = range(start, stop)
        return [
            prepare(each, rows=self.rows, members=members, shelf=shelf) for each in self.experiments
        ]

    def at_once(self, kept: Shelf) -> int:
        """Return how many pairs fit into memory together."""
        ready = self.prepared(0, 1, _BatchShelf(kept))
        parts = {id(part): part for each in ready for part in each.parts}
        n_bytes = sum(_bytes(part) for part in parts.values())
        return max(1, min(AT_ONCE, MAX_BYTES // n_bytes))

    def trained(
        self, ready: Sequence[Prepared], before: Sequence[Arm], goal: Goal | None
    ) -> list[Arm]:
        """Return all arms with the pairs that were prepared added to those before."""
        more = []
        for name, prepared in zip(self.names, ready, strict=True):
            if self.progress is not None:
                self.progress(name, prepared.members.start, self.most)
            more.append(trained(name, prepared, goal, threads=self.threads, tick=self.tick))
        return [joined(old, new) for old, new in zip_longest(before, more)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What stands beside the figures.

    Attributes:
        baselines: of each arm.
        same_start: whether all arms begin with the same weights.
        own_seeds: whether arms had other seeds than the first one's.
        drawn: the streams that any arm draws from.
    """

    baselines: tuple[dict[str, float], ...] = ()
    same_start: bool = True
    own_seeds: bool = False
    drawn: frozenset[str] = frozenset(STREAMS)


def _question(
    ready: Sequence[Prepared],
    figure: str | None,
    region: float | None,
    looks: Looks,
    goal: Goal | None,
) -> Question:
    common = common_figures([figures_of(each) for each in ready], [loss_of(each) for each in ready])
    chosen = chosen_figure(figure, common, goal)
    return Question(
        figure=chosen,
        region=usual_region(chosen) if region is None else _region(region),
        looks=looks,
        goal=goal,
        pairs=tuple(compared_pairs(len(ready))),
    )


def _beside(sides: _Sides, ready: Sequence[Prepared], figure: str, shelf: Shelf) -> _Beside:
    members = range(min(DATA_SETS, len(ready[0].members)))
    baselines: list[dict[str, float]] = []
    for experiment, each in zip(sides.experiments, ready, strict=True):
        same = [k for k, other in enumerate(ready[: len(baselines)]) if _alike(other, each)]
        known = baselines[same[0]] if same else None
        if known is None:
            known = baselines_of(experiment, figure, rows=sides.rows, members=members, shelf=shelf)
        baselines.append(known)
    # a precision of its own is no start of its own
    starts = [np.asarray(each.start, np.float32) for each in ready]
    same_start = all(np.array_equal(start, starts[0]) for start in starts[1:])
    return _Beside(
        baselines=tuple(baselines), same_start=same_start, drawn=_drawn(sides, ready, shelf)
    )


def _have_own_seeds(arms: Sequence[Experiment]) -> bool:
    first = arms[0]
    return any(each.seed != first.seed or each.streams != first.streams for each in arms)


def _drawn(sides: _Sides, ready: Sequence[Prepared], shelf: Shelf) -> frozenset[str]:
    """Return the streams that any arm draws from.

    Raises:
        ArgumentError: none of them varies, so that every pair would be the first one again.
    """
    both = zip(sides.experiments, ready, strict=True)
    found = set().union(*(drawn_from(own, each, sides.rows, shelf) for own, each in both))
    vary = sides.experiments[0].population.vary
    if not found.intersection(vary):
        wanted = "must name a stream that an arm draws from, or all pairs are the same"
        known = ", ".join(name for name in STREAMS if name in found)
        cure = f"There are: {known}." if found else "There is none: shoal run shows each arm."
        raise ArgumentError(WHERE, "vary", wanted, got=", ".join(vary), cure=cure, code="A103")
    return frozenset(found)


def _alike(one: Prepared, other: Prepared) -> bool:
    """Return whether two arms have the same baselines: the same rows, loss and outputs."""
    same_rows = all(
        a.dataset is b.dataset and a.split is b.split
        for a, b in zip(one.parts, other.parts, strict=False)
    )
    last, its = (each.experiment.network.layers[-1] for each in (one, other))
    return same_rows and last == its and loss_of(one) == loss_of(other)


def _concluded(
    question: Question, arms: Sequence[Arm], beside: _Beside, seconds: float, interrupted: bool
) -> Comparison:
    """Return the record, with everything that is shown beside the verdicts."""
    found = question.judged(arms)
    verdicts = verdicts_of(question.pairs, found, region=question.region, looks=question.looks)
    names, of_two = [arm.name for arm in arms], len(arms) == 2
    told = [
        sentence_of(each, names, question.figure, question.region, of_two=of_two)
        for each in verdicts
    ]
    n_pairs = len(found[0].gains)
    first = arms[0].experiment
    return Comparison(
        arms=tuple(
            _finished(arm, baselines, n_pairs)
            for arm, baselines in zip(arms, beside.baselines, strict=True)
        ),
        figure=question.figure,
        higher_is_better=rises(question.figure),
        region=question.region,
        streams=tuple(n for n in STREAMS if n in beside.drawn and n in first.population.vary),
        held=tuple(n for n in STREAMS if n in beside.drawn and n not in first.population.vary),
        seeds=tuple(member_seed(first.seed, i) for i in range(n_pairs)),
        verdicts=tuple(
            replace(each, sentence=text) for each, text in zip(verdicts, told, strict=True)
        ),
        looks=question.looks,
        goal=question.goal,
        same_start=beside.same_start,
        own_seeds=beside.own_seeds,
        seconds=seconds,
        interrupted=interrupted,
    )


def _finished(arm: Arm, baselines: dict[str, float], n_pairs: int) -> Arm:
    """Return an arm with its baselines and the population that gives its networks again."""
    experiment = arm.experiment
    population = experiment.population.model_copy(update={"size": n_pairs})
    return replace(
        arm,
        experiment=experiment.model_copy(update={"population": population}),
        baselines={name: value for name, value in baselines.items() if name != ATTAINABLE},
        attainable=baselines.get(ATTAINABLE),
    )


class _BatchShelf(Shelf):
    """What some pairs have in common; what was read for them is kept for the next."""

    def __init__(self, kept: Shelf) -> None:
        super().__init__()
        self._kept = kept

    def recall(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives for `name`, made the first time only."""
        was_read = isinstance(name, tuple) and name[:1] and name[0] in READ
        return self._kept.recall(name, make) if was_read else super().recall(name, make)


def _bytes(part: Part) -> int:
    """Return what a part of the data takes, with its scaled rows."""
    rows = [each for each in (part.train, part.validation, part.test) if each is not None]
    arrays = [part.dataset.x, part.dataset.y, *(a for each in rows for a in (each.x, each.y))]
    return sum(array.nbytes for array in arrays)


def _batches(looks: Looks, at_once: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs to train next, first and last but one: up to each look, some at a time."""
    done = 0
    for until in looks.at:
        while done < until:
            stop = min(until, done + at_once)
            yield done, stop
            done = stop


def _streams(vary: Sequence[str]) -> tuple[StreamName, ...]:
    names = (vary,) if isinstance(vary, str) else tuple(vary)
    for name in names:
        if name not in STREAMS:
            wanted = f"must name streams: {', '.join(STREAMS)}"
            cure = did_you_mean(str(name), STREAMS)
            raise ArgumentError(WHERE, "vary", wanted, got=repr(name), cure=cure, code="A103")
    if not names:
        raise ArgumentError(WHERE, "vary", "must name a stream or more", got="none", code="A106")
    return cast("tuple[StreamName, ...]", names)


def _region(region: object) -> float | None:
    fine = isinstance(region, int | float | np.number) and not isinstance(region, bool)
    if not fine or not 0 <= region < np.inf:  # type: ignore[operator]
        raise ArgumentError(
            WHERE, "region", "must be a number of 0 or more", got=repr(region), code="A102"
        )
    return float(region) or None  # type: ignore[arg-type]
