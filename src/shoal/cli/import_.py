"""``shoal import``: a network of another library becomes a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from shoal.cli.options import names_in
from shoal.cli.output import check_files, files_written, print_json
from shoal.cli.tables import label, new_console, new_table
from shoal.errors import InputError
from shoal.exports.importing import Imported, Wishes
from shoal.exports.importing.loading import imported
from shoal.models import Model

MODEL: Final = ".safetensors"
SHOWN: Final = 8
"""Names of features or classes that are listed; the others are counted."""


def import_file(
    file: Path, wishes: Wishes, *, output: Path, force: bool, as_json: bool, quiet: bool
) -> None:
    """Read a network, write it as a model, and say what it is.

    Raises:
        InputError: the output has another suffix, or is the file itself.
    """
    check_files([output], {MODEL: "the model"}, force=force)
    if output.exists() and file.exists() and output.samefile(file):
        raise InputError(f"{output}: is the file that is imported. Name another.", code="O111")
    found = imported(file, wishes)
    found.model.save(output, force=force)
    if as_json:
        print_json(_document(found, output))
    elif not quiet:
        _print(found, output)


def wishes_of(*, kind: Any, logits: bool | None, **lists: str | None) -> Wishes:
    """Return what a person says of a network; names in lists with commas, quoted if need be."""
    names = {key: names_in(text) for key, text in lists.items()}
    return Wishes(kind=kind, logits=logits, **names)


def _print(found: Imported, output: Path) -> None:
    model = found.model
    console = new_console()
    table = new_table("layer", "shape", "parameters", "activation")
    table.columns[-1].justify = "left"
    for row in model.network.table():
        shape = f"{row.shape[0]:,} x {row.shape[1]:,}"
        table.add_row(str(row.layer), shape, f"{row.n_parameters:,}", row.activation)
    console.print(table)
    console.print()
    facts = _facts(model)
    width = max(map(len, facts))
    for name, value in facts.items():
        console.print(f"{name:{width}}  {label(value)}")
    for note in found.notes:
        console.print(f"{'note':{width}}  {label(note)}")
    console.print(f"{'wrote':{width}}  {label(str(output))}")


def _facts(model: Model) -> dict[str, str]:
    schema = model.schema
    facts = {"features": _some(schema.feature_names), "predicts": _some(schema.targets)}
    if schema.classes:
        facts["classes"] = _some(schema.classes)
    elif schema.label_classes:
        facts["answers"] = " or ".join(schema.label_classes[0])
    else:
        facts["kind"] = "numbers"
    scalers = {"features": model.scalers[0], "target": model.target_scalers[0]}
    scaled = [name for name, scaler in scalers.items() if scaler.kind != "none"]
    facts["scaling"] = " and ".join(scaled) or "none"
    facts["precision"] = str(model.parameters.dtype)
    return facts


def _some(names: tuple[str, ...]) -> str:
    rest = len(names) - SHOWN
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _document(found: Imported, output: Path) -> dict[str, Any]:
    model = found.model
    return {
        "model": str(output),
        "files": files_written([output]),
        "layers": [
            {
                "shape": list(row.shape),
                "parameters": row.n_parameters,
                "activation": row.activation,
            }
            for row in model.network.table()
        ],
        "features": list(model.schema.feature_names),
        "targets": list(model.schema.targets),
        "kind": model.schema.kind,
        "classes": list(model.schema.classes),
        "label_classes": [list(pair) for pair in model.schema.label_classes],
        "precision": str(model.parameters.dtype),
        "notes": list(found.notes),
    }
