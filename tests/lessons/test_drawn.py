"""Contents as HTML: formulas, tables, charts that follow the reader's colours, folded results."""

from __future__ import annotations

import base64
import re
import sys

import pytest

import shoal
from shoal.charts.theme import DARK, LIGHT
from shoal.errors import InternalError, MissingExtraError
from shoal.lessons import Lesson
from shoal.lessons.contents import LAB_VARIABLE, Fixed, Prose, Table
from shoal.lessons.drawn import to_html
from shoal.lessons.pictured import chart_html
from shoal.lessons.prose import _parser, coloured, formula, prose_html


@pytest.fixture(scope="module")
def run() -> shoal.Run:
    return shoal.Experiment(
        data="or", training=shoal.Training(epochs=2), population=shoal.Population(size=3)
    ).run()


def drawings(html: str) -> list[str]:
    """Return the drawings that a page holds as addresses."""
    found = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    return [base64.b64decode(each).decode() for each in found]


def test_formulas_become_mathml() -> None:
    made = prose_html("so $x_1^2$ and\n\n$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$\n")
    assert made.count("<math") == 2
    assert 'display="block"' in made
    assert "$" not in made
    assert "<mi>&" not in made


def test_names_of_functions_stand_apart() -> None:
    # y log p reads as one word without the spaces
    made = formula(r"y \log p")
    assert made.count("<mspace") == 2
    assert formula(r"\log(p)").count("<mspace") == 0


@pytest.mark.parametrize("latex", [r"\nosuchcommand{x}", r"a & b"])
def test_a_formula_that_is_not_understood_is_our_mistake(latex: str) -> None:
    with pytest.raises(InternalError, match="has commands that pages do not know"):
        formula(latex)


@pytest.mark.parametrize(
    ("module", "package"),
    [("latex2mathml.converter", "latex2mathml"), ("markdown_it", "markdown-it-py"),
     ("mdit_py_plugins.admon", "mdit-py-plugins")],
)  # fmt: skip
def test_what_draws_texts_may_not_be_installed(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    _parser.cache_clear()
    with pytest.raises(MissingExtraError, match=rf"needs the {package} package: pip install"):
        prose_html("$x$")


def test_markdown_holds_no_style_that_a_page_would_refuse() -> None:
    made = prose_html('| a | b |\n|---|--:|\n| x | 1 |\n\n!!! tip "Look"\n    here\n\n<b>x</b>\n')
    assert "style=" not in made
    assert 'class="sl-number"' in made
    assert '<div class="admonition tip">' in made
    assert "&lt;b&gt;" in made


def test_programs_are_coloured_and_escaped() -> None:
    assert '<span class="kn">import</span>' in coloured("import os", "python")
    assert "&lt;b&gt;" in coloured("x = '<b>'", "python")
    assert coloured("a < b", "nosuchlanguage") == "a &lt; b"


def test_columns_of_numbers_end_at_the_same_place() -> None:
    table = Table(headers=["who", "share", "seconds"],
                  rows=[["a", "1.5 %", "3,724 s"], ["b", "−20", "–"]])  # fmt: skip
    made = to_html(table)
    assert made.count('class="sl-number"') == 6
    assert '<th scope="col">who</th>' in made


def test_a_chart_of_flat_colours_is_drawn_once_and_follows_the_reader(run: shoal.Run) -> None:
    html = chart_html(run.plot.curves(), with_narrow=False)
    (drawing,) = drawings(html)
    assert "prefers-color-scheme: dark" in drawing
    style, body = re.search(r"<style>(.*?)</style>(.*)", drawing, re.DOTALL).groups()  # type: ignore[union-attr]
    assert not re.search(r"#[0-9a-f]{6}", body)  # every colour is a variable
    assert set(re.findall(r"var\((--c\d+)\)", body)) <= set(re.findall(r"(--c\d+):", style))
    assert LIGHT.text in style
    assert DARK.text in style
    assert "<figcaption>" in html
    assert "Learning curves" not in body  # its title is text of the page


def test_a_chart_of_mixed_colours_is_drawn_light_and_dark(run: shoal.Run) -> None:
    html = chart_html(run.plot.weights(), with_narrow=False)
    dark, light = drawings(html)
    assert DARK.background in dark
    assert LIGHT.background in light
    assert '<source media="screen and (prefers-color-scheme: dark)"' in html


def test_a_page_has_a_drawing_for_narrow_screens(run: shoal.Run) -> None:
    assert 'media="(max-width: 30rem)"' in chart_html(run.plot.curves())
    assert len(drawings(chart_html(run.plot.curves()))) == 2


def test_results_are_folded_and_say_the_answer_only_inside() -> None:
    lesson = Lesson("or")
    asked = lesson.predict("first", ["less", "same", "more"])
    html = to_html(lesson.reveal(asked, "first", Prose(key="", markdown="because"), truth="same"))
    assert html.startswith('<details class="sl-revealed"><summary>Predict, then open the result')
    assert " open" not in html.split(">")[0]
    assert html.index("<summary>") < html.index("It is: 0.75.") < html.index("because")


def test_controls_show_what_they_are_set_to() -> None:
    lesson = Lesson("or")
    html = to_html(lesson.slider("rate", [0.01, 0.1], value=0.1))
    assert '<span>0.01</span> <span class="is-set">0.1</span>' in html
    asked = to_html(lesson.predict("ones", low=0, high=32))
    assert "(0 – 32)" in asked
    assert 'class="sl-blank"' in asked
    radio = to_html(Fixed(key="k", label="l", value="b", options=("a", "b"), texts=("A", "B"),
                          kind="prediction"))  # fmt: skip
    assert '<li>A</li><li class="is-set">B</li>' in radio


def test_the_lab_link_is_live_only_where_lessons_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = Lesson("or").link(shoal.Experiment(data="or"))
    told = to_html(link)
    assert "<a " not in told
    assert "shoal lab" in re.sub(r"<[^>]*>", "", told)
    assert "experiment.toml" in told
    monkeypatch.setenv(LAB_VARIABLE, "/lab")
    assert f'<a href="/lab{link.fragment}" target="_blank"' in to_html(link)


def test_traces_keep_their_formulas(run: shoal.Run) -> None:
    html = to_html(run[0].trace([[0.0, 1.0]]))
    assert 'class="sh-trace"' in html
    assert "<math" in html
