"""Charts as files: PNG and SVG by vl-convert, a page that opens offline, Vega-Lite, CSV."""

from __future__ import annotations

import contextlib
import html
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shoal.charts.columns import csv_bytes
from shoal.charts.theme import FONT, theme
from shoal.errors import InputError, MissingExtraError, did_you_mean
from shoal.files import check_output, write_bytes

if TYPE_CHECKING:
    from shoal.charts.chart import Chart


def save(
    chart: Chart, path: str | os.PathLike[str], *, force: bool = False, scale: float = 2.0
) -> None:
    """Write a chart as its suffix says: see `Chart.save`."""
    check_chart_path(path, force=force)
    content = FORMATS[Path(path).suffix.lower()](chart, scale)
    write_bytes(path, content, force=force)


def check_chart_path(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Check that a chart can be written there, before any work is done.

    Raises:
        InputError: another suffix, or no place for a file.
        OutputExistsError: the file is there and `force` is false.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        got = f"'{suffix}'" if suffix else "none"
        near = did_you_mean(suffix, FORMATS)
        end = f" {near}" if near else ""
        raise InputError(f"{path}: the suffix must be one of {known}; got {got}.{end}", code="O109")
    check_output(path, force=force)


def png(chart: Chart, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG, `scale` pixels for each of its own."""
    made = renderer().vegalite_to_png(to_json(chart.to_dict()), scale=scale, allowed_base_urls=[])
    return bytes(made)


def svg(chart: Chart) -> str:
    """Return a chart as SVG."""
    made = renderer().vegalite_to_svg(to_json(chart.to_dict()), allowed_base_urls=[])
    return str(made)


def page(chart: Chart) -> str:
    """Return a chart as a page that needs nothing but itself, and may load nothing."""
    colours = theme(dark=chart.dark)
    policy = (
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(chart.title)}</title>\n"
        f"<style>body{{margin:24px;background:{colours.background};color:{colours.text};"
        f"font-family:{FONT}}}</style>\n</head>\n<body>\n"
        f'<div id="chart"></div>\n<script>{script()}</script>\n'
        f"<script>{embedding('chart', chart)}</script>\n</body>\n</html>\n"
    )


def script() -> str:
    """Return the JavaScript that draws charts in a page, to be put into it once."""
    bundle = str(renderer().javascript_bundle())
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def embedding(place: str, chart: Chart) -> str:
    """Return the JavaScript that draws a chart in the element with the id `place`.

    No text of the chart can end the script: < is written as an escape.
    """
    document = to_json(chart.to_dict()).replace("<", "\\u003c")
    options = '{"actions":false,"renderer":"svg"}'
    return f"vegaEmbed({json.dumps('#' + place)},{document},{options});"


def to_json(document: Mapping[str, Any]) -> str:
    """Return a document as compact JSON."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def mime_bundle(chart: Chart) -> dict[str, Any]:
    """Return what a notebook shows."""
    from shoal.charts.chart import MIME

    bundle: dict[str, Any] = {MIME: chart.to_dict(), "text/plain": repr(chart)}
    with contextlib.suppress(MissingExtraError):
        bundle["image/png"] = png(chart)
    return bundle


def renderer() -> Any:
    """Return vl-convert, which draws without a browser and without a network.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import vl_convert
    except ImportError:
        raise MissingExtraError("drawing a chart", "vl-convert-python", "viz") from None
    return vl_convert


def altair() -> Any:
    """Return Altair.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import altair as found
    except ImportError:
        raise MissingExtraError("drawing a chart", "altair", "viz") from None
    return found


FORMATS: Final[Mapping[str, Callable[[Chart, float], bytes]]] = {
    ".png": png,
    ".svg": lambda chart, _: svg(chart).encode(),
    ".html": lambda chart, _: page(chart).encode() if chart.page is None else chart.page(chart),
    ".json": lambda chart, _: (to_json(chart.to_dict()) + "\n").encode(),
    ".csv": lambda chart, _: csv_bytes(chart.data),
}
"""How a chart is written, by suffix."""
