"""A drawing as a part of a page: drawn once, with the colours of the page, light or dark.

An image has its colours for good, so that a page for both needs two of each drawing; here every
colour is a variable of the page's style sheet, and what only a program would read is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shoal.charts.html import Markup, tag
from shoal.charts.saving import svg
from shoal.charts.theme import DARK, FONT, LIGHT, Theme

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

UNSEEN: Final = re.compile(
    r' (?:aria-[\w-]+|role|class|pointer-events|version|xmlns(?::\w+)?|font-family)="[^"]*"'
    r'| opacity="1"'
)
"""Attributes that change nothing of what is seen; the type is that of the whole drawing."""
NOTHING: Final = re.compile(
    r'<path d="M0,0h0v0h0Z"(?: [^>]*)?/>|<path [^>]*display="none"[^>]*/>|<g(?: [^>]*)?></g>'
)
LINE: Final = re.compile(r'<path d="[^>]{500,}/>')
"""A line of many points, such as one of equal loss, which may stand in every panel."""
LONG: Final = re.compile(r"-?\d+\.\d{3,}")
"""Numbers finer than a hundredth of a pixel."""


def inline(chart: Chart, name: str) -> Markup:
    """Return a chart as an SVG element whose colours are those of `colours`.

    Args:
        chart: its own theme does not matter.
        name: of the drawing, unlike that of the others in the page.
    """
    drawn = svg(chart.themed(dark=False))
    return recoloured(_slim(drawn, f"{chart.title}. {' '.join(chart.subtitle)}", name), LIGHT)


def recoloured(drawing: str, colours: Theme) -> Markup:
    """Return a drawing in which variables stand for the colours of a theme."""
    names = {colour: name for name, colour in reversed(_named(colours).items())}

    def variable(found: re.Match[str]) -> str:
        name = names.get(found[1])
        return f'="var(--{name})"' if name else found[0]

    return Markup(re.sub(r'="(#[0-9a-f]{6})"', variable, drawing))


def colours(scheme: str) -> str:
    """Return the style sheet of drawings for "light dark", "light" or "dark"."""
    told = f":root{{{_variables(DARK if scheme == 'dark' else LIGHT)}}}"
    if scheme == "light dark":
        told += f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return told + SHEET


SHEET: Final = (
    ".drawing{overflow-x:auto}.drawing svg{display:block;max-width:100%;height:auto}"
    "@media screen and (max-width:46rem){.drawing svg{min-width:44rem}}"
)
"""On a small screen a drawing is moved sideways rather than shrunk until nobody can read it."""


def _variables(theme: Theme) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in _named(theme).items())


def _named(theme: Theme) -> dict[str, str]:
    own = {key: getattr(theme, key) for key in ("background", "text", "quiet", "grid")}
    classes = {f"class-{k}": colour for k, colour in enumerate(theme.classes)}
    return {f"drawn-{key}": colour for key, colour in {**own, **classes}.items()}


def _slim(drawing: str, told: str, name: str) -> str:
    """Return a drawing without what is not seen, told in words as a whole."""
    bare = re.sub(r"<[^>]+>", lambda each: _short(each[0]), drawing)
    bare = re.sub(r'(id="|url\(#)(clip|gradient)', rf"\1{name}-\2", bare)
    before = ""
    while before != bare:  # a group may hold nothing but empty groups
        before, bare = bare, NOTHING.sub("", bare)
    bare = _once(bare, name)
    opened = tag("svg", role="img", aria_label=told, font_family=FONT).removesuffix("></svg>")
    return opened + bare.removeprefix("<svg")


def _once(drawing: str, name: str) -> str:
    """Return a drawing whose long lines stand in it once, and are referred to after that."""
    known: dict[str, str] = {}

    def stated(found: re.Match[str]) -> str:
        line = found[0]
        if line in known:
            return f'<use href="#{known[line]}"/>'
        known[line] = f"{name}-line{len(known)}"
        return line.replace("<path ", f'<path id="{known[line]}" ', 1)

    return LINE.sub(stated, drawing)


def _short(element: str) -> str:
    bare = UNSEEN.sub("", element)
    return LONG.sub(lambda number: f"{round(float(number[0]), 2) + 0.0:g}", bare)


__all__ = ["colours", "inline", "recoloured"]
