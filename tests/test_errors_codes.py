"""Tests of the table of codes: stable, complete, used, documented; and that every error has one."""

from __future__ import annotations

import ast
import functools
import re
import runpy
from pathlib import Path
from typing import get_args

import pytest

from shoal import errors
from shoal.codes import CODES, KINDS, Code, asked, doings, files
from shoal.experiments import problems
from shoal.fields import Reason

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "shoal"
PAGES = ROOT / "docs"
CODE = re.compile(r"[A-Z]\d{3}")

LIST = """
A100 A101 A102 A103 A104 A105 A106 A107 A108 A109 A110 A111
U100 U101 U102 U103 U104 U105 U106 U107 U108 U109 U110
X100 X101 X102 X103 X104 X105 X106 X107 X108 X109 X110 X111 X112
D100 D101 D102 D103 D104 D105 D106 D107 D108 D109 D110 D111 D112 D113 D114 D115 D116 D117 D118
D119 D120 D121 D122 D123
M100 M101 M102 M103 M104 M105 M106 M107 M108 M109
C100 C101 C102 C103 C104 C105 C106
S100 S101 S102 S103 S104 S105 S106 S107 S108 S109
F100 F101 F102 F103 F104 F105
O101 O102 O103 O104 O105 O106 O107 O108 O109 O110 O111
E101
R101 R102 R103 R104
G101 G102 G103 G104 G105
T101 T102 T103 T104 T105
W101 W102 W103 W104 W105
V100 V101 V102 V103 V104 V105 V106 V107 V108 V109 V110 V111 V112 V113
L101 L102 L103 L104
Z100 Z102
"""
"""Codes that people may have written down: none of them vanishes. New ones are added here."""
HELD = CODE.findall(LIST)


@functools.cache
def trees() -> list[tuple[Path, ast.Module]]:
    """Every file of the source outside of the table, read."""
    paths = [path for path in SOURCE.rglob("*.py") if path.parent.name != "codes"]
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


@functools.cache
def nodes() -> list[tuple[Path, ast.AST]]:
    """Every constant and call of the source outside of the table, with its file."""
    return [
        (path, node)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant | ast.Call)
    ]


def literals() -> set[str]:
    """Every code that stands in the source outside of the table."""
    texts = (node.value for _, node in nodes() if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}


def test_no_code_vanishes_and_none_is_there_twice() -> None:
    assert list(CODES) == HELD
    tables = [
        value
        for module in (asked, files, doings)
        for name, value in vars(module).items()
        if name.isupper()
    ]
    assert sum(len(table) for table in tables) == len(CODES)
    assert list(KINDS) == list(dict.fromkeys(code[0] for code in CODES))


@pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
def test_a_code_says_cause_and_cure_in_a_sentence_each(code: Code) -> None:
    for sentence in (code.cause, code.cure):
        assert sentence[0].isupper()
        assert "  " not in sentence
        assert len(sentence) < 160
    assert code.cause.endswith(".")
    assert code.cure[-1] == "." or re.search(r": \S+.*\w$", code.cure)
    assert code.name[0].islower() or code.name.startswith(("FFmpeg", "Python", "TLS"))
    assert errors.with_cure(code.example, code.code) == code.example
    assert (PAGES / f"{code.page}.md").exists()


def test_every_code_is_raised_and_every_code_that_is_raised_is_in_the_table() -> None:
    assert literals() == set(CODES)


def test_codes_are_written_out_where_errors_are_raised() -> None:
    """A `code=` is a code of the table, or handed on from another error."""
    for path, node in nodes():
        for keyword in node.keywords if isinstance(node, ast.Call) and _is_ours(node) else ():
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                assert keyword.value.value in CODES, (path, keyword.lineno)


def _is_ours(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    return name in CLASSES


CLASSES = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.ShoalError)
} | {"Problem", "Refusal", "RequestError"}


GENERIC = {"InputError", "ArgumentError", "Problem"}
"""Classes whose own code says nothing of what is wrong, and whose cure is "Give a value that
does." or "Change this key."."""


def test_where_the_code_of_the_class_is_generic_one_is_given() -> None:
    sites = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in nodes()
        if isinstance(node, ast.Call)
        and (name := ast.unparse(node.func).rpartition(".")[2]) in GENERIC
        and _module_of(path, name).startswith("shoal.errors")
        and not any(keyword.arg in ("code", None) for keyword in node.keywords)
    ]
    assert sites == []


def _module_of(path: Path, name: str) -> str:
    """Where a file has a name from; nothing if it is not imported by name."""
    tree = next(tree for each, tree in trees() if each == path)
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return next((str(f.module) for f in found if name in {a.name for a in f.names}), "")


def test_every_kind_of_mistake_that_validators_find_has_a_code() -> None:
    assert set(problems.CODES) == set(get_args(Reason))
    assert set(problems.CODES.values()) <= set(CODES) - {"X100"}
    assert not set(problems.CODES) & problems.KINDS


def test_what_is_raised_ends_as_a_sentence() -> None:
    """The text of every raise site, as far as it can be read, ends with a full stop."""
    wrong = []
    for path, tree in trees():
        for call, given in _raised(tree):
            wrong += [
                f"{path.relative_to(ROOT)}:{call.lineno}: {text}"
                for text in _sentences(call, given)
                if not re.search(r"[.?](?:'\))?$|: [^.]*$", text)
            ]
    assert wrong == []


Given = dict[str, list[ast.expr]]
"""What names are set to in a function."""


def _raised(tree: ast.Module) -> list[tuple[ast.Call, Given]]:
    """Every call that makes an error of ours, with what names are set to in its function."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [
        (node, _given(function))
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and _is_ours(node)
    ]


def _given(function: ast.AST) -> Given:
    found: Given = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                names = target.elts if several else [target]
                values = node.value.elts if several else [node.value]
                for name, value in zip(names, values, strict=False):
                    found.setdefault(ast.unparse(name), []).append(value)
        elif isinstance(node, ast.AugAssign):
            found[ast.unparse(node.target)] = [node.value]  # what is put behind it ends it
    return found


def _ends(part: ast.expr | None, given: Given) -> list[str]:
    """How a text may end: constants as they stand, names by what they are set to."""
    if isinstance(part, ast.Constant):
        return [part.value] if isinstance(part.value, str) else []
    if isinstance(part, ast.JoinedStr):
        return _ends(part.values[-1], given) if part.values else []
    if isinstance(part, ast.FormattedValue):
        return _ends(part.value, given) if isinstance(part.value, ast.Name) else []
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
        return _ends(part.right, given)
    if isinstance(part, ast.IfExp):
        return _ends(part.body, given) + _ends(part.orelse, given)
    if isinstance(part, ast.Name):
        rest = {name: values for name, values in given.items() if name != part.id}
        return [text for value in given.get(part.id, []) for text in _ends(value, rest)]
    return []


def _sentences(call: ast.Call, given: Given) -> list[str]:
    """How the reason and the cure end, where they are written out."""
    name = ast.unparse(call.func).rpartition(".")[2]
    place = {"InputError": 0, "DataError": 0, "ModelFileError": 1, "CheckpointError": 1}
    place |= {"StoreError": 1, "Refusal": 0, "RequestError": 1, "FunctionError": 0}
    parts = [call.args[place[name]]] if name in place and len(call.args) > place[name] else []
    parts += [each.value for each in call.keywords if each.arg in ("cure", "message")]
    return [text for part in parts for text in _ends(part, given) if text.strip()]


ERRORS = [
    errors.ShoalError("a: is wrong."),
    errors.InputError("a: is wrong."),
    errors.ArgumentError("fit", "y", "must be finite", got="NaN"),
    errors.ExperimentError("a.toml", [errors.Problem(path="seed", message="is wrong.")]),
    errors.DataError("is wrong.", source="a.csv", line=2, column="x"),
    errors.ModelFileError("a.safetensors", "is wrong."),
    errors.CheckpointError("a", "is wrong."),
    errors.StoreError("a", "is wrong."),
    errors.FunctionError("a: is wrong.", network=None, step=1),
    errors.MissingFileError("a.csv"),
    errors.OutputExistsError("a.csv"),
    errors.MissingExtraError("reading Parquet", "pyarrow", "parquet"),
    errors.InternalError("this should not be."),
]


@pytest.mark.parametrize("error", ERRORS, ids=[type(error).__name__ for error in ERRORS])
def test_every_class_has_a_code_and_ends_with_a_cure(error: errors.ShoalError) -> None:
    assert error.code in CODES
    assert str(error).endswith((CODES[error.code].cure, "pip install 'shoal[parquet]'."))


def test_every_class_is_tried() -> None:
    """A class that is added is added here too."""
    ours = {name for name in CLASSES if hasattr(errors, name)} - {"Problem"}
    assert ours == {type(error).__name__ for error in ERRORS}


def test_a_cure_of_its_own_is_the_only_one() -> None:
    error = errors.DataError("is empty.", source="a.csv", cure="Add rows.", code="D109")
    assert (error.code, str(error)) == ("D109", "a.csv: is empty. Add rows.")
    assert str(errors.InputError("a: is a folder. Name a file in it.")).count(". ") == 1


def test_every_problem_has_its_own_code() -> None:
    both = [
        errors.Problem(path="a", message="unknown key.", code="X101"),
        errors.Problem(path="", message="must be 1. Give it."),
    ]
    error = errors.ExperimentError("x.toml", both)
    assert error.code == "X101"
    assert str(error).splitlines() == [
        "x.toml, a: unknown key. See the keys and what they mean: shoal schema.",
        "x.toml: must be 1. Give it.",
    ]


def test_the_page_is_that_of_the_table() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "error_codes.py"))["page"]()
    assert (PAGES / "errors.md").read_text(encoding="utf-8") == made, (
        "docs/errors.md is not that of the table: python tools/error_codes.py"
    )


def test_errors_load_no_table_before_something_is_wrong() -> None:
    import subprocess
    import sys

    told = "import sys, shoal.errors; print('shoal.codes' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
