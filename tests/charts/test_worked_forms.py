"""The forms of a trace: strange names, views of the record, and a document that is documented."""

import re
import xml.etree.ElementTree as ET
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import shoal
from shoal.charts.worked import page_of, written
from shoal.charts.worked_math import latex_text
from shoal.errors import ArgumentError

ROOT = Path(__file__).parents[2]
STRANGE = ["<b>x&y</b>", "$\\alpha_1^2$ 50%#{~}", "a\x1b[31mred\u202e", "x" * 200]


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """A row whose features and classes are called what nobody should call them."""
    folder = tmp_path_factory.mktemp("strange")
    head = ",".join(f'"{name}"' for name in STRANGE)
    kinds = "\\end{document}", "<i>no</i>"
    rows = [f"{k % 7},{k % 5},{k % 3},{k % 2},{kinds[k % 2]}" for k in range(60)]
    table = folder / "t.csv"
    table.write_text("\n".join([f'{head},"kind & <class>"', *rows]) + "\n", "utf-8")
    experiment = shoal.Experiment(
        data={"file": str(table), "target": "kind & <class>"},
        network=shoal.Network([shoal.Dense(2, "tanh"), shoal.Dense(2, "softmax")]),
        training={"epochs": 2},
        population=1,
    )
    return experiment.run().trace(3, step=1)


def test_pages_escape_names(trace):
    page = page_of(trace).decode()
    assert "<b>x" not in page
    assert "<i>no" not in page
    assert "\x1b" not in page
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")]
    ET.fromstring(body.replace("&nbsp;", " "))


def test_the_terminal_writes_control_characters_out(trace):
    text = written(trace, "text")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert max(map(len, text.splitlines())) <= 80


def test_latex_escapes_names(trace):
    tex = written(trace, "latex")
    assert tex.count("\\end{document}") == 1
    assert "\\textbackslash{}end\\{document\\}" in tex
    assert latex_text("$a_1^2$ 5%") == "\\$a\\_1\\textasciicircum{}2\\$ 5\\%"


def test_pages_light_and_dark(trace):
    both, light, dark = (page_of(trace, dark=dark).decode() for dark in (None, False, True))
    assert "prefers-color-scheme:dark" in both
    assert "prefers-color-scheme" not in light + dark
    assert "background:#ffffff" in light
    assert "background:#15181d" in dark


def test_a_piece_of_a_page_brings_its_style_and_touches_nothing_else(trace):
    piece = written(trace, "html")
    assert piece.startswith('<div class="sh-trace"><style>')
    style = piece[piece.index("<style>") + 7 : piece.index("</style>")]
    flat = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^{}]*\})*)\}", r"\1", style.replace("\n", " "))
    selectors = [each for rule in re.findall(r"([^{}]+)\{", flat) for each in rule.split(",")]
    assert all(each.strip().startswith(".sh-trace") for each in selectors)


def test_another_form_is_refused(trace):
    with pytest.raises(ArgumentError) as error:
        written(trace, "pdf")
    assert str(error.value) == 'written: `kind` must be "text", "html" or "latex"; got \'pdf\'.'


def test_the_record_offers_its_forms(trace, monkeypatch):
    monkeypatch.setattr("shoal.network.worked.trace.view", lambda name: written)
    assert str(trace) == written(trace, "text")
    assert trace.to_text(width=60) == written(trace, "text", width=60)
    assert trace._repr_html_() == trace.to_html() == written(trace, "html")
    assert trace.to_latex() == written(trace, "latex")
    assert repr(trace) == "<Trace: row 3 of t.csv, network 0 at step 1 of 4>"


def test_the_forms_are_registered():
    """Charts live above records and are found by name (pyproject: shoal.views)."""
    (found,) = entry_points(group="shoal.views", name="worked")
    assert found.load() is written


def keys_of(document):
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            if key != "settings":
                yield from keys_of(value)
    elif isinstance(document, list):
        for each in document:
            yield from keys_of(each)


def test_every_key_of_the_document_is_documented(trace):
    page = (ROOT / "docs" / "arithmetic.md").read_text("utf-8")
    keys = set(keys_of(trace.to_dict()))
    assert len(keys) > 60
    assert not {key for key in keys if f'"{key}"' not in page and f"`{key}`" not in page}
    told = set(re.findall(r'"(\w+)":', page[page.index('"format"') :]))
    assert told - {"learning_rate", "alpha", "perceptron"} <= keys | {"together", "largest"}
