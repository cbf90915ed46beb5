"""``shoal evaluate``: a model judged on rows whose answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from shoal.cli.choose import chosen_network
from shoal.cli.output import print_json, standard_input
from shoal.cli.result import cells_of
from shoal.cli.tables import Column, label, new_console, new_table, print_blocks
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_targets
from shoal.data.opening import read_tables, source_name
from shoal.data.wording import count
from shoal.models import Evaluation, evaluate, load_model

LOSSES = {"crossentropy": "cross-entropy (nats)", "squared_error": "squared error"}


def evaluate_data(
    file: Path,
    data: str,
    *,
    which: str | None,
    form: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
) -> None:
    """Judge a model on a table that holds the target."""
    model = chosen_network(load_model(file), which)
    features, targets = [], []
    for table in read_tables(data, stdin=standard_input(), form=TextFormat(**form)):
        encoded = encode_rows(model.schema, table)
        features.append(encoded.x)
        targets.append(encode_targets(model.schema, table, rows=encoded.rows))
    found = evaluate(model, np.concatenate(features), np.concatenate(targets), threads=threads)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    console = new_console()
    rows, networks = count(found.n_rows, "row"), count(found.n_networks, "network")
    console.print(f"{label(source_name(data))}: {rows}, {networks}", style="bold")
    console.print()
    _print_figures(console, found)
    _print_confusion(console, found)


def _print_figures(console: Console, found: Evaluation) -> None:
    several = found.n_networks > 1
    heads = ["together", "each: median", "worst", "best"] if several else [""]
    table = new_table("", *heads)
    table.show_header = several
    for name, whole, each in _figures(found):
        if whole is None:
            continue
        cells = cells_of([whole, *(each if several else ())])
        table.add_row(name, *cells)
    console.print(table)
    console.print()


def _figures(found: Evaluation) -> list[tuple[str, float | None, Sequence[float]]]:
    """Return figures by name: of the ensemble; median, worst and best of the networks."""
    right, wrong = found.network_accuracies or (0.0,), found.network_losses
    return [
        ("accuracy", found.accuracy, [float(np.median(right)), min(right), max(right)]),
        ("constant guess", found.constant_guess_accuracy, []),
        (
            LOSSES.get(found.loss_name, found.loss_name),
            found.loss,
            [float(np.median(wrong)), max(wrong), min(wrong)],
        ),
        ("mean absolute error", found.mean_absolute_error, []),
        ("R²", found.r2, []),
    ]


def _print_confusion(console: Console, found: Evaluation) -> None:
    if found.confusion is None or found.classes is None:
        return
    console.print("confusion: true class down, predicted class across")
    console.print()
    across = zip(*found.confusion, strict=True)
    print_blocks(
        console,
        Column(head="", cells=found.classes),
        [
            Column(head=name, cells=[f"{number:,}" for number in counts])
            for name, counts in zip(found.classes, across, strict=True)
        ],
    )
