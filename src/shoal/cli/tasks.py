"""``shoal tasks`` and ``shoal schema``: what there is to choose from."""

from __future__ import annotations

from shoal.cli.output import print_json
from shoal.data.tasks import TASKS, TaskRecipe, attainable_accuracy


def list_tasks(*, as_json: bool) -> None:
    """Print the built-in tasks with their sizes and best attainable accuracies."""
    entries = [_entry(name, record()) for name, record in TASKS.items()]
    if as_json:
        print_json(entries)
        return
    from shoal.cli.tables import new_console, new_table

    table = new_table("task", "attainable", "rows", "what it is")
    table.columns[-1].justify = "left"
    table.columns[-1].no_wrap = False
    for entry in entries:
        rows = "stream" if entry["streams"] else f"{entry['rows']:,}"
        attainable = f"{entry['attainable_accuracy']:.4f}"
        table.add_row(str(entry["task"]), attainable, rows, str(entry["about"]))
    console = new_console()
    console.print(table)
    console.print()
    console.print("attainable: the best accuracy in expectation, with the task's own settings;")
    console.print("label_noise and spread lower it. All settings: shoal schema")


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


def print_schema(command: str) -> None:
    """Print the JSON Schema of the experiment document, or of what a command prints."""
    if command:
        from shoal.cli.documents.assembling import schema_of

        print_json(schema_of(command))
        return
    from shoal.experiments.document import Experiment

    document = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    print_json(document | Experiment.model_json_schema())
