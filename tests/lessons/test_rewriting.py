"""Values written into the code of a notebook, which otherwise stays as it is."""

from __future__ import annotations

import pytest

from shoal.lessons.rewriting import rewritten

CODE = """language = Lesson.languages()
# 学習率: what a step is multiplied by
rate = lesson.slider("rate", [0.1, 0.2], value=0.1)  # ja: 率
guess = lesson.predict(
    "guess", low=0, high=1
)
kind = lesson.choice("kind", ["a", "b"], value="a")
"""


def test_nothing_changes_where_nothing_is_asked() -> None:
    assert rewritten(CODE) == CODE


def test_language_and_values_are_put_in_their_places() -> None:
    made = rewritten(CODE, language="ja", chosen={"rate": 0.2, "kind": "b", "guess": 0.5})
    assert made == CODE.replace("languages()", 'languages("ja")').replace(
        "value=0.1)", "value=0.2)"
    ).replace('value="a"', 'value="b"').replace("high=1\n", "high=1, given=0.5\n")


def test_predictions_show_where_theirs_goes() -> None:
    made = rewritten(CODE, with_given=True)
    assert made == CODE.replace("high=1\n", "high=1, given=None\n")
    assert rewritten(made, with_given=True) == made


@pytest.mark.parametrize("column", ["日本", "é", "x"])
def test_places_are_counted_in_letters_not_in_bytes(column: str) -> None:
    code = f'a = "{column}"; r = lesson.slider("rate", [1, 2], value=1)'
    assert rewritten(code, chosen={"rate": 2}) == code.replace("value=1", "value=2")
