"""Tests of ``shoal predict``: the columns that came, and the answers beside them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
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
    assert result.exit_code == 0
    found = rows_of(result.stdout)
    n_unlike = sum(row["unlike"] != "" for row in found)
    counted = f"{n_unlike} of 150 rows unlike the training data: see column 'unlike'\n"
    assert result.stderr == (counted if n_unlike else "")
    assert len(found) == 150
    answers = ["class", *CLASSES, "disagreement", "unlike"]
    assert list(found[0]) == [*HEADER.split(","), "species", *answers]
    came = rows_of((models / "flowers.csv").read_text())
    assert [row["species"] for row in found] == [row["species"] for row in came]
    right = sum(row["class"] == row["species"] for row in found)
    assert right > 120
    for row in found:
        assert sum(float(row[name]) for name in CLASSES) == pytest.approx(1, abs=1e-6)


def test_one_network_has_no_disagreement(shoal: Any, models: Path) -> None:
    for which in ("best", "3"):
        result = shoal("predict", "flowers.safetensors", "flowers.csv", "--network", which)
        assert list(rows_of(result.stdout)[0])[-2:] == ["probability_virginica", "unlike"]


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
        "input1", "input2", "class", "probability_0", "probability_1", "disagreement", "unlike",
    ]  # fmt: skip
    assert lines[-1] == ["unlike", "no"]
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


def test_decimal_commas_that_were_not_told_are_named(
    refused: Callable[..., str], models: Path
) -> None:
    cure = """If "," is its decimal mark, write ".", or give --decimal ,."""
    told = f"prices.csv, line 2, column 'a': '1,5' is not a number. {cure}"
    assert refused("predict", "prices.safetensors", "prices.csv") == told
    assert refused("evaluate", "prices.safetensors", "prices.csv") == told
    assert refused("predict", "prices.safetensors", "a=1,5", "b=x;y") == (
        f"column 'a': '1,5' is not a number. {cure}"
    )
    points = models / "points.csv"
    points.write_text("a;b\n1.5;x;y\n".replace("x;y", '"x;y"'))
    assert refused("predict", "prices.safetensors", "points.csv", "--decimal", ",") == (
        "points.csv, line 2, column 'a': '1.5' is not a number. "
        'If "." is its decimal mark, write ",", or give --decimal ..'
    )


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
        "bad.csv, line 4: the row has 2 values; the header has 4 columns. Complete the row, "
        "or remove it; a cell may be empty."
    )
    result = shoal("predict", "flowers.safetensors", "bad.csv", "--on-error", "skip")
    assert result.exit_code == 0
    assert len(rows_of(result.stdout)) == 2
    assert result.stderr.splitlines() == [
        "left out: line 3, column 'sepal_length_cm': 'many' is not a number.",
        "left out: line 4, the row has 2 values; the header has 4 columns. Complete the row, "
        "or remove it; a cell may be empty.",
        "left out: line 6, column 'sepal_length_cm': 'nan' is not a number.",
        "left out: line 7, the row has 2 values; the header has 4 columns. Complete the row, "
        "or remove it; a cell may be empty.",
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
        (
            ["flowers.safetensors", "no"],
            "no: there is no such file. Look at the spelling and the folder.",
        ),
        (
            ["flowers.safetensors", "no", "-o", "out.csv"],
            "no: there is no such file. Look at the spelling and the folder.",
        ),
        (
            ["flowers.csv", "flowers.csv"],
            "flowers.csv: is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "flowers.csv"],
            "give one file, or one row as column=value; got both or several files."
            " Leave one out, or give the other too.",
        ),
        (
            ["flowers.safetensors", "a=1", "flowers.csv"],
            "give one file, or one row as column=value; got both or several files."
            " Leave one out, or give the other too.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--network", "4"],
            "--network: must be best or 0 to 3; got 4."
            " Give one of the values that the message names.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--network", "9" * 5000],
            f"--network: must be best or 0 to 3; got {'9' * 5000}."
            " Give one of the values that the message names.",
        ),
        (
            ["or.safetensors", "input1=1", "input1=0"],
            "'input1=0': the column 'input1' is given twice. Leave one out, or give the other too.",
        ),
        (
            ["or.safetensors", "input1=1"],
            "the value for 'input2' is missing. Give every input.",
        ),
        (
            ["or.safetensors", "input1=1", "input2=x"],
            "column 'input2': 'x' is not a number. Mend the cell, or leave the row out.",
        ),
        (
            ["or.safetensors", "input1=1", "input3=x"],
            "there is no input 'input3'; the inputs are 'input1', 'input2'. Did you mean 'input2'?",
        ),
        (
            ["or.safetensors", "ja.csv"],
            "ja.csv: the columns 'input1', 'input2' are missing; the columns are '長さ', '幅', "
            "'색', '種類'."
            " Look at the names in the first line of the table, or rename the column.",
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


FAR = "5.1,350.0,1.4,0.2"


def test_a_row_unlike_the_training_data_is_told_with_its_reason(shoal: Any, models: Path) -> None:
    table = f"{HEADER}\n{ROW}\n{FAR}\n"
    result = shoal("predict", "flowers.safetensors", "-", stdin=table)
    first, second = rows_of(result.stdout)
    assert first["unlike"] == ""
    assert "sepal_width_cm" in second["unlike"]
    assert result.stderr == "1 of 2 rows unlike the training data: see column 'unlike'\n"
    alone = shoal("predict", "flowers.safetensors", "-", stdin=f"{HEADER}\n{FAR}\n")
    assert rows_of(alone.stdout) == [second]  # whatever rows are beside it
    assert shoal("predict", "flowers.safetensors", "-", "-q", stdin=table).stderr == ""
    lines = shoal("predict", "flowers.safetensors", "-", "--json", stdin=table).stdout.splitlines()
    assert [json.loads(line)["unlike"] for line in lines] == [None, second["unlike"]]


def test_a_column_called_unlike_keeps_its_name(shoal: Any, models: Path) -> None:
    table = f"{HEADER},unlike\n{ROW},mine\n"
    found = rows_of(shoal("predict", "flowers.safetensors", "-", stdin=table).stdout)
    assert (found[0]["unlike"], found[0]["unlike_predicted"]) == ("mine", "")


def test_a_model_without_a_summary_says_so(shoal: Any, models: Path) -> None:
    from dataclasses import replace

    from shoal.models import load_model

    model = load_model(models / "flowers.safetensors")
    replace(model, summary=None).save(models / "old.safetensors")
    result = shoal("predict", "old.safetensors", "flowers.csv")
    assert "unlike" not in rows_of(result.stdout)[0]
    assert result.stderr == (
        "note: the model keeps no summary of its training rows: no column 'unlike'\n"
    )


def test_doubtful_rows_are_left_undecided(shoal: Any, models: Path) -> None:
    plain = rows_of(shoal("predict", "flowers.safetensors", "flowers.csv").stdout)
    result = shoal("predict", "flowers.safetensors", "flowers.csv", "--abstain-below", "0.9")
    found = rows_of(result.stdout)
    doubtful = [max(float(row[name]) for name in CLASSES) < 0.9 for row in plain]
    assert 0 < sum(doubtful) < 150
    for before, after, is_doubtful in zip(plain, found, doubtful, strict=True):
        assert after == {**before, "class": "" if is_doubtful else before["class"]}
    told = f"{sum(doubtful)} of 150 rows undecided: a probability below 0.9"
    assert result.stderr.splitlines()[0] == told
    lines = shoal(
        "predict", "flowers.safetensors", "flowers.csv", "--abstain-below", "0.9", "--json"
    ).stdout.splitlines()
    assert [json.loads(line)["class"] is None for line in lines] == doubtful


def test_one_undecided_row_is_called_so(shoal: Any, models: Path) -> None:
    row = ("input1=0", "input2=1", "--abstain-below", "1")
    shown = shoal("predict", "or.safetensors", *row)
    assert "undecided" in shown.stdout
    assert json.loads(shoal("predict", "or.safetensors", *row, "--json").stdout)["class"] is None


def test_numbers_abstain_by_disagreement(shoal: Any, models: Path) -> None:
    args = ("predict", "prices.safetensors", "prices.csv", "--decimal", ",")
    plain = rows_of(shoal(*args).stdout)
    apart = sorted(float(row["disagreement"]) for row in plain)
    middle = repr((apart[4] + apart[5]) / 2)
    result = shoal(*args, "--abstain-above", middle)
    assert sum(row["value"] == "" for row in rows_of(result.stdout)) == 5
    assert result.stderr.startswith("5 of 10 rows undecided: a disagreement above ")


def test_labels_abstain_one_by_one(shoal: Any, folder: Path) -> None:
    rows = "".join(f"{k},{k % 2},{int(k > 5)}\n" for k in range(12))
    (folder / "t.csv").write_text("a,odd,large\n" + rows)
    few = ("population=2", "training.epochs=3", "-q", "--kind", "multilabel")
    assert shoal("train", "t.csv", "-t", "odd,large", *few).exit_code == 0
    result = shoal("predict", "t.safetensors", "t.csv", "--abstain-below", "0.6")
    found = rows_of(result.stdout)
    counts = []
    for name in ("odd", "large"):
        surest = [float(row[f"probability_{name}"]) for row in found]
        doubtful = [max(p, 1 - p) < 0.6 for p in surest]
        key = (
            f"class_{name}_predicted" if f"class_{name}_predicted" in found[0] else f"class_{name}"
        )
        assert [row[key] == "" for row in found] == doubtful
        counts.append(sum(doubtful))
    assert result.stderr.splitlines()[:2] == [
        f"{counts[0]} of 12 rows undecided for 'odd': a probability below 0.6",
        f"{counts[1]} of 12 rows undecided for 'large': a probability below 0.6",
    ]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["prices.safetensors", "prices.csv", "--abstain-below", "0.9"],
            "--abstain-below: the target 'c' is a number, which has no probability. Give "
            "--abstain-above, a disagreement.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--network", "0", "--abstain-above", "0.1"],
            "--abstain-above: one network cannot disagree. Leave one out, or give the other too.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--abstain-below", "1.5"],
            "--abstain-below: must be a number from 0 to 1; got 1.5. See: shoal predict --help.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--abstain-below", "nan"],
            "--abstain-below: must be a number from 0 to 1; got nan. See: shoal predict --help.",
        ),
        (
            ["or.safetensors", "or.csv", "--threshold", "1.5"],
            "--threshold: must be a number from 0 to 1; got 1.5. See: shoal predict --help.",
        ),
        (
            ["or.safetensors", "or.csv", "--threshold", "nan"],
            "--threshold: must be a number from 0 to 1; got nan. See: shoal predict --help.",
        ),
        (
            ["flowers.safetensors", "flowers.csv", "--threshold", "0.2"],
            "--threshold: is for a target of two classes; 'species' has 3."
            " Leave one out, or give the other too.",
        ),
        (
            ["prices.safetensors", "prices.csv", "--threshold", "0.2"],
            "--threshold: is for a target of two classes; 'c' is a number."
            " Leave one out, or give the other too.",
        ),
        (
            ["or.safetensors", "or.csv", "--threshold", "0.2", "--positive", "2"],
            "--positive: must be '0' or '1'; got '2'."
            " Give one of the values that the message names.",
        ),
        (
            ["or.safetensors", "or.csv", "--positive", "1"],
            "--positive: says whose --threshold it is. Give --threshold too.",
        ),
        (
            ["or.safetensors", "or.csv", "--threshold", "0.2", "--abstain-below", "0.9"],
            "--threshold: cannot be given with --abstain-below, as it may say the less probable "
            "class. Give one of the two.",
        ),
    ],
)
def test_thresholds_that_are_refused(
    refused: Callable[..., str], models: Path, args: list[str], sentence: str
) -> None:
    assert refused("predict", *args) == sentence


def test_labels_have_no_threshold(shoal: Any, refused: Callable[..., str], folder: Path) -> None:
    rows = "".join(f"{k},{k % 2},{int(k > 5)}\n" for k in range(12))
    (folder / "t.csv").write_text("a,odd,large\n" + rows)
    few = ("population=2", "training.epochs=3", "-q", "--kind", "multilabel")
    assert shoal("train", "t.csv", "-t", "odd,large", *few).exit_code == 0
    told = (
        "--threshold: is for a target of two classes; 'odd', 'large' are labels."
        " Leave one out, or give the other too."
    )
    assert refused("predict", "t.safetensors", "t.csv", "--threshold", "0.2") == told


@pytest.mark.parametrize("positive", ["0", "1"])
def test_a_class_is_said_above_a_threshold(shoal: Any, models: Path, positive: str) -> None:
    rows = "".join(f"{k / 9},{k % 3 / 2}\n" for k in range(10))
    (models / "or.csv").write_text("input1,input2\n" + rows)
    args = ("predict", "or.safetensors", "or.csv")
    plain = rows_of(shoal(*args).stdout)
    p = [float(row[f"probability_{positive}"]) for row in plain]
    third, fourth = sorted(p)[2:4]
    at = (third + fourth) / 2  # seven rows are above
    other = "1" if positive == "0" else "0"
    wanted = [positive if each > at else other for each in p]
    assert wanted.count(positive) == 7
    more = ("--threshold", repr(at), *(("--positive", "0") if positive == "0" else ()))
    found = rows_of(shoal(*args, *more).stdout)
    assert found == [row | {"class": each} for row, each in zip(plain, wanted, strict=True)]
    lines = shoal(*args, *more, "--json").stdout.splitlines()
    assert [json.loads(line)["class"] for line in lines] == wanted
    one = shoal("predict", "or.safetensors", "input1=0", "input2=0", "--json", *more).stdout
    assert json.loads(one)["class"] == wanted[0]
    half = rows_of(shoal(*args, "--threshold", "0.5", *more[2:]).stdout)
    assert half == plain


def test_a_threshold_and_disagreement(shoal: Any, models: Path) -> None:
    row = ("predict", "or.safetensors", "input1=0", "input2=1", "--threshold", "0", "--json")
    assert json.loads(shoal(*row).stdout)["class"] == "1"
    assert json.loads(shoal(*row, "--abstain-above", "0").stdout)["class"] is None


def test_says_what_reading_predicting_and_writing_cost(shoal: Any, models: Path) -> None:
    result = shoal("predict", "flowers.safetensors", "flowers.csv", "--timing", "-q")
    assert re.fullmatch(
        r"150 rows: reading \d+\.\d\d s, predicting \d+\.\d\d s \([\d.,]+( million)? rows a "
        r"second\), writing \d+\.\d\d s\n",
        result.stderr,
    )
    lines = shoal("predict", "flowers.safetensors", "flowers.csv", "--timing", "-q", "--json")
    told = json.loads(lines.stderr)
    assert list(told) == ["n_rows", "reading_s", "predicting_s", "writing_s"]
    assert told["n_rows"] == 150
    assert min(told.values()) > 0


def test_a_written_file_of_many_rows_tells_too(shoal: Any, models: Path) -> None:
    (models / "many.csv").write_text(f"{HEADER}\n" + f"{ROW}\n" * 10_000)
    result = shoal("predict", "flowers.safetensors", "many.csv", "-o", "out.csv")
    assert re.match(r"wrote out\.csv: 10,000 rows; reading ", result.stderr)


def test_hostile_cells_are_written_so_that_they_are_read_back(shoal: Any, models: Path) -> None:
    hostile = ["</script>", 'a "b"', "two\nlines", "cr\rhere", "a,b", "\u202eright", "🐟", ""]
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow([*HEADER.split(","), 'odd "name", with\nall'])
    writer.writerows([*ROW.split(","), cell] for cell in hostile)
    result = shoal("predict", "flowers.safetensors", "-", stdin=table.getvalue())
    found = rows_of(result.stdout)
    assert [row['odd "name", with\nall'] for row in found] == hostile
    lines = shoal("predict", "flowers.safetensors", "-", "--json", stdin=table.getvalue())
    told = [json.loads(line) for line in lines.stdout.split("\n") if line]
    assert [row['odd "name", with\nall'] for row in told] == hostile


def test_a_full_disk(shoal: Any, models: Path) -> None:
    command = [sys.executable, "-m", "shoal", "predict", "flowers.safetensors", "flowers.csv"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"No space left on device" in done.stderr


PEAK = """
import resource, sys
from shoal.cli.app import app
try:
    app()
except SystemExit:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(models: Path) -> None:
    peaks = []
    for n in (100_000, 1_000_000):
        (models / "long.csv").write_text("input1,input2\n" + "0,1\n1,1\n" * (n // 2))
        command = [sys.executable, "-c", PEAK, "predict", "or.safetensors", "long.csv", "-q"]
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
        )
        peaks.append(int(done.stderr))  # KB
    # ten times the rows: the answers alone would be 100 MB more
    assert peaks[1] - peaks[0] < 40_000


def test_rows_left_out_are_counted_not_kept(shoal: Any, models: Path) -> None:
    rows = "".join("many,3.5,1.4,0.2\n" for _ in range(25))
    (models / "bad.csv").write_text(f"{HEADER}\n{ROW}\n{rows}")
    result = shoal("predict", "flowers.safetensors", "bad.csv", "--on-error", "skip")
    assert result.stderr.splitlines()[-1] == "25 rows left out (15 not shown)"
    assert len(result.stderr.splitlines()) == 11


HUGE = "1e300,3.5,1.4,0.2"


def test_a_number_beyond_the_networks_precision_is_told_with_its_line(
    shoal: Any, models: Path, refused: Callable[..., str]
) -> None:
    # 50,000 rows a chunk: the place is that of the file, not of the chunk
    table = f"{HEADER}\n" + f"{ROW}\n" * 50_001 + f"{HUGE}\n{ROW}\n"
    (models / "huge.csv").write_text(table)
    told = "column 'sepal_length_cm': 1e+300 is too large for float32 once scaled."
    sentence = refused("predict", "flowers.safetensors", "huge.csv", "-o", "out.csv")
    assert sentence == f"huge.csv, line 50003, {told} Mend the number, or drop the column."
    left = shoal("predict", "flowers.safetensors", "huge.csv", "--on-error", "skip", "-o", "o.csv")
    assert left.exit_code == 0
    lines = left.stderr.splitlines()
    assert lines[:2] == [f"left out: line 50003, {told}", "1 row left out"]
    assert lines[-1].startswith("wrote o.csv: 50,002 rows")
    assert len((models / "o.csv").read_text().splitlines()) == 50_003
    row = [f"{name}={cell}" for name, cell in zip(HEADER.split(","), HUGE.split(","), strict=True)]
    told = f"{told} Mend the number, or drop the column."
    assert refused("predict", "flowers.safetensors", *row) == told


def test_an_answer_beyond_all_numbers_is_told_with_its_line(
    shoal: Any, models: Path, refused: Callable[..., str]
) -> None:
    from shoal.data.dataset import Feature, Schema
    from shoal.data.scaling import Scaler
    from shoal.models import Model
    from shoal.network import Network

    network = Network([{"units": 1}], inputs=1)  # y = 1e30 x
    plain = Scaler(center=(0.0,), scale=(1.0,))
    Model(
        network=network, parameters=network.start_from([[[[1e30]]]], [[[0.0]]]),
        schema=Schema(columns=(Feature(name="a"),), target="y", kind="regression"),
        scalers=(plain,), target_scalers=(plain,), seeds=(0,), best=0, experiment={},
        arithmetic="1", version="0",
    ).save(models / "steep.safetensors")  # fmt: skip
    (models / "far.csv").write_text("a\n1\n1e30\n2\n")
    told = (
        "its numbers are too large for the networks to answer. Mend the number, or drop the column."
    )
    args = ("predict", "steep.safetensors", "far.csv", "-q")
    assert refused(*args, "-o", "out.csv") == f"far.csv, line 3: {told}"
    kept = rows_of(shoal(*args, "--on-error", "skip").stdout)
    assert [float(row["value"]) for row in kept] == pytest.approx([1e30, 2e30], rel=1e-6)


def test_rows_of_parquet_are_told_by_number(shoal: Any, models: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    names = HEADER.split(",")
    columns = {name: [float(cell)] * 3 for name, cell in zip(names, ROW.split(","), strict=True)}
    columns[names[1]][1] = None  # type: ignore[call-overload]
    columns["boxes"] = [[1.0], [2.0], [3.0]]  # type: ignore[list-item]
    parquet.write_table(pyarrow.table(columns), models / "gap.parquet")
    result = shoal("predict", "flowers.safetensors", "gap.parquet", "--on-error", "skip")
    assert result.exit_code == 0
    assert len(rows_of(result.stdout)) == 2
    assert result.stderr.splitlines() == [
        "left out: row 2, column 'sepal_width_cm': the cell is empty.",
        "1 row left out",
        "note: column 'boxes' is left out: its values are of type List(Float64)",
    ]


def test_a_column_that_is_there_is_not_meant_for_another(
    models: Path, refused: Callable[..., str]
) -> None:
    (models / "less.csv").write_text("sepal_length_cm,sepal_width_cm,petal_length_cm\n1,2,3\n")
    assert refused("predict", "flowers.safetensors", "less.csv") == (
        "less.csv: the column 'petal_width_cm' is missing; the columns are 'sepal_length_cm', "
        "'sepal_width_cm', 'petal_length_cm'."
        " Look at the names in the first line of the table, or rename the column."
    )
