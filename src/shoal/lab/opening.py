"""From a session that a page sends to runs that can be trained, or to all that is wrong with it.

Nothing is trained here; data are drawn or read, and what did not change since the session before
is taken from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from shoal.errors import ArgumentError, ExperimentError, InputError
from shoal.errors import Problem as Wrong
from shoal.experiments.branch import check_end, resettled, with_settings
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.shelf import Shelf
from shoal.lab.course import Planned
from shoal.lab.limits import (
    code_problems,
    data_problems,
    size_problems,
    source_problems,
    work_problems,
)
from shoal.lab.messages import Open, OpenedTold, Problem
from shoal.lab.session import Branch, OwnTable, Session
from shoal.lab.tables import Tables, file_of
from shoal.lab.telling import opened_told

T = TypeVar("T")
SOURCE: Final = "experiment"
"""What the document is called in sentences; the page leaves it out."""


class RefusedError(Exception):
    """A session that cannot be.

    Attributes:
        problems: all of them.
        missing_table: the digest of a table that must be brought again.
    """

    def __init__(self, problems: list[Problem], missing_table: str | None = None) -> None:
        super().__init__("; ".join(each.sentence for each in problems))
        self.problems = tuple(problems)
        self.missing_table = missing_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that stands.

    Attributes:
        id: of the message that opened it: the generation of looks.
        session: as it was sent.
        runs: the experiment's own first, then the branches, then those of pins.
        told: what the page is told of it.
    """

    id: int
    session: Session
    runs: tuple[Planned, ...]
    told: OpenedTold

    def run(self, number: int) -> Planned:
        """Return a run by its number.

        Raises:
            InputError: there is none such.
        """
        for planned in self.runs:
            if planned.number == number:
                return planned
        raise InputError(f"run {number}: the session has no such run.", code="L103")


class Memory(Shelf):
    """A shelf that forgets what two sessions in a row did not need."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[Hashable, Any] = {}

    def begin(self) -> None:
        """Begin another session."""
        self._before, self._things = self._before | self._things, {}

    def keep(self) -> None:
        """Forget what the session that stands did not ask for."""
        self._before = dict(self._things)

    def recall(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives for `name`, made the first time only."""
        if name not in self._things and name in self._before:
            self._things[name] = self._before[name]
        return super().recall(name, make)


def open_session(message: Open, tables: Tables, memory: Memory) -> Opened:
    """Return a session ready to be trained.

    Args:
        message: with the session.
        tables: that this page brought.
        memory: of what the sessions before were made of.

    Raises:
        RefusedError: it cannot be; every problem at once, with key paths.
    """
    session = message.session
    _check_tables(session, tables)
    memory.begin()
    found: list[Problem] = []
    own = _prepared(session.experiment, session.table, "", tables, memory, found)
    pins = [
        _prepared(pin.experiment, pin.table, f"pins[{k}]", tables, memory, found)
        for k, pin in enumerate(session.pins)
    ]
    runs = [] if own is None else [_planned(own, session.table)]
    if own is not None:
        runs += _branches(session, runs[0], found)
    if found or own is None:
        raise RefusedError(found)
    runs += [
        replace(_planned(each, pin.table), number=-2 - k)
        for k, (pin, each) in enumerate(zip(session.pins, pins, strict=True))
        if each is not None
    ]
    told = opened_told(message.id, own, tuple(runs), session, memory)
    memory.keep()
    return Opened(id=message.id, session=session, runs=tuple(runs), told=told)


def read_experiment(document: dict[str, Any], table: OwnTable | None, tables: Tables) -> Experiment:
    """Return an experiment as a page may ask for it, its data file findable.

    Raises:
        ExperimentError: what is wrong with it, every problem at once.
    """
    folder = tables.folder if table is not None else None
    experiment = Experiment.read(document, source=SOURCE, folder=folder)
    wrong = [*source_problems(experiment, table), *size_problems(experiment)]
    if wrong:
        raise ExperimentError(SOURCE, wrong)
    return experiment


def _check_tables(session: Session, tables: Tables) -> None:
    for table in (session.table, *(pin.table for pin in session.pins)):
        if table is not None and not tables.has(table):
            sentence = f"The table '{table.name}' is not here. Choose its file again."
            raise RefusedError(
                [Problem(where="data.file", sentence=sentence, code="L103")], table.digest
            )


def _prepared(
    document: dict[str, Any],
    table: OwnTable | None,
    place: str,
    tables: Tables,
    memory: Memory,
    found: list[Problem],
) -> Prepared | None:
    """Return an experiment with its data, or None and what is wrong added to `found`."""
    try:
        experiment = read_experiment(document, table, tables)
        prepared = prepare(experiment, shelf=memory)
        data = prepared.parts[0].dataset
        wrong = [
            *data_problems(experiment, data.n_rows, data.x.shape[1]),
            *size_problems(experiment, data.x.shape[1]),
            *work_problems(prepared),
        ]
        if wrong:
            raise ExperimentError(SOURCE, wrong)
    except InputError as error:
        found += [_named(each, place, table) for each in _problems(error)]
        return None
    return prepared


def _problems(error: InputError) -> Iterator[Problem]:
    wrong = error.problems if isinstance(error, ExperimentError) else (
        Wrong(path="data", message=str(error), code=error.code),
    )  # fmt: skip
    for each in wrong:
        yield Problem(where=each.path, sentence=each.message, code=each.code)


def _named(problem: Problem, place: str, table: OwnTable | None) -> Problem:
    """Return a problem with its place in the session, and a table called as the person does."""
    sentence = problem.sentence
    if table is not None:
        sentence = sentence.replace(file_of(table), table.name)
    where = f"{place}.{problem.where}" if place and problem.where else place or problem.where
    return Problem(where=where, sentence=sentence, code=problem.code)


def _planned(prepared: Prepared, table: OwnTable | None) -> Planned:
    document = prepared.experiment.document()
    key = digest_of([document, None if table is None else table.digest])
    return Planned(number=-1, key=key, prepared=prepared)


def _branches(session: Session, own: Planned, found: list[Problem]) -> list[Planned]:
    """Return the branches of a session; what is wrong is added to `found`."""
    made: dict[int, Planned] = {-1: own}
    for k, branch in enumerate(session.branches):
        before = len(found)
        parent = made.get(branch.of)
        if branch.of >= k:
            sentence = f"must leave the experiment's own run, -1, or a branch before {k}"
            found.append(Problem(where=f"branches[{k}].of", sentence=f"{sentence}.", code="L103"))
        if parent is None:
            continue
        found += _branch_problems(k, branch, parent)
        if len(found) == before:
            made[k] = _branch(k, branch, parent)
    return [made[k] for k in sorted(made) if k >= 0]


def _branch_problems(k: int, branch: Branch, parent: Planned) -> Iterator[Problem]:
    place, total = f"branches[{k}]", parent.prepared.settings.total_steps
    if branch.at > total:
        sentence = f"must be a step of the run it leaves, 0 to {total:,}; got {branch.at:,}."
        yield Problem(where=f"{place}.at", sentence=sentence, code="L103")
        return
    experiment = parent.prepared.experiment
    wrong = False
    for name, value in branch.changes.items():
        try:
            with_settings(experiment, {name: value})
        except (ArgumentError, ExperimentError) as error:
            wrong = True
            yield from _of_change(place, name, error)
    if not wrong:
        yield from _whole_problems(place, branch, parent)
    layout = parent.prepared.network.layout()
    n_parameters, n_networks = layout.n_parameters, len(parent.prepared.members)
    for edit in branch.edits:
        if edit.parameter >= n_parameters or (edit.network or 0) >= n_networks:
            sentence = (
                f"must name one of {n_parameters:,} parameters and {n_networks:,} networks; "
                f"got parameter {edit.parameter} of network {edit.network}."
            )
            yield Problem(where=f"{place}.edits", sentence=sentence, code="L103")
            return


def _of_change(place: str, name: str, error: InputError) -> Iterator[Problem]:
    if isinstance(error, ExperimentError):
        for each in error.problems:
            yield Problem(where=f"{place}.{each.path}", sentence=each.message, code=each.code)
    else:
        sentence = _without_place(str(error))
        yield Problem(where=f"{place}.{name}", sentence=sentence, code=error.code)


def _without_place(sentence: str) -> str:
    """Return a sentence of `Rewound` without the name of the Python function."""
    return sentence.partition(": ")[2] or sentence


def _whole_problems(place: str, branch: Branch, parent: Planned) -> Iterator[Problem]:
    """Yield what is wrong with all changes together."""
    try:
        prepared = _branch(0, branch, parent).prepared
        check_end(prepared, branch.at)
    except ExperimentError as error:
        for each in error.problems:
            yield Problem(where=f"{place}.{each.path}", sentence=each.message, code=each.code)
    except InputError as error:
        yield Problem(where=place, sentence=_without_place(str(error)), code=error.code)
    else:
        n_features = prepared.parts[0].dataset.x.shape[1]
        for each in (
            *code_problems(prepared.experiment),
            *size_problems(prepared.experiment, n_features),
            *work_problems(prepared),
        ):
            yield Problem(where=f"{place}.{each.path}", sentence=each.message, code=each.code)


def _branch(k: int, branch: Branch, parent: Planned) -> Planned:
    experiment = with_settings(parent.prepared.experiment, branch.changes)
    prepared = resettled(parent.prepared, experiment)
    own = {"at": branch.at, "training": experiment.training.model_dump(mode="json")}
    edits = [edit.model_dump(mode="json") for edit in branch.edits]
    key = digest_of([parent.key, own, edits])
    return Planned(number=k, key=key, prepared=prepared, branch=branch, parent=parent.key)


def digest_of(document: object) -> str:
    """Return the SHA-256 of plain data, the same for the same data."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
