"""Charts that only an assessment has: errors of numbers, and what errors cost."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import output_of, plain
from shoal.charts.columns import rows_of
from shoal.charts.judged_rows import MOST_POINTS, thinned, told_of_assessment
from shoal.charts.marks import Spec, layer, number, points, tooltips
from shoal.charts.rows import sample
from shoal.charts.wording import of_networks
from shoal.errors import InputError
from shoal.metrics.costs import cost_curve
from shoal.models.assessment.assessing import Assessment
from shoal.models.assessment.records import Costs

MOST_DOTS: Final = 2_000
RIGHT: Final = 0.7
"""A threshold above it has its name on the left."""
RULES: Final = {"half": "0.5", "theory": "theory", "best": "least here"}


def residuals(record: Assessment, *, of: str | int | None = None) -> Chart:
    """Draw the errors of a number against what was said: where is the model off, and which way?

    Args:
        record: the assessment.
        of: the target; the first by default.

    Raises:
        InputError: the targets are classes or labels.
        ArgumentError: no such target.
    """
    schema = record.rows.schema
    if not schema.is_regression:
        told = "is of numbers; got classes" if schema.classes else "is of numbers; got labels"
        raise InputError(f"chart 'residuals': {told}.", code="G102")
    output = output_of("residuals", schema, of)
    said, true = (each[:, output.number] for each in (record.rows.said, record.rows.true))
    shown = sample(len(said), MOST_DOTS)
    data = {"predicted": said, "true": true, "error": said - true}
    dots = {name: column[shown] for name, column in data.items()}
    figures = record.targets[output.number].figures
    bias = figures["bias"].value or 0.0

    def draw(look: Look) -> Spec:
        x = number("predicted", f"predicted {output.title} (in its units)")
        y = number("error", "prediction less truth (in its units)")
        dot = points(look.colours, size=26, opacity=0.55, color=look.colours.classes[0])
        rule = {"type": "rule", "color": look.colours.neutral, "strokeWidth": 1.4}
        dashed = {**rule, "strokeDash": [5, 4]}
        told = tooltips({"predicted": "predicted", "true": "true", "error": "error"})
        return {"layer": [
            layer("zero", rule, y=y),
            layer("rows", dot, x=x, y=y, tooltip=told),
            layer("bias", dashed, y=y),
        ]}  # fmt: skip

    counted = _rows_told(record)
    if len(shown) < len(said):
        counted = f"{len(shown):,} of {counted}"
    return Chart(
        kind="residuals",
        title=f"Errors of {output.title}",
        subtitle=(f"{_who(record)}; {counted}; above 0 too high; dashed: the mean, {bias:.4g}",
                  told_of_assessment(record)),
        data=data,
        marks={"rows": rows_of(dots), "zero": [{"error": 0.0}], "bias": [{"error": bias}]},
        draw=draw,
    )  # fmt: skip


def costs(record: Assessment) -> Chart:
    """Draw what the errors cost at every threshold of the probability.

    Args:
        record: the assessment, made with the costs of the two errors.

    Raises:
        InputError: it was made without costs.
    """
    found = record.costs
    if found is None:
        cure = "Assess with costs=(false positive, false negative)."
        raise InputError(f"chart 'costs': needs the costs of the two errors. {cure}", code="G104")
    positive = record.rows.schema.classes.index(found.positive)
    curve = cost_curve(
        record.rows.said[:, positive],
        record.rows.true_codes == positive,
        false_positive=found.false_positive,
        false_negative=found.false_negative,
        weights=record.rows.weights,
    )
    data = {
        "threshold": curve.threshold,
        "cost": curve.cost,
        "false_positives": curve.n_false_positives,
        "false_negatives": curve.n_false_negatives,
    }
    kept = thinned(len(curve.cost), MOST_POINTS)
    rules = sorted(rows_of(_marked(found)), key=lambda each: float(each["threshold"]))
    name = plain(found.positive, 30)

    def draw(look: Look) -> Spec:
        one, other = look.colours.classes[:2]
        x = number("threshold", f"{name} is said above this probability", domain=(0, 1))
        y = number("cost", "mean cost of a row (units of the costs)", zero=True)
        line = {"type": "line", "strokeWidth": 2.2, "color": one}
        order = {"field": "i", "type": "quantitative"}
        rule = {"type": "rule", "strokeDash": [4, 4], "color": look.colours.neutral}
        dot = {"type": "point", "filled": True, "size": 90, "color": other, "opacity": 1}
        named = [_named(look, k, each["threshold"]) for k, each in enumerate(rules)]
        return {"layer": [
            layer("rules", rule, x=x),
            layer("curve", line, x=x, y=y, order=order),
            layer("rules", dot, x=x, y=y, tooltip=tooltips({"rule": "rule", "cost": "cost"})),
            *(layer(f"rule {k}", mark, x=x, text={"field": "rule"})
              for k, mark in enumerate(named)),
        ]}  # fmt: skip

    return Chart(
        kind="costs",
        title=f"Costs of saying {name}",
        subtitle=(f"{_who(record)}; {_rows_told(record)}; {_prices(found)}",
                  told_of_assessment(record)),
        data=data,
        marks={
            "curve": rows_of({"threshold": curve.threshold[kept], "cost": curve.cost[kept],
                              "i": kept}),
            "rules": rules,
            **{f"rule {k}": [each] for k, each in enumerate(rules)},
        },
        draw=draw,
    )  # fmt: skip


def _named(look: Look, k: int, threshold: float) -> Spec:
    """Return the text of the k-th rule: at the top, where the curve is not, each in a line."""
    right = threshold > RIGHT
    return {"type": "text", "baseline": "top", "color": look.colours.text, "y": 4 + 14 * k,
            "align": "right" if right else "left", "dx": -6 if right else 6}  # fmt: skip


def _marked(found: Costs) -> dict[str, Any]:
    """Return the rules that have a threshold, as columns; those that coincide have one name."""
    names: dict[tuple[float, float], str] = {}
    for each in found.decisions:
        if each.rule in RULES:
            place = (each.threshold, each.cost)
            names[place] = ", ".join(filter(None, (names.get(place), RULES[each.rule])))
    return {
        "threshold": np.array([threshold for threshold, _ in names]),
        "cost": np.array([cost for _, cost in names]),
        "rule": list(names.values()),
    }


def _prices(found: Costs) -> str:
    false, missed = f"{found.false_positive:g}", f"{found.false_negative:g}"
    fixed = {each.rule: each.cost for each in found.decisions}
    never, always = f"{fixed['always_no']:.4g}", f"{fixed['always_yes']:.4g}"
    told = f"a false one costs {false}, a missed one {missed}"
    return f"{told}; always no costs {never}, always yes {always}"


def _who(record: Assessment) -> str:
    n = record.evaluation.n_networks
    return f"ensemble of {of_networks(n)}" if n > 1 else of_networks(n)


def _rows_told(record: Assessment) -> str:
    return f"{record.rows.n_rows:,} rows"


__all__ = ["costs", "residuals"]
