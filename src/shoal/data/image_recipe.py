"""The `[data]` table of an experiment whose rows are images in IDX files, and its loading.

Pixels are kept as they are in the file, 0 to 255 for MNIST; `preprocess.scaling` or
`multiply` brings them to the scale that a network wants.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator, model_validator

from shoal.data.columns import MOST_CATEGORIES
from shoal.data.dataset import Dataset, Feature, FeatureArray, FloatArray, IndexArray, Schema
from shoal.data.idx import CHUNK, read_idx
from shoal.data.opening import open_file, source_name
from shoal.data.recipe import DataRecipe, class_targets
from shoal.data.wording import count
from shoal.errors import DataError
from shoal.fields import reason

_Name = Annotated[str, Field(min_length=1)]


class ImageData(DataRecipe):
    """Rows from IDX files, as MNIST comes in: images and their labels, gzip or not.

    A pixel is a feature, in the units of the file; features of two-dimensional images are
    called r0c0, r0c1 and so on, others p0, p1. Labels are whole numbers; the classes are those
    that occur. With a second pair of files, its rows validate and all rows of the first train.

    Args:
        labels: the file of the labels.
        validation_images: the images of a second pair of files, whose rows validate.
        validation_labels: the labels of that pair.

    Example:
        >>> ImageData(images="x-idx3-ubyte.gz", labels="y-idx1-ubyte.gz").validation
        0.2
    """

    images: _Name
    """Relative to the experiment's folder, or absolute."""
    labels: _Name
    validation_images: _Name | None = None
    validation_labels: _Name | None = None
    fingerprint: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 over the files; files that differ are refused."""

    @model_validator(mode="before")
    @classmethod
    def _validate_on_the_second_pair(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("validation_images") is not None:
            return {"validation": 0.0, **given}
        return given

    @field_validator("validation_images")
    @classmethod
    def _no_share_beside_them(cls, name: str | None, info: ValidationInfo) -> str | None:
        share = info.data.get("validation", 0.0)
        if name is not None and share > 0:
            told = f"needs validation = 0, since its rows validate; got {share:g}"
            raise reason("conflict", told)
        return name

    @field_validator("validation_labels")
    @classmethod
    def _in_pairs(cls, name: str | None, info: ValidationInfo) -> str | None:
        if (name is None) != (info.data.get("validation_images", name) is None):
            raise reason("not_given", "must be given together with validation_images. Give both")
        return name

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files, in a fixed order."""
        names = (self.images, self.labels, self.validation_images, self.validation_labels)
        return tuple(name for name in names if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Images as rows: those of the first pair of files, and then those of the second.

    Attributes:
        dataset: all rows.
        n_first: rows of the first pair.
    """

    dataset: Dataset
    n_first: int


def load_images(recipe: ImageData, folder: Path) -> Images:
    """Read the images that a recipe describes; bytes stay bytes.

    Args:
        recipe: the files.
        folder: where relative file names start.

    Raises:
        MissingFileError: a file is not there.
        DataError: a file changed, is damaged, or does not fit the others.
    """
    if recipe.fingerprint is not None:
        _check_fingerprint(recipe, folder)
    x, label = _pair(recipe.images, recipe.labels, folder)
    n_first, shape = len(x), x.shape[1:]
    if recipe.validation_images is not None and recipe.validation_labels is not None:
        more, more_labels = _pair(recipe.validation_images, recipe.validation_labels, folder)
        if more.shape[1:] != shape:
            told = f"its images have {_size(more.shape[1:])}; those to train on {_size(shape)}."
            raise DataError(told, source=source_name(recipe.validation_images), code="D114")
        x, label = np.concatenate([x, more]), np.concatenate([label, more_labels])
        del more
    y, classes = _targets(label, source_name(recipe.labels))
    schema = Schema(
        columns=tuple(Feature(name=name) for name in _pixel_names(shape)),
        target="label",
        kind="classification",
        classes=classes,
    )
    flat: FeatureArray = x.reshape(len(x), -1)
    dataset = Dataset(x=flat, y=y, schema=schema, source=source_name(recipe.images))
    return Images(dataset=dataset, n_first=n_first)


def fingerprint_images(recipe: ImageData, folder: Path) -> str:
    """Return the SHA-256 over the SHA-256 of every file, as `ImageData.fingerprint` wants it.

    Raises:
        InputError: a file is not there or cannot be read.
    """
    whole = hashlib.sha256()
    for name in recipe.files:
        one = hashlib.sha256()
        with open_file(name, folder) as opened:
            while chunk := opened.read(CHUNK):
                one.update(chunk)
        whole.update(one.digest())
    return whole.hexdigest()


def _check_fingerprint(recipe: ImageData, folder: Path) -> None:
    found = fingerprint_images(recipe, folder)
    if found != recipe.fingerprint:
        raise DataError(
            f"the files changed: their fingerprint is {found[:12]}…, "
            f"the experiment was made with {(recipe.fingerprint or '')[:12]}….",
            source=source_name(recipe.images),
            cure="Bring back the old files, or leave out `fingerprint` to accept the new ones.",
            code="D111",
        )


def _pair(images: str, labels: str, folder: Path) -> tuple[NDArray[Any], IndexArray]:
    """Return images (N, ...) and their labels (N,)."""
    x, label = read_idx(images, folder), read_idx(labels, folder)
    if x.ndim < 2:
        cure = "Are images and labels exchanged?" if label.ndim > 1 else ""
        reason_ = f"images have two axes or more; got {x.ndim}."
        raise DataError(reason_, source=source_name(images), cure=cure, code="D118")
    if label.ndim != 1 or label.dtype.kind not in "iu":
        got = f"{'x'.join(map(str, label.shape))} values of {label.dtype}"
        raise DataError(
            f"labels are one row of whole numbers; got {got}.", source=labels, code="D122"
        )
    if len(x) != len(label):
        told = f"has {count(len(label), 'label')} for {count(len(x), 'image')} of {images}."
        raise DataError(
            told, source=source_name(labels), cure="Do the files belong together?", code="D118"
        )
    if not x.size:
        raise DataError("holds no images.", source=source_name(images), code="D109")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise DataError("holds NaN or infinity.", source=source_name(images), code="D115")
    pixels = x if x.dtype == np.uint8 else x.astype(np.float64)
    return pixels, label.astype(np.int64)


def _targets(label: IndexArray, source: str) -> tuple[FloatArray, tuple[str, ...]]:
    found, place = np.unique(label, return_inverse=True)
    if not 2 <= len(found) <= MOST_CATEGORIES:
        told = f"holds {count(len(found), 'different label')}"
        wanted = f"classification needs 2 to {MOST_CATEGORIES:,}"
        raise DataError(f"{told}; {wanted}.", source=source, code="D106")
    codes = np.asarray(place, dtype=np.int64).reshape(-1)
    return class_targets(codes, len(found)), tuple(str(value) for value in found.tolist())


def _pixel_names(shape: tuple[int, ...]) -> list[str]:
    if len(shape) == 2:
        return [f"r{row}c{column}" for row in range(shape[0]) for column in range(shape[1])]
    return [f"p{k}" for k in range(int(np.prod(shape)))]


def _size(shape: tuple[int, ...]) -> str:
    return f"{' x '.join(map(str, shape))} pixels"
