"""``shoal code``: an experiment as a program, printed or written to a file."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.cli.output import files_written, print_json
from shoal.cli.run import with_seed
from shoal.cli.tables import label, new_console, new_table
from shoal.cli.targets import experiment_in
from shoal.cli.terminal import has_colours
from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.wording import count
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.programs import TARGETS, target_of
from shoal.experiments.programs.handed import handed_of
from shoal.experiments.programs.outline import outline_of
from shoal.experiments.programs.writing import text_of
from shoal.files import check_output, write_bytes

SUFFIX: Final = ".py"
DATA: Final = ".npz"


def write_program(
    text: str,
    changes: Sequence[str],
    *,
    to: str,
    seed: int | None,
    output: Path | None,
    with_data: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Print the program of an experiment, or write it; see ``shoal code --help``.

    Raises:
        InputError: an output that cannot be written, or something that the library cannot be
            told.
    """
    target = target_of(to)
    data = _check(output, with_data=with_data, to=to, force=force)
    experiment = experiment_in(text, with_seed(changes, seed))
    outline = outline_of(
        experiment, file=_named(experiment), data=None if data is None else data.name
    )
    program = text_of(outline, target)
    if output is None and as_json:
        print_json(_document(to, program, []))
        return
    if output is None:
        _show(program)
        return
    content = None if data is None else _packed(handed_of(outline.prepared))
    write_bytes(output, program.encode(), force=force)
    told = [f"wrote {label(str(output))}, {count(program.count(chr(10)), 'line')}"]
    if data is not None and content is not None:
        write_bytes(data, content, force=force)
        told.append(f"wrote {label(str(data))}, {count(len(content), 'byte')}")
    if as_json:
        print_json(_document(to, program, [output, *([] if data is None else [data])]))
    else:
        console = new_console()
        for line in told:
            console.print(line)


def _document(to: str, text: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Return what was made as JSON has it; the program itself where it went to no file."""
    return {
        "library": to,
        "lines": text.count("\n"),
        "program": None if paths else text,
        "files": files_written(paths),
    }


def list_targets(*, as_json: bool) -> None:
    """Print every library, and what its program is."""
    if as_json:
        print_json([{"library": each.name, "about": each.help} for each in TARGETS.values()])
        return
    table = new_table("library", "what it is")
    table.columns[-1].justify, table.columns[-1].no_wrap = "left", False
    for each in TARGETS.values():
        table.add_row(each.name, each.help)
    new_console().print(table)


def _check(output: Path | None, *, with_data: bool, to: str, force: bool) -> Path | None:
    """Return where the rows go, if they do; say what is wrong with outputs before any work."""
    if output is not None:
        if output.suffix != SUFFIX:
            raise InputError(f"{output}: must end in {SUFFIX}.", code="O109")
        check_output(output, force=force)
    if not with_data:
        return None
    if output is None:
        raise InputError(
            "--with-data: needs a program to write it beside. Give -o FILE.", code="U104"
        )
    if to == "python":
        raise InputError(
            "--with-data: is for other libraries; --to python has shoal's own rows.", code="U107"
        )
    data = output.with_suffix(DATA)
    return check_output(data, force=force)


def _named(experiment: Experiment) -> str | None:
    """Return what the table is called from here, so that the program finds it when run here."""
    recipe = experiment.data
    name = recipe.file if isinstance(recipe, FileData) else None
    name = recipe.images if isinstance(recipe, ImageData) else name
    if name is None or name == "-" or Path(name).is_absolute():
        return None
    return os.path.relpath(experiment.folder / name)


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _show(text: str) -> None:
    """Print a program: in colours on a terminal, as it is anywhere else."""
    if not has_colours():
        print(text, end="")
        return
    from rich.syntax import Syntax

    # highlighted, not laid out: lines stay whole, and colours are the terminal's own
    colours = Syntax("", "python", theme="ansi_dark", background_color="default")
    new_console().print(colours.highlight(text), end="")
