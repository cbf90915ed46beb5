"""Tables to datasets, and new rows by a stored schema."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from shoal.data.assemble import build_dataset, fill_gaps
from shoal.data.cells import number_name, parse_number
from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.delimited import TextFormat, read_chunks, read_delimited
from shoal.data.encode import encode_rows, encode_targets, encode_values, wrong_targets
from shoal.data.frames import from_frame
from shoal.data.table import Table
from shoal.errors import DataError


def table(text: str, **options: str) -> Table:
    form = TextFormat(**options)  # type: ignore[arg-type]
    return read_delimited(io.BytesIO(text.encode()), source="a.csv", form=form)


def build(text: str, target: str = "y", decimal: str = ".", **options: object) -> Dataset:
    return build_dataset(table(text, decimal=decimal), target=target, **options)  # type: ignore[arg-type]


def refusal(text: str, target: str = "y", decimal: str = ".", **options: object) -> str:
    with pytest.raises(DataError) as caught:
        build(text, target, decimal, **options)
    return str(caught.value)


PEOPLE = "height,colour,y\n1.5,red,no\n2.5,blue,yes\n3.5,red,no\n"


def test_numbers_categories_and_classes() -> None:
    data = build(PEOPLE)
    # features: height, colour=blue, colour=red
    np.testing.assert_array_equal(data.x, [[1.5, 0, 1], [2.5, 1, 0], [3.5, 0, 1]])
    np.testing.assert_array_equal(data.y, [[0], [1], [0]])
    assert data.schema.feature_names == ("height", "colour=blue", "colour=red")
    assert data.schema.classes == ("no", "yes")
    assert data.lines is not None
    assert data.lines.tolist() == [2, 3, 4]
    assert data.notes == (
        "target 'y' read as classes, because it holds text",
        "column 'colour' read as 2 categories: 'blue', 'red'",
    )


def test_many_classes_are_one_hot_in_numeric_order() -> None:
    data = build("x,y\n1,10\n2,9\n3,-1\n4,10\n5,9\n6,-1\n")
    assert data.schema.classes == ("-1", "9", "10")
    np.testing.assert_array_equal(data.y[:3], [[0, 0, 1], [0, 1, 0], [1, 0, 0]])


def test_any_language() -> None:
    data = build("키,色,種類\n1,赤,犬\n2,青,猫\n", target="種類")
    assert data.schema.feature_names == ("키", "色=赤", "色=青")
    assert data.schema.classes == ("犬", "猫")


def test_given_features_give_the_order() -> None:
    text = "a,b,c,y\n1,2,3,u\n4,5,6,v\n"
    assert build(text, features=["c", "a"]).x.tolist() == [[3.0, 1.0], [6.0, 4.0]]
    assert build(text, drop=["a"]).schema.feature_names == ("b", "c")


@pytest.mark.parametrize(
    ("target", "kind", "note"),
    [
        ("0 1 0 1", "classification", "it holds 2 different whole numbers"),
        ("0 1", "classification", "it holds 2 different whole numbers"),
        ("1.0 2.0 3.0 1 2 3", "classification", "it holds 3 different whole numbers"),
        ("1 2 3 4", "regression", "it holds 4 different whole numbers in 4 rows"),
        ("0.5 1 1 0.5", "regression", "it holds numbers with decimals"),
    ],
)
def test_the_kind_is_guessed_and_said(target: str, kind: str, note: str) -> None:
    data = build("x,y\n" + "".join(f"{i},{y}\n" for i, y in enumerate(target.split())))
    assert data.schema.kind == kind
    what = "classes" if kind == "classification" else "numbers"
    other = "regression" if kind == "classification" else "classification"
    assert data.notes == (
        f"target 'y' read as {what}, because {note}; give kind=\"{other}\" to change this",
    )


def test_twenty_one_whole_numbers_are_numbers() -> None:
    rows = [f"{i},{i % 21}\n" for i in range(210)]
    assert build("x,y\n" + "".join(rows)).schema.kind == "regression"
    rows = [f"{i},{i % 20}\n" for i in range(210)]
    assert build("x,y\n" + "".join(rows)).schema.kind == "classification"


def test_the_kind_can_be_forced() -> None:
    text = "x,y\n1,0\n2,1\n3,1\n4,0\n"
    data = build(text, kind="regression")
    assert data.schema.classes == ()
    assert data.y.tolist() == [[0.0], [1.0], [1.0], [0.0]]
    assert data.notes == ("target 'y' read as numbers, as kind=\"regression\" says",)
    assert build("x,y\n1,0.5\n2,1.5\n", kind="classification").schema.classes == ("0.5", "1.5")
    assert build("x,y\n1,1\n2,2\n3,K\n", kind="classification").schema.classes == ("1", "2", "K")


def test_decimal_commas() -> None:
    data = build("x;y\n1,5;0,5\n-2;1e3\n", decimal=",")
    assert data.x.tolist() == [[1.5], [-2.0]]
    assert data.y.tolist() == [[0.5], [1000.0]]


ERRORS: dict[str, tuple[str, dict[str, object], str]] = {
    "text among numbers": (
        "x2,y\n1,u\n2,v\nabc,u\n3,v\n",
        {},
        "a.csv, line 4, column 'x2': 'abc' is not a number. Correct it, or "
        "leave the column out: --drop x2.",
    ),
    "infinity": (
        "x,y\n1,u\n-inf,v\n",
        {},
        "a.csv, line 3, column 'x': '-inf' is not a finite number. "
        "Correct it, or leave the column out: --drop x.",
    ),
    "underscores": (
        "x,y\n1,u\n2,v\n1_000,v\n",
        {},
        "a.csv, line 4, column 'x': '1_000' is not a number. Correct it, or "
        "leave the column out: --drop x.",
    ),
    "decimal commas not told": (
        "x;y\n1,5;u\n2,5;v\n",
        {},
        "a.csv, line 2, column 'x': '1,5' is not a number. "
        'If "," is its decimal mark, give decimal=",".',
    ),
    "decimal points although commas were told": (
        "x;y\n1,5;u\n2;u\n3;u\n2.5;v\n",
        {"decimal": ","},
        "a.csv, line 5, column 'x': '2.5' is not a number. "
        'If "." is its decimal mark, give decimal=".".',
    ),
    "gap": (
        "x1,x2,y\n1,2,u\n3,n/a,v\n,5,u\n",
        {},
        "a.csv, line 3, column 'x2': 'n/a' is not a number. "
        'Give missing="drop" or missing="mean" to accept gaps.',
    ),
    "empty cell": (
        "x1,x2,y\n1,2,u\n3,,v\n",
        {},
        "a.csv, line 3, column 'x2': the cell is empty. "
        'Give missing="drop" or missing="mean" to accept gaps.',
    ),
    "gap in categories": (
        "c,y\nred,u\n?,v\nred,u\n",
        {},
        "a.csv, line 3, column 'c': '?' is a gap. "
        'Give missing="drop" to leave out rows with gaps.',
    ),
    "mean of categories": (
        "x,c,y\n,red,u\n1,,v\n2,red,u\n",
        {"missing": "mean"},
        "a.csv, line 3, column 'c': the cell is empty, and the mean has no meaning for "
        'categories. Give missing="drop" to leave out rows with gaps.',
    ),
    "gap in the target": (
        "x,y\n1,u\n2,NULL\n3,v\n",
        {"missing": "mean"},
        "a.csv, line 3, column 'y': 'NULL' is a gap, and a target cannot be filled. "
        'Give missing="drop" to leave out rows with gaps.',
    ),
    "only gaps": (
        "x,z,y\n1,,u\n2,NA,v\n",
        {},
        "a.csv, column 'z': every cell is a gap. Leave it out: --drop z.",
    ),
    "no rows left": (
        "x,z,y\n1,,u\n,2,v\n",
        {"missing": "drop"},
        "a.csv: no rows are left, every row has a gap. Drop the columns with most gaps.",
    ),
    "no such target": (
        "x,label\n1,u\n",
        {"target": "lable"},
        "a.csv: there is no target 'lable'; the columns are 'x', 'label'. Did you mean 'label'?",
    ),
    "no header": (
        "5.1,-3\n1,u\n",
        {},
        "a.csv: there is no target 'y'; the columns are '5.1', '-3'. "
        "The first line must hold the columns' names.",
    ),
    "no such feature": (
        "size1,y\n1,u\n",
        {"features": ["size2"]},
        "a.csv: there is no feature 'size2'; the columns are 'size1', 'y'. Did you mean 'size1'?",
    ),
    "no such column to drop": (
        "x1,y\n1,u\n",
        {"drop": ["name"]},
        "a.csv: there is no column to drop 'name'; the columns are 'x1', 'y'."
        " Look at the names in the first line of the table, or rename the column.",
    ),
    "target as a feature": (
        "x,y\n1,u\n",
        {"features": ["x", "y"]},
        "a.csv: the target 'y' is also named as a feature. Name it once.",
    ),
    "feature twice": (
        "x,y\n1,u\n",
        {"features": ["x", "x"]},
        "a.csv: the feature 'x' is named twice. Name it once.",
    ),
    "feature dropped": (
        "x,z,y\n1,2,u\n",
        {"features": ["x", "z"], "drop": ["x"]},
        "a.csv: the column 'x' is named both as a feature and to drop. Name it once.",
    ),
    "no features": (
        "x,y\n1,u\n",
        {"drop": ["x"]},
        "a.csv: there are no feature columns. Keep at least one column beside the target.",
    ),
    "one class": (
        "x,y\n1,u\n2,u\n",
        {},
        "a.csv, column 'y': the target has one class only, 'u'. "
        "Classification needs rows of at least two classes.",
    ),
    "text as regression": (
        "x,y\n1,u\n2,v\n",
        {"kind": "regression"},
        "a.csv, line 2, column 'y': 'u' is not a number. "
        'Correct it, or give kind="classification".',
    ),
    "names as a feature": (
        "name,y\n" + "".join(f"person {i},{i % 2}\n" for i in range(12)),
        {},
        "a.csv, column 'name': the column has 12 different values in 12 rows, too many for "
        "categories. If it is a name or a number of the row, drop it: --drop name.",
    ),
    "too many categories": (
        "c,y\n" + "".join(f"c{i % 1001},{i % 2}\n" for i in range(3003)),
        {},
        "a.csv, column 'c': the column has 1,001 different values in 3,003 rows, too many for "
        "categories. If it is a name or a number of the row, drop it: --drop c.",
    ),
    "names as the target": (
        "x,y\n" + "".join(f"{i},person {i}\n" for i in range(12)),
        {},
        "a.csv, column 'y': the target has 12 different values in 12 rows, too many for "
        "classes. Name another target, or give rows that share classes.",
    ),
    "one name for two features": (
        "a,a=b,y\nb,1,u\nc,2,v\n",
        {},
        "a.csv: two features would both be called 'a=b'. Rename one of their columns.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    text, options, expected = ERRORS[name]
    assert refusal(text, **options) == expected  # type: ignore[arg-type]


def test_half_numbers_half_text_is_categories_and_said() -> None:
    data = build("grade,y\n1,u\n2,v\nK,u\nP,v\n")
    assert data.schema.columns[0].categories == ("1", "2", "K", "P")
    assert data.notes[1] == (
        "column 'grade' read as 4 categories: '1', '2', 'K', 'P'; 2 of its cells are numbers"
    )


GAPPY = "x,z,c,y\n1,10,a,u\n,20,b,v\n3,NA,a,u\n5,30,b,v\n"


def test_drop_leaves_out_rows_and_says_which() -> None:
    data = build(GAPPY, missing="drop")
    assert data.x.tolist() == [[1.0, 10.0, 1.0, 0.0], [5.0, 30.0, 0.0, 1.0]]
    assert data.lines is not None
    assert data.lines.tolist() == [2, 5]
    assert data.notes[-1] == ("left out 2 rows of 4 because of gaps: line 3 ('x'), line 4 ('z')")


def test_dropped_columns_may_have_gaps() -> None:
    assert build(GAPPY, drop=["x", "z"]).n_rows == 4


def test_mean_is_that_of_the_training_rows() -> None:
    data = build(GAPPY, missing="mean")
    assert np.isnan(data.x[1, 0])
    assert data.notes[-1] == (
        "2 gaps to fill with the mean of the training rows: line 3 ('x'), line 4 ('z')"
    )
    filled = fill_gaps(data, np.array([0, 1, 2]))
    # x: (1 + 3) / 2, the 5 of row 3 does not count; z: (10 + 20) / 2
    assert filled.x[:, :2].tolist() == [[1, 10], [2, 20], [3, 15], [5, 30]]
    assert [column.fill for column in filled.schema.columns] == [2.0, 15.0, None]
    assert np.isnan(data.x[1, 0])


def test_no_training_row_has_a_value() -> None:
    with pytest.raises(DataError) as caught:
        fill_gaps(build(GAPPY, missing="mean"), np.array([1]))
    assert str(caught.value) == (
        "a.csv, column 'x': every training row has a gap, so there is no mean to fill it with. "
        "Leave it out: --drop x."
    )


def test_the_mean_of_huge_numbers_is_finite() -> None:
    data = build("x,y\n1.7e308,u\n1.7e308,v\n", missing="mean")
    assert fill_gaps(data, np.array([0, 1])).schema.columns[0].fill == 1.7e308


SCHEMA = Schema(
    columns=(
        Feature(name="x"),
        Feature(name="c", categories=("a", "b")),
        Feature(name="z", fill=7.0),
    ),
    target="y",
    kind="classification",
    classes=("no", "yes"),
)


def test_new_rows_by_name_in_any_order() -> None:
    encoded = encode_rows(SCHEMA, table("other,z,c,x\n?,1,b,2\n?,,a,3\n"))
    assert encoded.x.tolist() == [[2.0, 0.0, 1.0, 1.0], [3.0, 1.0, 0.0, 7.0]]
    assert encoded.rows.tolist() == [0, 1]
    assert encoded.bad == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "x,c,z\n1,a,1\n1,d,1\n",
            "a.csv, line 3, column 'c': 'd' is not a known category; known are 'a', 'b'."
            " Mend the cell, or train again with rows of it.",
        ),
        (
            "x,c,z\nabc,a,1\n",
            "a.csv, line 2, column 'x': 'abc' is not a number."
            " Mend the cell, or leave the row out.",
        ),
        (
            "x,c,z\n,a,1\n",
            "a.csv, line 2, column 'x': the cell is empty. Fill the cell, or leave the row out.",
        ),
        (
            "x,c,z\n1,NA,1\n",
            "a.csv, line 2, column 'c': 'NA' is a gap. Fill the cell, or leave the row out.",
        ),
        (
            "x,c,z\n1,a,inf\n",
            "a.csv, line 2, column 'z': 'inf' is not a finite number."
            " Mend the cell, or leave the row out.",
        ),
        (
            "c,z\na,1\n",
            "a.csv: the column 'x' is missing; the columns are 'c', 'z'."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            "q\na\n",
            "a.csv: the columns 'x', 'c', 'z' are missing; the columns are 'q'."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            "x,c,zz\n1,a,1\n",
            "a.csv: the column 'z' is missing; the columns are 'x', 'c', 'zz'. Did you mean 'zz'?",
        ),
    ],
)
def test_rows_that_do_not_fit(text: str, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        encode_rows(SCHEMA, table(text))
    assert str(caught.value) == expected


def test_skip_tells_every_bad_row() -> None:
    data = io.BytesIO(b"x,c,z\n1,a,1\nabc,q,1\n1,2\n2,b,1\n3,d,1\n")
    (chunk,) = read_chunks(data, source="a.csv", on_error="skip")
    encoded = encode_rows(SCHEMA, chunk, on_error="skip")
    assert encoded.x.tolist() == [[1.0, 1.0, 0.0, 1.0], [2.0, 0.0, 1.0, 1.0]]
    assert encoded.rows.tolist() == [0, 2]
    assert [(bad.line, bad.reason) for bad in encoded.bad] == [
        (3, "column 'x': 'abc' is not a number."),
        (
            4,
            "the row has 2 values; the header has 3 columns. "
            "Complete the row, or remove it; a cell may be empty.",
        ),
        (6, "column 'c': 'd' is not a known category; known are 'a', 'b'."),
    ]


def test_all_rows_skipped() -> None:
    encoded = encode_rows(SCHEMA, table("x,c,z\nq,a,1\n"), on_error="skip")
    assert encoded.x.shape == (0, 4)


def test_booleans_of_files_and_frames_are_the_same() -> None:
    schema = build("b,y\nFalse,u\nTrue,v\n").schema
    assert schema.columns[0].categories == ("False", "True")
    assert encode_rows(schema, from_frame(pd.DataFrame({"b": [True]}))).x.tolist() == [[0.0, 1.0]]


def test_targets() -> None:
    assert encode_targets(SCHEMA, table("y\nyes\nno\n")).tolist() == [[1.0], [0.0]]
    chosen = encode_targets(SCHEMA, table("y\nyes\nwhat\nno\n"), rows=np.array([0, 2]))
    assert chosen.tolist() == [[1.0], [0.0]]
    numbers = SCHEMA.model_copy(update={"kind": "regression", "classes": ()})
    assert encode_targets(numbers, table("y\n1.5\n")).tolist() == [[1.5]]


def test_targets_that_are_numbers_are_found_by_value() -> None:
    digits = SCHEMA.model_copy(update={"classes": ("0", "1", "2")})
    frame = from_frame(pd.DataFrame({"y": [2.0, 0.0]}))
    assert encode_targets(digits, frame).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert encode_targets(digits, table("y\n1.0\n")).tolist() == [[0, 1, 0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "y\nyes\nmaybe\n",
            "a.csv, line 3, column 'y': 'maybe' is not a known class; known are 'no', 'yes'."
            " Mend the cell, or train again with rows of it.",
        ),
        (
            "y,x\nyes,1\n,2\n",
            "a.csv, line 3, column 'y': the cell is empty. Fill the cell, or leave the row out.",
        ),
        ("yy\nyes\n", "a.csv: there is no target 'y'; the columns are 'yy'. Did you mean 'yy'?"),
    ],
)
def test_targets_that_do_not_fit(text: str, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        encode_targets(SCHEMA, table(text))
    assert str(caught.value) == expected


def test_targets_and_weights_that_do_not_fit_are_named_row_by_row() -> None:
    weighted = SCHEMA.model_copy(update={"weights": "w"})
    rows = table("y,w\nyes,1\nmaybe,1\nno,-1\nnever,2\n")
    found = wrong_targets(weighted, rows, np.array([0, 1, 2]))
    assert [(each.row, each.line) for each in found] == [(1, 3), (2, 4)]
    assert [each.reason for each in found] == [
        "column 'y': 'maybe' is not a known class; known are 'no', 'yes'.",
        "column 'w': the weight '-1' is not from 0 to 1e+150.",
    ]


INPUTS = Schema(
    columns=(Feature(name="input1"), Feature(name="input2")), target="y", kind="regression"
)


def test_one_row_by_name() -> None:
    assert encode_values(INPUTS, {"input2": "1.5", "input1": 0}).tolist() == [[0.0, 1.5]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"inptu1": "0"},
            "there is no input 'inptu1'; the inputs are 'input1', 'input2'. Did you mean 'input1'?",
        ),
        ({}, "values for 'input1', 'input2' are missing. Give every input."),
        ({"input1": "0"}, "the value for 'input2' is missing. Give every input."),
        (
            {"input1": "0", "input2": "x"},
            "column 'input2': 'x' is not a number. Mend the cell, or leave the row out.",
        ),
    ],
)
def test_one_row_that_does_not_fit(values: dict[str, str], expected: str) -> None:
    with pytest.raises(DataError) as caught:
        encode_values(INPUTS, values)
    assert str(caught.value) == expected


def test_numbers_are_python_floats() -> None:
    assert [parse_number(c) for c in ("1", " -2.5 ", "1e3", ".5", "1_0", "0x1", "1,000", "")] == [
        1.0,
        -2.5,
        1000.0,
        0.5,
        None,
        None,
        None,
        None,
    ]
    assert [number_name(v) for v in (1.0, -0.0, 0.1, 1e300)] == ["1", "0", "0.1", "1e+300"]
