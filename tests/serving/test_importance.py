"""What predictions rest on, over HTTP: that of `attribute` and `importance_of`."""

from __future__ import annotations

import asyncio
import json

import numpy as np

from shoal.models.importance.attribution import attribute
from shoal.models.importance.measuring import importance_of
from shoal.serving.service import MOST_SLOW

PATH = "/models/flowers/importance"
ROWS = [{"a": 0.1 * k, "b": 1.0 - 0.2 * k, "c": 0.5} for k in range(6)]
KINDS = ["iris", "rose", "oak"] * 2


def labelled() -> list[dict[str, object]]:
    return [row | {"kind": kind} for row, kind in zip(ROWS, KINDS, strict=True)]


def test_rows_are_attributed(client, models) -> None:
    got = client("POST", PATH, {"rows": ROWS[:2]})
    x = np.array([[row["a"], row["b"], row["c"]] for row in ROWS])
    wanted = [attribute(models["flowers"], row).to_dict() for row in x[:2]]
    assert got.status == 200
    assert got.json == {"attributions": json.loads(json.dumps(wanted))}


def test_columns_are_judged_on_labelled_rows(client, models) -> None:
    got = client("POST", f"{PATH}?of=columns", {"rows": labelled()})
    x = np.array([[row["a"], row["b"], row["c"]] for row in ROWS])
    wanted = importance_of(models["flowers"], x, KINDS).to_dict()
    assert got.status == 200
    assert got.json == {"importance": json.loads(json.dumps(wanted))}


def test_numbers_and_labels_are_judged_too(client) -> None:
    rows = [{"a": float(k), "euro": float(k * k)} for k in range(5)]
    got = client("POST", "/models/price/importance?of=columns", {"rows": rows})
    assert (got.status, got.json["importance"]["target"]) == (200, "euro")
    table = "a,b,u,v\n1,2,on,no\n2,1,off,yes\n0,1,on,yes\n"
    path = "/models/marks/importance?of=columns"
    got = client("POST", path, table.encode(), "text/csv")
    assert (got.status, got.json["importance"]["n_rows"]) == (200, 3)


def test_what_cannot_be_judged_is_refused(client, serve) -> None:
    def refused(body: object, query: str = "?of=columns", of: object = client) -> tuple[int, str]:
        got = of("POST", PATH + query, body)  # type: ignore[operator]
        return got.status, got.json["error"]

    told = (
        "there is no target 'kind'; the columns are 'a', 'b', 'c'."
        " Look at the names in the first line of the table, or rename the column."
    )
    assert refused({"rows": ROWS}) == (422, told)
    rows = labelled()
    rows[2]["kind"] = "tulip"
    known = "known are 'iris', 'rose', 'oak'"
    told = (
        f"row 3, column 'kind': 'tulip' is not a known class; {known}."
        " Mend the cell, or train again with rows of it."
    )
    assert refused({"rows": rows}) == (422, told)
    told = (
        "columns are judged on two rows or more; there is one."
        " Send all columns, with values of their kind."
    )
    assert refused({"rows": labelled()[:1]}) == (422, told)
    told = (
        "the address may only have ?of=rows or columns."
        " See the description of the service at /openapi.json."
    )
    assert refused({"rows": ROWS}, "?of=everything") == (422, told)
    assert refused({"rows": ROWS}, "?how=well") == (422, told)
    told = "102 rows are more than the 100 that are taken at once. Send them in parts."
    assert refused({"rows": ROWS * 17}, "") == (413, told)


def test_work_without_end_is_refused(client, monkeypatch) -> None:
    monkeypatch.setattr("shoal.serving.service.MOST_WORK", 10)
    got = client("POST", f"{PATH}?of=columns", {"rows": labelled()})
    told = "6 rows of 3 columns take too long to judge. Send fewer rows."
    assert (got.status, got.json) == (413, {"error": told, "code": "V104"})


def test_requests_for_importances_leave_places_to_predictions(client) -> None:
    async def all_at_once() -> list[int]:
        several = (client.ask("POST", PATH, {"rows": ROWS}) for _ in range(MOST_SLOW + 2))
        return [got.status for got in await asyncio.gather(*several)]

    assert sorted(asyncio.run(all_at_once())) == [200] * MOST_SLOW + [429] * 2
    assert client("POST", PATH, {"rows": ROWS}).status == 200
