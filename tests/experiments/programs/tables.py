"""Tables of every kind, and tasks with everything that a recipe can do to their rows."""

from __future__ import annotations

import numpy as np

from shoal.experiments import Experiment

EVIL = '"""; import os; os.abort() #'
"""A name that would run if it could end a string."""
HOSTILE = (EVIL, "back\\slash", "it's", 'say "x"', "new\nline", "{x}", "種類", "RATE", "# no")
RNG = np.random.default_rng(0)
N = 60
NUMBERS = RNG.normal(size=(N, 3)).round(3)
KINDS = np.where(NUMBERS[:, 0] + NUMBERS[:, 1] > 0, "yes", "no")


def cell(text):
    return '"' + str(text).replace('"', '""') + '"'


def csv(header, columns, separator=","):
    rows = [
        [cell(name) for name in header],
        *([cell(v) for v in row] for row in zip(*columns, strict=True)),
    ]
    return "".join(separator.join(row) + "\n" for row in rows)


def _plain():
    return csv(["a", "b", "c", "kind"], [*NUMBERS.T, KINDS]), {"target": "kind"}


def _hostile():
    columns = [RNG.normal(size=N).round(3) for _ in HOSTILE]
    target = [EVIL if yes == "yes" else "it's\\n" for yes in KINDS]
    return csv([*HOSTILE, "target\\"], [*columns, target]), {"target": "target\\"}


def _categories():
    colours = RNG.choice(["red", "blue", EVIL], N)
    return csv(["a", "colour", "kind"], [NUMBERS[:, 0], colours, KINDS]), {"target": "kind"}


def _decimal():
    columns = [[str(v).replace(".", ",") for v in column] for column in NUMBERS.T]
    text = csv(["a", "b", "c", "kind"], [*columns, KINDS], ";")
    return text, {"target": "kind", "decimal": ","}


def _gaps():
    first = ["NA" if k % 7 == 0 else str(v) for k, v in enumerate(NUMBERS[:, 0])]
    return csv(["a", "b", "kind"], [first, NUMBERS[:, 1], KINDS])


def _regression():
    y = 100 + 7 * NUMBERS[:, 0] - 3 * NUMBERS[:, 1]
    return csv(["a", "b", "c", "y"], [*NUMBERS.T, y.round(4)]), {"target": "y"}


def _weighted():
    weights = RNG.uniform(0.5, 2, N).round(2)
    text = csv(["a", "b", "w", "kind"], [*NUMBERS.T[:2], weights, KINDS])
    return text, {"target": "kind", "weights": "w"}


def _weighted_regression():
    y = (100 + 7 * NUMBERS[:, 0] - 3 * NUMBERS[:, 1]).round(4)
    weights = RNG.uniform(0.5, 2, N).round(2)
    text = csv(["a", "b", "w", "y"], [*NUMBERS.T[:2], weights, y])
    return text, {"target": "y", "weights": "w"}


def _several():
    y = [(NUMBERS[:, 0] * 3).round(3), (NUMBERS[:, 1] + 2).round(3)]
    return csv(["a", "b", "p", "q"], [*NUMBERS.T[:2], *y]), {"target": ["p", "q"]}


def _labels():
    one, two = np.where(NUMBERS[:, 0] > 0, 1, 0), np.where(NUMBERS[:, 1] > 0, 1, 0)
    return csv(["a", "b", "p", "q"], [*NUMBERS.T[:2], one, two]), {"target": ["p", "q"]}


def _codes():
    codes = np.array(["01234", "1234", "7"])[RNG.integers(0, 3, N)]
    text = csv(["zip", "b", "kind"], [codes, NUMBERS[:, 1], KINDS])
    return text, {"target": "kind", "types": {"zip": "category"}}


def _three():
    kinds = np.array(["one", "two", EVIL])[np.digitize(NUMBERS[:, 0], [-0.5, 0.5])]
    return csv(["a", "b", "kind"], [*NUMBERS.T[:2], kinds]), {"target": "kind"}


TWO = [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
TABLES = {
    "plain": (_plain, TWO, {}),
    "hostile": (_hostile, TWO, {}),
    "categories": (_categories, TWO, {}),
    "decimal": (_decimal, TWO, {}),
    "dropped gaps": (lambda: (_gaps(), {"target": "kind", "missing": "drop"}), TWO, {}),
    "filled gaps": (
        lambda: (_gaps(), {"target": "kind", "missing": "mean", "derived": ["a^2", "a*b"]}),
        TWO, {},
    ),
    "regression": (_regression, [{"units": 3, "activation": "tanh"}, {"units": 1}], {}),
    "scaled regression": (
        _regression, [{"units": 3, "activation": "tanh"}, {"units": 1}],
        {"scaling": "standard", "target_scaling": "standard"},
    ),
    "minmax regression": (
        _regression, [{"units": 3, "activation": "tanh"}, {"units": 1}],
        {"target_scaling": "minmax"},
    ),
    "weighted": (_weighted, TWO, {"scaling": "minmax"}),
    "weighted regression": (
        _weighted_regression, [{"units": 3, "activation": "tanh"}, {"units": 1}],
        {"scaling": "standard", "target_scaling": "standard"},
    ),
    "codes": (_codes, TWO, {}),
    "several": (
        _several, [{"units": 3, "activation": "tanh"}, {"units": 2}],
        {"target_scaling": "standard"},
    ),
    "labels": (
        _labels, [{"units": 3, "activation": "tanh"}, {"units": 2, "activation": "sigmoid"}], {},
    ),
    "three": (
        _three, [{"units": 3, "activation": "tanh"}, {"units": 3, "activation": "softmax"}], {},
    ),
}  # fmt: skip
"""By name: what makes text and recipe, the layers, and the scaling."""

TASKS = {
    "or": {"task": "or", "batches": 4},
    "xor table": {"task": "xor", "stream": False},
    "nand with more": {"task": "nand", "batches": 3, "label_noise": 0.1, "dummies": 2,
                       "multiply": 2.0},
    "greater": {"task": "greater", "samples": 100, "label_noise": 0.1, "dummies": 2,
                "multiply": 3.0, "add": -1.0, "test": 0.2},
    "derived": {"task": "circle", "samples": 100, "derived": ["x1^2", "x2^2", "x1*x2", "sin(x1)",
                "cos(x2)", "abs(x1)", "x1^3"]},
    "points": {"task": "points", "validation": 0.2},
    "circle": {"task": "circle", "samples": 100},
    "moons": {"task": "moons", "samples": 100, "validation": 0.0, "test": 0.3},
    "gaussians": {"task": "gaussians", "samples": 100},
    "spiral": {"task": "spiral", "samples": 100},
    "majority": {"task": "majority", "bits": 5},
}  # fmt: skip


def table_experiment(name, folder, **training):
    """Write a table into a folder and return its experiment."""
    make, layers, preprocess = TABLES[name]
    text, recipe = make()
    (folder / "table.csv").write_text(text, "utf-8", newline="")
    usual = {"epochs": 3, "batch_size": 16, "optimizer": {"name": "sgd", "learning_rate": 0.05}}
    return Experiment.read(
        {
            "data": {"file": "table.csv", **recipe}, "network": {"layers": layers},
            "preprocess": preprocess, "training": usual | training, "population": 1,
        },
        folder=folder,
    )  # fmt: skip
