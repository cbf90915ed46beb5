"""A lesson as a Jupyter notebook: what its cells are, and that it was really run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shoal.errors import InternalError
from shoal.lessons.carrying import Carried
from shoal.lessons.exporting import exported
from shoal.lessons.ipynb import execute, written

pytest.importorskip("nbformat")


@pytest.fixture(scope="module")
def notebook(carried: Carried) -> Any:
    return written(carried, chosen={"epochs": 1, "rate": 0.1})


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_prose_is_markdown_and_the_rest_is_code(notebook: Any) -> None:
    prose, code = sources(notebook, "markdown"), sources(notebook, "code")
    assert prose[1].startswith("# OR を予測する")
    assert code[0].startswith("import numpy as np")
    assert not any("return" in each.splitlines()[-1] for each in code if "def " not in each)
    assert not any("def sheet" in each for each in code)
    assert not any("app.cell" in each or "marimo" in each for each in code)


def test_controls_are_values_to_be_edited(notebook: Any) -> None:
    code = "\n".join(sources(notebook, "code"))
    assert 'lesson.slider("epochs", [1, 2, 3, 5, 10], value=1)' in code
    assert "value=0.1)" in code
    assert 'lesson.predict("first", ["less", "same", "more"], given=None)' in code


def test_results_are_folded(notebook: Any) -> None:
    folded = [
        cell for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("outputs_hidden")
    ]
    assert len(folded) == 8 + 1  # eight results, and the answers to the questions
    assert all("lesson.reveal(" in cell.source or "lesson.check(" in cell.source
               for cell in folded)  # fmt: skip


def test_it_is_valid_and_its_cells_have_names_of_their_own(notebook: Any) -> None:
    import nbformat

    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert names == [f"cell-{number:03d}" for number in range(len(names))]


@pytest.mark.slow
def test_a_cell_that_fails_is_told_of() -> None:
    from nbformat.v4 import new_code_cell, new_notebook

    with pytest.raises(InternalError, match=r"a cell of the notebook failed: .*division by zero"):
        execute(new_notebook(cells=[new_code_cell("1 / 0")]))


@pytest.mark.slow
def test_it_was_run_and_runs_again() -> None:
    made = json.loads(exported("or", ".ipynb", language="ko", chosen={"epochs": 1}))
    outputs = [out for cell in made["cells"] for out in cell.get("outputs", [])]
    assert all(out["output_type"] != "error" for out in outputs)
    kinds = {kind for out in outputs for kind in out.get("data", {})}
    assert {"image/png", "application/vnd.vegalite.v6+json", "text/html", "text/markdown"} <= kinds
    told = "\n".join(str(out.get("data", {}).get("text/markdown", "")) for out in outputs)
    assert "결과는 “33”입니다." in told
    ran = [cell["execution_count"] for cell in made["cells"] if cell["cell_type"] == "code"]
    assert ran == list(range(1, len(ran) + 1))
    assert all("execution" not in cell["metadata"] for cell in made["cells"])  # no clock in it
