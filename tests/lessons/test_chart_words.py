"""Charts in the language of a lesson: phrases, patterns, names of rows, and verdicts."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

import shoal
from shoal.lessons import Lesson
from shoal.lessons.chart_words import _table, in_language, told
from shoal.lessons.contents import Prose
from shoal.lessons.shelf import folder
from shoal.lessons.texts import read_texts
from shoal.lessons.verdicts import verdict_words

OR = shoal.Experiment(
    data="or", training=shoal.Training(epochs=2), population=shoal.Population(size=3)
)


@pytest.fixture(scope="module")
def run() -> shoal.Run:
    return OR.run()


@pytest.mark.parametrize(
    ("english", "japanese", "korean"),
    [
        ("training", "学習", "학습"),
        ("Learning curves: loss", "学習曲線: 損失", "학습 곡선: 손실"),
        ("accuracy (share of rows that are right)", "正解率 (正しく答えた行の割合)",
         "정확도 (맞힌 행의 비율)"),
        ("attainable|0.8", "到達可能|0.8", "이를 수 있음|0.8"),
        ("median and 5–95 % band over 15 of 16 networks; attainable 1",
         "中央値と 5〜95 % の帯、16 個のうち 15 個のネットワーク; 到達可能 1",
         "중앙값과 5~95 % 띠, 네트워크 16개 가운데 15개; 이를 수 있음 1"),
        ("or: 1 network 2-8-1, sgd 0.01, 3 epochs · run 8b51",
         "or: 1 個のネットワーク 2-8-1、sgd 0.01、3 エポック · 実行 8b51",
         "or: 네트워크 1개 2-8-1, sgd 0.01, 3에포크 · 실행 8b51"),
        ("scaled vs unscaled", "標準化あり 対 標準化なし", "표준화함 대 표준화하지 않음"),
    ],
)  # fmt: skip
def test_phrases_and_what_they_hold_are_told(english: str, japanese: str, korean: str) -> None:
    assert (told(english, "ja"), told(english, "ko")) == (japanese, korean)
    assert told(english, "en") == english


def test_the_sides_of_a_difference_have_the_names_of_a_lesson(run: shoal.Run) -> None:
    other = OR.model_copy(update={"seed": 1}).run()
    chart = run.plot.surface_difference(against=other)
    named = Lesson("or").sides(chart, "one", "other")
    assert named.subtitle[0] == "A is one (3 networks), B is other (3 networks)"
    assert {row["arm"] for row in named.marks["boundary"]} <= {"one", "other"}
    assert in_language(named, "ko").subtitle[0] == "A는 one(네트워크 3개), B는 other(네트워크 3개)"
    assert chart.subtitle[0].startswith("A is run ")


@pytest.mark.parametrize("text", ["pressure", "x0", "loss_of_mine", "(0, 1)", "3-2-1", ""])
def test_names_stay_as_they_are(text: str) -> None:
    assert told(text, "ja") == told(text, "ko") == text


def test_no_text_is_hidden_by_one_before_it() -> None:
    """Each is found by its own English, its places filled with what they stand for."""
    samples = {"": "abc", "told": "accuracy", "n": "3", "s": "2-3-1"}
    for key, texts in read_texts(folder() / "texts" / "charts.toml").items():
        english = re.sub(r"\{=\w+:?(\w*)\}", lambda place: samples[place[1]], texts["en"])
        english = re.sub(r"(?<=\w)\(s\)", "s", english).replace("(is|are)", "are")
        wanted = re.sub(
            r"\{=\w+:?(\w*)\}", lambda place: told(samples[place[1]], "ko"), texts["ko"]
        )
        assert told(english, "ko") == wanted, key


def test_every_text_is_there_once() -> None:
    plain, patterns = _table()
    texts = read_texts(folder() / "texts" / "charts.toml")
    assert len(plain) + len(patterns) == len(texts)
    assert len({each["en"] for each in texts.values()}) == len(texts)


def test_a_chart_is_told_and_its_data_stay(run: shoal.Run) -> None:
    english = run.plot.curves(figure="accuracy")
    chart = in_language(english, "ko")
    assert chart.title == "학습 곡선: 정확도"
    assert chart.subtitle[0] == "중앙값과 5~95 % 띠, 네트워크 3개; 늘 같은 답 0.75"
    assert chart.data is english.data
    assert chart.to_dict()["description"].startswith("학습 곡선: 정확도. 중앙값과")
    assert in_language(english, "en") is english
    dark = chart.themed(dark=True).to_dict()
    assert str(dark).count("에포크") == str(chart.to_dict()).count("에포크") > 0


def test_names_of_rows_and_their_legend_stay_one(run: shoal.Run) -> None:
    document = in_language(run.plot.curves(figure="accuracy"), "ja").to_dict()
    drawn = {row["part"] for row in document["datasets"]["bands"]}
    (scale,) = {
        str(layer["encoding"]["color"]["scale"]["domain"])
        for layer in document["layer"]
        if "color" in layer["encoding"]
    }
    assert drawn == {"学習", "検証"}
    assert scale == "['学習', '検証']"


def test_what_a_lesson_shows_is_in_its_language(run: shoal.Run) -> None:
    lesson = Lesson("or", "ko")
    (chart,) = lesson.show(run.plot.predictions()).shown
    assert chart.title == "3번의 학습: 1의 확률"
    asked = lesson.predict("first", ["less", "same", "more"])
    text, chart = lesson.reveal(
        asked, "first", Prose(key="", markdown="x"), run.plot.curves(), truth="same"
    ).shown
    assert (text.markdown, chart.title) == ("x", "학습 곡선: 정확도")


def test_curves_that_move_count_steps_in_the_language(run: shoal.Run) -> None:
    for language, step in (("en", "step 1"), ("ja", "ステップ 1"), ("ko", "스텝 1")):
        drawing = Lesson("or", language).motion(run, "label").content.decode()
        assert f">{step}<" in drawing
        assert ("step" in re.sub(r"<[^>]*>", "", drawing)) is (language == "en")


def test_long_lines_of_wide_letters_are_broken() -> None:
    from shoal.charts.chart import _broken

    japanese = "標準化ありは標準化なしより良い、16 組のうち 16 組で勝ちました。"
    found = _broken([japanese], 30)
    assert "".join(found).replace(" ", "") == japanese.replace(" ", "")
    assert len(found) == 3
    assert all(len(line.encode("shift_jis")) <= 30 for line in found)  # two bytes a wide letter
    assert all(not line.startswith(("、", "。")) for line in found)
    korean = "점은 한 짝씩, 막대는 중앙값이고 선은 그 구간입니다"  # words stay whole
    assert " ".join(_broken([korean], 24)) == korean
    assert len(_broken([korean], 24)) == 3
    assert _broken(["median and band – all"], 80) == ["median and band – all"]


# ---- verdicts


@pytest.fixture(scope="module")
def compared() -> Any:
    sides = [OR.model_copy(update={"training": shoal.Training(epochs=n)}) for n in (1, 3)]
    return shoal.compare(sides, names=["short", "long"], pairs=8, figure="train_loss")


def decided(compared: Any, **numbers: Any) -> Any:
    """Return the comparison with another verdict."""
    plain = {"wins": 12, "losses": 3, "ties": 1, "effect": 0.012, "low": 0.004, "high": 0.02,
             "confidence": 0.965, "more_pairs": None}  # fmt: skip
    verdict = dataclasses.replace(compared.verdicts[0], **{**plain, **numbers})
    return dataclasses.replace(compared, verdicts=(verdict,), figure="validation_accuracy")


def test_the_winner_is_named_with_the_difference(compared: Any) -> None:
    better = decided(compared, outcome="better")
    assert verdict_words(better, "ja") == (
        "long は short より良い: 16 組のうち 12 組で勝ち、3 組で負けました。"
        "違いのある組での差: +1.2 ポイント (信頼度 96.5 % で +0.4 ポイントから +2.0 ポイント)。"
        "1 組は同じです。"
    )
    assert verdict_words(better, "ko") == (
        "더 나은 쪽은 long입니다(short보다): 16짝 가운데 12짝을 이기고 3짝을 졌습니다. "
        "차이가 나는 짝에서의 차이: +1.2포인트 (신뢰도 96.5 %로 +0.4포인트에서 +2.0포인트 사이). "
        "1짝은 같습니다."
    )
    # the other way round: a wins, so that its wins and its gain are told
    worse = decided(
        compared, outcome="worse", wins=3, losses=12, effect=-0.012, low=-0.02, high=-0.004
    )
    swapped = verdict_words(worse, "ja").replace("short は long", "long は short")
    assert swapped == verdict_words(better, "ja")


def test_what_is_open_says_what_would_settle_it(compared: Any) -> None:
    some = decided(compared, outcome="undecided", ties=0, low=-0.004, more_pairs=37)
    assert verdict_words(some, "ko") == (
        "아직 알 수 없습니다: long 쪽이 15짝 가운데 12짝을 이기고 3짝을 졌습니다. 차이가 나는 "
        "짝에서의 차이: +1.2포인트 (신뢰도 96.5 %로 -0.4포인트에서 +2.0포인트 사이). "
        "약 40짝을 더 하면 판가름 날 것입니다."
    )
    never = decided(compared, outcome="undecided", ties=0, effect=float("nan"))
    assert verdict_words(never, "ja") == (
        "まだ決まりません: long は 15 組のうち 12 組で勝ち、3 組で負けました。"
        "組を増やしても、決まる見込みはあまりありません。"
    )
    wide = decided(compared, outcome="no difference", ties=0, low=float("-inf"))
    assert verdict_words(wide, "ja").startswith("意味のある差はありません: long は 15 組のうち")
    assert verdict_words(wide, "ja").endswith(
        "+1.2 ポイント (信頼度 96.5 % で 不定から +2.0 ポイント)。"
    )


def test_english_is_shoals_own_sentence(compared: Any) -> None:
    assert verdict_words(compared, "en") == compared.sentence
    lesson = Lesson("luck", "ja")
    chart = lesson.differences(compared)
    assert chart.subtitle[0] == lesson.verdict(compared).removesuffix("。")
    (shown,) = lesson.show(chart).shown
    assert shown.subtitle[0] == chart.subtitle[0]
    assert shown.title == "組ごとの差: 学習の損失"
    assert Lesson("luck").differences(compared).subtitle[0] == compared.sentence.rstrip(".")
