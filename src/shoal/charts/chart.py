"""A chart: the data behind a picture, and the picture as Vega-Lite, to be saved or shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from shoal.charts.columns import Columns, Rows
from shoal.charts.theme import SIZE, TITLE_SIZE, Theme, configuration, theme

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
MIME: Final = "application/vnd.vegalite.v6+json"
LETTER: Final = 0.49
BOLD: Final = 0.56
"""Width of a letter as a share of its height, for where titles are broken."""
UPRIGHT: Final = 0.46
"""Share of the height that the title of the upright axis may take: more would push the rest out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a chart is to be drawn: the colours, and the size of the whole in pixels."""

    colours: Theme
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Chart:
    """A picture of a record, as plain data.

    Attributes:
        kind: its name in the registry.
        title: what it shows.
        subtitle: how it is counted, then of which experiment and run.
        data: the columns behind it, all of one length: what a CSV file holds.
        marks: rows of what is drawn, by name; the layers refer to them.
        draw: from a look to the body of a Vega-Lite chart.
        dark: whether it is drawn light on dark.
        width, height: of the whole, in pixels.
        is_fixed: whether the picture has exactly that size; charts of several panels may not.
        is_bare: whether title and subtitle are left out, where a page has them beside it.
        page: how it is written as .html, where that is more than the picture.
    """

    kind: str
    title: str
    subtitle: tuple[str, ...]
    data: Columns
    marks: Mapping[str, Rows]
    draw: Callable[[Look], dict[str, Any]] = field(repr=False)
    dark: bool = False
    width: int = 680
    height: int = 440
    is_fixed: bool = True
    is_bare: bool = False
    page: Callable[[Chart], bytes] | None = None

    def __repr__(self) -> str:
        return f"<Chart {self.kind}: {self.title}>"

    def themed(
        self,
        *,
        dark: bool | None = None,
        width: int | None = None,
        height: int | None = None,
        bare: bool | None = None,
    ) -> Chart:
        """Return the chart light or dark, in another size in pixels, or without its titles."""
        return replace(
            self,
            dark=self.dark if dark is None else dark,
            width=width or self.width,
            height=height or self.height,
            is_bare=self.is_bare if bare is None else bare,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as a Vega-Lite document, with its data in it."""
        look = Look(colours=theme(dark=self.dark), width=self.width, height=self.height)
        size: dict[str, Any] = {}
        if self.is_fixed:
            fit = {"type": "fit", "contains": "padding"}
            size = {"width": self.width, "height": self.height, "autosize": fit}
        return {
            "$schema": SCHEMA,
            "description": f"{self.title}. {' '.join(self.subtitle)}",
            **({} if self.is_bare else {"title": self._titles()}),
            **size,
            "datasets": {name: list(rows) for name, rows in self.marks.items()},
            **_wrapped(
                self.draw(look),
                int(self.height * self._upright / (BOLD * SIZE)),
            ),
            "config": configuration(look.colours),
        }

    @property
    def _upright(self) -> float:
        """Return the share of the height that the title of the upright axis may take."""
        return 0.75 if self.is_bare else UPRIGHT

    def _titles(self) -> dict[str, list[str]]:
        letters = self.width - 40
        return {
            "text": _broken((self.title,), letters / (BOLD * TITLE_SIZE)),
            "subtitle": _broken(self.subtitle, letters / (LETTER * SIZE)),
        }

    def to_altair(self) -> Any:
        """Return the chart as an Altair chart, to be changed or combined.

        Raises:
            MissingExtraError: Altair is not installed.
        """
        from shoal.charts.saving import altair

        return altair().Chart.from_dict(self.to_dict(), validate=False)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        force: bool = False,
        dark: bool | None = None,
        width: int | None = None,
        height: int | None = None,
        scale: float = 2.0,
    ) -> None:
        """Write the chart to a file, whole or not at all; the suffix tells the format.

        Args:
            path: .png, .svg, .html (opens offline), .json (Vega-Lite) or .csv (the data).
            force: replace a file that is there.
            dark: light on dark.
            width, height: in pixels.
            scale: pixels of a PNG for each of them.

        Raises:
            InputError: another suffix, or a file that cannot be written.
            OutputExistsError: the file is there and `force` is false.
            MissingExtraError: the renderer is not installed.
        """
        from shoal.charts.saving import save

        chart = self.themed(dark=dark, width=width, height=height)
        save(chart, path, force=force, scale=scale)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return what a notebook shows: the Vega-Lite document, and a PNG if it can be made."""
        from shoal.charts.saving import mime_bundle

        return mime_bundle(self)


def _wrapped(body: dict[str, Any], letters: int) -> dict[str, Any]:
    """Return the body of a chart with long titles of upright axes on several lines."""
    import textwrap

    for each in body.get("layer", [body]):
        channel = each.get("encoding", {}).get("y", {})
        title = channel.get("title")
        if isinstance(title, str) and len(title) > letters:
            name, bracket, unit = title.partition(" (")
            lines = [name, *([f"({unit}"] if bracket else [])]
            most = max(12, letters)
            if max(map(len, lines)) > letters + 8:
                lines = textwrap.wrap(title, most)
            each["encoding"]["y"] = {**channel, "title": lines}
    return body


def _broken(lines: Sequence[str], letters: float) -> list[str]:
    """Return sentences as lines of at most so many letters."""
    import textwrap

    most = max(20, int(letters))
    return [
        part
        for line in lines
        for part in (textwrap.wrap(line, most) if line.isascii() else _parted(line, most)) or [""]
    ]


def _parted(line: str, most: int) -> list[str]:
    """Return a sentence in parts of at most so many letters, of which wide ones count twice.

    Japanese has no spaces: its lines may end at any wide letter that no mark follows.
    """
    from unicodedata import east_asian_width

    pieces = re.findall(r"[^\s\u3000-\u30ff\u4e00-\u9fff]+\s*|.[、。」]?\s*", line)
    found, taken = [""], 0
    for piece in pieces:
        size = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in piece.rstrip())
        if taken and taken + size > most:
            found, taken = [*found, ""], 0
        found[-1] += piece
        taken += size + len(piece) - len(piece.rstrip())
    return [each.rstrip() for each in found]


__all__ = ["MIME", "SCHEMA", "Chart", "Look"]
