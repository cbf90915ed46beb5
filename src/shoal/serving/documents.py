"""What the service says about itself and its models, as records that FastAPI writes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from shoal.data.dataset import Feature, Kind
from shoal.serving.served import Served


class Column(BaseModel):
    """One column that a row needs."""

    name: str
    type: Literal["number", "category"]
    categories: list[str] | None = None
    may_be_missing: bool = False


class About(BaseModel):
    """A model that answers."""

    name: str
    kind: Kind
    columns: list[Column]
    targets: list[str]
    classes: list[str] | None = None
    label_classes: dict[str, list[str]] | None = None
    networks: int
    digest: str
    version: str
    knows_its_training_rows: bool


class Models(BaseModel):
    """All models."""

    models: list[About]


class Health(BaseModel):
    """Whether the service answers."""

    status: Literal["ok"]
    models: int


class Error(BaseModel):
    """Why a request is refused, in a sentence, under which code, and where in the body."""

    error: str
    code: str
    row: int | None = None
    column: str | None = None
    line: int | None = None


def about(served: Served) -> About:
    """Return what there is to know about a model."""
    model, schema = served.model, served.model.schema
    labels = {
        name: list(pair) for name, pair in zip(schema.targets, schema.label_classes, strict=False)
    }
    return About(
        name=served.name,
        kind=schema.kind,
        columns=[_column(column) for column in schema.columns],
        targets=list(schema.targets),
        classes=list(schema.classes) or None,
        label_classes=labels or None,
        networks=len(model),
        digest=served.digest,
        version=model.version,
        knows_its_training_rows=model.summary is not None,
    )


def example_row(served: Served) -> dict[str, Any]:
    """Return a row that the model takes: medians of the training rows, first categories."""
    model = served.model
    row: dict[str, Any] = {}
    for number, column in enumerate(model.schema.columns):
        if column.categories is not None:
            row[column.name] = column.categories[0]
            continue
        center = model.scalers[0].center[model.schema.feature_names.index(column.name)]
        if model.summary is not None:
            quantiles = model.summary.columns[number].quantiles
            center = quantiles[len(quantiles) // 2]
        value = (center - model.add) / model.multiply if model.multiply else 0.0
        row[column.name] = float(f"{value:.3g}")
    return row


def _column(column: Feature) -> Column:
    return Column(
        name=column.name,
        type="number" if column.categories is None else "category",
        categories=None if column.categories is None else list(column.categories),
        may_be_missing=column.fill is not None,
    )
