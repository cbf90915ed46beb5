"""Contract: every kind of chart, for a record that it says it takes, in every format."""

import csv
import io
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from shoal.charts.registry import (
    ASSESSMENT,
    CHARTS,
    COMPARISON,
    NOTHING,
    RUN,
    SWEPT,
    chart_kind,
    kind_of,
    make,
)
from shoal.charts.saving import page, png, script, svg
from shoal.errors import InputError

ROOT = Path(__file__).parents[2]
NAMED_BY_THEIR_LABELS = {("differences", "c"), ("weights", "f")}
HERE = {RUN, SWEPT, COMPARISON, NOTHING, ASSESSMENT}
"""Records whose charts are looked at here; the others have tests beside what makes them."""
KINDS = sorted(k for k, v in CHARTS.items() if HERE & {*v.takes})
BY_KIND = pytest.mark.parametrize("kind", KINDS)
PANELS = {k for k, v in CHARTS.items() if NOTHING in v.takes}
"""Charts of a dozen panels or more, which take seconds to draw."""


def by_kind(dear):
    """Every kind; those that take long in the slow suite alone."""
    slow = pytest.mark.slow
    marked = [pytest.param(each, marks=slow) if each in dear else each for each in KINDS]
    return pytest.mark.parametrize("kind", marked)


@pytest.fixture(scope="session")
def charts(run, other_run, swept, comparison, assessment, assessment_of_numbers):
    """Every kind, made once, of each record that it takes."""
    records = {
        "Run": run, "Swept": swept, "Comparison": comparison, NOTHING: None,
        ASSESSMENT: assessment,
    }  # fmt: skip
    made = {}
    for name, kind in CHARTS.items():
        if not HERE & {*kind.takes}:
            continue
        more = {"against": other_run} if name == "surface_difference" else {}
        own = {**records, ASSESSMENT: assessment_of_numbers} if name == "residuals" else records
        made[name] = [
            make(name, own[taken], **(more if taken == RUN else {})) for taken in kind.takes
        ]
    return made


def walk(node):
    yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(each)


def thinned(document):
    """One panel of each chart: all are made by one function, and looking at them takes long."""
    found = {key: part[:1] if key == "concat" else part for key, part in document.items()}
    if "vconcat" in found:
        found["vconcat"] = [thinned(part) for part in found["vconcat"]]
    return found


@BY_KIND
def test_is_a_chart_of_its_record(charts, kind):
    for chart in charts[kind]:
        assert chart.kind == kind
        assert chart.title
        assert all(chart.subtitle)
        assert len({len(column) for column in chart.data.values()}) == 1
        assert len(next(iter(chart.data.values()))) > 0


@BY_KIND
def test_says_of_which_experiment_and_record(charts, kind, run, swept, comparison):
    for chart in charts[kind]:
        told = " ".join(chart.subtitle)
        if NOTHING in CHARTS[kind].takes:
            continue
        assert "greater" in told
        assert re.search(r"network|pair", told)
    if RUN in CHARTS[kind].takes and kind != "activations":
        assert f"run {run.digest[:12]}" in " ".join(charts[kind][0].subtitle)
    if SWEPT in CHARTS[kind].takes and kind != "predictions":
        assert f"sweep {swept.digest[:12]}" in " ".join(charts[kind][-1].subtitle)
    if COMPARISON in CHARTS[kind].takes and kind != "surface_difference":
        assert f"comparison {comparison.digest[:12]}" in " ".join(charts[kind][-1].subtitle)


def checked(document):
    few = {name: rows[:2] for name, rows in document["datasets"].items()}
    pytest.importorskip("altair").Chart.from_dict(
        thinned({**document, "datasets": few}), validate=True
    )


@by_kind({"functions"})  # which is made of the kinds beside it
def test_is_valid_vega_lite(charts, kind):
    checked(charts[kind][0].to_dict())


@pytest.mark.slow
@BY_KIND
@pytest.mark.parametrize("dark", [False, True])
def test_is_valid_vega_lite_of_every_record_light_and_dark(charts, kind, dark):
    for chart in charts[kind]:
        checked(chart.themed(dark=dark).to_dict())


@BY_KIND
@pytest.mark.parametrize(("dark", "background"), [(False, "#ffffff"), (True, "#15181d")])
def test_is_a_document_light_and_dark(charts, kind, dark, background):
    for chart in charts[kind]:
        document = chart.themed(dark=dark).to_dict()
        json.dumps(document, allow_nan=False)
        assert document["$schema"].endswith("/vega-lite/v6.json")
        assert document["config"]["background"] == background


@BY_KIND
def test_axes_have_titles(charts, kind):
    for chart in charts[kind]:
        spec = chart.to_dict()
        for side in ("x", "y"):
            axes = [
                node[side]
                for node in walk(spec.get("layer", spec))
                if isinstance(node, dict)
                and isinstance(node.get(side), dict)
                and "field" in node[side]
                and node[side].get("axis", {}) is not None
            ]
            named = {(kind, axis["field"]) for axis in axes} <= NAMED_BY_THEIR_LABELS
            assert named or any(axis.get("title") for axis in axes), side


@BY_KIND
def test_legible_type(charts, kind):
    for chart in charts[kind]:
        for node in walk(chart.to_dict()):
            if isinstance(node, dict):
                sizes = [v for k, v in node.items() if k.lower().endswith("fontsize")]
                assert all(size >= 11 for size in sizes)


@by_kind(PANELS)
def test_png_has_the_size_asked_for(charts, kind):
    chart = charts[kind][0].themed(width=500, height=360, dark=True)
    content = png(chart, 1.0)
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    if chart.is_fixed:
        assert (width, height) == (500, 360)
    else:
        assert 0.6 * 500 < width < 1.7 * 500
    assert len(content) > 3_000


@by_kind(PANELS - {"schedules"})
def test_svg_holds_the_title(charts, kind):
    text = svg(charts[kind][0])
    assert text.startswith("<svg")
    assert charts[kind][0].title.split()[0] in text


@BY_KIND
def test_csv_is_the_data(charts, kind, tmp_path):
    chart = charts[kind][0]
    chart.save(tmp_path / "chart.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "chart.csv").read_text("utf-8"))))
    assert rows[0] == list(chart.data)
    for k, column in enumerate(chart.data.values()):
        cells = [row[k] for row in rows[1:]]
        for cell, value in zip(cells, list(column), strict=True):
            if isinstance(value, float | np.floating):
                assert cell == "" if np.isnan(value) else float(cell) == float(value)
            elif value is not None:
                assert cell == str(value)


def test_html_needs_nothing_but_itself(charts):
    whole = page(charts["curves"][0])
    text = whole.replace(script(), "")
    assert len(text) < len(whole) - 500_000
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)\s*=""", text)
    assert "default-src 'none'" in text
    assert text.count("<script>") == text.count("</script>") == 2
    assert 'vegaEmbed("#chart"' in text


def test_every_kind_is_documented():
    told = (ROOT / "docs" / "charts.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", told, re.M))
    assert set(CHARTS) <= set(rows)
    for name in CHARTS:
        commands = rf"shoal plot {name}|shoal (evaluate|importance|monitor|worth)"
        assert re.search(commands, rows[name]), name


def test_kinds_of_a_record(run, swept, comparison):
    assert set(dir(run.plot)) == {k for k, v in CHARTS.items() if "Run" in v.takes}
    assert dir(swept.plot) == ["heatmap", "predictions", "sweep"]
    assert dir(comparison.plot) == ["differences", "race", "surface_difference", "time_to_target"]
    assert kind_of(run) == "Run"


def test_methods_show_their_options(run):
    import inspect

    signature = inspect.signature(run.plot.curves)
    assert list(signature.parameters) == ["figure", "network", "log"]
    assert run.plot.curves.__doc__.startswith("Draw learning curves")


def test_wrong_kinds_are_told(run):
    with pytest.raises(InputError) as told:
        chart_kind("curvs")
    assert str(told.value) == "there is no chart 'curvs'. Did you mean 'curves'?"
    with pytest.raises(AttributeError) as missing:
        run.plot.heatmap  # noqa: B018
    assert str(missing.value).startswith("chart 'heatmap': is made of a sweep; got a run.")
    with pytest.raises(InputError) as option:
        make("data", run, log="x")
    assert (
        str(option.value) == "chart 'data': has no option 'log'; it has features. "
        "Leave the option out, or see: shoal plot --help."
    )


def test_importing_charts_imports_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys, shoal.charts, shoal.charts.registry as r; r.CHARTS['surface'];"
        "assert not {'altair', 'vl_convert', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_library_is_told(charts, monkeypatch, tmp_path):
    import sys

    from shoal.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setitem(sys.modules, "altair", None)
    chart = charts["data"][0]
    with pytest.raises(MissingExtraError) as told:
        chart.save(tmp_path / "a.png")
    needs = "drawing a chart needs the vl-convert-python package: pip install 'shoal[viz]'."
    assert str(told.value) == needs
    with pytest.raises(MissingExtraError) as told:
        chart.to_altair()
    assert str(told.value) == "drawing a chart needs the altair package: pip install 'shoal[viz]'."
    assert list(tmp_path.iterdir()) == []
    chart.save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["$schema"]
    assert set(chart._repr_mimebundle_()) == {"application/vnd.vegalite.v6+json", "text/plain"}
