"""``shoal evaluate``: a model judged on rows whose answer is known."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from shoal.cli.choose import chosen_network
from shoal.cli.run import to_json
from shoal.cli.tables import new_table
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_targets
from shoal.data.opening import read_tables
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
    for table in read_tables(data, stdin=sys.stdin.buffer, form=TextFormat(**form)):
        encoded = encode_rows(model.schema, table)
        features.append(encoded.x)
        targets.append(encode_targets(model.schema, table, rows=encoded.rows))
    found = evaluate(model, np.concatenate(features), np.concatenate(targets), threads=threads)
    if as_json:
        sys.stdout.write(to_json(found.model_dump(mode="json")))
        return
    console = Console(highlight=False, soft_wrap=True)
    networks = "1 network" if found.n_networks == 1 else f"{found.n_networks} networks"
    console.print(f"{data}: {found.n_rows:,} rows, {networks}", style="bold", markup=False)
    _print_figures(console, found)
    _print_confusion(console, found)


def _print_figures(console: Console, found: Evaluation) -> None:
    several = found.n_networks > 1
    head = "together" if several else ""
    table = new_table("", head, *(["each: median", "worst", "best"] if several else []))

    def add(label: str, value: float | None, each: Any = None, *, up: bool = True) -> None:
        if value is None:
            return
        cells = [f"{value:.4f}"]
        if several:
            spread = [np.median(each), np.min(each), np.max(each)] if each is not None else []
            ordered = spread if up or not spread else [spread[0], spread[2], spread[1]]
            cells += [f"{v:.4f}" for v in ordered] or ["", "", ""]
        table.add_row(label, *cells)

    add("accuracy", found.accuracy, found.network_accuracies)
    add("constant guess", found.constant_guess_accuracy)
    add(LOSSES.get(found.loss_name, found.loss_name), found.loss, found.network_losses, up=False)
    add("mean absolute error", found.mean_absolute_error)
    add("R²", found.r2)
    console.print(table)


def _print_confusion(console: Console, found: Evaluation) -> None:
    if found.confusion is None or found.classes is None:
        return
    console.print("confusion: true class down, predicted class across")
    table = new_table("", *found.classes)
    for name, row in zip(found.classes, found.confusion, strict=True):
        table.add_row(name, *(f"{count:,}" for count in row))
    console.print(table)
