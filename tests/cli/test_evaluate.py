"""Tests of ``shoal evaluate``: what it prints, writes and refuses."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import shoal as package
from shoal.cli.app import app
from shoal.models import assess

HOSTILE = '</script><b>"x"</b>'


@pytest.fixture(scope="module")
def trained_loans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """loans.csv with two classes, a region and weights, and a model of it; text is hostile."""
    folder = tmp_path_factory.mktemp("loans")
    rng = np.random.default_rng(0)
    lines = ["a,b,region,w,answer"]
    for k, (a, b) in enumerate(rng.normal(size=(120, 2)).tolist()):
        region = ("north", "south", HOSTILE.replace('"', '""'))[k % 3]
        bad = a + 0.3 * b > 0 if k % 3 else rng.random() < 0.5
        lines.append(f'{a:.3f},{b:.3f},"{region}",{1 + k % 2},{"bad" if bad else "ok"}')
    for name in ("loans.csv", "weighted.csv"):
        (folder / name).write_text("\n".join(lines) + "\n")
    common = ("-t", "answer", "--features", "a,b", "population=3", "training.epochs=30", "-q",
              "--no-store")  # fmt: skip
    with contextlib.chdir(folder):
        for args in (("loans.csv",), ("weighted.csv", "--weights", "w")):
            done = CliRunner().invoke(app, ["train", *args, *common])
            assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture
def loans(folder: Path, trained_loans: Path) -> Path:
    shutil.copytree(trained_loans, folder, dirs_exist_ok=True)
    return folder


def test_the_answer_stands_first(shoal: Any, loans: Path) -> None:
    result = shoal("evaluate", "loans.safetensors", "loans.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second, *_ = result.stdout.splitlines()
    assert first.rstrip() == "loans.csv: 120 rows, 3 networks"
    assert re.match(r"Right on \d\d\.\d % of the rows \(95 %: \d\d\.\d to \d\d\.\d\); ", second)
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80
    assert result.stdout.rstrip().endswith(
        "intervals: 95 %, Wilson's of shares; 2,000 resamples of the rows (seed 0)"
    )


def test_it_says_what_python_says(shoal: Any, loans: Path) -> None:
    args = ("--costs", "1,5", "--positive", "bad", "--seed", "3", "--coverage", "0.6")
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--json", *args).stdout
    document = json.loads(text)
    rows = np.genfromtxt("loans.csv", delimiter=",", skip_header=1, usecols=(0, 1))
    with open("loans.csv", encoding="utf-8") as file:
        answers = [line.rstrip().rpartition(",")[2] for line in file][1:]
    found = assess(
        package.load("loans.safetensors"), rows, answers, costs=(1, 5), positive="bad", seed=3,
        coverage=0.6,
    )  # fmt: skip
    same = json.loads(json.dumps(found.document()))
    for key in ("intervals", "by_class", "calibration", "coverage", "costs", "network_losses"):
        assert document[key] == same[key], key
    assert [row["row"] for row in document["worst"]] == [row["row"] for row in same["worst"]]
    assert [row["line"] for row in document["worst"]] == [row["row"] + 2 for row in same["worst"]]


def test_chunks_are_one_table(shoal: Any, loans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("evaluate", "loans.safetensors", "loans.csv", "--by", "region", "--json")
    whole = json.loads(shoal(*args).stdout)
    from shoal.cli import evaluate
    from shoal.data.opening import read_tables

    def in_pieces(*args: Any, **more: Any) -> Any:
        return read_tables(*args, rows=7, **more)

    monkeypatch.setattr(evaluate, "read_tables", in_pieces)
    pieces = json.loads(shoal(*args).stdout)
    assert pieces["intervals"] == whole["intervals"]
    assert pieces["slices"] == whole["slices"]
    assert pieces["worst"] == whole["worst"]
    np.testing.assert_allclose(pieces["network_losses"], whole["network_losses"], rtol=1e-12)


def test_standard_input_and_parquet(shoal: Any, loans: Path) -> None:
    read = pytest.importorskip("pyarrow.csv").read_csv
    write = pytest.importorskip("pyarrow.parquet").write_table
    wanted = json.loads(shoal("evaluate", "loans.safetensors", "loans.csv", "--json").stdout)
    text = (loans / "loans.csv").read_bytes()
    piped = json.loads(shoal("evaluate", "loans.safetensors", "-", "--json", stdin=text).stdout)
    assert piped["source"] == "standard input"
    assert piped["worst"] == wanted["worst"]
    write(read("loans.csv"), "loans.parquet")
    same = json.loads(shoal("evaluate", "loans.safetensors", "loans.parquet", "--json").stdout)
    assert same["intervals"] == wanted["intervals"]
    assert same["worst"][0]["line"] is None


def test_a_slice_that_falls_below(shoal: Any, loans: Path) -> None:
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--by", "region", "--by", "a").stdout
    told = " ".join(text.split())
    assert "region 'north' falls below the rest: right on " in told
    assert "▼" in next(line for line in text.splitlines() if line.startswith("north"))
    assert "▼" not in next(line for line in text.splitlines() if line.startswith("south"))
    assert re.search(r"^below -?\d", text, re.MULTILINE)


def test_costs_in_a_table(shoal: Any, loans: Path) -> None:
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--costs", "1,5", "--positive",
                 "bad").stdout  # fmt: skip
    assert "call for saying 'bad' above 0.167" in text
    names = [line.split("  ")[0].rstrip() for line in text.splitlines()]
    place = names.index("theory")
    assert names[place - 1 : place + 4] == ["0.5", "theory", "best here", "always no", "always yes"]


@pytest.mark.parametrize("positive", ["bad", "ok"])
def test_the_threshold_that_costs_call_for_can_be_used(
    shoal: Any, loans: Path, positive: str
) -> None:
    args = ("loans.safetensors", "loans.csv", "--costs", "1,5", "--positive", positive)
    network = ("--network", "1")
    document = json.loads(shoal("evaluate", *args, *network, "--json").stdout)
    advice = document["advice"]
    assert (advice["positive"], advice["rule"] in ("theory", "best")) == (positive, True)
    command = advice["command"]
    assert command == (
        f"shoal predict loans.safetensors new.csv --network 1 --threshold "
        f"{advice['threshold']:g} --positive {positive}"
    )
    text = shoal("evaluate", *args, *network).stdout
    assert f"To say it of other rows: {command}\n" in text
    shutil.copy("loans.csv", "new.csv")
    said = csv.DictReader(io.StringIO(shoal(*command.split()[1:]).stdout))
    pairs = [(row["answer"] == positive, row["class"] == positive) for row in said]
    rule = next(r for r in document["costs"]["decisions"] if r["rule"] == advice["rule"])
    assert pairs.count((False, True)) == rule["n_false_positives"]
    assert pairs.count((True, False)) == rule["n_false_negatives"]


def test_rows_that_trained_the_model_are_told(shoal: Any, loans: Path) -> None:
    told = "note: These rows are of the file that trained the model,"
    text = shoal("evaluate", "loans.safetensors", "loans.csv").stdout
    top = text.partition("\n\n")[0].splitlines()
    assert any(line.startswith(told) for line in top[1:])
    whole = (loans / "loans.csv").read_bytes()
    (loans / "half.csv").write_bytes(whole[: whole.index(b"\n", len(whole) // 2) + 1])
    for data, stdin, wanted in (
        ("loans.csv", None, True), ("half.csv", None, False), ("-", whole, None),
    ):  # fmt: skip
        args = ("evaluate", "loans.safetensors", data, "--resamples", "0")
        assert json.loads(shoal(*args, "--json", stdin=stdin).stdout)["trained_on"] is wanted
        assert (told in shoal(*args, stdin=stdin).stdout) is (wanted is True)


def test_the_worst_rows(shoal: Any, loans: Path) -> None:
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--worst", "2").stdout
    place = text.splitlines().index("the rows it is most wrong about")
    head, _, *rows = [line.split() for line in text.splitlines()[place + 2 : place + 6]]
    assert head[:4] == ["line", "truth", "said", "p"]
    lines = (loans / "loans.csv").read_text().splitlines()
    for row in rows:
        assert lines[int(row[0]) - 1].endswith(row[1])
        assert row[1] != row[2]
    assert "most wrong" not in shoal("evaluate", "loans.safetensors", "loans.csv", "--worst",
                                     "0").stdout  # fmt: skip


def test_full_prints_every_table(shoal: Any, loans: Path) -> None:
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--full").stdout
    assert "probability of ok" in text
    assert "rows answered" in text
    assert "100.0%" in text


def test_thresholds_that_are_asked_for(shoal: Any, loans: Path) -> None:
    args = ("--min-accuracy", "0.01", "--coverage", "0.33", "--coverage", "0.66")
    text = shoal("evaluate", "loans.safetensors", "loans.csv", *args).stdout
    assert "for accuracy" in text
    place = next(k for k, line in enumerate(text.splitlines()) if line.startswith("rows answered"))
    rows = [line.split() for line in text.splitlines()[place + 2 : place + 5]]
    assert [row[-1] for row in rows[:1]] == ["0.01"]
    shares = [float(row[0].rstrip("%")) for row in rows]
    assert shares[0] == 100.0
    # of 120 rows the surest 80 and 40, and those that are as sure
    assert 66.0 <= shares[1] < 70.0
    assert 33.0 <= shares[2] < 37.0


def test_a_report_and_the_figures_are_written(shoal: Any, loans: Path) -> None:
    pytest.importorskip("vl_convert")
    args = (
        "--by",
        "region",
        "--costs",
        "1,5",
        "--resamples",
        "100",
        "-o",
        "r.html",
        "-o",
        "r.json",
    )
    result = shoal("evaluate", "loans.safetensors", "loans.csv", *args)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == "wrote r.html\nwrote r.json\n"
    document = json.loads((loans / "r.json").read_text("utf-8"))
    assert document["resamples"] == 100
    page = (loans / "r.html").read_text("utf-8")
    for words in ("How good is loans.safetensors on loans.csv?", "By region", "What the errors",
                  "The rows it is most wrong about", "Calibration", "Costs of saying ok",
                  "loans.safetensors loans.csv --by region --costs 1,5 --resamples"):  # fmt: skip
        assert words in page
    assert "These rows are of the file that trained the model" in page
    assert re.search(r"shoal predict loans\.safetensors new\.csv --threshold [\d.]+ --pos", page)
    assert HOSTILE not in page
    assert "&lt;/script&gt;&lt;b&gt;" in page


def test_a_report_of_numbers(shoal: Any, models: Path) -> None:
    pytest.importorskip("vl_convert")
    args = ("--decimal", ",", "-o", "p.html")
    assert shoal("evaluate", "prices.safetensors", "prices.csv", *args).exit_code == 0
    page = (models / "p.html").read_text("utf-8")
    for words in ("Errors of c", "root mean squared error", "c, in its own units"):
        assert words in page


def test_no_resamples_no_intervals(shoal: Any, loans: Path) -> None:
    text = shoal("evaluate", "loans.safetensors", "loans.csv", "--resamples", "0").stdout
    assert "95 % interval" not in text.split("class ")[0]
    assert text.rstrip().endswith("no intervals: --resamples 0")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["--by", "regoin"],
            "loans.csv: there is no column 'regoin'; the columns are 'a', 'b', 'region', 'w', "
            "'answer'. Did you mean 'region'?",
        ),
        (["--positive", "Bad"], "--positive: must be 'bad' or 'ok'; got 'Bad'. "
                                "Did you mean 'bad'?"),
        (
            ["--costs", "1"],
            "--costs: must be two costs above 0, of a false positive and of a false negative, "
            "such as 1,5; got 1. See: shoal evaluate --help.",
        ),
        (
            ["--costs", "0,nan"],
            "--costs: must be two costs above 0, of a false positive and of a false negative, "
            "such as 1,5; got 0,nan. See: shoal evaluate --help.",
        ),
        (
            ["--coverage", "2"],
            "--coverage: must be a number above 0 and at most 1; got 2. "
            "See: shoal evaluate --help.",
        ),
        (["-o", "r.txt"], "r.txt: must end in .html (a report) or .json (the figures)."
                          " Give the file one of these endings."),
        (["-o", "loans.csv"], "loans.csv: must end in .html (a report) or .json (the figures)."
                              " Give the file one of these endings."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(
    refused: Callable[..., str], loans: Path, args: list[str], sentence: str
) -> None:
    assert refused("evaluate", "loans.safetensors", "loans.csv", *args) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b,answer\n1,2,ok\n1,2,fine\n",
         "d.csv, line 3, column 'answer': 'fine' is not a known class; known are 'bad', 'ok'."),
        ("a,b,anwser\n1,2,ok\n",
         "d.csv: there is no target 'answer'; the columns are 'a', 'b', 'anwser'. "
         "Did you mean 'anwser'?"),
        ("a,b,answer\n", "d.csv: has a header but no rows. Add rows below the column names."),
        ("", "d.csv: is empty. A table starts with a line of column names."),
        ("a,b,answer\n1,2,ok\n1,2",
         "d.csv, line 3: the row has 2 values; the header has 3 columns."),
        ("a,b,answer\n1,NaN,ok\n", "d.csv, line 2, column 'b': 'NaN' is not a number."),
        ("a,b,answer\n1,much,ok\n", "d.csv, line 2, column 'b': 'much' is not a number."),
        ("a,b,answer\n1,2,\n", "d.csv, line 2, column 'answer': the cell is empty."),
    ],
    ids=["class", "target", "header", "empty", "cut", "nan", "text", "gap"],
)  # fmt: skip
def test_tables_that_do_not_fit(
    refused: Callable[..., str], loans: Path, text: str, sentence: str
) -> None:
    (loans / "d.csv").write_text(text)
    told = refused("evaluate", "loans.safetensors", "d.csv", "-o", "r.json")
    assert told.startswith(sentence)


def test_what_is_of_two_classes(refused: Callable[..., str], models: Path) -> None:
    args = ("evaluate", "flowers.safetensors", "flowers.csv")
    told = "is for a target of two classes; 'species' has 3. Leave one out, or give the other too."
    assert refused(*args, "--costs", "1,5") == f"--costs: {told}"
    assert refused(*args, "--positive", "setosa") == f"--positive: {told}"
    args = ("evaluate", "prices.safetensors", "prices.csv", "--decimal", ",")
    told = "is for a target of classes; 'c' is a number. Leave one out, or give the other too."
    assert refused(*args, "--min-accuracy", "0.9") == f"--min-accuracy: {told}"


def test_rows_that_all_weigh_nothing(shoal: Any, refused: Callable[..., str], loans: Path) -> None:
    (loans / "zero.csv").write_text("a,b,w,answer\n1,2,0,ok\n1,2,0,bad\n")
    told = refused("evaluate", "weighted.safetensors", "zero.csv")
    assert (
        told == "zero.csv, column 'w': every one of the 2 rows has weight 0."
        " Give weights of 0 or more that are not all 0."
    )


def test_one_row_and_one_class(shoal: Any, loans: Path) -> None:
    (loans / "one.csv").write_text("a,b,answer\n1,2,bad\n")
    result = shoal("evaluate", "loans.safetensors", "one.csv", "--by", "a", "--costs", "1,2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("one.csv: 1 row, 3 networks\n")
    assert "ROC AUC" in result.stdout


def test_columns_in_another_order(shoal: Any, loans: Path) -> None:
    lines = (loans / "loans.csv").read_text().splitlines()
    turned = [",".join([line.split(",")[-1], *line.split(",")[:2]]) for line in lines]
    (loans / "turned.csv").write_text("\n".join(turned))
    one, other = (
        json.loads(shoal("evaluate", "loans.safetensors", name, "--json").stdout)
        for name in ("loans.csv", "turned.csv")
    )
    assert one["intervals"] == other["intervals"]
