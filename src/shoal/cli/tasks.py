"""``shoal tasks`` and ``shoal schema``: what there is to choose from."""

from __future__ import annotations

import sys

from shoal.cli.run import to_json
from shoal.data.tasks import TASKS, TaskRecipe, attainable_accuracy


def list_tasks(*, as_json: bool) -> None:
    """Print the built-in tasks with their sizes and best attainable accuracies."""
    entries = [_entry(name, record()) for name, record in TASKS.items()]
    if as_json:
        sys.stdout.write(to_json(entries))
        return
    from rich.console import Console

    from shoal.cli.tables import new_table

    table = new_table("task", "rows", "features", "classes", "attainable", "what it is")
    table.columns[-1].justify = "left"
    table.columns[-1].no_wrap = False
    for entry in entries:
        rows = f"{entry['rows']:,}" + (" + stream" if entry["streams"] else "")
        cells = (rows, str(entry["features"]), str(entry["classes"]))
        attainable = f"{entry['attainable_accuracy']:.4g}"
        table.add_row(str(entry["task"]), *cells, attainable, str(entry["about"]))
    console = Console(highlight=False)
    console.print(table)
    console.print("Defaults; noise and spread lower what is attainable. Keys: shoal schema")


def _entry(name: str, recipe: TaskRecipe) -> dict[str, object]:
    about = (type(recipe).__doc__ or "").strip().splitlines()[0]
    return {
        "task": name,
        "rows": recipe.n_rows,
        "features": len(recipe.column_names) + recipe.dummies,
        "classes": recipe.n_classes,
        "streams": recipe.is_streaming,
        "attainable_accuracy": attainable_accuracy(recipe),
        "about": about.rstrip("."),
    }


def print_schema() -> None:
    """Print the JSON Schema of the experiment document."""
    from shoal.experiments.document import Experiment

    document = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    sys.stdout.write(to_json(document | Experiment.model_json_schema()))
