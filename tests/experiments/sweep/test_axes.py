"""Which cells a [sweep] table means, and what is said of tables that mean none."""

import math

import numpy as np
import pytest

from shoal.errors import ExperimentError, InputError
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.alternatives import alternatives
from shoal.experiments.sweep.document import changed
from shoal.experiments.sweep.rules import Rule

SMALL = {
    "data": {"task": "greater", "samples": 50},
    "network": {
        "layers": [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    },
    "training": {"epochs": 1},
    "population": 1,
}


def sweep(table, **base):
    return Sweep.read({**SMALL, **base, "sweep": table}, source="a.toml")


def values(table, key, **base):
    return [cell.values[key] for cell in sweep(table, **base).cells]


def told(table, **base):
    with pytest.raises(ExperimentError) as error:
        sweep(table, **base).survey()
    return str(error.value)


def test_every_combination_the_last_key_fastest():
    found = sweep({"training": {"epochs": [1, 2]}, "data.label_noise": [0, 0.1, 0.2]})
    assert found.keys == ("training.epochs", "data.label_noise")
    assert found.n_cells == len(found.cells) == 6
    assert [tuple(cell.values.values()) for cell in found.cells] == [
        (1, 0), (1, 0.1), (1, 0.2), (2, 0), (2, 0.1), (2, 0.2),
    ]  # fmt: skip
    cell = found.cells[-2]
    assert (cell.index, cell.label) == (4, "epochs=2, label_noise=0.1")
    assert (cell.experiment.training.epochs, cell.experiment.data.label_noise) == (2, 0.1)
    assert [cell.index for cell in found.cells[1:3]] == [1, 2]
    with pytest.raises(IndexError):
        found.cells[6]


def test_ranges_have_both_ends_and_tidy_steps():
    noise = "data.label_noise"
    assert values({noise: {"linear": [0, 0.3], "n": 4}}, noise) == [0, 0.1, 0.2, 0.3]
    rate = "training.optimizer.learning_rate"
    assert values({rate: {"log": [0.001, 1], "n": 4}}, rate) == [0.001, 0.01, 0.1, 1]
    assert values({rate: {"log": [1, 0.01], "n": 3}}, rate) == [1, 0.1, 0.01]
    assert values({rate: {"linear": [0.5, 9], "n": 1}}, rate) == [0.5]
    epochs = "training.epochs"
    found = values({epochs: {"linear": [1, 9], "n": 5}}, epochs)
    assert found == [1, 3, 5, 7, 9]
    assert {type(value) for value in found} == {int}
    # 10^(2/4 * k): 1, 3.16, 10, 31.6, 100
    assert values({epochs: {"log": [1, 100], "n": 5, "whole": True}}, epochs) == [1, 3, 10, 32, 100]


def test_keys_that_walk_together():
    zips = [{"data.samples": [40, 60], "training": {"epochs": [2, 1]}}]
    found = sweep({"zip": zips, "seed": [7, 8]})
    assert found.keys == ("seed", "data.samples", "training.epochs")
    assert [tuple(cell.values.values()) for cell in found.cells] == [
        (7, 40, 2), (7, 60, 1), (8, 40, 2), (8, 60, 1),
    ]  # fmt: skip


MODELS = {
    "name": "model",
    "labels": ["line", "bend"],
    "network.layers.0.units": [1, 4],
    "training.epochs": [1, 2],
}


def test_places_of_keys_that_walk_together_have_names():
    found = sweep({"zip": [MODELS], "seed": [7, 8]})
    assert found.keys == ("seed", "model")
    assert [cell.label for cell in found.cells] == [
        "seed=7, model=line", "seed=7, model=bend", "seed=8, model=line", "seed=8, model=bend",
    ]  # fmt: skip
    cell = found.cells[3]
    assert cell.values == {"seed": 8, "model": "bend"}
    units = cell.experiment.network.layers[0].units
    assert (units, cell.experiment.training.epochs) == (4, 2)
    swept = found.run(threads=1)
    assert swept.values("model").tolist() == ["line", "bend"] * 2
    assert [each.name for each in swept.effects()] == ["seed", "model"]
    unnamed = {key: value for key, value in MODELS.items() if key != "name"}
    assert sweep({"zip": [unnamed]}).cells[1].label == "setting=bend"
    unlabelled = {key: value for key, value in MODELS.items() if key != "labels"}
    assert sweep({"zip": [unlabelled]}).cells[1].label == "layers.0.units=4, epochs=2"


def test_keys_with_one_value_tell_no_cells_apart():
    """Widths that follow by rule, and what is held."""
    units = "network.layers.0.units"
    table = {units: {"rule": "features + 1"}, "data.dummies": [0, 3], "seed": [5]}
    found = sweep(table)
    assert (found.keys, found.n_cells) == (("data.dummies",), 2)
    assert [cell.label for cell in found.cells] == ["dummies=0", "dummies=3"]
    assert [cell.experiment.network.layers[0].units for cell in found.cells] == [3, 6]
    assert {cell.experiment.seed for cell in found.cells} == {5}
    assert sweep({"seed": [5]}).cells[0].label == "seed=5"


def test_draw_k_is_the_same_whatever_else_is_drawn():
    rate, noise = "training.optimizer.learning_rate", "data.label_noise"
    spec = {rate: {"log": [1e-4, 1]}}
    few = values({"random": {"draws": 3, "seed": 5, **spec}}, rate)
    more = {"random": {"draws": 9, "seed": 5, noise: {"uniform": [0, 0.3]}, **spec}}
    assert values(more, rate)[:3] == few
    assert len(set(few)) == 3
    assert values({"random": {"draws": 3, "seed": 6, **spec}}, rate) != few
    assert values(more, noise) != values(more, rate)


def test_draws_are_spread_as_they_say():
    """Means and bounds of 2,000 draws; 5 deviations of the mean are allowed."""
    n = 2000
    random = {
        "draws": n,
        "training.optimizer.learning_rate": {"log": [1e-4, 1]},
        "data.label_noise": {"uniform": [0.1, 0.3]},
        "training.epochs": {"integers": [3, 6]},
        "preprocess.scaling": {"choice": ["none", "standard"]},
    }
    grid = sweep({"random": random}).grid()
    found = [grid.values(k) for k in range(n)]

    def drawn(key):
        return [each[key] for each in found]

    logs = np.log10(drawn("training.optimizer.learning_rate"))
    assert abs(logs.mean() + 2) < 5 * 4 / math.sqrt(12 * n)
    assert -4 <= logs.min() < logs.max() <= 0
    noise = np.array(drawn("data.label_noise"))
    assert abs(noise.mean() - 0.2) < 5 * 0.2 / math.sqrt(12 * n)
    counts = [drawn("training.epochs").count(k) for k in range(3, 7)]
    assert sum(counts) == n
    assert all(abs(count - n / 4) < 5 * math.sqrt(n * 3 / 16) for count in counts)
    assert abs(drawn("preprocess.scaling").count("none") - n / 2) < 5 * math.sqrt(n / 4)


def test_values_that_stand_for_tables():
    rate = "training.optimizer.learning_rate"
    table = {"training.optimizer": ["sgd", {"name": "adam", "beta_1": 0.5}, "momentum"]}
    base = {"training": {"epochs": 1, "optimizer": {"name": "sgd", "learning_rate": 0.5}}}
    rules = [cell.experiment.training.optimizer for cell in sweep(table, **base).cells]
    assert [rule.name for rule in rules] == ["sgd", "adam", "momentum"]
    assert (rules[0].learning_rate, rules[1].beta_1) == (0.5, 0.5)
    both = sweep({rate: [0.1, 0.2], "training.optimizer": [{"name": "adam"}, {"name": "lion"}]})
    found = [cell.experiment.training.optimizer for cell in both.cells]
    assert [(rule.name, rule.learning_rate) for rule in found] == [
        ("adam", 0.1), ("lion", 0.1), ("adam", 0.2), ("lion", 0.2),
    ]  # fmt: skip
    streams = sweep({"population.vary": [["init"], ["init", "order"]]})
    assert [cell.label for cell in streams.cells] == ["vary=init", "vary=init+order"]


def test_widths_by_rule():
    units = "network.layers.0.units"
    table = {units: [4, {"rule": "int(1.2 * features + 1)"}], "data.dummies": [0, 3]}
    # greater has 2 features: int(3.4) = 3; with 3 dummies 5: int(7) = 7
    assert values(table, units) == [4, 4, 3, 7]
    # 50 rows, 40 of them train
    assert values({units: {"rule": "rows // 10 + samples"}}, units) == [54]


@pytest.mark.parametrize(
    ("text", "value"),
    [("2 ** 3 - 1", 7), ("-(1 + 2) * 2", -6), ("7 / 2", 3.5), ("ceil(sqrt(10))", 4),
     ("max(1, min(features, 3), log2(8))", 3), ("round(2.5 + outputs)", 4)],
)  # fmt: skip
def test_rules_are_arithmetic(text, value):
    assert Rule.read(text).of({"features": 2, "outputs": 1, "rows": 8, "samples": 10}) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feature + 1", "'feature + 1': there is no name 'feature'. Did you mean 'features'?"),
        ("eval(1)", "'eval(1)': there is no function 'eval'. "
         "Known: int, round, ceil, floor, min, max, sqrt, log2, abs."),
        ("().real", "'().real' is not arithmetic: only numbers, names and + - * / // **."
                    " Use numbers, the names of swept keys, brackets and + - * / // **."),
        ("rows if 1 else 2", "'rows if 1 else 2' is not arithmetic: only numbers, names and "
         "+ - * / // **. Use numbers, the names of swept keys, brackets and + - * / // **."),
        ("1 +", "'1 +' is not arithmetic."
                " Use numbers, the names of swept keys, brackets and + - * / // **."),
        ("int()", "'int()': int needs numbers in its brackets."
                  " Use numbers, the names of swept keys, brackets and + - * / // **."),
        ("'a'", "''a'' is not arithmetic: only numbers, names and + - * / // **."
                " Use numbers, the names of swept keys, brackets and + - * / // **."),
    ],
)  # fmt: skip
def test_other_rules_are_refused(text, message):
    with pytest.raises(InputError) as error:
        Rule.read(text)
    assert str(error.value) == message


def test_rules_without_a_value():
    units = "network.layers.0.units"
    facts = "features = 2, outputs = 1, rows = 40, samples = 50"
    assert told({units: [{"rule": "features / 0"}]}) == (
        "a.toml, sweep: cell 0 (layers.0.units=features / 0): 'features / 0' has no value for "
        f"{facts}: division by zero. Use numbers, the names of swept keys, brackets and "
        "+ - * / // **."
    )
    assert told({units: [{"rule": "9 ** 9 ** 9"}]}) == (
        "a.toml, sweep: cell 0 (layers.0.units=9 ** 9 ** 9): '9 ** 9 ** 9' has no value for "
        f"{facts}: a power above 64. Use numbers, the names of swept keys, brackets and "
        "+ - * / // **."
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"training.epoch": [1]}, "sweep.training.epoch: unknown key. Did you mean 'epochs'?"),
        ({"data.samples.x": [1]},
         "sweep: cell 0 (x=1): 'data.samples.x': 'data.samples' is not a table."
         " Write key=value, such as training.epochs=20."),
        ({"data.label_noise": [0, 2]},
         "sweep.data.label_noise: must be a number from 0 to 1; got 2."
         " Give a value within the bounds."),
        ({"data.label_noise": []},
         "sweep.data.label_noise: is an empty list. Give at least one value."),
        ({"seed": 3}, "sweep.seed: must be a list of values, or a range such as "
         "{ linear = [0, 1], n = 5 }; got 3."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [0, 9]}},
         "sweep.seed: has no end: say how many values with n, as in { linear = ..., n = 5 }."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [0, 9], "n": 0}},
         "sweep.seed: n must be a whole number of 1 or more; got 0."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [0, float("inf")], "n": 2}},
         "sweep.seed: linear must go from one finite number to another; got inf."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [float("nan"), 1], "n": 2}},
         "sweep.seed: linear must go from one finite number to another; got nan."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"log": [0, 1], "n": 2}},
         "sweep.seed: log must go between numbers above 0; got 0."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [0, 1, 2], "n": 2}},
         "sweep.seed: linear must be two numbers [from, to]; got a list of 3."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"seed": {"linear": [0, 1], "n": 2, "steps": 3}},
         "sweep.seed: has an unknown key 'steps'. Known keys: linear, log, n, whole."),
        ({"zip": [{"seed": [1, 2], "training.epochs": [1]}]},
         "sweep.zip[0]: keys that walk together must have equally many values: seed has 2, "
         "training.epochs has 1. Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "labels": ["line"]}]},
         "sweep.zip[0]: labels must be 2 different words, one for each place; got a list of 1."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "labels": ["line", "line"]}]},
         "sweep.zip[0]: labels must be 2 different words, one for each place; got a list of 2."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "labels": "line"}]},
         "sweep.zip[0]: labels must be 2 different words, one for each place; got 'line'."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "labels": [1, 2]}]},
         "sweep.zip[0]: labels must be 2 different words, one for each place; got a list of 2."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "name": "a.b"}]},
         "sweep.zip[0]: name must be a word or two without dots; got 'a.b'."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": [{**MODELS, "name": "seed"}], "seed": [1, 2]},
         "sweep.zip[0]: another axis is called 'seed' too. Give it another name."),
        ({"zip": [{"name": "model", "labels": ["a"]}]},
         "sweep.zip[0]: must be a table of keys and the values that they take together."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"zip": ["seed"]},
         "sweep.zip[0]: must be a table of keys and the values that they take together."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"training.optimizer": ["sgd"], "training": {"optimizer.name": ["adam"]}},
         "sweep.training.optimizer.name: is there twice. Keep one of them."),
        ({"random": {"seed": {"integers": [1, 2]}}},
         "sweep.random: draws must be a whole number of 1 or more; got nothing."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"random": {"draws": 2, "training.epochs": {"integers": [1.5, 2]}}},
         "sweep.random.training.epochs: integers must go between whole numbers; got 1.5, 2."
         " Give a list, a range or a rule, as the page on sweeps says."),
        ({"random": {"draws": 2, "data.label_noise": {"uniform": [0.3, 0]}}},
         "sweep.random.data.label_noise: uniform must go from the smaller to the larger number; "
         "got 0.3, 0. Give a list, a range or a rule, as the page on sweeps says."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_key(table, message):
    assert told(table) == f"a.toml, {message}"


def test_too_many_cells_are_counted_not_made():
    table = {"seed": {"linear": [0, 99_999], "n": 100_000}, "data.samples": {"linear": [1, 10_000],
             "n": 10_000}}  # fmt: skip
    assert told(table) == (
        "a.toml, sweep: means 1,000,000,000 cells, and 1,000,000 is the most. Give fewer values, "
        "or draw some of them at random with [sweep.random]."
    )
    assert told({"population.size": [1_000_000] * 101}) == (
        "a.toml, sweep: means 101,000,000 networks, and 100,000,000 is the most. Ask for fewer."
    )


def test_cells_that_cannot_be_trained_are_told_before_any_is():
    table = {"data.task": ["greater", "digits"], "training.optimizer": ["adam", "lbfgs"]}
    lines = told(table).splitlines()
    assert lines[0] == (
        "a.toml, sweep: cell 1 (task=greater, optimizer=lbfgs): training.batch_size: lbfgs needs "
        'all rows in every step; got 32. Set it to "full".'
    )
    assert lines[1].startswith("a.toml, sweep: cell 2 (task=digits, optimizer=adam): ")


def test_a_wrong_base_is_told_as_such():
    with pytest.raises(ExperimentError) as error:
        sweep({"seed": [1]}, training={"epochs": 0})
    assert str(error.value) == (
        "a.toml, training.epochs: must be a whole number of 1 or more; got 0."
        " Give a value within the bounds."
    )
    with pytest.raises(ExperimentError) as error:
        Sweep.read(SMALL, source="a.toml")
    assert str(error.value) == (
        "a.toml, sweep: is missing: nothing is swept. Add a [sweep] table, or give KEY=a,b,c."
    )


DOCUMENT = {
    "training": {"epochs": 1},
    "sweep": {"data": {"label_noise": [0, 0.1]}, "zip": [{"seed": [1, 2], "data.samples": [3, 4]}]},
}


def test_changes_of_the_command_line():
    given = ["training.epochs=2,3", "data.label_noise=0.2,0.3", "population=4",
             "sweep.training.batch_size=8", "sweep.random.draws=5",
             "sweep.random.data.dummies={integers=[0, 3]}"]  # fmt: skip
    found = changed(DOCUMENT, given)
    assert found["population"] == {"size": 4}
    assert found["training"] == {"epochs": 1}
    assert {key: value for key, value in found["sweep"].items() if key != "zip"} == {
        "data.label_noise": [0.2, 0.3],
        "training.epochs": [2, 3],
        "training.batch_size": [8],
        "random": {"draws": 5, "data.dummies": {"integers": [0, 3]}},
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data.label_noise=0.2", "'data.label_noise=0.2': the sweep varies data.label_noise. "
         "To hold it, write sweep.data.label_noise=0.2."),
        ("seed=5,6", "'seed=5,6': the file sweeps seed together with others. Change the file."),
        ("seed=5", "'seed=5': the sweep varies seed. Change the file."),
        ("data.dummies=1,,2", "'data.dummies=1,,2': has nothing between two commas. "
         "Write key=a,b,c."),
        ("sweep.zip.seed=1", "'sweep.zip.seed': keys that walk together are changed in the file."
                             " Write key=value, such as training.epochs=20."),
        ("epochs", "'epochs': is not a change. Write key=value, such as training.epochs=20."),
    ],
)  # fmt: skip
def test_changes_that_cannot_be(change, message):
    with pytest.raises(InputError) as error:
        changed(DOCUMENT, [change])
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a=1", ["a=1"]),
        ("a=1, 2", ["a=1", "a=2"]),
        ("a=[1, 2]", ["a=[1, 2]"]),
        ("a=[x, y],[z]", ["a=[x, y]", "a=[z]"]),
        ('a="x,y",z', ['a="x,y"', "a=z"]),
        ("a={n=1, m=[2, 3]},adam", ["a={n=1, m=[2, 3]}", "a=adam"]),
        ("a=don't,won't", ["a=don't", "a=won't"]),
        ("a=", ["a="]),
    ],
)
def test_commas_part_values(text, changes):
    assert alternatives(text) == changes
