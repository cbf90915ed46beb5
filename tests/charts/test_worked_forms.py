"""The forms of a trace: strange names, views of the record, and a document that is documented."""

import re
import xml.etree.ElementTree as ET
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import shoal
from shoal.charts.worked import page_of, written
from shoal.charts.worked_math import latex_text, mathml
from shoal.errors import ArgumentError
from shoal.network.worked import Call, Div, Num

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
    assert (
        str(error.value) == 'written: `kind` must be "text", "html" or "latex"; got \'pdf\'.'
        " Choose one of the names that are known."
    )


def test_the_record_offers_its_forms(trace, monkeypatch):
    monkeypatch.setattr("shoal.network.worked.trace.view", lambda name: written)
    assert str(trace) == written(trace, "text")
    assert trace.to_text(width=60) == written(trace, "text", width=60)
    assert trace._repr_html_() == trace.to_html() == written(trace, "html")
    assert trace.to_latex() == written(trace, "latex")
    assert repr(trace) == "<Trace: 4th row of t.csv (line 5), network 0 at step 1 of 4>"


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


def made(tmp_path, target, layers, **training):
    rows = [f"{k % 7 / 3},{1e6 + k % 5},{2000 + k / 3},{'abc'[k % 3]}" for k in range(60)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["u,v,year,kind", *rows]) + "\n", "utf-8")
    experiment = shoal.Experiment(
        data={"file": str(table), "target": target, "features": ["u", "v"]},
        preprocess={"scaling": "standard", "target_scaling": "standard"},
        network=shoal.Network([shoal.Dense(*each) for each in layers]),
        training={"epochs": 2, **training},
        population=1,
    )
    return experiment.run()


def test_softmax_comes_after_the_sums_that_it_needs(tmp_path):
    run = made(tmp_path, "kind", [(2, "relu"), (3, "softmax")])
    text = written(run.trace(3, step=1), "text")
    places = [text.index(each) for each in ("z2[1] =", "z2[3] =", "m2 =", "s2 =", "a2[1] =")]
    assert places == sorted(places)


def test_slopes_are_told_in_words_and_constants_once(tmp_path):
    run = made(tmp_path, "year", [(2, "relu"), (1, "identity")])
    text = written(run.trace(3, step=1), "text")
    assert "The slope da/dz is 1 where z > 0, else 0." in text
    assert "da2[1]/dz2[1] = 1\n" in text
    assert "slope" not in written(run.trace(3, step=1, backward=False), "text")


def test_no_more_digits_than_the_result_takes(tmp_path):
    """Of float32 the scalers' numbers are cut where what comes out stays the same."""
    run = made(tmp_path, "year", [(2, "tanh"), (1, "identity")])
    trace = run.trace(3)
    part = run.prepared.parts[0]
    seen = part.scaler.apply(part.dataset.x[3:4])[0].astype("float32")
    assert [each.scaled for each in trace.inputs.shown] == [float(str(each)) for each in seen]
    for each in trace.inputs.shown:
        assert max(len(repr(number)) for number in (each.mean, each.scale)) <= 15
    text = written(trace, "text")
    assert not re.search(r"\d\.\d{14}", text)
    # 2000 and a fraction: 8 digits of a scale near 6, so 7 places or 8
    (said,) = trace.output.answers
    assert said.value == round(said.value, 8)
    wanted = run.predict(part.dataset.x[3:4])[0, 0, 0]
    assert abs(said.value - wanted) < 5e-6


def test_probabilities_have_the_digits_of_the_network(tmp_path):
    trace = shoal.Experiment(population=1, training={"epochs": 1}).run().trace(0)
    for each in trace.output.answers:
        assert len(f"{each.value!r}") <= 13


def test_nothing_apart_is_written_as_0(tmp_path):
    run = made(tmp_path, "year", [(2, "relu"), (1, "identity")])
    text = written(run.trace(3, step=1), "text")
    assert "0e+00" not in text
    assert not re.search(r"\de-\d", text)  # the minus of numbers, everywhere


def test_what_is_left_out_on_the_way_back_is_bounded_in_size():
    run = shoal.Experiment(data=shoal.tasks.greater(dummies=20), population=1,
                           training={"epochs": 1}).run()  # fmt: skip
    trace = run.trace(0, step=1)
    (unit,) = trace.backward.layers[-1].units[:1]
    most = abs(unit.weights_folded.largest)
    shown = written(trace, "text")
    assert f"{unit.weights_folded.n} more, in size" in shown
    assert f"≤ {most!r}".replace("-", "−") in shown
    assert "$\\leq$" in written(trace, "latex")


def test_cross_entropy_is_told_with_its_parentheses():
    trace = shoal.Experiment(population=1, training={"epochs": 1}).run().trace(0)
    assert "−(y × log(a) + (1 − y) × log(1 − a))" in written(trace, "text").replace("\n", " ")


def test_parentheses_of_pages_stand_in_a_row_of_their_own():
    """MathML stretches what stands first and last in a row."""
    page = str(mathml(Call("exp", (Div(Num(1.0), Num(2.0)),))))
    assert page.startswith("<mrow><mi>exp</mi><mrow><mo>(</mo>")
    assert page.endswith("<mo>)</mo></mrow></mrow>")


def test_latex_names_cannot_be_options_of_a_line():
    """``\\\\`` takes a star or what stands in brackets after it, on the next line too."""
    assert latex_text("[mm] *") == "{[}mm{]} {*}"


def test_a_page_holds_the_updates_to_be_opened_unless_they_are_too_many(tmp_path, monkeypatch):
    trace = made(tmp_path, "year", [(2, "tanh"), (1, "identity")]).trace(3, step=1)
    assert page_of(trace).count(b"<details") == 3  # two units and one
    monkeypatch.setattr("shoal.charts.worked.FULL_AT_MOST", 8)
    assert b"<details" not in page_of(trace)
    assert page_of(trace, in_full=True).count(b"<details") == 3
