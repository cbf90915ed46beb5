"""The commands that make films and reports: their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shoal.cli.completion import complete_figures, complete_output, complete_targets
from shoal.cli.exits import guarded
from shoal.cli.options import (
    AllowPython,
    Changes,
    Force,
    Json,
    Quiet,
    Threads,
    choice,
    names_in,
    whole_number,
)


def _size(text: str) -> str:
    """Check a size in pixels such as 960x480."""
    width, sign, height = text.partition("x")
    if not sign or not all(n.isascii() and n.isdigit() and len(n) < 6 for n in (width, height)):
        raise typer.BadParameter(f"must be WIDTHxHEIGHT, such as 960x480; got {text}.")
    return text


def _rate(text: str) -> float:
    """Parse frames a second."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= 50:
        raise typer.BadParameter(f"must be a number from 1 to 50; got {text}.")
    return found


@guarded
def animate(
    target: Annotated[
        str,
        typer.Argument(
            metavar="RUN", show_default=False, autocompletion=complete_targets,
            help="A stored run (@last, an id), a checkpoint, or an experiment file.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".gif", ".mp4", ".html"),
            help="Where to: .gif, .mp4, or .html (a page with a player).",
        ),
    ],
    changes: Changes = None,
    of: Annotated[
        Literal["steps", "networks"],
        typer.Option("--of", metavar="steps|networks", **choice("steps", "networks"),
                     help="What changes from frame to frame."),
    ] = "steps",
    frames: Annotated[
        int | None,
        typer.Option("--frames", metavar="N", parser=whole_number(2, 2000), show_default=False,
                     help="At most; 100 by default."),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option("--fps", metavar="RATE", parser=_rate, show_default=False,
                     help="Frames a second; 12.5 by default."),
    ] = None,
    size: Annotated[
        str,
        typer.Option("--size", metavar="WIDTHxHEIGHT", parser=_size, help="In pixels."),
    ] = "960x480",
    scale: Annotated[
        Literal["log", "linear"],
        typer.Option("--scale", metavar="log|linear", **choice("log", "linear"),
                     help="How the steps are spread: most at the beginning, or evenly."),
    ] = "log",
    features: Annotated[
        str | None,
        typer.Option("--features", metavar="A,B", show_default=False,
                     help="Which vary; those that matter most by default."),
    ] = None,
    network: Annotated[
        int | None,
        typer.Option("--network", metavar="N", parser=whole_number(0, 10**9), show_default=False,
                     help="Show one network, from 0, in place of the median."),
    ] = None,
    dark: Annotated[
        bool | None,
        typer.Option("--dark/--light", show_default=False,
                     help="Light by default; a page is what its reader prefers."),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Show how networks learn, or how they differ, as a film.

    The decision surface with the data, beside it the learning curve.

    \b
    Examples:
      shoal animate examples/greater.toml -o greater.gif
      shoal animate @last -o run.mp4 --frames 200 --fps 25
      shoal animate examples/or.toml -o networks.html --of networks
    """
    from shoal.cli.animate import animate_target

    width, _, height = size.partition("x")
    animate_target(
        target, output, changes or [], of=of, frames=frames or 100, fps=fps or 12.5,
        size=(int(width), int(height)), scale=scale,
        features=names_in(features), network=network, dark=dark, threads=threads, as_json=json,
        quiet=quiet, allow_python=allow_python, force=force,
    )  # fmt: skip


@guarded
def report(
    target: Annotated[
        str,
        typer.Argument(
            metavar="RECORD", show_default=False,
            autocompletion=complete_targets,
            help="A stored run, sweep or comparison (@last, an id), or a file of one.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", show_default=False,
                     autocompletion=complete_output(".html"),
                     help="Where to: a page (.html)."),
    ],
    changes: Changes = None,
    figure: Annotated[
        str | None,
        typer.Option("--figure", metavar="NAME", show_default=False,
                     autocompletion=complete_figures,
                     help="Of a sweep: what it is judged by; accuracy by default."),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", show_default=False,
                                 help="In place of the question.")
    ] = None,
    doctor: Annotated[
        bool,
        typer.Option("--doctor/--no-doctor", help="Look for faults, and try their remedies."),
    ] = True,
    replay: Annotated[
        bool,
        typer.Option("--replay/--no-replay", help="Of a run: let the reader watch it learn."),
    ] = True,
    dark: Annotated[
        bool | None,
        typer.Option("--dark/--light", show_default=False,
                     help="What its reader prefers by default."),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Write what came of it as one page that opens offline.

    The question, the answer, tables, charts, what the doctor finds, the
    experiment, and how to replay it.

    \b
    Examples:
      shoal report examples/greater.toml -o greater.html
      shoal report @last -o last.html --title "Does noise matter?"
    """
    from shoal.cli.report import report_target

    report_target(
        target, output, changes or [], figure=figure, title=title, doctor=doctor, replay=replay,
        dark=dark, threads=threads, as_json=json, quiet=quiet, allow_python=allow_python,
        force=force,
    )  # fmt: skip
