"""The tables, as rows of text: printed on the terminal, and as Markdown for the docs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.tabular.figures import BARS, TINY, TREES, Figures
from benchmarks.tabular.measuring import PARTS
from benchmarks.tabular.sets import SETS
from shoal.data.wording import count
from shoal.metrics.paired_bootstrap import bootstrap_interval
from shoal.metrics.paired_signs import sign_interval, sign_test


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text; the first `n_words` columns hold words, the others numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    n_words: int = 1

    @property
    def markdown(self) -> str:
        """The table as Markdown, below a heading of the fourth level: ready for the docs."""
        ruler = "---|" * self.n_words + "---:|" * (len(self.head) - self.n_words)
        lines = [f"| {' | '.join(self.head)} |", f"|{ruler}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        notes = [note.replace(". ", ".\n") for note in self.notes]  # a sentence a line
        return "\n".join([f"#### {self.title}", "", *lines, "", *notes]).rstrip() + "\n"


def tables(figures: Figures) -> list[Table]:
    """Return every table that there are fits for, the bars last."""
    parts = [part for part in ("defaults", "search") if figures.sets(part)]
    found = [_scores(figures, part) for part in parts]
    found += [each for part in parts if (each := _gains(figures, part)) is not None]
    found += [_seconds(figures, part) for part in parts]
    if figures.sets("single"):
        found.append(_singles(figures))
    if figures.sets("grid"):
        found.append(_grids(figures))
    return [*found, _bars(figures)]


def _scores(figures: Figures, part: str) -> Table:
    learners, rows = figures.learners(part), []
    for name in figures.sets(part):
        scores = {each: figures.score(part, name, each) for each in learners}
        best = max((v for v in scores.values() if math.isfinite(v)), default=math.nan)
        cells = [_score(scores[each], best) for each in learners]
        kind = "accuracy" if SETS[name].is_classification else "R²"
        low = min((figures.gain(part, name, tree) for tree in TREES), default=math.nan)
        rows.append((name, kind, *cells, _signed(figures.gain(part, name)), _signed(low)))
    notes = (f"Bold: within 0.005 of the best. Trees are more than a point ahead of shoal on: "
             f"{', '.join(figures.trees_win(part)) or 'none'}.",)  # fmt: skip
    what = "in their defaults" if part == "defaults" else "after a search of four settings"
    return Table(
        title=f"Accuracy or R², learners {what}",
        head=("set", "figure", *learners, "shoal - mlp, points", "shoal - better trees"),
        rows=tuple(rows),
        notes=notes,
    )


def _gains(figures: Figures, part: str) -> Table | None:
    """Return what the gains over each learner come to, over all sets and without tiny ones."""
    rows = []
    for other in figures.learners(part)[1:]:
        for but in ((), TINY):
            gains = figures.gains(part, other, but=but)
            if len(gains) < 2 or (but and len(gains) == len(figures.gains(part, other))):
                continue
            rows.append((f"{other}, without {', '.join(but)}" if but else other, *_summed(gains)))
    if not rows:
        return None
    what = "in their defaults" if part == "defaults" else "after a search"
    return Table(
        title=f"By how many points shoal is better, over sets, {what}",
        head=("than", "sets", "mean", "95 %", "median", "95 %", "range", "better on", "p"),
        rows=tuple(rows),
        notes=(
            "Every set counts once. Interval of the mean: BCa bootstrap over sets; of the median: "
            "order statistics, exact; p: two-sided sign test. A set with few rows moves the mean "
            "as much as any other, but hardly the median.",
        ),
    )


def _summed(gains: np.ndarray) -> tuple[str, ...]:
    mean, median, signs = bootstrap_interval(gains, "mean"), sign_interval(gains), sign_test(gains)
    least, most = np.sort(gains)[[0, -1]]
    return (
        str(len(gains)), f"{gains.mean():+.2f}", f"{mean.low:+.2f} to {mean.high:+.2f}",
        f"{np.median(gains):+.2f}",
        f"{median.low:+.2f} to {median.high:+.2f}" if np.isfinite(median.low) else "",
        f"{least:+.1f} to {most:+.1f}", str(signs.wins), f"{signs.p_value:.2g}",
    )  # fmt: skip


def _seconds(figures: Figures, part: str) -> Table:
    learners, rows = figures.learners(part), []
    for name, ratio in zip(figures.sets(part), figures.ratios(part), strict=True):
        cells = [_time(figures.seconds(part, name, each)) for each in learners]
        rows.append((name, *cells, f"{ratio:.1f}"))
    what = "a fit in its defaults" if part == "defaults" else "a search"
    return Table(
        title=f"Seconds of {what}, medians",
        head=("set", *learners, "mlp / shoal"),
        rows=tuple(rows),
        notes=(_ratio_note(figures, part),),
    )


def _singles(figures: Figures) -> Table:
    rows = []
    for name, ratio in zip(figures.sets("single"), figures.ratios("single"), strict=True):
        scores = [figures.score("single", name, each) for each in ("shoal", "mlp")]
        times = [_time(figures.seconds("single", name, each)) for each in ("shoal", "mlp")]
        rows.append((name, *times, f"{ratio:.1f}", *(f"{each:.3f}" for each in scores)))
    return Table(
        title="One network of 100 hidden units, 50 epochs, batches of 200, Adam 0.001",
        head=("set", "shoal s", "mlp s", "mlp / shoal", "shoal score", "mlp score"),
        rows=tuple(rows),
        notes=(_ratio_note(figures, "single"),),
    )


def _grids(figures: Figures) -> Table:
    rows = []
    many = figures.ratios("grid", "shoal_16")
    alone = figures.ratios("grid")
    for name, one, all_16 in zip(figures.sets("grid"), alone, many, strict=True):
        times = [_time(figures.seconds("grid", name, each)) for each in PARTS["grid"]]
        rows.append((name, *times, f"{one:.1f}", f"{all_16:.1f}"))
    return Table(
        title="Seconds of a search of eight settings on three folds: 24 fits",
        head=("set", "shoal, 1 network", "shoal, 16", "mlp", "mlp / shoal 1", "mlp / shoal 16"),
        rows=tuple(rows),
        notes=(
            _ratio_note(figures, "grid"),
            f"With 16 networks for each fit in place of one: {np.nanmedian(many):.1f}.",
        ),
    )


def _bars(figures: Figures) -> Table:
    rows = []
    for bar in BARS:
        value = bar.value(figures)
        if value is None:
            rows.append((bar.name, bar.what, bar.limit, "", "not measured"))
            continue
        verdict = "pass" if bar.holds(value) else "MISSED"
        rows.append((bar.name, bar.what, bar.limit, f"{value:.3g} {bar.unit}", verdict))
    return Table(
        title="Bars",
        head=("bar", "what", "asked for", "measured", "verdict"),
        rows=tuple(rows),
        n_words=3,
    )


def missed(figures: Figures) -> list[str]:
    """Return the bars that were measured and missed."""
    values = [(bar, bar.value(figures)) for bar in BARS]
    return [bar.name for bar, value in values if value is not None and not bar.holds(value)]


def _ratio_note(figures: Figures, part: str) -> str:
    ratios = figures.ratios(part)
    told = f"{np.nanmedian(ratios):.1f} (from {np.nanmin(ratios):.1f} to {np.nanmax(ratios):.1f})"
    return f"Median over {count(len(ratios), 'set')} of mlp / shoal: {told}."


def _score(value: float, best: float) -> str:
    if not math.isfinite(value):
        return ""
    return f"**{value:.3f}**" if value >= best - 0.005 else f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{value:+.1f}" if math.isfinite(value) else ""


def _time(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else ""


def as_text(table: Table) -> str:
    """Return a table for the terminal."""
    rows: Sequence[tuple[str, ...]] = (table.head, *table.rows)
    plain = [[cell.replace("**", "") for cell in row] for row in rows]
    widths = [max(len(row[k]) for row in plain) for k in range(len(table.head))]
    lines = [table.title, ""]
    for row in plain:
        first, *others = (cell.ljust(w) if k < table.n_words else cell.rjust(w)
                          for k, (cell, w) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join([*lines, *table.notes, ""])
