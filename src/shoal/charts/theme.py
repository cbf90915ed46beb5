"""Colours and type of every picture, light and dark: the one home for charts and animations.

Classes have the colours of Okabe and Ito, which people with any kind of colour vision tell
apart; maps go through Oklab, so that equal steps of a number look like equal steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np

FONT: Final = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
SIZE: Final = 12
"""Pixels of labels; nothing is smaller than 11."""
SMALLEST: Final = 11
TITLE_SIZE: Final = 16
STEPS: Final = 13
"""Colours by which a map is handed on; what lies between is interpolated."""

MapName = Literal["diverging", "sequential"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of a picture.

    Attributes:
        name: "light" or "dark".
        background: of the whole.
        plot: behind the marks.
        text: titles.
        quiet: subtitles, labels of axes.
        grid: lines behind the marks.
        neutral: marks that belong to no class: bands, reference lines.
        classes: of classes, arms and parts, in their order (Okabe and Ito 2008).
        low, middle, high: of the diverging map; low and high are the first two classes.
        sequential: lightness, chroma and hue (degrees) in Oklab, from least to most.
    """

    name: str
    background: str
    plot: str
    text: str
    quiet: str
    grid: str
    neutral: str
    classes: tuple[str, ...]
    low: str
    middle: str
    high: str
    sequential: tuple[tuple[float, float, float], ...]


LIGHT: Final = Theme(
    name="light",
    background="#ffffff",
    plot="#ffffff",
    text="#1c2128",
    quiet="#57606a",
    grid="#e6e8eb",
    neutral="#57606a",
    classes=(
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00", "#000000",
    ),
    low="#0072b2",
    middle="#f6f6f4",
    high="#d55e00",
    sequential=((0.985, 0.012, 105.0), (0.70, 0.11, 190.0), (0.33, 0.11, 270.0)),
)  # fmt: skip
DARK: Final = Theme(
    name="dark",
    background="#15181d",
    plot="#15181d",
    text="#eef1f5",
    quiet="#a6b0bb",
    grid="#2b3037",
    neutral="#a6b0bb",
    classes=(
        "#56b4e9", "#e69f00", "#2bbf94", "#dd94bd", "#f0e442", "#ef7f3b", "#7aa2ff", "#ffffff",
    ),
    low="#56b4e9",
    middle="#24282e",
    high="#e69f00",
    sequential=((0.22, 0.015, 260.0), (0.58, 0.11, 190.0), (0.95, 0.12, 105.0)),
)  # fmt: skip


def theme(*, dark: bool = False) -> Theme:
    """Return the light or the dark theme."""
    return DARK if dark else LIGHT


def colour_map(name: MapName, colours: Theme, n: int = 256) -> np.ndarray:
    """Return a map from a number to a colour: "diverging" or "sequential".

    The diverging one has its middle at the middle of the numbers, so that a probability of 0.5
    has the colour of neither class.

    Shapes:
        (n, 3), uint8 sRGB
    """
    return _map(name, colours.name, n).copy()


def stops(name: MapName, colours: Theme, n: int = STEPS) -> list[str]:
    """Return a map as colours in equal steps, ``#rrggbb``."""
    return [hexed(row) for row in _map(name, colours.name, n)]


def classes(colours: Theme, n: int) -> list[str]:
    """Return the colours of n classes: those of Okabe and Ito, beyond them a turn of hues."""
    known = list(colours.classes[:n])
    level = 0.55 if colours.name == "light" else 0.75
    more = [(level, 0.12, 360.0 * (k * 0.618034 % 1.0)) for k in range(n - len(known))]
    return known + [hexed(_srgb(_lab(np.array([each])))[0]) for each in more]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of ``#rrggbb``.

    Example:
        >>> rgb("#0072b2")
        (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hexed(parts: Sequence[int] | np.ndarray) -> str:
    """Return ``#rrggbb`` of three parts from 0 to 255.

    Example:
        >>> hexed((0, 114, 178))
        '#0072b2'
    """
    return "#" + "".join(f"{int(part):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Return how far two colours are apart in luminance, 1 to 21, as WCAG 2 counts it.

    Example:
        >>> contrast("#000000", "#ffffff")
        21.0
    """
    a, b = (_luminance(colour) for colour in (one, other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def configuration(colours: Theme) -> dict[str, Any]:
    """Return the look of a chart, as Vega-Lite's ``config``."""
    label = {"labelColor": colours.quiet, "titleColor": colours.text}
    sizes = {"labelFontSize": SIZE, "titleFontSize": SIZE, "titleFontWeight": 600}
    return {
        "background": colours.background,
        "font": FONT,
        "padding": 14,
        "view": {"stroke": None, "fill": colours.plot},
        "title": {
            "anchor": "start", "frame": "bounds", "color": colours.text, "fontSize": TITLE_SIZE,
            "fontWeight": 600, "subtitleColor": colours.quiet, "subtitleFontSize": SIZE,
            "subtitlePadding": 5, "offset": 14, "subtitleLineHeight": 16,
        },
        "axis": {
            **label, **sizes, "gridColor": colours.grid, "domainColor": colours.quiet,
            "tickColor": colours.quiet, "titlePadding": 8, "labelLimit": 160, "labelPadding": 4,
        },
        "legend": {
            **label, **sizes, "labelLimit": 180, "titleLimit": 180, "symbolSize": 90,
            "symbolOpacity": 1, "gradientThickness": 12, "gradientOpacity": 1,
            "symbolBaseFillColor": colours.quiet, "symbolBaseStrokeColor": colours.quiet,
        },
        "axisX": {"grid": False, "tickCount": 8, "labelFlush": False},
        "axisY": {"tickCount": 6, "domain": False, "ticks": False, "labelPadding": 8},
        "header": {**label, **sizes},
        "text": {"color": colours.text, "fontSize": SIZE},
        "mark": {"aria": False},  # a label for each of thousands of points helps nobody
    }  # fmt: skip


@cache
def _map(name: MapName, theme_name: str, n: int) -> np.ndarray:
    colours = DARK if theme_name == "dark" else LIGHT
    if name == "diverging":
        marks = np.array([_oklab(rgb(c)) for c in (colours.low, colours.middle, colours.high)])
    else:
        marks = _lab(np.array(colours.sequential))
    place = np.linspace(0, len(marks) - 1, n)
    lab = np.stack([np.interp(place, range(len(marks)), part) for part in marks.T], axis=1)
    return _srgb(lab)


def _lab(lch: np.ndarray) -> np.ndarray:
    """Return lightness, chroma and hue (N, 3) as Oklab (N, 3)."""
    angle = np.deg2rad(lch[:, 2])
    return np.stack([lch[:, 0], lch[:, 1] * np.cos(angle), lch[:, 1] * np.sin(angle)], axis=1)


# Ottosson, "A perceptual color space for image processing" (2020)
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _oklab(parts: tuple[int, int, int]) -> np.ndarray:
    return np.asarray(_TO_LAB @ np.cbrt(_TO_CONES @ _linear(np.array(parts) / 255)))


def _srgb(lab: np.ndarray) -> np.ndarray:
    """Return Oklab (N, 3) as sRGB (N, 3), uint8; what no screen shows is cut off."""
    cones = np.linalg.solve(_TO_LAB, lab.T) ** 3
    linear = np.clip(np.linalg.solve(_TO_CONES, cones).T, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * curved).astype(np.uint8)


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(_linear(np.array(rgb(colour)) / 255) @ (0.2126, 0.7152, 0.0722))
