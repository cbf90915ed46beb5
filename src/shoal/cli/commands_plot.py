"""The command that draws: its options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import (
    complete_charts,
    complete_figures,
    complete_output,
    complete_targets,
)
from shoal.cli.exits import guarded
from shoal.cli.options import AllowPython, Changes, Force, Json, Quiet, Threads, whole_number


def _scale(text: str) -> float:
    """Parse how many pixels of a PNG stand for one of the chart."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.25 <= found <= 8:
        raise typer.BadParameter(f"must be a number from 0.25 to 8; got {text}.")
    return found


@guarded
def plot(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", help="What to draw; a list without it.", show_default=False,
            autocompletion=complete_charts,
        ),
    ] = None,
    record: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="An experiment or sweep file, a stored run, a checkpoint.",
            show_default=False, autocompletion=complete_targets,
        ),
    ] = None,
    changes: Changes = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".png", ".svg", ".html", ".json", ".csv"),
            help=".png, .svg, .html, .json (Vega-Lite) or .csv (the data); several allowed.",
        ),
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option("--figure", metavar="NAME", help="Such as loss, train_accuracy.",
                     autocompletion=complete_figures),
    ] = None,
    features: Annotated[
        str | None, typer.Option("--features", metavar="A,B", help="Two features, such as x0,x1.")
    ] = None,
    hold: Annotated[
        str | None, typer.Option("--hold", metavar="A=1,...", help="Where others are held.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="A=0,...", help="Where a slice begins.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="A=1,...", help="Where a slice ends.")
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", metavar="best|N,...", help="Single networks.")
    ] = None,
    of: Annotated[
        str | None, typer.Option("--of", metavar="CLASS", help="A class, label or target.")
    ] = None,
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="PART", help="train, validation or test.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="RUN", help="Another run to take away.",
                     autocompletion=complete_targets),
    ] = None,
    names: Annotated[
        str | None, typer.Option("--names", metavar="A,B,...", help="Functions, of charts of them.")
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="KEY", help="The swept key along the axis.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="KEY|CLOCK", help="A swept key; steps, evaluations, seconds."),
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="x|y|xy", help="Logarithmic axes.")
    ] = None,
    truth: Annotated[
        bool, typer.Option("--truth", help="The true boundary of a task, dashed.")
    ] = False,
    dark: Annotated[bool, typer.Option("--dark", help="Light on dark.")] = False,
    width: Annotated[
        int | None,
        typer.Option("--width", metavar="N", parser=whole_number(200, 8000), help="Pixels."),
    ] = None,
    height: Annotated[
        int | None,
        typer.Option("--height", metavar="N", parser=whole_number(150, 8000), help="Pixels."),
    ] = None,
    scale: Annotated[
        float,
        typer.Option("--scale", metavar="N", parser=_scale, help="PNG pixels for each of them."),
    ] = 2.0,
    threads: Threads = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
) -> None:  # fmt: skip
    """Draw a chart of a run, a sweep or a comparison.

    An experiment file is carried out first. Without KIND the kinds are listed.

    \b
    Examples:
      shoal plot
      shoal plot curves examples/greater.toml -o curves.png
      shoal plot surface @last -o surface.html -o surface.csv --dark --truth
    """
    from shoal.cli.plot import list_kinds, plot_record

    if kind is None:
        list_kinds(as_json=json)
        return
    options = {
        "figure": figure, "features": features, "hold": hold, "start": start,
        "end": end, "network": network, "of": of, "rows": rows,
        "names": names, "x": x, "by": by, "log": log, "truth": truth or None,
    }  # fmt: skip
    plot_record(
        kind, record, changes or [], outputs=output or [], against=against,
        options={name: value for name, value in options.items() if value is not None},
        look={"dark": dark, "width": width, "height": height, "scale": scale},
        threads=threads, as_json=json, force=force, quiet=quiet, allow_python=allow_python,
    )  # fmt: skip
