"""Whatever a body holds: an answer of ours, never a 500, never a traceback."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shoal.serving.arrow import ARROW_TYPE
from shoal.serving.parsing import MOST_LEVELS, parse_json
from shoal.serving.refusals import RequestError

SETTINGS = settings(
    max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FINE = {200, 400, 413, 415, 422}
CELLS = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5), st.just([]),
    st.just({}), st.sampled_from(["red", "1", "true", 1, True]),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c", "rows", "columns", "colour", "grade"])
OBJECTS = st.dictionaries(NAMES, CELLS, max_size=5)
DOCUMENTS = st.one_of(
    CELLS,
    OBJECTS,
    st.fixed_dictionaries({"rows": st.lists(st.one_of(OBJECTS, CELLS), max_size=4)}),
    st.fixed_dictionaries({"columns": st.dictionaries(NAMES, st.lists(CELLS, max_size=3))}),
)


def answer(client: Any, name: str, body: bytes, kind: str) -> None:
    got = client.predict(name, body, kind)
    assert got.status in FINE
    if got.status != 200:
        found = json.loads(got.body)
        assert found["error"].endswith((".", "?")), found
        assert "Traceback" not in found["error"]


@given(document=DOCUMENTS, name=st.sampled_from(["flowers", "mixed", "pair"]))
@SETTINGS
def test_any_json(client, document: Any, name: str) -> None:
    answer(client, name, json.dumps(document).encode(), "application/json")


@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/csv"]))
@SETTINGS
def test_any_bytes(client, body: bytes, kind: str) -> None:
    answer(client, "flowers", body, kind)


@given(text=st.text(alphabet='abc,;\t"\n\r0123.-eN\x00é', max_size=80))
@example(text="a,b,c\n1,2,3\x00")
@example(text="PAR1a,b,c")
@SETTINGS
def test_any_text_table(client, text: str) -> None:
    answer(client, "flowers", ("a,b,c\n" + text).encode(), "text/csv")


def a_stream() -> bytes:
    table = pyarrow.table({"a": np.zeros(3), "b": [1, 2, 3], "c": ["x", "yy", None]})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


STREAM = a_stream()


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=4
    ),
    cut=st.integers(0, len(STREAM)),
)
@SETTINGS
def test_any_damage_of_an_arrow_stream(client, changes: list[tuple[int, int]], cut: int) -> None:
    body = bytearray(STREAM)
    for place, value in changes:
        body[place] = value
    whole = bytes(body[:cut]) if cut % 3 == 0 else bytes(body)
    answer(client, "flowers", whole, ARROW_TYPE.decode())


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 200_000,  # a string that never ends: a pattern that goes back would hang
        b'{"a":"' + b"[" * 200_000 + b'"}',  # brackets in a string are none
        b"[" * 20 + b"]" * 20,
        b"{" * 31 + b"[" * 31,
        b"[{" * 100_000,
        b"]" * 200_000,
        b'"' * 200_001,
        b'\\"[' * 100_000,
    ],
    ids=["endless", "quoted", "shallow", "unclosed", "deep", "closing", "quotes", "escaped"],
)
def test_depth_is_told_without_recursion_and_at_once(body: bytes) -> None:
    if body.startswith((b"[" * 20 + b"]", b'{"a"')):
        parse_json(body)
        return
    with pytest.raises(RequestError) as refused:
        parse_json(body)
    assert refused.value.status == 400


def test_the_deepest_json_that_is_taken() -> None:
    at_most = b"[" * MOST_LEVELS + b"]" * MOST_LEVELS
    assert parse_json(at_most) is not None
    with pytest.raises(RequestError, match="nested deeper than 32 levels"):
        parse_json(b"[" + at_most + b"]" + b" " * 50)
    wide = b"[" + b"[]," * 1000 + b"[]]"
    assert len(parse_json(wide)) == 1001
