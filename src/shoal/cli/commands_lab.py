"""``shoal lab``: its options and help; what it does is in `lab.py` beside this."""

from __future__ import annotations

from typing import Annotated

import typer

from shoal.cli.completion import complete_targets
from shoal.cli.exits import guarded
from shoal.cli.options import JsonLine, Threads, whole_number


@guarded
def lab(
    start: Annotated[
        str | None,
        typer.Argument(
            metavar="LINK | FILE | RUN", show_default=False, autocompletion=complete_targets,
            help="Begin with what a link holds, an experiment file, or a stored run: @last, an id.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", parser=whole_number(0, 65_535), show_default=False,
            help="8517 by default, or the next one that is free; 0 takes any.",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open no browser.")
    ] = False,
    threads: Threads = None,
    json: JsonLine = False,
) -> None:  # fmt: skip
    """Open the lab: a page where training is something you touch.

    It answers this machine alone; Ctrl-C ends it.

    \b
    Examples:
      shoal lab
      shoal lab examples/greater.toml
      shoal lab @last
      shoal lab 'http://127.0.0.1:8517/#1.q1Yq...'
    """
    from shoal.cli.lab import open_lab

    open_lab(start, port=port, browser=not no_browser, threads=threads, as_json=json)
