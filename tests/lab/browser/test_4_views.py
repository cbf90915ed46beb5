"""Item 4, views: every number they show is computed here from the same experiment in Python."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shoal import Experiment

CLOUDS = {
    "data": {"task": "gaussians", "samples": 300, "classes": 3, "dummies": 1},
    "network": {"layers": [
        {"units": 4, "activation": "tanh"}, {"units": 3, "activation": "softmax"},
    ]},
    "training": {"epochs": 5, "optimizer": {"name": "adam", "learning_rate": 0.03}},
    "population": {"size": 5},
}  # fmt: skip
TWO = {
    "data": {"task": "greater", "samples": 400, "label_noise": 0.1},
    "network": {"layers": [
        {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 10, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    "population": {"size": 6},
}  # fmt: skip


def read(document):
    return Experiment.read(document, source="a test")


def judged(run):
    """Return inputs and true classes of the rows that judge, and the probabilities of each network.

    Shapes:
        x (N, D), truth (N,), p (P, N, C)
    """
    part = run.prepared.parts[0]
    rows = part.split.validation
    x, y = np.asarray(part.dataset.x)[rows], np.asarray(part.dataset.y)[rows]
    truth = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
    p = np.stack([run[k].predict_proba(x) for k in range(len(run))])
    return x, truth, p


def counted(truth, answered, n):
    found = np.zeros((n, n), int)
    np.add.at(found, (truth, answered), 1)
    return found.tolist()


def matrix(at):
    at.page.locator(".sh-matrix tbody tr").first.wait_for()
    rows = at.page.locator(".sh-matrix tbody tr").all()
    return [[int(text) for text in row.locator("td b").all_inner_texts()] for row in rows]


def choose_network(at, number):
    field = at.page.locator(".sh-main").get_by_role("textbox", name="Network", exact=True)
    field.fill(str(number))
    field.press("Enter")


def test_the_surface_is_read_with_the_keys_median_disagreement_and_one_network(desk):
    at = desk(read(TWO))
    run = read(TWO).run()
    picture = at.page.locator(".sh-surface")
    reading = at.page.locator(".sh-reading output")
    picture.focus()
    for key in ("ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp"):
        at.page.keyboard.press(key)

    def seen(kind):
        at.page.locator(".sh-main").get_by_text(kind, exact=True).click()
        return lambda: picture.get_attribute("aria-label")

    at.until("() => document.querySelector('.sh-reading output').textContent.startsWith('x0')")
    x0, x1 = (float(text) for text in re.findall(r"x[01] ([-−\d.]+)", reading.inner_text()))
    p = np.stack([run[k].predict_proba([[x0, x1]])[0, 1] for k in range(6)])
    # a picture has 100 cells each way and 255 tones: what is read is that of the nearest cells
    for kind, word, expected, near in (
        ("Median", "the median of 6 networks", 100 * np.median(p), 3),
        ("One network", "network 1", 100 * p[0], 3),
        ("Disagreement", "how far 6 networks disagree", p.std(), 0.02),
    ):
        at.page.locator(".sh-bar").get_by_text(kind, exact=True).click()
        at.until(
            "word => document.querySelector('.sh-surface').getAttribute('aria-label')"
            ".includes(word)", word
        )  # fmt: skip
        picture.focus()
        at.page.keyboard.press("Escape")
        for key in ("ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp"):
            at.page.keyboard.press(key)
        at.until("() => document.querySelector('.sh-reading output').textContent.startsWith('x0')")
        told = reading.inner_text().split(": ", 1)[1]
        shown = float(re.findall(r"[\d.]+(?= ?%)|(?<=deviation )[\d.]+", told)[0])
        assert shown == pytest.approx(expected, abs=near), told


def test_a_mouse_keeps_a_place_as_a_point_and_looks_inside_there(desk):
    at = desk(read(TWO))
    box = at.page.locator(".sh-surface canvas").first.bounding_box()
    reading = at.page.locator(".sh-reading output")
    keep = at.page.get_by_role("button", name="Keep this point")
    at.switch("rows", within=".sh-main")  # a click on a row would look inside at once
    at.page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + 0.4 * box["height"])
    at.until("() => document.querySelector('.sh-reading output').textContent.startsWith('x0')")
    clicked = reading.inner_text()
    keep.click()
    at.says("Kept as point 1.")
    assert reading.inner_text() == clicked  # the pointer has left the picture
    at.page.get_by_role("button", name="Look inside", exact=True).click()
    at.page.locator(".sh-work").wait_for()
    at.view("Answers", "Chosen points")
    x0, x1 = (float(each) for each in re.findall(r"x[01] ([-\d.]+)", clicked.replace("−", "-")))
    fields = at.page.locator(".sh-points tbody input")
    fields.first.wait_for()
    kept = [float(fields.nth(k).input_value()) for k in range(2)]
    assert kept == pytest.approx([x0, x1], abs=0.0051)


def test_small_multiples_tell_the_figure_of_each_of_64_networks(desk):
    document = {**TWO, "population": {"size": 64}}
    at = desk(read(document))
    at.view("Many networks", "Surfaces")
    finals = read(document).run().final("validation_accuracy")
    tiles = at.page.locator(".sh-main .sh-pointable")
    assert tiles.get_attribute("aria-label").startswith("Small surfaces of 64 networks; network 1")
    tiles.focus()
    at.page.keyboard.press("ArrowRight")
    at.says(f"network 2: {at.percent(finals[1])}")
    at.page.keyboard.press("ArrowLeft")
    at.says(f"network 1: {at.percent(finals[0])}")
    box = tiles.bounding_box()
    at.page.mouse.click(box["x"] + 30, box["y"] + 30)  # the first picture
    assert tiles.get_attribute("aria-label").startswith("Small surfaces of 64 networks; network 1")


def test_the_histogram_of_finals_goes_through_the_networks_from_worst_to_best(desk):
    at = desk(read(TWO))
    at.view("Many networks", "How they end")
    finals = read(TWO).run().final("validation_accuracy")
    order = np.argsort(finals, kind="stable")
    picture = at.page.locator(".sh-main .sh-stage [role=application]").first
    label = picture.get_attribute("aria-label")
    least, most = at.percent(finals.min()), at.percent(finals.max())
    assert f"of 6 networks, from {least} to {most}" in label
    picture.focus()
    for _ in range(6):
        at.page.keyboard.press("ArrowLeft")
    at.says(f"network {order[0] + 1}: {least}")
    for _ in range(6):
        at.page.keyboard.press("ArrowRight")
    at.says(f"network {order[-1] + 1}: {most}")


def test_the_curves_are_a_table_too_with_median_and_band(desk):
    at = desk(read(TWO))
    at.view("Over time", "Curves")
    at.page.get_by_text("As a table").first.click()
    history = read(TWO).run().history
    rows = at.table(".sh-main .sh-as-table[open]")
    assert [row[0] for row in rows] == [str(10 * k) for k in range(1, 11)]
    for k, (_, train, validation) in enumerate(rows):
        for text, name in ((train, "train_accuracy"), (validation, "validation_accuracy")):
            low, middle, high = 100 * np.quantile(history[name][:, k], [0.05, 0.5, 0.95])
            shown = [float(each) for each in re.findall(r"[\d.]+(?= %)", text)]
            assert shown == pytest.approx([middle, low, high], abs=0.0501)
    at.switch("logarithmic loss", within=".sh-main")
    attainable = at.page.locator(".sh-result-facts").inner_text()
    assert "attainable" in attainable
    assert "90.0 %" in attainable


def test_confusion_matrix_of_all_networks_and_of_one(desk):
    at = desk(read(CLOUDS))
    run = read(CLOUDS).run()
    _, truth, p = judged(run)
    at.view("Answers", "Confusion matrix")
    assert matrix(at) == counted(truth, p.mean(axis=0).argmax(axis=1), 3)
    at.page.locator(".sh-bar").get_by_text("One network", exact=True).click()
    choose_network(at, 4)  # counted from 1 on the page
    expected = counted(truth, p[3].argmax(axis=1), 3)
    right = sum(expected[k][k] for k in range(3))
    at.until(
        "start => document.querySelector('.sh-matrix caption').textContent.startsWith(start)",
        f"{right} of 60 rows answered rightly",
    )
    assert matrix(at) == expected


def test_chosen_points_are_answered(desk):
    at = desk(read(CLOUDS))
    run = read(CLOUDS).run()
    at.view("Answers", "Chosen points")
    names = run.prepared.parts[0].dataset.schema.feature_names
    for point in ([0.5, -0.25, 0.0], [-1.0, 1.5, 2.0]):
        at.page.get_by_role("button", name="Add a point").click()
        k = at.page.locator(".sh-points tbody tr").count()
        for name, value in zip(names, point, strict=True):
            field = at.page.get_by_role("textbox", name=f"{name} of point {k}")
            field.fill(str(value))
            field.press("Enter")
        p = np.mean([run[n].predict_proba([point])[0] for n in range(5)], axis=0)
        expected = [at.percent(each) for each in p]
        at.until(
            "([k, wanted]) => [...document.querySelectorAll("
            "`.sh-points tbody tr:nth-child(${k}) td.sh-answer`)]"
            ".every((cell, n) => cell.textContent === wanted[n])", [k, expected],
        )  # fmt: skip


def test_the_histogram_of_probabilities_counts_the_rows_of_each_class(desk):
    at = desk(read(TWO))
    run = read(TWO).run()
    _, truth, p = judged(run)
    at.view("Answers", "Probabilities")
    said = p.mean(axis=0)[:, 1]
    label = at.page.locator(".sh-main .sh-stage [role=img], .sh-main canvas[role=img]").first
    told = label.get_attribute("aria-label")
    for k in (0, 1):
        below = int((said[truth == k] < 0.5).sum())
        above = int((said[truth == k] >= 0.5).sum())
        assert f"of class {k}, {below} rows below one half and {above} above" in told


def test_of_many_features_a_pair_is_chosen_and_the_others_are_held(desk):
    at = desk(read(CLOUDS))
    bar = at.page.locator(".sh-main .sh-bar")
    names = read(CLOUDS).run().prepared.parts[0].dataset.schema.feature_names
    bar.get_by_label("Across").select_option(label=names[2])
    bar.get_by_label("Up").select_option(label=names[0])
    at.until(
        "start => document.querySelector('.sh-surface').ariaLabel.startsWith(start)",
        f"Decision surface over {names[2]} and {names[0]}",
    )
    picture = at.page.locator(".sh-surface canvas").first
    before = picture.evaluate("canvas => canvas.toDataURL()")
    at.page.locator(".sh-held summary").click()
    slider = at.page.locator(".sh-held-slider").filter(has_text=names[1]).locator("input")
    for _ in range(60):
        slider.press("ArrowRight")
    at.until("old => document.querySelector('.sh-surface canvas').toDataURL() !== old", before)
    # three classes: the most probable one has its colour, the legend names all
    keys = at.page.locator(".sh-legend .sh-key-list").first.inner_text()
    assert [f"class {k}" in keys for k in range(3)] == [True] * 3
    bar.get_by_label("Of").select_option(index=2)
    at.until(
        "() => document.querySelector('.sh-surface').getAttribute('aria-label')"
        ".includes('probability of 1')"
    )


def test_weights_gradients_and_activations_over_time(desk):
    at = desk(read(TWO))
    at.view("Over time", "Weights and gradients")
    charts = at.page.locator(".sh-traces figure")
    charts.nth(2).wait_for()
    assert [text.split("\n")[0] for text in charts.locator("figcaption").all_inner_texts()] == [
        "Weights: layer 1", "Size of the gradient", "Activations: layer 1",
    ]  # fmt: skip
    run = read(TWO).run()
    w = run.parameters.weights[0][0]
    # what stands at the end of the run: the pointer at the right edge reads the last values
    over = charts.first.locator(".u-over")
    box = over.bounding_box()
    over.hover(position={"x": box["width"] - 2, "y": box["height"] / 2})
    reading = charts.first.locator("output")
    at.until(
        "() => document.querySelector('.sh-traces figure output').textContent.includes('step 100')"
    )
    told = [
        float(text.replace("−", "-")) for text in re.findall(r"[-−]?\d+\.\d+", reading.inner_text())
    ]
    for each in w.ravel():
        assert min(abs(each - seen) for seen in told) < 0.006 * max(1, abs(each)), (each, told)
