"""``shoal spread``: which random stream causes the spread of a figure."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from shoal.cli.output import print_json
from shoal.cli.run import with_seed
from shoal.cli.targets import experiment_in
from shoal.cli.terminal import is_live
from shoal.experiments.spread import NETWORKS, Spread, spread_of


def spread_experiment(
    text: str,
    changes: Sequence[str],
    *,
    figure: str | None,
    networks: int | None,
    seed: int | None,
    threads: int | None,
    as_json: bool,
    quiet: bool,
    allow_python: bool,
) -> None:
    """Print the share of each stream in the variance of a figure."""
    experiment = experiment_in(text, with_seed(changes, seed))
    experiment = experiment.with_functions(allow_python=allow_python)
    show = None if quiet or not is_live() else _show
    found = spread_of(
        experiment, figure=figure, networks=networks or NETWORKS, threads=threads, progress=show
    )
    if as_json:
        print_json(found.to_dict())
    else:
        print_spread(found)


def print_spread(found: Spread) -> None:
    """Print the shares as a table, with what they are shares of."""
    from shoal.cli.tables import new_console, new_table

    console = new_console()
    table = new_table("stream that varies", "deviation", "share", "5 %", "95 %")
    for each in found.shares:
        if not each.is_used:
            table.add_row(each.stream, "", "not used", "", "", style="dim")
            continue
        table.add_row(
            each.stream,
            f"{np.sqrt(each.variance):.4g}",
            *(_percent(value) for value in (each.share, each.low, each.high)),
        )
    rest = (found.rest, found.rest_low, found.rest_high)
    table.add_row("together, beyond that", "", *(_percent(value) for value in rest))
    table.add_row("all", f"{np.sqrt(found.variance):.4g}", "100 %", "", "", style="dim")
    console.print(table)
    console.print()
    console.print(found.sentence)
    told = f"{found.n_networks:,} networks a line"
    lost = found.n_networks - found.n_counted
    told += f", {lost:,} of the last line without the figure" if lost else ""
    console.print(f"{told}. share: the variance of the {found.name} between networks where only")
    console.print("that stream varies and the others are held, over that where all vary.")


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else ""


def _show(name: str, number: int, of: int) -> None:
    end = "" if number + 1 < of else "\r" + " " * 40 + "\r"
    print(f"\r{number + 1} of {of}: {name:10}", end=end, file=sys.stderr, flush=True)
