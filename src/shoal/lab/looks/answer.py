"""From a look to a frame: what the run was at the step, and the parts that are wanted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shoal.experiments.result import number
from shoal.experiments.run import Run
from shoal.experiments.tape import Tape
from shoal.lab.course import Check, Course, Planned, Sight
from shoal.lab.frames import frame
from shoal.lab.looks.answers import answers
from shoal.lab.looks.curves import curves, figures_at, finals, last_report
from shoal.lab.looks.plane import PlaneSeen, chosen_by_answers, plane_of
from shoal.lab.looks.rows import rows
from shoal.lab.looks.scene import Arrays, Kept, Scene
from shoal.lab.looks.surfaces import multiples, surface, truth
from shoal.lab.looks.units import units
from shoal.lab.looks.weights import weights
from shoal.lab.messages import FrameTold, Look
from shoal.lab.opening import Opened
from shoal.lab.turns import Turns
from shoal.metrics import band

PartOfFrame = Callable[[Scene, Any], Arrays]
"""From a scene and what is wished of the part to its arrays."""

PARTS: Final[Mapping[str, PartOfFrame]] = MappingProxyType(
    {
        "rows": rows,
        "surface": surface,
        "multiples": multiples,
        "units": units,
        "weights": weights,
        "answers": answers,
        "curves": curves,
        "finals": finals,
        "truth": truth,
    }
)
"""Every part of a frame, by its name in `Want`."""
FLAT: Final = frozenset({"rows", "surface", "multiples", "units", "truth", "answers"})
"""Parts that speak of a plane."""
MOST_TAPES: Final = 6
MOST_TRIED: Final = 2000
"""Features of which those that change the answers most are found: the time goes by the square."""


class Looker:
    """Answers the looks of one page, one after the other.

    Args:
        turns: when to look.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._kept = Kept()
        self._tapes: dict[str, tuple[Run, Tape]] = {}
        self._opened = -1

    def answer(
        self, look: Look, opened: Opened, planned: Planned, course: Course, check: Check
    ) -> bytes:
        """Wait for what a look asks for; return the frame.

        Raises:
            InputError: a run, network, feature or class that there is not.
        """
        self._let_go(opened)
        sight = course.sight(look.step, look.have, look.patience_ms / 1000, check)
        watcher = None if look.step is None else id(self)
        with self._turns.look(watcher=watcher) as threads:
            check()
            scene = self._scene(look, planned, sight, threads)
            arrays: Arrays = {}
            for name, part in PARTS.items():
                wish = getattr(look.want, name)
                if wish is not None and wish is not False:
                    arrays |= part(scene, wish)
            return frame(_told(scene, opened, sight, self._turns.n_watchers), arrays)

    def _let_go(self, opened: Opened) -> None:
        """Forget what sessions before had and this one has not."""
        if opened.id != self._opened:
            self._opened = opened.id
            self._kept.let_go([each.prepared for each in opened.runs])
            keys = {each.key for each in opened.runs}
            self._tapes = {key: tape for key, tape in self._tapes.items() if key in keys}

    def _scene(self, look: Look, planned: Planned, sight: Sight, threads: int) -> Scene:
        run = sight.run
        last = int(run.steps.max())
        step = last if look.step is None else min(look.step, last)
        if step >= last:
            state = run.state
            weights = np.asarray(run.weights if sight.is_done else state.weights)
        else:
            tape = self._tape(planned.key, run, step)
            state = tape.state
            weights = state.weights
        return Scene(
            look=look,
            run=run,
            weights=weights,
            steps=np.asarray(state.step),
            sound=np.asarray(state.status == 0),
            step=step,
            is_end=sight.is_done and step >= last,
            plane=self._plane(look, run, is_done=sight.is_done),
            kept=self._kept,
            threads=threads,
        )

    def _tape(self, key: str, run: Run, step: int) -> Tape:
        """Return a tape of a run at a step; one that is there already is wound."""
        found = self._tapes.pop(key, None)
        if found is None or (found[0] is not run and step > int(found[0].state.step.max())):
            found = run, Tape(run, threads=self._turns.cores)
        self._tapes[key] = found
        while len(self._tapes) > MOST_TAPES:
            del self._tapes[next(iter(self._tapes))]
        return found[1].at(step)

    def _plane(self, look: Look, run: Run, *, is_done: bool) -> PlaneSeen:
        """Return the plane; features are chosen by the answers once there are final ones."""
        dataset = run.prepared.parts[0].dataset
        n_base = len(dataset.schema.base_features)
        telling = None
        if is_done and 2 < n_base <= MOST_TRIED and look.plane.features is None:
            telling = self._kept.recall("telling", run, lambda: chosen_by_answers(run))
        medians = self._kept.recall(
            "medians", dataset, lambda: np.median(np.asarray(dataset.x, np.float64), axis=0)
        )
        name = "plane", look.plane.model_dump_json(), telling
        return self._kept.recall(name, dataset, lambda: plane_of(look.plane, run, medians, telling))


def _told(scene: Scene, opened: Opened, sight: Sight, n_watchers: int) -> FrameTold:
    """Return the header of a frame."""
    run, look = scene.run, scene.look
    last = last_report(scene)
    reported = int(run.report_steps[max(last, 0)])
    wants_plane = any(getattr(look.want, name) for name in FLAT)
    keeps_best = sight.is_done and scene.is_end and run.state.keeps_best
    return FrameTold.model_construct(
        type="frame",
        id=look.id,
        opened=opened.id,
        run=look.run,
        step=scene.step,
        epoch=scene.step / scene.prepared.schedule.steps_per_epoch,
        trained_step=sight.trained_step,
        done=sight.is_done,
        seconds=run.seconds,
        figures={name: _median(values) for name, values in figures_at(scene).items()},
        figures_step=scene.step if scene.is_end or last < 0 else reported,
        n_diverged=int((~scene.sound).sum()),
        stopped=dict(Counter(run.stopped_because)) if sight.is_done else {},
        delivered_step=int(np.median(run.delivered_step)) if keeps_best else None,
        plane=scene.plane.told if wants_plane else None,
        n_watchers=n_watchers,
        arrays=(),
    )


def _median(values: np.ndarray) -> float | None:
    return number(band(values).median)
