"""The OpenAPI document: every address, what it takes and gives, and how it refuses.

Each model has addresses of its own in it, with its columns, its categories and a row as an
example, so that a client made from it knows them.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final
from urllib.parse import quote

from pydantic.json_schema import models_json_schema

import shoal
from shoal.data.cells import parse_number
from shoal.data.dataset import Feature, Schema
from shoal.serving.arrow import ARROW_TYPE
from shoal.serving.catalogue import Catalogue
from shoal.serving.documents import About, Error, Health, Models, example_row
from shoal.serving.gate import Bounds
from shoal.serving.served import Served
from shoal.serving.service import MOST_ATTRIBUTED

Json = dict[str, Any]

_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_ARROW: Final = ARROW_TYPE.decode()
_BINARY: Final[Json] = {"schema": {"type": "string", "format": "binary"}}
_NUMBER: Final[Json] = {"type": "number"}
_REFUSALS: Final = {
    400: "The request or its body cannot be read.",
    401: "There is no token, or a wrong one.",
    403: "A foreign host, or a page of another site.",
    404: "There is no such model.",
    406: "The header Accept allows no kind of answer that there is.",
    408: "The body did not come in time.",
    413: "The body, its rows or the work is too much for one request.",
    415: "The body is of a kind that is not read here.",
    422: "The rows do not fit the model; says which row and column.",
    429: "Too many requests at once: come again after Retry-After seconds.",
}
_READ: Final = (400, 401, 403, 413, 429)
_ASK: Final = (400, 401, 403, 406, 408, 413, 415, 422, 429)


def openapi_of(catalogue: Catalogue, bounds: Bounds, max_rows: int) -> Json:
    """Return the OpenAPI document of the service as it stands.

    Args:
        catalogue: the models that answer now.
        bounds: are told in words.
        max_rows: of one request.
    """
    records = [(record, "serialization") for record in (About, Models, Health, Error)]
    _, schemas = models_json_schema(records, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths = _fixed_paths()
    for served in catalogue.models.values():
        address = f"/models/{quote(served.name, safe='')}"
        most = served.most_rows(max_rows)
        paths[f"{address}/predict"] = {"post": _predict(served, most)}
        paths[f"{address}/importance"] = {"post": _importance(served, most)}
    told = (
        f"A body may have {bounds.max_body:,} bytes and {max_rows:,} rows; "
        f"{bounds.max_requests:,} requests are answered at once."
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "shoal", "version": shoal.__version__, "description": told},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _fixed_paths() -> Json:
    """Return the addresses that are there whatever the models are."""
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    text = {"text/plain": {"schema": {"type": "string"}}}
    anything = {_JSON: {"schema": {"type": "object"}}}
    one = _read("Describe a model", {_JSON: {"schema": _ref("About")}}, (*_READ, 404))
    return {
        "/models": {"get": _read("List the models", {_JSON: {"schema": _ref("Models")}})},
        "/models/{name}": {"parameters": [name], "get": one},
        "/healthz": {"get": _read("Say that it answers", {_JSON: {"schema": _ref("Health")}})},
        "/metrics": {"get": _read("Give figures for Prometheus", text)},
        "/openapi.json": {"get": _read("Give this document", anything)},
    }


def _read(summary: str, content: Json, refusals: tuple[int, ...] = _READ) -> Json:
    return {"summary": summary, "responses": _responses(content, refusals)}


def _predict(served: Served, max_rows: int) -> Json:
    schema = served.model.schema
    one = _row_answer(schema)
    several = _object({"rows": {"type": "array", "items": one}})
    answers = {"anyOf": [one, several, _object({"columns": _column_answers(schema)})]}
    content = {_JSON: {"schema": answers}, _CSV: {"schema": {"type": "string"}}, _ARROW: _BINARY}
    return {
        "summary": f"Predict rows with {served.name}",
        "operationId": f"predict {served.name}",
        "requestBody": _body(served, max_rows),
        "responses": _responses(content, _ASK, digest=True),
    }


def _importance(served: Served, max_rows: int) -> Json:
    of = {
        "name": "of",
        "in": "query",
        "description": "rows: what each column adds to each row's prediction (at most "
        f"{MOST_ATTRIBUTED} rows). columns: how much worse predictions become without each; "
        "the rows must have the target too.",
        "schema": {"type": "string", "enum": ["rows", "columns"], "default": "rows"},
    }
    attributions = {"type": "array", "items": {"type": "object"}}
    answers = [_object({"attributions": attributions}), _object({"importance": {"type": "object"}})]
    return {
        "summary": f"Say what predictions of {served.name} rest on",
        "operationId": f"importance {served.name}",
        "parameters": [of],
        "requestBody": _body(served, max_rows),
        "responses": _responses({_JSON: {"schema": {"anyOf": answers}}}, _ASK, digest=True),
    }


def _responses(content: Json, refusals: tuple[int, ...], *, digest: bool = False) -> Json:
    done: Json = {"description": "Done.", "content": content}
    if digest:
        told = "SHA-256 of the weights of the model that answered."
        done["headers"] = {
            "shoal-model-digest": {"description": told, "schema": {"type": "string"}}
        }
    found = {"200": done}
    for status in refusals:
        refused = {_JSON: {"schema": _ref("Error")}}
        found[str(status)] = {"description": _REFUSALS[status], "content": refused}
    found["429"]["headers"] = {"retry-after": {"schema": {"type": "integer"}}}
    return found


def _body(served: Served, max_rows: int) -> Json:
    schema = served.model.schema
    row = example_row(served)
    cells = {column.name: _cell(column) for column in schema.columns}
    # one row may have other columns too, but not what would be read as rows or columns
    others = {"rows": {"not": {"type": "array"}}, "columns": {"not": {"type": "object"}}}
    several = {"type": "array", "minItems": 1, "maxItems": max_rows, "items": _row(cells)}
    lists = {
        name: {"type": "array", "minItems": 1, "maxItems": max_rows, "items": cell}
        for name, cell in cells.items()
    }
    shapes = [
        _object({"rows": several}, closed=True),
        _object({"columns": _row(lists)}, closed=True),
        _row(cells) | {"properties": others | cells},
    ]
    examples = {
        "one row": {"value": row},
        "rows": {"value": {"rows": [row, row]}},
        "columns": {"value": {"columns": {name: [cell, cell] for name, cell in row.items()}}},
    }
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\n").writerows((row, row.values()))
    return {
        "required": True,
        "content": {
            _JSON: {"schema": {"anyOf": shapes}, "examples": examples},
            _CSV: {"schema": {"type": "string"}, "example": table.getvalue()},
            _ARROW: _BINARY,
        },
    }


def _row(cells: Json) -> Json:
    return {"type": "object", "properties": cells, "required": list(cells)}


def _cell(column: Feature) -> Json:
    gap = [None] if column.fill is not None else []
    if column.categories is None:
        return {"type": ["number", "null"]} if gap else _NUMBER
    spelled: list[Any] = list(column.categories)
    numbers = [parse_number(name) for name in column.categories]
    spelled += [number for number in numbers if number is not None]
    truths = {"true": True, "false": False}
    spelled += [truths[name] for name in column.categories if name in truths]
    return {"enum": spelled}


def _row_answer(schema: Schema) -> Json:
    """Return the schema of the answer for one row."""
    if schema.kind == "classification":
        probabilities = _object({name: _probability() for name in schema.classes}, closed=True)
        own = {
            "class": {"enum": list(schema.classes)},
            "probabilities": probabilities,
            "disagreement": _NUMBER,
        }
    elif schema.kind == "multilabel":
        pairs = zip(schema.targets, schema.label_classes, strict=True)
        own = {
            "labels": _object({name: {"enum": list(pair)} for name, pair in pairs}, closed=True),
            "probabilities": _by_target(schema, _probability()),
            "disagreements": _by_target(schema, _NUMBER),
        }
    elif len(schema.targets) > 1:
        own = {name: _by_target(schema, _NUMBER) for name in ("values", "disagreements")}
    else:
        own = {"value": _NUMBER, "disagreement": _NUMBER}
    row = _object(own | {"unlike": {"type": ["boolean", "null"]}}, closed=True)
    row["properties"]["reason"] = {"type": "string"}
    return row


def _column_answers(schema: Schema) -> Json:
    """Return the schema of answers as columns: which there are depends on the targets."""
    values = {"type": "array", "items": {"type": ["number", "string", "boolean", "null"]}}
    return {"type": "object", "additionalProperties": values, "required": ["unlike"]}


def _by_target(schema: Schema, each: Json) -> Json:
    return _object(dict.fromkeys(schema.targets, each), closed=True)


def _probability() -> Json:
    # the mean of what adds up to 1 may be a rounding above it
    return {"type": "number", "minimum": 0, "maximum": 1.000001}


def _object(properties: Json, *, closed: bool = False) -> Json:
    found = {"type": "object", "properties": properties, "required": list(properties)}
    return found | {"additionalProperties": False} if closed else found


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
