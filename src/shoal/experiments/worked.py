"""A row of a run worked at a step: where it stands in the data, its target, and the update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from shoal.data.derive import recompute
from shoal.errors import ArgumentError
from shoal.experiments.worked_step import Standing, check_whole, standing_at, work_step
from shoal.models.worked import output_names, work_inputs, work_output
from shoal.network.worked import (
    Folding,
    Part,
    Pass,
    Precision,
    Source,
    Target,
    Trace,
    UpdateWorked,
    row_words,
    work,
)

if TYPE_CHECKING:
    from shoal.experiments.run import Run


def trace_run(
    run: Run,
    row: int | None = None,
    *,
    point: ArrayLike | None = None,
    batch_row: int | None = None,
    step: int | None = None,
    network: int | None = None,
    backward: bool = True,
    update: bool | None = None,
    folding: Folding | None = None,
    where: str = "Run.trace",
) -> Trace:
    """Return a row, or a point, worked through a network of a run; see `Run.trace`.

    Args:
        batch_row: in place of a row of the dataset: one of the batch of the update that follows,
            counted from 0. Those of a stream have no other number.
    """
    standing = standing_at(where, run, network, step, update)
    if batch_row is None:
        met = _met(where, standing, row, point)
    else:
        met = _of_batch(where, standing, batch_row)
    follows = standing.after is not None and met.target is not None
    is_back = (backward or follows) and met.target is not None
    found = _worked(where, standing, met, backward=is_back, folding=folding)
    worked = None
    if follows and found.backward is not None:
        worked = work_step(standing, found.backward, has_row=_is_in_batch(standing, met))
    return _trace(run, standing, met, found, worked, backward=backward)


def _worked(
    where: str, standing: Standing, met: _Met, *, backward: bool, folding: Folding | None
) -> Pass:
    schema, network = standing.part.dataset.schema, standing.prepared.network
    try:
        return work(
            network, standing.parameters, met.x, target=met.target, backward=backward,
            input_names=schema.feature_names, output_names=output_names(schema, network),
            folding=folding, where=where,
        )  # fmt: skip
    except ArgumentError as error:
        if error.argument != "x":
            raise
        # a row of the data is what it is: what grew too far is the network
        is_point = met.target is None
        raise ArgumentError(
            where, "point" if is_point else "step", error.requirement, got=error.got,
            cure="" if is_point else f"Step {standing.step:,} is too late; give an earlier one.",
            code=error.code,
        ) from None  # fmt: skip


def _trace(
    run: Run,
    standing: Standing,
    met: _Met,
    found: Pass,
    worked: UpdateWorked | None,
    *,
    backward: bool,
) -> Trace:
    part = standing.part
    schema = part.dataset.schema
    precision = Precision(found.dtype)
    return Trace(
        source=_source(run, standing, met),
        dtype=found.dtype,
        inputs=work_inputs(found.inputs, schema.feature_names, met.raw, part.scaler, precision),
        layers=found.layers,
        output=work_output(
            run.network,
            schema,
            found,
            threshold=standing.prepared.settings.threshold,
            target_scaler=part.target_scaler,
        ),
        loss=found.loss,
        backward=found.backward if backward else None,
        update=worked,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Met:
    """A row or a point as a network meets it.

    Attributes:
        number: of the row; None for a point and for a row of a stream.
        place: in the batch that follows, where it was chosen by that.
        name: which part it is in; None for none.
        raw: in the units of the table, (D,).
        x: scaled, (D,).
        target: None for a point.
    """

    number: int | None
    place: int | None = None
    name: Part | None
    raw: np.ndarray
    x: np.ndarray
    target: Target | None


def _met(where: str, standing: Standing, row: int | None, point: ArrayLike | None) -> _Met:
    if (row is None) == (point is None):
        wanted = "must be given, or a point in its place, and not both"
        raise ArgumentError(
            where, "row", wanted, got="neither" if row is None else "both", code="A107"
        )
    if point is not None:
        raw = _point(where, standing, point)
        return _Met(number=None, name=None, raw=raw, x=_scaled(standing, raw), target=None)
    assert row is not None
    check_whole(where, "row", row, standing.part.dataset.n_rows)
    raw = np.asarray(standing.part.dataset.x[row], np.float64)
    name, weight = _place(standing, int(row))
    return _Met(
        number=int(row), name=name, raw=raw, x=_scaled(standing, raw),
        target=_target(standing, int(row), weight),
    )  # fmt: skip


def _of_batch(where: str, standing: Standing, place: int) -> _Met:
    """Return a row of the batch of the update that follows."""
    if standing.after is None:
        wanted, cure = "must be one that an update follows", "Give an earlier one."
        raise ArgumentError(where, "step", wanted, got=f"{standing.step}", cure=cure, code="A102")
    check_whole(where, "batch_row", place, len(standing.batch))
    prepared, number = standing.prepared, int(standing.batch[place])
    if prepared.fresh is None:
        return replace(_met(where, standing, number, None), place=int(place))
    part = int(prepared.part_of[standing.network])
    rows = prepared.fresh(standing.step // prepared.schedule.steps_per_epoch)[part]
    x, scaler = np.asarray(rows.x[number], standing.weights.dtype), standing.part.scaler
    raw = np.asarray(x, np.float64) * scaler.scale + scaler.center
    training = prepared.experiment.training
    target = Target(
        y=np.asarray(rows.y[number], np.float64),
        loss=training.loss_choice(prepared.network),
        label_smoothing=prepared.settings.label_smoothing,
        weight=1.0 if rows.emphasis is None else float(rows.emphasis[number]),
        rule="perceptron" if prepared.settings.rule == "perceptron" else "gradient",
    )
    # the network has the row scaled: what it was before is known to as many digits
    return _Met(
        number=None, place=int(place), name="training", raw=np.round(raw, 6), x=x, target=target
    )


def _is_in_batch(standing: Standing, met: _Met) -> bool:
    if met.place is not None:
        return True
    return standing.prepared.fresh is None and met.number in standing.batch


def _point(where: str, standing: Standing, point: ArrayLike) -> np.ndarray:
    schema = standing.part.dataset.schema
    n = len(schema.base_features)
    wanted = f"must have a number for each of {n} features"
    try:
        raw = np.asarray(point, np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(where, "point", wanted, got="something else", code="A101") from None
    if raw.shape not in ((n,), (len(schema.feature_names),)):
        raise ArgumentError(where, "point", wanted, got=f"shape {raw.shape}", code="A104")
    full: np.ndarray = recompute(schema, raw[np.newaxis])[0]
    if not np.isfinite(full).all():
        raise ArgumentError(where, "point", "must be finite", got="infinity or NaN", code="A105")
    return full


def _scaled(standing: Standing, raw: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        scaled: np.ndarray = standing.part.scaler.apply(raw[np.newaxis])[0]
        found: np.ndarray = np.asarray(scaled, standing.weights.dtype)
    return found


def _place(standing: Standing, row: int) -> tuple[Part | None, float]:
    """Return which part a row is in, and how much it counts in the gradient."""
    part = standing.part
    split = part.split
    rows: tuple[tuple[Part, Any], ...] = (
        ("training", split.train), ("validation", split.validation), ("test", split.test),
    )  # fmt: skip
    for name, some in rows:
        found = np.flatnonzero(np.asarray(some) == row)
        if len(found):
            emphasis = part.train.emphasis if name == "training" else None
            return name, 1.0 if emphasis is None else float(emphasis[found[0]])
    return None, 1.0


def _target(standing: Standing, row: int, weight: float) -> Target:
    prepared, part = standing.prepared, standing.part
    training, network = prepared.experiment.training, prepared.network
    y = np.asarray(part.dataset.y[row], np.float64)
    how: dict[str, Any] = {}
    if part.dataset.schema.is_regression:
        scaler = part.target_scaler
        if scaler.kind != "none":
            how = {"given": y, "centre": np.array(scaler.center), "scale": np.array(scaler.scale)}
        y = scaler.apply(y[np.newaxis])[0]
    elif len(y) == 1 and network.n_outputs == 2:
        y = np.concatenate([1 - y, y])
    return Target(
        y=y,
        loss=training.loss_choice(network),
        label_smoothing=prepared.settings.label_smoothing,
        weight=weight,
        rule="perceptron" if prepared.settings.rule == "perceptron" else "gradient",
        **how,
    )


def _source(run: Run, standing: Standing, met: _Met) -> Source:
    i, step = standing.network, standing.step
    total = run.prepared.settings.total_steps
    data = standing.part.dataset.source.replace("\\", "/").rpartition("/")[2]
    lines = standing.part.dataset.lines
    line = None if lines is None or met.number is None else int(lines[met.number])
    whose, n = f"a point of {data}" if data else "a point", len(standing.batch)
    if met.number is not None:
        whose = row_words(met.number, data, line)
    elif met.place is not None:
        whose = f"row {met.place + 1} of {n:,} in the batch of step {step + 1:,}"
    noted = list(_notes(run, standing, met))
    return Source(
        title=f"{whose}, network {i} at step {step:,} of {total:,}",
        row=met.number,
        part=met.name,
        step=step,
        total_steps=total,
        network=i,
        seed=standing.prepared.seeds[i],
        scaling=standing.part.scaler.kind,
        notes=tuple(NOTES[name].format(**values) for name, values in noted),
        facts={
            "data": data, "row": met.number, "line": line, "place": met.place, "n_batch": n,
            "network": i, "step": step, "total_steps": total,
            "notes": [{"name": name, "values": values} for name, values in noted],
        },
    )  # fmt: skip


NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stream": "The network never learns from this row: it learns from a stream of others.",
        "validation": "This is a validation row: the network never learns from it.",
        "test": "This is a test row: the network never learns from it.",
        "ended": "The network ended at step {taken:,}; these are its last weights.",
        "last": "No update follows: these are the network's last weights.",
    }
)
"""What there is to know beside the numbers; the lab's page has words of its own for each."""


def _notes(run: Run, standing: Standing, met: _Met) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield names of notes with the numbers in them."""
    taken = int(run.steps[standing.network])
    if met.name == "validation" and standing.prepared.fresh is not None:
        yield "stream", {}
    elif met.name in ("validation", "test"):
        yield met.name, {}
    if standing.step > taken:
        yield "ended", {"taken": taken}
    elif standing.step == taken and standing.after is None:
        yield "last", {}


__all__ = ["NOTES", "trace_run"]
