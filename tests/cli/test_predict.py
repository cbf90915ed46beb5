"""Tests of ``shoal predict``: the columns that came, and the answers beside them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEADER = "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm"
ROW = "5.1,3.5,1.4,0.2"
CLASSES = ["probability_setosa", "probability_versicolor", "probability_virginica"]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_columns_that_came_plus_answers(shoal: Any, models: Path) -> None:
    result = shoal("predict", "flowers.safetensors", "flowers.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    found = rows_of(result.stdout)
    assert len(found) == 150
    assert list(found[0]) == [*HEADER.split(","), "species", "class", *CLASSES, "disagreement"]
    came = rows_of((models / "flowers.csv").read_text())
    assert [row["species"] for row in found] == [row["species"] for row in came]
    right = sum(row["class"] == row["species"] for row in found)
    assert right > 120
    for row in found:
        assert sum(float(row[name]) for name in CLASSES) == pytest.approx(1, abs=1e-6)


def test_one_network_has_no_disagreement(shoal: Any, models: Path) -> None:
    for which in ("best", "3"):
        result = shoal("predict", "flowers.safetensors", "flowers.csv", "--network", which)
        assert list(rows_of(result.stdout)[0])[-1] == "probability_virginica"


def test_standard_input_and_a_file_to_write(shoal: Any, models: Path) -> None:
    table = f"{HEADER}\n{ROW}\n"
    piped = shoal("predict", "flowers.safetensors", "-", stdin=table)
    written = shoal("predict", "flowers.safetensors", "-", "-o", "out.csv", stdin=table)
    assert (written.exit_code, written.stdout) == (0, "")
    assert (models / "out.csv").read_text() == piped.stdout
    assert shoal("predict", "flowers.safetensors", "-", "-o", "out.csv", stdin=table).exit_code == 2


def test_a_row_from_the_command_line(shoal: Any, models: Path) -> None:
    result = shoal("predict", "or.safetensors", "input1=0", "input2=1")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == [
        "input1", "input2", "class", "probability_0", "probability_1", "disagreement",
    ]  # fmt: skip
    assert lines[2] == ["class", "1"]


def test_json_has_numbers_where_the_model_has_numbers(shoal: Any, models: Path) -> None:
    result = shoal("predict", "ja.safetensors", "長さ=1", "幅=2.5", "색=빨강", "--json")
    found = json.loads(result.stdout)
    assert found["長さ"] == 1
    assert found["幅"] == 2.5
    assert found["색"] == "빨강"
    assert found["class"] in ("桜", "梅")
    assert found["probability_桜"] + found["probability_梅"] == pytest.approx(1, abs=1e-6)
    answer = json.loads(shoal("predict", "or.safetensors", "input1=1", "input2=1", "--json").stdout)
    assert answer["class"] == "1"
    lines = shoal("predict", "ja.safetensors", "ja.csv", "--json").stdout.splitlines()
    assert len(lines) == 10
    assert json.loads(lines[0])["種類"] == "桜"


def test_decimal_commas_everywhere(shoal: Any, models: Path) -> None:
    table = shoal("predict", "prices.safetensors", "prices.csv", "--decimal", ",")
    first = rows_of(table.stdout)[0]
    assert first["a"] == "1,5"
    row = shoal("predict", "prices.safetensors", "a=1,5", "b=x;y", "--decimal", ",", "--json")
    found = json.loads(row.stdout)
    assert found["a"] == 1.5
    assert str(found["value"]) == first["value"]


def test_a_column_with_an_equals_sign(shoal: Any, folder: Path) -> None:
    rows = "".join(f"{k},{'yes' if k % 2 else 'no'}\n" for k in range(12))
    (folder / "t.csv").write_text("a=b,y\n" + rows)
    few = ("population=2", "training.epochs=2")
    assert shoal("train", "t.csv", "-t", "y", *few, "-q").exit_code == 0
    result = shoal("predict", "t.safetensors", "a=b=3", "--json")
    assert json.loads(result.stdout)["a=b"] == 3


BAD = f"{HEADER}\n{ROW}\nmany,3.5,1.4,0.2\n1,2\n{ROW}\nnan,3.5,1.4,0.2\n5.1,3.5"


def test_bad_rows_stop_or_are_skipped(
    shoal: Any, models: Path, refused: Callable[..., str]
) -> None:
    (models / "bad.csv").write_text(BAD)
    assert refused("predict", "flowers.safetensors", "bad.csv", "-o", "out.csv") == (
        "bad.csv, line 4: the row has 2 values; the header has 4 columns. Put quotes around "
        "values that contain the separator ','."
    )
    result = shoal("predict", "flowers.safetensors", "bad.csv", "--on-error", "skip")
    assert result.exit_code == 0
    assert len(rows_of(result.stdout)) == 2
    assert result.stderr.splitlines() == [
        "left out: line 3, column 'sepal_length_cm': 'many' is not a number.",
        "left out: line 4, the row has 2 values; the header has 4 columns. Put quotes around "
        "values that contain the separator ','.",
        "left out: line 6, column 'sepal_length_cm': 'nan' is not a number.",
        "left out: line 7, the row has 2 values; the header has 4 columns. Put quotes around "
        "values that contain the separator ','.",
        "4 rows left out",
    ]
    quiet = shoal("predict", "flowers.safetensors", "bad.csv", "--on-error", "skip", "-q")
    assert (quiet.stdout, quiet.stderr) == (result.stdout, "")


def test_no_row_that_can_be_read_falls_short(shoal: Any, models: Path) -> None:
    (models / "bad.csv").write_text(f"{HEADER}\nmany,3.5,1.4,0.2\n")
    result = shoal("predict", "flowers.safetensors", "bad.csv", "--on-error", "skip")
    assert result.exit_code == 1
    assert rows_of(result.stdout) == []
    assert result.stderr.splitlines()[-1] == "1 row left out"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["orr.safetensors", "flowers.csv"],
            "orr.safetensors: there is no such file. Did you mean 'or.safetensors'?",
        ),
        (["flowers.safetensors", "no"], "no: there is no such file."),
        (["flowers.safetensors", "no", "-o", "out.csv"], "no: there is no such file."),
        (
            ["flowers.csv", "flowers.csv"],
            "flowers.csv: is not a model file, or its beginning is damaged.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "flowers.csv"],
            "give one file, or one row as column=value; got both or several files.",
        ),
        (
            ["flowers.safetensors", "a=1", "flowers.csv"],
            "give one file, or one row as column=value; got both or several files.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--network", "4"],
            "--network: must be best or 0 to 3; got 4.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--network", "9" * 5000],
            f"--network: must be best or 0 to 3; got {'9' * 5000}.",
        ),
        (
            ["or.safetensors", "input1=1", "input1=0"],
            "'input1=0': the column 'input1' is given twice.",
        ),
        (
            ["or.safetensors", "input1=1"],
            "the value for 'input2' is missing. Give every input.",
        ),
        (["or.safetensors", "input1=1", "input2=x"], "column 'input2': 'x' is not a number."),
        (
            ["or.safetensors", "input1=1", "input3=x"],
            "there is no input 'input3'; the inputs are 'input1', 'input2'. Did you mean 'input2'?",
        ),
        (
            ["or.safetensors", "ja.csv"],
            "ja.csv: the columns 'input1', 'input2' are missing; the columns are '長さ', '幅', "
            "'색', '種類'.",
        ),
        (
            ["or.safetensors", "ja.csv", "-o", "ja.toml"],
            "ja.toml: exists already. Give --force to replace it.",
        ),
    ],
)
def test_what_is_refused(
    refused: Callable[..., str], models: Path, args: list[str], sentence: str
) -> None:
    assert refused("predict", *args) == sentence


def test_a_damaged_model(refused: Callable[..., str], models: Path) -> None:
    whole = (models / "or.safetensors").read_bytes()
    for name, content in {
        "cut.safetensors": whole[:300],
        "short.safetensors": whole[:-1],
        "long.safetensors": whole + b"x",
        "empty.safetensors": b"",
        "renamed.safetensors": whole.replace(b"sigmoid", b"signoid"),
    }.items():
        (models / name).write_bytes(content)
        sentence = refused("predict", name, "input1=1", "input2=0")
        assert sentence.startswith(f"{name}: ")
        assert len(sentence.splitlines()) == 1


def test_a_quote_that_never_ends(refused: Callable[..., str], models: Path) -> None:
    (models / "open.csv").write_text(f'{HEADER}\n{ROW}\n"5.1,3.5,1.4,0.2\n{ROW}\n')
    sentence = refused("predict", "flowers.safetensors", "open.csv", "-o", "out.csv")
    assert sentence.startswith("open.csv, line 3: ")
