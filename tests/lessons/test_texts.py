"""Texts in three languages: places for numbers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoal.errors import InputError, InternalError
from shoal.lessons.described import all_described
from shoal.lessons.shelf import LANGUAGES, LESSONS, find, folder
from shoal.lessons.texts import fill, read_texts
from shoal.lessons.words import word

GOOD = """
[told]
en = "After {=n} epochs: {=x:.2f}; $\\\\frac{1}{2}$."
ja = "{=x:.2f} ({=n})"
ko = "{=n}: {=x:.2f}"
[told.more]
en = "more"
ja = "もっと"
ko = "더"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "texts.toml"
    path.write_text(text, "utf-8")
    return path


def test_numbers_go_to_their_places_and_braces_of_formulas_stay(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path, GOOD))
    assert (
        fill(texts, "told", "en", {"n": 3, "x": 0.125}) == "After 3 epochs: 0.12; $\\frac{1}{2}$."
    )
    assert fill(texts, "told", "ja", {"n": 3, "x": 0.5}) == "0.50 (3)"
    assert fill(texts, "told.more", "ko", {}) == "더"


@pytest.mark.parametrize(
    ("key", "numbers", "sentence"),
    [
        ("tolt", {}, "there is no text 'tolt'. Did you mean 'told'?"),
        ("told", {"n": 1}, "the text 'told' names ['n', 'x']; the notebook gives ['n']."),
        ("told.more", {"n": 1}, "the text 'told.more' names []; the notebook gives ['n']."),
    ],
)
def test_a_text_or_number_that_is_not_there_is_our_mistake(
    tmp_path: Path, key: str, numbers: dict[str, int], sentence: str
) -> None:
    with pytest.raises(InternalError) as caught:
        fill(read_texts(written(tmp_path, GOOD)), key, "en", numbers)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[a]\nen = "x"\nja = "y"\n', "texts.toml, a: is missing in 한국어. Write it."),
        (
            '[a]\nen = "{=n}"\nja = "{=n:.1f}"\nko = "{=n}"\n',
            "texts.toml, a: its languages name different numbers: "
            "[['{=n}'], ['{=n:.1f}'], ['{=n}']]. Name the same.",
        ),
    ],
)
def test_languages_that_differ_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        read_texts(written(tmp_path, text))
    assert str(caught.value) == sentence


def test_every_lesson_says_what_one_learns_in_every_language() -> None:
    assert [each.lesson.number for each in all_described()] == [
        lesson.number for lesson in LESSONS.values() if lesson.is_there
    ]
    for each in all_described():
        assert each.title["en"] == each.lesson.title
        assert set(each.title) == set(each.learn) == set(LANGUAGES)
    learn = read_texts(folder() / "texts" / "shelf.toml")
    assert set(learn) == {lesson.short for lesson in LESSONS.values()}


def test_shared_sentences_are_there_in_every_language() -> None:
    assert [word("minutes", language, n=20) for language in LANGUAGES] == [
        "20 minutes", "20 分", "20분",
    ]  # fmt: skip


@pytest.mark.parametrize("which", [3, "3", "greater", "03_greater", " 3 "])
def test_a_lesson_is_found_by_number_and_name(which: str | int) -> None:
    assert find(which).number == 3


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        ("9", "lesson 9: there is none. See: shoal lessons list."),
        (
            "graeter",
            "lesson graeter: there is none. Did you mean 'greater'? See: shoal lessons list.",
        ),
    ],
)
def test_a_lesson_that_is_not_there_is_refused(which: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        find(which)
    assert str(caught.value) == sentence
