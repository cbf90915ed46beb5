"""What a notebook asks of `Lesson` where marimo does not run it, and controls that are set."""

from __future__ import annotations

from typing import Any

import pytest

from shoal.errors import InputError, InternalError
from shoal.lessons import Lesson
from shoal.lessons.carrying import Carried, carry_out
from shoal.lessons.contents import Fixed, Prose
from shoal.lessons.controls import choosing


@pytest.fixture
def lesson() -> Lesson:
    return Lesson("or")


def test_texts_come_in_the_language_that_was_asked_for() -> None:
    assert Lesson("or", "ko").words("rate") == "학습률"
    assert Lesson(1).text("questions").markdown.startswith("## Three questions")
    with pytest.raises(InternalError, match="there is no language 'de'"):
        Lesson(1, "de")


def test_controls_are_fixed_to_their_first_values_or_to_what_was_chosen(lesson: Lesson) -> None:
    slider = lesson.slider("rate", [0.01, 0.1], value=0.01)
    assert (slider.value, slider.options, slider.texts) == (0.01, (0.01, 0.1), ("0.01", "0.1"))
    with choosing({"rate": 0.1, "first": "more", "ones": 4}):
        assert lesson.slider("rate", [0.01, 0.1], value=0.01).value == 0.1
        assert lesson.predict("first", ["less", "more"]).value == "more"
        assert lesson.predict("ones", low=0, high=32).value == 4


def test_in_marimo_small_numbers_stand_beside_each_other_in_decimals(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sliders write what is below 0.01 as 1.0e-3, where the text says 0.001."""
    marimo = pytest.importorskip("marimo")
    monkeypatch.setattr("shoal.lessons.controls.marimo_here", lambda: marimo)
    small = lesson.slider("rate", [0.0003, 0.001, 0.1], value=0.001)
    assert isinstance(small, marimo.ui.radio)
    assert dict(small.options) == {"0.0003": 0.0003, "0.001": 0.001, "0.1": 0.1}
    assert small.value == 0.001
    assert isinstance(lesson.slider("epochs", [0, 0.01, 3], value=3), marimo.ui.slider)


def test_a_value_has_the_type_of_the_options(lesson: Lesson) -> None:
    with choosing({"epochs": 3.0}):  # as a command line may read it
        value = lesson.slider("epochs", [1, 3], value=1).value
    assert (value, type(value)) == (3, int)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"rate": 7}, "rate: must be one of 0.01, 0.1; got 7."),
        ({"first": "mroe"}, "first: must be one of less, more; got mroe. Did you mean 'more'?"),
        ({"ones": 40}, "ones: must be a number from 0 to 32; got 40."),
        ({"ones": "many"}, "ones: must be a number from 0 to 32; got many."),
    ],
)
def test_values_that_a_control_cannot_have_are_refused(
    lesson: Lesson, chosen: dict[str, Any], sentence: str
) -> None:
    made = {
        "rate": lambda: lesson.slider("rate", [0.01, 0.1], value=0.01),
        "first": lambda: lesson.predict("first", ["less", "more"]),
        "ones": lambda: lesson.predict("ones", low=0, high=32),
    }
    with choosing(chosen), pytest.raises(InputError) as caught:
        made[next(iter(chosen))]()
    assert str(caught.value).startswith(sentence.rstrip("."))


def test_a_result_says_what_is_so_and_what_was_predicted(lesson: Lesson) -> None:
    asked = lesson.predict("first", ["less", "same", "more"])
    hidden = lesson.reveal(asked, "first", "result", truth="same")
    assert (hidden.given, hidden.verdict, hidden.is_right) == (None, "", None)
    assert hidden.answer == "It is: 0.75."
    given = lesson.predict("first", ["less", "same", "more"], given="more")
    shown = lesson.reveal(given, "first", "result", truth="same")
    assert (shown.given, shown.is_right) == ("more than 0.75", False)
    assert shown.verdict == "You said: more than 0.75. It is: 0.75."
    right = lesson.reveal(lesson.predict("ones", low=0, high=32, given=26), "ones", truth=26,
                          form=".0f")  # fmt: skip
    assert (right.verdict, right.is_right) == ("You said: 26. So it is.", True)


def test_a_truth_that_is_no_option_is_our_mistake(lesson: Lesson) -> None:
    asked = lesson.predict("first", ["less", "more"])
    with pytest.raises(InternalError, match="'equal' is no option of 'first'"):
        lesson.reveal(asked, "first", truth="equal")


def test_questions_are_one_control_and_are_answered_together(lesson: Lesson) -> None:
    with choosing({"q2": "lower"}):
        quiz = lesson.questions(q1=(), q2=("lower", "higher"))
    assert quiz.value == {"q1": None, "q2": "lower"}
    checked = lesson.check(quiz, q1=(17.0, "why"), q2=("higher", "why"))
    assert [each.is_right for each in checked.answers] == [None, False]


def test_a_lesson_is_carried_out_in_another_language_with_other_settings(carried: Carried) -> None:
    assert carried.values["run"].experiment.training.optimizer.learning_rate == 0.1
    assert carried.contents(Prose)[0].markdown.startswith("# OR を予測する")
    assert isinstance(carried.values["rate"], Fixed)
    assert carried.cells[0].code.startswith("import numpy as np")
    assert carried.cells[-1].is_sheet


def test_a_setting_of_no_control_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        carry_out("or", rat=0.1, epochs=1)
    assert str(caught.value) == "rat: is no control of this lesson. Did you mean 'rate'?"


def test_links_and_programs(lesson: Lesson) -> None:
    import shoal

    experiment = shoal.Experiment(
        data="xor", training=shoal.Training(epochs=2), population=shoal.Population(size=2)
    )
    link = lesson.link(experiment)
    assert link.fragment.startswith("#1.")
    assert 'task = "xor"' in link.document
    assert link.label == "Open this experiment in the lab"
    assert lesson.link(experiment, "q2.lower").label == "lower"  # several are told apart
    assert lesson.program("x = 1", "python").language == "python"
