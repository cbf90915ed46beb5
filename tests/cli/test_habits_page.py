"""The pages about the habits of the command line say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from shoal.cli import terminal
from shoal.cli.documents import DOCUMENTS
from shoal.cli.exits import EXIT_CODES

ROOT = Path(__file__).parents[2]
HABITS = (ROOT / "docs" / "command_line.md").read_text("utf-8")
OURS_ALONE = {"SHOAL_COMPLETE", "SHOAL_LESSONS_LAB"}
"""What one part of the program tells another."""


def test_every_document_has_an_example_of_its_command() -> None:
    for command, document in DOCUMENTS.items():
        assert document.example.startswith(f"shoal {command} "), command
        assert document.example.endswith("--json"), command


def test_every_exit_code_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", HABITS, re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == EXIT_CODES


def test_every_variable_is_told() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r"\"_?(SHOAL_[A-Z_]+)\"", sources)) - OURS_ALONE
    assert named >= {"SHOAL_HOME", "SHOAL_NO_STORE", "SHOAL_TOKEN", "SHOAL_DEBUG"}
    told = set(re.findall(r"^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)? \|", HABITS, re.MULTILINE))
    rows = {name for pair in told for name in pair if name}
    assert rows >= named | {terminal.NEVER, *terminal.ALWAYS}


def test_every_reference_and_every_shell_is_told() -> None:
    for word in ("@last", "@best", "@last~1", "@last:wine", "source_bash", "source_zsh",
                 "source_fish", "--install-completion", "TERM=dumb"):  # fmt: skip
        assert f"{word}" in HABITS
