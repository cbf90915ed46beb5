"""Charts as files, the training as an animation, and the report of a run."""

from __future__ import annotations

import html
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from shoal.charts.chart import Chart
from shoal.errors import InputError
from shoal.lab.actions.taken import Made, Taking, mime_of

FRAMES: Final = 60
"""Frames of an animation..."""
SIZE: Final = (800, 400)
"""...and its size: about a megabyte."""
FPS: Final = 10.0


def chart_of(taking: Taking) -> Chart:
    """Return the chart that was asked for.

    Raises:
        InputError: none was named, there is none such, or it cannot be made of this run.
    """
    from shoal.charts.registry import chart_kind, make

    name = taking.message.chart
    if name is None:
        raise InputError(
            "take: `chart` must name a kind of chart, such as curves; got nothing.", code="G101"
        )
    kind, run = chart_kind(name), taking.run()
    options: dict[str, Any] = {}
    if isinstance(taking.message.network, int) and "network" in kind.options:
        options["network"] = taking.member(run)
    taking.surroundings.tell(f"drawing {name}")
    return make(name, run, **options).themed(dark=taking.message.dark)


def png(taking: Taking) -> Made:
    """Return a chart as PNG."""
    from shoal.charts import saving

    chart = chart_of(taking)
    return Made(content=saving.png(chart), what=chart.kind, mime=mime_of(".png"))


def svg(taking: Taking) -> Made:
    """Return a chart as SVG."""
    from shoal.charts import saving

    chart = chart_of(taking)
    return Made(content=saving.svg(chart).encode(), what=chart.kind, mime=mime_of(".svg"))


def spec(taking: Taking) -> Made:
    """Return a chart as a Vega-Lite document, as a file and as data for the page."""
    chart = chart_of(taking)
    document = chart.to_dict()
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Made(
        content=f"{text}\n".encode(),
        what=chart.kind,
        mime=mime_of(".json"),
        beside={"spec": document, "title": chart.title},
    )


def animation(taking: Taking) -> Made:
    """Return the training as an animated GIF: the median of the networks, or one of them."""
    from shoal.charts.animate import animate

    run, told = taking.run(), taking.surroundings.tell
    network = taking.message.network
    shown = None if isinstance(network, str) else taking.member(run)
    with tempfile.TemporaryDirectory(prefix="shoal-take-") as folder:
        path = Path(folder) / "training.gif"
        animate(
            run,
            path,
            frames=FRAMES,
            fps=FPS,
            size=SIZE,
            dark=taking.message.dark,
            network=shown,
            progress=lambda done, n: told(f"frame {done} of {n}", 0.8 * done / max(1, n)),
        )
        content = path.read_bytes()
    return Made(content=content, what="training", mime=mime_of(".gif"))


def report(taking: Taking) -> Made:
    """Return the report of a run, with what the doctor finds."""
    from shoal.charts.report import content

    run = taking.run()
    taking.surroundings.tell("writing the report; the doctor looks at the run")
    page = content(run, dark=True if taking.message.dark else None).decode()
    for own, name in taking.own_tables.items():
        page = page.replace(own, html.escape(name))
    return Made(content=page.encode(), what="report", mime=mime_of(".html"))


__all__ = ["animation", "chart_of", "png", "report", "spec", "svg"]
