"""The `[data]` table of an experiment whose rows come from a file, and its loading."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import Field

from shoal.data.assemble import Missing, build_dataset
from shoal.data.columns import ColumnType
from shoal.data.dataset import Dataset, Kind
from shoal.data.delimited import TextFormat
from shoal.data.frames import from_frame
from shoal.data.opening import open_file, read_content, source_name, tables_of
from shoal.data.recipe import DataRecipe
from shoal.errors import DataError, InputError

BLOCK = 1 << 20
"""Bytes of a file that are looked at at a time."""
_Name = Annotated[str, Field(min_length=1)]


class FileData(DataRecipe):
    """Rows from a CSV or Parquet file.

    Args:
        drop: columns that are no features.
        types: what columns of features hold, "number" or "category", where the guess is
            wrong: codes such as ``zip = "category"`` are no amounts.
        missing: what gaps in features become: "error" refuses them, "drop" leaves their rows out,
            "mean" fills number columns with the mean of the training rows.
        encoding: of the text, such as cp932; found out if not given.
        separator: between cells; found out if not given.
        decimal: the decimal mark of numbers.

    Example:
        >>> FileData(file="points.csv", target="colour").missing
        'error'
    """

    file: str = Field(min_length=1)
    """Relative to the experiment's folder, or absolute; ``-`` is standard input."""
    target: _Name | Annotated[tuple[_Name, ...], Field(min_length=1)]
    """The column to predict, or several: labels that are yes or no, or numbers."""
    features: tuple[_Name, ...] | None = Field(default=None, min_length=1)
    """Input columns, in this order; all but targets and weights if not given."""
    drop: tuple[_Name, ...] = ()
    types: dict[_Name, ColumnType] = Field(default={}, exclude_if=lambda types: not types)
    weights: _Name | None = None
    """The column that says how much each row counts; no feature."""
    kind: Kind | None = None
    """Guessed from the targets if not given, and said."""
    missing: Missing = "error"
    encoding: str | None = Field(default=None, min_length=1)
    separator: str | None = Field(default=None, min_length=1)
    decimal: Literal[".", ","] = "."
    fingerprint: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 of the file's bytes; a file that differs is refused."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of all targets."""
        return (self.target,) if isinstance(self.target, str) else self.target

    @property
    def form(self) -> TextFormat:
        """How the file is written."""
        return TextFormat(encoding=self.encoding, separator=self.separator, decimal=self.decimal)


def load_file(recipe: FileData, folder: Path, stdin: BinaryIO | None = None) -> Dataset:
    """Read the dataset that a recipe describes.

    With ``missing="mean"`` gaps of number columns are NaN until `fill_gaps`.

    Args:
        recipe: the file and how to read it.
        folder: where a relative file name starts.
        stdin: what the file ``-`` stands for.

    Raises:
        MissingFileError: there is no such file.
        DataError: the file changed, or its table does not fit the recipe.
        InputError: the file cannot be read.
    """
    source = source_name(recipe.file)
    content = read_content(recipe.file, folder, stdin)
    _check_fingerprint(recipe, content, source)
    (table,) = tables_of(io.BytesIO(content), source, form=recipe.form, rows=None)
    return build_dataset(
        table,
        target=recipe.target,
        features=recipe.features,
        drop=recipe.drop,
        types=recipe.types,
        weights=recipe.weights,
        kind=recipe.kind,
        missing=recipe.missing,
    )


def load_frame(
    frame: Any,
    *,
    target: str | Sequence[str],
    features: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    types: Mapping[str, ColumnType] = MappingProxyType({}),
    weights: str | None = None,
    kind: Kind | None = None,
    missing: Missing = "error",
    source: str = "data frame",
) -> Dataset:
    """Make a dataset of a data frame (pandas, polars, pyarrow, or what narwhals takes).

    Args:
        frame: the frame.
        target: the column to predict, or several: labels that are yes or no, or numbers.
        features: the input columns, in this order; None: all but targets and weights.
        drop: columns to leave out.
        types: what columns of features hold, "number" or "category", where not guessed.
        weights: the column that says how much each row counts.
        kind: classification, multilabel or regression; None: guessed and said in the notes.
        missing: what to do about gaps.
        source: what to call the frame in messages.

    Raises:
        ArgumentError: it is not a data frame.
        DataError: it does not fit what is asked of it.
    """
    return build_dataset(
        from_frame(frame, source=source),
        target=target,
        features=features,
        drop=drop,
        types=types,
        weights=weights,
        kind=kind,
        missing=missing,
    )


def fingerprint_file(file: str, folder: Path | None = None) -> str:
    """Return the SHA-256 of a file's bytes, as `FileData.fingerprint` wants it.

    Raises:
        InputError: the file is not there or cannot be read.
    """
    digest = hashlib.sha256()
    with open_file(file, folder) as opened:
        try:
            while block := opened.read(BLOCK):
                digest.update(block)
        except OSError as error:
            told = error.strerror or str(error)
            raise InputError(f"{file}: cannot be read: {told}.", code="O105") from error
    return digest.hexdigest()


def _check_fingerprint(recipe: FileData, content: bytes, source: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if recipe.fingerprint in (None, found):
        return
    raise DataError(
        f"the file changed: its fingerprint is {found[:12]}…, "
        f"the experiment was made with {(recipe.fingerprint or '')[:12]}….",
        source=source,
        cure="Bring back the old file, or leave out `fingerprint` to accept the new one.",
        code="D111",
    )
