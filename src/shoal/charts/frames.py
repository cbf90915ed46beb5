"""Pictures drawn with NumPy and Pillow: panels, lines, surfaces and text, a frame in milliseconds.

Shapes are drawn larger and reduced, so their edges are smooth; text is set at its own size, so
it is crisp.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Floats = NDArray[np.floating]
FINE = 3
"""How much larger lines and circles are drawn before they are reduced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What a side of a panel measures.

    Attributes:
        low, high: its ends.
        label: its name with the unit.
        log: "" for a linear axis; "log" for positive values; "count" for counts from 0, which
            grow like log(1 + value).
    """

    low: float
    high: float
    label: str = ""
    log: str = ""

    def place(self, values: Floats | float) -> Floats:
        """Return where values lie, 0 at the low end and 1 at the high one."""
        low, high, at = (self._scaled(v) for v in (self.low, self.high, values))
        span = float(high - low) or 1.0
        return np.asarray((at - low) / span)

    def _scaled(self, values: Floats | float) -> Floats:
        array = np.asarray(values, np.float64)
        if self.log == "log":
            return np.log(np.maximum(array, 1e-300))
        return np.log1p(np.maximum(array, 0)) if self.log == "count" else array

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return round values between the ends with their text."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return linear_ticks(self.low, self.high, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A rectangle of a picture with two axes, in pixels."""

    left: int
    top: int
    width: int
    height: int
    x: Axis
    y: Axis

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def pixels(self, x: Floats, y: Floats) -> Floats:
        """Return points as pixels from the panel's own corner.

        Shapes:
            x, y (N,) -> (N, 2)
        """
        across, up = self.x.place(x), self.y.place(y)
        return np.stack([across * self.width, (1 - up) * self.height], axis=-1)


def linear_ticks(low: float, high: float, most: int = 5) -> list[tuple[float, str]]:
    """Return at most `most` round values from `low` to `high` with their text.

    Example:
        >>> linear_ticks(0.0, 1.0, 5)
        [(0.0, '0'), (0.25, '0.25'), (0.5, '0.5'), (0.75, '0.75'), (1.0, '1')]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [(low, f"{low:g}")]
    power = 10.0 ** math.floor(math.log10(span / most))
    fitting = (power * step for step in (1, 2, 2.5, 5, 10, 20, 25, 50))
    step = next(
        s for s in fitting if math.floor(high / s + 1e-9) - math.ceil(low / s - 1e-9) < most
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, short(k * step)) for k in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    first = math.floor(math.log10(low)) if low > 0 else 0
    last = math.ceil(math.log10(max(high, 1e-300)))
    every = max(1, math.ceil((last - first) / most))
    values = [0.0] if low <= 0 else []
    values += [10.0**k for k in range(first, last + 1, every)]
    return [(v, short(v)) for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]


def short(value: float) -> str:
    """Return a number as an axis shows it.

    Example:
        >>> short(0.1 + 0.2), short(20000.0), short(1e-7), short(-0.0)
        ('0.3', '20,000', '1e-07', '0')
    """
    if value == 0:
        return "0"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow at a size."""
    return ImageFont.load_default(size=size)


def write(
    image: Image.Image,
    at: tuple[float, float],
    text: str,
    *,
    size: int,
    colour: Colour,
    anchor: str = "la",
    room: int | None = None,
) -> None:
    """Set text; what does not fit into `room` pixels ends with dots."""
    draw = ImageDraw.Draw(image)
    draw.text(at, fitted(text, size, room), font=font(size), fill=colour, anchor=anchor)


def fitted(text: str, size: int, room: int | None) -> str:
    """Return text as much as fits into `room` pixels."""
    if room is None or text_width(text, size) <= room:
        return text
    while text and text_width(text + "...", size) > room:
        text = text[:-1]
    return text.rstrip() + "..."


def text_width(text: str, size: int) -> int:
    """Return the pixels that a line of text takes."""
    return math.ceil(font(size).getlength(text))


def write_up(image: Image.Image, at: tuple[int, int], text: str, size: int, colour: Colour) -> None:
    """Set text that runs upwards, its middle at `at`."""
    width, height = text_width(text, size) + 2, size + 6
    strip = Image.new("L", (width, height), 0)
    middle = (width / 2, height / 2)
    ImageDraw.Draw(strip).text(middle, text, font=font(size), fill=255, anchor="mm")
    turned = strip.transpose(Image.Transpose.ROTATE_90)
    place = (at[0] - turned.width // 2, at[1] - turned.height // 2)
    image.paste(colour, place, turned)


def draw_axes(
    image: Image.Image, panel: Panel, *, size: int, ink: Colour, grid: Colour | None
) -> None:
    """Draw frame, ticks and labels around a panel, and lines across it where a colour is given."""
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = panel.box
    for value, text in panel.x.ticks(max(2, panel.width // (5 * size))):
        at = left + float(panel.x.place(value)) * panel.width
        if grid:
            draw.line([(at, top), (at, bottom)], fill=grid)
        draw.text((at, bottom + 4), text, font=font(size), fill=ink, anchor="ma")
    widest = 0
    for value, text in panel.y.ticks(max(2, panel.height // (3 * size))):
        at = bottom - float(panel.y.place(value)) * panel.height
        if grid:
            draw.line([(left, at), (right, at)], fill=grid)
        draw.text((left - 5, at), text, font=font(size), fill=ink, anchor="rm")
        widest = max(widest, text_width(text, size))
    room = panel.width
    below = (left + panel.width / 2, bottom + size + 7)
    draw.text(below, fitted(panel.x.label, size, room), font=font(size), fill=ink, anchor="ma")
    beside = (left - widest - round(1.3 * size), top + panel.height // 2)
    write_up(image, beside, fitted(panel.y.label, size, panel.height), size, ink)


def draw_lines(
    image: Image.Image,
    panel: Panel,
    lines: Sequence[Floats],
    *,
    colour: Colour,
    width: float = 2.0,
    opacity: float = 1.0,
    dashed: bool = False,
) -> None:
    """Draw lines through points in pixels of the panel, clipped to it.

    Shapes:
        each line (N, 2); NaN parts a line
    """
    mask = Image.new("L", (panel.width * FINE, panel.height * FINE), 0)
    draw = ImageDraw.Draw(mask)
    for line in lines:
        for piece in _pieces(line):
            _stroke(draw, piece * FINE, max(1, round(width * FINE)), dashed)
    small = mask.reduce(FINE)
    if opacity < 1:
        small = small.point(lambda value: value * opacity)
    image.paste(colour, (panel.left, panel.top), small)


def _pieces(line: Floats) -> list[Floats]:
    """Return the parts of a line that have no gap."""
    sound = np.isfinite(line).all(axis=-1)
    cuts = np.flatnonzero(np.diff(sound.astype(int))) + 1
    parts = np.split(np.clip(np.where(np.isfinite(line), line, 0), -1e5, 1e5), cuts)
    flags = np.split(sound, cuts)
    return [part for part, flag in zip(parts, flags, strict=True) if len(part) > 1 and flag[0]]


def _stroke(draw: ImageDraw.ImageDraw, points: Floats, width: int, dashed: bool) -> None:
    if not dashed:
        draw.line([tuple(p) for p in points.tolist()], fill=255, width=width, joint="curve")
        return
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    for start in np.arange(0, length[-1], 10 * FINE):
        ends = np.array([start, min(start + 6 * FINE, length[-1])])
        x, y = (np.interp(ends, length, points[:, k]).tolist() for k in (0, 1))
        draw.line(list(zip(x, y, strict=True)), fill=255, width=width)


def draw_band(
    image: Image.Image, panel: Panel, low: Floats, high: Floats, *, colour: Colour, opacity: float
) -> None:
    """Fill between two lines of a panel.

    Shapes:
        low, high (N, 2)
    """
    sound = np.isfinite(low).all(axis=-1) & np.isfinite(high).all(axis=-1)
    if sound.sum() < 2:
        return
    around = np.concatenate([low[sound], high[sound][::-1]]) * FINE
    mask = Image.new("L", (panel.width * FINE, panel.height * FINE), 0)
    corners = [tuple(p) for p in np.clip(around, -1e5, 1e5).tolist()]
    ImageDraw.Draw(mask).polygon(corners, fill=round(255 * opacity))
    image.paste(colour, (panel.left, panel.top), mask.reduce(FINE))


@lru_cache(maxsize=64)
def disc(radius: float) -> Image.Image:
    """Return the mask of a circle with a smooth edge."""
    size = 2 * math.ceil(radius) + 3
    mask = Image.new("L", (size * 4, size * 4), 0)
    low, high = (size / 2 - radius) * 4, (size / 2 + radius) * 4
    ImageDraw.Draw(mask).ellipse([low, low, high, high], fill=255)
    return mask.reduce(4)


def draw_discs(
    image: Image.Image,
    panel: Panel,
    points: Floats,
    colours: Sequence[Colour],
    *,
    radius: float,
    ring: Colour,
) -> None:
    """Draw a disc with a ring around it at every point in pixels of the panel.

    Shapes:
        points (N, 2), a colour for each
    """
    outer, inner = disc(radius + 1), disc(radius)
    for (x, y), colour in zip(points.tolist(), colours, strict=True):
        for mask, fill in ((outer, ring), (inner, colour)):
            half = mask.width / 2
            place = (round(panel.left + x - half), round(panel.top + y - half))
            image.paste(fill, place, mask)


def enlarged(values: Floats, width: int, height: int) -> NDArray[np.float32]:
    """Return values on a grid at every pixel, smoothly; row 0 of the grid is at the top.

    Shapes:
        values (G, G) -> (height, width)
    """
    grid = Image.fromarray(np.ascontiguousarray(values, np.float32))
    found = grid.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(found, np.float32)


def blend(low: Colour, high: Colour, share: Floats) -> Floats:
    """Return the colour between two, by a share from 0 to 1.

    Shapes:
        share (...) -> (..., 3), float32
    """
    a, b = np.array(low, np.float32), np.array(high, np.float32)
    return np.asarray(a + (b - a) * np.asarray(share, np.float32)[..., np.newaxis])


def boundary(margin: Floats, width: float = 1.2) -> Floats:
    """Return how much a line covers each pixel where the margin passes through zero.

    The distance from the line is about the margin over its slope.

    Shapes:
        margin (H, W) -> (H, W), 0 to 1
    """
    down, across = np.gradient(np.asarray(margin, np.float32))
    slope = np.sqrt(down * down + across * across)
    distance = np.abs(margin) / np.maximum(slope, 1e-7)
    return np.asarray(np.clip(width + 0.5 - distance, 0, 1))


__all__ = [
    "Axis", "Colour", "Panel", "blend", "boundary", "disc", "draw_axes", "draw_band",
    "draw_discs", "draw_lines", "enlarged", "fitted", "font", "linear_ticks", "short",
    "text_width", "write", "write_up",
]  # fmt: skip
