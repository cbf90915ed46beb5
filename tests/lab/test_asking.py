"""Messages are read safely: whatever comes, one of them or one clear sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.lab.asking import LONGEST, MAX_DEPTH, MAX_TEXT, MisreadError, read_message
from shoal.lab.messages import Hello, Look, Open

DEEP = "[" * 100_000
MALFORMED = {
    "[]": "a message must be a table of keys; got a list.",
    "null": "a message must be a table of keys; got null.",
    "3": "a message must be a table of keys; got a number.",
    '"hello"': "a message must be a table of keys; got a text.",
    "true": "a message must be a table of keys; got true or false.",
    "": "a message must be JSON; got expecting value.",
    "{": "a message must be JSON; got expecting property name enclosed in double quotes.",
    DEEP: "a message must not be nested more than 32 deep.",
    '{"a":' * 100_000: "a message must not be nested more than 32 deep.",
    '{"type": "hello", "id": NaN}': "a message must hold finite numbers; got NaN.",
    '{"type": "hello", "id": -Infinity}': "a message must hold finite numbers; got -Infinity.",
    '{"type": "hello", "id": 1e999}': "a message must hold finite numbers; got 1e999.",
    '{"type": "hello", "id": ' + "9" * 5000 + "}": (
        "a message must hold numbers of at most 20 digits; got 5000."
    ),
    '{"type": "hello", "id": 1, "id": 2}': "a message must hold each key once; got 'id' twice.",
    '{"type": "hello", "id": 1, "more": 2}': "hello, more: extra inputs are not permitted.",
    '{"type": "hello", "id": "1"}': "hello, id: input should be a valid integer.",
    '{"type": "hello", "id": -1}': "hello, id: input should be greater than or equal to 0.",
    '{"type": "hello", "id": true}': "hello, id: input should be a valid integer.",
}  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=[text[:30] for text in MALFORMED])
def test_what_is_no_message_is_met_with_one_sentence(text: str) -> None:
    with pytest.raises(MisreadError) as caught:
        read_message(text)
    assert str(caught.value) == MALFORMED[text]


def test_an_unknown_type_is_met_with_those_there_are() -> None:
    for text in ('{"id": 4}', '{"type": "launch", "id": 4}', '{"type": [], "id": 4}'):
        with pytest.raises(MisreadError, match=r"^type: must name a message; known are ca"):
            read_message(text)


def test_the_number_of_a_wrong_message_is_told() -> None:
    with pytest.raises(MisreadError) as caught:
        read_message('{"type": "open", "id": 17}')
    assert caught.value.id == 17
    for text in ('{"id": -1}', '{"id": 1.5}', '{"id": 99999999999999999999}', '{"id": true}', "[]"):
        with pytest.raises(MisreadError) as caught:
            read_message(text)
        assert caught.value.id == 0


def test_size_is_looked_at_first() -> None:
    with pytest.raises(MisreadError, match="must have at most 4,194,304 bytes; got 4,194,305"):
        read_message("[" * (MAX_TEXT + 1))


def test_bytes_must_be_utf8() -> None:
    assert read_message(b'{"type": "hello", "id": 3}') == Hello(id=3)
    with pytest.raises(MisreadError, match="must be text in UTF-8"):
        read_message(b'{"type": "hell\xff"}')


def test_brackets_in_strings_are_no_depth() -> None:
    told = {"type": "open", "id": 1, "session": {"experiment": {"a": '["\\' + "[" * 500}}}
    assert isinstance(read_message(json.dumps(told)), Open)


def test_depth_up_to_the_limit_is_read() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH - 3):  # message, session and experiment are levels too
        value = [value]
    told = {"type": "open", "id": 1, "session": {"experiment": {"a": value}}}
    assert isinstance(read_message(json.dumps(told)), Open)
    told["session"] = {"experiment": {"a": [value]}}
    with pytest.raises(MisreadError, match="nested"):
        read_message(json.dumps(told))


def test_a_look_is_read() -> None:
    look = read_message('{"type": "look", "id": 2, "opened": 1, "want": {"surface": {"n": 32}}}')
    assert isinstance(look, Look)
    assert look.want.surface is not None
    assert look.want.surface.n == 32


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "id", "session", "experiment", "want", "opened", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(["hello", "open", "look", "table", "take", "inspect", "cancel", "compare"])


@given(st.text() | st.binary())
def test_any_text_is_a_message_or_a_sentence(text: str | bytes) -> None:
    _read(text)


@given(TYPES, st.dictionaries(st.sampled_from(["id", "session", "opened", "want"]), PLAIN))
def test_any_table_is_a_message_or_a_sentence(kind: str, table: dict[str, Any]) -> None:
    _read(json.dumps({"type": kind, **table}))


def _read(text: str | bytes) -> None:
    sentence = "read."
    try:
        read_message(text)
    except MisreadError as error:
        sentence = str(error)
    assert 0 < len(sentence) <= LONGEST
    assert "\n" not in sentence
    sentence.encode()
