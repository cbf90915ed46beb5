"""Item 7, look inside: a row followed forwards, backwards and to the update, against NumPy."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shoal import Experiment

SETTING = {
    "data": {"task": "greater", "samples": 60},
    "preprocess": {"scaling": "standard"},
    "network": {"layers": [
        {"units": 2, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {
        "epochs": 5, "batch_size": "full", "optimizer": {"name": "sgd", "learning_rate": 0.5},
    },
    "population": {"size": 2},
}  # fmt: skip
STEP = 3
NUMBER = r"[-−]?\d+\.?\d*(?:e[-+]?\d+)?"


def numbers(text):
    return [float(each.replace("−", "-")) for each in re.findall(NUMBER, text)]


def close(expected):
    return pytest.approx(expected, rel=2e-5, abs=2e-7)


class ByHand:
    """Forward and backward of a row in NumPy, from the formulas of a textbook.

    a = tanh(x W + b), p = sigmoid(a v + c), L = -log p or -log(1 - p)
    """

    def __init__(self, run, row, network=0):
        part = run.prepared.parts[0]
        rows = part.split.train
        x = np.asarray(part.dataset.x, float)
        self.raw = x[row]
        mean, std = x[rows].mean(axis=0), x[rows].std(axis=0)
        self.scaled = (self.raw - mean) / std
        self.y = float(np.asarray(part.dataset.y)[row, 0])
        now = run.at(STEP)
        self.w, self.b = (np.asarray(each[0][network], float) for each in (now.weights, now.biases))
        self.v, self.c = (np.asarray(each[1][network], float) for each in (now.weights, now.biases))
        self.z1 = self.scaled @ self.w + self.b
        self.a1 = np.tanh(self.z1)
        self.z2 = float((self.a1 @ self.v + self.c)[0])
        self.p = 1 / (1 + np.exp(-self.z2))
        self.loss = -np.log(self.p if self.y == 1 else 1 - self.p)
        self.d2 = self.p - self.y
        self.d1 = self.d2 * self.v[:, 0] * (1 - self.a1**2)


def stop(at, name):
    """Go to a stop of the way; return its text."""
    at.page.locator(".sh-way").get_by_role("button", name=name, exact=True).click()
    at.until("name => document.querySelector('.sh-work').getAttribute('aria-label') === name", name)
    return at.page.locator(".sh-work")


def in_the_middle(desk):
    at = desk(Experiment.read(SETTING, source="a test"))
    at.watch()
    at.go(STEP)
    return at, Experiment.read(SETTING, source="a test").run()


def click_a_row(at, run):
    """Click a data point with the mouse; return which row it is.

    Two places are pointed at to learn where the plane lies: what stands below says where one is.
    """
    box = at.page.locator(".sh-surface").bounding_box()
    reading = at.page.locator(".sh-reading output")
    seen = []
    for share in (0.3, 0.7):
        x, y = box["x"] + share * box["width"], box["y"] + share * box["height"] * 0.9
        at.page.mouse.move(x, y)
        at.until(
            "old => { const now = document.querySelector('.sh-reading output').textContent;"
            " return now.startsWith('x0') && now !== old; }", seen[-1][2] if seen else "",
        )  # fmt: skip
        text = reading.inner_text()
        x0, x1 = re.findall(rf"x[01] ({NUMBER})", text)
        seen.append((np.array([x, y]), np.array([float(x0), float(x1)]), text))
    (from_px, from_x, _), (to_px, to_x, _) = seen
    points = np.asarray(run.prepared.parts[0].dataset.x, float)
    pixels = from_px + (points - from_x) / (to_x - from_x) * (to_px - from_px)
    apart = np.linalg.norm(pixels[:, None] - pixels[None], axis=-1) + 1e9 * np.eye(len(points))
    row = int(apart.min(axis=1).argmax())  # the one that stands most alone
    at.page.mouse.click(*pixels[row])
    return row


def test_a_point_is_clicked_and_its_sums_are_those_of_the_textbook(desk):
    at, run = in_the_middle(desk)
    row = click_a_row(at, run)
    title = at.page.locator(".sh-way-title")
    title.wait_for()
    told = f"row {row + 1} of greater, network 1 at step {STEP} of 5"  # all counted from 1
    assert title.inner_text().startswith(told)
    hand = ByHand(run, row)
    for k, line in enumerate(at.table(".sh-work")):
        assert line[0] == f"x{k}"
        assert numbers(line[1]) == close([hand.raw[k]])
        assert numbers(line[2])[-1] == close(hand.scaled[k])
    work = stop(at, "layer 1")
    for unit, card in enumerate(work.locator(".sh-card").all()):
        bias, *terms, total = card.locator("tbody tr").all()
        assert numbers(bias.locator("td").last.inner_text()) == close([hand.b[unit]])
        for k, term in enumerate(terms):
            w, x, product = numbers(" ".join(term.locator("td").all_inner_texts()))
            assert (w, x) == close((hand.w[k, unit], hand.scaled[k]))
            assert product == close(hand.w[k, unit] * hand.scaled[k])
        assert numbers(total.locator("td").last.inner_text()) == close([hand.z1[unit]])
        assert numbers(card.locator(".sh-math b").inner_text()) == close([hand.a1[unit]])
    work = stop(at, "output")
    assert numbers(work.locator(".sh-math b").inner_text()) == close([hand.p])
    work = stop(at, "answer and loss")
    losses = work.locator(".sh-card").nth(1).locator(".sh-math b").all_inner_texts()
    assert [numbers(each)[0] for each in losses] == close([hand.loss] * len(losses))


def test_backwards_every_derivative_stands_beside_its_finite_difference(desk):
    at, run = in_the_middle(desk)
    at.view("Look inside")
    at.type("Row", 8, within=".sh-main")  # the first is 1
    at.until("() => document.querySelector('.sh-way-title')?.textContent.startsWith('row 8 of')")
    hand = ByHand(run, 7)
    expected = {
        "back: output": [[*(hand.d2 * hand.a1), hand.d2]],
        "back: layer 1": [[*(hand.d1[unit] * hand.scaled), hand.d1[unit]] for unit in (0, 1)],
    }
    for name, cards in expected.items():
        shown = stop(at, name).locator(".sh-card").all()
        assert len(shown) == len(cards)
        for card, slopes in zip(shown, cards, strict=True):
            rows = card.locator("tbody tr").all()
            for row, slope in zip(rows, slopes, strict=True):
                worked, tried = row.locator("td").all_inner_texts()
                assert numbers(worked)[-1] == close(slope)
                assert numbers(tried)[0] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_the_update_leads_to_the_weights_of_the_next_step(desk):
    at, run = in_the_middle(desk)
    at.view("Look inside")
    at.page.locator(".sh-way-title").wait_for()  # the first row, without being asked
    work = stop(at, "update")
    before, after = (run.at(step).flat[0] for step in (STEP, STEP + 1))
    lines = work.locator("summary").all_inner_texts()
    assert len(lines) == 9  # (2 + 1) 2 + (2 + 1) 1
    pairs = [numbers(line.split(": ")[-1])[:2] for line in lines]
    assert sorted(pair[0] for pair in pairs) == close(sorted(before))
    assert sorted(pair[1] for pair in pairs) == pytest.approx(sorted(after), rel=1e-4, abs=1e-6)
    work.locator("summary").first.click()  # the bias of the first hidden unit
    told = work.locator("details[open] .sh-math").first.inner_text()
    # gradient descent over all rows: the rate times the mean of what each row asks for
    rows = run.prepared.parts[0].split.train
    slope = np.mean([ByHand(run, row).d1[0] for row in rows])
    assert told.startswith("step = rate * g = 0.5 * ")
    assert numbers(told)[-2:] == pytest.approx([slope, 0.5 * slope], rel=1e-4)


def test_a_row_of_the_batch_is_followed_to_the_update_that_it_is_part_of(desk):
    """Of a stream no row of the data is ever learned from: those of the batch are."""
    document = {
        "data": {"task": "xor", "batches": 5},
        "network": SETTING["network"],
        "training": {"epochs": 2, "batch_size": 6},
        "population": {"size": 2},
    }
    at = desk(Experiment.read(document, source="a test"))
    at.watch()
    at.view("Look inside")
    title = "() => document.querySelector('.sh-way-title').textContent"
    at.page.locator(".sh-way-title").wait_for()
    batch = at.page.get_by_role("button", name="A row of the batch")
    assert batch.is_disabled()  # nothing follows the end of the run
    at.go(7)
    at.until(f"{title}.includes(', network 1 at step 7 of 10')")
    batch.click()
    at.until(f"{title}.startsWith('row 1 of 6 in the batch of step 8, network 1 at step 7 of 10')")
    at.type("Row of the batch", 3, within=".sh-main")
    at.until(f"{title}.startsWith('row 3 of 6 in the batch of step 8')")
    work = stop(at, "update")
    assert "This row is one of 6 in the batch of this step" in work.inner_text()
    at.page.get_by_role("button", name="A row of the data").click()
    at.until(f"{title}.startsWith('row 1 of xor, ')")
    at.until("() => document.querySelector('.sh-work').textContent.includes('not in the batch')")


@pytest.mark.parametrize(
    ("locale", "title", "weight"),
    [
        (
            "ja",
            "大小比較の 1 行目、ネットワーク 1、ステップ 3（全 5）",
            "第 1 層、ユニット 1：バイアス",
        ),
        ("ko", "크기 비교의 1번째 행, 네트워크 1, 스텝 3 / 5", "1층, 유닛 1: 편향"),
    ],
)
def test_title_and_names_are_of_the_language_of_the_page(desk, locale, title, weight):
    at = desk(Experiment.read(SETTING, source="a test"), ui={"mode": "watch", "position": 3,
              "view": "inside"}, settle=False, locale=locale)  # fmt: skip
    at.until("told => document.querySelector('.sh-way-title')?.textContent.startsWith(told)", title)
    at.page.locator(".sh-stop").last.click()
    at.until(
        "told => document.querySelector('.sh-work summary')?.textContent.startsWith(told)", weight
    )


def test_the_way_is_gone_with_the_keyboard_and_follows_the_timeline(desk):
    at, _ = in_the_middle(desk)
    at.view("Look inside")
    at.page.get_by_role("button", name="Onwards").focus()
    for name in ("layer 1", "output", "answer and loss", "back: output"):
        at.page.keyboard.press("Enter")
        at.until("name => document.querySelector('.sh-stop.sh-chosen').textContent === name", name)
    at.go(STEP + 1)
    at.until("() => document.querySelector('.sh-way-title').textContent.includes('at step 4 of 5')")
    assert at.page.locator(".sh-stop.sh-chosen").inner_text() == "back: output"  # one stays there


def test_the_unit_that_is_spoken_of_lights_up(desk):
    at, _ = in_the_middle(desk)
    at.view("Look inside")
    at.page.locator(".sh-way-title").wait_for()
    lit = at.page.locator(".sh-inside-diagram g.sh-lit text")
    assert lit.all_text_contents() == ["1", "2"]  # the inputs
    work = stop(at, "layer 1")
    headings = work.locator(".sh-card h2").all_inner_texts()
    assert headings == ["unit 1", "unit 2"]
    work.locator(".sh-card").nth(1).hover()
    at.until("() => document.querySelectorAll('.sh-inside-diagram g.sh-lit').length === 1")
    assert lit.all_text_contents() == ["2"]
    diagram = at.page.locator(".sh-inside-diagram")
    assert diagram.get_attribute("aria-label").endswith("unit 2 of layer 1.")
