"""The report: what came of a run, a sweep or a comparison, as one page that opens offline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import shoal
from shoal.charts import report_parts as parts
from shoal.charts.html import Markup, page, sentence, tag
from shoal.charts.report_look import COPY, style
from shoal.charts.report_parts import Insert, Story
from shoal.errors import ArgumentError, InputError, ShoalError
from shoal.experiments.run import Run
from shoal.files import check_output, write_bytes
from shoal.views import offered

STORIES: Final[Mapping[str, tuple[str, str]]] = {
    "Assessment": ("report_assessment", "assessment_story"),
    "Worth": ("report_worth", "worth_story"),
    "Watched": ("report_monitor", "watched_story"),
    "Importance": ("report_importance", "importance_story"),
    "Attribution": ("report_importance", "attribution_story"),
}
"""What tells of a record beside runs, sweeps and comparisons: a module and its function."""


def report(
    record: Any,
    path: str | os.PathLike[str],
    *,
    figure: str | None = None,
    title: str | None = None,
    doctor: bool = True,
    dark: bool | None = None,
    replay: bool = True,
    threads: int | None = None,
    force: bool = False,
) -> None:
    """Write what came of an experiment as one page that opens without a network.

    The question, the answer in a sentence, tables, charts, what the doctor finds with the
    remedies tried, the experiment, and how to repeat it. It loads nothing, and nothing that the
    data contain can act in it.

    Args:
        record: a run, a sweep, a comparison or a diagnosis.
        path: .html.
        figure: of a sweep, such as "validation_loss"; the usual one if not given.
        title: in place of the question.
        doctor: whether the doctor looks at a run, or at the first cell of a sweep.
        dark: light on dark; what the reader's system prefers if not given.
        replay: whether a run can be watched in the page: a recording of it and what shows it.
        threads: how many to use.
        force: replace a file that is there.

    Raises:
        ArgumentError: `record` is nothing that a report is made of, or has no such figure.
        InputError: another suffix, or a file that cannot be written.
        OutputExistsError: the file is there and `force` is false.
        MissingExtraError: what draws the charts is not installed.
    """
    target = check_report(path, force=force)
    write_bytes(
        target,
        content(
            record,
            figure=figure,
            title=title,
            doctor=doctor,
            dark=dark,
            replay=replay,
            threads=threads,
        ),
        force=force,
    )


def check_report(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Return the path of a report if it can be written.

    Raises:
        InputError: another suffix, or a place that cannot be written to.
        OutputExistsError: the file is there and `force` is false.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{target}: must end in .html.", code="O109")
    return check_output(target, force=force)


def content(
    record: Any,
    *,
    figure: str | None = None,
    title: str | None = None,
    doctor: bool = True,
    dark: bool | None = None,
    replay: bool = True,
    threads: int | None = None,
) -> bytes:
    """Return the page as bytes; see `report`."""
    known = record if type(record).__name__ == "Diagnosis" else None
    story = story_of(record.run if known is not None else record, figure)
    findings = None if known is None else parts.diagnosis(known)
    if doctor and known is None and story.examined is not None:
        findings = _diagnosed(story.examined, threads)
    scheme = {None: "light dark", False: "light", True: "dark"}[dark]
    shown = _replay(story, dark, threads) if replay else None
    name = title or story.question
    body = _body(story, name, findings, shown, dark, is_diagnosis=known is not None)
    script = COPY + (shown.script if shown is not None else "")
    return page(name, body, style=style(scheme), script=script, scheme=scheme)


def story_of(record: Any, figure: str | None = None) -> Story:
    """Return what a report tells of a record.

    Raises:
        ArgumentError: it is nothing that a report is made of.
    """
    kind = type(record).__name__
    if figure is not None and kind != "Swept":
        raise ArgumentError(
            "report", "figure", "is chosen for sweeps only", got=repr(figure), code="A111"
        )
    if isinstance(record, Run):
        from shoal.charts.report_run import run_story

        return run_story(record)
    if kind == "Swept":
        from shoal.charts.report_sweep import sweep_story

        return sweep_story(record, figure)
    if kind == "Comparison":
        from shoal.charts.report_comparison import comparison_story

        return comparison_story(record)
    if kind in STORIES:
        module, function = STORIES[kind]
        story: Story = getattr(import_module(f"shoal.charts.{module}"), function)(record)
        return story
    wanted = "must be a run, a sweep, a comparison or a diagnosis"
    raise ArgumentError("report", "record", wanted, got=kind, code="A101")


def _diagnosed(examined: Any, threads: int | None) -> Markup:
    from shoal.experiments.doctor import diagnose

    try:
        return parts.diagnosis(diagnose(examined, threads=threads))
    except ShoalError as error:
        return parts.told(error)


def _replay(story: Story, dark: bool | None, threads: int | None) -> Insert | None:
    """Return what replays the run of a story, None where nothing does.

    A layer above records runs; it is known by its name, as charts are to records.
    """
    make = offered("replay")
    if story.replayed is None or make is None:
        return None
    found: Insert | None = make(story.replayed, dark=dark, threads=threads)
    return found


def _body(
    story: Story,
    title: str,
    findings: Markup | None,
    replay: Insert | None,
    dark: bool | None,
    *,
    is_diagnosis: bool,
) -> Markup:
    pictures = parts.pictures(story.charts, dark)
    titles = {
        "figures": "The figures",
        "replay": replay.title if replay is not None else "",
        "charts": "Charts",
        "doctor": "What the doctor found",
        "experiment": f"The {_asked(story)}",
        "repeat": "How to repeat it",
    }
    if is_diagnosis:  # what was asked for stands first
        titles = {"doctor": titles["doctor"], **titles}
    absent = {
        "doctor": findings is None, "charts": not pictures, "experiment": not story.documents,
        "replay": replay is None,
    }  # fmt: skip
    sections = [(key, name) for key, name in titles.items() if not absent.get(key)]
    contents = tag(
        "nav",
        tag(
            "ul",
            [tag("li", tag("a", name, href=f"#{key}"), **_hidden(key)) for key, name in sections],
        ),
        aria_label="Contents",
    )
    blocks = {
        "figures": [parts.table(each) for each in story.tables],
        "replay": replay.content if replay is not None else None,
        "charts": tag("div", pictures, class_="charts"),
        "doctor": [tag("p", story.examined_as, class_="note"), findings],
        "experiment": _documents(story),
        "repeat": _repeat(story),
    }
    return Markup(
        tag("header", tag("p", f"shoal report on a {story.kind}", class_="kicker"),
            tag("h1", title),
            None if title == story.question else tag("p", story.question, class_="question"),
            tag("p", sentence(story.answer), class_="answer", id="answer"),
            parts.cards(story.cards),
            [tag("p", sentence(each), class_="note") for each in story.beside])
        + contents
        + tag("main", [parts.section(key, name, blocks[key], waits=key == "replay")
                       for key, name in sections])
        + tag("footer", tag("p", _made()))
    )  # fmt: skip


def _hidden(key: str) -> dict[str, bool]:
    """Return the attributes of what is shown by the script of a replay alone."""
    return {"hidden": True, "data_replay": True} if key == "replay" else {}


def _asked(story: Story) -> str:
    return {"sweep": "sweep", "comparison": "experiments"}.get(story.kind, "experiment")


def _documents(story: Story) -> list[Markup]:
    only = len(story.documents) == 1
    return [
        tag("details", tag("summary", name),
            parts.code(text, name, language="toml"), open=only)
        for name, text in story.documents.items()
    ]  # fmt: skip


def _repeat(story: Story) -> list[Markup | None]:
    files = " and ".join(story.documents)
    save = f"Save what stands above as {files}, beside the data where there is a file. "
    same = "The same version of the arithmetic gives the same bits."
    return [
        tag("p", (save if files else "") + same),
        parts.code("\n".join(story.commands), "the commands") if story.commands else None,
        parts.facts(story.facts),
    ]  # fmt: skip


def _made() -> str:
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"Made with shoal {shoal.__version__} on {day}. This page loads nothing."


__all__ = ["check_report", "content", "report", "story_of"]
