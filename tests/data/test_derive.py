"""Derived features: the grammar, the numbers by hand, and their place behind the others."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.data.dataset import Feature, Schema
from shoal.data.derive import base_slopes, derived_problems, recompute, with_derived
from shoal.data.encode import encode_rows
from shoal.data.file_recipe import FileData, load_file, load_frame
from shoal.data.formulas import FORMULAS, Derived, as_written, parsed
from shoal.data.recipe import apply_recipe, true_classes
from shoal.data.table import Table
from shoal.data.tasks import Greater, Or, fresh, load_task
from shoal.errors import ArgumentError, DataError
from shoal.streams import stream

DATA, NOISE = stream(5, "data"), stream(5, "noise")
ALL = ("x0^2", "x1^3", "x0*x1", "sin(x0)", "cos(x1)", "abs(x0)")


@pytest.mark.parametrize(
    ("text", "formula", "of", "name"),
    [
        ("x0^2", "square", ("x0",), "x0^2"),
        (" x0 ^ 3 ", "cube", ("x0",), "x0^3"),
        ("x0 * x1", "product", ("x0", "x1"), "x0*x1"),
        ("sin( alcohol )", "sin", ("alcohol",), "sin(alcohol)"),
        ("cos(od280/od315)", "cos", ("od280/od315",), "cos(od280/od315)"),
        ("abs(-1)", "abs", ("-1",), "abs(-1)"),
        ("`my age`^2", "square", ("my age",), "`my age`^2"),
        ("`a*b` * c", "product", ("a*b", "c"), "`a*b`*c"),
        ("sin(`f(x)`)", "sin", ("f(x)",), "sin(`f(x)`)"),
        ("`a``b`^2", "square", ("a`b",), "`a``b`^2"),
        ("`plain`^2", "square", ("plain",), "plain^2"),
        ("r*r", "product", ("r", "r"), "r*r"),
    ],
)
def test_the_grammar(text, formula, of, name):
    found = parsed(text)
    assert (found.formula, found.of, found.name) == (formula, of, name)
    assert as_written(name) == name
    assert parsed(name) == found


WISH = "must be a formula such as x0^2, x0^3, x0*x1, sin(x0), cos(x0) or abs(x0); got "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x0^4", "must have the power 2 or 3; got 'x0^4'."),
        ("x0^x1", "must have the power 2 or 3; got 'x0^x1'."),
        ("sine(x0)", WISH + "'sine(x0)'. Did you mean 'sin'?"),
        ("exp(x0)", WISH + "'exp(x0)'."),
        ("x0 + x1", WISH + "'x0 + x1'. Put a name with spaces or signs into backticks."),
        ("x0*x1*x2", WISH + "'x0*x1*x2'. Put a name with spaces or signs into backticks."),
        ("sin(x0)^2", WISH + "'sin(x0)^2'. Put a name with spaces or signs into backticks."),
        ("", WISH + "''."),
        ("x0", WISH + "'x0'. Put a name with spaces or signs into backticks."),
    ],
)
def test_what_is_no_formula_is_told(text, told):
    with pytest.raises(ValidationError) as caught:
        Greater(derived=[text])
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("derived", 0), told)


@pytest.mark.parametrize(
    ("formulas", "told"),
    [
        (["x0*x1", "x1*x0"], "x1*x0 is the same as x0*x1."),
        (["x0^2", "x0*x0"], "x0*x0 is the same as x0^2."),
        (["x0^2", "x0 ^ 2"], "x0^2 stands there twice."),
    ],
)
def test_formulas_that_say_the_same_are_refused(formulas, told):
    with pytest.raises(ValidationError, match="must be formulas that differ") as caught:
        Greater(derived=formulas)
    assert caught.value.errors()[0]["msg"].endswith(told)


def test_the_numbers():
    schema = Schema(
        columns=(Feature(name="x0"), Feature(name="x1")),
        target="y",
        kind="regression",
        derived=tuple(map(parsed, ALL)),
    )
    found = recompute(schema, np.array([[-2.0, 3.0], [0.5, -1.0]]))
    assert found[:, :5].tolist() == [[-2.0, 3.0, 4.0, 27.0, -6.0], [0.5, -1.0, 0.25, -1.0, -0.5]]
    # sin(2) = 0.909297..., cos(3) = -0.989992..., sin(0.5) = 0.479425..., cos(1) = 0.540302...
    wanted = [[-0.9092974268, -0.9899924966, 2.0], [0.4794255386, 0.5403023059, 0.5]]
    np.testing.assert_allclose(found[:, 5:], wanted, atol=1e-10)
    assert schema.base_features == ("x0", "x1")
    assert schema.feature_names == ("x0", "x1", *ALL)


def test_what_stands_for_derived_features_does_not_matter():
    schema = Schema(
        columns=(Feature(name="a"),), target="y", kind="regression", derived=(parsed("a^2"),)
    )
    assert recompute(schema, np.array([[3.0, 77.0]])).tolist() == [[3.0, 9.0]]
    with pytest.raises(ArgumentError) as caught:
        recompute(schema, np.zeros((2, 3)))
    assert str(caught.value) == (
        "recompute: `rows` must have 1 base features, or 2 with all; got (2, 3)."
        " Give as many as that."
    )


def test_sine_and_cosine_end_where_their_bits_do():
    far = np.array([2.0**20, -(2.0**20), 2.0**20 + 1, 1e300])
    assert np.isfinite(parsed("sin(a)").values(far)).tolist() == [True, True, False, False]


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_slopes_are_differences(name):
    formula, h = FORMULAS[name], 1e-6
    x = np.random.default_rng(0).uniform(0.2, 2.0, (2, 50))
    given = x[: formula.n_of]
    for k, slope in enumerate(formula.slopes(*given)):
        up, down = given.copy(), given.copy()
        up[k] += h
        down[k] -= h
        difference = (formula.values(*up) - formula.values(*down)) / (2 * h)
        np.testing.assert_allclose(slope, difference, rtol=1e-6)


def test_slopes_go_through_what_is_derived():
    schema = Schema(
        columns=(Feature(name="a"), Feature(name="b")),
        target="y",
        kind="regression",
        derived=(parsed("a*b"), parsed("a*a")),
    )
    rows = recompute(schema, np.array([[3.0, 5.0]]))
    # of 2 a + 7 b + 10 a b + 100 a^2: 2 + 50 + 600 by a, 7 + 30 by b
    slopes = base_slopes(schema, rows, np.array([[2.0, 7.0, 10.0, 100.0]]))
    assert slopes.tolist() == [[652.0, 37.0]]


def test_they_stand_behind_dummies_and_see_what_the_recipe_did():
    recipe = Greater(samples=50, dummies=1, multiply=2.0, add=1.0, derived=["x0*dummy1"])
    found = load_task(recipe, DATA, NOISE)
    plain = load_task(Greater(samples=50, dummies=1, multiply=2.0, add=1.0), DATA, NOISE)
    assert found.schema.feature_names == ("x0", "x1", "dummy1", "x0*dummy1")
    assert found.x[:, :3].tobytes() == np.ascontiguousarray(plain.x).tobytes()
    assert (found.x[:, 3] == plain.x[:, 0] * plain.x[:, 2]).all()
    assert found.truth == plain.truth
    assert true_classes(recipe, found.x).tolist() == found.rule.tolist()


def test_rows_of_a_stream_have_them_too():
    found = fresh(Or(derived=["input1*input2"]), DATA, NOISE, 3, 40)
    assert (found.x[:, 2] == found.x[:, 0] * found.x[:, 1]).all()


def test_of_a_file_with_categories_and_gaps(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("size,colour,y\n2,red,0\n,blue,1\n4,red,1\n6,blue,0\n")
    recipe = FileData(file="a.csv", target="y", missing="mean", derived=["size^2"])
    from shoal.data.assemble import fill_gaps

    dataset = fill_gaps(load_file(recipe, tmp_path), np.array([0, 1, 2]))  # the mean of 2 and 4
    found = apply_recipe(recipe, dataset, NOISE, DATA)
    assert found.schema.feature_names == ("size", "colour=blue", "colour=red", "size^2")
    assert found.x[:, [0, 3]].tolist() == [[2.0, 4.0], [3.0, 9.0], [4.0, 16.0], [6.0, 36.0]]
    rows = Table(names=("colour", "size"), columns=(("red",), ("",)), n_rows=1)
    assert encode_rows(found.schema, rows).x.tolist() == [[3.0, 0.0, 1.0]]  # base features alone


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("aeg^2", "there is no feature 'aeg'; the columns of numbers are 'age', 'height'. "
                  "Did you mean 'age'?"),
        ("sin(colour)", "'colour' is a category, and formulas take numbers. Name a column of "
                        "numbers."),
        ("`colour=red`*age", "'colour=red' is a category, and formulas take numbers. Name a "
                             "column of numbers."),
        ("y^2", "'y' is what is to be predicted. Name a feature."),
    ],
)  # fmt: skip
def test_formulas_that_do_not_fit_the_table(formula, told):
    import pandas

    frame = pandas.DataFrame(
        {"age": [1.0, 2.0, 3.0], "height": [2.0, 1.0, 5.0], "colour": ["red", "blue", "red"],
         "y": [0, 1, 0]}
    )  # fmt: skip
    dataset = load_frame(frame, target="y")
    assert list(derived_problems(dataset.schema, ["age^2", formula])) == [(1, told)]
    with pytest.raises(DataError) as caught:
        with_derived(dataset, ["age^2", formula])
    assert str(caught.value) == f"data frame: derived[1]: {told}"


def test_a_column_that_is_called_like_a_formula():
    schema = Schema(columns=(Feature(name="a"), Feature(name="a^2")), target="y", kind="regression")
    assert list(derived_problems(schema, ["a^2"])) == [
        (0, "'a^2' is the name of a column. Rename that column.")
    ]
    with pytest.raises(ValidationError, match="has the name of another feature"):
        Schema.model_validate(
            schema.model_dump() | {"derived": [{"formula": "square", "of": ["a"]}]}
        )


def test_values_that_no_formula_has_are_told_with_their_row(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n1,0\n1e120,1\n2,0\n3,1\n")
    recipe = FileData(file="a.csv", target="y", derived=["a^3"])
    with pytest.raises(DataError) as caught:
        apply_recipe(recipe, load_file(recipe, tmp_path), NOISE, DATA)
    assert str(caught.value) == (
        "a.csv, line 3: a^3 has no finite value for a = 1e+120. Give smaller numbers."
    )
    turned = FileData(file="a.csv", target="y", derived=["sin(a)"])
    with pytest.raises(DataError, match="Bring the feature within 1,048,576"):
        apply_recipe(turned, load_file(turned, tmp_path), NOISE, DATA)


def test_a_dataset_that_has_some_is_derived_again_behind_new_dummies():
    before = load_task(Greater(samples=20, derived=["x0^2"]), DATA, NOISE)
    found = apply_recipe(Greater(dummies=1, multiply=10.0, derived=["x1^2"]), before, NOISE, DATA)
    assert found.schema.feature_names == ("x0", "x1", "dummy1", "x0^2", "x1^2")
    assert (found.x[:, 3] == (before.x[:, 0] * 10.0) ** 2).all()


def test_documents_and_fingerprints_without_any_are_what_they_were():
    assert "derived" not in Greater().model_dump()
    schema = Schema(columns=(Feature(name="a"),), target="y", kind="regression")
    assert "derived" not in json.loads(schema.identity())
    assert "derived" not in schema.model_dump()
    derived = schema.model_copy(update={"derived": (parsed("a^2"),)})
    assert json.loads(derived.identity())["derived"] == [{"formula": "square", "of": ["a"]}]
    assert Schema.model_validate(derived.model_dump()) == derived


@pytest.mark.parametrize(
    "given",
    [
        {"formula": "root", "of": ["a"]},
        {"formula": "product", "of": ["a"]},
        {"formula": "square", "of": ["b"]},
        {"formula": "square", "of": []},
    ],
)
def test_schemas_that_were_tampered_with_are_refused(given):
    with pytest.raises(ValidationError):
        Schema.model_validate(
            {"columns": [{"name": "a"}], "target": "y", "kind": "regression", "derived": [given]}
        )


def test_the_bits_are_the_same_whatever_numpy_can_do():
    program = (
        "import hashlib, numpy as np\n"
        "from shoal.data.tasks import Greater, load_task\n"
        "from shoal.streams import stream\n"
        f"recipe = Greater(samples=999, multiply=50.0, derived={ALL!r})\n"
        "x = load_task(recipe, stream(1, 'data'), stream(1, 'noise')).x\n"
        "print(hashlib.sha256(x.tobytes()).hexdigest())\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | more, capture_output=True,
            text=True, check=True,
        ).stdout
        for more in ({}, {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F"}, {"SHOAL_ISA": "plain"})
    ]  # fmt: skip
    assert len(set(found)) == 1


def test_a_record_of_its_own_says_what_it_is_made_of():
    assert Derived(formula="product", of=("a", "b")).key == parsed("b*a").key
    assert parsed("a*a").key == parsed("a^2").key
    assert parsed("a^3").key != parsed("a^2").key
