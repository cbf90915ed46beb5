"""Figures over time, and those of every network at the step that is shown."""

from __future__ import annotations

import numpy as np

from shoal.charts.asking import spread_members
from shoal.charts.lines import carried
from shoal.experiments.measure import measured
from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import CurvesWish
from shoal.metrics import band


def curves(scene: Scene, wish: CurvesWish) -> Arrays:
    """Return median and 5 to 95 % band of every figure at the reports up to the step.

    Networks that ended before the others keep their last figure; those that diverged are left
    out from there on, and reports that no network has are too.
    """
    steps, places = scene.run.report_steps, _places(scene, wish.most)
    found: Arrays = {"curve_steps": steps[places].astype(np.int32)}
    bands = _bands(scene, wish.most)
    member = None if wish.network is None else scene.member(wish.network)
    for name, whole in bands.items():
        if not np.isfinite(whole[0, : len(places)]).any():
            continue
        found[f"curve_{name}"] = sane(_held_on(whole[:, : len(places)]), 0.0)
        if member is not None:
            one = scene.run.history[name][member : member + 1, places]
            found[f"one_{name}"] = sane(_held_on(one)[0], 0.0)
    return found


def finals(scene: Scene, wanted: bool) -> Arrays:
    """Return figures of the networks that did not diverge, at the step, and which they are.

    At the end those of the delivered weights; before, those of the last report.
    """
    values = figures_at(scene)
    members = np.flatnonzero(scene.sound)
    found = {
        f"final_{name}": sane(each[members], 0.0)
        for name, each in values.items()
        if np.isfinite(each[members]).any()
    }
    return {**found, "final_member": members.astype(np.int32)} if found else {}


def figures_at(scene: Scene) -> dict[str, np.ndarray]:
    """Return the figures of every network at the step, each (P,), NaN where there are none.

    Before the first report they are those of the weights as they are there.
    """
    run = scene.run
    if scene.is_end:
        return {**{name: run.final(name) for name in run.history}, **run.test}
    last = last_report(scene)
    if last < 0:
        return _before_reports(scene)
    here = np.array([last])
    return {
        name: _of_all(values[:, : last + 1], scene.sound, here)[:, -1]
        for name, values in run.history.items()
    }


def last_report(scene: Scene) -> int:
    """Return the number of the last report up to the step, -1 if there is none."""
    return int(np.searchsorted(scene.run.report_steps, scene.step, side="right")) - 1


def _before_reports(scene: Scene) -> dict[str, np.ndarray]:
    """Return the figures of the weights at the step; found once for a run."""
    sound = np.flatnonzero(scene.sound)

    def make() -> dict[str, np.ndarray]:
        with np.errstate(all="ignore"):  # weights set by hand may be anything
            return measured(scene.prepared, scene.weights, scene.steps, sound)

    return scene.kept.recall(("figures at", scene.step), scene.run, make)


def _places(scene: Scene, most: int) -> np.ndarray:
    """Return which reports are shown: of the whole run evenly spread ones, up to the step."""
    spread = spread_members(len(scene.run.report_steps), most)
    return np.asarray(spread[spread <= last_report(scene)])


def _bands(scene: Scene, most: int) -> dict[str, np.ndarray]:
    """Return (3, T) of every figure at the reports that are shown; found once for a run."""
    run = scene.run

    def make() -> dict[str, np.ndarray]:
        steps = run.report_steps
        done = int(np.searchsorted(steps, int(run.steps.max()), side="right"))
        places = spread_members(len(steps), most)
        places = places[places < done]
        found = {}
        for name, values in run.history.items():
            each = band(_of_all(values[:, :done], run.sound, places))
            found[name] = np.stack([each.median, each.p05, each.p95])
        return found

    return scene.kept.recall(("bands", most), run, make)


def _of_all(values: np.ndarray, sound: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return figures at some reports; of networks that had ended, the last ones they had."""
    if values.shape[1] == 0 or np.isfinite(values[:, -1]).all():
        return values[:, places]
    return carried(values, sound)[:, places]


def _held_on(values: np.ndarray) -> np.ndarray:
    """Return numbers over time with gaps filled by the last before, the first ones by the next."""
    known = np.isfinite(values[0])
    if not known.any():
        return np.zeros_like(values)
    places = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    places[places < 0] = int(known.argmax())
    return np.asarray(values[:, places])


__all__ = ["curves", "figures_at", "finals", "last_report"]
