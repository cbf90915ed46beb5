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
from shoal.cli.targets import model_of
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_targets, encode_weights
from shoal.data.opening import read_tables, source_name
from shoal.data.wording import count
from shoal.models import Evaluation, evaluate
from shoal.models.evaluate import Confusion

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
    model = chosen_network(model_of(str(file)), which)
    features, targets, weights = [], [], []
    for table in read_tables(data, stdin=standard_input(), form=TextFormat(**form)):
        encoded = encode_rows(model.schema, table)
        features.append(encoded.x)
        targets.append(encode_targets(model.schema, table, rows=encoded.rows))
        counts = encode_weights(model.schema, table, rows=encoded.rows)
        weights += [] if counts is None else [counts]
    found = evaluate(
        model,
        np.concatenate(features),
        np.concatenate(targets),
        weights=np.concatenate(weights) if weights else None,
        threads=threads,
    )
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    console = new_console()
    rows, networks = count(found.n_rows, "row"), count(found.n_networks, "network")
    counted = f", weighted by '{model.schema.weights}'" if found.weighted else ""
    console.print(f"{label(source_name(data))}: {rows}{label(counted)}, {networks}", style="bold")
    console.print()
    _print_figures(console, found)
    _print_labels(console, found)
    _print_targets(console, found)
    if found.confusion is not None and found.classes is not None:
        console.print("confusion: true class down, predicted class across")
        console.print()
        _print_confusion(console, found.classes, found.confusion)


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
        (
            "every label right" if found.labels else "accuracy",
            found.accuracy,
            [float(np.median(right)), min(right), max(right)],
        ),
        ("constant guess", found.constant_guess_accuracy, []),
        (
            LOSSES.get(found.loss_name, found.loss_name),
            found.loss,
            [float(np.median(wrong)), max(wrong), min(wrong)],
        ),
        ("labels wrong", found.hamming_loss, []),
        ("mean absolute error", found.mean_absolute_error, []),
        ("R²", found.r2, []),
    ]


def _print_labels(console: Console, found: Evaluation) -> None:
    if not found.labels:
        return
    table = new_table("label", "accuracy", "constant guess", LOSSES["crossentropy"])
    for each in found.labels:
        cells = cells_of([each.accuracy, each.constant_guess_accuracy, each.loss])
        table.add_row(label(each.name), *cells)
    console.print(table)
    console.print()
    console.print("confusion of each label: true class down, predicted class across")
    console.print()
    for each in found.labels:
        _print_confusion(console, each.classes, each.confusion, head=each.name)


def _print_targets(console: Console, found: Evaluation) -> None:
    if not found.targets:
        return
    table = new_table("target", "mean absolute error", "squared error", "R²")
    for each in found.targets:
        known = [each.mean_absolute_error, each.mean_squared_error]
        explained = cells_of([each.r2]) if each.r2 is not None else ["-"]
        table.add_row(label(each.name), *cells_of(known), *explained)
    console.print(table)
    console.print()


def _print_confusion(
    console: Console, classes: Sequence[str], confusion: Confusion, head: str = ""
) -> None:
    across = zip(*confusion, strict=True)
    print_blocks(
        console,
        Column(head=head, cells=classes),
        [
            Column(head=name, cells=[_amount(number) for number in counts])
            for name, counts in zip(classes, across, strict=True)
        ],
    )


def _amount(number: float) -> str:
    """Return rows, or a sum of their weights."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6g}"
