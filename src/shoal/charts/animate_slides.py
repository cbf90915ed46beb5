"""What the frames of an animation show: answers at some steps or of some networks, and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from shoal.charts.animate_view import View
from shoal.charts.lines import carried
from shoal.data.dataset import IndexArray
from shoal.experiments.measure import on_rows
from shoal.experiments.run import Run
from shoal.kernels import RowSet
from shoal.metrics import band

Floats = NDArray[np.floating]
Scale = Literal["log", "linear"]
Figures = tuple[float, float, float]
REPORTS: Final = 400
"""Reports on a learning curve at most."""
LINES: Final = 64
"""Networks whose own learning curves are drawn at most."""
MEASURED: Final = 2e10
"""What figures at the frames' own steps may cost; beyond that the nearest reports stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """One frame before it is drawn.

    Attributes:
        step: how many steps were done.
        heading: where we are.
        detail: what is shown.
        answers: of the networks that are asked, (M, R, V); their median where only that shows.
        figures: median, 5th and 95th percentile of the figure there, NaN where not known.
        network: the network that is shown, None for all.
    """

    step: int
    heading: str
    detail: str
    answers: Floats
    figures: tuple[float, float, float]
    network: int | None

    @property
    def figure(self) -> float:
        """The median of the figure."""
        return self.figures[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """The learning curve that stands beside.

    Attributes:
        figure: its name.
        steps: (T,) of the reports that are drawn.
        values: (P', T) of some networks.
        median, low, high: (T,) over the networks that did not diverge.
        train: (T,) the median on the training rows, where `figure` is of other rows.
        attainable: the highest that is to be had, None where unknown.
        early: (E, 4) steps before the first report with median, low and high there.
    """

    figure: str
    steps: Floats
    values: Floats
    median: Floats
    low: Floats
    high: Floats
    train: Floats | None
    attainable: float | None
    early: Floats


def chosen_steps(last: int, n: int, scale: Scale) -> list[int]:
    """Return `n` different steps from 0 to `last`, as evenly as whole numbers can be.

    Fewer where there are fewer. On the scale "log" they grow by a constant ratio, from one step
    at a time.

    Example:
        >>> chosen_steps(100, 5, "linear"), chosen_steps(1000, 5, "log")
        ([0, 25, 50, 75, 100], [0, 1, 10, 100, 1000])
        >>> chosen_steps(3, 100, "log")
        [0, 1, 2, 3]
    """
    n = min(n, last + 1)
    if scale == "linear" or n == 2:
        return [round(last * k / (n - 1)) for k in range(n)]
    steps = [0, 1]
    while len(steps) < n:
        left = n - len(steps)
        ratio = (last / steps[-1]) ** (1 / left)
        nearest = max(steps[-1] + 1, round(steps[-1] * ratio))
        steps.append(min(nearest, last - left + 1))
    return steps


def over_steps(
    run: Run,
    view: View,
    steps: Sequence[int],
    *,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> list[Slide]:
    """Return a slide for each step, the states taken in ascending order, each once."""
    alone = int(view.members[0]) if len(view.members) == 1 else None
    figure = shown_figure(run)
    exact = _cost(run, len(steps)) <= MEASURED
    detail = _who(run, view) if alone is None else f"network {alone}, seed {run.seeds[alone]}"
    per_epoch = run.prepared.schedule.steps_per_epoch
    tape, slides = run.tape(threads=threads), []
    for number, step in enumerate(steps):
        weights = tape.at(step).weights
        answers = view.answers(weights)
        if alone is None and (view.is_surface or len(view.classes) > 2) and not view.has_slice:
            answers = np.median(answers, axis=0, keepdims=True)
        reached = _figures(run, view, weights, figure) if exact else _reported(run, view, step)
        slides.append(
            Slide(
                step=step,
                heading=f"step {step:,}, epoch {step // per_epoch:,}",
                detail=detail,
                answers=answers.astype(np.float32),
                figures=reached,
                network=alone,
            )
        )
        if progress is not None:
            progress(number + 1, len(steps))
    return slides


def over_networks(
    run: Run, view: View, n: int, progress: Callable[[int, int], object] | None
) -> list[Slide]:
    """Return a slide for each of the first `n` networks, as training left them."""
    figure, slides = shown_figure(run), []
    finals, reasons = run.final(figure), run.stopped_because
    n = min(n, len(run))
    for i in range(n):
        diverged = "" if run.sound[i] else f", diverged at step {int(run.steps[i]):,}"
        slides.append(
            Slide(
                step=int(run.delivered_step[i]),
                heading=f"network {i}, one of {len(run):,}",
                detail=f"seed {run.seeds[i]}{diverged or f', ended by {reasons[i]}'}",
                answers=view.answers(run.weights, np.array([i])).astype(np.float32),
                figures=(float(finals[i]),) * 3,
                network=i,
            )
        )
        if progress is not None:
            progress(i + 1, n)
    return slides


def shown_figure(run: Run) -> str:
    """Return the figure of the learning curve: the accuracy, or the loss where there is none."""
    part = "train" if run.prepared.parts[0].validation is None else "validation"
    name = f"{part}_accuracy"
    return name if name in run.history else f"{part}_loss"


def learning_of(run: Run, slides: Sequence[Slide]) -> Learning:
    """Return the learning curve of a run, with what the slides know from before its reports."""
    figure = shown_figure(run)
    kept = np.unique(np.linspace(0, len(run.report_steps) - 1, REPORTS).round().astype(int))
    reached = run.report_steps[kept] <= int(run.steps.max())
    kept = kept[reached]
    values = carried(run.history[figure], run.sound)[:, kept]
    over = band(np.where(run.sound[:, np.newaxis], values, np.nan))
    steps = run.report_steps[kept].astype(np.float64)
    first = steps[0] if len(steps) else np.inf
    early = [(s.step, *s.figures) for s in slides if s.step < first and np.isfinite(s.figure)]
    is_steps = all(slide.network is None for slide in slides)
    return Learning(
        figure=figure,
        steps=steps,
        values=values[:LINES],
        median=over.median,
        low=over.p05,
        high=over.p95,
        train=_train(run, figure, kept),
        attainable=_attainable(run, figure),
        early=np.array(early if is_steps else [], np.float64).reshape(-1, 4),
    )


def _train(run: Run, figure: str, kept: np.ndarray) -> Floats | None:
    other = figure.replace("validation", "train")
    if other == figure:
        return None
    values = carried(run.history[other], run.sound)[:, kept]
    return band(np.where(run.sound[:, np.newaxis], values, np.nan)).median


def _attainable(run: Run, figure: str) -> float | None:
    if not figure.endswith("accuracy"):
        return None
    from shoal.experiments.result import truth

    known = truth(run)["attainable_accuracy"]
    return None if known is None else float(known)


def _who(run: Run, view: View) -> str:
    whole, n = int(run.sound.sum()), len(view.members)
    if n == 1:
        return "1 network"
    lost = len(run) - whole
    of = f" of {whole:,}" if whole > n else ""
    return f"median of {n}{of} networks" + (f" ({lost:,} diverged)" if 0 < lost < len(run) else "")


def _rows(run: Run) -> list[RowSet | None]:
    """Return the rows that the shown figure is of, one set for each part of the data."""
    parts = run.prepared.parts
    if parts[0].validation is None:
        return [part.train for part in parts]
    return [part.validation for part in parts]


def _cost(run: Run, n: int) -> float:
    """Return about how many operations the figures of all networks take, n times."""
    rows = _rows(run)[0]
    return 2.0 * run.weights.size * n * (0 if rows is None else rows.x.shape[0])


def _counted(run: Run, view: View) -> IndexArray:
    """Return the networks whose figures are shown: the one, or all that did not diverge."""
    sound = np.flatnonzero(run.sound)
    return view.members if len(view.members) == 1 or not len(sound) else sound


def _figures(run: Run, view: View, weights: np.ndarray, figure: str) -> Figures:
    """Return median and band of a figure over the networks that are looked at."""
    members = _counted(run, view)
    found = on_rows(run.prepared, weights, members, _rows(run))
    return _band(found[figure.partition("_")[2]][members])


def _reported(run: Run, view: View, step: int) -> Figures:
    """Return the figure at the last report until a step, NaN before the first."""
    reached = np.flatnonzero(run.report_steps <= step)
    if not len(reached):
        return (float("nan"),) * 3
    values = carried(run.history[shown_figure(run)][:, : reached[-1] + 1], run.sound)[:, -1]
    return _band(values[_counted(run, view)])


def _band(values: Floats) -> Figures:
    found = band(values)
    return float(found.median), float(found.p05), float(found.p95)
