"""``shoal doctor``: what is wrong with an experiment, told so that a beginner can act on it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shoal.cli.output import print_json
from shoal.cli.run import with_seed
from shoal.cli.storing import Storing, store_record
from shoal.cli.tables import label, new_console
from shoal.cli.targets import open_target
from shoal.cli.terminal import is_live
from shoal.errors import InputError
from shoal.experiments.doctor import Diagnosis, Finding, diagnose
from shoal.experiments.doctor.proof import PAIRS
from shoal.experiments.run import Run

WIDTH = 79
SHARE = "unexplained_share"
LEGEND = "Unexplained share: the loss divided by that of the best constant guess."
HEADS = {"fault": "FAULT", "question": "QUESTION", "note": "NOTE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line, beside what to examine."""

    prove: bool
    pairs: int | None
    threads: int | None
    seed: int | None
    as_json: bool
    quiet: bool
    allow_python: bool
    storing: Storing


def examine(target: str, changes: Sequence[str], asked: Asked) -> None:
    """Diagnose a run or an experiment file, and print what was found."""
    asked.storing.check()
    found, is_new = diagnosis_of(target, changes, asked)
    document = found.to_dict()
    if asked.as_json:
        print_json(document)
    else:
        print_diagnosis(found, quiet=asked.quiet)
    if is_new:
        store_record(found, asked.storing, document)


def diagnosis_of(target: str, changes: Sequence[str], asked: Asked) -> tuple[Diagnosis, bool]:
    """Return the diagnosis of what a target names, and whether it was made just now.

    Raises:
        InputError: it names something else.
    """
    record = open_target(
        target,
        with_seed(changes, asked.seed),
        threads=asked.threads,
        allow_python=asked.allow_python,
        quiet=True,  # the doctor says what warnings say
    )
    if isinstance(record, Diagnosis):
        return record, False
    if not isinstance(record, Run):
        what = type(record).__name__.lower().replace("swept", "sweep")
        raise InputError(
            f"{target}: is a {what}. Give an experiment or a run to diagnose.", code="U109"
        )
    shows = not asked.quiet and is_live()
    try:
        found = diagnose(
            record,
            prove=asked.prove,
            pairs=asked.pairs or PAIRS,
            threads=asked.threads,
            progress=_show if shows else None,
        )
        return found, True
    finally:
        if shows:
            _show("")


def print_diagnosis(found: Diagnosis, *, quiet: bool = False) -> None:
    """Print the answer, the curve read aloud, and every finding."""
    console = new_console()
    for line in textwrap.wrap(label(found.sentence), WIDTH):
        console.print(line)
    if quiet:
        return
    for line in textwrap.wrap(found.curve, WIDTH):
        console.print(line)
    for finding in found.findings:
        console.print()
        for line in lines_of(finding):
            console.print(line)
    if any(SHARE in key for finding in found.findings for key in finding.evidence):
        console.print()
        console.print(LEGEND)


def lines_of(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding: title, sentence, evidence, remedy, proof."""
    yield f"{HEADS[finding.kind]}  {finding.title}"
    sentence = finding.sentence[:1].upper() + finding.sentence[1:]
    yield from _paragraph("", sentence)
    facts = ", ".join(f"{key.replace('_', ' ')} {_fact(v)}" for key, v in finding.evidence.items())
    if facts:
        yield from _paragraph("seen", facts)
    if finding.remedy_sentence:
        yield from _paragraph("remedy", finding.remedy_sentence)
    for change in finding.remedy:
        yield " " * 12 + label(change)  # never wrapped: it is there to be copied
    if finding.proof is not None:
        yield from _paragraph("tried", finding.proof.sentence)
        if finding.proof.beside:
            yield from _paragraph("", f"with {', '.join(finding.proof.beside)} on both sides.")
    elif finding.untried:
        yield from _paragraph("not tried", finding.untried)


def _paragraph(head: str, text: str) -> Iterator[str]:
    first, rest = f"  {head:<10}" if head else " " * 2, " " * (12 if head else 2)
    yield from textwrap.wrap(
        label(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _fact(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _show(told: str) -> None:
    print(f"\r{told[:78]:<78}\r", end="", file=sys.stderr, flush=True)
