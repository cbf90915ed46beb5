"""Lesson 1: the published system's numbers, and that what it says is so at every slider."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from shoal.lessons.carrying import Carried, carry_out, load_notebook
from shoal.lessons.contents import Checked, LabLink, Picture, Revealed, Table
from shoal.lessons.shelf import find
from shoal.lessons.texts import read_texts

RATES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.5)


@pytest.fixture(scope="module")
def lesson() -> Carried:
    return carry_out("or")


def answer(lesson: Carried, asked: str) -> Revealed:
    """Return a result by a part of its question."""
    return next(each for each in lesson.contents(Revealed) if asked in each.question)


def test_it_trains_the_published_system(lesson: Carried) -> None:
    run = lesson.values["run"]
    # cases/README.md, system 1: 3 epochs of 1,000 batches of 32, two named inputs, dense 8 relu,
    # dense 1 sigmoid, binary cross-entropy, SGD 0.01
    assert set(run.steps) == {3000}
    training = run.experiment.training
    assert (training.batch_size, training.loss) == (32, "binary_crossentropy")
    assert training.optimizer.learning_rate == 0.01
    assert [each.name for each in run.network.inputs] == ["input1", "input2"]
    assert [(each.units, each.activation) for each in run.network.layers] == [
        (8, "relu"), (1, "sigmoid"),
    ]  # fmt: skip
    assert (run.final("validation_accuracy") == 1).all()


def test_the_table_of_the_network_counts_33_numbers(lesson: Carried) -> None:
    # (2 + 1) * 8 + (8 + 1) * 1
    assert answer(lesson, "How many numbers").truth == "33"
    layers = next(each for each in lesson.contents(Table) if "relu" in str(each.rows))
    assert [row[2] for row in layers.rows] == ["24", "9"]


def test_jitter_is_from_0_to_0_05_and_labels_are_counted(lesson: Carried) -> None:
    moved, pairs = lesson.values["moved"], lesson.values["pairs"]
    assert 0 <= (moved - pairs).min() < (moved - pairs).max() < 0.05
    assert answer(lesson, "32 random pairs").truth == str((pairs.sum(axis=1) > 0).sum())


def test_losses_of_four_ways_to_answer_are_those_of_the_formula(lesson: Carried) -> None:
    # labels 0 1 1 1: always p costs -(3 log p + log(1 - p)) / 4; q on the right side costs -log q
    def always(p: float) -> float:
        return -(3 * math.log(p) + math.log(1 - p)) / 4

    expected = [always(0.99), always(0.75), -math.log(0.6), -math.log(0.99)]
    table = next(each for each in lesson.contents(Table) if "0.99 to every row" in str(each.rows))
    assert [row[1] for row in table.rows] == [f"{loss:.4f}" for loss in expected]
    assert [row[2] for row in table.rows] == ["0.7500", "0.7500", "1.0000", "1.0000"]
    assert answer(lesson, "0.99 to every row").truth == "0.75"


def test_a_network_at_075_says_1_to_all_four_rows(lesson: Carried) -> None:
    run, points = lesson.values["run"], lesson.values["points"]
    first = run.history["validation_accuracy"][:, 0]
    said = run.network.forward(run.at(1000), points)[:, :, 0]
    assert set(first) == {0.75, 1.0}
    assert (said[first == 0.75] > 0.5).all()
    assert (
        answer(lesson, "first epoch").truth
        == {0.75: "0.75", 1.0: "more than 0.75"}[np.median(first)]
    )


def test_fifteen_trainings_become_one_function(lesson: Carried) -> None:
    fifteen = lesson.values["fifteen"]
    assert (len(fifteen), fifteen.experiment.training.optimizer.learning_rate) == (15, 0.05)
    assert answer(lesson, "15 curves").truth == "nearly on one line"
    (film,) = lesson.contents(Picture)
    assert film.kind == "image/svg+xml"
    assert film.content.count(b'attributeName="points"') == 15
    # the left end is pulled up before it is held down
    left = [np.median(said[:, 0]) for said in lesson.values["along"]]
    assert left[0] < left[1] < left[2] > 0.55
    assert left[-1] < 0.1


def test_rate_times_steps_counts(lesson: Carried) -> None:
    # ten small steps or one ten times as long: the same place to the first order
    assert 0.9 < lesson.values["by_rate"] / lesson.values["by_epochs"] < 1.1
    assert answer(lesson, "smaller loss").truth == "they are within 10 % of each other"


def test_questions_have_computed_answers(lesson: Carried) -> None:
    (checked,) = lesson.contents(Checked)
    told = [each.truth for each in checked.answers]
    # (2 + 1) * 4 + (4 + 1) * 1; -log 0.1 = 2.3026
    assert told == ["17", "lower", "2.3"]


def test_it_links_to_the_same_experiment(lesson: Carried) -> None:
    from shoal.lab.fragment import read_fragment

    (link,) = lesson.contents(LabLink)
    document = read_fragment(link.fragment).session.experiment
    assert document == lesson.values["run"].experiment.document()


@pytest.mark.parametrize(("epochs", "rate"), [(1, 0.5), (10, 0.001), (1, 0.001)])
def test_claims_hold_where_sliders_are_elsewhere(epochs: int, rate: float) -> None:
    check_claims(carry_out("or", epochs=epochs, rate=rate))


@pytest.mark.slow
def test_claims_hold_everywhere() -> None:
    for epochs, rate in itertools.product((1, 2, 3, 5, 10), RATES):
        check_claims(carry_out("or", epochs=epochs, rate=rate))


def check_claims(moved: Carried) -> None:
    """Check what the lesson says of the run that its sliders train."""
    run, points = moved.values["run"], moved.values["points"]
    # "It is (0, 0) ... the lonely 0": the text says why, so it must always be this point
    assert answer(moved, "furthest").truth == "(0, 0)"
    first = run.history["validation_accuracy"][:, 0]
    said = run.network.forward(run.at(1000), points)[:, :, 0]
    assert (said[first == 0.75] > 0.5).all()
    loss = float(np.median(run.final("validation_loss")))
    told = answer(moved, "the loss at the end").truth
    expected = "practically" if loss < 1e-3 else "between" if loss < 0.5 else "above"
    assert told.startswith(expected)
    assert loss > 0


def test_the_sheet_is_what_the_command_line_prints(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from shoal.cli.app import app

    found = load_notebook(find(1).notebook).sheet(7)
    (document,) = re.findall(r"```toml\n(.*?)```", read_texts(find(1).texts)["sheet"]["en"], re.S)
    example = tmp_path / "or.toml"
    example.write_text(document, "utf-8")

    def median(figure: str, *changes: str) -> float:
        args = ["run", str(example), "seed=7", *changes, "--json", "--no-store", "--quiet"]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.stderr
        return float(json.loads(result.stdout)["summary"][figure]["median"])

    assert found["loss"] == pytest.approx(median("validation_loss"))
    assert found["short"] == median("validation_accuracy", "training.epochs=1")
    rate = "training.optimizer.learning_rate=0.05"
    assert found["fast"] == pytest.approx(median("validation_loss", rate))
    # 7 % 9 + 1 = 8: -log(1 - 0.8) = 1.6094
    assert found["hand"] == pytest.approx(1.6094, abs=5e-5)
