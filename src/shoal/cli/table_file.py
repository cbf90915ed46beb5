"""A table with its targets, as `shoal train` and `shoal worth` are told to read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shoal.cli.options import names_in
from shoal.cli.output import standard_input
from shoal.data.dataset import Dataset
from shoal.data.file_recipe import FileData, load_file
from shoal.errors import DataError
from shoal.experiments.document import Experiment


def targets_in(text: str) -> str | tuple[str, ...]:
    """Return the column that is to be predicted, or several that commas part.

    Example:
        >>> targets_in("price"), targets_in('hot,"wet, cold"')
        ('price', ('hot', 'wet, cold'))
    """
    names = names_in(text) or ("",)
    return names if names[1:] else names[0]


def read_table_file(recipe: Mapping[str, Any], command: str) -> Dataset:
    """Return the rows that a recipe names; what to do about a fault is said in options.

    Args:
        recipe: keys of `FileData`.
        command: whose options they come from, for messages.

    Raises:
        ExperimentError: a key that cannot be.
        DataError: the file cannot be read or used.
    """
    asked = Experiment.read({"data": dict(recipe)}, source=f"shoal {command}").data
    assert isinstance(asked, FileData)
    try:
        return load_file(asked, Path(), standard_input())
    except DataError as error:
        cure = error.cure
        cure = re.sub(r'\b(missing|decimal)="(.*?)"', r"--\1 \2", cure)
        cure = re.sub(r"`(types|kind)`", r"--\1", cure)
        raise DataError(
            error.reason,
            source=error.source,
            line=error.line,
            column=error.column,
            cure=cure,
            code=error.code,
        ) from error
