"""``shoal help``, and the codes of wrong input: one line each, and nothing is written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.cli.exits import EXIT_CODES
from shoal.codes import CODES, KINDS

EXAMPLES = Path(__file__).parents[2] / "examples"

TABLES = {
    "gap.csv": b"a,b,label\n1,2,x\n,3,y\n4,5,x\n",
    "word.csv": b"a,b,label\n" + b"1,2,x\n2,1,y\n" * 6 + b"n/a,3,y\n",
    "open.csv": b'a,b,label\n1,"2,x\n3,4,y\n',
    "sjis.csv": "長さ,label\n1,桜\n2,梅\n".encode("cp932"),
    "same.csv": b"a,label\n1,x\n2,x\n3,x\n",
    "ragged.csv": b"a,label\n1,x\n2\n",
    "empty.csv": b"",
    "twice.csv": b"a,a,label\n1,2,x\n",
    "more.csv": b"a,b,label\n1,2,x\n2,3,y\n3,2,x\n4,5,y\n",
    "bad.toml": b"[data\n",
    "book.csv": b"PK\x03\x04" + bytes(60),
    "net.pt": b"PK",
}

WRONG = [
    ("U101", "nonsense"),
    ("U102", "run or.toml --bogus"),
    ("U103", "run or.toml --threads 0"),
    ("U104", "run"),
    ("U104", "monitor flowers.safetensors"),
    ("U105", "run or.toml --seed"),
    ("U106", "tasks all"),
    ("U107", "compare or.toml"),
    ("U107", "predict flowers.safetensors flowers.csv --positive a"),
    ("U108", "run or.toml epochs"),
    ("U109", "doctor flowers.safetensors"),
    ("U110", "help D999"),
    ("X101", "run or.toml training.optimiser=adam"),
    ("X102", "run or.toml training.epochs=ten"),
    ("X103", "run or.toml training.epochs=0"),
    ("X104", "run or.toml training.optimizer=adma"),
    ("X106", "run bad.toml"),
    ("X107", "run or.toml training.optimizer=lbfgs"),
    ("X109", "run or.toml training.report_every=1 training.epochs=900000000"),
    ("X110", "run flowers.safetensors"),
    ("X111", "search or.toml"),
    ("D101", "predict flowers.safetensors gap.csv"),
    ("D101", "train more.csv --target lable"),
    ("D102", "train word.csv --target label"),
    ("D103", "train gap.csv --target label"),
    ("D104", "train open.csv --target label"),
    ("D105", "train sjis.csv --target label"),
    ("D106", "train same.csv --target label"),
    ("D107", "train book.csv --target label"),
    ("D108", "train ragged.csv --target label"),
    ("D109", "train empty.csv --target label"),
    ("D110", "train twice.csv --target label"),
    ("D117", "train more.csv --target label --separator ab"),
    ("M101", "predict flowers.csv flowers.csv"),
    ("M102", "predict hurt.safetensors flowers.csv"),
    ("M106", "import net.pt -o a.safetensors"),
    ("C101", "resume flowers.csv"),
    ("S101", "replay xyz"),
    ("O101", "run none.toml"),
    ("O102", "run or.toml -o flowers.safetensors"),
    ("O106", "run ."),
    ("O107", "run or.toml -o no/a.json"),
    ("O109", "run or.toml -o a.docx"),
    ("O111", "run or.toml -o a.json -o a.json"),
    ("G101", "plot curve or.toml -o a.png"),
    ("V112", "serve flowers.safetensors again=flowers.safetensors flowers.safetensors"),
    ("V113", "serve flowers.safetensors --host 0.0.0.0"),
    ("L102", "lab #1.abc"),
]


@pytest.fixture
def wrong(models: Path) -> Path:
    """A folder with everything that can be wrong."""
    for name, content in TABLES.items():
        (models / name).write_bytes(content)
    shutil.copy(EXAMPLES / "or.toml", models)
    whole = bytearray((models / "flowers.safetensors").read_bytes())
    whole[-5] ^= 1
    (models / "hurt.safetensors").write_bytes(bytes(whole))
    return models


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_wrong_input_has_its_code_and_writes_nothing(shoal: Any, wrong: Path) -> None:
    before = files(wrong)
    for code, args in WRONG:
        result = shoal(*args.split())
        assert (result.exit_code, result.stdout) == (2, ""), args
        *_, line = result.stderr.splitlines()
        assert line.startswith(f"shoal [{code}]: "), (args, line)
        assert re.search(r"[.?!)'] [A-Z]", line), (args, line)
    assert files(wrong) == before


def test_every_problem_of_an_experiment_has_its_own_code(shoal: Any, wrong: Path) -> None:
    result = shoal("run", "or.toml", "training.epochs=0", "training.optimiser=adam", "seed=x")
    assert [line[:12] for line in result.stderr.splitlines()] == [
        "shoal [X102]", "shoal [X103]", "shoal [X101]"
    ]  # fmt: skip


@pytest.mark.parametrize("asked", ["D104", "d104", "[D104]", "[D104]:"])
def test_a_code_is_told_with_cause_and_cure(shoal: Any, asked: str) -> None:
    result = shoal("help", asked)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "D104: the file ends in the middle (data)\n\n"
        "Cause    A quote is never closed, so the rest of the file is one value.\n"
        "Cure     Close the quote, or bring the whole file.\n"
        "Example  shoal [D104]: points.csv, line 7: the quote that opens on this line is\n"
        '         never closed. Close it, or write a quote that belongs to a value as "".\n'
        "Page     docs/data.md\n"
    )


def test_a_code_as_json(shoal: Any) -> None:
    told = json.loads(shoal("help", "e101", "--json").stdout)
    assert told.pop("example").startswith("shoal [E101]: ")
    code = CODES["E101"]
    assert told == {
        "code": "E101", "kind": "optional libraries", "name": code.name, "cause": code.cause,
        "cure": code.cure, "page": "docs/errors.md",
    }  # fmt: skip


def test_all_codes_are_listed_by_kind(shoal: Any) -> None:
    result = shoal("help")
    assert re.findall(r"^  ([A-Z]\d{3})  \S", result.stdout, re.MULTILINE) == list(CODES)
    assert re.findall(r"^([A-Z])  ", result.stdout, re.MULTILINE) == list(KINDS)
    told = json.loads(shoal("help", "--json").stdout)
    assert [each["code"] for each in told["codes"]] == list(CODES)
    assert {each["exit_code"]: each["meaning"] for each in told["exit_codes"]} == EXIT_CODES


@pytest.mark.parametrize("command", ["run", "runs", "runs show", "help"])
def test_the_name_of_a_command_gives_its_help(shoal: Any, command: str) -> None:
    told = shoal("help", *command.split())
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout == shoal(*command.split(), "--help").stdout
    assert json.loads(shoal("help", *command.split(), "--json").stdout) == {
        "command": command, "help": told.stdout.removesuffix("\n")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "cure"),
    [
        ("D1044", "Did you mean 'D104'?"),
        ("rum", "Did you mean 'run'?"),
        ("runs shw", "Did you mean 'show'?"),
        ("Q1", "See: shoal help."),
    ],
)
def test_what_there_is_not(refused: Callable[..., str], asked: str, cure: str) -> None:
    told = f"'{asked}': there is no such code or command. {cure}"
    assert refused("help", *asked.split()) == told
