"""What a report tells of a run: how well the networks learned, and what could be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import shoal
from shoal.charts.asking import telling_features
from shoal.charts.registry import CHARTS, make
from shoal.charts.report_parts import Story, Table, experiment_toml, percent
from shoal.charts.wording import PARTS, data_name, figure_words, record_id, trained_how
from shoal.data.tasks import LogicTask
from shoal.data.wording import count
from shoal.experiments.baselines import baselines_of
from shoal.experiments.comparison.wording import figure_text
from shoal.experiments.ending import evaluations
from shoal.experiments.result import clean_accuracy, summary, truth
from shoal.experiments.run import Run
from shoal.kernels import ARITHMETIC

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

ORDER: Final = (
    "validation_accuracy", "clean_accuracy", "test_accuracy", "train_accuracy", "validation_r2",
    "test_r2", "train_r2", "validation_mean_absolute_error", "test_mean_absolute_error",
    "train_mean_absolute_error", "validation_loss", "test_loss", "train_loss",
)  # fmt: skip
"""Figures in the order they are shown."""
CHARTS_OF_A_RUN: Final = (
    "curves", "ceiling", "surface", "disagreement", "slice", "predictions", "confusion",
    "calibration", "network",
)  # fmt: skip
SHOWN: Final = 20
"""Networks, and those that diverged, told one by one."""


def run_story(run: Run) -> Story:
    """Return what a report tells of a run."""
    figure = main_figure(run)
    beside = baselines_of(run, figure)
    return Story(
        kind="run",
        question=_question(run),
        answer=_answer(run, figure, beside),
        beside=(*run.warnings, *_lost(run)),
        cards=_cards(run, figure, beside),
        tables=(_figures(run, figure, beside), _networks(run)),
        charts=charts_of(run),
        documents={"experiment.toml": experiment_toml(run.experiment)},
        commands=("shoal run experiment.toml",),
        facts=run_facts(run),
        examined=run,
        replayed=run,
    )


def main_figure(run: Run) -> str:
    """Return the figure that tells most: of validation rows, and of accuracy, where there are."""
    part = "train" if run.prepared.parts[0].validation is None else "validation"
    for measure in ("accuracy", "r2"):
        if f"{part}_{measure}" in run.history and np.isfinite(run.final(f"{part}_{measure}")).any():
            return f"{part}_{measure}"
    return f"{part}_loss"


def shape_of(run: Run) -> str:
    """Return the widths of all layers, such as 2-3-3-1."""
    return "-".join(str(n) for n in [run.network.n_inputs, *(x.units for x in run.network.layers)])


def _question(run: Run) -> str:
    who = "does 1 network" if len(run) == 1 else f"do {count(len(run), 'network')}"
    how = f"{trained_how(run.experiment)}, {count(run.experiment.training.epochs, 'epoch')}"
    return f"How well {who} {shape_of(run)} learn {data_name(run.experiment)} with {how}?"


def _answer(run: Run, figure: str, beside: dict[str, float]) -> str:
    found = summary(run).get(figure)
    if found is None:
        return "No answer: every network diverged."
    accuracy = figure.endswith("accuracy")
    show: Callable[[float], str] = percent if accuracy else partial(figure_text, figure)
    words = figure_words(figure)
    median, low, high = (float(v) for v in (found.median, found.p05, found.p95))
    who = "The network" if len(run) == 1 else "The median network"
    rows = PARTS.get(figure.partition("_")[0], "")
    begin = f"{who} has a {words} of {show(median)}"
    if accuracy:
        begin = f"{who} is right on {show(median)} of the {rows} rows"
    if len(run) > 1:
        begin += f" (nine in ten networks: {show(low)} to {show(high)})"
    known = [f"{name} {show(value)}" for name, value in beside.items() if np.isfinite(value)]
    lost = f"; {count(len(run.diverged), 'network')} diverged" if run.diverged else ""
    return f"{begin}{'; ' if known else ''}{', '.join(known)}{lost}."


def _lost(run: Run) -> list[str]:
    said = [
        f"Network {each['index']} (seed {each['seed']}) diverged at step {each['step']:,}: "
        f"{each['cause']}."
        for each in run.diverged[:SHOWN]
    ]
    rest = len(run.diverged) - SHOWN
    said += [f"{rest:,} more diverged."] if rest > 0 else []
    return said + (["Training was interrupted; this is what was there."] if run.interrupted else [])


def _cards(run: Run, figure: str, beside: dict[str, float]) -> tuple[tuple[str, str], ...]:
    found = summary(run).get(figure)
    median = "" if found is None else figure_text(figure, float(found.median))
    cells = [(f"{figure_words(figure)}, median", median or "none")]
    cells += [(name, figure_text(figure, value)) for name, value in beside.items()]
    cells.append(("networks", f"{len(run):,}"))
    cells.append(("seconds", f"{run.seconds:.3g}"))
    return tuple(cells)


def _figures(run: Run, figure: str, beside: dict[str, float]) -> Table:
    bands, rows = summary(run), []
    own = clean_accuracy(run)
    for name in ORDER:
        if name not in bands:
            continue
        band = bands[name]
        values = own if name == "clean_accuracy" else run.test.get(name)
        values = run.final(name) if name in run.history else values
        best = None if values is None else float(values[run.best_index])
        numbers = [float(band.median), float(band.p05), float(band.p95), best]
        cells = (figure_text(name, value) for value in numbers)
        rows.append((figure_words(name), *cells, f"{int(band.n_counted):,}"))
    n = len(rows)
    for name, value in beside.items():
        rows.append((f"{name} ({figure_words(figure)})", figure_text(figure, value),
                     "", "", "", ""))  # fmt: skip
    rule = truth(run).get("rows_accuracy")
    if rule is not None:
        told = "true rule on these rows"
        rows.append((told, figure_text("train_accuracy", rule), "", "", "", ""))
    return Table(
        caption="Figures over the networks, and what is known without them",
        head=("figure", "median", "5 %", "95 %", f"best (network {run.best_index})", "counted"),
        rows=tuple(rows),
        quiet=frozenset(range(n, len(rows))),
        notes=("Networks that diverged are not counted.",) if run.diverged else (),
    )


def _networks(run: Run) -> Table:
    figures = [name for name in ORDER if name in run.history or name in run.test]
    figures = [name for name in figures if not name.endswith("mean_absolute_error")][:5]
    values = {n: run.final(n) if n in run.history else run.test[n] for n in figures}
    counted, reasons = evaluations(run.state), run.stopped_because
    shown = range(min(SHOWN, len(run)))
    rows = tuple(
        (
            str(i), str(run.seeds[i]), f"{int(run.steps[i]):,}", f"{int(counted[i]):,}",
            *(figure_text(name, float(values[name][i])) for name in figures), reasons[i],
        )
        for i in shown
    )  # fmt: skip
    rest = len(run) - len(shown)
    return Table(
        caption="Each network",
        folded="Each network by itself" if len(run) > 1 else "",
        head=("network", "seed", "steps", "loss evaluations", *map(figure_words, figures),
              "ended by"),
        rows=rows,
        notes=(f"{rest:,} more are not shown.",) if rest else (),
    )  # fmt: skip


def charts_of(run: Run) -> tuple[Callable[[], Chart], ...]:
    """Return what makes the charts that suit a run."""
    n_features = len(run.prepared.parts[0].dataset.schema.base_features)
    logic = isinstance(run.experiment.data, LogicTask)
    wanted = list(CHARTS_OF_A_RUN)
    wanted = [k for k in wanted if n_features > 1 or k not in ("surface", "disagreement")]
    wanted = [k for k in wanted if len(run) > 1 or k not in ("disagreement", "ceiling")]
    wanted = [k for k in wanted if logic or k not in ("slice", "predictions")]
    wanted = [k for k in wanted if not logic or k not in ("confusion", "calibration")]
    options = _telling_pair(run) if n_features > 2 else {}
    return tuple(
        partial(make, name, run, **(options if name in ("surface", "disagreement") else {}))
        for name in wanted
        if name in CHARTS and CHARTS[name].fits(run)
    )


def _telling_pair(run: Run) -> dict[str, Any]:
    """Return the two features that change the answers most, as an option of a chart."""
    return {"features": telling_features(run, 2)}


def run_facts(run: Run) -> tuple[tuple[str, str], ...]:
    """Return what identifies a run."""
    experiment = run.experiment
    return (
        ("run", record_id(run)),
        ("shoal", shoal.__version__),
        ("arithmetic", ARITHMETIC),
        ("digest of the weights", run.digest),
        ("seed", str(experiment.seed)),
        ("streams that differ between networks", streams_told(experiment.population.vary)),
        ("seeds of single streams", _given(experiment.streams)),
        ("precision", experiment.training.dtype),
    )


def streams_told(names: Sequence[str]) -> str:
    """Return the names of random streams."""
    return ", ".join(names) or "none"


def _given(streams: Any) -> str:
    own = {k: v for k, v in streams.model_dump().items() if v is not None}
    return ", ".join(f"{name} {seed}" for name, seed in own.items()) or "all follow from the seed"


__all__ = ["charts_of", "main_figure", "run_facts", "run_story", "streams_told"]
