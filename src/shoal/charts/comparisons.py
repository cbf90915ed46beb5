"""What a comparison found: the difference in every pair, with the verdict."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.lines import is_far_apart
from shoal.charts.marks import Spec, above, coloured, layer, level_bar, name, points, tooltips
from shoal.charts.rows import sample
from shoal.charts.wording import data_name, figure_words, record_id
from shoal.data.wording import count
from shoal.experiments.comparison.wording import in_units, short_names, unit_of

MOST_DOTS: Final = 2_000
OUTCOMES: Final = ("wins", "ties", "loses")


def differences(comparison: Any) -> Chart:
    """Draw the difference in every pair, for every two arms that were compared.

    Args:
        comparison: the comparison.
    """
    data, rows = _pairs(comparison)
    kept = np.flatnonzero(np.isfinite(np.asarray(data["difference"], np.float64)))
    n_lost = len(data["difference"]) - len(kept)
    kept = kept[sample(len(kept), MOST_DOTS)]
    drawn = in_units(comparison.figure, 1.0) * np.asarray(data["difference"], np.float64)[kept]
    labels = [row["c"] for row in rows]
    scale = _scale([row["d"] for row in rows], drawn)
    unit = unit_of(comparison.figure)
    title = f"by how much the first is better{f' ({unit})' if unit else ''}"
    region = in_units(comparison.figure, comparison.region or 0.0)

    def draw(look: Look) -> Spec:
        return _drawn(look, labels, title, scale, has_region=bool(region))

    shift = np.random.default_rng(4).uniform(-0.3, 0.3, len(kept))
    told = "each dot a pair; bar: median; line: its interval"
    alike = f"; grey: within {region:g} {unit}, not worth having" if region else ""
    lost = f"; {count(n_lost, 'pair')} where a side has no figure left out" if n_lost else ""
    logs = "; steps of the axis are powers of ten" if scale["type"] == "symlog" else ""
    return Chart(
        kind="differences",
        title=f"Difference in every pair: {figure_words(comparison.figure)}",
        subtitle=(plain(comparison.sentence.rstrip("."), 200), told + alike + lost + logs,
                  told_of_comparison(comparison)),
        data=data,
        marks={
            "dots": rows_of({
                "c": _at(data["comparison"], kept), "d": drawn,
                "o": _at(data["outcome"], kept), "pair": np.asarray(data["pair"])[kept],
                "seed": _at(data["seed"], kept), "shift": shift,
            }),
            "medians": rows, "zero": [{"d": 0}],
            "region": [{"low": -region, "high": region}] if region else [],
        },
        draw=draw,
        height=210 + 76 * len(labels),
    )  # fmt: skip


def _pairs(comparison: Any) -> tuple[Columns, list[dict[str, Any]]]:
    """Return every pair of every verdict, and its median with the interval, the better first."""
    names = arm_names(comparison)
    tables, rows = [], []
    for verdict in comparison.verdicts:
        sign = -1 if verdict.outcome == "worse" else 1
        first, second = (verdict.b, verdict.a) if sign > 0 else (verdict.a, verdict.b)
        label = f"{names[first]} vs {names[second]}"
        found = sign * comparison.difference(verdict)
        outcome = np.where(found > 0, "wins", np.where(found < 0, "loses", "ties"))
        outcome = np.where(np.isfinite(found), outcome, "no figure")
        tables.append({
            "comparison": [label] * len(found), "pair": np.arange(len(found)),
            "seed": list(comparison.seeds), "difference": found, "outcome": outcome.tolist(),
        })  # fmt: skip
        if np.isfinite(found).any():
            middle = sign * verdict.effect  # of the pairs that differ, as the interval is
            middle = middle if np.isfinite(middle) else float(np.nanmedian(found))
            median = in_units(comparison.figure, middle)
            ends = [in_units(comparison.figure, sign * v) for v in (verdict.low, verdict.high)]
            low, high = sorted(ends) if np.isfinite(ends).all() else (None, None)
            rows.append({"c": label, "d": median, "low": low, "high": high, "shift": 0})
    return joined(tables), rows


def _scale(medians: list[float], drawn: np.ndarray) -> dict[str, Any]:
    """Return the scale of the differences: by powers of ten where medians are far apart."""
    sizes = [abs(each) for each in medians if each]
    if not is_far_apart(sizes):
        return {"type": "linear", "zero": True}
    return {"type": "symlog", "constant": min(sizes) / 10, "nice": False, "zero": True}


def _drawn(
    look: Look, labels: list[str], title: str, scale: dict[str, Any], *, has_region: bool
) -> Spec:
    colours = look.colours
    axis = {"grid": True, "tickCount": 6, "labelExpr": "format(datum.value, '~s')"}
    if scale["type"] == "symlog":
        axis["values"] = _powers(scale["constant"])
    x = {"field": "d", "type": "quantitative", "title": title, "scale": scale, "axis": axis}
    low = {**x, "field": "low"}
    y = name("c", None, axis={"labelLimit": 260, "grid": False}, scale={"domain": labels})
    side = {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}
    shades = [colours.classes[0], colours.neutral, colours.classes[1]]
    colour = coloured("o", "the first", OUTCOMES, shades, legend=above())
    dot = points(colours, size=44, opacity=0.75)
    bar = {**level_bar(colours, length=36), "angle": 90}
    span = {"type": "rule", "color": colours.text, "strokeWidth": 2}
    shown = tooltips({"pair": "pair", "seed": "seed", "d": "difference"})
    between = {"type": "rect", "color": colours.neutral, "opacity": 0.14}
    return {"layer": [
        *([layer("region", between, x=low, x2={"field": "high"})] if has_region else []),
        layer("zero", {"type": "rule", "color": colours.neutral, "strokeWidth": 1.4}, x=x),
        layer("dots", dot, x=x, y=y, yOffset=side, color=colour, tooltip=shown),
        layer("medians", span, x=low, x2={"field": "high"}, y=y, yOffset=side),
        layer("medians", bar, x=x, y=y, yOffset=side, tooltip=tooltips({"d": "median"})),
    ]}  # fmt: skip


def _powers(constant: float) -> list[float]:
    """Return 0 and the powers of ten above what the axis draws as a line, both ways."""
    first = int(np.ceil(np.log10(2 * constant)))
    powers = [float(f"1e{k}") for k in range(first, first + 12)]
    return [*(-each for each in powers), 0.0, *powers]


def arm_names(comparison: Any) -> list[str]:
    """Return what the arms are called, short and each different from the others."""
    short = [plain(each, 40) for each in short_names(comparison.names)]
    return [each if short.count(each) == 1 else f"{each} ({k + 1})"
            for k, each in enumerate(short)]  # fmt: skip


def told_of_comparison(comparison: Any) -> str:
    """Return which comparison it was, in one line."""
    first = comparison.arms[0].experiment
    varied = ", ".join(comparison.streams) or "nothing"
    said = f"{data_name(first)}: {count(comparison.n_pairs, 'pair')}, seeds of {varied} vary"
    return f"{said} · comparison {record_id(comparison)}"


def _at(column: Any, places: np.ndarray) -> list[Any]:
    return [column[k] for k in places.tolist()]
