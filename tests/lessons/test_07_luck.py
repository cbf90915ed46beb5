"""Lesson 7: binomial tails, the variance of differences, power and peeking, held by formulas."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

from shoal.lessons.carrying import carry_out, load_notebook
from shoal.lessons.contents import LabLink, Program, Prose, Revealed
from shoal.lessons.shelf import find
from shoal.lessons.texts import fill, read_texts

pytest.importorskip("marimo")

LESSON = find("luck")


@pytest.fixture(scope="module")
def carried():
    return carry_out("luck")


@pytest.fixture(scope="module")
def values(carried):
    return carried.values


@pytest.fixture(scope="module")
def moved():
    """Return the lesson in another language, with every control somewhere else."""
    return carry_out(
        "luck", language="ko", setting="clean", rate=0.04, n_pairs=8, q=0.9, most=16
    )  # fmt: skip


@pytest.fixture(scope="module")
def notebook():
    return load_notebook(LESSON.notebook)


def truth(carried, key):
    """Return what a question turned out to be, in words."""
    question = read_texts(LESSON.texts)[key][carried.language].strip("\n")
    (found,) = [each.truth for each in carried.contents(Revealed) if each.question == question]
    return found


def option(key, language="en"):
    return read_texts(LESSON.texts)[key][language]


def tail(wins, n):
    """Return P(at least so many of n fair coins, to either side), exactly."""
    return min(Fraction(1), 2 * Fraction(sum(math.comb(n, k) for k in range(wins, n + 1)), 2**n))


def test_two_trainings_differ_by_luck(carried, values, notebook):
    alone = values["alone"]
    assert len(set(alone)) == 5
    assert values["between"] == abs(alone[0] - alone[1]) > 1
    assert truth(carried, "two") == f"{values['between']:.1f}"
    assert notebook.accuracies(notebook.small(size=1, seed=3))[0] == alone[3]


def test_the_population(carried, values):
    found = values["found"]
    assert len(found) == 64
    assert len(values["apart"]) == 64 * 63 / 2
    # a figure of 200 rows with a fifth flipped spreads by sqrt(0.2 * 0.8 / 200) = 2.83 points
    # by the flips alone
    assert 2.83 < found.std(ddof=1) < 2 * 2.83
    low, high = np.quantile(found, [0.05, 0.95])
    assert values["width"] == pytest.approx(high - low)
    assert truth(carried, "wide") == f"{high - low:.1f}"


def test_which_luck_is_larger_depends_on_the_setting(carried, values, moved):
    """Flipped labels among 200 rows are luck of the rows; without them training has more."""
    assert values["of_rows"].std() > values["of_training"].std()
    assert moved.values["of_rows"].std() < moved.values["of_training"].std()
    assert truth(carried, "cause") == option("cause.rows")
    assert truth(moved, "cause") == option("cause.training", "ko")
    shares = {each.stream: each for each in values["shares"]}
    assert shares["noise"].share > 0.5 > shares["init"].share
    assert not shares["dropout"].is_used
    assert not {each.stream: each for each in moved.values["shares"]}["noise"].is_used


def test_the_variance_of_a_difference(carried, values):
    """Var(B - A) = Var A + Var B - 2 r s_A s_B, whatever the figures."""
    a, b = values["a"], values["b"]
    assert values["by_formula"] == pytest.approx(values["in_pairs"])
    covariance = ((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1)
    assert values["correlation"] == pytest.approx(covariance / (a.std(ddof=1) * b.std(ddof=1)))
    assert values["factor"] == pytest.approx(values["unpaired"] / values["in_pairs"])
    assert values["factor"] > 4
    assert truth(carried, "gain") == option("gain.far")
    # side A is the population above: network i of pair i, to the same bits
    assert np.array_equal(a, values["found"])


def test_the_sign_test_by_hand(carried, values):
    assert values["needed"] == 13
    assert truth(carried, "needed") == "13"
    assert tail(13, 16) <= Fraction(1, 20) < tail(12, 16)
    assert values["ways"] == 41_664 + 2_016 + 64 + 1
    by_luck = values["by_luck"]
    for wins, n in ((61, 64), (13, 16), (8, 16), (6, 6), (0, 5)):
        assert by_luck(wins, n) == pytest.approx(float(tail(max(wins, n - wins), n)), rel=1e-12)
    # 2 * 43,745 / 2^64 = 87,490 / 1.8447e19
    assert by_luck(61, 64) == pytest.approx(4.743e-15, rel=1e-3)
    assert "= 4.7 $" in _told(carried, "needed_told")


def test_the_verdict_is_that_of_the_hand(carried, values):
    verdict = values["verdict"]
    assert verdict.wins + verdict.losses + verdict.ties == 64
    assert verdict.p_value == pytest.approx(values["by_luck"](verdict.wins, len(values["differ"])))
    assert values["interval"] == pytest.approx((verdict.low, verdict.high))
    assert (values["b"] > values["a"]).sum() == verdict.wins
    assert (verdict.outcome == "better") == (verdict.p_value <= 0.05 and verdict.wins > 32)
    assert truth(carried, "verdict") == option("verdict.b")


def test_too_few_pairs_settle_nothing(moved):
    """Of 8 pairs most tie: with fewer than 6 that differ even a clean sweep has p > 0.05."""
    differ = moved.values["differ"]
    assert 0 < len(differ) < 6
    assert tail(len(differ), len(differ)) > Fraction(1, 20)
    assert moved.values["interval"] == (-math.inf, math.inf)
    assert "verdict_few" in {each.key for each in moved.contents(Prose)}
    assert truth(moved, "verdict") == option("verdict.undecided", "ko")


def test_power(carried, values, moved):
    # the test rejects 16 pairs from 13 wins on: P(Binomial(16, 0.7) >= 13)
    wanted = sum(math.comb(16, k) * 0.7**k * 0.3 ** (16 - k) for k in range(13, 17))
    assert values["chances"][15] == pytest.approx(wanted)
    assert values["chances"][4] == 0  # 5 of 5 have p = 1/16
    for found in (values, moved.values):
        assert found["chances"][found["enough"] - 2] < 0.8
        assert (found["chances"][found["enough"] - 1 :] >= 0.8).all()
    # 0.9 ** 11 + 11 * 0.1 * 0.9 ** 10 = 0.697 with one loss allowed at 11; 0.889 with two at 12
    assert moved.values["enough"] == 12
    assert truth(carried, "enough") == str(values["enough"])
    verdict = values["verdict"]
    share = max(verdict.wins, verdict.losses) / (verdict.wins + verdict.losses)
    assert f"ahead won {share:.2f}" in _told(carried, "enough_told")


def test_peeking(carried, values, moved):
    """Against the exact chances, by following every possible score of a fair coin."""
    for found, most in ((values, 64), (moved.values, 16)):
        peeked, bet = (_ever(rule, most) for rule in (_test_rejects, _bet_is_enough))
        assert found["ever"][-1] == pytest.approx(peeked, abs=4 * math.sqrt(peeked / 4_000))
        assert found["any_time"][-1] == pytest.approx(bet, abs=4 * math.sqrt(bet / 4_000))
        assert bet <= 0.05 < peeked
        assert found["once"].max() < 0.05 + 4 * math.sqrt(0.05 / 4_000)
        assert (np.diff(found["ever"]) >= 0).all()
    assert truth(carried, "alarm") == f"{100 * values['ever'][-1]:.0f}"


def test_adding_pairs_until_decided(carried, values):
    until = values["until"]
    verdict = until.verdicts[0]
    assert 16 <= until.n_pairs <= 256
    evidence = _bet(verdict.wins, verdict.losses)
    assert (verdict.outcome == "better") == (evidence >= 20)
    assert verdict.outcome == "better"
    assert truth(carried, "until") == str(until.n_pairs)
    assert f"The bet stood at {float(evidence):,.0f}" in _told(carried, "until_bet")


def test_the_bet_is_the_mean_of_the_bets_on_every_probability():
    """E is the integral of 2^n q^w (1 - q)^l; here by the midpoint rule."""
    q = (np.arange(100_000) + 0.5) / 100_000
    for wins, losses in ((0, 0), (8, 0), (10, 2), (50, 21)):
        grown = np.exp(
            (wins + losses) * math.log(2) + wins * np.log(q) + losses * np.log1p(-q)
        )  # fmt: skip
        assert grown.mean() == pytest.approx(float(_bet(wins, losses)), rel=1e-6)


def test_the_best_of_twenty_is_luck(carried, values):
    tried, again = values["tried"], values["again"]
    assert len(tried) == 20
    assert values["ahead"] == pytest.approx(tried.max() - np.median(tried))
    assert values["ahead"] > 2
    assert np.median(again) < tried.max() - 2
    assert f"{100 * (1 - 0.95**20):.0f} %" in _told(carried, "best_told")
    assert truth(carried, "best") == f"{values['ahead']:.1f}"


def test_the_questions(carried, values):
    assert values["p_of_nine"] == 22 / 1024
    assert values["paired_sd"] == pytest.approx(math.sqrt(1.8))
    # 4096 * 10! * 2 / 13! = 8192 / 1716
    assert values["evidence"] == pytest.approx(8192 / 1716)
    assert [truth(carried, key) for key in ("q1", "q2")] == ["0.02148", "1.342"]
    assert truth(carried, "q3") == option("q3.go_on")


@pytest.mark.slow
def test_in_japanese(carried):
    other = carry_out("luck", language="ja")
    asked = [[each.truth for each in found.contents(Revealed)] for found in (carried, other)]
    assert len(asked[0]) == len(asked[1]) == 13
    numbers = [[t for t in found if re.fullmatch(r"-?[\d.]+", t)] for found in asked]
    assert numbers[0] == numbers[1]


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["noisy", "clean"])
@pytest.mark.parametrize("rate", [0.001, 0.003, 0.01, 0.02, 0.04, 0.1, 0.2])
def test_every_rate_has_a_verdict_that_the_hand_confirms(setting, rate):
    found = carry_out("luck", setting=setting, rate=rate, n_pairs=16).values
    assert found["by_formula"] == pytest.approx(found["in_pairs"])
    verdict = found["verdict"]
    assert found["interval"] == pytest.approx((verdict.low, verdict.high))
    until = found["until"]
    last = until.verdicts[0]
    assert (_bet(last.wins, last.losses) >= 20) == (last.outcome in ("better", "worse"))
    assert (until.n_pairs == 256) or last.outcome != "undecided"


@pytest.mark.slow
def test_the_last_commands_run_on_the_file_of_the_first_link(carried, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiment.toml").write_text(carried.contents(LabLink)[0].document, "utf-8")
    commands = carried.contents(Program)[-1].text.replace("\\\n", "").split("\n")
    assert [each.split()[1] for each in commands] == ["spread", "compare"]
    spread = _invoked(commands[0].split()[1:])
    assert re.search(r"^noise", spread, re.M)
    compare = _invoked([*commands[1].split()[1:], "--no-store"])
    assert "0.003 is better" in compare


@pytest.mark.parametrize("seed", [5, pytest.param(17, marks=pytest.mark.slow)])
def test_the_sheet_is_what_its_commands_give(seed, notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = read_texts(LESSON.texts)
    found = notebook.sheet(seed)
    assert set(found) == {key.removeprefix("sheet.") for key in texts if key.startswith("sheet.")}
    document = re.search(r"```toml\n(.*?)```", fill(texts, "sheet", "ja", {"seed": seed}), re.S)[1]
    (tmp_path / "noisy.toml").write_text(document, "utf-8")
    told = _printed(fill(texts, "sheet.median", "en", {"seed": seed}))
    assert re.search(r"^validation accuracy +([\d.]+)", told, re.M)[1] == found["median"]
    told = _printed(fill(texts, "sheet.wins", "ko", {"seed": seed}))
    score = re.search(r"0\.003 : 0\.03 +(\d+)-(\d+)-\d+", told)
    assert (score[1], score[2]) == (str(found["wins"]), str(found["losses"]))
    n = found["wins"] + found["losses"]
    assert found["p"] == pytest.approx(float(tail(max(found["wins"], found["losses"]), n)))
    # 5 leaves 0 and 17 leaves 2 when divided by 5
    assert found["coins"] == pytest.approx(float(tail({5: 10, 17: 12}[seed], 16)))


def _ever(rejects, most):
    """Return the chance that a fair coin is called unfair at some time, score by score."""
    chances, caught = {0: Fraction(1)}, Fraction(0)
    for n in range(1, most + 1):
        after: dict[int, Fraction] = {}
        for wins, chance in chances.items():
            for score in (wins, wins + 1):
                after[score] = after.get(score, Fraction(0)) + chance / 2
        caught += sum((after[w] for w in after if rejects(w, n - w)), Fraction(0))
        chances = {w: chance for w, chance in after.items() if not rejects(w, n - w)}
    return float(caught)


def _test_rejects(wins, losses):
    return tail(max(wins, losses), wins + losses) <= Fraction(1, 20)


def _bet(wins, losses):
    n = wins + losses
    return Fraction(
        2**n * math.factorial(wins) * math.factorial(losses), math.factorial(n + 1)
    )  # fmt: skip


def _bet_is_enough(wins, losses):
    return _bet(wins, losses) >= 20


def _told(carried, key):
    (found,) = [each.markdown for each in carried.contents(Prose) if each.key == key]
    return found


def _printed(task):
    """Return what the command of a task prints."""
    (command,) = re.findall(r"`shoal (.*?)`", task)
    return _invoked([*command.split(), "--no-store"])


def _invoked(arguments):
    from typer.testing import CliRunner

    from shoal.cli.app import app

    told = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"})
    assert told.exit_code == 0, told.output
    return told.stdout
