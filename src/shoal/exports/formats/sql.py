"""SQL: one SELECT that adds what is predicted to the rows of a table, whatever the database."""

from __future__ import annotations

import contextlib
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Feature
from shoal.data.wording import show
from shoal.errors import InputError, InternalError
from shoal.exports.formats.plain import about, check_size, wrapped
from shoal.exports.formats.sql_stages import SINGLE, Chain, chains, seen
from shoal.exports.formats.sql_text import Stage, added, all_of, double, name, number, text
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged

SUFFIX: Final = ".sql"
MAX_PARAMETERS: Final = 20_000
"""Weights and biases: SQLite compares every constant of a query with all before it, so that
preparing one takes 0.8 s for 10,000 of them and four times that for twice as many."""
SELF_TEST: Final = (
    "(sed -n 's/^--1 //p' {file}; cat {file};\n sed -n 's/^--2 //p' {file}) | sqlite3"
)
"""What prepares a table of the rows, makes a view of the query, and asks it."""
LARGEST: Final = 1e150
TABLE: Final = '"data"'
ROWS, KEY, SAID = "nn_rows", "nn_row", "nn_said"
BEFORE, AFTER = "--1 ", "--2 "
"""What lines of the self-test begin with: those before the query, and those behind it."""
OWN: Final = re.compile(r"nn_(row|[mde]\d+)", re.IGNORECASE)
"""Names that the query and its self-test use beside those of the table."""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the query.

    Raises:
        InputError: it would have more columns or text than databases take, two columns differ
            in case only, or an activation is unknown here.
    """
    check_size(portable, "SQL", MAX_PARAMETERS)
    _check_names(portable)
    found = chains(portable)
    selects = [_rows_select(), _features_select(portable)]
    for place, chain in enumerate(found):
        selects += _chain_selects(chain, place, limited=portable.dtype == "float32")
    selects += _answer_selects(portable, found)
    body = "WITH\n" + ",\n".join(selects) + f"\n{_final(portable)};\n"
    if re.search("^--[12] ", body, re.MULTILINE):  # the self-test would run that line
        raise InputError(
            "export: SQL cannot hold a name with a line that begins with '--1 ' or '--2 ', as "
            "those of its self-test do. Rename it.",
            code="T101",
        )
    return {SUFFIX: f"{_head(portable)}\n{body}{_self_test(portable)}".encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the query with SQLite on a table of the vectors."""
    given = paths[SUFFIX].read_text(encoding="utf-8")
    before, after = (self_test_part(given, mark) for mark in (BEFORE, AFTER))
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        runtime = f"sqlite {sqlite3.sqlite_version}"
        if _add_functions(connection):
            runtime += " with exp, ln and sqrt from Python"
        try:
            connection.executescript(before + given)
            found = connection.execute(f"SELECT * FROM {SAID}").fetchall()
            [(verdict,)] = connection.execute(after).fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise InternalError(f"export: the self-test in sqlite: {error}.") from None
    start = _first_figure(portable)
    figures = [row[start : start + portable.n_figures] for row in found]
    proof = judged(runtime, portable.vectors, figures)
    # the self-test that its receiver runs must say so too
    return replace(proof, passed=proof.passed and verdict.startswith(f"{portable.name}: proved"))


def self_test_part(given: str, mark: str) -> str:
    """Return what ``sed -n 's/^--1 //p'`` makes of a file, for a mark as ``--1 ``."""
    lines = given.split("\n")
    return "".join(f"{line.removeprefix(mark)}\n" for line in lines if line.startswith(mark))


def table_rows(portable: Portable) -> list[list[Any]]:
    """Return the vectors as rows of a table: numbers, and categories by name."""
    rows = []
    for x in portable.vectors.x:
        row: list[Any] = []
        start = 0
        for column in portable.columns:
            width = len(column.feature_names)
            if column.categories is None:
                row.append(float(x[start]))
            else:
                row.append(column.categories[int(np.argmax(x[start : start + width]))])
            start += width
        rows.append(row)
    return rows


def _check_names(portable: Portable) -> None:
    names = [column.name for column in portable.columns]
    twice = next((n for n, k in Counter(map(str.casefold, names)).items() if k > 1), None)
    if twice is not None:
        alike = [each for each in names if each.casefold() == twice]
        told = " and ".join(show(each) for each in alike[:2])
        raise InputError(
            f"export: SQL cannot tell the columns {told} apart, which differ in case only. "
            "Rename one and train again, or take another format.",
            code="T101",
        )
    given = [*names, *portable.targets, *portable.classes]
    given += [c for column in portable.columns for c in column.categories or ()]
    given += [c for pair in portable.label_classes for c in pair]
    for each in given:
        if "\0" in each:
            raise InputError(f"export: SQL cannot hold the name {show(each)}.", code="T101")
    taken = next((each for each in names if OWN.fullmatch(each)), None)
    if taken is not None:
        raise InputError(
            f"export: SQL uses the name {show(taken)} itself. Rename that column.", code="T101"
        )


def _head(portable: Portable) -> str:
    lines = [
        f"{portable.name}: a trained neural network as one SELECT.",
        "",
        wrapped(about(portable)),
        "",
        'Put your own table in place of "data" below. Every row comes out with what is',
        "predicted of it; a row with a NULL, a text where a number must be, or a category that",
        "was not trained on gets NULL, since no network was asked.",
        "It needs exp, ln, sqrt and abs (SQLite 3.35 or later, built with its mathematical",
        "functions), and MATERIALIZED keeps SQLite and PostgreSQL from computing hidden units",
        "again for every use: leave the word out where a database does not know it.",
        "",
        "It tests itself, in a database of its own, on the rows at its end:",
        "",
        *(f"  {line}" for line in SELF_TEST.format(file=f"{portable.name}.sql").split("\n")),
        "",
        "or the same through psql -q.",
    ]
    return "\n".join(f"-- {line}".rstrip() for line in "\n".join(lines).split("\n"))


def _self_test(portable: Portable) -> str:
    """Return rows with what is expected of them, and whether the query says so, as comments."""
    n = portable.n_figures
    kinds = [f"{name(c.name)} {_kind(c)}" for c in portable.columns]
    kinds += [f"nn_e{k} DOUBLE PRECISION" for k in range(n)]
    pairs = zip(table_rows(portable), portable.vectors.expected.tolist(), strict=True)
    rows = [f"({', '.join(map(_literal, [*row, *expected]))})" for row, expected in pairs]
    first, n_said = _first_figure(portable), _n_said(portable)
    wanted = 1 + len(portable.columns)
    right = all_of([
        f"abs(nn_s{first + k} - nn_s{wanted + k}) <= {allowed!r}"
        for k, allowed in enumerate(portable.vectors.tolerances.tolist())
    ])  # fmt: skip
    inserted, columns = ",\n  ".join(rows), ", ".join(f"nn_s{i}" for i in range(n_said))
    before = (
        f"CREATE TEMP TABLE {TABLE} ({', '.join(kinds)});\n"
        f"INSERT INTO {TABLE} VALUES\n  {inserted};\n"
        f"CREATE TEMP VIEW {SAID} ({columns}) AS"
    )
    after = (
        f"SELECT '{portable.name}: ' || CASE WHEN n = {len(rows)} THEN 'proved' ELSE 'REFUTED' END"
        f" || ', ' || n || ' of {len(rows)} rows are right'\n"
        f"FROM (SELECT sum(CASE WHEN {right} THEN 1 ELSE 0 END) AS n FROM {SAID}) AS t;"
    )
    said = "The self-test: what comes before the query, and behind it."
    return f"\n-- {said}\n{_marked(BEFORE, before)}{_marked(AFTER, after)}"


def _marked(mark: str, lines: str) -> str:
    """Return lines as comments; a name may have line breaks in it, and each line has the mark."""
    return "".join(f"{mark}{line}\n" for line in lines.split("\n"))


def _kind(column: Feature) -> str:
    return "DOUBLE PRECISION" if column.categories is None else "TEXT"


def _literal(value: str | float) -> str:
    return text(value) if isinstance(value, str) else number(value)


def _first_figure(portable: Portable) -> int:
    """Return where figures begin in what the query says of the rows of the self-test."""
    named = 0 if portable.kind == "regression" else len(_predicted(portable))
    return 1 + len(portable.columns) + portable.n_figures + named


def _n_said(portable: Portable) -> int:
    return 1 + len(portable.columns) + portable.n_figures + len(_answers(portable))


def _rows_select() -> str:
    inside = f"SELECT row_number() OVER () AS {KEY}, t.* FROM {TABLE} AS t"
    return f"{ROWS} AS MATERIALIZED (\n  {inside}\n)"


def _features_select(portable: Portable) -> str:
    """Return the sub-select of the rows that a network can be asked about."""
    stage, start = [], 0
    for column in portable.columns:
        width = len(column.feature_names)
        stage += [(f"x{start + k}", expression) for k, expression in enumerate(_features(column))]
        start += width
    inner = _select(stage, f"{ROWS} AS r", key=f"r.{KEY}")
    # what a derived feature comes to must be a number that scalers take, too
    limited = [column for column, _ in stage] + seen(portable)[start:]
    usable = all_of([f"abs({column}) <= {LARGEST!r}" for column in limited])
    whole = f"  SELECT * FROM (\n{inner}\n  ) AS f\n  WHERE {usable}"
    return f"nn_x AS MATERIALIZED (\n{whole}\n)"


def _features(column: Feature) -> list[str]:
    """Return the features of a column; NULL for what cannot be used."""
    cell = f"r.{name(column.name)}"
    if column.categories is None:
        # a text that is no number would be 0 in SQLite
        cast = f"CAST({cell} AS DOUBLE PRECISION)"
        found = f"CASE WHEN {cast} = {cell} THEN {cast} END"
        if column.fill is not None:
            found = f"CASE WHEN {cell} IS NULL THEN {number(column.fill)} ELSE {found} END"
        return [found]
    known = ", ".join(text(each) for each in column.categories)
    return [
        double(f"CASE WHEN {cell} = {text(each)} THEN 1.0 WHEN {cell} IN ({known}) THEN 0.0 END")
        for each in column.categories
    ]


def _select(stage: Stage, source: str, *, key: str = KEY, where: str = "") -> str:
    columns = "".join(f",\n    {expression} AS {column}" for column, expression in stage)
    return f"  SELECT {key}{columns}\n  FROM {source}{where}"


def _chain_selects(chain: Chain, place: int, *, limited: bool) -> list[str]:
    """Return the sub-selects of a chain, each from the one before it."""
    found, source = [], "nn_x"
    for i, stage in enumerate(chain.stages):
        here = f"nn_{place}_{i}"
        where = ""
        if i == 1 and limited:  # what single precision cannot hold
            checks = [f"abs({column}) <= {SINGLE!r}" for column in chain.limits]
            where = f"\n  WHERE {all_of(checks)}"
        found.append(f"{here} AS MATERIALIZED (\n{_select(stage, source, where=where)}\n)")
        source = here
    return found


def _answer_selects(portable: Portable, found: Sequence[Chain]) -> list[str]:
    """Return the sub-selects that take all networks together: the mean, and the spread."""
    n = portable.n_networks
    each = [network for chain in found for network in chain.figures]
    last = [f"nn_{place}_{len(chain.stages) - 1}" for place, chain in enumerate(found)]
    source = last[0] + "".join(f"\n  JOIN {other} USING ({KEY})" for other in last[1:])
    every = [column for network in each for column in network]
    means: Stage = [
        (f"nn_m{k}", f"({added([network[k] for network in each])}) / {n}.0")
        for k in range(portable.n_figures)
    ]
    # a network that single precision refused leaves the others without it too
    joined = f"nn_mean AS MATERIALIZED (\n{_select([*means, *_same(every)], source)}\n)"
    spreads = _spreads(portable, each)
    kept = [column for column, _ in means]
    if portable.kind != "classification":
        answer = _select([*_same(kept), *spreads], "nn_mean")
        return [joined, f"nn_answer AS MATERIALIZED (\n{answer}\n)"]
    chosen = _chosen(portable, each)
    first = _select([*_same(kept), *chosen], "nn_mean")
    answer = _select([*_same(kept), *spreads], "nn_chosen")
    return [
        joined,
        f"nn_chosen AS MATERIALIZED (\n{first}\n)",
        f"nn_answer AS MATERIALIZED (\n{answer}\n)",
    ]


def _same(columns: Sequence[str]) -> Stage:
    return [(column, column) for column in columns]


def _chosen(portable: Portable, each: Sequence[Sequence[str]]) -> Stage:
    """Return, for every network and the mean, the probability of the predicted class."""

    def pick(columns: Sequence[str]) -> str:
        return _case(portable, columns)

    means = [f"nn_m{k}" for k in range(portable.n_figures)]
    stage = [("c", pick(means))]
    return [*stage, *((f"c{i}", pick(network)) for i, network in enumerate(each))]


def _case(portable: Portable, values: Sequence[str]) -> str:
    """Return the value of the most probable class, the first of equal ones."""
    means = [f"nn_m{k}" for k in range(portable.n_figures)]
    told = ""
    for k, value in enumerate(values[:-1]):
        ahead = " AND ".join(f"nn_m{k} >= {other}" for other in means[k + 1 :])
        told += f" WHEN {ahead} THEN {value}"
    return f"CASE{told} ELSE {values[-1]} END"


def _spreads(portable: Portable, each: Sequence[Sequence[str]]) -> Stage:
    """Return the standard deviation over the networks, for the columns of the answer."""
    if portable.kind == "classification":
        groups = [("c", [f"c{i}" for i in range(len(each))])]
    else:
        groups = [(f"nn_m{k}", [network[k] for network in each]) for k in range(portable.n_figures)]
    return [
        (f"nn_d{k}", f"sqrt(({_squares(mean, columns)}) / {len(columns)}.0)")
        for k, (mean, columns) in enumerate(groups)
    ]


def _squares(mean: str, columns: Sequence[str]) -> str:
    return added([f"({column} - {mean}) * ({column} - {mean})" for column in columns])


def _final(portable: Portable) -> str:
    """Return the SELECT of all rows, with the answers where there are any."""
    answers = ",\n".join(f"  {value} AS {name(called)}" for called, value in _answers(portable))
    return (
        f"SELECT\n  {ROWS}.*,\n{answers}\nFROM {ROWS}\n"
        f"LEFT JOIN nn_answer ON nn_answer.{KEY} = {ROWS}.{KEY}\nORDER BY {ROWS}.{KEY}"
    )


def _answers(portable: Portable) -> list[tuple[str, str]]:
    """Return the columns of the answer by name."""
    n = portable.n_figures
    targets = portable.targets
    if portable.kind == "regression":
        figures = [(f"predicted {t}", f"nn_m{k}") for k, t in enumerate(targets)]
        return [*figures, *_told_spreads(targets)]
    if portable.kind == "multilabel":
        pairs = zip(targets, portable.label_classes, strict=True)
        figures = [(f"p({t}={pair[1]})", f"nn_m{k}") for k, (t, pair) in enumerate(pairs)]
        return [*_predicted(portable), *figures, *_told_spreads(targets)]
    figures = [(f"p({portable.classes[k]})", f"nn_m{k}") for k in range(n)]
    return [*_predicted(portable), *figures, ("disagreement", "nn_d0")]


def _told_spreads(targets: Sequence[str]) -> list[tuple[str, str]]:
    if len(targets) == 1:
        return [("disagreement", "nn_d0")]
    return [(f"disagreement({t})", f"nn_d{k}") for k, t in enumerate(targets)]


def _predicted(portable: Portable) -> list[tuple[str, str]]:
    """Return the columns with names of classes."""
    if portable.kind == "classification":
        known = f"CASE WHEN nn_answer.{KEY} IS NOT NULL THEN "
        chosen = _case(portable, [text(each) for each in portable.classes])
        return [(f"predicted {portable.targets[0]}", f"{known}{chosen} END")]
    return [
        (
            f"predicted {target}",
            f"CASE WHEN nn_m{k} > 0.5 THEN {text(pair[1])} "
            f"WHEN nn_m{k} <= 0.5 THEN {text(pair[0])} END",
        )
        for k, (target, pair) in enumerate(
            zip(portable.targets, portable.label_classes, strict=False)
        )
    ]


def _add_functions(connection: sqlite3.Connection) -> bool:
    """Give SQLite the functions that some builds of it lack; return whether it needed them."""
    try:
        connection.execute("SELECT exp(1.0), ln(1.0), sqrt(1.0)").fetchone()
    except sqlite3.OperationalError:
        for called, function in (("exp", math.exp), ("ln", math.log), ("sqrt", math.sqrt)):
            connection.create_function(called, 1, function, deterministic=True)
        return True
    return False
