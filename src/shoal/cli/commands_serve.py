"""``shoal serve``: its options and help; what it does is in `serve.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_models
from shoal.cli.exits import guarded
from shoal.cli.options import JsonLine, Threads, whole_number


@guarded
def serve(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL | NAME=MODEL", show_default=False, autocompletion=complete_models,
            help="Files, @last or ids; called by the file's name unless another is given.",
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="HOST", show_default=False,
            help="Where to listen; 127.0.0.1, this machine alone, by default.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", parser=whole_number(0, 65_535), show_default=False,
            help="8000 by default; 0 takes one that is free. The address is printed.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", show_default=False,
            help="Another name that requests may ask for, such as a proxy's; repeatable.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", show_default=False,
            help="Holds the token; else SHOAL_TOKEN, else one is made and printed.",
        ),
    ] = None,
    max_body: Annotated[
        int | None,
        typer.Option(
            "--max-body", metavar="MIB", parser=whole_number(1, 1024), show_default=False,
            help="MiB of one request; 8 by default.",
        ),
    ] = None,
    max_rows: Annotated[
        int | None,
        typer.Option(
            "--max-rows", metavar="N", parser=whole_number(1, 10_000_000), show_default=False,
            help="Rows of one request; 100,000 by default.",
        ),
    ] = None,
    max_requests: Annotated[
        int | None,
        typer.Option(
            "--max-requests", metavar="N", parser=whole_number(1, 10_000), show_default=False,
            help="Answered at once, 256 by default; more are told 429, to come again.",
        ),
    ] = None,
    threads: Threads = None,
    json: JsonLine = False,
) -> None:  # fmt: skip
    """Answer predictions over HTTP: JSON, CSV or Arrow, behind a token.

    SIGHUP reads the models again; SIGTERM lets requests in flight end.

    \b
    Examples:
      shoal serve flowers.safetensors
      shoal serve iris=flowers.safetensors or.safetensors --port 8080
      shoal serve @last --host 0.0.0.0 --allow-host models.example.org
    """
    from shoal.cli.serve import serve_models

    serve_models(
        models, host=host, port=8000 if port is None else port, allow_hosts=allow_host or [],
        token_file=token_file, max_body=(max_body or 8) * 2**20, max_rows=max_rows or 100_000,
        max_requests=max_requests or 256, threads=threads, as_json=json,
    )  # fmt: skip
