"""``shoal plot``: draw a chart of a record, in as many formats as are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from shoal.charts.registry import CHARTS, NOTHING, WORDS, ChartKind, chart_kind, make
from shoal.cli.output import files_written, print_json
from shoal.cli.terminal import has_bars
from shoal.errors import InputError


def list_kinds(*, as_json: bool) -> None:
    """Print every kind of chart, what it is made of, and what it shows."""
    if as_json:
        print_json(
            [
                {"kind": kind.name, "takes": list(kind.takes), "about": kind.help,
                 "options": [each for each in kind.options if each in ON_COMMAND_LINE]}
                for kind in CHARTS.values()
            ]
        )  # fmt: skip
        return
    from shoal.cli.tables import new_console

    console = new_console()
    for record, words in WORDS.items():
        kinds = [kind for kind in CHARTS.values() if record in kind.takes]
        if record == NOTHING or not kinds:
            continue
        console.print(f"of {words}", style="bold")
        for kind in kinds:
            console.print(f"  {kind.name:20}{kind.help}")
        console.print()
    alone = ", ".join(kind.name for kind in CHARTS.values() if NOTHING in kind.takes)
    console.print(f"{alone} need no record. Draw one: shoal plot KIND RUN -o chart.png")


def plot_record(
    name: str,
    record: str | None,
    changes: Sequence[str],
    *,
    outputs: Sequence[Path],
    against: str | None,
    options: Mapping[str, Any],
    look: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
    force: bool,
    quiet: bool,
    allow_python: bool,
) -> None:
    """Make a chart and write it; everything that can be wrong is told before training.

    Raises:
        InputError: no such kind, one that does not fit, an option that it does not have.
    """
    from shoal.charts.saving import check_chart_path

    kind = chart_kind(name)
    _check_options(kind, options, against)
    if not outputs:
        raise InputError(f"plot: -o: is missing. Name a file, such as -o {name}.png.", code="U104")
    for path in outputs:
        check_chart_path(path, force=force)
    if record is None and NOTHING not in kind.takes:
        raise InputError(
            f"plot: RUN: is missing; chart '{name}' is made of {kind.taken}.", code="U104"
        )
    how: dict[str, Any] = {"threads": threads, "allow_python": allow_python, "quiet": quiet}
    found = None if record is None else _opened(record, changes, **how)
    given = {key: _numbers(key, text) if key in BY_NAME else text for key, text in options.items()}
    if against is not None:
        given["against"] = _opened(against, changes, **how)
    chart = make(name, found, **given)
    sized = chart.themed(dark=look["dark"], width=look["width"], height=look["height"])
    for path in outputs:
        sized.save(path, force=force, scale=look["scale"])
    if as_json:
        print_json(
            {"kind": name, "title": chart.title, "subtitle": list(chart.subtitle),
             "files": files_written(outputs)}
        )  # fmt: skip
    elif not quiet:
        print(f"{chart.title}: {', '.join(map(str, outputs))}")


def _check_options(kind: ChartKind, options: Mapping[str, Any], against: str | None) -> None:
    given = [*options, *(["against"] if against is not None else [])]
    for option in given:
        if option not in kind.options:
            here = [f"--{each}" for each in kind.options if each in ON_COMMAND_LINE]
            told = f"it has {', '.join(here)}" if here else "it has none"
            raise InputError(
                f"--{option}: chart '{kind.name}' has no such option; {told}.", code="G103"
            )


ON_COMMAND_LINE = (
    "figure", "features", "hold", "start", "end", "network", "of", "rows", "against", "names", "x",
    "by", "log", "truth",
)  # fmt: skip
"""Options of charts that the command has too; the others are for Python."""


BY_NAME = ("hold", "start", "end")
"""Options that give features a value each."""


def _numbers(option: str, text: str) -> dict[str, float]:
    """Return values by name: ``x0=1,x1=2``."""
    found = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise InputError(
                f"--{option}: must be features and values such as x0=1; got {part}.", code="G103"
            )
    return found


def _opened(
    text: str, changes: Sequence[str], *, threads: int | None, allow_python: bool, quiet: bool
) -> Any:
    from shoal.cli.targets import is_sweep, open_target

    silent = quiet or not has_bars() or is_sweep(text)
    with nullcontext() if silent else _progress() as show:
        found = open_target(
            text, changes, threads=threads, progress=show, allow_python=allow_python, quiet=quiet
        )
    return found.run if type(found).__name__ == "Diagnosis" else found


def _progress() -> AbstractContextManager[Callable[[Any], object]]:
    from shoal.cli.progress import showing_progress

    return showing_progress()
