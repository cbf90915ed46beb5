"""Several targets: labels and numbers, what is said of them, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data import FileData, encode_targets, load_file, split_rows
from shoal.data.dataset import Dataset, Schema
from shoal.data.encode import encode_weights
from shoal.data.opening import tables_of
from shoal.data.recipe import DataRecipe, apply_recipe
from shoal.errors import DataError
from shoal.streams import stream

TABLE = """x,red,big,size,mass,kind,w
1,0,no,1.5,10,p,1
2,1,yes,2.5,20,q,0.5
3,1,no,3.5,15,r,0
4,0,yes,4.5,30,p,2
"""


def read(target: Any, folder: Path, text: str = TABLE, **settings: Any) -> Dataset:
    (folder / "t.csv").write_text(text)
    recipe = FileData(file="t.csv", target=target, features=("x",), **settings)
    return load_file(recipe, folder)


def refusal(target: Any, folder: Path, text: str = TABLE, **settings: Any) -> str:
    with pytest.raises(DataError) as error:
        read(target, folder, text, **settings)
    return str(error.value)


def test_columns_of_two_values_are_labels(tmp_path: Path) -> None:
    data = read(("red", "big"), tmp_path)
    assert data.schema.kind == "multilabel"
    assert data.schema.targets == ("red", "big")
    assert data.schema.label_classes == (("0", "1"), ("no", "yes"))
    assert (data.schema.classes, data.schema.n_outputs) == ((), 2)
    assert data.y.tolist() == [[0, 0], [1, 1], [1, 0], [0, 1]]
    assert data.notes == ("targets 'red', 'big' read as labels, because each has two values",)


def test_columns_of_numbers_are_a_regression(tmp_path: Path) -> None:
    data = read(("size", "mass"), tmp_path)
    assert (data.schema.kind, data.schema.n_outputs) == ("regression", 2)
    assert data.y.tolist() == [[1.5, 10], [2.5, 20], [3.5, 15], [4.5, 30]]
    assert data.notes == ("targets 'size', 'mass' read as numbers, because they hold numbers",)


def test_a_list_of_one_is_that_one(tmp_path: Path) -> None:
    assert read(("red",), tmp_path).schema == read("red", tmp_path).schema


def test_bits_are_numbers_if_asked(tmp_path: Path) -> None:
    data = read(("red", "mass"), tmp_path, kind="regression")
    assert data.schema.kind == "regression"
    assert data.notes == ("targets 'red', 'mass' read as numbers, as kind=\"regression\" says",)


@pytest.mark.parametrize(
    ("target", "settings", "sentence"),
    [
        (("red", "mass"), {}, "t.csv: the targets are of different kinds: 'red' with two values, "
         "and 'mass' with numbers. Train a model for each kind, or give kind=\"regression\" to "
         "read all as numbers."),
        (("big", "mass"), {}, "t.csv: the targets are of different kinds: 'big' with two values, "
         "and 'mass' with numbers. Train a model for each kind."),
        (("red", "kind"), {}, "t.csv, column 'kind': the target has 3 classes, 'p', 'q', 'r'; "
         "one label of several has two. Train a model of its own for it."),
        (("red", "mass"), {"kind": "multilabel"}, "t.csv, column 'mass': the target has 4 "
         "classes, '10', '15', '20', '30'; one label of several has two. Train a model of its "
         "own for it."),
        (("red", "big"), {"kind": "classification"}, 't.csv: kind="classification" is for one '
         'target. Give kind="multilabel" for several that are yes or no, or leave it out.'),
        ("red", {"kind": "multilabel"}, "t.csv, column 'red': kind=\"multilabel\" needs several "
         'targets. Name them all, or give kind="classification".'),
        (("red", "red"), {}, "t.csv: the target 'red' is named twice. Name it once."),
        (("red", "bigg"), {}, "t.csv: there is no target 'bigg'; the columns are 'x', 'red', "
         "'big', 'size', 'mass', 'kind', 'w'. Did you mean 'big'?"),
        (("red", "x"), {}, "t.csv: the target 'x' is also named as a feature. Name it once."),
        ("red", {"weights": "red"}, "t.csv: the target 'red' is also named as a weights column. "
         "Name it once."),
        ("red", {"weights": "x"}, "t.csv: the weights column 'x' is also named as a feature. "
         "Name it once."),
        ("red", {"weights": "v"}, "t.csv: there is no weights column 'v'; the columns are 'x', "
         "'red', 'big', 'size', 'mass', 'kind', 'w'."
         " Look at the names in the first line of the table, or rename the column."),
    ],
)  # fmt: skip
def test_what_is_refused(target: Any, settings: Any, sentence: str, tmp_path: Path) -> None:
    assert refusal(target, tmp_path, **settings) == sentence


def test_weights_are_no_feature(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y,w\n1,p,1\n2,q,0.5\n3,p,0\n")
    data = load_file(FileData(file="t.csv", target="y", weights="w"), tmp_path)
    assert data.schema.feature_names == ("a",)
    assert data.schema.weights == "w"
    assert data.weights is not None
    assert data.weights.tolist() == [1, 0.5, 0]


@pytest.mark.parametrize(
    ("cell", "settings", "sentence"),
    [
        ("-1", {}, "t.csv, line 3, column 'w': the weight '-1' is not from 0 to 1e+150. "
         "Give 0 to a row that is not to count."),
        ("inf", {}, "t.csv, line 3, column 'w': 'inf' is not a finite number. Correct it."),
        ("NaN", {}, "t.csv, line 3, column 'w': 'NaN' is a gap. "
         'Give missing="drop" to leave out rows with gaps.'),
        ("", {"missing": "mean"}, "t.csv, line 3, column 'w': the cell is empty, and a weight "
         'cannot be filled. Give missing="drop" to leave out rows with gaps.'),
        ("much", {}, "t.csv, line 3, column 'w': 'much' is not a number. Correct it."),
    ],
)  # fmt: skip
def test_weights_that_are_none(cell: str, settings: Any, sentence: str, tmp_path: Path) -> None:
    text = TABLE.replace("q,0.5", f"q,{cell}")
    assert refusal("red", tmp_path, text, weights="w", **settings) == sentence


def test_weights_that_are_all_0_or_gaps(tmp_path: Path) -> None:
    text = "x,red,w\n1,0,0\n2,1,0\n"
    assert refusal("red", tmp_path, text, weights="w") == (
        "t.csv, column 'w': every row has weight 0. Count some rows."
    )
    assert refusal("red", tmp_path, "x,red,w\n1,0,\n2,1,\n", weights="w") == (
        "t.csv, column 'w': there are no weights, every cell is a gap."
        " Fill the cell, or leave the row out."
    )


def test_a_gap_in_the_weights_drops_the_row(tmp_path: Path) -> None:
    text = TABLE.replace("q,0.5", "q,")
    data = read("red", tmp_path, text, weights="w", missing="drop")
    assert data.weights is not None
    assert data.weights.tolist() == [1, 0, 2]
    assert data.lines is not None
    assert data.lines.tolist() == [2, 4, 5]


def test_new_rows_have_targets_and_weights_in_any_order(tmp_path: Path) -> None:
    schema = read(("red", "big"), tmp_path, weights="w").schema
    (table,) = tables_of(io.BytesIO(b"w,big,red\n3,yes,1.0\n4,no,0\n"), "new.csv")
    assert encode_targets(schema, table).tolist() == [[1, 1], [0, 0]]
    found = encode_weights(schema, table)
    assert found is not None
    assert found.tolist() == [3, 4]
    (wrong,) = tables_of(io.BytesIO(b"w,big,red\n-3,yes,1\n4,maybe,0\n"), "new.csv")
    with pytest.raises(DataError) as error:
        encode_targets(schema, wrong)
    assert str(error.value) == (
        "new.csv, line 3, column 'big': 'maybe' is not a known class; known are 'no', 'yes'."
        " Mend the cell, or train again with rows of it."
    )
    with pytest.raises(DataError) as error:
        encode_weights(schema, wrong)
    assert str(error.value) == (
        "new.csv, line 2, column 'w': the weight '-3' is not from 0 to 1e+150."
        " Give weights of 0 or more that are not all 0."
    )


def test_labels_are_flipped_each_by_itself() -> None:
    schema = Schema(
        columns=(), target="a", more_targets=("b", "c"), kind="multilabel",
        label_classes=(("0", "1"),) * 3,
    )  # fmt: skip
    n = 20_000
    dataset = Dataset(x=np.zeros((n, 0)), y=np.zeros((n, 3)), schema=schema)
    recipe = DataRecipe(label_noise=0.3)
    noisy = apply_recipe(recipe, dataset, stream(0, "noise"), stream(0, "data"))
    # 0.3 +- 5 standard deviations of sqrt(0.3 0.7 / 20,000) = 0.0032
    np.testing.assert_allclose(noisy.y.mean(axis=0), 0.3, atol=0.0162)
    pairs = [(noisy.y[:, i] * noisy.y[:, j]).mean() for i, j in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(pairs, 0.09, atol=0.0102)  # independent: 0.3 * 0.3
    assert noisy.clean_y is not None
    assert not noisy.clean_y.any()
    more = apply_recipe(DataRecipe(label_noise=0.5), dataset, stream(0, "noise"), stream(0, "data"))
    assert (more.y >= noisy.y).all()


def test_numbers_have_no_labels_to_flip(tmp_path: Path) -> None:
    data = read(("size", "mass"), tmp_path)
    with pytest.raises(DataError) as error:
        apply_recipe(DataRecipe(label_noise=0.1), data, stream(0, "noise"), stream(0, "data"))
    assert str(error.value) == (
        "t.csv, column 'size': label_noise = 0.1 flips classes, but the target is a number. "
        "Set label_noise = 0."
    )


def test_rows_are_taken_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    data = read(("red", "big"), tmp_path, weights="w")
    some = data.take(np.array([3, 0]))
    assert some.weights is not None
    assert some.lines is not None
    assert (some.x[:, 0].tolist(), some.weights.tolist()) == ([4, 1], [2, 1])
    assert (some.y.tolist(), some.lines.tolist()) == ([[0, 1], [0, 0]], [5, 2])


def test_labels_are_split_without_strata(tmp_path: Path) -> None:
    split = split_rows(read(("red", "big"), tmp_path), 0.5, 0.0, stream(0, "split"))
    assert (len(split.train), len(split.validation)) == (2, 2)


def test_a_fingerprint_of_before_stays(tmp_path: Path) -> None:
    data = read("red", tmp_path)
    old = '{"columns":[{"name":"x","categories":null,"fill":null}],"target":"red",' \
        '"kind":"classification","classes":["0","1"]}'  # fmt: skip
    assert data.schema.identity() == old
    weighted = read("red", tmp_path, weights="w")
    assert weighted.fingerprint != data.fingerprint
