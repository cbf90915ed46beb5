"""``shoal animate``: how networks learn, as a film."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shoal.cli.output import files_written, print_json
from shoal.cli.terminal import is_live
from shoal.errors import InputError

SHOWN = 40
"""Signs of the bar on a terminal."""


def animate_target(
    target: str,
    output: Path,
    changes: Sequence[str],
    *,
    threads: int | None,
    as_json: bool,
    quiet: bool,
    force: bool,
    allow_python: bool,
    **how: Any,
) -> None:
    """Write the animation of a run; `how` is what `shoal.charts.animate` takes."""
    from shoal.charts.animate import animate, check_film, check_how, need_pillow
    from shoal.cli.tables import label
    from shoal.cli.targets import open_target

    check_film(output, force=force)
    check_how(**{name: how[name] for name in ("of", "frames", "fps", "size", "scale", "network")})
    need_pillow()
    record = open_target(target, changes, threads=threads, allow_python=allow_python, quiet=quiet)
    run = run_of(record, target)
    show = None if quiet or not is_live() else _show
    animate(run, output, threads=threads, progress=show, force=force, **how)
    if as_json:
        print_json(
            {"of": how["of"], "fps": how["fps"], "width": how["size"][0],
             "height": how["size"][1], "n_networks": len(run),
             "files": files_written([output])}
        )  # fmt: skip
    elif not quiet:
        print(f"wrote {label(str(output))}")


def run_of(record: Any, target: str) -> Any:
    """Return the run that a record is, or that a diagnosis is about.

    Raises:
        InputError: it is a sweep or a comparison.
    """
    from shoal.experiments.run import Run

    found = getattr(record, "run", None) if type(record).__name__ == "Diagnosis" else record
    if isinstance(found, Run):
        return found
    what = {"Swept": "sweep", "Comparison": "comparison"}.get(type(record).__name__, "record")
    raise InputError(
        f"{target}: is a {what}, and an animation shows a run. Give the experiment of one.",
        code="U109",
    )


def _show(number: int, of: int) -> None:
    done = number * SHOWN // of
    line = f"\rframe {number} of {of} {'#' * done}{'.' * (SHOWN - done)}"
    end = "" if number < of else "\r" + " " * (len(line) + 4) + "\r"
    print(line, end=end, file=sys.stderr, flush=True)


__all__ = ["animate_target", "run_of"]
