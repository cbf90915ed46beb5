"""What a model says about rows, as JSON, as text tables and as Arrow.

Numbers in JSON and Arrow have all their digits: reading them gives the bits of
`Model.prediction`. Those in text tables have as many as ``shoal predict`` writes.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from shoal.models import Model, Prediction, Unlike
from shoal.models.table import columns_of
from shoal.network import FloatArray
from shoal.serving.arrow import ARROW_TYPE, to_arrow
from shoal.serving.refusals import JSON_TYPE, Answer, Headers
from shoal.serving.rows import Shape

CSV_TYPE: Final = b"text/csv"
_CSV_ANSWER: Final = b"text/csv; charset=utf-8"
_UNLIKE: Final = {None: "null", True: "true", False: "false"}


class Wording:
    """How the predictions of one model are written.

    Args:
        model: the model.
        headers: of every answer.
    """

    def __init__(self, model: Model, headers: Headers = ()) -> None:
        self._model = model
        self.headers = headers
        self._schema = model.schema
        self._pattern = _pattern(model)
        self._classes = [json.dumps(name) for name in model.schema.classes]
        labels = model.schema.label_classes
        self._labels = [[json.dumps(name) for name in pair] for pair in labels]

    def as_json(self, found: Prediction, unlike: Unlike | None, shape: Shape) -> Answer:
        """Return predictions in the shape in which the rows came."""
        if shape == "columns":
            text = json.dumps({"columns": self.columns(found, unlike)}, separators=(",", ":"))
        else:
            rows = self.rows(found, unlike)
            text = rows[0] if shape == "row" else f'{{"rows":[{",".join(rows)}]}}'
        return Answer(kind=JSON_TYPE, body=text.encode(), headers=self.headers)

    def as_csv(self, found: Prediction, unlike: Unlike | None) -> Answer:
        """Return the columns that ``shoal predict`` adds to a table, with its digits."""
        columns: dict[str, list[Any]] = dict(columns_of(self._model, found))
        columns["unlike"] = [_UNLIKE[flag] for flag in _flags(unlike, len(found.mean))]
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return Answer(kind=_CSV_ANSWER, body=text.getvalue().encode(), headers=self.headers)

    def as_arrow(self, found: Prediction, unlike: Unlike | None) -> Answer:
        """Return columns as an Arrow stream.

        Raises:
            RequestError: pyarrow is not there.
        """
        body = to_arrow(self.columns(found, unlike))
        return Answer(kind=ARROW_TYPE, body=body, headers=self.headers)

    def rows(self, found: Prediction, unlike: Unlike | None) -> list[str]:
        """Return one JSON object a row."""
        flags = _flags(unlike, len(found.mean))
        means, spreads = found.mean.tolist(), found.disagreement.tolist()
        codes: list[Any] = [None] * len(means) if found.codes is None else found.codes.tolist()
        return [
            self._pattern % (*self._parts(mean, spread, code), self._told(unlike, row, flag))
            for row, (mean, spread, code, flag) in enumerate(
                zip(means, spreads, codes, flags, strict=True)
            )
        ]

    def columns(self, found: Prediction, unlike: Unlike | None) -> dict[str, list[Any]]:
        """Return the same as columns by name, those of ``shoal predict`` in full precision."""
        schema = self._schema
        columns: dict[str, list[Any]] = {}
        if schema.kind == "classification":
            assert found.codes is not None
            columns["class"] = [schema.classes[code] for code in found.codes.tolist()]
            for k, name in enumerate(schema.classes):
                columns[f"probability_{name}"] = found.mean[:, k].tolist()
        elif schema.kind == "multilabel":
            assert found.codes is not None
            codes, names = found.codes.T.tolist(), schema.label_classes
            for target, column, pair in zip(schema.targets, codes, names, strict=True):
                columns[f"class_{target}"] = [pair[code] for code in column]
            columns |= _by_target(schema.targets, "probability", found.mean)
        else:
            columns |= _by_target(schema.targets, "value", found.mean)
        spreads = found.disagreement
        wide = spreads[:, None] if spreads.ndim == 1 else spreads
        columns |= _by_target(schema.targets[: wide.shape[1]], "disagreement", wide)
        columns["unlike"] = _flags(unlike, len(found.mean))
        return columns

    def _parts(self, mean: list[float], spread: Any, code: Any) -> tuple[Any, ...]:
        """Return what stands in the pattern for one row."""
        if self._schema.kind == "classification":
            return (self._classes[code], *mean, spread)
        spreads = spread if isinstance(spread, list) else [spread]
        if self._schema.kind == "multilabel":
            names = (pair[each] for pair, each in zip(self._labels, code, strict=True))
            return (*names, *mean, *spreads)
        return (*mean, *spreads)

    def _told(self, unlike: Unlike | None, row: int, flag: bool | None) -> str:
        if unlike is None or not flag:
            return _UNLIKE[flag]
        return f'true,"reason":{json.dumps(unlike.reason(row))}'


def _pattern(model: Model) -> str:
    """Return a row's JSON with places for what differs from row to row."""
    schema = model.schema
    if schema.kind == "classification":
        parts = ['"class":%s', _object("probabilities", schema.classes, "%r"), '"disagreement":%r']
    elif schema.kind == "multilabel":
        kinds = (("labels", "%s"), ("probabilities", "%r"), ("disagreements", "%r"))
        parts = [_object(name, schema.targets, place) for name, place in kinds]
    elif len(schema.targets) > 1:
        parts = [_object(name, schema.targets, "%r") for name in ("values", "disagreements")]
    else:
        parts = ['"value":%r', '"disagreement":%r']
    return "{" + ",".join(parts) + ',"unlike":%s}'


def _object(name: str, keys: tuple[str, ...], place: str) -> str:
    inside = ",".join(f"{json.dumps(key).replace('%', '%%')}:{place}" for key in keys)
    return f'"{name}":{{{inside}}}'


def _by_target(targets: tuple[str, ...], what: str, values: FloatArray) -> dict[str, list[Any]]:
    if values.shape[1] == 1:
        return {what: values[:, 0].tolist()}
    return {f"{what}_{name}": values[:, k].tolist() for k, name in enumerate(targets)}


def _flags(unlike: Unlike | None, n_rows: int) -> list[Any]:
    return [None] * n_rows if unlike is None else unlike.rows.tolist()
