"""A run as a recording: the frames that a page would be answered with, at a few dozen steps.

A recording is frames in the order of a session: the look that was asked at every moment, what the
session is, what stays the same on the way, then the moments. A page replays it without a host.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from shoal.charts.asking import spread_members
from shoal.experiments.document import Experiment
from shoal.experiments.measure import measured
from shoal.experiments.result import number
from shoal.experiments.run import Run
from shoal.experiments.shelf import Shelf
from shoal.experiments.tape import Tape
from shoal.kernels.choice import default_threads
from shoal.lab.course import Course, Planned
from shoal.lab.frames import frame, unframe
from shoal.lab.looks.answer import Looker
from shoal.lab.messages import (
    AnswersWish,
    CurvesWish,
    FrameTold,
    Look,
    MultiplesWish,
    OpenedTold,
    RowsWish,
    SurfaceWish,
    UnitsWish,
    Want,
    WeightsWish,
)
from shoal.lab.opening import Opened
from shoal.lab.session import Session
from shoal.lab.telling import opened_told
from shoal.lab.turns import Turns
from shoal.metrics import band

MOMENTS: Final = 48
"""Steps that are recorded; a third of them before the first report, where most happens."""
MOST_BYTES: Final = 1_100_000
"""Of a packed recording; every second moment goes until it fits."""
MULTIPLES: Final = 16
"""Networks whose surfaces are recorded beside the median."""
MOST_UNITS: Final = 64
MOST_PARAMETERS: Final = 2_000
"""A larger network is not recorded by its units and weights."""
MOST_ANSWERS: Final = 1_000_000
"""Rows times networks that are asked at a moment; of more, no answers are recorded."""
MOST_FINALS: Final = 1_000
"""Networks whose figures are recorded; of more, those of evenly spread ones."""
MOST_MEASURED: Final = 4_000_000
"""Rows times networks that are measured before the first report."""
CELLS: Final = 64
"""Of the surface to a side; `SMALL` of the pictures of many networks, `TINY` of those of units."""
SMALL: Final = 32
TINY: Final = 20
ROWS: Final = 600
REPORTS: Final = 300
ID: Final = 0
"""Of the session of a recording: there is one only."""
_LENGTH: Final = struct.Struct("<II")
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recorded run.

    Attributes:
        frames: see `shoal.lab.frames`: the look asked at every moment, what the session is, what
            is the same at all moments (rows, true classes, curves), then the moments.
    """

    frames: tuple[bytes, ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are recorded, ascending."""
        return tuple(int(unframe(each)[0]["step"]) for each in self.frames[3:])

    def pack(self) -> bytes:
        """Return the recording as one row of bytes, the same ones for the same frames.

        Each frame has its length before it, in eight bytes; all of it is deflated without a head.
        """
        return _deflated(b"".join(_LENGTH.pack(len(each), 0) + each for each in self.frames))

    @classmethod
    def unpack(cls, packed: bytes) -> Recording:
        """Return the recording that `pack` made bytes of."""
        whole, at, frames = zlib.decompress(packed, -zlib.MAX_WBITS), 0, []
        while at < len(whole):
            (length, _), begin = _LENGTH.unpack_from(whole, at), at + _LENGTH.size
            frames.append(whole[begin : begin + length])
            at = begin + length
        return cls(frames=tuple(frames))

    def to_text(self) -> str:
        """Return the packed recording in letters that a page can hold anywhere."""
        return base64.b64encode(self.pack()).decode()


def record(source: Run | Experiment, *, threads: int | None = None) -> Recording:
    """Return a run as it can be replayed where nothing is trained.

    The frames are those that a page of the lab is answered with, but for four things. Numbers of
    surfaces are rounded to 256 steps between the least and the greatest of a frame
    (``surface_range``). Before the first report, where a page has no figures yet, they are
    measured. What takes time by the clock, and the document with its names of files, are left out.

    Args:
        source: a run, or an experiment, which is run first.
        threads: how many to use.

    Raises:
        FunctionError: a Python function of the experiment failed when its steps were repeated.

    Example:
        >>> from shoal.experiments import Experiment
        >>> recording = record(Experiment())
        >>> recording.steps[0], recording.steps[-1], len(recording.pack()) < 1_100_000
        (0, 25000, True)
    """
    run = source if isinstance(source, Run) else source.run(threads=threads)
    recorder = _Recorder(run, threads)
    steps = moments(run)
    while True:
        recording = recorder.recording(steps)
        if len(steps) <= 2 or len(recording.pack()) <= MOST_BYTES:
            return recording
        steps = sorted({steps[0], *steps[-1::-2]})


def moments(run: Run, most: int = MOMENTS) -> list[int]:
    """Return the steps of a run to record: its begin, its end, and most where most happens.

    Of a short run all are taken. Of others they grow by a constant ratio, first to the first
    report, then on from report to report; where reports are farther apart, some lie between.
    """
    last = int(run.steps.max())
    if last < most:
        return list(range(last + 1))
    reports = run.report_steps[run.report_steps <= last]
    first = int(reports[0]) if len(reports) else last
    early = np.geomspace(1, max(1, first), most // 3).round().astype(np.int64)
    late = np.geomspace(max(1, first), max(1, last), most - most // 3 - 1)
    taken = {0, last} | {int(step) for step in early if step <= last}
    for step in late.round().astype(np.int64).tolist():
        near = int(reports[np.abs(reports - step).argmin()]) if len(reports) else step
        taken.add(min(step, last) if near in taken else near)
    return sorted(taken)


class _Recorder:
    """Looks at a run as a page would, each moment once."""

    def __init__(self, run: Run, threads: int | None) -> None:
        self.run = run
        self._threads = default_threads() if threads is None else max(1, threads)
        self._planned = Planned(number=-1, key="", prepared=run.prepared)
        turns = Turns(self._threads)
        self._course = Course(self._planned, turns)
        self._course.run = run
        self._looker = Looker(turns)
        self._opened = self._open()
        self._made: dict[int, bytes] = {}

    def recording(self, steps: list[int]) -> Recording:
        """Return the recording of some steps, in ascending order."""
        head = frame(self._look), frame(self._opened.told), self._still
        return Recording(frames=(*head, *(self._moment(step) for step in steps)))

    def _open(self) -> Opened:
        session = Session(experiment={})
        told = opened_told(ID, self.run.prepared, (self._planned,), session, Shelf())
        bare = told.model_copy(update=_without_names(told))
        return Opened(id=ID, session=session, runs=(self._planned,), told=bare)

    @cached_property
    def _look(self) -> Look:
        """What is asked at every moment."""
        run, prepared = self.run, self.run.prepared
        member, size = run.best_index, len(run)
        part = prepared.parts[0]
        judged = len(part.split.validation) or len(part.split.train)
        n_units = sum(layer.units for layer in prepared.network.layers)
        is_small = (
            n_units <= MOST_UNITS and prepared.network.layout().n_parameters <= MOST_PARAMETERS
        )
        has_answers = not part.dataset.schema.is_regression and judged * size <= MOST_ANSWERS
        want = Want(
            surface=SurfaceWish(n=CELLS),
            multiples=MultiplesWish(n=SMALL, members=tuple(range(min(MULTIPLES, size))))
            if size > 1
            else None,
            units=UnitsWish(network=member, n=TINY) if is_small else None,
            weights=WeightsWish(network=member) if is_small else None,
            answers=AnswersWish() if has_answers else None,
            finals=True,
        )
        return Look(id=ID, opened=ID, step=0, want=want)

    @cached_property
    def _still(self) -> bytes:
        """What is the same at all moments: rows, true classes, and the curves to their end."""
        want = Want(
            rows=RowsWish(most=ROWS),
            surface=self._look.want.surface,
            curves=CurvesWish(most=REPORTS),
            truth=True,
        )
        header, arrays = self._seen(int(self.run.steps.max()), want)
        kept = {name: each for name, each in arrays.items() if not name.startswith("surface")}
        return frame(FrameTold.model_validate(header), kept)

    def _moment(self, step: int) -> bytes:
        if step not in self._made:
            header, arrays = self._seen(step, self._look.want)
            if not header["figures"]:
                _add_figures(header, arrays, self._measured(step))
            self._made[step] = frame(FrameTold.model_validate(header), _smaller(arrays))
        return self._made[step]

    def _seen(self, step: int, want: Want) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return header and arrays of the answer to a look, without what the clock says."""
        look = self._look.model_copy(update={"step": step, "want": want})
        told = self._looker.answer(look, self._opened, self._planned, self._course, lambda: None)
        header, arrays = unframe(told)
        return {**header, "seconds": 0.0, "arrays": ()}, arrays

    def _measured(self, step: int) -> dict[str, np.ndarray]:
        """Return the figures of the networks at a step before the first report."""
        run = self.run
        rows = sum(len(part.train.x) for part in run.prepared.parts)
        if rows * len(run) // len(run.prepared.parts) > MOST_MEASURED:
            return {}
        state = self._tape.at(step).state
        sound = np.flatnonzero((state.status == 0) & np.isfinite(state.weights).all(axis=1))
        return measured(run.prepared, state.weights, state.step, sound)

    @cached_property
    def _tape(self) -> Tape:
        return Tape(self.run, threads=self._threads)


def _without_names(told: OpenedTold) -> dict[str, Any]:
    """Return what of a session stays in a recording, which is handed on: no name of a file.

    Of the document a replay shows only which parameters were held fixed.
    """
    frozen = told.experiment.get("training", {}).get("frozen")
    document: dict[str, Any] = {"training": {"frozen": frozen}} if frozen else {}
    return {
        "experiment": document,
        "toml": "",
        "data": told.data.model_copy(update={"notes": ()}),
        "runs": tuple(each.model_copy(update={"experiment": {}}) for each in told.runs),
        "warnings": (),
    }


def _add_figures(
    header: dict[str, Any], arrays: dict[str, np.ndarray], values: dict[str, np.ndarray]
) -> None:
    """Add measured figures to a moment as the host adds those of a report."""
    known = {name: each for name, each in values.items() if np.isfinite(each).any()}
    if not known:
        return
    header["figures"] = {name: number(band(each).median) for name, each in known.items()}
    header["figures_step"] = header["step"]
    members = np.flatnonzero(np.isfinite(np.stack(list(known.values()))).any(axis=0))
    for name, each in known.items():
        arrays[f"final_{name}"] = np.nan_to_num(np.asarray(each[members], np.float32))
    arrays["final_member"] = members.astype(np.int32)


def _smaller(arrays: Arrays) -> dict[str, np.ndarray]:
    """Return the arrays of a moment with less bytes in them."""
    found = dict(arrays)
    surface = found.pop("surface")
    low, high = float(surface.min()), float(surface.max())
    shares = (surface.astype(np.float64) - low) / ((high - low) or 1.0)
    found["surface"] = np.rint(255 * shares).astype(np.uint8)
    found["surface_range"] = np.array([low, high], np.float32)
    members = found.get("final_member")
    if members is not None and len(members) > MOST_FINALS:
        some = spread_members(len(members), MOST_FINALS)
        for name in [name for name in found if name.startswith("final_")]:
            found[name] = found[name][some]
    return found


def _deflated(whole: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return packer.compress(whole) + packer.flush()


__all__ = ["Recording", "moments", "record"]
