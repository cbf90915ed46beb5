"""`shoal new`: files that say what every key means, run as they are, and hold what they say."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.cli.new import experiment_of, new_text
from shoal.data.tasks import TASKS
from shoal.experiments import Experiment
from shoal.experiments.prepare import prepare
from shoal.lab.starts import STARTS

OPEN = re.compile(r"^#(\w+ = .*)$", re.MULTILINE)
"""A key without a value."""


def read(text: str, folder: Path = Path()) -> Experiment:
    return Experiment.read(tomllib.loads(text), folder=folder)


def test_nothing_asked_for_is_the_experiment_of_all_defaults(shoal: Any) -> None:
    result = shoal("new")
    assert (result.exit_code, result.stderr) == (0, "")
    assert read(result.stdout) == Experiment()


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_the_file_of_a_task_says_what_the_task_is_learnt_with(task: str, everything: bool) -> None:
    text = new_text(experiment_of(task), task, None, everything=everything)
    wanted = Experiment.read({"data": {"task": task}} if task == "greater" else STARTS[task])
    assert read(text) == wanted
    assert max(map(len, text.splitlines())) <= 79


@pytest.mark.parametrize("task", TASKS)
def test_the_file_of_a_task_can_be_prepared_for_training(task: str) -> None:
    text = new_text(experiment_of(task), task, None, everything=False)
    small = {"population": {"size": 1}}
    assert len(prepare(Experiment.read(tomllib.loads(text) | small)).seeds) == 1


@pytest.mark.parametrize("task", ["greater", "digits", "xor"])
def test_every_key_behind_a_sign_is_valid_without_the_sign(task: str) -> None:
    text = new_text(experiment_of(task), task, None, everything=True)
    found = OPEN.findall(text)
    # seven streams, and nine keys of training that have no value by default
    assert {line.partition(" ")[0] for line in found} >= {
        "loss", "schedule", "stop", "clip_norm", "clip_value", "class_weight", "restore_best",
        "frozen", "inputs", "derived", "data", "noise", "split", "init", "order", "search",
    }  # fmt: skip
    for line in found:
        if line.startswith(("alpha", "at_zero")):
            continue  # of one activation alone, as the comment above them says
        changed = text.replace(f"#{line}", line, 1)
        assert len(tomllib.loads(changed)) > 0
        prepare(Experiment.read(tomllib.loads(changed) | {"population": {"size": 1}}))


def test_all_keys_of_the_schema_are_there(shoal: Any) -> None:
    text = shoal("new", "--all").stdout
    defs = Experiment.model_json_schema()["$defs"]
    tables = ("Greater", "Preprocess", "Network", "Dense", "Training", "Adam", "Regularization",
              "Population", "Streams")  # fmt: skip
    for name in tables:
        for key in defs[name]["properties"]:
            assert re.search(rf"^(#?{key} = |\[+[\w.]*\b{key}\]+$)", text, re.MULTILINE), key


def test_every_key_has_a_comment_with_its_meaning_bounds_and_default(shoal: Any) -> None:
    lines = shoal("new").stdout.splitlines()
    at = lines.index('batch_size = 32  # "full" or a whole number from 1 on; default 32')
    assert lines[at - 1] == '# Rows of a step, or "full" for all.'
    assert "learning_rate = 0.001  # a number above 0; default 0.001" in lines
    told = [number for number, line in enumerate(lines) if re.match(r"#?\w+ = ", line)]
    # layers after the first do not say again what their keys mean
    silent = [lines[n] for n in told if not lines[n - 1].startswith("# ")]
    assert {line.partition(" ")[0] for line in silent} == {"units", "activation"}
    assert len(silent) == 6


def test_a_table_of_ones_own(shoal: Any, models: Path) -> None:
    result = shoal("new", "mine.toml", "--data", "flowers.csv", "--target", "species", "--all")
    assert (result.exit_code, result.stdout) == (0, "wrote mine.toml\n")
    assert result.stderr == "to carry it out: shoal run mine.toml\n"
    made, trained = Experiment.load("mine.toml"), Experiment.load("flowers.toml")
    same = {"population": trained.population}
    known = trained.data.model_copy(update={"fingerprint": None})
    training = made.training.model_copy(update={"epochs": trained.training.epochs})
    assert made.model_copy(update={**same, "training": training}) == trained.model_copy(
        update={"data": known}
    )
    text = Path("mine.toml").read_text()
    for line in OPEN.findall(text):
        if not line.startswith(("alpha", "at_zero")):
            prepare(Experiment.read(tomllib.loads(text.replace(f"#{line}", line, 1))))
    assert shoal("run", "mine.toml", "population=1", "training.epochs=1", "-q").exit_code == 0


def test_a_file_is_found_from_the_folder_of_the_experiment(shoal: Any, models: Path) -> None:
    (models / "sub").mkdir()
    shoal("new", "sub/mine.toml", "--data", "flowers.csv", "-t", "species")
    assert tomllib.loads(Path("sub/mine.toml").read_text())["data"]["file"] == "../flowers.csv"


EUROPEAN = '"größe ""m""";"a, b";"种\n類";y\n' + "".join(
    f"{k},5;{'' if k == 3 else f'{k % 4},25'};{k % 3},5;{'ja' if k % 2 else 'nein'}\n"
    for k in range(12)
)
"""Semicolons, decimal commas, a gap, and names that have to be quoted everywhere."""


def test_a_table_is_read_as_it_is_told(shoal: Any, refused: Any, folder: Path) -> None:
    (folder / "e.csv").write_bytes(EUROPEAN.encode("utf-16"))
    asked = ("new", "e.toml", "--data", "e.csv", "-t", "y")
    assert "Give --missing drop or --missing mean to accept gaps." in refused(
        *asked, "--decimal", ","
    )
    cure = 'If "," is its decimal mark, give --decimal ,.'
    assert cure in refused(*asked)
    made = shoal(*asked, "--decimal", ",", "--missing", "mean", "--drop", '"a, b"', "--encoding",
                 "utf-16")  # fmt: skip
    assert made.exit_code == 0, made.stderr
    data = Experiment.load("e.toml").data
    assert (data.decimal, data.missing, data.drop, data.encoding) == (
        ",", "mean", ("a, b",), "utf-16",
    )  # fmt: skip
    assert 'encoding = "utf-16"' in Path("e.toml").read_text()  # though it is no common key
    short = ("population=1", "training.epochs=1", "-q", "--no-store")
    assert shoal("run", "e.toml", *short).exit_code == 0
    # as with shoal train: the same options, the same experiment of the data
    made = shoal("train", "e.csv", *asked[4:], "--decimal", ",", "--missing", "mean", "--drop",
                 '"a, b"', "--encoding", "utf-16", *short, "-o", "t.safetensors")  # fmt: skip
    assert made.exit_code == 0, made.stderr
    trained = Experiment.load("t.toml").data
    assert trained.model_copy(update={"fingerprint": None}) == data
    assert """--drop '"a, b"'""" in Path("t.toml").read_text().splitlines()[0]


def test_types_of_columns_are_in_the_file_whatever_columns_are_called(
    shoal: Any, folder: Path
) -> None:
    rows = "".join(f"0{k % 3},{k},{'ja' if k % 2 else 'nein'}\n" for k in range(12))
    for name in ("name", "a b", "loss"):
        (folder / "e.csv").write_text(f"{name},b,y\n{rows}")
        asked = ("new", "e.toml", "--data", "e.csv", "-t", "y", "--force")
        assert shoal(*asked).exit_code == 0
        assert "types" not in Path("e.toml").read_text()
        made = shoal(*asked, "--types", f"{name}=category")
        assert made.exit_code == 0, made.stderr
        experiment = Experiment.load("e.toml")
        assert experiment.data.types == {name: "category"}
        (part,) = prepare(experiment, members=range(1)).parts
        assert part.dataset.schema.feature_names == (f"{name}=00", f"{name}=01", f"{name}=02", "b")


def test_every_key_is_valid_whatever_columns_are_called(shoal: Any, folder: Path) -> None:
    (folder / "e.csv").write_text(EUROPEAN.replace(";;", ";1,5;"), encoding="utf-8")
    shoal("new", "e.toml", "--data", "e.csv", "-t", "y", "--decimal", ",", "--all")
    text = Path("e.toml").read_text()
    for key in ("derived", "features", "drop", "weights", "types"):
        (line,) = (line for line in OPEN.findall(text) if line.startswith(f"{key} = "))
        prepare(Experiment.read(tomllib.loads(text.replace(f"#{line}", line, 1))))


def test_a_target_may_have_a_comma_in_its_name(shoal: Any, folder: Path) -> None:
    (folder / "c.csv").write_text('a,"b,c"\n' + "1,p\n2,q\n" * 5)
    for options in (("new", "c.toml", "--data"), ("train",)):
        made = shoal(*options, "c.csv", "-t", '"b,c"', "--force")
        assert made.exit_code == 0, made.stderr
    assert Experiment.load("c.toml").data.target == "b,c"
    assert """--target '"b,c"'""" in Path("c.toml").read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("my table", "shoal run 'my table.toml'"),
        ("esc\x1b[31m\x7f", "shoal run 'esc\\x1b[31m\\x7f.toml'"),
        ("two\nlines]", "shoal run 'two\\nlines].toml'"),
    ],
)
def test_files_may_have_any_name(shoal: Any, folder: Path, name: str, command: str) -> None:
    (folder / f"{name}.csv").write_text("a,y\n" + "1,p\n2,q\n" * 5)
    made = shoal("new", f"{name}.toml", "--data", f"{name}.csv", "-t", "y")
    assert made.stderr == f"to carry it out: {command}\n"
    assert Experiment.load(f"{name}.toml").data.file == f"{name}.csv"  # it is TOML, first of all


def test_a_name_that_is_no_text_is_told(shoal: Any, folder: Path) -> None:
    made = shoal("new", "bad\udcff.toml", "--json")
    assert json.loads(made.stdout)["files"][0]["path"] == "bad\udcff.toml"
    assert [path.name for path in folder.iterdir()] == ["bad\udcff.toml"]


def test_what_is_there_is_kept_unless_force_says_otherwise(
    shoal: Any, folder: Path, refused: Callable[..., str]
) -> None:
    (folder / "a.toml").write_text("seed = 4\n")
    assert "a.toml: exists already. Give --force to replace it." in refused("new", "a.toml")
    assert shoal("new", "a.toml", "--force").exit_code == 0
    assert Experiment.load("a.toml") == Experiment()


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--task", "xor", "--data", "a.csv", "-t", "b"],
         "--data: --task xor has rows of its own. Leave one of the two out."),
        (["--data", "a.csv"], "--data: needs the column to predict. Give --target COLUMN."),
        (["-t", "b"], "--target: is a column of a table. Name the table: --data FILE."),
        (["--decimal", ","], "--decimal: says how to read a table. Name the table: --data FILE."),
        (["a.json"], "a.json: must end in .toml (an experiment)."),
        (["--task", "spirl"], "there is no task 'spirl'. Did you mean 'spiral'?"),
        (["--data", "none.csv", "-t", "b"], "none.csv"),
    ],
)  # fmt: skip
def test_wishes_that_do_not_fit(
    refused: Callable[..., str], args: list[str], sentence: str
) -> None:
    assert sentence in refused("new", *args)


def test_json_says_what_was_written(shoal: Any, folder: Path) -> None:
    found = json.loads(shoal("new", "a.toml", "--task", "xor", "--json").stdout)
    written = (folder / "a.toml").read_bytes()
    assert found["files"] == [{
        "path": "a.toml", "bytes": len(written), "sha256": hashlib.sha256(written).hexdigest(),
    }]  # fmt: skip
    assert (found["task"], found["data"], found["text"]) == ("xor", None, None)
    assert found["keys"][:2] == ["seed", "data.task"]
    assert "network.layers.1.activation" in found["keys"]
    printed = json.loads(shoal("new", "--json").stdout)
    assert read(printed["text"]) == Experiment()
