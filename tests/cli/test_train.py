"""Tests of ``shoal train``: own data in, a model and its experiment out."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import shoal as package
from shoal.cli.options import names_in, names_text
from shoal.experiments.reading import override, read_document

FEW = ("population=2", "training.epochs=3")


def test_a_model_and_its_experiment(shoal: Any, models: Path) -> None:
    (models / "flowers.safetensors").unlink()
    (models / "flowers.toml").unlink()
    result = shoal("train", "flowers.csv", "--target", "species", *FEW)
    assert result.exit_code == 0
    assert result.stderr == "note: target 'species' read as classes, because it holds text\n"
    lines = result.stdout.splitlines()
    assert lines[0] == "flowers.csv: 2 networks 4-32-3, 3 epochs, adam 0.01"
    assert lines[-2:] == ["wrote flowers.safetensors", "wrote flowers.toml"]
    model = package.load("flowers.safetensors")
    assert model.schema.classes == ("setosa", "versicolor", "virginica")
    text = (models / "flowers.toml").read_text()
    assert text.startswith("# Made by: shoal train flowers.csv --target species\n\n")
    document = tomllib.loads(text)
    assert document["data"]["file"] == "flowers.csv"
    assert document["preprocess"]["scaling"] == "standard"


def test_what_made_it_can_be_called_again(shoal: Any, models: Path) -> None:
    (models / "g.csv").write_text("a b;y;z\n1,5;p;0\n;q;1\n2;q;2\n3;p;3\n")
    options = "--target y --drop 'z' --missing drop --separator ';' --decimal ,"
    assert shoal("train", "g.csv", *shlex.split(options), *FEW).exit_code == 0
    told = (models / "g.toml").read_text().partition("\n")[0]
    assert sorted(shlex.split(told)[6:]) == sorted(shlex.split(options))


def test_a_type_that_was_told_is_in_the_experiment_and_in_the_model(
    shoal: Any, models: Path
) -> None:
    rows = "".join(f"{'01234' if k % 2 else '1234'},{k},{'pq'[k % 2]}\n" for k in range(20))
    (models / "z.csv").write_text("zip,size,y\n" + rows)
    told = shoal("train", "z.csv", "-t", "y", "--types", "zip=category", *FEW)
    assert "column 'zip' read as 2 categories: '01234', '1234', as `types` says" in told.stderr
    text = (models / "z.toml").read_text()
    assert text.startswith("# Made by: shoal train z.csv --target y --types zip=category\n\n")
    assert tomllib.loads(text)["data"]["types"] == {"zip": "category"}
    assert package.load("z.safetensors").schema.feature_names == ("zip=01234", "zip=1234", "size")
    assert shoal("run", "z.toml", "-q", "-o", "again.safetensors").exit_code == 0
    first, again = package.load("z.safetensors"), package.load("again.safetensors")
    assert first.parameters.flat.tobytes() == again.parameters.flat.tobytes()
    answers = shoal("predict", "z.safetensors", "z.csv", "--json").stdout.splitlines()
    assert '"zip": "1234"' in answers[0]
    assert shoal("evaluate", "z.safetensors", "z.csv").exit_code == 0


def test_the_experiment_run_again_gives_the_same_bits(shoal: Any, models: Path) -> None:
    shoal("run", "flowers.toml", "-q", "-o", "again.safetensors")
    first, again = package.load("flowers.safetensors"), package.load("again.safetensors")
    assert first.parameters.flat.tobytes() == again.parameters.flat.tobytes()


def test_a_model_elsewhere_has_an_experiment_beside_it(shoal: Any, models: Path) -> None:
    (models / "out").mkdir()
    args = ("train", "flowers.csv", "-t", "species", *FEW, "-q", "-o", "out/model.safetensors")
    assert shoal(*args).exit_code == 0
    assert tomllib.loads((models / "out/model.toml").read_text())["data"]["file"] == (
        "../flowers.csv"
    )
    assert shoal("run", "out/model.toml", "-q").exit_code == 0


def test_a_result_alone_still_writes_the_model(shoal: Any, models: Path) -> None:
    result = shoal("train", "ja.csv", "-t", "種類", *FEW, "-f", "-o", "result.json")
    assert result.stdout.splitlines()[-3:] == [
        "wrote ja.safetensors",
        "wrote result.json",
        "wrote ja.toml",
    ]


def test_standard_input_needs_a_name_for_the_model(
    shoal: Any, models: Path, refused: Callable[..., str]
) -> None:
    table = (models / "flowers.csv").read_bytes()
    assert refused("train", "-", "-t", "species", stdin=table) == (
        "standard input has no name to call the model by. Give -o NAME.safetensors."
    )
    args = ("train", "-", "-t", "species", *FEW, "-q", "-o", "piped.safetensors")
    assert shoal(*args, stdin=table).exit_code == 0
    assert len(package.load("piped.safetensors")) == 2
    assert not (models / "piped.toml").exists()


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("utf-8-sig", ()),
        ("utf-16", ()),
        ("cp949", ("--encoding", "cp949")),
    ],
)
def test_encodings(shoal: Any, models: Path, encoding: str, options: tuple[str, ...]) -> None:
    table = (
        (models / "ja.csv").read_text(encoding="utf-8").replace("桜", "벚꽃").replace("梅", "매화")
    )
    (models / "text.csv").write_text(table, encoding=encoding)
    result = shoal("train", "text.csv", "-t", "種類", *FEW, "-q", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert package.load("text.safetensors").schema.classes == ("매화", "벚꽃")


def test_cp932_is_told_and_never_guessed(
    shoal: Any, models: Path, refused: Callable[..., str]
) -> None:
    table = (models / "ja.csv").read_text(encoding="utf-8").replace("색", "色")
    for korean, japanese in (("빨강", "赤"), ("파랑", "青")):
        table = table.replace(korean, japanese)
    (models / "sjis.csv").write_bytes(table.encode("cp932"))
    assert refused("train", "sjis.csv", "-t", "種類") == (
        "sjis.csv, line 1: the byte 0x92 at offset 0 is not valid UTF-8. If the file is in "
        "another encoding, name it: --encoding cp932 (Japanese), --encoding cp949 (Korean) or "
        "another."
    )
    assert shoal("train", "sjis.csv", "-t", "種類", *FEW, "--encoding", "cp932").exit_code == 0
    features = package.load("sjis.safetensors").schema.feature_names
    assert features == ("長さ", "幅", "色=赤", "色=青")


def test_numbers_give_a_regression(shoal: Any, models: Path) -> None:
    result = shoal("train", "prices.csv", "-t", "c", "--decimal", ",", *FEW, "-f")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "prices.csv: 2 networks 3-32-1, 3 epochs, adam 0.01"
    assert "validation R²" in result.stdout
    assert "accuracy" not in result.stdout
    model = package.load("prices.safetensors")
    assert (model.schema.kind, model.target_scalers[0].kind) == ("regression", "standard")


def test_features_and_drop_take_quoted_names(shoal: Any, folder: Path) -> None:
    rows = "".join(f"{k},{k % 3},{k % 2},{'yes' if k % 2 else 'no'}\n" for k in range(12))
    (folder / "t.csv").write_text('"a, b",c,d,y\n' + rows)
    assert shoal("train", "t.csv", "-t", "y", "--features", '"a, b",c', *FEW, "-q").exit_code == 0
    assert package.load("t.safetensors").schema.feature_names == ("a, b", "c")
    assert shoal("train", "t.csv", "-t", "y", "--drop", "c", *FEW, "-qf").exit_code == 0
    assert package.load("t.safetensors").schema.feature_names == ("a, b", "d")


@pytest.mark.parametrize(
    ("table", "args", "sentence"),
    [
        ("", (), "t.csv: is empty. A table starts with a line of column names."),
        ("a,y\n", (), "t.csv: has a header but no rows. Add rows below the column names."),
        (
            "a,y\n1,p\n2\n",
            (),
            "t.csv, line 3: the row has 1 value; the header has 2 columns. "
            "Complete the row, or remove it; a cell may be empty.",
        ),
        (
            "a,y\n1,p\n2,p\n",
            (),
            "t.csv, column 'y': the target has one class only, 'p'. Classification needs rows "
            "of at least two classes.",
        ),
        (
            "a,y\n1,p\nn/a,q\n",
            (),
            "t.csv, line 3, column 'a': 'n/a' is not a number. Give --missing drop or "
            "--missing mean to accept gaps.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("--target", "z"),
            "t.csv: there is no target 'z'; the columns are 'a', 'y'."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("--target", ""),
            "shoal train, data.target: must be text that is not empty, "
            "or a list with 1 or more entries; got ''."
            " Give a value within the bounds.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("data.samples=3",),
            "shoal train, data.samples: unknown key. Known keys: add, decimal, derived, drop, "
            "dummies, encoding, features, file, fingerprint, kind, label_noise, missing, multiply, "
            "separator, target, test, types, validation, weights.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("data.file=b.csv",),
            "'data.file=b.csv': the data is the file that shoal train is given."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("data.types.a=category",),
            "'data.types.a=category': use the option --types of shoal train instead."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "a,y\nx,p\nz,q\n",
            ("--types", "a=number"),
            "t.csv, line 2, column 'a': 'x' is not a number. Correct or empty the cell, or leave "
            "'a' out of --types.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("--types", "y=category"),
            "t.csv, column 'y': the target 'y' is also given the type of a feature. "
            "Leave 'y' out of --types, and say with --kind what the target is.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("--types", "a=text"),
            "--types: must be COLUMN=number or COLUMN=category, several with commas between; got "
            "a=text. See: shoal train --help.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("--types", "a=number,a=category"),
            "--types: the column a is named twice. Name it once. See: shoal train --help.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("data.missing=drop",),
            "'data.missing=drop': use the option --missing of shoal train instead."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "a,y\n1,p\n,q\n",
            ("missing=drop",),
            "'missing=drop': use the option --missing of shoal train instead."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "a,y\n1,p\n2,q\n",
            ("-o", "taken.safetensors"),
            "taken.toml: exists already. Give --force to replace it.",
        ),
    ],
)
def test_what_is_refused(
    refused: Callable[..., str], folder: Path, table: str, args: tuple[str, ...], sentence: str
) -> None:
    (folder / "t.csv").write_text(table)
    (folder / "taken.toml").write_text("")
    target = () if "--target" in args else ("--target", "y")
    assert refused("train", "t.csv", *target, *args) == sentence


def test_a_file_that_is_not_there_is_named_as_it_was_given(
    refused: Callable[..., str], folder: Path
) -> None:
    (folder / "out").mkdir()
    args = ("train", "no.csv", "-t", "y", "-o", "out/m.safetensors")
    assert refused(*args) == "no.csv: there is no such file. Look at the spelling and the folder."


def test_the_written_experiment_can_be_changed(models: Path) -> None:
    document = override(read_document(Path("flowers.toml")), ["training.epochs=7"])
    assert document["training"]["epochs"] == 7


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ("a",)),
        (" a ,b", ("a", "b")),
        ("", ()),
        ("a,", ("a", "")),
        ('"b,c", d', ("b,c", "d")),
        ('size "m",x', ('size "m"', "x")),
        ('"size ""m""",x', ('size "m"', "x")),
        ('"open', ('"open',)),
        ("two\nlines,x", ("two\nlines", "x")),
        ('"two\r\nlines",x', ("two\r\nlines", "x")),
        ('"a"b', ('"a"b',)),
    ],
)
def test_names_with_commas_between(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names
    assert names_in(names_text(names)) == names
