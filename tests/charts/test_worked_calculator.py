"""The calculator: what is written reproduces itself, number by number, from the text alone.

Each form (document, terminal, LaTeX, MathML) is read by a reader of its own that knows nothing of
shoal, computed in Python's floats, rounded to the precision that is told, and compared exactly.
"""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import shoal
from shoal.charts.worked import page_of, written
from shoal.charts.worked_math import latex, latex_equation, math_equation
from shoal.network.worked import ALL, Folding, Num

# ---- the reader of plain arithmetic

NAMES = {
    "exp": lambda x: math.exp(x) if x < 709.7 else math.inf,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
    "max": max,
    "min": min,
    "tanh": math.tanh,
    "erfc": math.erfc,
    "expm1": math.expm1,
    "log1p": math.log1p,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "step": lambda z, at_zero: at_zero if z == 0 else float(z > 0),
    "pi": math.pi,
}
NUMBERS = re.compile(r"(?<![\w.])\d[\d.]*(?:e[+-]?\d+)?")


def computed(expression):
    """Return the value of an expression; whole numbers are floats as on any calculator."""
    allowed = set(re.findall(r"[A-Za-z_]\w*", NUMBERS.sub("0", expression)))
    assert allowed <= NAMES.keys(), expression
    return float(eval(NUMBERS.sub(lambda found: repr(float(found[0])), expression), dict(NAMES)))


def rounded(value, dtype):
    return value if dtype == "float64" else float(str(np.float32(value)))


def equations_of(document):
    """Yield every expression of a document with the value beside it."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "expression" and value is not None:
                beside = ("value", "gradient", "scaled", "y", "z", "a")
                found = next(document[name] for name in beside if name in document)
                found = document["a"] if "a" in document and "sum" in document else found
                yield value, found
            elif key == "da_dz_expression" and value is not None:
                yield value, document["da_dz"]
            else:
                yield from equations_of(value)
    elif isinstance(document, list):
        for each in document:
            yield from equations_of(each)


# ---- what is worked

CASES = {
    "or": ("or", ["training.epochs=2"], {"step": 120}),
    "wine": ("wine", ["training.epochs=3", "training.regularization.l1=0.001"], {"step": 9}),
    "points in float64": ("points_backprop", ["training.epochs=5"], {"step": 3}),
    "perceptron": ("perceptron", ["training.epochs=3"], {"step": 0}),
    "random search": ("points_random", ["training.epochs=5"], {"step": 3}),
    "a number": (
        "wine",
        [
            "data.target=proline",
            "training.epochs=3",
            "preprocess.target_scaling=standard",
            "network.layers=[{units=4,activation='tanh'},{units=1,activation='identity'}]",
            "training.loss=squared_error",
        ],
        {"step": 9},
    ),
    "slopes": ("points_slopes", ["training.epochs=5"], {"step": 3}),
}
RULES = [
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam", "amsgrad",
    "rprop", "lion", "annealing", "evolution", "lbfgs",
]  # fmt: skip
ACTIVATIONS = ["identity", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"]
_MADE: dict[str, object] = {}


def trace_of(name):
    if name not in _MADE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", shoal.ShoalWarning)
            _MADE[name] = _trace(name)
    return _MADE[name]


def _trace(name):
    if name in CASES:
        example, changes, how = CASES[name]
        small = [*changes, "population.size=2"]
        run = shoal.Experiment.load(f"examples/{example}.toml", small).run()
        return run.trace(3, network=1, **how)
    if name in RULES:
        return _greater({"optimizer": name}, "tanh")
    if name == "folded":
        return _greater({"optimizer": "adam"}, "tanh", Folding(terms=1, units=1))
    return _greater({"optimizer": "adam"}, name)


def _greater(training, activation, folding=ALL):
    batch = "full" if training["optimizer"] in ("rprop", "lbfgs") else 16
    experiment = shoal.Experiment(
        data=shoal.tasks.greater(samples=100, multiply=3.0),
        preprocess={"scaling": "standard"},
        network=shoal.Network([shoal.Dense(4, activation), shoal.Dense(1, "sigmoid")]),
        training={"epochs": 3, "batch_size": batch, **training},
        population=2,
    )
    return experiment.run().trace(7, step=2, network=1, folding=folding)


EVERY = pytest.mark.parametrize("name", [*CASES, *RULES, *ACTIVATIONS, "folded"])


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


# ---- the document


@EVERY
def test_the_document_reproduces_itself(name):
    document = trace_of(name).to_dict()
    found = list(equations_of(document))
    assert len(found) > 20
    output = document["output"]
    own = {each["expression"] for each in output["equations"] if output["kind"] == "regression"}
    for expression, value in found:
        if expression in own:  # the table's units: to the last place that is written
            places = len(repr(value).partition(".")[2])
            assert round(computed(expression), places) == value, expression
        else:
            assert rounded(computed(expression), document["dtype"]) == value, expression


@EVERY
def test_sums_follow_from_their_terms(name):
    """z from bias, weights, values and what is folded; and each product from its factors."""
    document = trace_of(name).to_dict()
    for layer in document["layers"]:
        for unit in layer["units"]:
            made = unit["sum"]
            total = None if made["bias"] is None else made["bias"]
            for term in made["terms"]:
                product = term["weight"] * term["value"]
                assert rounded(product, document["dtype"]) == term["product"]
                total = product if total is None else total + product
            if made["folded"]:
                total += made["folded"]["together"]
            assert rounded(total, document["dtype"]) == made["z"] == unit["z"]


@EVERY
def test_the_whole_way_from_the_numbers_shown(name):
    """Outputs from the scaled inputs and all weights alone, where nothing is folded."""
    document = trace_of(name).to_dict()
    if name == "folded" or any(layer["folded"] for layer in document["layers"]):
        pytest.skip("something is folded")
    values = {each["index"]: each["scaled"] for each in document["inputs"]}
    for layer in document["layers"]:
        for unit in layer["units"]:
            for term in unit["sum"]["terms"]:
                assert term["value"] == values[term["index"]]
        values = {unit["unit"]: unit["a"] for unit in layer["units"]}


def test_checks_follow_from_their_losses():
    for layer in trace_of("wine").to_dict()["backward"]["layers"]:
        for unit in layer["units"]:
            for each in [*unit["weights"], unit["bias"]]:
                made = each["check_from"]
                slope = (made["above"] - made["below"]) / (2 * made["h"])
                assert slope == each["check"]
                assert each["difference"] == each["gradient"] - each["check"]
                first, second = each["factors"]
                product = first["value"] * second["value"]
                assert rounded(product, "float32") == each["gradient"]


# ---- the terminal

CELLS = re.compile(r"−?\d[\d.]*(?:e[−+]?\d+)?")


def plain(text):
    return text.replace("−", "-").replace("×", "*").replace("^", "**")


@EVERY
def test_printed_equations_reproduce_themselves(name):
    """Equations of the terminal, put together again from their lines."""
    trace = trace_of(name)
    text = trace_text(trace)
    assert max(len(line) for line in text.splitlines()) <= 80
    found = 0
    for equation in joined(text):
        parts = [part.strip() for part in plain(equation).split(" = ")]
        computable = [part for part in parts[1:] if is_numbers(part)]
        if len(computable) < 2:
            continue
        *_, expression, value = computable
        wanted = {rounded(computed(expression), dtype) for dtype in (trace.dtype, "float64")}
        assert computed(value) in wanted, equation
        found += 1
    assert found > 8


def trace_text(trace):
    return written(trace, "text", in_full=True)


def joined(text):
    """Yield equations: a line that begins with a name, and the deeper ones that follow."""
    current = ""
    for line in text.splitlines():
        starts = re.match(r"  (\S+) = ", line)
        if starts:
            if current:
                yield current
            current = line.strip()
        elif current and line.startswith("   ") and not CELLS.fullmatch(line.strip()):
            current += f" {line.strip()}"
        elif current:
            yield current
            current = ""


def is_numbers(part):
    names = re.findall(r"[A-Za-z_]\w*", NUMBERS.sub("0", part))
    return set(names) <= NAMES.keys() and "[" not in part


@EVERY
def test_printed_sums_reproduce_themselves(name):
    """Tables of the terminal: bias, weight times value and what is folded add up to z."""
    trace = trace_of(name)
    total, n = None, 0
    for line in trace_text(trace).splitlines():
        if line.rstrip().endswith("= product"):
            total = 0.0
        elif total is not None and re.search(r"(z\d+\[\d+\]|dL/da\d+\[\d+\]) = ", line):
            wanted = computed(plain(line.rpartition(" = ")[2].strip()))
            assert rounded(total, trace.dtype) == wanted, line
            total, n = None, n + 1
        elif total is not None:
            cells = [computed(plain(each)) for each in line.split()[-3:] if CELLS.fullmatch(each)]
            is_term = len(cells) == 3 or (len(cells) == 2 and "together" not in line)
            total += cells[-3] * cells[-2] if is_term and len(cells) == 3 else cells[-1]
    assert n > 0


# ---- LaTeX


def tex_to_plain(tex):
    """Return LaTeX's arithmetic as plain arithmetic."""
    tex = re.sub(
        r"\\underbrace\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}_\{[^{}]*\\text\{[^{}]*\}\}", r"\1", tex
    )
    tex = re.sub(r"(\d[\d.]*)\\times 10\^\{(-?\d+)\}", r"\1e\2", tex)
    tex = tex.replace("\\cdot", "*").replace("\\pi", "pi")
    while (new := braces(tex)) != tex:
        tex = new
    tex = re.sub(r"\\operatorname\{(\w+)\}", r"\1", tex)
    tex = tex.replace("\\left|", "abs(").replace("\\right|", ")")
    tex = tex.replace("\\left(", "(").replace("\\right)", ")")
    tex = re.sub(r"\\(exp|log|max|min|tanh)", r"\1", tex)
    assert not set("\\{}").intersection(tex), tex
    return tex.strip()


def group(text, start):
    """Return where the braces that open at `start` close."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError(f"braces of {text} do not balance")


def braces(tex):
    """Return LaTeX with its first fraction, root or power written plainly."""
    found = re.search(r"\\frac\{|\\sqrt\{|\^\{", tex)
    if found is None:
        return tex
    stop = group(tex, found.end() - 1)
    inside = tex[found.end() : stop]
    if found[0].startswith("\\frac"):
        assert tex[stop + 1] == "{"
        last = group(tex, stop + 1)
        return f"{tex[: found.start()]}(({inside})/({tex[stop + 2 : last]})){tex[last + 1 :]}"
    name = "sqrt" if "sqrt" in found[0] else "**"
    return f"{tex[: found.start()]}{name}({inside}){tex[stop + 1 :]}"


def all_equations(trace):
    """Return every equation of a trace that has numbers."""
    found = []
    for layer in trace.layers:
        found += layer.shared
        for unit in layer.units:
            found += [unit.z, unit.a, *([unit.slope] if unit.slope else [])]
    found += trace.loss.equations
    for layer in trace.backward.layers:
        found += layer.shared
        for unit in layer.units:
            found += [unit.dl_dz, *([unit.dl_da] if unit.dl_da else [])]
            found += [each.gradient for each in unit.parameters]
    found += trace.update.constants
    for each in trace.update.parameters:
        found += each.equations
    return [each for each in found if each.numbers is not None]


@EVERY
def test_latex_reproduces_itself(name):
    trace = trace_of(name)
    for equation in all_equations(trace):
        value = rounded(computed(tex_to_plain(latex(equation.numbers))), trace.dtype)
        assert value == equation.value, latex(equation.numbers)
        told = latex_equation(equation).rpartition(" = ")[2]
        if not isinstance(equation.numbers, Num):
            assert computed(tex_to_plain(told)) == equation.value


@EVERY
def test_latex_documents_are_well_formed(name):
    tex = written(trace_of(name), "latex")
    assert tex.startswith("\\documentclass")
    assert tex.endswith("\\end{document}\n")
    depth = 0
    for sign in re.sub(r"\\[{}]", "", tex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    opened: list[str] = []
    for what, environment in re.findall(r"\\(begin|end)\{([\w*]+)\}", tex):
        if what == "begin":
            opened.append(environment)
        else:
            assert opened.pop() == environment
    assert not opened
    for body in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", tex, re.S):
        assert body.count("\\left(") == body.count("\\right)")
        for line in body.split("\\\\\n"):
            assert len(re.findall(r"(?<!\\)&", line)) == 1, line
    for body in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", tex, re.S):
        rows = [row for row in body[1].split("\\\\\n") if "&" in row]
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(body[0]) - 1
    assert tex.isascii()


# ---- MathML


def math_to_plain(node):
    """Return MathML's arithmetic as plain arithmetic."""
    inside = [math_to_plain(child) for child in node]
    match node.tag:
        case "mn" | "mi" | "mtext":
            return {"π": "pi"}.get(node.text, node.text)
        case "mo":
            return {"−": "-", "·": "*", "×": "*", "=": "="}.get(node.text, node.text)
        case "mfrac":
            return f"(({inside[0]})/({inside[1]}))"
        case "msqrt":
            return f"sqrt({''.join(inside)})"
        case "msup":
            return f"{inside[0]}**({inside[1]})"
        case "munder":  # what is folded, with its brace and its words below
            return inside[0]
    if len(node) == 3 and node[1].text == "×":  # a power of ten; factors have a dot
        return f"{inside[0]}e{inside[2].removeprefix('10**(').removesuffix(')')}"
    if len(node) > 2 and node[0].text == "|" and node[-1].text == "|":
        return f"abs({''.join(inside[1:-1])})"
    return "".join(inside)


@EVERY
def test_mathml_reproduces_itself(name):
    trace = trace_of(name)
    for equation in all_equations(trace):
        parts = ET.fromstring(f"<div>{math_equation(equation)}</div>")
        told = [math_to_plain(each).removeprefix("=") for each in parts]
        if isinstance(equation.numbers, Num):
            continue
        numbers, value = told[-2:]
        numbers = numbers.rpartition("=")[2]
        assert computed(value) == equation.value
        assert rounded(computed(numbers), trace.dtype) == equation.value, numbers


@EVERY
def test_pages_are_whole_and_load_nothing(name):
    page = page_of(trace_of(name)).decode()
    assert "default-src 'none'" in page
    assert '<math displaystyle="true">' in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")]
    ET.fromstring(body.replace("&nbsp;", " "))  # every element is closed
