"""``shoal functions``: tables, one in depth, JSON, and a wrong name."""

import json
import re

import pytest

from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES
from shoal.training import OPTIMIZERS, SCHEDULES

FAMILIES = {
    "activations": ACTIVATIONS, "losses": LOSSES, "initializers": INITIALIZERS,
    "schedules": SCHEDULES, "optimizers": OPTIMIZERS,
}  # fmt: skip


def test_all_functions_stand_in_tables_that_fit_80_columns(shoal):
    made = shoal("functions")
    assert (made.exit_code, made.stderr) == (0, "")
    lines = made.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    starts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    for table in FAMILIES.values():
        assert set(table) <= set(starts)
    sigmoid = next(line for line in lines if line.startswith("sigmoid"))
    assert " ".join(sigmoid.split()) == "sigmoid 1 / (1 + exp(−z)) (0, 1) 0.105 0.25 0.105"


def test_one_function_in_depth(shoal):
    made = shoal("functions", "sigmoid")
    assert made.exit_code == 0
    lines = [line.split() for line in made.stdout.splitlines()]
    assert ["slope", "a", "×", "(1", "−", "a)"] in lines
    assert ["0", "0.5", "0.25"] in lines
    assert ["1", "0.731059", "0.196612"] in lines  # 1 / (1 + 1/e), and that times its rest
    assert made.stdout.rstrip().endswith("Draw it: shoal plot activations --names sigmoid -o x.png")


@pytest.mark.parametrize(
    ("family", "name", "about"),
    [
        ("activations", "sigmoid", "1 / (1 + exp(-z)), from exp(-|z|) so that nothing overflows."),
        ("activations", "tanh", "The hyperbolic tangent of z."),
        ("activations", "identity", "z as it is."),
        ("losses", "squared_error", "The mean over the outputs of (a - y)^2."),
        ("optimizers", "adam", "Gradient descent with a step size of its own for every weight."),
    ],
)
def test_it_says_what_a_function_is_and_not_what_it_returns(shoal, family, name, about):
    assert about in shoal("functions", name).stdout
    [told] = json.loads(shoal("functions", name, "--json").stdout)[family]
    assert told["about"].partition("\n")[0] == about


@pytest.mark.parametrize(
    "name", ["categorical_crossentropy", "reduce_on_plateau", "amsgrad", "python", "he_normal"]
)
def test_every_description_fits_80_columns(shoal, name):
    assert max(map(len, shoal("functions", name).stdout.splitlines())) <= 80


def test_a_rule_is_told_line_by_line_with_its_letters(shoal):
    lines = [line.strip() for line in shoal("functions", "adam").stdout.splitlines()]
    at = lines.index("rule          k_1 = 1 − beta_1^t")
    assert lines[at + 6] == "step = rate × m_hat / (sqrt(v_hat) + epsilon)"
    assert "rate is the learning rate" in " ".join(lines)
    assert ":" not in shoal("functions", "lion").stdout.splitlines()


def test_no_colour_and_no_escape_codes_where_they_are_not_wanted(shoal, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in shoal("functions", "relu").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shoal("functions", "relu").stdout


def test_a_name_of_two_families_is_told_of_twice(shoal):
    text = shoal("functions", "step").stdout
    assert "step: activation function" in text
    assert "step: schedule" in text


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_as_json(shoal, family):
    made = shoal("functions", family, "--json")
    document = json.loads(made.stdout)
    assert list(document) == [family]
    assert [each["name"] for each in document[family]] == list(FAMILIES[family])


def test_all_as_json(shoal):
    document = json.loads(shoal("functions", "--json").stdout)
    assert {family: [each["name"] for each in told] for family, told in document.items()} == {
        family: list(table) for family, table in FAMILIES.items()
    }
    relu = next(each for each in document["activations"] if each["name"] == "relu")
    assert relu["formula"] == "max(z, 0)"
    assert relu["values"][-1] == [5.0, 5.0, 1.0]


def test_a_wrong_name_is_told(shoal):
    made = shoal("functions", "sigmod")
    assert (made.exit_code, made.stdout) == (2, "")
    assert "there is no function 'sigmod'. Did you mean 'sigmoid'?" in made.stderr


def test_the_very_command_makes_a_page_with_every_name_that_loads_nothing(shoal, folder):
    made = shoal("plot", "functions", "-o", "x.html", "-o", "x.csv", "-q")
    assert (made.exit_code, made.stdout, made.stderr) == (0, "", "")
    text = (folder / "x.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "").partition("<body>")[0]
    assert all(f">{name}<" in text for table in FAMILIES.values() for name in table)
    assert text.count("<figure") == text.count("<svg") == len(FAMILIES)
    assert "(prefers-color-scheme:dark)" in text
    assert len(text) < 900_000  # each drawing once, for light and dark
    assert len(re.findall(r'id="([^"]+)"', text)) == len(set(re.findall(r'id="([^"]+)"', text)))
    first = (folder / "x.csv").read_text("utf-8").splitlines()
    assert first[0] == "family,function,line,x,y"
    assert first[1] == "activations,identity,value,-5.0,-5.0"


def test_single_kinds_by_name(shoal, folder):
    for kind, name in {
        "losses": "huber", "initializers": "he_normal", "schedules": "cosine",
        "optimizer_paths": "adam",
    }.items():  # fmt: skip
        assert shoal("plot", kind, "--names", name, "-o", f"{kind}.csv", "-q").exit_code == 0
        lines = (folder / f"{kind}.csv").read_text("utf-8").splitlines()
        assert {line.partition(",")[0] for line in lines[1:]} == {name}
