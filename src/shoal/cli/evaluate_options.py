"""The options of ``shoal evaluate``, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shoal.cli.completion import complete_output
from shoal.cli.options import whole_number

LARGEST = 1e12


def _share(text: str) -> float:
    """Parse an option that is a share above 0."""
    found = _number(text)
    if found is None or not 0 < found <= 1:
        raise typer.BadParameter(f"must be a number above 0 and at most 1; got {text}.")
    return found


def _costs(text: str) -> tuple[float, float]:
    """Parse the costs of the two errors."""
    found = [_number(part) for part in text.split(",")]
    fine = [cost for cost in found if cost is not None and 0 < cost <= LARGEST]
    if len(found) != 2 or len(fine) != 2:
        wanted = "must be two costs above 0, of a false positive and of a false negative"
        raise typer.BadParameter(f"{wanted}, such as 1,5; got {text}.")
    return fine[0], fine[1]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="COLUMN", show_default=False,
        help="Judge every category or range of a column; repeatable.",
    ),
]  # fmt: skip
WorstRows = Annotated[
    int | None,
    typer.Option(
        "--worst", metavar="N", parser=whole_number(0, 1000), show_default=False,
        help="Show the N rows it is most wrong about; 10 by default.",
    ),
]  # fmt: skip
Costs = Annotated[
    Any,
    typer.Option(
        "--costs", metavar="FP,FN", parser=_costs, show_default=False,
        help="Costs of a false positive and a false negative: which threshold "
        "they call for.",
    ),
]  # fmt: skip
Positive = Annotated[
    str | None,
    typer.Option(
        "--positive", metavar="CLASS", show_default=False,
        help="Of two classes the one that is looked for; the second by default.",
    ),
]  # fmt: skip
Coverages = Annotated[
    list[float] | None,
    typer.Option(
        "--coverage", metavar="SHARE", parser=_share, show_default=False,
        help="The threshold that answers this share of the rows; repeatable.",
    ),
]  # fmt: skip
Accuracies = Annotated[
    list[float] | None,
    typer.Option(
        "--min-accuracy", metavar="SHARE", parser=_share, show_default=False,
        help="The threshold that reaches this accuracy; repeatable.",
    ),
]  # fmt: skip
Resamples = Annotated[
    int | None,
    typer.Option(
        "--resamples", metavar="N", parser=whole_number(0, 100_000), show_default=False,
        help="For the intervals; 2000 by default, fewer of many rows, 0 for none.",
    ),
]  # fmt: skip
ResampleSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", parser=whole_number(0, 2**53 - 1), show_default=False,
        help="Of the resamples; 0 by default.",
    ),
]  # fmt: skip
Full = Annotated[
    bool, typer.Option("--full", help="Print every table: calibration and coverage too.")
]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", show_default=False,
        autocompletion=complete_output(".html", ".json"),
        help="Write a report (.html) or the figures (.json); repeatable.",
    ),
]  # fmt: skip
