"""A lesson as a Jupyter notebook that was really run: its outputs are in it, results folded.

Prose becomes Markdown cells, controls become values in the code that a reader edits and runs
again; nothing in it needs marimo to run, `Lesson` alone.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shoal.errors import InternalError, MissingExtraError
from shoal.lessons.carrying import Carried, CellShown
from shoal.lessons.contents import Checked, Fixed, Prose, Revealed
from shoal.lessons.controls import LANGUAGE
from shoal.lessons.rewriting import rewritten
from shoal.lessons.shelf import LANGUAGES
from shoal.lessons.texts import read_texts
from shoal.lessons.words import word

SECONDS: Final = 300
"""A cell may take."""
QUIET: Final = ["--IPKernelApp.log_level=ERROR"]
"""What a kernel says of itself helps nobody who asked for a file."""
KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}


def lesson_notebook(carried: Carried, *, chosen: Mapping[str, Any] | None = None) -> bytes:
    """Return a lesson as a notebook with its outputs, as UTF-8.

    Args:
        carried: the lesson.
        chosen: what its controls were set to, by key.

    Raises:
        MissingExtraError: what writes or runs notebooks is not installed.
        InternalError: a cell failed.
    """
    try:
        import nbformat
    except ImportError:
        raise MissingExtraError("a Jupyter notebook", "nbformat", "lessons") from None
    notebook = written(carried, chosen=chosen)
    execute(notebook)
    text = str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    return (text.rstrip("\n") + "\n").encode()


def written(carried: Carried, *, chosen: Mapping[str, Any] | None = None) -> Any:
    """Return a lesson as a notebook that was not run."""
    from nbformat.v4 import new_notebook

    cells = [_opening(carried), *_cells(carried, chosen or {})]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"  # nbformat would draw one
    title = read_texts(carried.lesson.texts)["title"][carried.language]
    about = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "title": title}
    return new_notebook(cells=cells, metadata=about)  # type: ignore[no-untyped-call]


def execute(notebook: Any) -> None:
    """Run every cell of a notebook in a kernel of this Python, in a folder of its own.

    Raises:
        MissingExtraError: what runs notebooks is not installed.
        InternalError: a cell failed.
        KeyboardInterrupt: Ctrl-C came.
    """
    try:
        from jupyter_client.manager import AsyncKernelManager
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise MissingExtraError("running a notebook", "nbclient", "lessons") from None
    manager = AsyncKernelManager()
    assert manager.kernel_spec is not None
    manager.kernel_spec.argv[0] = sys.executable  # never that of another environment
    with tempfile.TemporaryDirectory(prefix="shoal-notebook-") as folder:
        client = NotebookClient(
            notebook, km=manager, timeout=SECONDS, record_timing=False, extra_arguments=QUIET,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        try:
            client.execute(cleanup_kc=True, stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            raise InternalError(f"a cell of the notebook failed: {error.evalue}") from None
        finally:
            if hasattr(client, "_async_cleanup_kernel_future"):  # it took Ctrl-C for itself
                raise KeyboardInterrupt
    notebook.metadata["language_info"] = {"name": "python"}  # not this machine's version of it


def _opening(carried: Carried) -> Any:
    from nbformat.v4 import new_markdown_cell

    language = carried.language
    told = word("in_jupyter", language, number=carried.lesson.number)
    return new_markdown_cell(f"*shoal · {LANGUAGES[language]}* — {told}")  # type: ignore[no-untyped-call]


def _cells(carried: Carried, chosen: Mapping[str, Any]) -> Iterator[Any]:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    for cell in carried.cells:
        if cell.is_sheet:
            continue
        code, prose = _without_prose(cell)
        code = rewritten(code, language=carried.language, chosen=chosen, with_given=True).strip()
        if code:
            yield new_code_cell(code, metadata=_metadata(cell.output if not prose else None))  # type: ignore[no-untyped-call]
        if prose:
            yield new_markdown_cell(prose)  # type: ignore[no-untyped-call]


def _without_prose(cell: CellShown) -> tuple[str, str]:
    """Return the code of a cell without a text that it ends with, and that text.

    A text with numbers stays code: they are computed again when the notebook is.
    """
    body = ast.parse(cell.code).body
    if not isinstance(cell.output, Prose) or not body or not _is_plain_text(body[-1]):
        return cell.code, ""
    lines = cell.code.splitlines()[: body[-1].lineno - 1]
    return "\n".join(lines), cell.output.markdown


def _is_plain_text(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "text"
        and len(call.args) == 1
        and not call.keywords
    )


def _metadata(shown: Any) -> dict[str, Any]:
    if isinstance(shown, Revealed | Checked):
        return {"collapsed": True, "jupyter": {"outputs_hidden": True}, "tags": ["result"]}
    if isinstance(shown, Fixed) and shown.key != LANGUAGE:
        return {"tags": ["control"]}
    if isinstance(shown, Prose):
        return {"jupyter": {"source_hidden": True}, "tags": ["text"]}
    return {}
