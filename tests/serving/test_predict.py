"""Predictions over HTTP: the same bits as `Model.prediction`, whatever the form of the rows."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import numpy as np
import pyarrow
import pyarrow.ipc
import pytest

from shoal.models import Model, prediction_columns, unlike
from shoal.serving.arrow import ARROW_TYPE

ARROW = ARROW_TYPE.decode()
ROWS: dict[str, list[dict[str, Any]]] = {
    "flowers": [{"a": 0.1, "b": -1.5, "c": 2.25}, {"a": 1e-300, "b": 3, "c": -0.0}],
    "price": [{"a": 1.0}, {"a": -7.25}],
    "pair": [{"a": 0.3, "rows": 1.0}, {"a": 2.0, "rows": -1.0}],
    "marks": [{"a": 0.3, "b": 0.7}, {"a": -2.0, "b": 1.5}],
}


def mixed_rows(model: Model) -> list[dict[str, Any]]:
    name = model.schema.columns[0].name
    return [
        {name: 0.5, "colour": "blue, green", "grade": "2"},
        {name: -1.0, "colour": "red", "grade": "1"},
    ]


def rows_of(model: Model, name: str) -> list[dict[str, Any]]:
    return mixed_rows(model) if name == "mixed" else ROWS[name]


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def told(model: Model, rows: list[dict[str, Any]], row: int) -> dict[str, Any]:
    """Return what the service must say of a row, from `Model.prediction` of all of them."""
    found, schema = model.prediction(columns_of(rows)), model.schema
    mean, spread = found.mean[row].tolist(), found.disagreement[row].tolist()
    if schema.kind == "classification":
        return {
            "class": schema.classes[found.codes[row]],
            "probabilities": dict(zip(schema.classes, mean, strict=True)),
            "disagreement": spread,
        }
    if schema.kind == "multilabel":
        pairs = zip(schema.targets, schema.label_classes, found.codes[row], strict=True)
        return {
            "labels": {target: pair[code] for target, pair, code in pairs},
            "probabilities": dict(zip(schema.targets, mean, strict=True)),
            "disagreements": dict(zip(schema.targets, spread, strict=True)),
        }
    if len(schema.targets) > 1:
        return {
            "values": dict(zip(schema.targets, mean, strict=True)),
            "disagreements": dict(zip(schema.targets, spread, strict=True)),
        }
    return {"value": mean[0], "disagreement": spread}


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("unlike", "reason")}


ALL = pytest.mark.parametrize("name", ["flowers", "mixed", "price", "pair", "marks"])


@ALL
def test_one_row_and_several_have_the_bits_of_the_model(client, models, name: str) -> None:
    model = models[name]
    rows = rows_of(model, name)
    wanted = [told(model, rows, k) for k in range(2)]
    several = client.predict(name, {"rows": rows})
    assert several.status == 200
    assert [plain(row) for row in several.json["rows"]] == wanted
    many = client.predict(name, {"rows": rows * 40})  # more than the event loop reads itself
    assert [plain(row) for row in many.json["rows"]] == wanted * 40
    if name != "pair":  # whose column "rows" is a number: one row of it is no list of rows
        assert plain(client.predict(name, rows[0]).json) == wanted[0]
    assert several.headers["shoal-model-digest"] == model.parameters.digest


def test_a_column_that_is_called_rows_is_a_column(client, models) -> None:
    got = client.predict("pair", ROWS["pair"][0])
    assert plain(got.json) == told(models["pair"], ROWS["pair"], 0)


@ALL
def test_columns_have_the_bits_of_the_model(client, models, name: str) -> None:
    model = models[name]
    rows = rows_of(model, name)
    found = client.predict(name, {"columns": columns_of(rows)}).json["columns"]
    wanted = model.prediction(columns_of(rows))
    if model.schema.kind == "classification":
        assert found["class"] == [told(model, rows, k)["class"] for k in range(2)]
        mean = [found[f"probability_{each}"] for each in model.schema.classes]
    else:
        what = "probability" if model.schema.kind == "multilabel" else "value"
        mean = [values for key, values in found.items() if key.startswith(what)]
    assert np.array_equal(np.array(mean).T, wanted.mean)
    spread = [values for key, values in found.items() if key.startswith("disagreement")]
    assert np.array_equal(np.squeeze(np.array(spread).T), np.squeeze(wanted.disagreement))


@ALL
def test_arrow_has_the_bits_of_the_model(client, models, name: str) -> None:
    model = models[name]
    rows = rows_of(model, name)
    table = pyarrow.table(columns_of(rows))
    got = client.predict(name, stream_of(table), ARROW)
    assert (got.status, got.headers["content-type"]) == (200, ARROW)
    found = pyarrow.ipc.open_stream(got.body).read_all().to_pydict()
    as_json = client.predict(name, {"columns": columns_of(rows)})
    assert found == as_json.json["columns"]


@ALL
def test_csv_has_the_columns_that_shoal_predict_writes(client, models, name: str) -> None:
    model = models[name]
    rows = rows_of(model, name)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    got = client.predict(name, text.getvalue().encode(), "text/csv; charset=utf-8")
    assert (got.status, got.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    found = list(csv.reader(io.StringIO(got.body.decode())))
    wanted = prediction_columns(model, columns_of(rows))
    for key, values in wanted.items():
        assert [row[found[0].index(key)] for row in found[1:]] == values


def stream_of(table: Any, **options: Any) -> bytes:
    sink = pyarrow.BufferOutputStream()
    made = pyarrow.ipc.IpcWriteOptions(**options)
    with pyarrow.ipc.new_stream(sink, table.schema, options=made) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_requests_that_arrive_together_cannot_be_told_from_requests_alone(client, models) -> None:
    """All go through one call of the core; one of them is bad, and only that one is refused."""
    rng = np.random.default_rng(1)
    rows = [dict(zip("abc", map(float, row), strict=True)) for row in rng.normal(size=(40, 3))]
    rows[7]["b"] = 1e300
    calls = []
    served = client.service.service.catalogue.models["flowers"]
    find = served.find
    served.find = lambda x, **how: calls.append(len(x)) or find(x, **how)  # type: ignore[func-returns-value]

    async def together() -> list[Any]:
        ask = (client.ask("POST", "/models/flowers/predict", row) for row in rows)
        return await asyncio.gather(*ask)

    got = asyncio.run(together())
    assert calls[0] == 40
    for row, answer in zip(rows, got, strict=True):
        if row is rows[7]:
            assert answer.status == 422
            continue
        assert plain(answer.json) == told(models["flowers"], [row], 0)


def test_a_large_network_answers_from_a_thread_with_the_same_bits(
    client, models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.serving.served.QUICK_WORK", 0)

    async def together() -> list[Any]:
        ask = (client.ask("POST", "/models/flowers/predict", ROWS["flowers"][0]) for _ in range(9))
        return await asyncio.gather(*ask)

    wanted = told(models["flowers"], ROWS["flowers"], 0)
    assert [plain(answer.json) for answer in asyncio.run(together())] == [wanted] * 9


def test_rows_unlike_the_training_rows_say_so_and_why(client, models) -> None:
    model = models["flowers"]
    rows = [{"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 1000.0, "b": 0.0, "c": 0.0}]
    flagged = unlike(model, np.array([[0.0, 0.0, 0.0], [1000.0, 0.0, 0.0]]))
    found = client.predict("flowers", {"rows": rows}).json["rows"]
    assert [row["unlike"] for row in found] == flagged.rows.tolist() == [False, True]
    assert found[1]["reason"] == flagged.reason(1) != ""
    assert "reason" not in found[0]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.3, application/json;q=0.2", "text/csv; charset=utf-8"),
        ("application/xml, text/*;q=0.1", "text/csv; charset=utf-8"),
        (ARROW, ARROW),
        ("application/xml, */*;q=0.1", "application/json"),
    ],
)
def test_the_answer_is_what_is_accepted(client, accept: str, kind: str) -> None:
    got = client.predict("flowers", ROWS["flowers"][0], accept=accept)
    assert (got.status, got.headers["content-type"]) == (200, kind)


def test_an_answer_that_is_not_accepted_is_406(client) -> None:
    got = client.predict("flowers", ROWS["flowers"][0], accept="image/png, text/csv;q=0")
    kinds = "application/json, text/csv, application/vnd.apache.arrow.stream"
    told = (
        f"the header Accept allows none of {kinds}. Send JSON, CSV or Arrow, with its Content-Type."
    )
    assert (got.status, got.json) == (406, {"error": told, "code": "V102"})


def test_rows_in_another_order_with_gaps_and_with_other_columns_are_taken(client, models) -> None:
    row = {"b": -1.5, "other": [1], "c": None, "a": 0.1}
    got = client.predict("flowers", {"rows": [row]})
    filled = told(models["flowers"], [{"a": 0.1, "b": -1.5, "c": 0.5}], 0)
    assert plain(got.json["rows"][0]) == filled


def test_numbers_and_truths_name_categories(client, models) -> None:
    name = models["mixed"].schema.columns[0].name
    got = client.predict("mixed", {name: 0, "colour": True, "grade": 2})
    rows = [{name: 0.0, "colour": "true", "grade": "2"}]
    assert plain(got.json) == told(models["mixed"], rows, 0)


# Refusals: whole sentences.

SHAPES = 'Send {"rows": [{...}]}, {"columns": {...}} or one row as {"column": value}.'


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        (b"", 400, {"error": "the body is empty. Send rows, or one row."}),
        (b" \n", 400, {"error": "the body is empty. Send rows, or one row."}),
        (b"[1", 400,
         {"error": "the body is not JSON: Expecting ',' delimiter, at line 1, column 3."
         " Send JSON, CSV or Arrow that is whole."}),
        (b'{"a":1}{', 400, {"error": "the body is not JSON: Extra data, at line 1, column 8."
        " Send JSON, CSV or Arrow that is whole."}),
        (b'{"a":NaN}', 400,
         {"error": "NaN is not JSON. A gap is null, in a column that may have gaps."}),
        (b'{"a":-Infinity}', 400,
         {"error": "-Infinity is not JSON. A gap is null, in a column that may have gaps."}),
        (b'{"a":1,"a":2}', 400, {"error": "the key 'a' is there twice in one object."
        " Send JSON, CSV or Arrow that is whole."}),
        (b'\xff', 400, {"error": "the JSON is not UTF-8: byte 1 fits no character."
        " Send JSON, CSV or Arrow that is whole."}),
        (b"[" * 100_000, 400, {"error": "the JSON is nested deeper than 32 levels."
        " Send JSON, CSV or Arrow that is whole."}),
        (b'{"a":' * 100_000, 400, {"error": "the JSON is nested deeper than 32 levels."
        " Send JSON, CSV or Arrow that is whole."}),
        (b"null", 422, {"error": f"the JSON is null. {SHAPES}"}),
        (b"[]", 422, {"error": f"the JSON is a list. {SHAPES}"}),
        (b'{"rows":[]}', 422, {"error": "there are no rows. Send at least one."}),
        (b'{"columns":{}}', 422, {"error": "there are no rows. Send at least one."}),
        (b'{"rows":[{}],"x":1}', 422, {"error": "beside 'rows' there is 'x'. Leave it out."}),
        (b'{"rows":[{"a":1,"b":1,"c":1},7]}', 422,
         {"error": f"row 2: is a number, not an object of columns. {SHAPES}", "row": 2}),
        (b'{"columns":{"a":1}}', 422,
         {"error": "column 'a': is a number, not a list of values."
          " Send all columns, with values of their kind.", "column": "a"}),
        (b'{"columns":{"a":[1],"b":[1,2]}}', 422,
         {"error": "column 'b': has 2 values, but column 'a' has 1."
          " Send all columns, with values of their kind.", "column": "b"}),
        (b'{"a":1,"B":2,"c":3}', 422,
         {"error": "the column 'b' is missing; the columns are 'a', 'B', 'c'."
         " Look at the names in the first line of the table, or rename the column."}),
        (b'{"bb":1}', 422,
         {"error": "the columns 'a', 'b', 'c' are missing; the columns are 'bb'."
         " Look at the names in the first line of the table, or rename the column."}),
        (b'{"a":1,"b":null,"c":3}', 422,
         {"error": "row 1, column 'b': the cell is empty."
         " Fill the cell, or leave the row out.", "row": 1, "column": "b"}),
        (b'{"rows":[{"a":1,"b":2,"c":3},{"a":1,"c":3}]}', 422,
         {"error": "row 2, column 'b': the cell is empty."
         " Fill the cell, or leave the row out.", "row": 2, "column": "b"}),
        (b'{"a":"1","b":2,"c":3}', 422,
         {"error": "row 1, column 'a': the text '1' is not a number."
         " Mend the cell, or leave the row out.", "row": 1, "column": "a"}),
        (b'{"a":true,"b":2,"c":3}', 422,
         {"error": "row 1, column 'a': true is not a number."
         " Mend the cell, or leave the row out.", "row": 1, "column": "a"}),
        (b'{"a":[1],"b":2,"c":3}', 422,
         {"error": "row 1, column 'a': a list is not a number."
         " Mend the cell, or leave the row out.", "row": 1, "column": "a"}),
        (b'{"a":1e999,"b":2,"c":3}', 422,
         {"error": "row 1, column 'a': the number is larger than float64 can hold."
         " Mend the cell, or leave the row out.",
          "row": 1, "column": "a"}),
        (b'{"a":' + b"9" * 5000 + b',"b":2,"c":3}', 422,
         {"error": "row 1, column 'a': the number is larger than float64 can hold."
         " Mend the cell, or leave the row out.",
          "row": 1, "column": "a"}),
        (b'{"rows":[{"a":1,"b":2,"c":3},{"a":1,"b":1e99,"c":3}]}', 422,
         {"error": "row 2: its values are too large for the networks. "
                   "They drive them beyond what float32 holds.", "row": 2}),
        (b'{"a":"\\ud800","b":2,"c":3}', 422,
         {"error": "row 1, column 'a': the text '\\ud800' is not a number."
         " Mend the cell, or leave the row out.",
          "row": 1, "column": "a"}),
    ],
)  # fmt: skip
def test_json_that_does_not_fit(client, body: bytes, status: int, answer: dict[str, Any]) -> None:
    assert client.refused("flowers", body) == (status, answer)


def test_an_unknown_category_is_told_with_those_that_are_known(client, models) -> None:
    name = models["mixed"].schema.columns[0].name
    rows = [{name: 0, "colour": "red", "grade": "1"}, {name: 0, "colour": "Red", "grade": "1"}]
    known = "'red', 'blue, green', 'true'"
    told = (
        f"row 2, column 'colour': 'Red' is not a known category; known are {known}."
        " Mend the cell, or train again with rows of it."
    )
    answer = {"error": told, "row": 2, "column": "colour"}
    assert client.refused("mixed", {"rows": rows}) == (422, answer)
    rows[1]["colour"] = {"x": 1}  # type: ignore[assignment]
    told = (
        "row 2, column 'colour': an object is not the name of a category."
        " Mend the cell, or leave the row out."
    )
    answer = {"error": told, "row": 2, "column": "colour"}
    assert client.refused("mixed", {"rows": rows}) == (422, answer)


def test_a_hostile_name_is_told_on_one_line(client, models) -> None:
    name = models["mixed"].schema.columns[0].name
    status, answer = client.refused("mixed", {name: "x", "colour": "red", "grade": "1"})
    assert status == 422
    assert answer["column"] == name
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    ("text", "status", "answer"),
    [
        ("", 400, {"error": "the body is empty. Send a table with column names and rows."}),
        ("a,b,c\n", 400,
         {"error": "the table: has a header but no rows. Add rows below the column names."}),
        ("a,b,c\n1,2\n", 400,
         {"error": "the table, line 2: the row has 2 values; the header has 3 columns. "
                   "Complete the row, or remove it; a cell may be empty.", "line": 2}),
        ('a,b,c\n1,2,"3', 400,
         {"error": "the table, line 2: the quote that opens on this line is never closed. "
                   'Close it, or write a quote that belongs to a value as """".', "line": 2}),
        ("a,b,c\n1,2,3\n\n1,x,3\n", 422,
         {"error": "row 2, line 4, column 'b': 'x' is not a number."
         " Mend the cell, or leave the row out.",
          "row": 2, "line": 4, "column": "b"}),
        ("a,b,c\n1,inf,3\n", 422,
         {"error": "row 1, line 2, column 'b': 'inf' is not a finite number."
         " Mend the cell, or leave the row out.",
          "row": 1, "line": 2, "column": "b"}),
        ("a,c\n1,2\n", 422, {"error": "the column 'b' is missing; the columns are 'a', 'c'."
         " Look at the names in the first line of the table, or rename the column."}),
        ("a,b,c\n" + "1,2,3\n" * 6, 413,
         {"error": "6 rows are more than the 5 that are taken at once. Send them in parts."}),
    ],
)  # fmt: skip
def test_csv_that_does_not_fit(serve, text: str, status: int, answer: dict[str, Any]) -> None:
    assert serve(max_rows=5).refused("flowers", text.encode(), "text/csv") == (status, answer)


def test_too_many_rows_of_json_and_arrow(serve) -> None:
    client = serve(max_rows=5)
    rows = ROWS["flowers"] * 3
    told = "6 rows are more than the 5 that are taken at once. Send them in parts."
    assert client.refused("flowers", {"rows": rows}) == (413, {"error": told})
    assert client.refused("flowers", {"columns": columns_of(rows)}) == (413, {"error": told})
    body = stream_of(pyarrow.table(columns_of(rows)))
    assert client.refused("flowers", body, ARROW) == (413, {"error": told})


def test_rows_of_a_wide_model_are_bounded_by_what_they_take_in_memory(
    client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`{}` may be a row of thousands of gaps: a few bytes that become gigabytes."""
    monkeypatch.setattr("shoal.serving.served.MOST_CELLS", 15)  # five rows of three features
    told = "6 rows are more than the 5 that are taken at once. Send them in parts."
    assert client.refused("flowers", {"rows": ROWS["flowers"] * 3}) == (413, {"error": told})
    table = "a,b,c\n" + "1,2,3\n" * 6
    assert client.refused("flowers", table.encode(), "text/csv") == (413, {"error": told})
    assert client.predict("flowers", {"rows": ROWS["flowers"] * 2}).status == 200
    assert client.predict("price", {"rows": ROWS["price"] * 7}).status == 200
    document = client("GET", "/openapi.json").json
    body = document["paths"]["/models/flowers/predict"]["post"]["requestBody"]["content"]
    shapes = body["application/json"]["schema"]["anyOf"]
    assert shapes[0]["properties"]["rows"]["maxItems"] == 5


KINDS = "application/json, text/csv, application/vnd.apache.arrow.stream"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("", f"the header Content-Type is missing. Send one of {KINDS}."),
        ("text/plain", f"'text/plain' is not read here. Send one of {KINDS}."),
        (
            "text/csv; charset=latin-1",
            "the body must be UTF-8. Send JSON, CSV or Arrow, with its Content-Type.",
        ),
    ],
)
def test_another_kind_of_body_is_415(client, kind: str, told: str) -> None:
    assert client.refused("flowers", b"{}", kind) == (415, {"error": told})


def test_a_packed_body_is_415(client) -> None:
    got = client.predict("flowers", b"{}", content_encoding="gzip")
    told = "the body has a Content-Encoding. Send it as it is."
    assert (got.status, got.json) == (415, {"error": told, "code": "V102"})


def test_a_model_that_is_not_there_is_404_with_the_nearest(client) -> None:
    names = "'flowers', 'mixed', 'price', 'pair', 'marks'"
    told = f"there is no model 'flower'; there is {names}. Did you mean 'flowers'?"
    assert client.refused("flower", {"a": 1}) == (404, {"error": told})
    got = client("GET", "/models/flower")
    assert (got.status, got.json) == (404, {"error": told, "code": "V107"})


# Arrow of a stranger.


def arrow_refused(client: Any, name: str, table: Any, **options: Any) -> tuple[int, Any]:
    return client.refused(name, stream_of(table, **options), ARROW)


def test_arrow_of_many_types_is_taken(client, models) -> None:
    name = models["mixed"].schema.columns[0].name
    colours = pyarrow.array(["red", "blue, green"]).dictionary_encode()
    columns = {
        "grade": pyarrow.array([1, 2], pyarrow.int8()),
        "colour": colours,
        name: pyarrow.array([0.5, -1.0], pyarrow.float32()),
        "other": pyarrow.array([[1], [2]]),
    }
    got = client.predict("mixed", stream_of(pyarrow.table(columns)), ARROW, accept="text/csv")
    assert got.status == 200, got.body
    rows = [
        {name: 0.5, "colour": "red", "grade": "1"},
        {name: -1.0, "colour": "blue, green", "grade": "2"},
    ]
    classes = [told(models["mixed"], rows, k)["class"] for k in range(2)]
    assert [row[0] for row in list(csv.reader(io.StringIO(got.body.decode())))[1:]] == classes


def test_a_gap_and_a_nan_in_arrow_are_filled_or_told(client, models) -> None:
    table = pyarrow.table({"a": [1.0, float("nan")], "b": [1.0, 1.0], "c": [None, 1.0]})
    answer = {
        "error": "row 2, column 'a': the cell is empty. Fill the cell, or leave the row out.",
        "row": 2,
        "column": "a",
    }
    assert arrow_refused(client, "flowers", table) == (422, answer)


def test_compressed_arrow_is_refused(client) -> None:
    """A few bytes could be gigabytes once they are unpacked."""
    table = pyarrow.table({name: np.zeros(10_000) for name in "abc"})
    told = "the Arrow stream is compressed. Send it without compression."
    for how in ("zstd", "lz4"):
        answer = arrow_refused(client, "flowers", table, compression=how)
        assert answer == (415, {"error": told})
    texts = pyarrow.table({"colour": pyarrow.array(["red"] * 1000).dictionary_encode()})
    assert arrow_refused(client, "mixed", texts, compression="zstd") == (415, {"error": told})


def test_types_that_are_larger_than_they_look_are_refused(client, models) -> None:
    name = models["mixed"].schema.columns[0].name
    views = pyarrow.array(["red"] * 3).cast(pyarrow.string_view())
    table = pyarrow.table({name: [1.0] * 3, "colour": views, "grade": ["1"] * 3})
    told = (
        "column 'colour': values of type string_view are neither text nor numbers."
        " Send all columns, with values of their kind."
    )
    answer = {"error": told, "column": "colour"}
    assert arrow_refused(client, "mixed", table) == (422, answer)
    long = pyarrow.array(["x" * 10_001]).dictionary_encode()
    table = pyarrow.table({name: [1.0], "colour": long, "grade": ["1"]})
    told = (
        "column 'colour': a text is longer than 10,000 bytes."
        " Send all columns, with values of their kind."
    )
    answer = {"error": told, "column": "colour"}
    assert arrow_refused(client, "mixed", table) == (422, answer)


@pytest.mark.parametrize("size", [1, 7, 100, 300])
def test_an_arrow_stream_that_ends_in_the_middle_is_400(client, size: int) -> None:
    body = stream_of(pyarrow.table({name: np.zeros(100) for name in "abc"}))
    status, answer = client.refused("flowers", body[:size], ARROW)
    assert status == 400
    assert answer["error"].startswith("the body is no Arrow stream: ")


def test_arrow_without_pyarrow_is_415_with_the_cure(
    client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    told = "Arrow needs pyarrow where the models are served: pip install 'shoal[parquet]'. "
    assert client.refused("flowers", b"x", ARROW) == (415, {"error": f"{told}Send JSON or CSV."})


def test_figures_count_what_was_answered(client) -> None:
    client.predict("flowers", {"rows": ROWS["flowers"] * 20})
    client.predict("flowers", ROWS["flowers"][0])
    client.predict("flowers", b"[")
    client("GET", "/nothing/here")
    text = client("GET", "/metrics").body.decode()
    route = 'route="/models/{name}/predict"'
    assert f'shoal_requests_total{{{route},status="200"}} 2.0\n' in text
    assert f'shoal_requests_total{{{route},status="400"}} 1.0\n' in text
    assert 'shoal_requests_total{route="none",status="404"} 1.0\n' in text
    assert f"shoal_request_seconds_count{{{route}}} 3.0\n" in text
    assert f'shoal_request_seconds_bucket{{le="+Inf",{route}}} 3.0\n' in text
    assert 'shoal_rows_total{model="flowers"} 41.0\n' in text
    assert "shoal_requests_in_flight 1.0\n" in text


def test_a_model_is_described(client, models) -> None:
    found = client("GET", "/models/flowers").json
    assert found["digest"] == models["flowers"].parameters.digest
    assert found["classes"] == ["iris", "rose", "oak"]
    column = {"name": "c", "type": "number", "categories": None, "may_be_missing": True}
    assert found["columns"][2] == column
    assert [each["name"] for each in client("GET", "/models").json["models"]] == list(models)
    assert json.loads(client("GET", "/healthz").body) == {"status": "ok", "models": 5}


def test_another_method_is_405_and_another_address_404(client) -> None:
    got = client("GET", "/models/flowers/predict")
    assert (got.status, got.json) == (
        405,
        {
            "error": "this address takes another method. See the list of models at /models.",
            "code": "V107",
        },
    )
    assert got.headers["allow"] == "POST"
    for path in ("/", "/docs", "/models/", "/models/a/b/c", "/../etc/passwd"):
        got = client("GET", path)
        assert (got.status, got.json) == (
            404,
            {
                "error": "there is nothing at this address. See the list of models at /models.",
                "code": "V107",
            },
        )
