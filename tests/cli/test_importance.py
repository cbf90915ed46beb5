"""Tests of ``shoal importance``: columns, one row, reports, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_columns_in_a_table(shoal: Any, models: Path) -> None:
    result = shoal("importance", "flowers.safetensors", "flowers.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("flowers.csv: 150 rows, 4 networks together; accuracy 0.")
    assert " of 4 columns matter" in lines[1]
    names = {"sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"}
    table = {line.split()[0]: line.split()[1:] for line in lines[5:9]}
    assert set(table) == names
    for mean, low, high, _, *verdict in table.values():
        assert float(low) <= float(mean) <= float(high)
        assert (verdict == ["matters"]) == (float(low) > 0)
    assert "say much the same (correlation\n0.94)" in result.stdout
    assert all(len(line) <= 80 for line in lines)


def test_long_names_give_way_and_numbers_do_not(shoal: Any, folder: Path) -> None:
    name = "a_column_whose_name_is_much_longer_than_any_table_is_wide"
    rows = "".join(f"{k},{k % 7},{'yes' if k % 2 else 'no'}\n" for k in range(40))
    (folder / "t.csv").write_text(f"{name},b,y\n{rows}")
    few = ("population=2", "training.epochs=2", "-q")
    assert shoal("train", "t.csv", "-t", "y", *few).exit_code == 0
    for args in (("t.csv",), ("t.csv", "--row", "3")):
        text = shoal("importance", "t.safetensors", *args).stdout
        assert "…" not in text
        assert all(len(line) <= 80 for line in text.splitlines())


def test_rows_that_trained_the_model_are_told(shoal: Any, models: Path) -> None:
    told = "note: These rows are of the file that trained the model"
    assert told in shoal("importance", "flowers.safetensors", "flowers.csv").stdout
    lines = (models / "flowers.csv").read_text().splitlines()
    (models / "new.csv").write_text("\n".join([lines[0], *lines[1::2]]) + "\n")
    for data, stdin in (("new.csv", None), ("-", (models / "flowers.csv").read_bytes())):
        result = shoal("importance", "flowers.safetensors", data, stdin=stdin)
        assert result.exit_code == 0
        assert told not in result.stdout
    found = json.loads(
        shoal("importance", "flowers.safetensors", "flowers.csv", "--json", "--repeats", "1").stdout
    )
    assert found["seen"] is True


def test_a_sample_of_a_table_that_comes_in_parts(shoal: Any, models: Path) -> None:
    # tables come in chunks of 50,000 rows; the sample is that of importance_of
    from shoal.data.encode import encode_rows, encode_targets
    from shoal.data.opening import read_tables
    from shoal.models import importance_of, load_model

    rows = "".join(f"{k % 2},{k // 2 % 2},{int(k % 4 > 0)}\n" for k in range(60_000))
    (models / "long.csv").write_text("input1,input2,label\n" + rows)
    args = ("importance", "or.safetensors", "long.csv", "--rows", "500", "--repeats", "2")
    found = json.loads(shoal(*args, "--json").stdout)
    model = load_model(models / "or.safetensors")
    (table,) = read_tables(str(models / "long.csv"), rows=None)
    x, y = encode_rows(model.schema, table).x, encode_targets(model.schema, table)
    whole = importance_of(model, x, y, rows=500, repeats=2, networks=True).to_dict()
    assert found == json.loads(json.dumps(whole)) | {"files": []}
    assert (found["n_rows"], found["n_rows_given"]) == (500, 60_000)


def test_of_many_columns_the_most_important_are_printed(shoal: Any, folder: Path) -> None:
    names = [f"c{k}" for k in range(30)]
    rows = "".join(
        ",".join([*(str((k * 7 + c * c) % 11) for c in range(30)), "yn"[k % 2]]) + "\n"
        for k in range(40)
    )
    (folder / "t.csv").write_text(",".join([*names, "y"]) + "\n" + rows)
    few = ("population=2", "training.epochs=2", "-q")
    assert shoal("train", "t.csv", "-t", "y", *few).exit_code == 0
    text = shoal("importance", "t.safetensors", "t.csv").stdout
    assert "\n5 more columns: -o report.html or --json\n" in text
    row = shoal("importance", "t.safetensors", "t.csv", "--row", "2").stdout
    assert "\n5 more columns " in row


def test_one_of_several_targets(shoal: Any, folder: Path) -> None:
    rows = "".join(f"{k % 7},{k % 5},{k % 7},{1000 * (k % 5)}\n" for k in range(70))
    (folder / "t.csv").write_text("a,b,small,large\n" + rows)
    few = ("population=2", "training.epochs=40", "-q")
    assert shoal("train", "t.csv", "-t", "small,large", *few).exit_code == 0
    args = ("importance", "t.safetensors", "t.csv")
    for target, column in (("small", "a"), ("large", "b")):
        result = shoal(*args, "--of", target, "-o", f"{target}.html", "-o", f"{target}.json")
        assert result.exit_code == 0
        found = json.loads((folder / f"{target}.json").read_text())
        assert (found["target"], found["columns"][0]["name"]) == (target, column)
        assert f"--of {target}" in (folder / f"{target}.html").read_text("utf-8")
    both = shoal(*args, "-o", "both.html").stdout
    assert "note: Errors are in standard deviations of each target" in both
    assert "(standard deviations)" in (folder / "both.html").read_text("utf-8")


def test_numbers_too_large_are_told_with_their_line(models: Path, refused: Any) -> None:
    lines = (models / "flowers.csv").read_text().splitlines()
    (models / "huge.csv").write_text("\n".join([*lines, "1e300,1,1,1,setosa"]) + "\n")
    assert refused("importance", "flowers.safetensors", "huge.csv") == (
        "huge.csv, line 152, column 'sepal_length_cm': 1e+300 is too large for float32 once scaled."
        " Mend the number, or drop the column."
    )


def test_json_is_one_document_and_the_same_for_a_seed(shoal: Any, models: Path) -> None:
    args = ("importance", "flowers.safetensors", "flowers.csv", "--json", "--repeats", "3")
    found = json.loads(shoal(*args).stdout)
    assert found == json.loads(shoal(*args, "--threads", "1").stdout)
    assert found["measure"] == "accuracy"
    assert found["repeats"] == 3
    assert len(found["columns"][0]["networks"]) == 4
    assert len(found["dependences"]) == 4
    other = json.loads(shoal(*args, "--seed", "1").stdout)
    assert found["columns"] != other["columns"]


def test_loss_decides_if_asked_and_columns_are_chosen(shoal: Any, models: Path) -> None:
    chosen = ("--columns", "petal_width_cm, sepal_width_cm", "--measure", "loss")
    result = shoal("importance", "flowers.safetensors", "flowers.csv", *chosen, "--json")
    found = json.loads(result.stdout)
    assert [each["name"] for each in found["columns"]] == ["petal_width_cm", "sepal_width_cm"]
    assert found["measure"] == "loss"


def test_categories_and_decimal_commas(shoal: Any, models: Path) -> None:
    result = shoal("importance", "prices.safetensors", "prices.csv", "--decimal", ",", "--json")
    found = json.loads(result.stdout)
    assert {each["name"] for each in found["columns"]} == {"a", "b"}
    row = shoal("importance", "prices.safetensors", "--row", "a=1,5", "--row", "b=x;y",
                "--decimal", ",", "--json")  # fmt: skip
    told = json.loads(row.stdout)
    assert [each["cell"] for each in told["columns"]] == ["1.5", "x;y"]


def test_one_row_by_number_and_by_name(shoal: Any, models: Path) -> None:
    by_number = shoal("importance", "flowers.safetensors", "flowers.csv", "--row", "1", "--json")
    cells = ("sepal_length_cm=5.1", "sepal_width_cm=3.5", "petal_length_cm=1.4",
             "petal_width_cm=0.2")  # fmt: skip
    given = [word for cell in cells for word in ("--row", cell)]
    by_name = shoal("importance", "flowers.safetensors", *given, "--json")
    assert json.loads(by_number.stdout) == json.loads(by_name.stdout)
    found = json.loads(by_number.stdout)
    total = sum(each["attribution"] for each in found["columns"])
    assert total == pytest.approx(found["value"] - found["baseline_value"], rel=1e-6)
    shown = shoal("importance", "flowers.safetensors", "flowers.csv", "--row", "1")
    assert shown.stdout.startswith("flowers.csv, row 1: probability of 'setosa': 0.9")
    assert "The parts add up to the change to within" in shown.stdout


def test_a_later_chunk_is_counted_on(shoal: Any, models: Path) -> None:
    # tables come in chunks of 50,000 rows
    (models / "long.csv").write_text("input1,input2\n" + "0,0\n" * 50_000 + "1,0\n0,1\n")
    result = shoal("importance", "or.safetensors", "long.csv", "--row", "50002", "--json")
    assert [each["cell"] for each in json.loads(result.stdout)["columns"]] == ["0", "1"]


@pytest.mark.parametrize("row", [(), ("--row", "3")])
def test_reports_and_results(shoal: Any, models: Path, row: tuple[str, ...]) -> None:
    files = ("-o", "out.html", "-o", "out.json")
    result = shoal("importance", "flowers.safetensors", "flowers.csv", *row, *files)
    assert result.exit_code == 0
    page = (models / "out.html").read_text("utf-8")
    assert "shoal importance flowers.safetensors flowers.csv" in page
    assert page.count("<figure") == (1 if row else 5)
    assert json.loads((models / "out.json").read_text("utf-8"))["columns"]
    again = shoal("importance", "flowers.safetensors", "flowers.csv", *row, *files)
    assert again.exit_code == 2
    assert again.stderr == ("shoal [O102]: out.html: exists already. Give --force to replace it.\n")


NAMES = "'sepal_length_cm', 'sepal_width_cm', 'petal_length_cm', 'petal_width_cm'"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["flowers.safetensors"],
            "importance: DATA is missing. Name a table with the target, or give --row.",
        ),
        (
            ["flowers.safetensors", "bare.csv"],
            f"bare.csv: there is no target 'species'; the columns are {NAMES}."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            ["flowers.safetensors", "one.csv"],
            "one.csv: must have at least two rows; got 1. Cells are dealt out among rows, so "
            "one row has nothing to give.",
        ),
        (["flowers.safetensors", "empty.csv"], "empty.csv: is empty. A table starts with a line "
                                               "of column names."),
        (
            ["flowers.safetensors", "flowers.csv", "--of", "setosa"],
            "--of: chooses among several targets, and the model has 'species' alone; got 'setosa'."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--row", "3", "--columns", "petal_width_cm"],
            "--columns: weighs columns over all rows. Leave it or --row out.",
        ),
        (
            ["or.safetensors", "--row", "input1=1e300", "--row", "input2=0"],
            "column 'input1': 1e+300 is too large for float32 once scaled."
            " Mend the number, or drop the column.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--row", "3", "--of", "tulip"],
            "--of: must be one of 'setosa', 'versicolor', 'virginica'; got 'tulip'."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--row", "0"],
            "--row: must be a number from 1, or COLUMN=VALUE; got 0."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--row", "999"],
            "--row: must be from 1 to 150, since flowers.csv has 150 rows; got 999."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "--row", "3"],
            "--row: is row 3 of what? Name DATA as well, or give COLUMN=VALUE.",
        ),
        (
            ["flowers.safetensors", "--row", "3", "--row", "x=2"],
            "--row: must be one number, or COLUMN=VALUE for each column; got 3 among others."
            " Give one of the values that the message names.",
        ),
        (
            ["or.safetensors", "--row", "input1=0"],
            "the value for 'input2' is missing. Give every input.",
        ),
        (
            ["or.safetensors", "--row", "input1=0", "--row", "input2=many"],
            "column 'input2': 'many' is not a number. Mend the cell, or leave the row out.",
        ),
        (
            ["prices.safetensors", "--row", "a=1", "--row", "b=?"],
            "column 'b': '?' is a gap. Fill the cell, or leave the row out.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--columns", "petal_width"],
            f"--columns: must be columns of the model, {NAMES}; got 'petal_width'. Did you mean "
            "'petal_width_cm'?",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--measure", "mean_squared_error"],
            "--measure: must be 'accuracy' or 'loss' for this target; got 'mean_squared_error'."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "-o", "x.png"],
            "x.png: must end in .html (a report) or .json (the result)."
            " Give the file one of these endings.",
        ),
        (["flowers.safetensors", "z"], "z: there is no such file."
                                       " Look at the spelling and the folder."),
    ],
)  # fmt: skip
def test_what_is_refused(
    refused: Callable[..., str], models: Path, args: list[str], sentence: str
) -> None:
    lines = (models / "flowers.csv").read_text().splitlines()
    (models / "one.csv").write_text("\n".join(lines[:2]) + "\n")
    (models / "bare.csv").write_text("\n".join(x.rpartition(",")[0] for x in lines) + "\n")
    (models / "empty.csv").write_text("")
    assert refused("importance", *args) == sentence


def test_a_constant_column_is_not_shown_to_matter(shoal: Any, models: Path) -> None:
    lines = (models / "flowers.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    table = [lines[0], *(",".join([*row[:3], "1.3", row[4]]) for row in rows)]
    (models / "flat.csv").write_text("\n".join(table) + "\n")
    result = shoal("importance", "flowers.safetensors", "flat.csv", "--json")
    found = {each["name"]: each for each in json.loads(result.stdout)["columns"]}
    nothing = {"rise": 0.0, "low": 0.0, "high": 0.0}
    assert found["petal_width_cm"]["accuracy"] == nothing
    assert found["petal_width_cm"]["verdict"] == "not shown"
    assert shoal("importance", "flowers.safetensors", "flat.csv", "-o", "f.html").exit_code == 0
