"""Frames of an animation: the surface or curve with the data, beside it the learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shoal.charts.animate_slides import Learning, Scale, Slide
from shoal.charts.animate_view import ALONG, View
from shoal.charts.frames import (
    Axis,
    Colour,
    Panel,
    boundary,
    disc,
    draw_axes,
    draw_band,
    draw_discs,
    draw_lines,
    enlarged,
    text_width,
    write,
)
from shoal.charts.theme import Theme, classes, colour_map, rgb
from shoal.charts.wording import PARTS

Floats = NDArray[np.floating]
LEVELS: Final = 256
"""Colours of a map between two classes."""
STRENGTH: Final = 0.6
"""How far a surface goes towards the colour of a class, so that points stand out on it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Draws slides, all with the same axes.

    Attributes:
        view: where networks were asked.
        learning: the curve beside it.
        title: over it all.
        notes: below it all.
        size: width and height in pixels.
        colours: of the picture.
        scale: of the steps.
        slides: all of them, since axes must hold each.
    """

    view: View
    learning: Learning
    title: str
    notes: str
    size: tuple[int, int]
    colours: Theme
    scale: Scale
    slides: Sequence[Slide]

    def frame(self, slide: Slide) -> Image.Image:
        """Return a slide as a picture."""
        image = self._base.copy()
        self._write_heading(image, slide)
        if self.view.is_surface:
            self._draw_surface(image, slide)
        else:
            self._draw_curves(image, slide)
        if self.view.has_slice:
            self._draw_slice(image, slide)
        self._draw_moment(image, slide)
        return image

    def told(self, slide: Slide) -> str:
        """Return what a slide shows, in words."""
        if not np.isfinite(slide.figure):
            return slide.detail
        told = f"{slide.figure:.4f}" if abs(slide.figure) < 1e4 else f"{slide.figure:.4g}"
        return f"{slide.detail}, {figure_name(self.learning.figure)} {told}"

    @property
    def main(self) -> Panel:
        """Where the surface or the curve is drawn."""
        return self._panels[0]

    @cached_property
    def text(self) -> int:
        """The size of small text in pixels."""
        width, height = self.size
        return max(9, min(round(height / 32), round(width / 60)))

    @cached_property
    def _panels(self) -> tuple[Panel, Panel, Panel | None]:
        """The main panel, the learning curve, and the slice if there is one."""
        width, height = self.size
        t = self.text
        top, bottom = round(5.9 * t), round(4.6 * t)
        tall = height - top - bottom
        n_panels = 3 if self.view.has_slice else 2
        ticks = [text for _, text in self._main_y.ticks(max(2, tall // (3 * t)))]
        widest = max((text_width(text, t) for text in ticks), default=0)
        gap, right = round(5.2 * t), round(1.4 * t)
        left = max(round(4.6 * t), widest + round(2.6 * t))
        room = width - left - right - gap * (n_panels - 1)
        main = min(tall, room // n_panels)
        lefts = [left, left + main + gap]
        x_axis = Axis(
            low=self.view.ranges[0][0], high=self.view.ranges[0][1], label=self.view.names[0]
        )
        first = Panel(left=left, top=top, width=main, height=tall, x=x_axis, y=self._main_y)
        part = None
        if n_panels == 3:
            wide = min(main, (room - main) // 2)
            along = Axis(low=x_axis.low, high=x_axis.high, label="along the diagonal")
            part = Panel(left=lefts[1], top=top, width=wide, height=tall, x=along,
                         y=Axis(low=-0.05, high=1.05, label=self._answer))  # fmt: skip
            lefts.append(lefts[1] + wide + gap)
        rest = width - right - lefts[-1]
        beside = Panel(left=lefts[-1], top=top, width=rest, height=tall, x=self._steps_axis,
                       y=self._figure_axis)  # fmt: skip
        return first, beside, part

    @cached_property
    def _main_y(self) -> Axis:
        if self.view.is_surface:
            low, high = self.view.ranges[1]
            return Axis(low=low, high=high, label=self.view.names[1])
        if self.view.classes:
            return Axis(low=-0.05, high=1.05, label=self._answer)
        values = [self.view.points[1], *(slide.answers.ravel() for slide in self.slides[-1:])]
        every = np.concatenate([np.asarray(v, np.float64) for v in values])
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        room = (high - low or 1.0) * 0.08
        target = self.view.dataset.schema.target
        return Axis(low=low - room, high=high + room, label=target)

    @property
    def _answer(self) -> str:
        names = self.view.classes
        return f"probability of {names[1]}" if len(names) == 2 else "probability"

    @cached_property
    def _steps_axis(self) -> Axis:
        last = max([float(s.step) for s in self.slides] + self.learning.steps[-1:].tolist())
        return Axis(low=0, high=last, label="step", log="count" if self.scale == "log" else "")

    @cached_property
    def _figure_axis(self) -> Axis:
        own = self.learning
        parts = [own.low, own.high, own.median, own.early[:, 1:].ravel(), own.values.ravel()]
        parts += [] if own.train is None else [own.train]
        parts += [] if own.attainable is None else [np.array([own.attainable])]
        parts.append(np.array([slide.figure for slide in self.slides]))
        every = np.concatenate([np.asarray(p, np.float64) for p in parts])
        every = every[np.isfinite(every)]
        every = every if len(every) else np.array([0.0, 1.0])
        low, high = float(every.min()), float(every.max())
        label = figure_name(own.figure)
        if own.figure.endswith("loss") and low > 0 and high / low > 20:
            return Axis(low=low / 1.3, high=high * 1.3, label=label, log="log")
        room = (high - low or 0.1) * 0.06
        return Axis(low=low - room, high=high + room, label=label)

    @cached_property
    def _inks(self) -> dict[str, Colour]:
        names = ("background", "plot", "text", "quiet", "grid", "neutral", "middle")
        return {name: rgb(getattr(self.colours, name)) for name in names}

    @cached_property
    def _class_colours(self) -> list[Colour]:
        if len(self.view.classes) == 2:
            return [rgb(self.colours.low), rgb(self.colours.high)]
        return [rgb(c) for c in classes(self.colours, max(1, len(self.view.classes)))]

    @cached_property
    def _base(self) -> Image.Image:
        """All that no frame changes."""
        image = Image.new("RGB", self.size, self._inks["background"])
        main, beside, part = self._panels
        t, ink = self.text, self._inks
        write(image, (main.left, round(0.9 * t)), self.title, size=round(1.35 * t),
              colour=ink["text"], room=self.size[0] - main.left - t)  # fmt: skip
        write(image, (main.left, self.size[1] - round(1.5 * t)), self.notes, size=t,
              colour=ink["quiet"], room=self.size[0] - 2 * t)  # fmt: skip
        grid = None if self.view.is_surface else ink["grid"]
        draw_axes(image, main, size=t, ink=ink["quiet"], grid=grid)
        for panel in (beside, part):
            if panel is not None:
                draw_axes(image, panel, size=t, ink=ink["quiet"], grid=ink["grid"])
        self._draw_learning(image, beside)
        self._draw_legend(image, main)
        if not self.view.is_surface:
            self._draw_points(image, main)
        return image

    def _draw_legend(self, image: Image.Image, panel: Panel) -> None:
        """Name the classes over the main panel, each beside its colour."""
        t = self.text
        at, y = panel.left, panel.top - round(0.9 * t)
        right = panel.left + panel.width
        for name, colour in zip(self.view.classes, self._class_colours, strict=False):
            mask = disc(round(t * 0.4))
            wide = text_width(name, t)
            if at + wide + 2 * t > right:
                write(image, (at, y), "...", size=t, colour=self._inks["quiet"], anchor="lm")
                return
            image.paste(colour, (at, y - mask.height // 2), mask)
            write(image, (at + t + 3, y), name, size=t, colour=self._inks["text"], anchor="lm")
            at += wide + round(2.4 * t)

    def _draw_learning(self, image: Image.Image, panel: Panel) -> None:
        own, ink = self.learning, self._inks
        accent, second = rgb(self.colours.classes[0]), rgb(self.colours.classes[1])
        if own.attainable is not None:
            ends = panel.pixels(np.array([panel.x.low, panel.x.high]), np.full(2, own.attainable))
            draw_lines(image, panel, [ends], colour=ink["neutral"], width=1.2, dashed=True)
        if len(own.steps) and self.slides[0].network is not None:
            lines = [panel.pixels(own.steps, row) for row in own.values]
            draw_lines(image, panel, lines, colour=ink["neutral"], width=1, opacity=0.35)
            self._name_lines(image, panel, [("each network", ink["neutral"])])
            return
        if not len(own.steps):
            return
        x = np.concatenate([own.early[:, 0], own.steps])
        median, low, high = (
            panel.pixels(x, np.concatenate([own.early[:, k], late]))
            for k, late in ((1, own.median), (2, own.low), (3, own.high))
        )
        draw_band(image, panel, low, high, colour=accent, opacity=0.22)
        draw_lines(image, panel, [median], colour=accent, width=2)
        named = [("median, 5 to 95 %", accent)]
        if own.train is not None:
            line = panel.pixels(own.steps, own.train)
            draw_lines(image, panel, [line], colour=second, width=1.2)
            named.append(("training", second))
        if own.attainable is not None:
            named.append(("attainable", ink["neutral"]))
        self._name_lines(image, panel, named)

    def _name_lines(
        self, image: Image.Image, panel: Panel, named: Sequence[tuple[str, Colour]]
    ) -> None:
        t, at, y = self.text, panel.left, panel.top - round(0.9 * self.text)
        for name, colour in named:
            if at + text_width(name, t) + 2 * t > panel.left + panel.width + t:
                return
            image.paste(colour, (at, y - 1, at + t, y + 1))
            write(image, (at + t + 4, y), name, size=t, colour=self._inks["text"], anchor="lm")
            at += text_width(name, t) + round(2.6 * t)

    def _write_heading(self, image: Image.Image, slide: Slide) -> None:
        main, t, y = self.main, self.text, round(2.9 * self.text)
        write(image, (main.left, y), slide.heading, size=round(1.15 * t),
              colour=self._inks["text"])  # fmt: skip
        at = main.left + max(text_width(slide.heading, round(1.15 * t)) + 2 * t, round(14 * t))
        write(image, (at, y + round(0.1 * t)), self.told(slide), size=t, colour=self._inks["quiet"],
              room=self.size[0] - at - t)  # fmt: skip

    def _draw_surface(self, image: Image.Image, slide: Slide) -> None:
        panel = self.main
        colours = self.surface_colours(slide, panel.width, panel.height)
        image.paste(Image.fromarray(colours), (panel.left, panel.top))
        points, mask = self._overlay
        image.paste(points, (panel.left, panel.top), mask)

    def surface_colours(self, slide: Slide, width: int, height: int) -> NDArray[np.uint8]:
        """Return the colour of every pixel of the surface, with the line where classes part.

        Shapes:
            (height, width, 3)
        """
        n = self.view.n_grid
        answers = slide.answers[0] if len(slide.answers) == 1 else np.median(slide.answers, axis=0)
        grid = answers[: n * n].reshape(n, n, -1)
        fine = [enlarged(grid[..., k], width, height) for k in range(grid.shape[-1])]
        if len(fine) == 1:
            share = 0.5 + STRENGTH * (np.clip(fine[0], 0, 1) - 0.5)
            picture = self._map[np.round(share * (LEVELS - 1)).astype(np.uint8)]
            margin = fine[0] - 0.5
        else:
            picture, margin = self._mixed(np.stack(fine, axis=-1))
        line = boundary(margin)[..., np.newaxis] * 0.85
        ink = np.array(self._inks["text"], np.float32)
        return np.asarray(picture + (ink - picture) * line, np.uint8)

    @cached_property
    def _map(self) -> NDArray[np.float32]:
        return colour_map("diverging", self.colours, LEVELS).astype(np.float32)

    def _mixed(self, shares: Floats) -> tuple[Floats, Floats]:
        """Return the colours of probabilities of several classes, and the lead of the first.

        Shapes:
            shares (H, W, C) -> (H, W, 3) and (H, W)
        """
        n = shares.shape[-1]
        middle = np.array(self._inks["middle"], np.float32)
        tints = np.array(self._class_colours, np.float32) - middle
        weight = np.clip((shares - 1 / n) / (1 - 1 / n), 0, 1) * STRENGTH
        first = np.partition(shares, n - 2, axis=-1)[..., -2:]
        picture = middle + weight @ tints
        return np.clip(picture, 0, 255), first[..., 1] - first[..., 0]

    @cached_property
    def _overlay(self) -> tuple[Image.Image, Image.Image]:
        """The data points as a picture of their own, and where it covers what is below."""
        panel = self.main
        own = Panel(left=0, top=0, width=panel.width, height=panel.height, x=panel.x, y=panel.y)
        picture = Image.new("RGB", (panel.width, panel.height))
        mask = Image.new("RGB", (panel.width, panel.height))
        self._draw_points(picture, own)
        places = own.pixels(*self.view.points[0].T)
        white: Colour = (255, 255, 255)
        draw_discs(mask, own, places, [white] * len(places), radius=self._radius, ring=white)
        return picture, mask.convert("L")

    @property
    def _radius(self) -> float:
        return max(2.0, self.text * (0.34 if len(self.view.points[0]) < 100 else 0.22))

    def _draw_points(self, image: Image.Image, panel: Panel) -> None:
        where, values = self.view.points
        own = self._class_colours
        colours = [own[int(v)] if self.view.classes else self._inks["neutral"] for v in values]
        places = panel.pixels(where[:, 0], where[:, 1])
        draw_discs(image, panel, places, colours, radius=self._radius,
                   ring=self._inks["background"])  # fmt: skip

    def _draw_curves(self, image: Image.Image, slide: Slide) -> None:
        """Draw what each network says along the feature thinly, and their median."""
        panel = self.main
        x = np.linspace(*self.view.ranges[0], self.view.n_grid)
        if slide.answers.shape[-1] > 1:
            for k, colour in enumerate(self._class_colours):
                line = panel.pixels(x, np.median(slide.answers[..., k], axis=0))
                draw_lines(image, panel, [line], colour=colour, width=2)
            return
        self._draw_median(image, panel, x, slide.answers[..., 0])

    def _draw_slice(self, image: Image.Image, slide: Slide) -> None:
        panel = self._panels[2]
        assert panel is not None
        x = np.linspace(*self.view.ranges[0], ALONG)
        self._draw_median(image, panel, x, slide.answers[:, self.view.n_grid**2 :, 0])

    def _draw_median(self, image: Image.Image, panel: Panel, x: Floats, said: Floats) -> None:
        accent = rgb(self.colours.classes[0 if not self.view.classes else 2])
        if len(said) > 1:
            lines = [panel.pixels(x, row) for row in said[:24]]
            draw_lines(image, panel, lines, colour=accent, width=1, opacity=0.35)
        middle = panel.pixels(x, np.median(said, axis=0))
        draw_lines(image, panel, [middle], colour=accent, width=2.4)

    def _draw_moment(self, image: Image.Image, slide: Slide) -> None:
        """Mark where the slide is on the learning curve."""
        panel, own = self._panels[1], self.learning
        accent = rgb(self.colours.classes[0])
        if slide.network is not None and slide.network < len(own.values) and len(own.steps):
            line = panel.pixels(own.steps, own.values[slide.network])
            draw_lines(image, panel, [line], colour=accent, width=2)
        at = panel.left + round(float(panel.x.place(slide.step)) * panel.width)
        at = min(at, panel.left + panel.width - 1)
        if len({each.step for each in self.slides}) > 1:
            image.paste(self._inks["quiet"], (at, panel.top, at + 1, panel.top + panel.height))
        if np.isfinite(slide.figure):
            place = panel.pixels(np.array([float(slide.step)]), np.array([slide.figure]))
            draw_discs(image, panel, place, [accent], radius=self.text * 0.42,
                       ring=self._inks["background"])  # fmt: skip


def figure_name(figure: str) -> str:
    """Return a figure in words, without its unit.

    Example:
        >>> figure_name("train_loss"), figure_name("validation_mean_absolute_error")
        ('training loss', 'validation mean absolute error')
    """
    part, _, measure = figure.partition("_")
    return f"{PARTS.get(part, part)} {measure}".replace("_", " ").strip()


__all__ = ["Scene", "figure_name"]
