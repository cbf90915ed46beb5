"""From a recipe to a dataset, and every way a file can be out of reach."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from shoal.data.file_recipe import FileData, fingerprint_file, load_file, load_frame
from shoal.data.opening import read_tables
from shoal.errors import DataError, InputError, MissingFileError

TEXT = "身長,種類\n1,犬\n2,猫\n"


def refusal(recipe: FileData, folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_file(recipe, folder)
    return str(caught.value)


def points(file: str = "点.csv", **options: object) -> FileData:
    return FileData.model_validate({"file": file, "target": "種類", **options})


def test_a_file_beside_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "点.csv").write_bytes(TEXT.encode("cp932"))
    data = load_file(points(encoding="cp932"), tmp_path)
    assert data.x.tolist() == [[1.0], [2.0]]
    assert data.source == "点.csv"
    absolute = load_file(points(str(tmp_path / "点.csv"), encoding="cp932"), Path("/"))
    assert absolute.fingerprint == data.fingerprint


def test_standard_input() -> None:
    data = load_file(points("-"), Path(), io.BytesIO(TEXT.encode()))
    assert data.source == "standard input"
    assert data.schema.classes == ("犬", "猫")
    assert refusal(points("-"), Path()) == "standard input: cannot be read here. Name a file."


def test_all_formats_give_the_same_dataset(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, -2.0, 1e-9], "c": ["a", "b", "a"], "y": [0, 1, 1]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "b.csv", index=False, sep=";", decimal=",", encoding="utf-16")
    frame.to_parquet(tmp_path / "c.parquet")
    expected = load_frame(frame, target="y")
    assert expected.x.tolist() == [[1.5, 1, 0], [-2, 0, 1], [1e-9, 1, 0]]
    assert load_frame(pa.table(frame), target="y").fingerprint == expected.fingerprint
    for file, more in [("a.csv", {}), ("b.csv", {"decimal": ","}), ("c.parquet", {})]:
        recipe = FileData.model_validate({"file": file, "target": "y", **more})
        assert load_file(recipe, tmp_path).fingerprint == expected.fingerprint


def test_the_fingerprint_guards_the_file(tmp_path: Path) -> None:
    file = tmp_path / "点.csv"
    file.write_text(TEXT, encoding="utf-8")
    before = fingerprint_file("点.csv", tmp_path)
    assert before == hashlib.sha256(TEXT.encode()).hexdigest()
    recipe = points(fingerprint=before)
    assert load_file(recipe, tmp_path).n_rows == 2
    file.write_text(TEXT + "3,犬\n", encoding="utf-8")
    after = fingerprint_file("点.csv", tmp_path)
    assert refusal(recipe, tmp_path) == (
        f"点.csv: the file changed: its fingerprint is {after[:12]}…, "
        f"the experiment was made with {before[:12]}…. "
        "Bring back the old file, or leave out `fingerprint` to accept the new one."
    )


def test_missing_files_tell_near_ones(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "points.csv").write_text(TEXT, encoding="utf-8")
    with pytest.raises(MissingFileError) as caught:
        load_file(points("data/ponts.csv"), tmp_path)
    assert str(caught.value) == (
        "data/ponts.csv: there is no such file. Did you mean 'data/points.csv'?"
    )
    assert (
        refusal(points("nowhere/a.csv"), tmp_path) == "nowhere/a.csv: there is no such file."
        " Look at the spelling and the folder."
    )


def test_folders_and_strange_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "plain").write_text("x", encoding="utf-8")
    assert refusal(points("sub"), tmp_path) == "sub: is a folder. Name a file in it."
    assert "is not a file name" in refusal(points("a\0b"), tmp_path)
    assert refusal(points("plain/a.csv"), tmp_path).startswith("plain/a.csv: ")
    assert refusal(points("a" * 300), tmp_path).endswith(
        "cannot be read: File name too long. Look at its rights: ls -l shows them."
    )


def test_a_forbidden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "点.csv").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(Path, "open", refuse)
    assert (
        refusal(points(), tmp_path) == "点.csv: cannot be read: Permission denied."
        " Look at its rights: ls -l shows them."
    )


def test_text_called_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text(TEXT, encoding="utf-8")
    assert refusal(points("a.parquet"), tmp_path) == (
        "a.parquet: is not a Parquet file. Is it damaged or misnamed?"
    )


def test_chunks_of_parquet_and_text(tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(5.0)})
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("x\n0\n1\n2\n3\n4\n", encoding="utf-8")
    for file in ("a.parquet", "a.csv"):
        sizes = [t.n_rows for t in read_tables(file, folder=tmp_path, rows=2)]
        assert sizes == [2, 2, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"label_noise": 1.5},
        {"dummies": -1},
        {"validation": 1.0},
        {"multiply": float("nan")},
        {"missing": "median"},
        {"decimal": ";"},
        {"features": []},
        {"fingerprint": "abc"},
        {"file": ""},
        {"colour": 1},
    ],
)
def test_bounds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FileData.model_validate({"file": "a.csv", "target": "y", **wrong})


def test_a_recipe_is_plain_data() -> None:
    recipe = points(features=["身長"], drop=["x"])
    assert FileData.model_validate_json(recipe.model_dump_json()) == recipe


def test_errors_keep_their_facts(tmp_path: Path) -> None:
    (tmp_path / "点.csv").write_text("身長,種類\n1,犬\nx,猫\n2,犬\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_file(points(), tmp_path)
    facts = caught.value
    assert (facts.source, facts.line, facts.column) == ("点.csv", 3, "身長")


def test_categories_count_each_before_memory_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{'abc'[k % 3]},{'uvwxy'[k % 5]},{k % 2}" for k in range(30)]
    (tmp_path / "wide.csv").write_text("\n".join(["one,two,y", *lines]), "utf-8")
    recipe = FileData.model_validate({"file": "wide.csv", "target": "y"})
    monkeypatch.setattr("shoal.data.assemble.MAX_NUMBERS", 30 * (3 + 5))
    assert load_file(recipe, tmp_path).x.shape == (30, 8)
    monkeypatch.setattr("shoal.data.assemble.MAX_NUMBERS", 30 * (3 + 5) - 1)
    assert refusal(recipe, tmp_path) == (
        "wide.csv: 30 rows of 8 features, categories counted each, are more than 239 numbers. "
        "Name fewer features, or give fewer rows."
    )
