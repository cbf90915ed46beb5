"""Experiments from one document and some changes: what a change does not touch is read once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from shoal.errors import InputError
from shoal.experiments.changes import apply_changes, change_to
from shoal.experiments.document import Experiment

Values = tuple[tuple[str, Any], ...]
"""Key paths and their values."""


class Base:
    """A document that is changed in many ways.

    Args:
        document: as TOML and JSON give it.
        source, folder: where it was read from.
    """

    def __init__(self, document: Mapping[str, Any], source: str, folder: Path) -> None:
        self.document = document
        self.source = source
        self.folder = folder

    @cached_property
    def _records(self) -> dict[str, Any]:
        """The tables of the document as records, by their keys; none if it is wrong itself."""
        try:
            whole = Experiment.read(self.document, source=self.source, folder=self.folder)
        except InputError:
            return {}
        return {key: getattr(whole, key) for key in self.document}

    def experiment(self, values: Values) -> Experiment:
        """Return the experiment with some values.

        Raises:
            ExperimentError: the document with the values is none.
            InputError: a change goes through something that is not a table.
        """
        # tables are copied: other changes may reach into them
        changes = [change_to(key, copy.deepcopy(value)) for key, value in values]
        touched = {change.path[0] for change in changes}
        plain = {key: value for key, value in self.document.items() if key in touched}
        others = {key: value for key, value in self.document.items() if key not in touched}
        document = {**others, **self._records_of(others), **apply_changes(plain, changes)}
        return Experiment.read(document, source=self.source, folder=self.folder)

    def _records_of(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._records[key] for key in tables if key in self._records}
