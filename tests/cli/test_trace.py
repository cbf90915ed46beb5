"""``shoal trace``: runs, models, files, and what cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import shoal
from shoal.cli.app import app
from shoal.models import load_model

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = ["training.epochs=2", "population.size=2"]


def call(*args, code=0):
    result = CliRunner().invoke(app, ["trace", *map(str, args)], env={"COLUMNS": "80"})
    assert result.exit_code == code, result.stderr
    return result


def refused(*args):
    result = call(*args, code=2)
    assert result.stdout == ""
    return result.stderr.strip().partition("]: ")[2]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trace")
    table = folder / "flowers.csv"
    rows = ["length,width,kind"]
    rows += [f"{4 + k % 7 / 2},{1 + k % 5 / 4},{'tall' if k % 7 > 3 else 'low'}" for k in range(60)]
    table.write_text("\n".join(rows) + "\n")
    experiment = shoal.Experiment(
        data={"file": str(table), "target": "kind"},
        preprocess={"scaling": "standard"},
        network=shoal.Network([shoal.Dense(3, "tanh"), shoal.Dense(1, "sigmoid")]),
        training={"epochs": 4},
        population=2,
    )
    path = folder / "flowers.safetensors"
    experiment.run().ensemble.save(path)
    return path, table


def test_an_experiment_is_carried_out_and_worked():
    text = call(EXAMPLES / "or.toml", *SMALL, "--row", 4, "--step", 20, "--network", 1).stdout
    lines = text.splitlines()
    assert lines[0] == "4th row of or, network 1 at step 20 of 2,000"
    assert max(map(len, lines)) <= 80
    assert "── Layer 2: sigmoid, 8 → 1 unit " in text
    assert "── Loss " in text
    assert "── Back " not in text
    assert "── Update " not in text


def test_backward_and_update_are_there_when_asked_for():
    how = [EXAMPLES / "or.toml", *SMALL, "--row", 4, "--step", 20]
    text = call(*how, "--backward", "--update").stdout
    assert "── Back through layer 2: sigmoid " in text
    assert "── Update 21 (epoch 1): sgd " in text
    assert "── Update" in call(*how, "--update").stdout
    assert "── Back" not in call(*how, "--update").stdout


def test_an_update_without_a_step_is_the_last():
    made = call(EXAMPLES / "or.toml", *SMALL, "--row", 1, "--update", "--json").stdout
    document = json.loads(made)
    assert (document["step"], document["update"]["step"]) == (1999, 2000)


def test_the_document_is_that_of_python():
    made = call(EXAMPLES / "or.toml", *SMALL, "--row", 4, "--step", 20, "--backward", "--json")
    run = shoal.Experiment.load(EXAMPLES / "or.toml", SMALL).run()
    wanted = run.trace(3, step=20, update=False).to_dict()
    assert json.loads(made.stdout) == json.loads(json.dumps(wanted)) | {"files": []}
    assert wanted["format"] == "shoal-trace"


def test_folded_and_unfolded():
    how = [EXAMPLES / "digits.toml", "training.epochs=1", "population.size=1", "--row", 1]
    text = call(*how).stdout
    assert "56 more terms, together" in text
    assert "92 more units not shown" in text
    whole = json.loads(call(*how, "--all", "--json").stdout)
    assert [len(layer["units"]) for layer in whole["layers"]] == [100, 10]
    assert not any(unit["sum"]["folded"] for layer in whole["layers"] for unit in layer["units"])


def test_files(tmp_path):
    paths = [tmp_path / f"trace{suffix}" for suffix in (".html", ".tex", ".json", ".txt")]
    outputs = [word for path in paths for word in ("-o", path)]
    how = [EXAMPLES / "or.toml", *SMALL, "--row", 4, "--step", 20, "--backward", "--update"]
    said = call(*how, *outputs).stdout
    assert said.startswith("4th row of or, network ")
    html, tex, document, text = (path.read_text("utf-8") for path in paths)
    assert html.startswith("<!doctype html>")
    assert "<math" in html
    assert tex.startswith("\\documentclass")
    assert json.loads(document)["row"] == 3
    assert text.startswith("4th row of or, network ")
    before = html
    assert refused(*how, *outputs).endswith("exists already. Give --force to replace it.")
    assert paths[0].read_text("utf-8") == before
    call(*how, *outputs, "--force")


def test_a_model_and_a_row_by_its_columns(model):
    path, _ = model
    text = call(path, "--input", "length=5.5,width=1.25").stdout
    assert text.startswith("a row, network ")
    assert "The network sees (x − mean) / deviation" in text
    assert "── Loss" not in text
    document = json.loads(
        call(path, "--input", "length=5.5", "--input", "width=1.25,kind=tall", "--backward",
             "--network", 0, "--json").stdout
    )  # fmt: skip
    loaded = load_model(path)
    p = float(loaded[0].predict_proba([[5.5, 1.25]])[0, 1])
    assert document["output"]["answers"][1]["value"] == pytest.approx(p, rel=1e-6)
    assert document["loss"]["name"] == "binary_crossentropy"
    assert document["backward"]["layers"][0]["index"] == 2


def test_a_model_and_a_row_of_a_table(model):
    path, table = model
    document = json.loads(call(path, "--rows", table, "--row", 4, "--backward", "--json").stdout)
    assert document["row"] == 3  # from 0, as in Python
    # its length 4 + 3 / 2, width 1 + 3 / 4, low
    assert [each["raw"] for each in document["inputs"]] == [5.5, 1.75]
    assert document["loss"]["targets"][0]["y"] in (0.0, 1.0)
    assert document["title"].startswith("4th row of flowers.csv (line 5), network ")


def test_a_stored_run(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "home"))
    runner = CliRunner()
    made = runner.invoke(app, ["run", str(EXAMPLES / "or.toml"), *SMALL, "--quiet"])
    assert made.exit_code == 0, made.stderr
    text = call("@last", "--row", 1, "--step", 5, "--update").stdout
    assert "── Update 6 (epoch 1): sgd " in text


OR = str(EXAMPLES / "or.toml")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([OR], "--row: is missing. Name a row, or give one by --input COLUMN=VALUE."),
        (
            [OR, *SMALL, "--row", 5],
            "--row: must be from 1 to 4; got 5. Give one of the values that the message names.",
        ),
        (
            [OR, *SMALL, "--row", 1, "--step", 2001],
            "--step: must be from 0 to 2000; got 2001."
            " Give one of the values that the message names.",
        ),
        (
            [OR, *SMALL, "--row", 1, "--network", 2],
            "--network: must be best or 0 to 1; got 2."
            " Give one of the values that the message names.",
        ),
        (
            [OR, *SMALL, "--row", 1, "--step", 2000, "--update", "--network", 0],
            "--step: must be from 0 to 1999 for an update to follow; got 2000. "
            "Network 0 took 2,000 steps.",
        ),
        (
            [OR, "--row", 1, "--input", "input1=1"],
            "--input: gives a row of its own. Leave it or --row out.",
        ),
        (
            [OR, "--row", 1, "--rows", "t.csv"],
            "--rows: is for a model; a run has rows of its own. Leave it out.",
        ),
        (
            [OR, *SMALL, "--input", "input1=1"],
            "--input: the feature 'input2' is missing. Give all 2.",
        ),
        (
            [OR, *SMALL, "--input", "input1=nan,input2=1"],
            "--input: 'input1' must be a number; got nan."
            " Give one of the values that the message names.",
        ),
        (
            [OR, *SMALL, "--input", "inputs1=1"],
            "--input: there is no column 'inputs1'. Did you mean 'input1'?",
        ),
        (
            [OR, *SMALL, "--input", "input1"],
            "--input: must be COLUMN=VALUE; got input1."
            " Give one of the values that the message names.",
        ),
        (
            [OR, *SMALL, "--input", "input1=1,input1=2"],
            "--input: the column 'input1' is given twice. Leave one out, or give the other too.",
        ),
        (
            [OR, *SMALL, "--input", "input1=1,input2=0", "--update"],
            "--update: needs a row of the data, whose target is known. "
            "Give --row in place of --input.",
        ),
        (
            [OR, "--row", 1, "-o", "x.pdf"],
            "x.pdf: must end in .html (a page), .tex (LaTeX), .json (the document) or .txt (text)."
            " Give the file one of these endings.",
        ),
        (
            [OR, "--row", 1, "-o", "x.tex", "-o", "x.tex"],
            "x.tex: is named twice as an output. Name it once.",
        ),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(args, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused(*args) == sentence
    assert os.listdir(tmp_path) == []


def test_what_a_model_does_not_have(model, tmp_path):
    path, table = model
    cases = {
        ("--row", 3): (
            "--row: is row 3 of what? "
            "Name the table with --rows, or give the experiment or the stored run."
        ),
        ("--rows", table, "--row", 61): (
            f"--row: must be from 1 to 60, since {table} has 60 rows; got 61."
            " Give one of the values that the message names."
        ),
        ("--input", "length=1,width=1", "--step", 3): (
            "--step: is of a training, which a model does not hold. "
            "Give the experiment or the stored run."
        ),
        ("--input", "length=1,width=1", "--update"): (
            "--update: is of a training, which a model does not hold. "
            "Give the experiment or the stored run."
        ),
        ("--input", "length=1,width=1", "--backward"): (
            "--backward: needs the target 'kind', from which the loss is. "
            "Give it as a column of the row."
        ),
        ("training.epochs=3", "--input", "length=1,width=1"): (
            "training.epochs=3: a model cannot be changed so. Give the experiment's file."
        ),
        ("--input", "length=1,width=1", "--network", 2): (
            "--network: must be best or 0 to 1; got 2."
            " Give one of the values that the message names."
        ),
    }
    for args, sentence in cases.items():
        assert refused(path, *args) == sentence
    assert "'length'" in refused(path, "--input", "length=abc,width=1")
    assert "'kind'" in refused(path, "--input", "length=1,width=1,kind=huge")


@pytest.fixture
def never_trains(monkeypatch):
    """Fail where anything is trained."""

    def train(*args, **how):
        raise AssertionError("trained")

    monkeypatch.setattr("shoal.experiments.launch.carry_out", train)
    monkeypatch.setattr("shoal.experiments.sweep.Sweep.run", train)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["--row", 5],
            "--row: must be from 1 to 4; got 5. Give one of the values that the message names.",
        ),
        (
            ["--row", 1, "--step", 2001],
            "--step: must be from 0 to 2000; got 2001."
            " Give one of the values that the message names.",
        ),
        (
            ["--row", 1, "--network", 2],
            "--network: must be best or 0 to 1; got 2."
            " Give one of the values that the message names.",
        ),
        (
            ["--input", "input1=1"],
            "--input: the feature 'input2' is missing. Give all 2.",
        ),
    ],
)
def test_what_is_known_before_training_is_told_before_it(args, sentence, never_trains):
    assert refused(OR, *SMALL, *args) == sentence


def test_a_sweep_is_not_trained_to_be_refused(never_trains):
    told = refused(EXAMPLES / "sweep_or.toml", "--row", 1)
    assert told.endswith(
        "sweep_or.toml: is a sweep, which has no one network to look into. "
        "Give an experiment, a run or a model."
    )


def test_rows_count_from_1_as_in_importance():
    sentence = refused(OR, "--row", 0)
    assert sentence.startswith("--row: must be a whole number from 1 ")
    made = json.loads(call(OR, *SMALL, "--row", 1, "--step", 0, "--json").stdout)
    assert (made["row"], made["title"][:14]) == (0, "1st row of or,")


def test_a_network_that_grew_too_far_is_told_by_its_step():
    growing = [
        EXAMPLES / "points.toml",
        'network.layers=[{units=8,activation="relu"},{units=1,activation="identity"}]',
        "training.loss=squared_error",
        'training.optimizer={name="sgd",learning_rate=50.0}',
        "training.epochs=30", "population.size=1",
    ]  # fmt: skip
    told = refused(*growing, "--row", 3)
    assert told.startswith("--step: must keep the loss finite in float32; got inf. Step ")
    assert told.endswith(" is too late; give an earlier one.")


@pytest.mark.parametrize("kind", ["", "huge"])
def test_a_row_whose_target_is_not_known_goes_forward(model, tmp_path, kind):
    path, _ = model
    table = tmp_path / "new.csv"
    table.write_text(f"length,width,kind\n4,1,low\n5.5,1.75,{kind}\n")
    document = json.loads(call(path, "--rows", table, "--row", 2, "--json").stdout)
    assert (document["loss"], document["row"]) == (None, 1)
    assert document["notes"][0].startswith(f"No loss, since the target is not known. {table}, line")
    told = refused(path, "--rows", table, "--row", 2, "--backward")
    assert told.startswith(f"{table}, line 3, column 'kind': ")
