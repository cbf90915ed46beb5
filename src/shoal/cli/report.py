"""``shoal report``: what came of it as one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shoal.cli.output import files_written, print_json

KINDS: Final = {
    "Run": "run", "Swept": "sweep", "Comparison": "comparison", "Diagnosis": "diagnosis"
}  # fmt: skip
"""What a report can be of, by the class of its record."""


def report_target(
    target: str,
    output: Path,
    changes: Sequence[str],
    *,
    figure: str | None,
    title: str | None,
    doctor: bool,
    replay: bool,
    dark: bool | None,
    threads: int | None,
    as_json: bool,
    quiet: bool,
    allow_python: bool,
    force: bool,
) -> None:
    """Write the report of a stored record, or of a file that is carried out first."""
    from shoal.charts.report import check_report, report
    from shoal.charts.saving import renderer
    from shoal.cli.tables import label
    from shoal.cli.targets import open_target

    check_report(output, force=force)
    renderer()  # what is missing is told before anything is trained
    record = open_target(target, changes, threads=threads, allow_python=allow_python, quiet=quiet)
    if doctor and not quiet and sys.stderr.isatty():
        print("looking for faults ...", file=sys.stderr)
    report(
        record,
        output,
        figure=figure,
        title=title,
        doctor=doctor,
        replay=replay,
        dark=dark,
        threads=threads,
        force=force,
    )
    if as_json:
        print_json({"of": KINDS[type(record).__name__], "files": files_written([output])})
    elif not quiet:
        print(f"wrote {label(str(output))}")


__all__ = ["report_target"]
