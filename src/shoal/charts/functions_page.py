"""All functions as one page that opens offline: tables with formulas, and the charts."""

from __future__ import annotations

import re
from typing import Final

import shoal
from shoal.charts import report_parts as parts
from shoal.charts.functions_sheet import PARTS
from shoal.charts.functions_told import Told, told_of
from shoal.charts.html import Markup, markup, page, tag
from shoal.charts.inline import colours, inline
from shoal.charts.report_look import style
from shoal.network.worked.formula import printed

TITLES: Final = {
    "activations": "Activation functions",
    "losses": "Losses",
    "initializers": "Initializers",
    "schedules": "Schedules",
    "optimizers": "Optimizers",
}
CAPTIONS: Final = {
    "activations": "The formula with a, the value; slopes at weighted sums of -2, 0 and 2",
    "losses": "a is the output, y the target, z the last weighted sum; slopes by z for the "
    "target 1",
    "initializers": "D inputs, H outputs; the standard deviation as measured in 64,000 weights "
    "with 4 inputs and 8 outputs",
    "schedules": "n is the length in steps; factors at shares of a run of 30 epochs",
    "optimizers": "w is a weight and g its gradient; settings with their defaults",
}
COLUMNS: Final = {
    "activations": ("range", "slope at -2", "slope at 0", "slope at 2"),
    "losses": ("last layer", "slope at -2", "slope at 0", "slope at 2"),
    "initializers": ("spread",),
    "schedules": ("at 0%", "at 25%", "at 50%", "at 75%", "at 100%"),
    "optimizers": ("goes by",),
}
"""The facts that tables show, by family."""
HEADS: Final = {"optimizers": "what it does"}
"""What the second column is called, where it does not hold formulas."""
WORDS: Final = frozenset({"range", "last layer", "goes by"})
"""Facts that are words."""


def settings_words(told: Told) -> str:
    """Return the settings with their defaults on a line: ``beta_1 = 0.9, epsilon = 1e-07``."""
    given = [f"{key} = {_shown(value)}" for key, value in told.settings.items()]
    return ", ".join([*(f"{key} (must be given)" for key in told.required), *given])


def signs(text: str) -> str:
    """Return a formula, a number or an interval with the signs that are read.

    Example:
        >>> signs("[-0.17, inf)"), signs("a * (1 - a)"), signs("(x) -> (y)")
        ('[−0.17, ∞)', 'a × (1 − a)', '(x) → (y)')
    """
    told = printed(text.replace("->", "→").replace("[-", "[−"))
    return re.sub(r"(?<=[−(\[ ])inf\b", "∞", told)


def table_rows(family: str) -> list[tuple[str, ...]]:
    """Return the cells of a family's table: name, formula, settings, then `COLUMNS`."""
    return [
        (
            each.name,
            signs(each.formula),
            _settings_told(each),
            *(signs(each.facts.get(column, "")) for column in COLUMNS[family]),
        )
        for each in told_of(family)
    ]


def content(*, dark: bool | None = None) -> bytes:
    """Return the page.

    Args:
        dark: light on dark; what the reader's system prefers if not given.
    """
    scheme = {None: "light dark", False: "light", True: "dark"}[dark]
    links = [tag("li", tag("a", title, href=f"#{key}")) for key, title in TITLES.items()]
    head = tag(
        "header",
        tag("p", f"shoal {shoal.__version__}", class_="kicker"),
        tag("h1", "The functions of shoal"),
        tag("p", "What networks are built of and trained with: every formula as it is computed, "
            "every number and every line asked of the functions themselves.", class_="answer"),
        tag("nav", tag("ul", links), aria_label="Contents"),
    )  # fmt: skip
    sections = [
        parts.section(
            family,
            title,
            _table(family),
            _rules() if family == "optimizers" else None,
            _figure(family),
        )
        for family, title in TITLES.items()
    ]
    foot = tag("footer", tag("p", "Made by ", tag("code", "shoal plot functions"),
                             ". More of each: ", tag("code", "shoal functions NAME"),
                             ". This page loads nothing."))  # fmt: skip
    body = Markup(head + tag("main", sections) + foot)
    look = style(scheme) + colours(scheme)
    return page("The functions of shoal", body, style=look, scheme=scheme)


def _table(family: str) -> Markup:
    columns, rows = COLUMNS[family], table_rows(family)
    keep = [k for k in range(3 + len(columns)) if any(row[k] for row in rows)]
    head = ("name", HEADS.get(family, "formula"), "settings", *map(signs, columns))
    first_number = next((k for k, name in enumerate(head) if k > 2 and name not in WORDS), 99)
    record = parts.Table(
        caption=CAPTIONS[family],
        head=tuple(head[k] for k in keep),
        rows=tuple(tuple(_kept(row[k]) if k == 2 else row[k] for k in keep) for row in rows),
        n_words=sum(k < first_number for k in keep),
    )
    return parts.table(record)


def _kept(settings: str) -> Markup:
    """Return settings that stay with their values at the end of a line."""
    return Markup(markup(settings).replace(" = ", "&nbsp;=&nbsp;"))


def _rules() -> Markup:
    """Return the rules that are handed a gradient, line by line, folded."""
    rules = [(each.name, each.facts["rule"]) for each in told_of("optimizers")
             if "rule" in each.facts]  # fmt: skip
    record = parts.Table(
        caption="w is a weight, g its gradient, t the step from 1, rate the learning rate times "
        "the schedule's factor; what ends in _old was kept from the step before",
        head=("name", "rule"),
        rows=tuple((name, _lines(rule)) for name, rule in rules),
        n_words=2,
        folded="Rules line by line",
    )
    return parts.table(record)


def _lines(rule: str) -> Markup:
    return markup([Markup(f"{markup(signs(line))}<br>") for line in rule.split("; ")])


def _figure(family: str) -> Markup:
    chart = PARTS[family]()
    shown = chart.themed(width=parts.WHOLE, bare=True)
    drawing = tag("div", inline(shown, family), class_="drawing", tabindex=0)
    return tag("figure", parts.caption(chart), drawing)


def _settings_told(told: Told) -> str:
    """Return the settings with their defaults, and those that numbers are shown with."""
    words, shown = settings_words(told), told.facts.get("shown with")
    return f"{words}; here {shown}" if shown else words


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:g}"
    return "none" if value is None else str(value)


__all__ = [
    "CAPTIONS",
    "COLUMNS",
    "HEADS",
    "TITLES",
    "WORDS",
    "content",
    "settings_words",
    "signs",
    "table_rows",
]
