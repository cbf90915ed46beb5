"""Charts and pictures of lessons as images that a page holds itself, light and dark.

A chart is drawn once: its colours become variables inside of the drawing, which follow what the
reader's system prefers. Where colours are mixed (maps) it is drawn twice.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from shoal.charts.html import Markup, data_uri, tag
from shoal.charts.report_parts import LARGE
from shoal.charts.saving import renderer, svg
from shoal.charts.theme import DARK, LIGHT

if TYPE_CHECKING:
    from shoal.charts.chart import Chart
    from shoal.lessons.contents import Picture

COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}\b")
DARK_MEDIA: Final = "screen and (prefers-color-scheme: dark)"
NARROW: Final = 400
"""Pixels of a chart for narrow screens."""
NARROW_MEDIA: Final = "(max-width: 30rem)"
WIDEST: Final = 720
TITLES: Final = 70
"""Pixels of a chart's titles, which stand in the type of the page."""


def chart_html(chart: Chart, *, with_narrow: bool = True) -> Markup:
    """Return a chart as a figure: its titles as text, the drawing as an image.

    Args:
        chart: the chart.
        with_narrow: whether a second drawing is there for narrow screens.
    """
    width = min(chart.width, WIDEST)
    height = round((chart.height - TITLES) * width / chart.width)
    shown = chart.themed(width=width, height=height, bare=True)
    sources = []
    if with_narrow and chart.is_fixed:
        narrow = shown.themed(width=NARROW, height=max(240, round(height * 0.8)))
        sources += _sources(narrow, NARROW_MEDIA)
    light, dark = _drawn(shown)
    if dark is not None:
        sources.append(tag("source", media=DARK_MEDIA, srcset=_address(dark)))
    told = f"{chart.title}. {' '.join(chart.subtitle)}"
    image = tag("img", src=_address(light), alt=told)
    return tag("figure", _caption(chart), tag("picture", sources, image), class_="sl-chart")


def picture_html(picture: Picture) -> Markup:
    """Return a picture that is not a chart."""
    source = None
    if picture.dark:
        source = tag("source", media=DARK_MEDIA, srcset=data_uri(picture.dark, picture.kind))
    image = tag("img", src=data_uri(picture.content, picture.kind), alt=picture.label)
    caption = tag("figcaption", tag("p", picture.label, class_="sl-counted"))
    return tag("figure", tag("picture", source, image), caption, class_="sl-picture")


def _sources(chart: Chart, media: str) -> list[Markup]:
    light, dark = _drawn(chart)
    found = []
    if dark is not None:
        both = f"{media} and (prefers-color-scheme: dark)"
        found.append(tag("source", media=both, srcset=_address(dark)))
    return [*found, tag("source", media=media, srcset=_address(light))]


def _caption(chart: Chart) -> Markup:
    counted = chart.subtitle[:-1] if len(chart.subtitle) > 1 else chart.subtitle
    told = " ".join(f"{line.rstrip('.')}." for line in counted)
    return tag(
        "figcaption",
        tag("p", chart.title, class_="sl-title"),
        tag("p", told, class_="sl-counted") if told else None,
    )


def _drawn(chart: Chart) -> tuple[str, str | None]:
    """Return a chart that follows the reader's system, or one light and one dark."""
    light = svg(chart.themed(dark=False))
    names = _names()
    found = {each.lower() for each in COLOUR.findall(light)}
    if len(light) > LARGE or "rgb(" in light or not found <= set(names):
        return light, svg(chart.themed(dark=True))
    varied = COLOUR.sub(lambda each: f"var({names[each[0].lower()][0]})", light)
    used = {name: colour for key, (name, colour) in names.items() if key in found}
    lights = "".join(f"{names[key][0]}:{key};" for key in sorted(found))
    darks = "".join(f"{name}:{colour};" for name, colour in sorted(used.items()))
    style = f"<style>svg{{{lights}}}@media {DARK_MEDIA}{{svg{{{darks}}}}}</style>"
    head, sign, rest = varied.partition(">")
    return f"{head}{sign}{style}{rest}", None


@cache
def _names() -> dict[str, tuple[str, str]]:
    """Return every colour of the light theme with the name of its variable and its dark twin."""
    pairs = dict(zip(LIGHT.classes, DARK.classes, strict=True))
    for name in ("background", "plot", "text", "quiet", "grid", "neutral"):
        pairs[getattr(LIGHT, name)] = getattr(DARK, name)
    return {light: (f"--c{at}", dark) for at, (light, dark) in enumerate(pairs.items())}


def _address(drawing: str) -> str:
    """Return a drawing as an address; one of thousands of parts as a PNG."""
    if len(drawing) <= LARGE:
        return data_uri(drawing.encode(), "image/svg+xml")
    return data_uri(bytes(renderer().svg_to_png(drawing, scale=2)), "image/png")


__all__ = ["chart_html", "picture_html"]
