"""Charts and report of a model in use: drawn in every format, light and dark, by any names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shoal.charts.registry import make
from shoal.charts.report import content
from shoal.errors import InputError
from shoal.models.monitoring.changes import Change
from shoal.models.monitoring.drifting import ColumnDrift
from shoal.models.monitoring.history import History, Look, Past
from shoal.models.monitoring.judging import Figure
from shoal.models.monitoring.watched import Bars, StrangeRow, Watched

pytest.importorskip("vl_convert")
NAMES = ("</script><b>", "a'\"b", "two\nlines", "🐟 مرحبا", "x" * 300, "y", "z", "y\u202e")


def watched() -> Watched:
    drift = tuple(
        ColumnDrift(name=name, kind="numbers", n_rows=90, psi=0.1 * k, psi_by_chance=0.2, ks=0.1,
                    p_value=0.5 if k < 3 else 1e-9, new=((name, 2),))
        for k, name in enumerate(NAMES)
    )  # fmt: skip
    figure = Figure(name="accuracy", value=0.9, low=0.8, high=0.95, n_rows=90, n_effective=90)
    return Watched(
        time="2026-01-02T03:04:05Z", model="0123", data="</script>.csv",
        bars=Bars(min_accuracy=0.95, max_drift=0.2), n_rows=90, n_labelled=90, figures=(figure,),
        drift=drift, n_unlike=20,
        strange=tuple(StrangeRow(row=k, line=k + 2, reason=NAMES[0]) for k in range(20)),
    )  # fmt: skip


def history(n: int) -> History:
    def look(k: int) -> Look:
        checks = (Past(name="accuracy", value=0.97 - 0.002 * k, low=0.9, high=0.99, bar=0.95,
                       falls_short=k > 10), Past(name="r2", value=None),
                  Past(name="drift", value=0.3, bar=0.2, falls_short=True))  # fmt: skip
        drift = dict.fromkeys(NAMES, 0.01 * k)
        return Look(time=f"2026-01-{k + 1:02d}T06:00:00Z", model="a" if k < 5 else "b",
                    verdict="fell short" if k > 10 else "ok", n_rows=9, checks=checks,
                    drift=drift)  # fmt: skip

    return History(source="folder/m.history.jsonl", looks=tuple(map(look, range(n))))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("n", [1, 20])
def test_the_history_is_drawn(tmp_path: Path, n: int, dark: bool) -> None:
    chart = make("history", history(n))
    for suffix in (".png", ".svg", ".json", ".csv"):
        chart.save(tmp_path / f"h{suffix}", dark=dark)
    assert chart.subtitle[0] == (
        "1 look, 2026-01-01; none fell short"
        if n == 1
        else "20 looks, 2026-01-01 to 2026-01-20; 9 fell short (ringed)"
    )
    document = json.loads((tmp_path / "h.json").read_text())
    assert [len(panel["layer"]) for panel in document["vconcat"]]
    drawn = document["datasets"]
    assert len(drawn["drift"]) == 6 * n  # of eight columns six have a line
    assert drawn["drift_bar"] == [{"level": 0.2}]
    assert drawn["models"] == (
        [] if n == 1 else [{"time": "2026-01-06T06:00:00Z", "told": "new model", "side": "right"}]
    )


def test_a_clock_that_went_back_does_not_turn_the_dates_round() -> None:
    found = history(20)
    back = History(source="h", looks=(*found.looks[5:], *found.looks[:5]))
    assert make("history", back).subtitle[0].startswith("20 looks, 2026-01-01 to 2026-01-20; ")


def test_words_at_the_right_end_stand_on_the_left() -> None:
    found = history(7)  # another model from the sixth look on
    assert [each["side"] for each in make("history", found).marks["models"]] == ["left"]


@pytest.mark.parametrize(("n", "mark"), [(20, "rule"), (80, "area")])
def test_of_many_looks_intervals_are_a_band(tmp_path: Path, n: int, mark: str) -> None:
    looks = (history(20).looks * 4)[:n]
    chart = make("history", History(source="h", looks=looks))
    chart.save(tmp_path / "h.json")
    layers = json.loads((tmp_path / "h.json").read_text())["vconcat"][0]["layer"]
    assert [each["mark"]["type"] for each in layers if "y2" in each["encoding"]] == [mark]
    assert chart.subtitle[1].startswith("bands: " if n == 80 else "bars: ")


def test_of_a_very_long_history_the_last_looks_are_drawn() -> None:
    many = history(20)
    long = History(source="h", looks=many.looks * 100)
    assert len(make("history", long).marks["figure_accuracy"]) == 1000


def test_a_history_without_figures_says_so() -> None:
    empty = Look(time="2026-01-01T06:00:00Z", model="a", verdict="watched", n_rows=9)
    with pytest.raises(InputError) as caught:
        make("history", History(source="h", looks=(empty,)))
    assert (
        str(caught.value) == "chart 'history': no look has a figure yet."
        " Choose another chart, or keep more of the run."
    )


@pytest.mark.parametrize("dark", [False, True])
def test_drift_is_drawn(tmp_path: Path, dark: bool) -> None:
    chart = watched().plot.drift()
    chart.save(tmp_path / "d.png", dark=dark)
    assert chart.data["column"][0] == NAMES[-1]  # the furthest first
    assert [row["is"] for row in chart.marks["columns"]] == ["drifted"] * 5 + ["within chance"] * 3
    assert len({row["label"] for row in chart.marks["columns"]}) == len(NAMES)


def test_without_a_summary_there_is_nothing_to_draw() -> None:
    from dataclasses import replace

    bare = replace(watched(), drift=None)
    with pytest.raises(InputError) as caught:
        make("drift", bare)
    assert str(caught.value) == (
        "chart 'drift': the model keeps no summary of its training rows."
        " Choose another chart, or keep more of the run."
    )


def test_a_change_is_told_in_the_report() -> None:
    from dataclasses import replace

    change = Change(name="accuracy", before=0.95, n_looks=4, n_rows=400.0, value=-0.05, low=-0.08,
                    high=-0.02)  # fmt: skip
    page = content(replace(watched(), changes=(change,))).decode()
    assert "below 0.95, 0.05 worse than before (by 0.02 to 0.08); " in page
    assert "Figures against earlier looks at this model" in page
    assert "-0.05" in page


def test_nothing_in_the_data_can_act_in_the_report() -> None:
    page = content(watched()).decode()
    assert "<b>" not in page
    assert "&lt;/script&gt;" in page
    assert "Fell short: accuracy 0.9 (0.8 to 0.95, 90 rows), below 0.95; " in page
    assert page.count("<tr") == 1 + 2 + 1 + 8 + 1 + 20
