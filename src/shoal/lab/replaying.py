"""A run as a part of a report that replays it: the recording, and the script that shows it.

Reports are made in a layer below, which finds this one by its name: the entry point ``replay`` of
the group ``shoal.views``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from shoal.charts.html import Markup, tag
from shoal.charts.report_parts import Insert
from shoal.errors import InternalError, ShoalError
from shoal.experiments.run import Run
from shoal.lab.recording import MOST_FINALS, Recording, record

BUILT: Final = Path(__file__).with_name("static") / "replay.js"
"""What the page's build makes for reports."""
TITLE: Final = "Watch it learn"


def replay_insert(
    run: Run, *, dark: bool | None = None, threads: int | None = None
) -> Insert | None:
    """Return what replays a run in a report; None where that cannot be shown.

    It cannot where the script was not built, and where the steps of the run cannot be repeated,
    as with a Python function that fails now.

    Args:
        run: what is replayed.
        dark: light on dark; what the reader's system prefers if not given.
        threads: how many to use.
    """
    script = script_of(BUILT)
    if script is None:
        return None
    try:
        recording = record(run, threads=threads)
    except ShoalError:
        return None
    theme = None if dark is None else "dark" if dark else "light"
    content = Markup(
        tag("p", _told(run, recording))
        + tag("div", id="replay-place", data_theme=theme)
        + f'<script type="text/plain" id="replay-data">{recording.to_text()}</script>'
    )
    return Insert(title=TITLE, content=content, script=script)


@cache
def script_of(path: Path) -> str | None:
    """Return a built script that can stand in a page, None if it is not built.

    Raises:
        InternalError: it holds what would end it, or begin a comment, within a page.
    """
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8").strip()
    if "</script" in text.lower() or "<!--" in text:
        raise InternalError(f"{path.name} cannot stand within a page: build it again.")
    return f"{text}\n"


def _told(run: Run, recording: Recording) -> str:
    """Return what the replay shows, in words."""
    n = len(recording.steps)
    told = f"{n} moments of the training, from the first weights to the last: play it, or drag."
    if len(run) > MOST_FINALS:
        told += f" Of the {len(run):,} networks {MOST_FINALS:,} evenly spread ones are counted."
    return told


__all__ = ["replay_insert"]
