"""Strict JSON: what is read is what was written, and what is refused, with its sentence."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.models.document import (
    MAX_DEPTH,
    MAX_VALUES,
    DocumentError,
    plain_document,
    read_document,
    write_document,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES)


@given(document=DOCUMENTS)
def test_there_and_back(document: dict[str, object]) -> None:
    text = write_document(plain_document(document))
    assert read_document(text) == read_document(text.encode()) == document


def test_equal_documents_are_the_same_text() -> None:
    assert write_document({"b": 1, "a": [2.5]}) == write_document({"a": [2.5], "b": 1})
    assert write_document({"b": 1, "a": "é"}) == '{"a":"é","b":1}'


def test_the_deepest_document_and_one_deeper() -> None:
    fits = '{"a":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    assert read_document(fits)
    with pytest.raises(DocumentError) as caught:
        read_document('{"a":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}")
    assert str(caught.value) == "is nested more than 32 levels deep"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\xff{}", "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        ("[]", "is not an object"),
        ("3", "is not an object"),
        ('{"a":1,"b":2,"a":3}', "has the key 'a' twice"),
        ('{"a":NaN}', "holds NaN, which JSON cannot say"),
        ('{"a":-Infinity}', "holds -Infinity, which JSON cannot say"),
        ('{"a":1e999}', "holds inf, which JSON cannot say"),
        ('{"a":9223372036854775809}', "holds a whole number beyond 2**63"),
        ('{"a":' + "1" * 5000 + "}", "is not JSON"),
        ('{"a":"\\ud800"}', "holds text with half a character, '\\ud800'"),
        ('{"\\ud800":1}', "holds text with half a character, '\\ud800'"),
        ("[" * 10**6, "is nested more than 32 levels deep"),
        ('{"a":' * 10**5, "is nested more than 32 levels deep"),
        ('{"a":[' + "1," * (MAX_VALUES + 1) + "1]}", "has more than 1,048,576 values"),
    ],
)
def test_refusals(text: str | bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(text)
    assert str(caught.value) == message


def test_a_document_is_copied_as_plain_data() -> None:
    found = plain_document({"a": (1, np.int64(2)), "b": np.float32(0.5), "c": True})
    assert found == {"a": [1, 2], "b": 0.5, "c": True}
    assert json.dumps(found) == '{"a": [1, 2], "b": 0.5, "c": true}'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({1: 2}, "has the key 1, which is not text"),
        ({"a": b"x"}, "holds a bytes, which JSON cannot say"),
        ({"a": float("nan")}, "holds nan, which JSON cannot say"),
    ],
)
def test_what_json_cannot_say(document: dict[str, object], message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        plain_document(document)
    assert str(caught.value) == message


def test_a_document_in_itself_is_refused() -> None:
    document: dict[str, object] = {}
    document["a"] = document
    with pytest.raises(DocumentError) as caught:
        plain_document(document)
    assert str(caught.value) == "is nested more than 32 levels deep"
