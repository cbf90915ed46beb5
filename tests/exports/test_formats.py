"""Python, JavaScript, C, page, SQL and JSON say what the model says: activations x decisions.

The judges are the interpreters themselves, each started once for many files. Two features lie
about 1e6 +- 10, so that a file that scales in single precision fails by far.
"""

import functools
import itertools
import json
import re
import runpy
import shutil
import sqlite3
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import InputError
from shoal.exports import FORMATS
from shoal.exports.formats import c, javascript, page, plain_json, python, sql, sql_text
from shoal.exports.formats.plain import exact
from shoal.exports.formats.templates import pieces
from shoal.exports.importing.chain import Refusal
from shoal.exports.portable import decision_of, portable
from shoal.models import Model
from shoal.network import ACTIVATIONS, Dense, Network

DECISIONS = (
    "values", "labels", "one", "softmax", "shares", "nearest", "labels hinge", "one hinge",
    "nearest hinge",
)  # fmt: skip
LAST = {"labels": "sigmoid", "one": "sigmoid", "softmax": "softmax", "shares": "sigmoid"}
N_OUTPUTS = {"values": 2, "labels": 2, "one": 1}
SETTINGS = (
    {"n_networks": 3},
    {"n_networks": 1, "multiply": 2.0, "add": -3.0},
    {"n_networks": 2, "dtype": "float64", "own_scalers": False},
)
HOSTILE = "</script>*/ /* ??/ \"'\\\n-- ; `${1}` %s {0} @ \u202e🐟"
COLUMNS = (
    Feature(name="a"), Feature(name="b", fill=1e6),
    Feature(name=HOSTILE, categories=("red", HOSTILE, "it's")),
)  # fmt: skip
D = 5
NODE, CC = shutil.which("node"), shutil.which("cc")
needs_node = pytest.mark.skipif(NODE is None, reason="needs node")
needs_cc = pytest.mark.skipif(CC is None, reason="needs a C compiler")


def sample(activation, decision, n_networks=3, dtype="float32", own_scalers=True, **more):
    """A model 5-5-4-C with weights from a seed: two numbers, and three categories."""
    rng = np.random.default_rng(0)
    decision, _, hinge = decision.partition(" ")
    n_outputs = N_OUTPUTS.get(decision, 3)
    last = Dense(n_outputs, "identity" if hinge else LAST.get(decision, "identity"))
    network = Network([Dense(5, activation), Dense(4, activation, bias=False), last], inputs=D)
    sizes = itertools.pairwise((D, 5, 4, n_outputs))
    spread = 0.15 if activation == "exponential" else 0.5
    weights = [spread * rng.normal(size=(n_networks, *size)) for size in sizes]
    biases = [rng.normal(size=(n_networks, 5)), None, rng.normal(size=(n_networks, n_outputs))]
    kind = {"values": "regression", "labels": "multilabel"}.get(decision, "classification")
    n_classes = max(2, n_outputs) if kind == "classification" else 0
    n_scalers = n_networks if own_scalers else 1
    center = np.array([1e6, 1e6, 0.5, 0.3, 0.2])
    nothing = Scaler(center=(0.0,) * n_outputs, scale=(1.0,) * n_outputs)
    return Model(
        network=network,
        parameters=network.start_from(weights, biases, dtype=dtype),
        schema=Schema(
            columns=COLUMNS, target="t" + HOSTILE, more_targets=() if n_classes else ("u",),
            kind=kind, classes=(HOSTILE, "b", "c")[:n_classes],
            label_classes=(("no", "yes"), ("b", HOSTILE)) if kind == "multilabel" else (),
        ),
        scalers=[
            Scaler(center=tuple(center + 0.1 * i), scale=(10.0, 9.0 + i, 0.5, 0.4, 0.6))
            for i in range(n_scalers)
        ],
        target_scalers=[
            Scaler(center=(5.0, 6.0 + i), scale=(2.0, 0.5)) for i in range(n_scalers)
        ] if kind == "regression" else [nothing],
        threshold=0.0 if hinge else 0.5, seeds=range(n_networks), best=0, experiment={},
        arithmetic="2", version="0.1.0", **more,
    )  # fmt: skip


SOME = [
    *zip(ACTIVATIONS, itertools.cycle(DECISIONS), itertools.cycle(range(3)), strict=False),
    *zip(itertools.cycle(["tanh", "step"]), DECISIONS, itertools.cycle(range(3)), strict=False),
]
ALL = list(itertools.product(ACTIVATIONS, DECISIONS, range(3)))
SCOPES = [pytest.param(SOME, id="some"), pytest.param(ALL, id="all", marks=pytest.mark.slow)]
each_scope = pytest.mark.parametrize("members", SCOPES)


@functools.cache
def parts_of(activation, decision, setting, name):
    return portable(sample(activation, decision, **SETTINGS[setting]), name=name)


def written(module, members, folder):
    """Write every member as a file m0, m1, ..., and return them with their parts."""
    found = []
    for number, member in enumerate(members):
        parts = parts_of(*member, f"m{number}")
        (content,) = module.write(parts).values()
        path = folder / f"m{number}{module.SUFFIX}"
        path.write_bytes(content)
        found.append((member, parts, path))
    return found


def check(member, parts, figures):
    """The issue's measure: 1e-6, times the largest magnitude where that is above 1."""
    expected = parts.vectors.expected
    assert np.shape(figures) == expected.shape, member
    difference = np.abs(np.array(figures, float) - expected).max()
    assert difference <= 1e-6 * max(1.0, np.abs(expected).max()), member


def run(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_table_has_every_decision():
    found = {decision_of(sample("tanh", decision)) for decision in DECISIONS}
    assert found == {"values", "labels", "one", "softmax", "shares", "nearest"}


@pytest.mark.parametrize("template", ["python", "javascript", "c"])
def test_every_activation_has_its_piece(template):
    assert set(ACTIVATIONS) <= set(pieces(template))
    assert set(ACTIVATIONS) == set(sql_text.FUNCTIONS)


@each_scope
def test_python(members, tmp_path):
    for member, parts, path in written(python, members, tmp_path):
        module = SimpleNamespace(**runpy.run_path(str(path)))
        check(member, parts, [module.mean(module.everyone(list(x))) for x in parts.vectors.x])
        largest, allowed = module.self_test()
        assert largest <= allowed
        assert allowed in parts.vectors.tolerances


def named(parts):
    """The vectors by column name, as a table has them."""
    names = [column.name for column in parts.columns]
    return [dict(zip(names, row, strict=True)) for row in sql.table_rows(parts)]


@pytest.mark.parametrize("decision", DECISIONS)
def test_python_by_name_gives_classes_and_disagreement(decision, tmp_path):
    ((_, parts, path),) = written(python, [("tanh", decision, 0)], tmp_path)
    module = SimpleNamespace(**runpy.run_path(str(path)))
    model, x = parts.model, parts.vectors.x
    rows = named(parts)
    assert np.array_equal(np.array([module.predict(r) for r in rows]), model.predict(x)) or (
        np.allclose([module.predict(r) for r in rows], model.predict(x), atol=1e-5)
    )
    apart = [module.disagreement(r) for r in rows]
    np.testing.assert_allclose(apart, model.disagreement(x), atol=1e-6)


def node_figures(pairs, folder, ask):
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "ask.mjs").write_text(ask)
    given = [{"file": path.name, "rows": parts.vectors.x.tolist()} for _, parts, path in pairs]
    (folder / "given.json").write_text(json.dumps(given))
    return json.loads(run(NODE, "ask.mjs", folder=folder))


ASK_MODULE = """
import { readFileSync } from "node:fs";
const told = [];
for (const { file, rows } of JSON.parse(readFileSync("given.json", "utf8"))) {
  const m = await import("./" + file);
  told.push([rows.map((row) => m.mean(m.everyone(row))), ...m.selfTest()]);
}
console.log(JSON.stringify(told));
"""
ASK_PAGE = """
import { readFileSync } from "node:fs";
const told = [];
for (const { file, rows } of JSON.parse(readFileSync("given.json", "utf8"))) {
  const page = readFileSync(file, "utf8");
  const script = page.match(/<script>([\\s\\S]*?)<\\/script>/)[1];
  const m = new Function(script + "\\nreturn { mean, everyone, selfTest };")();
  told.push([rows.map((row) => m.mean(m.everyone(row))), ...m.selfTest()]);
}
console.log(JSON.stringify(told));
"""


@needs_node
@each_scope
@pytest.mark.parametrize(("module", "ask"), [(javascript, ASK_MODULE), (page, ASK_PAGE)])
def test_javascript_and_page(module, ask, members, tmp_path):
    pairs = written(module, members, tmp_path)
    for (member, parts, _), said in zip(pairs, node_figures(pairs, tmp_path, ask), strict=True):
        check(member, parts, said[0])
        assert said[1] <= said[2]


@needs_node
@pytest.mark.parametrize("decision", DECISIONS)
def test_javascript_by_name_gives_classes_and_disagreement(decision, tmp_path):
    ((_, parts, path),) = written(javascript, [("tanh", decision, 0)], tmp_path)
    (tmp_path / "rows.json").write_text(json.dumps(named(parts)))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ask = (
        f'import * as m from "./{path.name}"; import {{ readFileSync }} from "node:fs";'
        'const rows = JSON.parse(readFileSync("rows.json", "utf8"));'
        "console.log(JSON.stringify([rows.map(m.predict), rows.map(m.disagreement)]));"
    )
    (tmp_path / "ask.mjs").write_text(ask)
    classes, apart = json.loads(run(NODE, "ask.mjs", folder=tmp_path))
    model, x = parts.model, parts.vectors.x
    if model.schema.is_regression:
        np.testing.assert_allclose(classes, model.predict(x), rtol=1e-6)
    else:
        assert classes == model.predict(x).tolist()
    np.testing.assert_allclose(apart, model.disagreement(x), atol=1e-6)


@needs_node
def test_erfc_of_the_page_is_that_of_mathematics(tmp_path):
    """Python's math.erfc is the judge, to 1e-14 of the value or 1e-15."""
    import math

    x = np.concatenate([np.linspace(-6, 6, 2001), [2.4999999, 2.5, 20.0]]).tolist()
    script = pieces("javascript")["gelu"] + f"\nconsole.log(JSON.stringify({x}.map(erfc)));"
    (tmp_path / "erfc.js").write_text(script)
    found = json.loads(run(NODE, "erfc.js", folder=tmp_path))
    np.testing.assert_allclose(found, [math.erfc(each) for each in x], rtol=1e-12, atol=1e-15)


@needs_cc
@each_scope
def test_c(members, tmp_path):
    """All files in one, without a warning: every name begins with the model's."""
    pairs = written(c, members, tmp_path)
    shown = []
    for number, (_, parts, _) in enumerate(pairs):
        rows = c._rows(parts.vectors.x, "")
        shown.append(
            f"static void show{number}(void) {{\n"
            f"  static const double x[][{D}] = {{\n{rows}}};\n"
            f"  double out[M{number}_N_FIGURES], spread[M{number}_N_FIGURES];\n"
            "  size_t row; int k;\n"
            "  for (row = 0; row < sizeof x / sizeof x[0]; row++) {\n"
            f"    m{number}_predict(x[row], out);\n"
            f"    for (k = 0; k < M{number}_N_FIGURES; k++) printf(\"%.17g \", out[k]);\n"
            f"    m{number}_predict_spread(x[row], out, spread);\n"
            f"    for (k = 0; k < M{number}_N_FIGURES; k++) printf(\"%.17g \", spread[k]);\n"
            "  }\n  printf(\"\\n\");\n}\n"
        )  # fmt: skip
    text = "\n".join(f'#include "{path.name}"' for _, _, path in pairs) + "\n#include <stdio.h>\n"
    text += "\n".join(shown) + "int main(void) {\n"
    text += "\n".join(f"show{number}();" for number in range(len(pairs))) + "\nreturn 0;\n}\n"
    (tmp_path / "all.c").write_text(text)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
    run(CC, *strict, "all.c", "-o", "all", "-lm", folder=tmp_path)
    lines = run(str(tmp_path / "all"), folder=tmp_path).splitlines()
    for (member, parts, _), line in zip(pairs, lines, strict=True):
        k = parts.n_figures
        found = np.array(line.split(), float).reshape(-1, 2 * k)
        check(member, parts, found[:, :k])
        each = np.concatenate(list(parts.model.member_figures(parts.vectors.x)), axis=1)
        np.testing.assert_allclose(found[:, k:], each.std(axis=0), atol=1e-5, err_msg=str(member))


@needs_cc
def test_c_tests_itself_without_a_warning_and_says_nan_of_nan(tmp_path):
    ((_, _, path),) = written(c, [("gelu", "nearest hinge", 0)], tmp_path)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]
    run(CC, *strict, "-DM0_SELF_TEST", path.name, "-o", "t", "-lm", folder=tmp_path)
    said = run(str(tmp_path / "t"), folder=tmp_path)
    assert re.fullmatch(
        r"m0: proved on 16 rows: largest difference \d\.\de-\d\d \(allowed 1e-06\)\n", said
    )
    (tmp_path / "nan.c").write_text(
        '#include "m0.c"\n#include <stdio.h>\nint main(void) { double x[5] = {NAN, 1, 0, 0, 1};'
        ' double out[3]; m0_predict(x, out); printf("%g %g %g", out[0], out[1], out[2]);'
        " return 0; }\n"
    )
    run(CC, "-std=c99", "nan.c", "-o", "n", "-lm", folder=tmp_path)
    assert run(str(tmp_path / "n"), folder=tmp_path).replace("-", "") == "nan nan nan"


@needs_cc
def test_c_table_sizes_are_those_it_tells(tmp_path):
    """40 weights and biases of 4 bytes, 2 x 5 numbers of scaling of 8, for each network...

    5*5+5 + 5*4 + 4*1+1 = 55 numbers of 4 bytes, and 2 * (5 + 1) of 8: 316 bytes a network.
    """
    parts = parts_of("tanh", "one", 1, "m0")
    assert "316 bytes of constants" in c.write(parts)[".c"].decode()


@each_scope
def test_sql(members, tmp_path):
    for member, parts, path in written(sql, members, tmp_path):
        proof = sql.prove({".sql": path}, parts)
        assert proof.passed, (member, proof)
        assert proof.tolerance <= 1e-6 * max(1.0, np.abs(parts.vectors.expected).max()) * 1.01


def query(parts, rows, tmp_path):
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        names = ", ".join(sql_text.name(c.name) for c in parts.columns)
        connection.execute(f"CREATE TABLE data (id, {names})")
        connection.executemany("INSERT INTO data VALUES (?, ?, ?, ?)", rows)
        found = connection.execute(sql.write(parts)[".sql"].decode()).fetchall()
    connection.close()
    return [dict(row) for row in found]


def test_sql_keeps_rows_and_says_null_where_no_network_was_asked(tmp_path):
    parts = parts_of("tanh", "one", 0, "m")
    good = sql.table_rows(parts)[0]
    rows = [
        (1, *good), (2, None, *good[1:]), (3, "abc", *good[1:]), (4, *good[:2], "unseen"),
        (5, good[0], None, good[2]), (6, str(good[0]), *good[1:]), (7, 1e200, *good[1:]),
    ]  # fmt: skip
    said = query(parts, rows, tmp_path)
    assert [row["id"] for row in said] == [1, 2, 3, 4, 5, 6, 7]
    answered = [row["disagreement"] is not None for row in said]
    assert answered == [True, False, False, False, True, True, False]  # 5: b has a fill
    assert said[0]["p(b)"] == said[5]["p(b)"]
    names = {"a": [good[0]], "b": [1e6], COLUMNS[2].name: [good[2]]}
    assert said[4]["p(b)"] == pytest.approx(parts.model.predict_proba(names)[0, 1], abs=1e-6)
    assert said[0]["predicted t" + HOSTILE] in parts.classes
    assert said[1]["predicted t" + HOSTILE] is None


@each_scope
def test_json_in_plain_python(members, tmp_path):
    for member, parts, path in written(plain_json, members, tmp_path):
        given = json.loads(path.read_text("utf-8"))
        space = {
            name: __import__(name) for name in ("math", "struct")
        } | {"MULTIPLY": given["multiply"], "ADD": given["add"], "COLUMNS": given["columns"],
             "FEATURES": given["features"], "NETWORKS": given["networks"]}  # fmt: skip
        exec(python.source(given), space)
        space["ACTIVATIONS"] = eval(python.activations(given), space)
        found = [space["mean"](space["everyone"](row)) for row in given["vectors"]["rows"]]
        check(member, parts, found)


@pytest.mark.parametrize("setting", [0, 1, 2])
@pytest.mark.parametrize("decision", DECISIONS)
def test_json_comes_back_to_the_bit(decision, setting):
    parts = parts_of("elu", decision, setting, "m")
    given = json.loads(plain_json.write(parts)[".json"])
    back = plain_json.from_json(given)
    x = parts.vectors.x
    assert np.array_equal(back.prediction(x).mean, parts.model.prediction(x).mean)
    assert back.schema == parts.model.schema
    assert back.parameters.digest == parts.model.parameters.digest


def layer(**change):
    """Return a change of the first layer of the document."""
    first = {"units": 5, "activation": "tanh", "settings": {}, "bias": True} | change
    others = [{"units": 4, "activation": "tanh", "settings": {}, "bias": False},
              {"units": 1, "activation": "sigmoid", "settings": {}, "bias": True}]  # fmt: skip
    return {"layers": [first, *others]}


CHANGES = [
    (layer(settings={"units": 3.0}), "is damaged: shoal.network.layers.Dense() got multiple "
                                     "values for keyword argument 'units'"),
    (layer(settings={"slope": 3.0}), "is damaged: Dense: got an unexpected keyword argument "
                                     "'slope'."),
    ({"format": "x"}, "is JSON, but no network: it must have nodes and weights, or "
                      '"format": "shoal-network" as shoal export writes it.'),
    ({"version": 3}, "is of version 3; this shoal knows 1 to 2."),
    ({"networks": []}, "is damaged: networks: Tuple should have at least 1 item after "
                       "validation, not 0."),
    ({"more": 1}, "is damaged: more: Extra inputs are not permitted."),
    ({"digest": "0" * 64}, "was changed: its weights do not have the digest it states."),
    ({"multiply": 1.5}, "was changed: it predicts something else than its vectors."),
    ({"decision": "nearest"}, "is damaged: its decision must be one."),
    ({"features": list("abcde")}, "is damaged: its features are not those of its columns."),
    ({"best": 7}, "is damaged: Model: `best` must be the number of a network, 0 to 2; got 7."
                  " Give a value within the bounds."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_json_that_was_changed_is_refused(change, told):
    given = json.loads(plain_json.write(parts_of("tanh", "one", 0, "m"))[".json"])
    with pytest.raises(Refusal) as caught:
        plain_json.from_json(given | change)
    assert caught.value.reason == told


def test_json_with_another_weight_is_refused():
    given = json.loads(plain_json.write(parts_of("tanh", "one", 0, "m"))[".json"])
    given["networks"][0]["layers"][0]["weights"][0][0] += 0.25
    with pytest.raises(Refusal, match="its weights do not have the digest"):
        plain_json.from_json(given)


def test_numbers_are_written_so_that_they_come_back():
    rng = np.random.default_rng(3)
    single = (rng.normal(size=2000) * 10.0 ** rng.integers(-30, 30, 2000)).astype(np.float32)
    assert np.array_equal(np.array([float(t) for t in exact(single)], np.float32), single)
    double = single.astype(np.float64) / 3
    assert [float(text) for text in exact(double)] == double.tolist()


PYTHON_PROBLEMS = [
    ({"b": 1, HOSTILE: "red"}, f"the column 'a' is missing; the columns are 'b', {HOSTILE!r}."),
    ({"a": "x", "b": 1, HOSTILE: "red"}, "column 'a': 'x' is not a number."),
    ({"a": "1_0", "b": 1, HOSTILE: "red"}, "column 'a': '1_0' is not a number."),
    ({"a": True, "b": 1, HOSTILE: "red"}, "column 'a': True is not a number."),
    ({"a": None, "b": 1, HOSTILE: "red"}, "column 'a': the cell is empty."),
    ({"a": "inf", "b": 1, HOSTILE: "red"}, "column 'a': 'inf' is not a finite number."),
    (
        {"a": 1, "b": 1, HOSTILE: "blue"},
        f"column {HOSTILE!r}: 'blue' is not a known category; known are 'red', {HOSTILE!r}, "
        '"it\'s".',
    ),
    ([1.0, 2.0], f"a row must have 5 features: 'a', 'b', {HOSTILE + '=red'!r}, "
                 f"{HOSTILE + '=' + HOSTILE!r}, {HOSTILE + '=it' + chr(39) + 's'!r}; got 2."),
    ([float("nan"), 1, 0, 0, 1], "column 'a': the cell is empty."),
    ({"a": 1e300, "b": 1, HOSTILE: "red"},
     "a feature is too large for single precision once scaled."),
]  # fmt: skip


@pytest.mark.parametrize(("row", "told"), PYTHON_PROBLEMS)
def test_python_says_what_is_wrong_with_a_row(row, told, tmp_path):
    ((_, _, path),) = written(python, [("tanh", "one", 0)], tmp_path)
    module = SimpleNamespace(**runpy.run_path(str(path)))
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        module.predict(row)
    assert str(caught.value) == told


def test_python_is_a_program(tmp_path):
    """Self-test, a row, a file of rows with its line, and exit codes."""
    import sys

    ((_, parts, path),) = written(python, [("tanh", "one", 0)], tmp_path)
    shutil.copy(path, tmp_path / "flowers.py")
    call = functools.partial(
        subprocess.run, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    start = [sys.executable, "-W", "error", "flowers.py"]
    said = call(start).stdout
    assert re.fullmatch(r"m0: proved on 16 rows: largest difference \S+ \(allowed 1e-06\)\n", said)
    row = [f"{name}={value}" for name, value in named(parts)[0].items()]
    if any("\n" in each for each in row):
        row = [*row[:2], f"{HOSTILE}=red"]
    done = call([*start, *row])
    assert (done.returncode, done.stderr) == (0, "")
    assert "disagreement  " in done.stdout
    wrong = call([*start, "a=1", "c=2"])
    told = f"m0: there is no input 'c'; the inputs are 'a', 'b', {HOSTILE!r}.\n"
    assert (wrong.returncode, wrong.stderr) == (1, told)
    (tmp_path / "rows.csv").write_text("b,a\n1,2\n")
    wrong = call([*start, "rows.csv"])
    told = f"m0: rows.csv, line 2, the column {HOSTILE!r} is missing; the columns are 'b', 'a'.\n"
    assert (wrong.returncode, wrong.stderr) == (1, told)


def test_python_refuses_files_that_are_no_tables(tmp_path):
    """A cell too many, and one that never ends: a sentence, and no traceback."""
    import sys

    python_module(with_categories("red", "blue"), tmp_path)
    cases = {
        "u,k\n1,red,5\n": "rows.csv, line 2, there are more cells than in the first line.",
        "u,k\n1," + "r" * 200_000 + "\n": "field larger than field limit (131072)",
    }
    for text, told in cases.items():
        (tmp_path / "rows.csv").write_text(text)
        command = [sys.executable, "odd_ones.py", "rows.csv"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, f"odd_ones: {told}\n")


def test_a_damaged_python_file_refutes_itself(tmp_path):
    ((_, _, path),) = written(python, [("tanh", "one", 0)], tmp_path)
    text = path.read_text("utf-8")
    assert "math.tanh(z)" in text
    module = SimpleNamespace(**runpy.run_path(str(path)))
    path.write_text(text.replace("math.tanh(z)", "1.001 * math.tanh(z)"), "utf-8")
    wrong = SimpleNamespace(**runpy.run_path(str(path)))
    assert module.main([]) == 0
    assert wrong.main([]) == 1


@needs_node
def test_page_has_no_way_out_of_its_script_and_allows_nothing_from_outside():
    parts = parts_of("tanh", "one", 0, "m")
    text = page.write(parts)[".html"].decode()
    assert text.count("<script>") == text.count("</script>") == 1
    head = text.split("<script>")[0]
    assert "<b>" not in head
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "http" not in policy
    assert re.search(r"""(src|href)=["']""", text) is None


@pytest.mark.parametrize(
    ("low", "high", "whole", "step"), [(0, 1, False, 0.005), (0, 8, True, 1.0), (3, 3, False, 0.02)]
)
def test_sliders_have_round_steps_and_reach_beyond_the_rows(low, high, whole, step):
    """A two hundredth of the width, rounded up to 1, 2 or 5: 0.005, 0.04 -> 1, 3/200 -> 0.02."""
    found = page._slider(low, high, low, known=True, whole=whole)
    assert found["step"] == step
    assert found["min"] < low
    assert found["max"] > high
    assert (found["low"], found["high"]) == (low, high)


ODD = ({"u": 10**400, "k": "red"}, {"u": 1, "k": float("inf")}, 5, None, "ab")
ODD_TOLD = (
    "column 'u': " + repr(10**400) + " is not a finite number.",
    "column 'k': 'inf' is not a known category; known are ' red ', 'NA', 'blue'.",
    *["a row must be a dictionary by column name, or a list of features."] * 3,
)


def with_categories(*categories, n_networks=2):
    """One number and one column of categories, for a number."""
    inputs = 1 + len(categories)
    network = Network([Dense(3, "tanh"), Dense(1)], inputs=inputs)
    rng = np.random.default_rng(1)
    nothing = Scaler(center=(0.0,), scale=(1.0,))
    return Model(
        network=network,
        parameters=network.start_from(
            [rng.normal(size=(n_networks, inputs, 3)),
             0.5 * rng.normal(size=(n_networks, 3, 1))],
            [np.zeros((n_networks, 3)), np.zeros((n_networks, 1))], "float64",
        ),
        schema=Schema(
            columns=(Feature(name="u"), Feature(name="k", categories=categories)), target="y",
            kind="regression",
        ),
        scalers=(Scaler(center=(0.0,) * inputs, scale=(1.0,) * inputs),),
        target_scalers=(nothing,), seeds=range(n_networks), best=0, experiment={}, arithmetic="2",
        version="0.1.0",
    )  # fmt: skip


def python_module(model, folder):
    path = folder / "odd_ones.py"
    path.write_bytes(python.write(portable(model, name="odd_ones"))[".py"])
    return SimpleNamespace(**runpy.run_path(str(path)))


@pytest.mark.parametrize(
    ("row", "told"), list(zip(ODD, ODD_TOLD, strict=True)), ids=range(len(ODD))
)
def test_python_says_what_is_wrong_with_odd_rows(row, told, tmp_path):
    """Nothing but ValueError: numbers too large for floats, infinite categories, no row at all."""
    with pytest.raises(ValueError, match=re.escape(told[:60])) as caught:
        python_module(with_categories(" red ", "NA", "blue"), tmp_path).predict(row)
    assert str(caught.value) == told


def test_a_category_as_it_stands_is_known_whatever_it_looks_like(tmp_path):
    """Spaces around it, or a word that stands for gaps elsewhere: the page offers both."""
    model = with_categories(" red ", "NA", "blue")
    module = python_module(model, tmp_path)
    for category in (" red ", "NA", "blue"):
        wanted = model.predict([[0.5, *(float(category == c) for c in (" red ", "NA", "blue"))]])
        assert module.predict({"u": 0.5, "k": category}) == pytest.approx(wanted[0], abs=1e-12)


@needs_node
def test_javascript_knows_a_category_as_it_stands_and_what_is_no_row(tmp_path):
    (tmp_path / "m.js").write_bytes(
        javascript.write(portable(with_categories(" red ", "NA", "blue"), name="m"))[".js"]
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "ask.mjs").write_text("""
        import * as m from "./m.js";
        for (const [place, k] of [" red ", "NA", "blue"].entries()) {
          const row = [0.5, 0, 0, 0];
          row[1 + place] = 1;
          console.log(m.predict({ u: 0.5, k }) === m.predict(row));
        }
        for (const row of [null, undefined, 5, "ab"]) {
          try { m.predict(row); } catch (error) { console.log(error.message); }
        }""")
    told = "a row must be an object by column name, or a list of features."
    said = run(NODE, "ask.mjs", folder=tmp_path).splitlines()
    assert said == ["true"] * 3 + [told] * 4


def test_page_says_so_where_its_script_did_not_run():
    """A policy lets the script run unchanged only: one who changes a weight finds these words."""
    text = page.write(parts_of("tanh", "one", 0, "m"))[".html"].decode()
    before = text.split("<script>")[0]
    assert '<p id="problem" role="alert">This page has not computed anything: its' in before
    assert '<p id="self-test" class="failed">Self-test: FAILED, it did not run.</p>' in before
    script = text.split("<script>")[1]
    assert 'problem.textContent = "";' in script
    assert 'footer.classList.toggle("failed", !passed);' in script


def test_c_refuses_a_name_with_a_zero_in_it():
    """A text in C ends there, so that it would be another name."""
    model = sample("tanh", "softmax")
    schema = model.schema.model_copy(update={"classes": ("a\0b", "c", "d")})
    import dataclasses

    with pytest.raises(InputError) as caught:
        c.write(portable(dataclasses.replace(model, schema=schema), name="m"))
    assert (
        str(caught.value) == r"export: C cannot hold the name 'a\x00b': texts end at a zero."
        " Rename it and train again, or take another format."
    )


def receiver_runs(path):
    """Do what the head of a .sql file says, with sqlite3 if it is here."""
    command = FORMATS[".sql"].self_test.format(file=path.name)
    return run("sh", "-c", command, folder=path.parent)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs sqlite3")
@pytest.mark.parametrize("decision", ["values", "labels", "nearest hinge"])
def test_sql_tests_itself(decision, tmp_path):
    """By the command that its head gives; names have quotes, comments and line breaks in them."""
    ((_, _, path),) = written(sql, [("tanh", decision, 0)], tmp_path)
    assert receiver_runs(path) == "m0: proved, 16 of 16 rows are right\n"
    text = path.read_text("utf-8")
    weight = re.search(r" \* (0\.\d+)", text)[1]
    path.write_text(text.replace(weight, "0.99"), "utf-8")
    said = re.fullmatch(r"m0: REFUTED, (\d+) of 16 rows are right\n", receiver_runs(path))
    assert int(said[1]) < 16


def test_sql_that_proves_nothing_by_its_own_test_is_refuted(tmp_path):
    """Right figures, and a self-test that a receiver would see fail."""
    ((_, parts, path),) = written(sql, [("tanh", "values", 0)], tmp_path)
    text = path.read_text("utf-8")
    assert sql.prove({".sql": path}, parts).passed
    path.write_text(text.replace("CASE WHEN n = 16", "CASE WHEN n = 17"), "utf-8")
    assert not sql.prove({".sql": path}, parts).passed


def test_sql_names_cannot_enter_its_self_test(tmp_path):
    """sed takes lines that begin with '--1 ', so a name must not hold such a line."""
    model = with_categories("a", "b\n--1 DROP TABLE users;")
    with pytest.raises(InputError) as caught:
        sql.write(portable(model, name="m"))
    assert str(caught.value) == (
        "export: SQL cannot hold a name with a line that begins with '--1 ' or '--2 ', as those "
        "of its self-test do. Rename it."
    )


def test_sql_stands_beside_columns_of_any_name(tmp_path):
    """Columns called as the query's own once were: m0, d0, c, z0_0_0, x0 and f."""
    names = ("m0", "d0", "c", "z0_0_0", "x0", "f")
    network = Network([Dense(2, "tanh"), Dense(2, "softmax")], inputs=6)
    rng = np.random.default_rng(2)
    model = Model(
        network=network,
        parameters=network.start_from(
            [rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 2, 2))],
            [np.zeros((2, 2)), np.zeros((2, 2))],
        ),
        schema=Schema(columns=tuple(Feature(name=each) for each in names), target="predicted c",
                      kind="classification", classes=("disagreement", "m0")),
        scalers=(Scaler(center=(0.0,) * 6, scale=(1.0,) * 6),),
        target_scalers=(Scaler(center=(0.0, 0.0), scale=(1.0, 1.0)),),
        seeds=(0, 1), best=0, experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip
    parts = portable(model, name="m")
    (tmp_path / "m.sql").write_bytes(sql.write(parts)[".sql"])
    assert sql.prove({".sql": tmp_path / "m.sql"}, parts).passed


def test_json_shows_what_cannot_be_seen():
    """Signs that turn the direction, and line ends of Unicode, are written out; letters are not."""
    text = plain_json.write(parts_of("tanh", "one", 0, "m"))[".json"].decode()
    assert "\u202e" not in text
    assert r"\u202e🐟" in text
    assert json.loads(text)["classes"][0] == HOSTILE
