"""Carry out the steps of a page in order, and write every chart a second time, light on dark.

Usage: python -m shoaldocs.draw STEPS.json, a list of [kind, text], in the folder for the charts.
Writes titles.json there: what each chart shows, by its file.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Carry out all steps."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    titles = twice()
    for kind, text in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        if kind == "python":
            exec(compile(text, "block", "exec"), {"__name__": "block"})
        else:
            command(text)
    Path("titles.json").write_text(json.dumps(titles, ensure_ascii=False, indent=1), "utf-8")


def command(text: str) -> None:
    """Carry out a line of a shell that begins with ``shoal``.

    Raises:
        SystemExit: it ended with an exit code that says so.
    """
    from shoal.cli.app import main as shoal

    sys.argv = shlex.split(text)
    try:
        shoal()
    except SystemExit as end:
        if end.code:
            raise SystemExit(f"exit code {end.code}: {text}") from None


def twice() -> dict[str, str]:
    """Have every chart saved in both themes; return the titles, to be filled on the way."""
    from shoal.charts.chart import Chart

    titles: dict[str, str] = {}
    save = Chart.save

    def both(chart: Chart, path: str | os.PathLike[str], **options: Any) -> None:
        place = Path(path)
        save(chart, place, **{**options, "force": True})
        save(
            chart, place.with_stem(f"{place.stem}-dark"), **{**options, "force": True, "dark": True}
        )
        titles[place.name] = f"{chart.title}. {' '.join(chart.subtitle)}"

    Chart.save = both  # type: ignore[method-assign]
    return titles


if __name__ == "__main__":
    main()
