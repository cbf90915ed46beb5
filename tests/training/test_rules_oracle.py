"""Rules that ask for losses: closed forms, what may never happen, and how often they ask."""

import math

import numpy as np
import pytest

from shoal.errors import ArgumentError, InputError
from shoal.streams import Stream
from shoal.training.optimizers import (
    LBFGS,
    SGD,
    Annealing,
    Evolution,
    FiniteDifference,
    PythonRule,
    RandomPerturbation,
    SearchState,
    oracle_step,
)

STREAM = Stream(77)
A = np.array([0.5, 1.0, 3.0])
START = np.array([1.0, -2.0, 0.5])


def bowl(w):
    return float((A * w * w).sum())


def slope(w):
    return 2 * A * w


class Run:
    """Steps of a rule, with everything it asked for."""

    def __init__(self, rule, loss=bowl, gradient=slope, start=START, **settings):
        self.rule, self.loss, self.gradient, self.settings = rule, loss, gradient, settings
        self.weights, self.state, self.step, self.asked = start, None, 0, []

    def take(self, **settings):
        self.step += 1
        asked = []

        def loss(w):
            asked.append(w.copy())
            return self.loss(w)

        def gradient(w):
            if not any(np.array_equal(w, each) for each in asked[-1:]):
                asked.append(w.copy())
            return self.gradient(w)

        done = oracle_step(
            self.rule, self.weights, self.state, loss=loss, gradient=gradient,
            stream=STREAM, step=self.step, **{**self.settings, **settings},
        )  # fmt: skip
        self.weights, self.state = done.weights, done.state
        self.asked.append(asked)
        assert done.n_evaluations == len(asked)
        return done


def counts(rule, n_steps=4, **settings):
    run = Run(rule, **settings)
    return [run.take().n_evaluations for _ in range(n_steps)]


@pytest.mark.parametrize(
    ("rule", "same", "other"),
    [
        (RandomPerturbation(), [2, 2, 2, 2], [2, 2, 2, 2]),
        # the loss of the weights is carried along where the batch stays
        (RandomPerturbation(elitist=True), [3, 2, 2, 2], [3, 3, 3, 3]),
        (FiniteDifference(), [4, 4, 4, 4], [4, 4, 4, 4]),
        (Annealing(), [2, 1, 1, 1], [2, 2, 2, 2]),
        (Evolution(pairs=3), [6, 6, 6, 6], [6, 6, 6, 6]),
        (LBFGS(0.1, line_search=False), [1, 1, 1, 1], [1, 1, 1, 1]),
    ],
)
def test_evaluations_are_counted(rule, same, other):
    assert counts(rule) == same
    assert counts(rule, same_batch=False) == other


def test_candidates_of_random_perturbation():
    run = Run(RandomPerturbation(0.25), start=np.zeros(3000), loss=lambda w: 0.0)
    done = run.take()
    first, second = run.asked[0]
    for part, candidate in enumerate((first, second)):
        assert set(candidate) == {-0.25, 0.0, 0.25}
        # each with chance 1/3: of 3,000 within 5 standard deviations of sqrt(3000 * 2/9) = 26
        assert all(abs((candidate == each).sum() - 1000) < 130 for each in (-0.25, 0.0, 0.25))
        words = STREAM.words(3000, step=1, part=part).astype(float)
        np.testing.assert_array_equal(candidate, 0.25 * (np.floor(words * 3 / 2**32) - 1))
    assert (first != second).any()
    np.testing.assert_array_equal(done.weights, first)  # of equal losses the first


def test_random_perturbation_takes_the_better_even_if_it_is_worse():
    # at the bottom of the bowl every move is worse, and the better of two is taken all the same
    run = Run(RandomPerturbation(0.1), start=np.zeros(3))
    done = run.take()
    losses = [bowl(each) for each in run.asked[0]]
    assert min(losses) > 0
    np.testing.assert_array_equal(done.weights, run.asked[0][int(np.argmin(losses))])


def test_elitist_never_gets_worse_and_stays_at_the_bottom():
    run, before = Run(RandomPerturbation(0.1, elitist=True)), bowl(START)
    for _ in range(300):
        after = bowl(run.take().weights)
        assert after <= before
        before = after
    # no move by 0.1 can help below 0.1 / 2 a weight, moves of three at once seldom
    assert before < 0.1 < bowl(START)
    still = Run(RandomPerturbation(0.1, elitist=True), start=np.zeros(3))
    assert still.take().weights.tolist() == [0, 0, 0]


def test_elitist_asks_for_its_loss_on_another_batch():
    run = Run(RandomPerturbation(0.1, elitist=True), start=np.zeros(3))
    run.take()
    # on the other batch everything is far lower, but what stays is compared on that batch too
    run.loss = lambda w: bowl(w) - 100
    assert run.take(same_batch=False).weights.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(run.asked[1][0], np.zeros(3))


def test_elitist_takes_what_is_as_good():
    run = Run(RandomPerturbation(0.1, elitist=True), loss=lambda w: 1.0)
    np.testing.assert_array_equal(run.take().weights, run.asked[0][1])
    assert (run.weights != START).any()


@pytest.mark.parametrize("bad", [0, 1])
def test_a_loss_that_is_no_number_is_the_worst(bad):
    losses = [1e9, 1e9]
    losses[bad] = math.nan
    answers = iter(losses)
    run = Run(RandomPerturbation(0.1), loss=lambda w: next(answers))
    done = run.take()
    np.testing.assert_array_equal(done.weights, run.asked[0][1 - bad])
    assert done.state.loss == 1e9


def test_finite_differences_of_a_parabola():
    # (a (w+h)^2 - a w^2) / h = 2 a w + a h, so w - rate (2 a w + a h)
    rule = FiniteDifference(0.1, h=0.01)
    done = Run(rule).take(factor=0.5)
    np.testing.assert_allclose(done.weights, START - 0.05 * (2 * A * START + A * 0.01), rtol=1e-12)
    assert done.n_evaluations == 3 + 1


def test_finite_differences_move_one_weight_at_a_time():
    run = Run(FiniteDifference(h=0.5))
    run.take()
    np.testing.assert_array_equal(run.asked[0], START + 0.5 * np.eye(4, 3, k=-1))


def test_annealing_that_is_cold_never_takes_what_is_worse():
    run, before = Run(Annealing(0.3, temperature=1e-300)), bowl(START)
    taken = 0
    for _ in range(300):
        now = run.weights
        after = bowl(run.take().weights)
        taken += (run.weights != now).any()
        assert after <= before
        before = after
    assert 5 < taken < 200


def test_annealing_that_is_hot_takes_everything():
    run = Run(Annealing(0.3, temperature=1e300, cooling=1.0))
    for t in range(1, 30):
        wanted = run.weights + 0.3 * STREAM.normal(3, step=t)
        np.testing.assert_array_equal(run.take().weights, wanted)


def test_annealing_takes_what_is_worse_as_often_as_it_says():
    # every jump is worse by 1, at temperature 2: taken with chance exp(-1/2) = 0.607
    run = Run(Annealing(temperature=2.0, cooling=1.0), loss=lambda w: 0.0, start=np.zeros(1))
    taken, n = 0, 2000
    for _ in range(n):
        run.weights = np.zeros(1)
        run.loss = lambda w: float(w[0] != 0)
        run.state = SearchState(loss=0.0)
        taken += run.take().weights[0] != 0
    chance = math.exp(-0.5)
    assert abs(taken - n * chance) < 4 * math.sqrt(n * chance * (1 - chance))


def test_annealing_decides_with_the_number_it_names():
    # step t: the jump is worse by 0.5^(t-1), which is the temperature: taken if u < exp(-1)
    for t in range(1, 60):
        worse = 0.5 ** (t - 1)
        done = oracle_step(
            Annealing(temperature=1.0, cooling=0.5), np.zeros(1), SearchState(loss=0.0),
            loss=lambda w, worse=worse: worse, gradient=slope, stream=STREAM, step=t,
        )  # fmt: skip
        u = STREAM.uniform(1, step=t, part=1)[0]
        assert (done.weights[0] != 0) == (u < math.exp(-1))
        assert done.state.loss == (worse if done.weights[0] != 0 else 0.0)


def test_annealing_that_has_cooled_to_zero_goes_on():
    step = 10**7  # 0.999^(10^7) is 0 in float64
    done = oracle_step(
        Annealing(), START, loss=lambda w: 0.0, gradient=slope, stream=STREAM, step=step
    )
    np.testing.assert_array_equal(done.weights, START)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_annealing_leaves_what_is_not_finite(bad):
    done = oracle_step(
        Annealing(temperature=1e9), START, SearchState(loss=math.inf),
        loss=lambda w: bad, gradient=slope, stream=STREAM, step=1,
    )  # fmt: skip
    np.testing.assert_array_equal(done.weights, START)
    better = oracle_step(
        Annealing(), START, SearchState(loss=math.inf),
        loss=lambda w: 1.0, gradient=slope, stream=STREAM, step=1,
    )  # fmt: skip
    assert better.state.loss == 1.0


def test_evolution_of_a_plane():
    # the differences of a plane are exact: 2 s (c . e_j), so g = mean of (c . e_j) e_j
    c = np.array([1.0, -2.0, 0.5])
    run = Run(Evolution(0.5, spread=0.3, pairs=5), loss=lambda w: float(c @ w))
    done = run.take(factor=0.5)
    e = np.array([STREAM.normal(3, step=1, part=j) for j in range(5)])
    np.testing.assert_allclose(done.weights, START - 0.25 * ((e @ c) @ e) / 5, rtol=1e-12)
    asked = np.array(run.asked[0])
    np.testing.assert_allclose(asked[0::2], START + 0.3 * e, rtol=1e-15)
    np.testing.assert_allclose(asked[1::2], START - 0.3 * e, rtol=1e-15)


def test_the_estimate_of_evolution_comes_close_to_the_gradient():
    # a mean of n products, each with a standard deviation of at most |gradient| * sqrt(2)
    errors = []
    for pairs in (40, 4000):
        done = Run(Evolution(1.0, spread=0.01, pairs=pairs)).take()
        errors.append(np.linalg.norm(START - done.weights - slope(START)))
    size = np.linalg.norm(slope(START))
    assert errors[0] < 5 * size * math.sqrt(2 * 3 / 40)
    assert errors[1] < 5 * size * math.sqrt(2 * 3 / 4000) < 0.2 * size


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "rule",
    [
        RandomPerturbation(0.1),
        RandomPerturbation(elitist=True),
        FiniteDifference(h=0.1),
        Annealing(),
        Evolution(),
        LBFGS(),
        LBFGS(line_search=False),
        PythonRule(lambda w, state, loss, gradient, rng: (w - gradient(w), state)),
    ],
    ids=lambda rule: rule.name,
)
def test_pure_and_in_one_precision(rule, dtype):
    start = START.astype(dtype)
    done, again = (
        Run(rule, start=start, gradient=lambda w: (2 * A * w).astype(w.dtype)).take()
        for _ in range(2)
    )
    assert done.weights.dtype == dtype
    np.testing.assert_array_equal(start, START.astype(dtype))
    assert not np.shares_memory(start, done.weights)
    np.testing.assert_array_equal(done.weights, again.weights)


def wiggle(w, state, loss, gradient, rng):
    """The published rule, as a user would write it."""
    candidates = [w + 0.1 * rng.integers(-1, 2, len(w)) for _ in range(2)]
    return min(candidates, key=loss), (state or 0) + 1


def measure(w, state, loss, gradient, rng):
    here, h = loss(w), 0.01
    g = [(loss(w + h * e) - here) / h for e in np.eye(len(w))]
    return w - 0.1 * np.array(g), None


def test_a_python_rule_can_express_finite_differences():
    mine, core = Run(PythonRule(measure)), Run(FiniteDifference(0.1, h=0.01))
    for _ in range(5):
        done = mine.take()
        np.testing.assert_allclose(done.weights, core.take().weights, rtol=1e-12)
        assert done.n_evaluations == 4


def test_a_python_rule_can_express_random_perturbation():
    run, again, moves = Run(PythonRule(wiggle)), Run(PythonRule(wiggle)), []
    for t in range(1, 6):
        before = run.weights
        assert run.take().n_evaluations == 2
        assert run.state.own == t
        np.testing.assert_array_equal(again.take().weights, run.weights)
        moves.append(tuple((run.asked[-1][0] - before).round(9)))
    assert len(set(moves)) > 1  # other random numbers at every step


def test_what_a_python_rule_returns_takes_the_precision_of_the_weights():
    rule = PythonRule(lambda *_: ([1, 2, 3], None))
    done = Run(rule, start=START.astype(np.float32)).take()
    assert done.weights.dtype == np.float32
    assert done.weights.tolist() == [1, 2, 3]


def test_a_gradient_asked_by_a_python_rule_counts():
    rule = PythonRule(lambda w, state, loss, gradient, rng: (w - 0.1 * gradient(w), None))
    done = Run(rule).take()
    np.testing.assert_allclose(done.weights, START - 0.1 * slope(START))
    assert done.n_evaluations == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "must return (parameters, state); got NoneType. Return what the message names."),
        (START, "must return (parameters, state); got ndarray. Return what the message names."),
        (
            (START[:2], None),
            "must return parameters of shape (3,); got (2,). Return what the message names.",
        ),
        (
            (START[None], None),
            "must return parameters of shape (3,); got (1, 3). Return what the message names.",
        ),
        (
            (START + 1j, None),
            "must return parameters that are numbers; got complex128."
            " Return what the message names.",
        ),
        (
            (["a", "b", "c"], None),
            "must return parameters that are numbers; got <U1. Return what the message names.",
        ),
    ],
)
def test_what_a_python_rule_must_return(answer, told):
    rule = PythonRule(lambda *_: answer)
    with pytest.raises(InputError) as error:
        Run(rule).take()
    assert str(error.value) == f"training.optimizer.function: '{rule.function.code}' {told}"


def test_a_python_rule_that_raises():
    def broken(*_):
        raise ZeroDivisionError("none left")

    rule = PythonRule(broken)
    with pytest.raises(InputError) as error:
        Run(rule).take()
    assert str(error.value) == (
        f"training.optimizer.function: '{rule.function.code}' raised ZeroDivisionError: none left "
        f"(test_rules_oracle.py, line {broken.__code__.co_firstlineno + 1})."
        " Mend the function; what was trained until then is kept."
    )


def test_rules_that_are_handed_a_gradient_do_not_ask():
    with pytest.raises(ArgumentError) as error:
        Run(SGD()).take()
    assert str(error.value) == (
        "oracle_step: `optimizer` must be a rule that asks for losses; got 'sgd'. Use update."
    )
