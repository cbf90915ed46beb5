"""A stored record computed again: identical to the last bit, within tolerance, or different.

Networks that the clock or a Python function ended are ended at the very steps at which they were,
so that nothing but the document decides what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from shoal.errors import StoreError
from shoal.experiments.archive import load, where
from shoal.experiments.ending import BY_PYTHON, end, ended, gone, running
from shoal.experiments.launch import carry_out
from shoal.experiments.outcomes import (
    Outcome,
    matched,
    outcome_of_run,
    outcome_of_sweep,
    outcomes_of_comparison,
)
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run
from shoal.experiments.trainer import Trainer
from shoal.kernels import State
from shoal.store.entry import Entry
from shoal.store.store import Store

Same = Literal["identical", "within tolerance", "different"]
TOLERANCE: Final = 1e-3
"""How far figures may be apart, relative to their size, to count as the same for most purposes."""
NOT_TRAINED: Final = "not trained"
"""What a sweep says of networks that it did not come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of computing a stored record again.

    Attributes:
        entry: that was computed again.
        same: whether the same came out.
        n_networks: how many networks there are.
        n_identical: how many are the same to the last bit.
        largest: the largest difference of a final figure, relative to its size.
        figure: which figure has it, "" where none differs.
        ended_alike: whether every network ended for the same reason.
        tolerance: up to which `largest` is within tolerance.
        seconds: that the replay took.
        before, now: machine, arithmetic and version of either.
        answer, answer_now: what was concluded, in a sentence, "" where nothing is.
    """

    entry: Entry
    same: Same
    n_networks: int
    n_identical: int
    largest: float
    figure: str
    tolerance: float
    seconds: float
    before: Mapping[str, str]
    now: Mapping[str, str]
    ended_alike: bool = True
    answer: str = ""
    answer_now: str = ""

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        told = self._bits
        if self.answer == self.answer_now:
            return told
        return f"{told} The answer was '{self.answer}', and is '{self.answer_now}'."

    @property
    def _bits(self) -> str:
        if self.same == "identical":
            return f"{self.entry.id}: identical, to the last bit of every network."
        what = f"{self.n_identical:,} of {self.n_networks:,} networks are identical"
        if not self.figure:
            elsewhere = "" if self.ended_alike else "; others ended elsewhere"
            return f"{self.entry.id}: {self.same}: {what}{elsewhere}."
        apart = f"the largest difference is {self.largest:.2g} of the {self._figure}"
        return f"{self.entry.id}: {self.same}: {what}; {apart}."

    @property
    def _figure(self) -> str:
        return self.figure.replace("_", " ").replace("train ", "training ")

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON has it."""
        return {
            "id": self.entry.id,
            "same": self.same,
            "n_networks": self.n_networks,
            "n_identical": self.n_identical,
            "largest_difference": self.largest if np.isfinite(self.largest) else None,
            "figure": self.figure or None,
            "tolerance": self.tolerance,
            "seconds": self.seconds,
            "before": dict(self.before),
            "now": dict(self.now),
            "answer": self.answer or None,
            "answer_now": self.answer_now or None,
            "sentence": self.sentence,
        }


Outcomes = tuple[Sequence[Outcome], Sequence[Outcome]]
"""What came of each part of a record, as it was stored and now."""


def replay(
    ref: str,
    *,
    store: Store | None = None,
    rows: Any = None,
    threads: int | None = None,
    allow_python: bool = False,
    tolerance: float = TOLERANCE,
    progress: Any = None,
) -> Replay:
    """Compute a stored record again and compare.

    Args:
        ref: which.
        store: the user's store if not given.
        rows: what it was given in place of its experiment's data.
        threads: how many to use.
        allow_python: whether Python functions that it names may be imported.
        tolerance: how far figures may be apart, relative to their size.
        progress: called a few times a second where a sweep is computed.

    Raises:
        StoreError: it cannot be found or brought back, or nothing of it can be compared.
        KeyboardInterrupt: Ctrl-C came.
    """
    store = Store.open() if store is None else store
    entry = store.get(ref)
    record = load(entry.id, store=store, rows=rows, allow_python=allow_python)
    how = {"rows": rows, "threads": threads, "allow_python": allow_python}
    if entry.kind == "sweep":
        outcomes = _sweeps(record, progress=progress, **how)
    elif entry.kind == "comparison":
        outcomes = _comparisons(record, **how)
    elif entry.kind == "diagnosis":
        outcomes = _diagnoses(entry, record, **how)
    else:
        again = run_again(record, rows=rows, threads=threads)
        outcomes = [outcome_of_run(record)], [outcome_of_run(again)]
    return compared(entry, *outcomes, tolerance)


def _sweeps(swept: Any, *, rows: Any, threads: int | None, **how: Any) -> Outcomes:
    """Return a sweep as it was and again; of one that was interrupted, what was trained."""
    kept = any(name.startswith("history.") for name in swept.columns)
    again = swept.sweep.run(threads=threads, rows=rows, keep_history=kept, **how)
    if again.interrupted:
        raise KeyboardInterrupt
    there = np.asarray(swept.columns["stopped_because"]) != NOT_TRAINED
    return [outcome_of_sweep(swept, there)], [outcome_of_sweep(again, there)]


def _comparisons(
    comparison: Any, *, rows: Any, threads: int | None, allow_python: bool
) -> Outcomes:
    """Return the arms of a comparison as they were, and on as many pairs again."""
    from shoal.experiments.comparison import compare

    goal = comparison.goal
    again = compare(
        [arm.experiment.with_functions(allow_python=allow_python) for arm in comparison.arms],
        names=comparison.names,
        figure=comparison.figure,
        pairs=comparison.n_pairs,
        region=comparison.region or 0,
        vary=comparison.streams,
        # its text as `str` gives it is rounded
        target=goal and f"{goal.figure}{'>' if goal.is_above else '<'}{goal.level!r}",
        rows=rows,
        threads=threads,
    )
    if again.interrupted:
        raise KeyboardInterrupt
    return outcomes_of_comparison(comparison), outcomes_of_comparison(again)


def _diagnoses(
    entry: Entry, diagnosis: Any, *, rows: Any, threads: int | None, allow_python: bool
) -> Outcomes:
    """Return the networks that were examined, as they were and trained again.

    Raises:
        StoreError: the clock ended them, at steps that a diagnosis does not hold.
    """
    experiment = diagnosis.experiment
    if any(rule.name == "seconds" for rule in experiment.training.stop):
        told = "the clock ended its networks, at steps that a diagnosis does not hold."
        raise StoreError(entry.id, told, "Store the run itself: shoal run.")
    prepared = prepare(experiment.with_functions(allow_python=allow_python), rows=rows)
    run = carry_out(prepared, threads=threads, tape_bytes=0)
    if run.interrupted:
        raise KeyboardInterrupt
    n = len(run)
    found = [
        Outcome(bits={"digest": np.full(n, digest)}, figures={}, endings=np.full(n, ""), seconds=s)
        for digest, s in ((diagnosis.digest, diagnosis.seconds), (run.digest, run.seconds))
    ]
    return found[:1], found[1:]


def run_again(run: Run, *, rows: Any = None, threads: int | None = None) -> Run:
    """Return a run computed anew from its document, ended where it was.

    Raises:
        KeyboardInterrupt: Ctrl-C came.
    """
    import time

    began = time.monotonic()
    prepared = replace(prepare(run.experiment, rows=rows), start=run.prepared.start)
    trainer = Trainer(prepared)
    total = prepared.settings.total_steps
    stops = stops_of(run)
    for step in [*np.unique(stops[stops >= 0]).tolist(), total]:
        if trainer.advance(step, threads=threads):
            raise KeyboardInterrupt
        due = (stops == step) & ~gone(trainer.state)
        if due.any():
            end(trainer.state, due, BY_PYTHON)
    _as_ended(run, trainer.state)
    return replace(
        run, prepared=prepared, state=trainer.state, memory=trainer.memory,
        seconds=time.monotonic() - began,
    )  # fmt: skip


def stops_of(run: Run) -> np.ndarray:
    """Return at which step each network was ended from outside, (P,); -1: by itself.

    From outside means by the clock, by a Python function, or by Ctrl-C.
    """
    by_hand = run.stopped_at >= 0
    halted = running(run.state, run.prepared.settings.total_steps)
    return np.where(by_hand | halted, run.state.step, -1)


def compared(
    entry: Entry, before: Sequence[Outcome], now: Sequence[Outcome], tolerance: float
) -> Replay:
    """Return the verdict on the outcomes of each part, before and now."""
    parts = [matched(*both) for both in zip(before, now, strict=True)]
    identical = np.concatenate([part.identical for part in parts])
    worst = max(parts, key=lambda part: part.largest)
    close = all(part.ended_alike for part in parts) and worst.largest <= tolerance
    is_same = bool(identical.all())
    return Replay(
        entry=entry,
        same="identical" if is_same else "within tolerance" if close else "different",
        n_networks=len(identical),
        n_identical=int(identical.sum()),
        largest=0.0 if is_same else worst.largest,
        figure=worst.figure if worst.largest > 0 and not is_same else "",
        tolerance=tolerance,
        seconds=sum(part.seconds for part in now),
        before={key: str(getattr(entry, key)) for key in where()},
        now=where(),
        ended_alike=all(part.ended_alike for part in parts),
        answer=before[0].answer,
        answer_now=now[0].answer if before[0].answer else "",
    )


def _as_ended(run: Run, state: State) -> None:
    """Say of networks that were ended from outside what the run says of them."""
    outside = stops_of(run) >= 0
    state.ended[outside & (ended(state) == BY_PYTHON)] = 0
    held = outside & ~gone(state) & (state.step == run.state.step)
    state.ended[held] = ended(run.state)[held]
