"""Charts and tables of functions: numbers from formulas, and every member of every registry."""

import math
import re

import numpy as np
import pytest

from shoal.charts.contours import chained, contour
from shoal.charts.functions import activations, places
from shoal.charts.functions_bowl import (
    NETWORK,
    ROWS,
    SIZES,
    START,
    STEPS,
    experiment,
    loss_of,
    path,
    rules,
)
from shoal.charts.functions_initializers import initializers, weights_of
from shoal.charts.functions_losses import losses
from shoal.charts.functions_page import COLUMNS, content, settings_words, table_rows
from shoal.charts.functions_paths import optimizer_paths
from shoal.charts.functions_ranges import range_of
from shoal.charts.functions_schedules import course, schedules
from shoal.charts.functions_sheet import PARTS, functions
from shoal.charts.functions_told import FAMILIES, find, told_of
from shoal.charts.inline import colours, inline
from shoal.charts.saving import svg
from shoal.charts.theme import DARK, LIGHT
from shoal.errors import ArgumentError, InputError
from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES, Activation, Parameters
from shoal.training import OPTIMIZERS, SCHEDULES


def column(chart, name, of, which, line=None):
    """The numbers of one function in a chart's data, of one line where there are several."""
    data = {key: np.asarray(each) for key, each in chart.data.items()}
    chosen = data[which] == of
    if line is not None:
        chosen &= data["line"] == line
    return data[name][chosen]


def test_activations_stand_on_minus_5_to_5_in_steps_of_a_tenth():
    z = places()
    assert (len(z), z[0], z[50], z[-1]) == (101, -5.0, 0.0, 5.0)
    chart = activations()
    assert list(dict.fromkeys(chart.data["activation"])) == list(ACTIVATIONS)
    np.testing.assert_array_equal(column(chart, "z", "relu", "activation", "value"), z)
    np.testing.assert_array_equal(
        column(chart, "value", "step", "activation", "value"), [z_ >= 0 for z_ in z]
    )
    sigmoid = column(chart, "value", "sigmoid", "activation", "value")
    assert sigmoid[70] == pytest.approx(1 / (1 + math.exp(-2)), rel=1e-15)  # z = 2
    slope = column(chart, "value", "sigmoid", "activation", "slope")
    assert slope[70] == pytest.approx(math.exp(-2) / (1 + math.exp(-2)) ** 2, rel=1e-14)


def test_softmax_is_drawn_as_three_sums_move():
    chart = activations(names="softmax")
    lines = list(dict.fromkeys(chart.data["line"]))
    assert len(lines) == 3
    each = [column(chart, "value", "softmax", "activation", line) for line in lines]
    np.testing.assert_allclose(sum(each), 1.0, rtol=1e-15)
    at_two = [share[70] for share in each]  # softmax of (2, 0, 1)
    total = math.exp(2) + 1 + math.e
    np.testing.assert_allclose(at_two, [math.exp(2) / total, 1 / total, math.e / total])


def test_losses_are_those_of_the_formulas():
    chart = losses()
    assert list(dict.fromkeys(chart.data["loss"])) == list(LOSSES)
    z = column(chart, "z", "hinge", "loss", "its slope")
    at = int(np.flatnonzero(z == 2.0)[0])
    wanted = {  # at z = 2 with the target 1: loss, slope, and loss with the target 0
        "binary_crossentropy": (math.log1p(math.exp(-2)), -1 / (1 + math.exp(2)), 2.126928),
        "categorical_crossentropy": (math.log1p(math.exp(-2)), -1 / (1 + math.exp(2)), 2.126928),
        "squared_error": (1.0, 2.0, 4.0),
        "absolute_error": (1.0, 1.0, 2.0),
        "huber": (0.5, 1.0, 1.5),
        "hinge": (0.0, 0.0, 3.0),
        "poisson": (math.exp(2) - 2, math.exp(2) - 1, math.exp(2)),
    }
    for name, numbers in wanted.items():
        found = [
            column(chart, "value", name, "loss", line)[at]
            for line in ("loss, target 1", "its slope", "loss, target 0")
        ]
        np.testing.assert_allclose(found, numbers, rtol=1e-6, atol=1e-12, err_msg=name)


def test_slopes_of_losses_are_differences():
    chart = losses()
    for name in LOSSES:
        z = column(chart, "z", name, "loss", "its slope")
        loss = column(chart, "value", name, "loss", "loss, target 1")
        slope = column(chart, "value", name, "loss", "its slope")
        smooth = np.abs(z - 1) > 0.11  # away from the kinks of hinge and absolute error
        smooth &= (np.abs(z) > 0.11) & (np.abs(z - 2) > 0.11)  # and of huber
        measured = np.gradient(loss, z)
        np.testing.assert_allclose(
            slope[smooth][2:-2], measured[smooth][2:-2], rtol=2e-3, atol=1e-3, err_msg=name
        )


def test_initializers_have_the_spread_of_their_formulas():
    d, h = 4, 8
    spread = {
        "zeros": 0.0, "constant": 0.0, "uniform": math.sqrt(1 / 12), "normal": 1.0,
        "glorot": math.sqrt(2 / (d + h)), "he": math.sqrt(2 / d), "lecun": math.sqrt(1 / d),
    }  # fmt: skip
    chart = initializers()
    assert list(dict.fromkeys(chart.data["initializer"])) == list(INITIALIZERS)
    for name in INITIALIZERS:
        drawn = weights_of(name)
        assert len(drawn) == 64_000
        wanted = spread[name] if name in spread else spread[name.partition("_")[0]]
        # the standard error of a standard deviation of 64,000 is at most 0.3 %
        assert drawn.std() == pytest.approx(wanted, rel=0.015, abs=1e-15), name
        density = column(chart, "density", name, "initializer")
        within = (drawn >= -3) & (drawn <= 3)
        assert density.sum() * 0.1 == pytest.approx(within.mean()), name


def test_schedules_over_a_run_of_30_epochs():
    chart = schedules()
    assert list(dict.fromkeys(chart.data["schedule"])) == list(SCHEDULES)
    np.testing.assert_array_equal(course("constant"), 1.0)
    assert course("step")[[99, 100, 200]].tolist() == [1.0, 0.5, 0.25]
    assert course("exponential")[50] == pytest.approx(math.sqrt(0.5))
    assert course("cosine")[150] == pytest.approx(0.5)
    assert course("linear_warmup")[[0, 49, 99, 100]].tolist() == [0.01, 0.5, 1.0, 1.0]
    assert course("inverse_scaling")[100] == pytest.approx(1 / math.sqrt(2))


def test_a_plateau_is_that_of_the_core():
    """Lion goes round the least loss: after 3 epochs without a gain the rate is halved."""
    factors = course("reduce_on_plateau")[::10]
    assert factors[0] == 1.0
    assert (np.diff(factors) <= 0).all()
    cuts = np.flatnonzero(np.diff(factors))
    np.testing.assert_array_equal(factors[cuts + 1] / factors[cuts], 0.5)
    assert len(cuts) >= 3
    assert np.diff(cuts).min() == 3


@pytest.fixture(scope="module")
def paths():
    return {name: path(name) for name in rules()}


def test_every_rule_that_goes_by_the_loss_is_tried(paths):
    left_out = {name for name, each in OPTIMIZERS.items() if each.kind in ("perceptron", "python")}
    assert set(paths) == set(OPTIMIZERS) - left_out
    for name, each in paths.items():
        assert each.weights.shape == (8, STEPS + 1, 2), name
        assert (each.weights[:, 0] == START).all(), name
        assert each.size in SIZES
        np.testing.assert_allclose(loss_of(each.weights[:, -1]), each.loss, rtol=1e-12)


def test_the_loss_of_two_weights_is_its_formula():
    x, y = ROWS[0][:, 0], ROWS[1]
    for w, b in ((1.0, -0.5), START, (0.3, 0.2)):
        wanted = ((w * x + b - y) ** 2).mean()
        assert loss_of(np.array([[w, b]]))[0] == pytest.approx(wanted, rel=1e-12, abs=1e-28)


def test_descent_and_momentum_go_the_way_of_their_rules(paths):
    """By hand: g is the mean of 2 (w x + b - y) (x, 1); v = 0.9 v + g; w - rate * v."""
    x, y = ROWS[0][:, 0], ROWS[1]
    for name, kept in (("sgd", 0.0), ("momentum", 0.9)):
        w, v = np.array(START), np.zeros(2)
        for step in range(STEPS + 1):
            np.testing.assert_allclose(paths[name].weights[0, step], w, rtol=1e-9, atol=1e-12)
            wrong = w[0] * x + w[1] - y
            v = kept * v + np.array([(2 * wrong * x).mean(), (2 * wrong).mean()])
            w = w - paths[name].size * v


def test_ways_are_those_of_the_experiment(paths):
    """A run of the same experiment by itself has the same bits, random numbers too."""
    start = Parameters.from_flat(NETWORK.layout(), np.tile(np.array(START), (8, 1)))
    for name in ("adam", "evolution"):
        rule = OPTIMIZERS[name].record.model_validate(
            {"name": name, "learning_rate": paths[name].size}
        )
        run = experiment(rule).run(rows=ROWS, start=start, threads=1)
        np.testing.assert_array_equal(run.weights, paths[name].weights[:, -1])


def test_rules_that_know_the_slope_end_lower_than_they_began(paths):
    first = float(loss_of(np.array([START]))[0])
    for name, each in paths.items():
        assert np.median(each.loss) < 0.1 * first, name
    lbfgs = paths["lbfgs"]
    assert np.median(lbfgs.loss) < 1e-20  # a bowl is what it is made for
    assert lbfgs.size == 1.0  # of the sizes that leave nothing the default, not the best rounded


@pytest.mark.slow
def test_ways_are_those_of_torch(paths):
    torch = pytest.importorskip("torch")
    x, y = torch.tensor(ROWS[0][:, 0]), torch.tensor(ROWS[1])
    optim, least = torch.optim, {"eps": 1e-7}  # Keras's epsilon, which shoal has too
    peers = {
        "sgd": (optim.SGD, {}), "momentum": (optim.SGD, {"momentum": 0.9}),
        "nesterov": (optim.SGD, {"momentum": 0.9, "nesterov": True}), "rprop": (optim.Rprop, {}),
        "adagrad": (optim.Adagrad, least), "rmsprop": (optim.RMSprop, {"alpha": 0.9, **least}),
        "adam": (optim.Adam, least), "adamw": (optim.AdamW, {"weight_decay": 0.01, **least}),
        "nadam": (optim.NAdam, least), "amsgrad": (optim.Adam, {"amsgrad": True, **least}),
    }  # fmt: skip
    for name, (rule, settings) in peers.items():
        w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        peer = rule([w], lr=paths[name].size, **settings)
        for step in range(40):  # after that rmsprop goes to and fro, and rounding grows
            found = paths[name].weights[0, step]
            # torch multiplies nadam's momenta in single precision
            np.testing.assert_allclose(w.detach().numpy(), found, atol=1e-8, err_msg=name)
            peer.zero_grad()
            ((w[0] * x + w[1] - y) ** 2).mean().backward()
            peer.step()


def test_only_rules_with_random_numbers_go_several_ways(paths):
    data = optimizer_paths().data
    networks = {
        name: len(set(np.asarray(data["network"])[np.asarray(data["optimizer"]) == name]))
        for name in paths
    }
    several = {name for name, n in networks.items() if n > 1}
    assert several == {"random_perturbation", "annealing", "evolution"}


def test_contours_are_chained_into_closed_lines():
    """A level of x^2 + y^2 is a circle: one closed line at that distance."""

    class Plane:
        x = y = np.linspace(-2, 2, 41)

    x, y = np.meshgrid(Plane.x, Plane.y)
    pieces = contour(Plane(), x * x + y * y, 1.5)
    [line] = chained(pieces)
    assert len(line) == len(pieces["x"]) + 1
    np.testing.assert_array_equal(line[0], line[-1])
    np.testing.assert_allclose(np.hypot(*line.T), math.sqrt(1.5), atol=2e-3)
    halves = chained(contour(Plane(), x, 0.05))
    assert len(halves) == 1
    assert np.abs(halves[0][[0, -1], 1]).tolist() == [2.0, 2.0]


def test_jumps_are_drawn_upright():
    """Both sides of a jump stand at its place; a slope of one tenth's width would be none."""
    rows = [row for row in activations(names="step").marks["activation_step"]
            if row["line"] == "value"]  # fmt: skip
    zero = max(row["x"] for row in rows if row["y"] == 0)
    one = min(row["x"] for row in rows if row["y"] == 1)
    assert one == 0.0
    assert -1e-8 < zero < 0
    rows = [row for row in losses(names="absolute_error").marks["loss_absolute_error"]
            if row["line"] == "its slope"]  # fmt: skip
    left = max(row["x"] for row in rows if row["y"] == -1)
    right = min(row["x"] for row in rows if row["y"] == 1)
    assert 1 - 1e-6 < left <= 1 <= right < 1 + 1e-6  # rounded as a chart is written
    drawn = schedules(names="step").to_dict()
    assert drawn["concat"][0]["mark"]["interpolate"] == "step-after"


# ---- in words and numbers


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("identity", "(-inf, inf)"), ("step", "0 or 1"), ("sigmoid", "(0, 1)"),
        ("tanh", "(-1, 1)"), ("relu", "[0, inf)"), ("elu", "(-1, inf)"),
        # least of z P(z): -0.16997 at z = -0.7518; of z sigmoid(z): -0.27846 at -1.2785
        ("gelu", "[-0.17, inf)"), ("silu", "[-0.28, inf)"),
        ("softplus", "(0, inf)"), ("exponential", "(0, inf)"), ("softmax", "(0, 1), sum 1"),
    ],
)  # fmt: skip
def test_ranges(name, wanted):
    assert range_of(ACTIVATIONS[name]) == wanted


def test_a_new_member_tells_of_itself(monkeypatch):
    """An entry in the registry is all that it takes: table, chart, range and slopes."""
    import shoal.charts.functions as drawn
    import shoal.charts.functions_told as told

    def bump(z):
        """Return ``exp(-z^2)``, a bump."""
        return np.exp(-z * z)

    entry = Activation(name="bump", function=bump, slope=lambda z, a: -2 * z * a)
    more = {**ACTIVATIONS, "bump": entry}
    monkeypatch.setattr(drawn, "ACTIVATIONS", more)
    monkeypatch.setattr(told, "ACTIVATIONS", more)
    tables = {**FAMILIES, "activations": (more, FAMILIES["activations"][1])}
    monkeypatch.setattr(told, "FAMILIES", tables)
    [found] = find("bump")
    assert found.formula == "exp(-z^2), a bump"
    assert found.facts["range"] == "(0, 1]"
    assert found.facts["slope at -2"] == "0.0733"  # 4 exp(-4) = 0.073263
    assert "bump" in activations().data["activation"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_is_told_of(family):
    table = FAMILIES[family][0]
    told = list(told_of(family))
    assert [each.name for each in told] == list(table)
    for each in told:
        assert each.formula
        assert "``" not in each.about + each.formula
        assert {len(row) for row in each.values} <= {len(each.columns)}
    rows = table_rows(family)
    assert [row[0] for row in rows] == list(table)
    assert {len(row) for row in rows} == {3 + len(COLUMNS[family])}


def test_settings_and_facts():
    [adam] = find("adam")
    words = "learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-07"
    assert settings_words(adam) == words
    assert adam.facts["rule"].startswith("k_1 = 1 - beta_1**t; k_2 = 1 - beta_2**t; m = ")
    assert adam.facts["rule"].endswith("step = rate * m_hat / (sqrt(v_hat) + epsilon); "
                                       "w_new = w - step")  # fmt: skip
    constant = {each.family: each for each in find("constant")}
    assert settings_words(constant["initializers"]) == "value (must be given)"
    assert constant["initializers"].facts["shown with"] == "value = 0.5"
    [he] = find("he_normal")
    assert he.formula == "normal, spread sqrt(2 / D)"
    [sigmoid] = find("sigmoid")
    by_z = {row[0]: row[1:] for row in sigmoid.values}
    assert by_z[0.0] == (0.5, 0.25)
    assert sigmoid.document()["values"][5] == [0.0, 0.5, 0.25]


def test_a_wrong_name_is_told():
    with pytest.raises(
        InputError, match=r"there is no function 'sigmod'\. Did you mean 'sigmoid'\?"
    ):
        find("sigmod")
    for draw in (activations, losses, initializers, schedules, optimizer_paths):
        with pytest.raises(ArgumentError, match="must be among"):
            draw(names="nothing")
        with pytest.raises(ArgumentError, match="must name a function"):
            draw(names=[])
    with pytest.raises(ArgumentError, match="must be among"):
        optimizer_paths(names="perceptron")  # it does not go by the loss


# ---- all in one


def test_the_sheet_holds_every_function_of_every_chart():
    chart = functions()
    families = np.asarray(chart.data["family"])
    for family, make in PARTS.items():
        part = make()
        assert (families == family).sum() == len(next(iter(part.data.values())))
    assert len(chart.to_dict()["vconcat"]) == len(PARTS)


def test_numbers_of_a_table_stand_beside_the_settings_that_they_were_made_with():
    rows = {row[0]: row for row in table_rows("schedules")}
    assert rows["linear_warmup"][2] == "epochs = 1; here epochs = 10"
    assert rows["linear_warmup"][4] == "0.76"  # (75 + 1) / 100: 7.5 of 10 epochs
    assert rows["step"][2] == "factor = 0.5, epochs = 10"


@pytest.mark.slow
def test_the_page_is_dark_if_asked():
    assert b'content="dark"' in content(dark=True)


def test_a_drawing_in_a_page_has_the_colours_of_the_page():
    """Drawn once: with the variables put in it is the drawing of the dark theme, mark by mark."""
    chart = losses(names="hinge").themed(bare=True)
    drawn = inline(chart, "one")
    assert drawn.startswith('<svg role="img" aria-label="Losses and their slopes.')
    assert not re.search(r'"#[0-9a-f]{6}"', drawn)
    names = set(re.findall(r"var\(--([\w-]+)\)", drawn))
    for scheme, theme in (("dark", DARK), ("light", LIGHT)):
        told = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6});", colours(scheme)))
        shown = re.sub(r"var\(--([\w-]+)\)", lambda each, told=told: told[each[1]], drawn)
        other = svg(chart.themed(dark=theme is DARK))
        fills = re.compile(r'(?:fill|stroke)="(#[0-9a-f]{6})"')
        assert set(fills.findall(shown)) == set(fills.findall(other))
        assert len(fills.findall(shown)) <= len(fills.findall(other))
        assert names <= set(told)
    both = colours("light dark")
    assert "@media screen and (prefers-color-scheme:dark)" in both


def test_drawings_of_one_page_have_names_of_their_own():
    first, second = (inline(losses(names="hinge"), name) for name in ("one", "two"))
    marks = [set(re.findall(r'id="([^"]+)"', each)) for each in (first, second)]
    assert marks[0]
    assert not marks[0] & marks[1]
    for drawing, known in zip((first, second), marks, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", drawing)) <= known


def test_what_is_the_same_in_many_panels_stands_in_a_drawing_once():
    alone, many = (inline(optimizer_paths(names=names), "x") for names in ("sgd", "sgd,adam"))
    lines = re.findall(r' d="([^"]{500,})"', many)
    assert len(lines) == len(set(lines))
    assert many.count("<use ") >= 7 > alone.count("<use ")  # seven lines of equal loss
