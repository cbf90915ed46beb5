"""The benchmark of estimators: its sets, its arithmetic, its file, its bars."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from benchmarks.tabular.__main__ import main
from benchmarks.tabular.figures import BARS, Figures
from benchmarks.tabular.learners import GRID, LEARNERS, Ask, grid, single
from benchmarks.tabular.measuring import PARTS, Fit, splits_of
from benchmarks.tabular.progress import Progress
from benchmarks.tabular.results import append, machine, read
from benchmarks.tabular.sets import SETS
from benchmarks.tabular.tables import as_text, missed, tables

ASK = Ask(is_classification=True, n_targets=1, seed=3, threads=1)


def fits(part: str, name: str, learner: str, scores: list[float], seconds: float) -> list[Fit]:
    return [
        Fit(part=part, set=name, split=k, learner=learner, score=score, fit_s=seconds)
        for k, score in enumerate(scores)
    ]


@pytest.mark.parametrize("table", SETS.values(), ids=SETS)
def test_every_set_is_the_same_every_time(table):
    x, y = table.rows()
    again_x, again_y = table.rows()
    np.testing.assert_array_equal(x, again_x)
    np.testing.assert_array_equal(y, again_y)
    assert len(x) == len(y)
    assert np.isfinite(x).all()
    assert table.is_shipped or 1000 <= len(x) <= 5000
    assert not table.is_classification or len(np.unique(y)) <= 10
    splits = splits_of(table, (x, y), 7)
    assert len(splits) == 7
    tested = np.sort(np.concatenate([test for _, test in splits[:5]]))
    np.testing.assert_array_equal(tested, np.arange(len(x)))


def test_there_are_as_many_sets_as_the_issue_asks_for():
    shipped = {name for name, each in SETS.items() if each.is_shipped}
    assert shipped == {"iris", "wine", "cancer", "digits", "diabetes", "linnerud"}
    assert len(SETS) - len(shipped) >= 10


def test_searches_are_of_one_size():
    for each in LEARNERS.values():
        n = int(np.prod([len(values) for values in each.grid(ASK).values()]))
        assert n == 4, each.name
        known = each.default(ASK).get_params()
        assert set(each.grid(ASK)) <= set(known), each.name


def test_grids_and_single_networks_are_alike():
    ours, theirs = grid("shoal", ASK), grid("mlp", ASK)
    assert {key.rpartition("__")[2]: values for key, values in theirs.param_grid.items()} == GRID
    assert ours.param_grid == GRID
    assert (ours.cv, ours.refit) == (theirs.cv, theirs.refit)
    one, mlp = single("shoal", ASK, 500), single("mlp", ASK, 500)
    alike = ("hidden_layer_sizes", "learning_rate_init", "batch_size", "max_iter", "alpha",
             "activation", "solver", "beta_1", "beta_2")  # fmt: skip
    mlp_settings = mlp.named_steps["model"].get_params()
    for name in alike:
        assert one.get_params()[name] == mlp_settings[name], name
    assert one.n_networks == 1
    assert clone(one).get_params() == one.get_params()


def test_ratios_are_of_medians_and_gains_of_pairs():
    found = Figures([
        *fits("defaults", "iris", "shoal", [0.9, 1.0, 0.8], 0.5),
        *fits("defaults", "iris", "mlp", [0.8, 1.0], 2.0),
    ])  # fmt: skip
    assert found.ratios("defaults").tolist() == [4.0]
    # paired: splits 0 and 1 alone, 10 points and 0
    assert found.pairs("defaults", "iris", "shoal", "mlp") == pytest.approx([10.0, 0.0])
    assert found.gain("defaults", "iris") == pytest.approx(5.0)


def test_bars_hold_or_are_missed():
    rows = []
    for k, name in enumerate(list(SETS)[:15]):
        rows += fits("defaults", name, "shoal", [0.80 + 0.001 * k] * 2, 1.0)
        rows += fits("defaults", name, "mlp", [0.79] * 2, 1.5)
        rows += fits("single", name, "shoal", [0.8], 1.0) + fits("single", name, "mlp", [0.8], 4.9)
    found = Figures(rows)
    assert missed(found) == ["a"]
    values = {bar.what: bar.value(found) for bar in BARS}
    assert values[BARS[0].what] == pytest.approx(4.9)
    assert values[BARS[1].what] == pytest.approx(1.5)
    assert values[BARS[2].what] == pytest.approx(1.0)
    assert 1.0 < values[BARS[3].what] < 1.7
    assert values[BARS[4].what] is None
    worse = fits("defaults", "iris", "shoal", [0.7], 1.0)
    assert set(missed(Figures([*rows, *worse]))) == {"a", "c"}


def test_where_trees_win_is_told():
    rows = [
        *fits("defaults", "boxes", "shoal", [0.6], 1.0),
        *fits("defaults", "boxes", "mlp", [0.6], 1.0),
        *fits("defaults", "boxes", "forest", [0.7], 1.0),
        *fits("defaults", "boxes", "boosting", [0.5], 1.0),
    ]
    (scores, *_) = tables(Figures(rows))
    assert scores.rows[0][-1] == "-10.0"
    assert "ahead of shoal on: boxes." in scores.notes[0]
    assert "**0.700**" in scores.markdown
    assert "**" not in as_text(scores)


def test_a_line_that_was_cut_off_is_measured_again(tmp_path):
    path = tmp_path / "rows.jsonl"
    (whole,) = fits("single", "iris", "mlp", [0.5], 1.0)
    append(path, {"begun": "now"})
    append(path, whole.to_dict())
    with path.open("ab") as file:
        file.write(b'{"part": "single", "set": "ir')
    append(path, whole.to_dict() | {"split": 1})
    found, sessions = read(path)
    assert [each.split for each in found] == [0, 1]
    assert sessions == [{"begun": "now"}]


def test_it_runs_and_goes_on(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    asked = ["--quick", "--only", "iris", "--parts", "single", "-o", str(path), "--threads", "1"]
    main(asked)
    n = len(path.read_text("utf-8").splitlines())
    assert n == 1 + 2 * len(PARTS["single"])
    lines = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
    assert lines[0]["threads"] == 1
    assert all(0 <= line["score"] <= 1 and line["fit_s"] > 0 for line in lines[1:])
    main([*asked, "--markdown"])
    assert len(path.read_text("utf-8").splitlines()) == n  # nothing was left to do
    assert "| iris |" in capsys.readouterr().out


def test_a_gain_over_sets_is_told_with_and_without_the_tiny_one():
    """16 sets 1 point better, and linnerud by 75: the mean is 5.35, the median 1."""
    rows = []
    for name in list(SETS)[:17]:
        gain = 0.75 if name == "linnerud" else 0.01
        rows += fits("defaults", name, "shoal", [0.1 + gain] * 2, 1.0)
        rows += fits("defaults", name, "mlp", [0.1] * 2, 1.0)
    _, gains, *_ = tables(Figures(rows))
    every, others = gains.rows
    assert every[:4] == ("mlp", "17", f"{(16 * 1 + 75) / 17:+.2f}", every[3])
    assert every[4:] == ("+1.00", "+1.00 to +1.00", "+1.0 to +75.0", "17", f"{2 * 0.5**17:.2g}")
    assert others[:3] == ("mlp, without linnerud", "16", "+1.00")
    assert gains.markdown.startswith("#### By how many points shoal is better, over sets")


def test_progress_goes_by_the_times_of_fits_like_those_left():
    """Left: iris shoal twice, 1 s as before; wine shoal, the median 2 s; grid, 2 s of all fits."""
    known = [
        *fits("single", "iris", "shoal", [0.5], 1.0),
        *fits("single", "cancer", "shoal", [1], 3),
    ]
    todo = [("single", "iris", 1, "shoal"), ("single", "iris", 2, "shoal"),
            ("single", "wine", 0, "shoal"), ("grid", "wine", 0, "mlp")]  # fmt: skip
    progress = Progress(todo, known)
    assert progress.seconds_left == pytest.approx(1 + 1 + 2 + 2)
    progress.note(Fit(part="single", set="iris", split=1, learner="shoal", score=1, fit_s=1.0))
    assert (progress.n_left, progress.n) == (3, 4)
    assert progress.told() == "1 of 4 fits, 0:00 gone, about 3 s left"  # of 1, 3, 1 the median


def test_a_file_of_another_machine_is_not_gone_on_with(tmp_path):
    path = tmp_path / "rows.jsonl"
    append(path, machine(1))
    with pytest.raises(SystemExit, match=r"measured with other threads\. Give --again"):
        main(["--quick", "--only", "iris", "--parts", "single", "-o", str(path), "--threads", "2"])


def test_a_plan_measures_nothing(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    main(["--plan", "-o", str(path)])
    # 24 sets: 15 splits x 5 learners, 5 x 2, 1 x 3, 3 x 5
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["defaults", "1,800"], ["single", "240"], ["grid", "72"], ["search", "360"],
        ["all", "2,472"],
    ]  # fmt: skip
    assert not path.exists()


def test_names_are_checked():
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
