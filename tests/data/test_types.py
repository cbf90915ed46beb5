"""What a column holds, said in place of guessed: read so in training and ever after."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from shoal.cli.options import TYPES, types_in, types_text
from shoal.data.columns import ColumnType
from shoal.data.dataset import Dataset
from shoal.data.encode import encode_rows
from shoal.data.file_recipe import FileData, load_file, load_frame
from shoal.data.opening import read_tables
from shoal.errors import DataError

CODES = "zip,size,y\n01234,1,p\n1234,2,q\n01234,3,p\n90210,4,q\n"


def load(folder: Path, text: str, **options: object) -> Dataset:
    (folder / "t.csv").write_text(text, "utf-8")
    return load_file(FileData.model_validate({"file": "t.csv", "target": "y", **options}), folder)


def refusal(folder: Path, text: str, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        load(folder, text, **options)
    return str(caught.value)


def test_codes_of_digits_are_categories_as_they_are_written(tmp_path: Path) -> None:
    assert load(tmp_path, CODES).schema.feature_names == ("zip", "size")
    data = load(tmp_path, CODES, types={"zip": "category"})
    names = ("zip=01234", "zip=1234", "zip=90210", "size")
    assert data.schema.feature_names == names
    np.testing.assert_array_equal(data.x, [[1, 0, 0, 1], [0, 1, 0, 2], [1, 0, 0, 3], [0, 0, 1, 4]])
    assert data.notes[-1] == (
        "column 'zip' read as 3 categories: '01234', '1234', '90210', as `types` says"
    )


def test_new_rows_are_read_as_the_training_rows_were(tmp_path: Path) -> None:
    data = load(tmp_path, CODES, types={"zip": "category"})
    (tmp_path / "new.csv").write_text("size,zip\n9,90210\n8,01234\n", "utf-8")
    (new,) = read_tables("new.csv", folder=tmp_path)
    np.testing.assert_array_equal(encode_rows(data.schema, new).x, [[0, 0, 1, 9], [1, 0, 0, 8]])


def test_a_column_with_much_text_is_numbers_once_it_is_mended(tmp_path: Path) -> None:
    # half and half: guessed as categories, which says nothing of the cells that are broken
    broken = "score,y\n1,p\n2,q\n-,p\nlow,q\n"
    assert load(tmp_path, broken).schema.columns[0].categories == ("-", "1", "2", "low")
    told = "Correct or empty the cell, or leave 'score' out of `types`."
    assert refusal(tmp_path, broken, types={"score": "number"}) == (
        f"t.csv, line 4, column 'score': '-' is not a number. {told}"
    )
    # an empty cell is a gap like any other
    mended = "score,y\n1,p\n2,q\n,p\n,q\n"
    data = load(tmp_path, mended, types={"score": "number"}, missing="drop")
    assert data.x.tolist() == [[1.0], [2.0]]


def test_numbers_with_another_mark_are_told_of_it(tmp_path: Path) -> None:
    text = "score;y\n1,5;p\nx;q\nz;q\n"
    assert refusal(tmp_path, text, types={"score": "number"}).endswith(
        "line 2, column 'score': '1,5' is not a number. "
        'If "," is its decimal mark, give decimal=",".'
    )
    # a version such as 1,5 may be a name
    data = load(tmp_path, "v;y\n1,5;p\n1,6;q\n1,5;q\n", types={"v": "category"})
    assert data.schema.columns[0].categories == ("1,5", "1,6")


def test_one_broken_cell_of_many_does_not_force_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{k % 3},{'pq'[k % 2]}\n" for k in range(20))
    text = f"grade,y\n{rows}A,p\n"
    assert "line 22, column 'grade': 'A' is not a number" in refusal(tmp_path, text)
    found = load(tmp_path, text, types={"grade": "category"}).schema.columns[0]
    assert found.categories == ("0", "1", "2", "A")


ERRORS: dict[str, tuple[dict[str, object], str]] = {
    "no such column": (
        {"types": {"zpi": "category"}},
        "t.csv: there is no column to read as a category 'zpi'; the columns are 'zip', 'size', "
        "'y'. Did you mean 'zip'?",
    ),
    "the target": (
        {"types": {"y": "category"}},
        "t.csv, column 'y': the target 'y' is also given the type of a feature. "
        "Leave 'y' out of `types`, and say with `kind` what the target is.",
    ),
    "the weights": (
        {"types": {"size": "number"}, "weights": "size"},
        "t.csv, column 'size': the weights column 'size' is also given the type of a feature. "
        "Leave 'size' out of `types`: weights are numbers.",
    ),
    "a name of every row": (
        {"types": {"size": "category"}},
        "t.csv, column 'size': the column has 12 different values in 12 rows, too many for "
        "categories. If it is a name or a number of the row, drop it: --drop size.",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_is_refused(tmp_path: Path, case: str) -> None:
    options, sentence = ERRORS[case]
    rows = "".join(f"{k % 2},{k},{'pq'[k % 2]}\n" for k in range(12))
    assert refusal(tmp_path, f"zip,size,y\n{rows}", **options) == sentence


def test_a_column_that_is_left_out_may_have_a_type(tmp_path: Path) -> None:
    types = {"zip": "category"}
    assert load(tmp_path, CODES, types=types, drop=["zip"]).schema.feature_names == ("size",)
    assert load(tmp_path, CODES, types=types, features=["size"]).x.shape == (4, 1)


@pytest.mark.parametrize("types", [{"zip": "text"}, {"": "number"}, {"zip": None}, ["zip"], "zip"])
def test_types_are_two(types: object) -> None:
    with pytest.raises(ValidationError):
        FileData.model_validate({"file": "t.csv", "target": "y", "types": types})


def test_a_recipe_without_types_is_written_as_ever() -> None:
    assert "types" not in FileData(file="t.csv", target="y").model_dump()
    recipe = FileData.model_validate({"file": "t.csv", "target": "y", "types": {"z": "number"}})
    assert FileData.model_validate_json(recipe.model_dump_json()) == recipe


def test_frames_can_be_told_too() -> None:
    frame = pd.DataFrame({"zip": [10, 20, 10], "size": [1.0, 2.0, 3.0], "y": ["p", "q", "q"]})
    data = load_frame(frame, target="y", types={"zip": "category"})
    assert data.schema.feature_names == ("zip=10", "zip=20", "size")


def test_the_option_of_the_command_line_knows_the_same_types() -> None:
    assert get_args(ColumnType) == TYPES
    types = {"a=b": "number", 'say "x", y': "category"}
    assert types_in(types_text(types)) == types
