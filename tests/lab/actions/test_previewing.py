"""Tables that were brought: what is seen in them, and what hostile ones are told."""

from __future__ import annotations

import pytest

from shoal.errors import InputError
from shoal.lab.actions import ACTIONS
from shoal.lab.messages import Preview


def seen(page, content: bytes, name="points.csv", **data):
    table = page.brought(content, name)
    return ACTIONS["preview"](page, Preview(id=1, table=table, data=data)).document


def test_a_drawn_table(page):
    found = seen(page(), b"x0,x1,class\n0.5,1,red\n0.25,2,blue\n-1,3,red\n")
    assert found["n_rows"] == 3
    assert found["n_columns"] == 3
    assert found["separator"] == ","
    assert [(c["name"], c["kind"], c["n_missing"]) for c in found["columns"]] == [
        ("x0", "number", 0), ("x1", "number", 0), ("class", "category", 0),
    ]  # fmt: skip
    assert found["rows"] == [["0.5", "1", "red"], ["0.25", "2", "blue"], ["-1", "3", "red"]]
    assert found["guess"] == {
        "target": "class", "kind": "classification", "features": ["x0", "x1"], "missing": "error",
    }  # fmt: skip
    assert found["problems"] == []
    assert found["columns"][2]["examples"] == ["red", "blue"]


def test_only_the_first_rows_are_shown(page):
    text = "a,b,y\n" + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30_000))
    found = seen(page(), text.encode())
    assert found["n_rows"] == 30_000
    assert len(found["rows"]) == 8
    assert found["rows"][7] == ["7", "0", "1"]
    assert found["columns"][1]["n_different"] == 7


def test_what_is_settled_is_taken(page):
    content = b"a;b;species\n1,5;2;x\n2,5;3;y\n3,5;1;x\n4,5;0;y\n"
    found = seen(page(), content, target="a", decimal=",", separator=";", features=["b"])
    assert found["guess"]["target"] == "a"
    assert found["guess"]["kind"] == "regression"
    assert found["guess"]["features"] == ["b"]
    assert found["separator"] == ";"


def test_gaps_and_names_are_told(page):
    rows = [f"{'' if i == 3 else i},{'q' if i % 2 else 'p'},person{i}" for i in range(12)]
    found = seen(page(), ("age,group,name\n" + "\n".join(rows) + "\n").encode())
    by_name = {c["name"]: c for c in found["columns"]}
    assert by_name["age"]["n_missing"] == 1
    assert "12 different values in 12 rows" in by_name["name"]["problem"]
    # a column that tells every row apart is no feature, and gaps of numbers take the mean
    assert found["guess"] == {
        "target": "group", "kind": "classification", "features": ["age"], "missing": "mean",
    }  # fmt: skip
    assert found["notes"][-2:] == ["Left out as features: 'name'.", "Gaps are filled with means."]
    assert found["problems"] == []


def test_a_type_that_is_said_is_shown_beside_the_guess(page):
    content = b"zip,size,y\n01234,1,p\n1234,2,q\n01234,3,p\n90210,4,q\n"
    found = seen(page(), content)
    assert [(c["kind"], c["guessed"]) for c in found["columns"]] == [
        ("number", "number"), ("number", "number"), ("category", "category"),
    ]  # fmt: skip
    assert "types" not in found["guess"]
    found = seen(page(), content, target="y", types={"zip": "category"})
    column = found["columns"][0]
    assert (column["kind"], column["guessed"], column["n_different"]) == ("category", "number", 3)
    assert found["guess"]["types"] == {"zip": "category"}
    assert found["problems"] == []


def test_a_type_mends_a_column_or_is_told_what_is_wrong(page):
    rows = "".join(f"{k % 3},{'pq'[k % 2]}\n" for k in range(20))
    content = f"grade,y\n{rows}A,p\n".encode()
    broken = seen(page(), content)["columns"][0]
    assert (broken["kind"], broken["problem"]) == ("number", "Line 22: 'A' is not a number.")
    found = seen(page(), content, target="y", types={"grade": "category"})
    assert (found["columns"][0]["kind"], found["columns"][0]["problem"]) == ("category", "")
    assert found["columns"][0]["guessed"] == "number"
    assert (found["guess"]["features"], found["problems"]) == (["grade"], [])
    # of text nothing but categories can be made, and the page is told which line says so
    text = b"colour,y\nred,1\nblue,2\nred,3\n"
    found = seen(page(), text, target="y", features=["colour"], types={"colour": "number"})
    assert (found["columns"][0]["kind"], found["columns"][0]["guessed"]) == ("number", "category")
    assert [each["where"] for each in found["problems"]] == ["data.features"]
    assert found["problems"][0]["sentence"] == (
        "points.csv, line 2, column 'colour': 'red' is not a number. Correct or empty the cell, "
        "or leave 'colour' out of `types`."
    )


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ({"b": "category"}, "there is no column to read as a category 'b'"),
        ({"y": "category"}, "the target 'y' is also given the type of a feature"),
    ],
)
def test_a_type_of_no_feature_is_a_problem(page, types, sentence):
    found = seen(page(), b"a,y\n1,p\n2,q\n3,p\n", target="y", types=types)
    assert sentence in found["problems"][0]["sentence"]


def test_a_type_that_is_none_is_refused(page):
    with pytest.raises(InputError, match=r'data\.types\.a: must be "number" or "category"'):
        seen(page(), b"a,y\n1,p\n2,q\n", types={"a": "date"})


def test_a_target_of_one_class_is_a_problem_and_the_rows_are_shown(page):
    found = seen(page(), b"a,y\n1,k\n2,k\n3,k\n4,k\n")
    assert [each["where"] for each in found["problems"]] == ["data.target"]
    assert len(found["rows"]) == 4


HOSTILE = {
    "header only": (b"a,b\n", "has a header but no rows"),
    "empty": (b"", "is empty"),
    "ends in a row": (b"a,b,c\n1,2,3\n4,5", "line 3: the row has 2 values"),
    "ends in a quote": (b'a,b\n1,"open\n2,3\n', "line 2: the quote that opens on this line"),
    "binary": (bytes(range(256)) * 4, "points.csv"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "points.csv"),
    "workbook": (b"PK\x03\x04" + b"\0" * 64, "a ZIP archive or an Excel workbook"),
    "wrong encoding": ("가,나\n1,2\n".encode("cp949"), "is not valid UTF-8"),
    "huge cell": (b"a,b\n" + b"x" * 200_000 + b",1\n", "longer than 131,072 characters"),
    "names twice": (b"a,a\n1,2\n", "have the same name 'a'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tables_get_one_sentence(page, name):
    content, told = HOSTILE[name]
    with pytest.raises(InputError) as caught:
        seen(page(), content)
    sentence = str(caught.value)
    assert told in sentence
    assert "\n" not in sentence
    assert sentence.startswith("points.csv")
    assert len(sentence) < 300


def test_nan_and_infinity(page):
    found = seen(page(), b"a,b,y\n1,nan,0\n2,3,1\ninf,4,0\n5,6,1\n")
    by_name = {c["name"]: c for c in found["columns"]}
    assert by_name["b"]["n_missing"] == 1
    assert by_name["a"]["problem"] == "Line 4: 'inf' is not a finite number."
    assert found["guess"]["features"] == ["b"]


def test_ten_thousand_columns(page):
    names = ",".join(f"c{i}" for i in range(10_000))
    rows = "\n".join(",".join(str((i * k) % 5) for i in range(10_000)) for k in (1, 2, 3, 4))
    found = seen(page(), f"{names}\n{rows}\n".encode())
    assert found["n_columns"] == 10_000
    assert len(found["columns"]) == 200
    assert len(found["rows"][0]) == 200
    assert found["notes"][-1] == "9,800 further columns are not shown here."


def test_long_cells_are_cut(page):
    found = seen(page(), b"a,y\n" + b"z" * 1000 + b",1\nb,2\n")
    assert len(found["rows"][0][0]) == 60
    assert found["rows"][0][0].endswith("z…")


def test_a_key_that_is_none_of_data(page):
    with pytest.raises(InputError, match="separatr"):
        seen(page(), b"a,y\n1,2\n3,4\n", separatr=";")


def test_no_other_file_can_be_named(page):
    found = seen(page(), b"a,y\n1,2\n3,4\n", file="/etc/passwd")
    assert found["name"] == "points.csv"
    assert found["columns"][0]["name"] == "a"


def test_a_table_that_was_not_brought(page):
    message = Preview(id=1, table={"digest": "0" * 64, "name": "lost.csv"})
    with pytest.raises(InputError, match=r"lost\.csv: its bytes were not brought"):
        ACTIONS["preview"](page(), message)
