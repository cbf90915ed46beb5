"""``shoal export``: a model as a file of another format, and what came of its proof."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shoal.cli.choose import chosen_network
from shoal.cli.output import files_written, print_json
from shoal.cli.tables import label, new_console, new_table
from shoal.cli.targets import model_of
from shoal.data.wording import count
from shoal.errors import InputError
from shoal.exports.exporting import Exported, export
from shoal.exports.registry import FORMATS, format_of
from shoal.files import check_output


def export_model(
    model: str, output: Path, *, which: str | None, prove: bool, as_json: bool, force: bool
) -> None:
    """Write a model in the format that the output's suffix asks for, and tell what was proved."""
    format_of(output)  # what is wrong with the output is told before anything is read
    check_output(output, force=force)
    _keep_model(model, output)
    chosen = chosen_network(model_of(model), which)
    done = export(chosen, output, force=force, prove=prove)
    if as_json:
        print_json(_document(done, prove))
        return
    console = new_console()
    for path, n_bytes in zip(done.paths, done.n_bytes, strict=True):
        console.print(f"wrote {label(str(path))}, {count(n_bytes, 'byte')}")
    told = count(done.n_networks, "network")
    console.print(f"{done.format} with {told}{_proved(done, prove)}")
    console.print(f"to test it: {done.self_test}")


def _keep_model(model: str, output: Path) -> None:
    """Refuse files that would replace the model: its weights are all there is of it.

    Raises:
        InputError: one of them is the model's own file.
    """
    form, stem = format_of(output)
    for path in (output, *(output.with_name(stem + more) for more in form.more_suffixes)):
        if os.path.exists(path) and os.path.exists(model) and os.path.samefile(path, model):
            raise InputError(
                f"{path}: is the model itself. Give the output another name.", code="O111"
            )


def list_formats(*, as_json: bool) -> None:
    """Print every format: its suffix, what runs it, and what it is."""
    if as_json:
        print_json(
            [
                {"suffix": each.suffix, "runtime": each.runtime, "about": each.help}
                for each in FORMATS.values()
            ]
        )
        return
    table = new_table("suffix", "run by", "what it is")
    for column in table.columns[1:]:
        column.justify = "left"
    table.columns[-1].no_wrap = False
    for each in FORMATS.values():
        table.add_row(each.suffix, each.runtime, each.help)
    new_console().print(table)


def _proved(done: Exported, asked: bool) -> str:
    if done.proof is not None:
        return f", {done.proof}"
    if not asked:
        return ", not proved, as you asked"
    return f", not proved here: there is no {done.runtime}"


def _document(done: Exported, asked: bool) -> dict[str, Any]:
    proof = done.proof
    return {
        "format": done.format,
        "files": files_written(done.paths),
        "networks": done.n_networks,
        "runtime": done.runtime,
        "self_test": done.self_test,
        "proof_wanted": asked,
        "proof": None
        if proof is None
        else {
            "runtime": proof.runtime,
            "rows": proof.n_vectors,
            "largest_difference": proof.largest_difference,
            "tolerance": proof.tolerance,
            "passed": proof.passed,
        },
    }
