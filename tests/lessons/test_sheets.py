"""Worksheets: a seed and a page for each student, and a key that only the teacher has."""

from __future__ import annotations

import csv
import io
import re

import pytest

from shoal.lessons.carrying import load_notebook
from shoal.lessons.sheets import (
    Sheet,
    answer_text,
    key_csv,
    key_document,
    key_page,
    sheets,
    sheets_page,
)
from shoal.lessons.shelf import LESSONS, find


@pytest.fixture(scope="module")
def made() -> list[Sheet]:
    return sheets("or", 3, seed=40, language="ja")


def test_every_student_has_a_seed_and_answers_of_their_own(made: list[Sheet]) -> None:
    assert [(each.student, each.seed) for each in made] == [(1, 40), (2, 41), (3, 42)]
    assert len({each.answers["loss"] for each in made}) == 3
    own = load_notebook(find("or").notebook).sheet(41)
    assert dict(made[1].answers) == own


def test_the_sheet_has_a_page_for_each_and_no_answers(made: list[Sheet]) -> None:
    page = sheets_page("or", made, language="ja").decode()
    assert page.count('<section class="sl-sheet">') == 3
    assert "break-after:page" in page
    assert re.findall(r"あなたのシード: (\d+)", page) == ["40", "41", "42"]
    assert "seed=41 training.epochs=1" in page
    assert page.count("名前") == 3
    for each in made:
        assert answer_text(each.answers["loss"]) not in page
        assert answer_text(each.answers["fast"]) not in page
    # three tasks with a command ask what is expected, one has two answers, two lines are left
    assert page.count('class="sl-line"') == 3 * (3 + 5 + 2)
    assert page.count('<div class="sl-line">予想:</div>') == 3 * 3
    assert page.count('<div class="sl-line">(0, 0) でのクラス:</div>') == 3


def test_a_task_with_two_questions_has_two_answers() -> None:
    (sheet,) = sheets("greater", 1, seed=7)
    assert sheet.parts["rule"] == ("rule", "flipped")
    # 400 validation rows: the rule is wrong where a label is flipped
    rule, flipped = float(sheet.answers["rule"]), sheet.answers["flipped"]
    assert flipped == pytest.approx(400 * (1 - rule), abs=0.03)
    assert 40 < float(flipped) < 120  # 400 times 0.2 is expected, with a deviation of 8
    rows = list(csv.reader(io.StringIO(key_csv([sheet]).decode())))
    assert rows[0][2:] == ["noisy", "rule", "flipped", "times", "cured", "wins"]
    page = key_page("greater", [sheet]).decode()
    assert "2a true rule" in page
    assert "2b labels flipped" in page


def test_networks_of_one_epoch_call_the_origin_what_their_accuracy_says(made: list[Sheet]) -> None:
    # three of four points have the label 1: 0.75 is to call (0, 0) a 1 too, 1.0 is to call it 0;
    # a median halfway is of 8 and 8 networks
    called = {0.75: "1", 0.875: "1/2", 1.0: "0"}
    assert [each.answers["origin"] for each in made] == [
        called[float(each.answers["short"])] for each in made
    ]


def test_a_task_that_asks_why_has_a_line_for_it_and_the_key_the_reason() -> None:
    (sheet,) = sheets("from_csv", 1)
    page = sheets_page("from_csv", [sheet]).decode()
    assert page.count('<div class="sl-line">Because:</div>') == 1
    assert "trained on most of these rows" not in page
    assert "trained on most of these rows" in key_page("from_csv", [sheet]).decode()


def test_the_key_has_every_answer_with_four_digits(made: list[Sheet]) -> None:
    rows = list(csv.reader(io.StringIO(key_csv(made).decode())))
    assert rows[0] == ["student", "seed", "loss", "short", "origin", "fast", "hand"]
    assert rows[2][:2] == ["2", "41"]
    # 41 % 9 + 1 = 6: -log(1 - 0.6) = 0.9163
    assert rows[2][6] == "0.9163"
    page = key_page("or", made, language="ja").decode()
    assert all(cell in page for row in rows[1:] for cell in row)
    assert re.findall(r"<th [^>]*>(.*?)</th>", page) == [
        "番号", "シード", "1 損失 (3 エポック)", "2a 正解率 (1 エポック)",
        "2b (0, 0) でのクラス", "3 損失 (学習率 5 倍)", "4 行の損失 (手計算)",
    ]  # fmt: skip
    document = key_document("or", made, "ja")
    assert document["students"][1]["answers"]["hand"] == pytest.approx(0.91629, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_a_sheet_in_every_language(number: int) -> None:
    if not LESSONS[number].is_there:
        pytest.skip("this lesson is not there")
    seeds = [sheets(number, 2, seed=5, language=language) for language in ("en", "ja", "ko")]
    for each in seeds:
        assert 3 <= len(each[0].tasks) <= 5
        assert set(each[0].labels) == set(each[0].answers) >= set(each[0].tasks)
        assert each[0].answers == seeds[0][0].answers
        assert dict(each[0].answers) != dict(each[1].answers)
    assert sheets_page(number, seeds[1], language="ja")
