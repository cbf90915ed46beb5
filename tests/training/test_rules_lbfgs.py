"""L-BFGS: its steps by hand, the conditions of its line search, and where it arrives."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from shoal.streams import Stream
from shoal.training.optimizers import LBFGS, oracle_step
from shoal.training.rules.wolfe import Point, inside, lowest, strong_wolfe


def walk(rule, loss, gradient, start, n_steps, factor=1.0):
    w, state, seen = np.asarray(start, float), None, []
    for t in range(1, n_steps + 1):
        done = oracle_step(
            rule, w, state, loss=loss, gradient=gradient, stream=Stream(0), step=t, factor=factor
        )
        w, state = done.weights, done.state
        seen.append(done)
    return seen


def bowl(curvature):
    c = np.asarray(curvature)
    return lambda w: float(c @ w**2) / 2, lambda w: c * w


def test_two_steps_without_line_search_by_hand():
    # loss w1^2/2 + 2 w2^2, at (2, 1): g = (2, 4), |g|_1 = 6; rate 0.5 * 1/6 = 1/12
    # s = (-1/6, -1/3), w = (11/6, 2/3), g = (11/6, 8/3), y = (-1/6, -4/3)
    # y.s = 1/36 + 16/36 = 17/36, y.y = 1/36 + 64/36 = 65/36, H0 = 17/65
    # share = s.g / y.s = (-11/36 - 32/36) / (17/36) = -43/17
    # q = g + 43/17 y = (11/6 - 43/102, 8/3 - 172/51) = (144/102, -36/51) = (24/17, -12/17)
    # H0 q = (24/65, -12/65); y.(H0 q) / y.s = (-4/65 + 16/65) 36/17 = 432/1105
    # r = H0 q + (-43/17 - 432/1105) s = H0 q + 3227/1105 (1/6, 1/3)
    seen = walk(LBFGS(0.5, line_search=False), *bowl([1, 4]), [2, 1], 2)
    np.testing.assert_allclose(seen[0].weights, [11 / 6, 2 / 3], rtol=1e-14)
    h = np.array([24 / 65 + 3227 / 6630, -12 / 65 + 3227 / 3315])
    np.testing.assert_allclose(seen[1].weights, [11 / 6, 2 / 3] - 0.5 * h, rtol=1e-14)
    assert [each.n_evaluations for each in seen] == [1, 1]


def test_the_first_step_is_no_longer_than_the_rate_in_sum():
    loss, gradient = bowl([1.0, 1.0])
    for start, length in ([[30.0, 40.0], 0.25], [[0.1, 0.1], 0.25 * 0.2]):
        (first,) = walk(LBFGS(0.5, line_search=False), loss, gradient, start, 1, factor=0.5)
        assert np.abs(first.weights - start).sum() == pytest.approx(length, rel=1e-12)


def test_memory_is_bounded_and_keeps_the_newest():
    seen = walk(LBFGS(0.1, memory=2, line_search=False), *bowl([1, 4, 9]), [1, 1, 1], 6)
    assert [len(each.state.pairs) for each in seen] == [0, 1, 2, 2, 2, 2]
    moved = seen[4].weights - seen[3].weights
    np.testing.assert_allclose(seen[5].state.pairs[-1][0], moved, rtol=1e-12)


def test_a_pair_without_curvature_is_left_out():
    # a plane: the gradient never changes, y = 0
    c = np.array([1.0, 2.0])
    seen = walk(LBFGS(0.1, line_search=False), lambda w: float(c @ w), lambda w: c, [0, 0], 3)
    assert [len(each.state.pairs) for each in seen] == [0, 0, 0]
    np.testing.assert_allclose(seen[2].weights, -(0.1 / 3 + 0.2) * c, rtol=1e-13)


@pytest.mark.parametrize("curvature", [[1.0], [1, 4, 9], np.geomspace(0.1, 10, 12)])
def test_a_bowl_is_searched_to_its_bottom(curvature):
    loss, gradient = bowl(curvature)
    seen = walk(LBFGS(), loss, gradient, np.ones(len(curvature)), 100)
    assert np.abs(gradient(seen[-1].weights)).max() < 1e-6
    assert loss(seen[-1].weights) < 1e-12


@pytest.mark.parametrize("start", [[-1.2, 1.0], [2.0, -3.0], np.linspace(-1, 1, 6)])
def test_rosenbrock_is_searched_to_its_bottom(start):
    seen = walk(LBFGS(), rosen, rosen_der, start, 80)
    np.testing.assert_allclose(seen[-1].weights, 1, atol=1e-6)
    # SciPy's L-BFGS-B needs a like number of evaluations
    theirs = minimize(rosen, start, jac=rosen_der, method="L-BFGS-B", tol=1e-10)
    needed = next(t for t, each in enumerate(seen) if rosen(each.weights) < 1e-10)
    assert sum(each.n_evaluations for each in seen[: needed + 1]) < 2 * theirs.nfev


def test_the_loss_never_rises_and_is_carried_along():
    seen = walk(LBFGS(), rosen, rosen_der, [-1.2, 1.0], 30)
    losses = [rosen(each.weights) for each in seen]
    assert (np.diff(losses) <= 0).all()
    assert [each.state.loss for each in seen] == losses


def test_at_the_bottom_it_stays():
    seen = walk(LBFGS(), *bowl([1.0, 2.0]), [0.0, 0.0], 3)
    assert [each.weights.tolist() for each in seen] == [[0, 0]] * 3
    assert [each.n_evaluations for each in seen] == [1, 0, 0]


def test_a_search_that_finds_nothing_leaves_the_weights_and_forgets():
    # a gradient of the wrong sign: every trial is higher
    seen = walk(LBFGS(), lambda w: float(w @ w), lambda w: -2 * w, [1.0, 1.0], 2)
    assert [each.weights.tolist() for each in seen] == [[1, 1]] * 2
    assert seen[0].state.pairs == ()
    assert seen[0].state.before is None


@pytest.mark.parametrize(("bad", "steep"), [(math.nan,) * 2, (math.inf,) * 2, (math.inf, 1.0)])
def test_a_wall_is_not_passed(bad, steep):
    # the loss is not finite beyond 1: -log(1 - w) - 2 w, its bottom at 0.5
    def loss(w):
        return -math.log(1 - w[0]) - 2 * w[0] if w[0] < 1 else bad

    def gradient(w):
        return np.array([1 / (1 - w[0]) - 2]) if w[0] < 1 else np.array([steep])

    seen = walk(LBFGS(50.0), loss, gradient, [-3.0], 20)
    np.testing.assert_allclose(seen[-1].weights, 0.5, rtol=1e-6)


def test_weights_that_are_not_finite_stay():
    seen = walk(LBFGS(), lambda w: math.nan, lambda w: w * math.nan, [1.0], 2)
    assert [each.weights.tolist() for each in seen] == [[1.0]] * 2


LINES = {
    "parabola": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
    "far": (lambda t: (t - 100) ** 2, lambda t: 2 * (t - 100)),
    "near": (lambda t: (t - 1e-3) ** 2, lambda t: 2 * (t - 1e-3)),
    # More, Thuente (1994), functions 5.1 and 5.2: -t / (t^2 + 2), (t + 0.004)^5 - 2 (t + 0.004)^4
    "flat": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    "kinked": (
        lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
        lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
    ),
    "waves": (lambda t: t * t / 50 - math.sin(t), lambda t: t / 25 - math.cos(t)),
}


def searched(loss, slope, first):
    """Return what was found on a line, and where was looked."""
    asked = []

    def look(t):
        asked.append(t)
        return Point(t=t, loss=loss(t), slope=slope(t), gradient=np.array([slope(t)]))

    start = Point(t=0.0, loss=loss(0.0), slope=slope(0.0), gradient=np.array([slope(0.0)]))
    return strong_wolfe(look, start, first, 1.0), asked


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("name", LINES)
def test_both_conditions_are_met(name, first):
    loss, slope = LINES[name]
    found, asked = searched(loss, slope, first)
    assert found.loss <= loss(0.0) + 1e-4 * found.t * slope(0.0)
    assert abs(found.slope) <= 0.9 * abs(slope(0.0))
    assert found.t in asked
    assert found.loss == loss(found.t)
    assert len(asked) <= 26


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        # (t - 1)^2: flat enough where 2 |t - 1| <= 0.9 * 2, so from 0.1 to 1.9; low enough
        # where t^2 - 2 t <= -2e-4 t, so up to 1.9998; the cubic through a parabola is exact
        (0.11, [0.11]),
        (1.89, [1.89]),
        (0.09, [0.09, 0.9]),  # at most ten times as far
        (1.95, [1.95, 1.0]),
        (1.9999, [1.9999, 1.0]),
    ],
)
def test_where_a_parabola_is_looked_at(first, asked):
    assert searched(*LINES["parabola"], first)[1] == pytest.approx(asked, rel=1e-12)


def test_a_bottom_far_away_is_approached_tenfold():
    # (t - 1001)^2: at 100 the slope is -1802, at the start -2002, 0.9 of which is 1801.8
    _, asked = searched(lambda t: (t - 1001) ** 2, lambda t: 2 * (t - 1001), 1.0)
    assert asked == [1, 10, 100, 1000]


def told(*points):
    """Search a line that answers with these losses and slopes, from 0 and -1 at the start."""
    answers, asked = iter(points), []

    def look(t):
        asked.append(t)
        loss, slope = next(answers)
        return Point(t=t, loss=loss, slope=slope, gradient=np.array([slope]))

    start = Point(t=0.0, loss=0.0, slope=-1.0, gradient=np.array([-1.0]))
    return strong_wolfe(look, start, 1.0, 1.0), asked


def test_a_rise_between_two_trials_brackets_the_bottom():
    # the second trial falls enough, but less than the first: the bottom is between them
    found, asked = told((-1.0, -0.95), (-0.5, -0.95), (-2.0, 0.0))
    assert found.loss == -2
    assert asked[0] < asked[2] < asked[1]


def test_what_is_higher_than_the_low_end_is_not_taken():
    # the second trial meets both conditions, but the first was lower: it is between them
    found, asked = told((-1.0, 0.95), (-0.5, 0.0), (-2.0, 0.0))
    assert found.loss == -2
    assert asked[1] < asked[2] < asked[0]


def test_a_line_without_a_bottom_is_given_up():
    found, asked = told(*((-(10.0**i), -1.0) for i in range(26)))
    assert (found.loss, len(asked)) == (-(10.0**25), 26)
    found, asked = told(*((-(10.0**i), -1.0) for i in range(25)), (5.0, -1.0))
    assert (found.loss, len(asked)) == (-(10.0**24), 26)


@pytest.mark.parametrize(
    ("loss", "slope", "wanted"),
    [
        (0.25, 1.0, 0.5),  # (t - 0.5)^2, but seen from 0 to 1 only
        (0.25 - 1.0, -1.0, 0.6),  # a straight line has no bottom: the middle of 0.2 and 1
        (math.inf, 1.0, 0.6),
        (math.inf, math.inf, 0.6),
        (5.25, 9.0, 0.2),  # 0.25 - t + 8 t^2 - 2 t^3, lowest at 0.06: the end
    ],
)
def test_where_the_cubic_is_lowest(loss, slope, wanted):
    left = Point(t=0.0, loss=0.25, slope=-1.0, gradient=np.zeros(1))
    right = Point(t=1.0, loss=loss, slope=slope, gradient=np.zeros(1))
    assert lowest(left, right, 0.2, 1.0) == lowest(right, left, 0.2, 1.0)
    assert lowest(left, right, 0.2, 1.0) == pytest.approx(wanted, rel=1e-12)
    assert lowest(left, left, 0.2, 1.0) == 0.6


@pytest.mark.parametrize(
    ("bottom", "is_stuck", "wanted"),
    [
        (0.5, False, (0.5, False)),
        (0.5, True, (0.5, False)),
        (0.05, False, (0.05, True)),  # within a tenth of an end: once
        (0.05, True, (0.1, False)),
        (0.97, False, (0.97, True)),
        (0.97, True, (0.9, False)),
        (0.0, False, (0.1, False)),  # on an end: never
        (1.0, False, (0.9, False)),
    ],
)
def test_where_a_bracket_is_looked_into(bottom, is_stuck, wanted):
    ends = [
        Point(t=t, loss=(t - bottom) ** 2, slope=2 * (t - bottom), gradient=np.zeros(1))
        for t in (0.0, 1.0)
    ]
    for low, high in (ends, ends[::-1]):
        t, near = inside(low, high, is_stuck)
        assert (pytest.approx(t, abs=1e-12), near) == wanted
