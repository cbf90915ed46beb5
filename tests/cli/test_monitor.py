"""Tests of ``shoal monitor``: one line, an exit code, the history beside the model."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HEADER = "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm"
ROW = "5.1,3.5,1.4,0.2"
WATCH = ("monitor", "flowers.safetensors")


def looks(folder: Path) -> list[dict[str, Any]]:
    file = folder / "flowers.history.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_one_line_and_exit_code_0(shoal: Any, models: Path) -> None:
    result = shoal(*WATCH, "flowers.csv", "--min-accuracy", "0.6", "--max-drift", "0.2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("ok: accuracy 0.")
    assert "150 rows), at least 0.6; drift 0." in result.stdout
    assert result.stdout.endswith("rows unlike the training rows\n")
    assert result.stdout.count("\n") == 1
    assert [look["verdict"] for look in looks(models)] == ["ok"]
    assert looks(models)[0]["data"] == "flowers.csv"


def test_what_falls_short_gives_exit_code_1(shoal: Any, models: Path) -> None:
    result = shoal(*WATCH, "flowers.csv", "--min-accuracy", "1", "--no-history")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("fell short: accuracy 0.9")
    assert "below 1" in result.stdout
    assert looks(models) == []


def test_without_anything_asked_it_watches(shoal: Any, models: Path) -> None:
    result = shoal(*WATCH, "-", stdin=f"{HEADER}\n{ROW}\n")
    assert result.exit_code == 0
    assert result.stdout.startswith("watched: drift ")
    assert result.stdout.endswith("; 0 of 1 row unlike the training rows; 1 row, no labels\n")


def test_rows_unlike_the_training_rows_are_named_and_saved(shoal: Any, models: Path) -> None:
    table = f"note,{HEADER}\n\"a, b\",{ROW}\n'</script>',50,3.5,1.4,0.2\n"
    args = (*WATCH, "-", "--max-unlike", "0.1", "--save-unlike", "odd.csv", "--json")
    result = shoal(*args, stdin=table)
    assert result.exit_code == 1
    why = "'sepal_length_cm' is 50, far above the training rows (4.3 to 7.9)"
    assert result.stderr == f"unlike the training rows: line 3: {why}\nwrote odd.csv: 1 row\n"
    assert list(csv.reader(io.StringIO((models / "odd.csv").read_text()))) == [
        ["note", *HEADER.split(","), "line", "unlike"],
        ["'</script>'", "50", "3.5", "1.4", "0.2", "3", why],
    ]
    found = json.loads(result.stdout)
    assert (found["verdict"], found["n_unlike"]) == ("fell short", 1)
    assert found["unlike"] == [{"row": 1, "line": 3, "reason": why}]


def test_columns_in_another_order_and_rows_without_an_answer(shoal: Any, models: Path) -> None:
    table = (
        "species,petal_width_cm,petal_length_cm,sepal_width_cm,sepal_length_cm\n"
        "setosa,0.2,1.4,3.5,5.1\n,0.2,1.4,3.5,5.1\n"
    )
    result = shoal(*WATCH, "-", "--min-accuracy", "0.5", stdin=table)
    assert result.exit_code == 0
    assert "accuracy 1 (0.025 to 1, 1 row), at least 0.5; " in result.stdout
    assert result.stdout.endswith("; 1 of the rows without a label\n")


def test_new_categories_are_drift_and_not_an_error(shoal: Any, models: Path) -> None:
    table = "長さ,幅,색,種類\n1.0,2.0,빨강,桜\n1.0,2.0,초록,桜\n"
    result = shoal("monitor", "ja.safetensors", "-", "--details", stdin=table)
    assert result.exit_code == 0
    assert result.stderr == (
        "unlike the training rows: line 3: '색' is '초록', as in no training row\n"
    )
    assert "; 1 row with unknown categories, not judged\n" in result.stdout
    assert "초록 (1)" in result.stdout


def test_rows_are_numbered_as_in_the_file(shoal: Any, models: Path) -> None:
    table = "長さ,幅,색,種類\n1.0,2.0,초록,桜\n90,2.0,빨강,桜\n1,?,빨강,桜\n90,2.0,빨강,桜\n"
    found = shoal("monitor", "ja.safetensors", "-", "--on-error", "skip", "--json", stdin=table)
    strange = json.loads(found.stdout)["unlike"]
    assert [(each["row"], each["line"]) for each in strange] == [(0, 2), (1, 3), (4 - 1, 5)]


def test_a_label_that_cannot_be_read_leaves_its_row_out(shoal: Any, models: Path) -> None:
    table = f"{HEADER},species\n{ROW},setosa\n{ROW},rose\n{ROW},\n"
    result = shoal(*WATCH, "-", "--on-error", "skip", stdin=table)
    assert result.exit_code == 0
    assert result.stderr == (
        "left out: line 3, column 'species': 'rose' is not a known class; "
        "known are 'setosa', 'versicolor', 'virginica'.\n1 row left out\n"
    )
    assert "accuracy 1 (0.025 to 1, 1 row); " in result.stdout
    assert result.stdout.endswith("; 1 of the rows without a label\n")


def test_accuracy_is_held_against_earlier_looks(shoal: Any, models: Path) -> None:
    names = ("setosa", "versicolor", "virginica")
    lines = Path("flowers.csv").read_text().splitlines()
    turned = [line.replace(a, "\0").replace(b, a).replace("\0", b)
              for a, b in [names[:2]] for line in lines[1:101]]  # fmt: skip
    first = shoal(*WATCH, "flowers.csv", "--json")
    assert json.loads(first.stdout)["changes"] == []
    result = shoal(*WATCH, "-", stdin="\n".join([lines[0], *turned, ""]))
    assert result.exit_code == 0
    assert " worse than before (by 0." in result.stdout
    again = json.loads(shoal(*WATCH, "flowers.csv", "--json").stdout)
    (change,) = again["changes"]  # the first look was at the same rows
    assert (change["n_looks"], change["n_rows"], change["before"]) == (1, 100.0, 0.0)


def test_a_history_that_is_replaced_by_a_pipe_is_refused(shoal: Any, models: Path) -> None:
    os.mkfifo("flowers.history.jsonl")
    result = shoal(*WATCH, "--history")
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(
        r"shoal \[\w+\]: flowers\.history\.jsonl: is not a file\..*\n", result.stderr
    )


def test_looks_at_two_models_are_told_apart(shoal: Any, models: Path) -> None:
    shoal(*WATCH, "flowers.csv")
    assert "model" not in shoal(*WATCH, "--history").stdout
    shoal(*WATCH, "flowers.csv", "--network", "best")
    told = shoal(*WATCH, "--history").stdout
    assert [look["model"][:6] in told for look in looks(models)] == [True, True]


NOBODY = [
    ("", "| true", 1), ("--details", "| true", 1), ("--json", "| true", 1),
    ("", "2>&1 | true", 1), ("--json", ">&-", 1), ("", "2>/dev/full", 1), ("", ">/dev/full", 2),
]  # fmt: skip


@pytest.mark.parametrize(("form", "where", "code"), NOBODY)
def test_the_exit_code_is_the_answer_whoever_reads(
    models: Path, form: str, where: str, code: int
) -> None:
    program = Path(sys.executable).with_name("shoal")
    Path("far.csv").write_text(f"{HEADER},species\n{ROW},setosa\n50,3,1,1,setosa\n")
    args = f"monitor flowers.safetensors far.csv --min-accuracy 1 --max-unlike 0 {form}"
    script = f"(sleep 0.1; {program} {args}; echo $? >code) {where}"
    subprocess.run(["sh", "-c", script], capture_output=True, check=False, timeout=60)
    assert int(Path("code").read_text()) == code
    assert [look["verdict"] for look in looks(models)] == (["fell short"] if code == 1 else [])


def test_numbers_are_held_against_an_error(shoal: Any, models: Path) -> None:
    args = ("monitor", "prices.safetensors", "prices.csv", "--decimal", ",")
    result = shoal(*args, "--max-error", "1000", "--min-r2=-1000")
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: mean absolute error ")
    assert ", at most 1000; R² " in result.stdout
    assert shoal(*args, "--max-error", "0").exit_code == 1


def test_parquet(shoal: Any, models: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv("flowers.csv"), "flowers.parquet")
    first = json.loads(shoal(*WATCH, "flowers.csv", "--json").stdout)
    second = json.loads(shoal(*WATCH, "flowers.parquet", "--json").stdout)
    assert second["checks"] == first["checks"]
    assert second["drift"] == first["drift"]


def test_the_history_is_shown_and_charted(shoal: Any, models: Path) -> None:
    pytest.importorskip("vl_convert")
    for bar in ("0.5", "1"):
        shoal(*WATCH, "flowers.csv", "--min-accuracy", bar)
    result = shoal(*WATCH, "--history", "-o", "history.svg", "-o", "history.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("flowers.history.jsonl: 2 looks\n")
    assert "fell short" in result.stdout
    assert (models / "history.svg").read_text().startswith("<svg")
    assert (models / "history.csv").read_text().startswith("time,figure,value,low,high,bar,")
    found = json.loads(shoal(*WATCH, "--history", "--json").stdout)
    assert [look["verdict"] for look in found["looks"]] == ["ok", "fell short"]


def test_a_chart_and_a_report_of_one_look(shoal: Any, models: Path) -> None:
    pytest.importorskip("vl_convert")
    table = "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm\n" + "9,3,1,0.2\n" * 20
    args = (*WATCH, "-", "--max-drift", "0.2", "-q", "-o", "drift.svg", "-o", "look.html")
    result = shoal(*args, stdin=table)
    assert result.exit_code == 1
    assert result.stderr == ""
    page = (models / "look.html").read_text()
    assert "Is the model still fit for standard input?" in page
    assert "Fell short: drift" in page
    assert (models / "drift.svg").exists()
    assert shoal(*args, stdin=table).exit_code == 2  # the files are there


WRONG = [
    (("flowers.csv", "--min-accuracy", "2"),
     "--min-accuracy: must be a number from 0 to 1; got 2. See: shoal monitor --help."),
    (("flowers.csv", "--max-drift", "nan"),
     "--max-drift: must be a number of 0 or more; got nan. See: shoal monitor --help."),
    (("flowers.csv", "--min-r2", "0.5"),
     "--min-r2: the target is of classes, not a number. Give --min-accuracy."),
    ((), "DATA: is missing. See: shoal monitor --help."),
    (("flowers.csv", "--history"), "--history: shows the looks so far; leave flowers.csv out."
                                   " Leave one out, or give the other too."),
    (("--history",), "flowers.history.jsonl: there is no history yet. "
     "Look at the model first: shoal monitor MODEL DATA."),
    (("flowers.csv", "-o", "a.txt"),
     "a.txt: the suffix must be one of .png, .svg, .html, .json, .csv; got '.txt'."
     " Give the file one of these endings."),
]  # fmt: skip


@pytest.mark.parametrize(("args", "sentence"), WRONG)
def test_what_cannot_be_asked(
    shoal: Any, models: Path, args: tuple[str, ...], sentence: str
) -> None:
    result = shoal(*WATCH, *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.partition("]: ")[2] == f"{sentence}\n"
    assert looks(models) == []


TABLES = [
    ("", "is empty. A table starts with a line of column names."),
    (f"{HEADER}\n", "has a header but no rows. Add rows below the column names."),
    (f"{HEADER}\n5.1,x,1.4,0.2\n", ", line 2, column 'sepal_width_cm': 'x' is not a number."),
    (f"{HEADER}\n{ROW}\n5.1,,1.4,0.2\n", ", line 3, column 'sepal_width_cm': "),
    (f"{HEADER}\n{ROW}\n5.1,inf,1.4,0.2\n", ", line 3, column 'sepal_width_cm': "),
    ("a,b\n1,2\n", "the columns 'sepal_length_cm', 'sepal_width_cm', 'petal_length_cm', "),
    (f"{HEADER}\n{ROW}\n", "there is no column 'species' with the known answers; "),
    (f"{HEADER},species\n{ROW},rose\n", ", line 2, column 'species': 'rose' is not a known class"),
    (f"{HEADER},species\n{ROW},\n", "no row has a label that counts, so there is nothing to judge"),
    (f"{HEADER},species\n{ROW},setosa\n5.1,3", ", line 3: the row has 2 values; "),
]


@pytest.mark.parametrize(("table", "sentence"), TABLES)
def test_rows_that_cannot_be_judged(shoal: Any, models: Path, table: str, sentence: str) -> None:
    result = shoal(*WATCH, "-", "--min-accuracy", "0.9", "--save-unlike", "a.csv", stdin=table)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "]: standard input" in result.stderr
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert looks(models) == []
    assert not (models / "a.csv").exists()


def test_a_row_beside_a_new_category_is_told_with_its_place(shoal: Any, models: Path) -> None:
    table = "長さ,幅,색,種類\n1.0,2.0,초록,桜\n1.0,?,빨강,桜\n"
    result = shoal("monitor", "ja.safetensors", "-", stdin=table)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "]: standard input, line 3, column '幅': " in result.stderr
    skipped = shoal("monitor", "ja.safetensors", "-", "--on-error", "skip", stdin=table)
    assert skipped.exit_code == 0
    assert skipped.stderr.startswith("left out: line 3, column '幅': ")
    assert "1 of 1 row unlike the training rows" in skipped.stdout


def test_a_model_without_a_summary(shoal: Any, models: Path) -> None:
    from dataclasses import replace

    import shoal as package

    bare = replace(package.load(models / "flowers.safetensors"), summary=None)
    bare.save(models / "old.safetensors")
    result = shoal("monitor", "old.safetensors", "flowers.csv", "--max-drift", "0.2")
    assert result.exit_code == 2
    assert result.stderr.partition("]: ")[2] == (
        "--max-drift: the model keeps no summary of its training rows, so there is nothing "
        "to compare with. Train it again with this version of shoal.\n"
    )
    result = shoal("monitor", "old.safetensors", "flowers.csv", "--min-accuracy", "0.5")
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: accuracy 0.9")
    assert "drift" not in result.stdout
