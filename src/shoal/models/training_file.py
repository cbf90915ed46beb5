"""Whether rows are of the file that trained a model, which flatters every figure of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shoal.data.file_recipe import fingerprint_file
from shoal.data.opening import STANDARD_INPUT
from shoal.errors import InputError
from shoal.models.model import Model


def trained_on(model: Model, file: str) -> bool | None:
    """Return whether a file is, byte for byte, the one that a model says it was trained on.

    Args:
        model: it keeps the fingerprint of its file.
        file: its name; it is read once more, in constant memory.

    Returns:
        None where that is not known: the model was trained on something else than a file, or
        keeps no fingerprint of it, or `file` is a pipe, which cannot be read twice.
    """
    recipe = model.experiment.get("data")
    known = recipe.get("fingerprint") if isinstance(recipe, Mapping) else None
    if known is None or file == STANDARD_INPUT or not Path(file).is_file():
        return None
    try:
        return fingerprint_file(file) == str(known)
    except InputError:  # it was there a moment ago
        return None
