"""Tests of the command itself: help, usage, exit codes, and how light it is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from shoal.cli.app import COMMANDS as TABLE
from shoal.cli.app import app
from shoal.cli.exits import EXIT_CODES

COMMANDS = [
    "new", "run", "resume", "spread", "sweep", "search", "compare", "doctor", "train", "worth",
    "replay", "show", "predict", "evaluate", "trace", "importance", "monitor", "export", "code",
    "import", "serve", "lab", "lessons", "plot", "animate", "report", "tasks", "functions",
    "schema", "runs", "help",
]  # fmt: skip


def help_of(*args: str) -> str:
    result = CliRunner().invoke(app, [*args, "--help"], env={"COLUMNS": "80"})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_help_names_every_command_and_every_exit_code() -> None:
    text = help_of()
    assert re.findall(r"^  ([a-z]+)  ", text.split("Commands:")[1], re.MULTILINE) == COMMANDS
    for code, meaning in EXIT_CODES.items():
        assert f"    {code:<3}  {meaning}\n" in text
    assert list(EXIT_CODES) == [0, 1, 2, 3, 130]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_holds_an_example_and_fits_80_columns(command: str) -> None:
    text = help_of(command)
    examples = re.findall(r"^    (shoal .*)$", text, re.MULTILINE)
    assert examples
    assert all(line.startswith(f"shoal {command}") for line in examples)
    assert max(len(line) for line in text.splitlines()) <= 80


def subcommands() -> list[str]:
    tree = typer.main.get_command(app)
    groups = {name: each for name, each in tree.commands.items() if hasattr(each, "commands")}  # type: ignore[attr-defined]
    return [f"{name} {each}" for name, group in groups.items() for each in group.commands]


@pytest.mark.parametrize("command", subcommands())
def test_help_of_a_command_below_another_holds_an_example_too(command: str) -> None:
    text = help_of(*command.split())
    examples = re.findall(r"^    (shoal .*)$", text, re.MULTILINE)
    assert examples
    assert all(line.startswith(f"shoal {command} ") for line in (f"{e} " for e in examples))
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_command_is_what_the_table_says_of_it() -> None:
    tree = typer.main.get_command(app)
    assert list(tree.commands) == [each.name for each in TABLE]  # type: ignore[attr-defined]
    for each in TABLE:
        command = tree.commands[each.name]  # type: ignore[attr-defined]
        assert (command.name, command.short_help) == (each.name, each.line)
        assert len(each.line) <= 66  # it fits beside the longest name


def test_without_a_command_the_help_is_printed() -> None:
    result = CliRunner().invoke(app, [], env={"COLUMNS": "80"})
    assert (result.exit_code, result.stdout.strip()) == (0, help_of().strip())


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, version("shoal") + "\n")


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (["nonsense"], "U101", "no such command 'nonsense'. See: shoal --help."),
        (
            ["rum"],
            "U101",
            "no such command 'rum'. Did you mean 'run', 'resume'? See: shoal --help.",
        ),
        (["--bogus"], "U102", "--bogus: there is no such option. See: shoal --help."),
        (["run"], "U104", "FILE: is missing. See: shoal run --help."),
        (
            ["run", "a.toml", "--bogus"],
            "U102",
            "--bogus: there is no such option. See: shoal run --help.",
        ),
        (
            ["run", "a.toml", "--sed", "1"],
            "U102",
            "--sed: there is no such option. Did you mean '--seed'? See: shoal run --help.",
        ),
        (
            ["run", "a.toml", "--json=yes"],
            "U105",
            "--json: does not take a value. See: shoal --help.",
        ),
        (
            ["run", "a.toml", "--seed"],
            "U105",
            "--seed: requires an argument. See: shoal --help.",
        ),
        (
            ["tasks", "all"],
            "U106",
            "got unexpected extra argument(s) (all). See: shoal tasks --help.",
        ),
        (["train", "a.csv"], "U104", "--target: is missing. See: shoal train --help."),
        (
            ["run", "a.toml", "--threads", "0"],
            "U103",
            "--threads: must be a whole number from 1 to 1024; got 0. See: shoal run --help.",
        ),
        (
            ["run", "a.toml", "--threads", "two"],
            "U103",
            "--threads: must be a whole number from 1 to 1024; got two. See: shoal run --help.",
        ),
        (
            ["run", "a.toml", "--seed", "-1"],
            "U103",
            "--seed: must be a whole number from 0 to 9007199254740991; "
            "got -1. See: shoal run --help.",
        ),
        (
            ["train", "a.csv", "-t", "b", "--kind", "both"],
            "U103",
            "--kind: must be classification or multilabel or regression; "
            "got both. See: shoal train --help.",
        ),
        (
            ["train", "a.csv", "-t", "b", "--missing", "keep"],
            "U103",
            "--missing: must be error or drop or mean; got keep. See: shoal train --help.",
        ),
        (
            ["predict", "m.safetensors", "a.csv", "--on-error", "shrug"],
            "U103",
            "--on-error: must be stop or skip; got shrug. See: shoal predict --help.",
        ),
        (
            ["evaluate", "m.safetensors", "a.csv", "--decimal", ";"],
            "U103",
            "--decimal: must be . or ,; got ;. See: shoal evaluate --help.",
        ),
    ],
)
def test_wrong_usage_is_a_sentence_and_ends_with_2(
    args: list[str], code: str, sentence: str
) -> None:
    result = CliRunner().invoke(app, args, env={"COLUMNS": "80"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"shoal [{code}]: {sentence}\n"


def test_help_is_light() -> None:
    code = (
        "import sys; sys.argv = ['shoal', '--help']\n"
        "from shoal.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'numpy', 'pydantic', 'rich', 'narwhals', 'safetensors', 'tomli_w'}\n"
        "ours = {name for name in sys.modules if name.startswith('shoal.cli.commands_')}\n"
        "print('loaded:', code, sorted(heavy & sys.modules.keys() | ours))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "loaded: 0 []"
