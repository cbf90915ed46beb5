"""Tests of ``shoal worth``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FEW = ("--folds", "2", "--repeats", "1", "--threads", "1")
FLOWERS = ("flowers.csv", "--target", "species")


@pytest.fixture(autouse=True)
def _flowers(folder: Path) -> None:
    shutil.copy(EXAMPLES / "data" / "flowers.csv", folder)


def test_the_answer_comes_first(shoal: Any, folder: Path) -> None:
    told = shoal("worth", *FLOWERS, *FEW, "-o", "w.json", "-o", "w.html")
    assert told.exit_code == 0
    assert told.stderr == "flowers.csv: target 'species' read as classes, because it holds text\n"
    lines = told.stdout.splitlines()
    found = json.loads((folder / "w.json").read_text("utf-8"))
    assert lines[0] == found["sentence"]
    assert [line[:14].strip() for line in lines[4:8]] == [
        "network", "constant guess", "logistic", "boosted trees",
    ]  # fmt: skip
    assert max(len(line) for line in lines[1:]) <= 80
    assert "…" not in told.stdout
    # three classes of 50: the constant guess is right in a third of every fold
    assert found["learners"][1]["scores"] == pytest.approx([1 / 3] * 2)
    page = (folder / "w.html").read_text("utf-8")
    assert "Is a network worth it for &#x27;species&#x27; in flowers.csv?" in page
    assert "shoal worth flowers.csv --target species --folds 2" in page


def test_json_and_quiet(shoal: Any) -> None:
    told = shoal("worth", *FLOWERS, *FEW, "--json", "-q", "--features", "petal_length_cm")
    assert (told.exit_code, told.stderr) == (0, "")
    found = json.loads(told.stdout)
    assert (found["n_features"], found["folds"], found["kind"]) == (1, 2, "classification")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("none.csv", "-t", "y"), "none.csv: there is no such file. Did you mean 'flowers.csv'?"),
        (("flowers.csv", "-t", "kind"),
         "flowers.csv: there is no target 'kind'; the columns are 'sepal_length_cm', "
         "'sepal_width_cm', 'petal_length_cm', 'petal_width_cm', 'species'."
         " Look at the names in the first line of the table, or rename the column."),
        (("flowers.csv", "-t", "sepal_width_cm,sepal_length_cm", "--drop", "species"),
         "flowers.csv: worth judges one target at a time; got 2 numbers. Ask for each: --target "
         "sepal_width_cm --drop sepal_length_cm."),
        ((*FLOWERS, "--folds", "60"),
         "flowers.csv, column 'species': class 'setosa' has 50 rows; 60 folds need at least 60 of "
         "every class. Give --folds 50, or more rows of it."),
        ((*FLOWERS, "--folds", "80"),
         "flowers.csv: 80 folds need at least 160 rows, 2 in each; there are 150. Give --folds 75, "
         "or more rows."),
        ((*FLOWERS, "-o", "w.png"), "w.png: must end in .json (the result) or .html (a report)."
                                    " Give the file one of these endings."),
    ],
    ids=["no-file", "no-target", "several", "folds", "rows", "suffix"],
)  # fmt: skip
def test_what_cannot_be(shoal: Any, args: tuple[str, ...], message: str) -> None:
    told = shoal("worth", "-q", *args)
    assert told.exit_code == 2
    assert told.stderr.partition("]: ")[2] == f"{message}\n"


def test_a_gap_says_what_to_do(shoal: Any, folder: Path) -> None:
    (folder / "gap.csv").write_text("a,y\n1,p\n,q\n" + "2,p\n3,q\n" * 9, "utf-8")
    told = shoal("worth", "gap.csv", "-t", "y", *FEW)
    assert told.exit_code == 2
    assert told.stderr.partition("]: ")[2] == (
        "gap.csv, line 3, column 'a': the cell is empty. Give --missing drop or --missing "
        "mean to accept gaps.\n"
    )
    assert shoal("worth", "gap.csv", "-t", "y", *FEW, "--missing", "mean", "-q").exit_code == 0


def test_a_wide_table_is_cut_nowhere(shoal: Any, folder: Path) -> None:
    """Prices in millions: what does not fit into 80 columns stands in a block below."""
    lines = [f"{a},{1_000_000 * a + 98_765 * (a * a % 7)}" for a in range(30)]
    (folder / "homes.csv").write_text("a,price\n" + "\n".join(lines) + "\n", "utf-8")
    told = shoal("worth", "homes.csv", "-t", "price", "--kind", "regression", *FEW)
    assert told.exit_code == 0
    assert "…" not in told.stdout
    assert max(len(line) for line in told.stdout.splitlines()[1:]) <= 80
    assert told.stdout.count("R²") == 1
