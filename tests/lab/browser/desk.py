"""What a person does at the page and reads from it, in words: the tests below are written in these.

Nothing here looks into the page's own state. What is done is done with mouse and keyboard, what is
read is text that is shown, and every wait is for something that can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

PATIENCE_MS = 60_000
"""A machine with other work to do is slow; none of the tests is about time."""
SETTLED = """() => {
  const busy = document.querySelector(".sh-busy.sh-on");
  const title = document.querySelector(".sh-headline h2");
  return !busy && title !== null && !/ at step /.test(title.textContent)
    && document.querySelector(".sh-left-column .sh-problem") === null;
}"""
DROP = """([bytes, name]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, {type: "text/csv"}));
  return carried;
}"""


def numbers(text: str) -> list[float]:
    """Return the numbers in a text shown in English: "5 to 95 %: 99.3 %" -> 5, 95, 99.3."""
    found = re.findall(r"[-−]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?", text)
    return [float(each.replace(",", "").replace("−", "-")) for each in found]


def number(text: str) -> float:
    """Return the one number in a text."""
    (found,) = numbers(text)
    return found


def percent(share: float) -> str:
    """Return a share as the page writes it: 0.8625 -> "86.3 %", halves away from 0."""
    shown = Decimal(repr(float(f"{100 * share:.6g}"))).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{shown} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The result in a glance, in percent where it is a share.

    Attributes:
        title: which figure it is, of which step.
        median: over all networks.
        band: 5th and 95th percentile, nothing with one network.
    """

    title: str
    median: float
    band: tuple[float, float] | None


class Desk:
    """A page of the lab with a person before it.

    Args:
        page: of Playwright, opened.
    """

    percent = staticmethod(percent)

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE_MS)

    # ---- seeing

    def until(self, seen: str, argument: Any = None) -> None:
        """Wait until something can be seen in the document, a function in JavaScript."""
        self.page.wait_for_function(seen, arg=argument, timeout=PATIENCE_MS)

    def settled(self) -> Headline:
        """Wait until the newest setting is trained to its end and shown."""
        self.until(SETTLED)
        return self.headline()

    def headline(self) -> Headline:
        """Read the result."""
        told = self.page.locator(".sh-headline")
        band = told.locator("> p:not(.sh-big)").all_inner_texts()
        ends = numbers(band[0])[2:4] if band else None
        return Headline(
            title=told.locator("h2").inner_text(),
            median=number(told.locator(".sh-big").inner_text()),
            band=(ends[0], ends[1]) if ends else None,
        )

    def fact(self, name: str) -> str:
        """Read a line of what is true of the data or the network: its name, then its value."""
        called = self.page.get_by_text(name, exact=True)
        line = self.page.locator(".sh-left-column .sh-fact").filter(has=called)
        return str(line.locator(".sh-figure").inner_text())

    def table(self, where: str) -> list[list[str]]:
        """Read the rows of a table."""
        self.page.locator(f"{where} tbody tr").first.wait_for()
        rows = self.page.locator(f"{where} tbody tr").all()
        return [row.locator("th, td").all_inner_texts() for row in rows]

    def spoken(self) -> str:
        """Read what a screen reader was told of the run, and of what was done last."""
        return str(self.page.locator("[aria-live=polite].sh-sr").text_content())

    def says(self, *words: str) -> None:
        """Wait until a screen reader is told all of some words."""
        self.until(
            "words => words.every(w =>"
            " document.querySelector('[aria-live=polite].sh-sr').textContent.includes(w))",
            list(words),
        )

    # ---- going somewhere

    def panel(self, name: str) -> Any:
        """Open a panel of the left column."""
        self.page.locator(".sh-left-tabs").get_by_role("tab", name=name, exact=True).click()
        return self.page.locator(".sh-left-column .sh-panel")

    def tool(self, name: str) -> Any:
        """Press a button of the bar on top."""
        self.page.locator(".sh-topbar").get_by_role("button", name=name).click()
        return self.page.locator(".sh-left-column .sh-panel")

    def view(self, tab: str, inner: str | None = None) -> Any:
        """Open a view in the middle."""
        self.page.locator(".sh-view-tabs").get_by_role("tab", name=tab, exact=True).click()
        if inner is not None:
            self.page.locator(".sh-sub-views").get_by_text(inner, exact=True).click()
        return self.page.locator(".sh-main")

    def watch(self) -> None:
        """Change to the mode in which a run is played, and go to its end, where it stands."""
        self.page.locator(".sh-timeline").get_by_text("Watch", exact=True).click()
        slider = self.page.get_by_role("slider", name="Position in the run")
        slider.press("End")
        self.at(int(slider.get_attribute("max") or 0))

    def instant(self) -> None:
        """Change to the mode in which everything is trained to its end."""
        self.page.locator(".sh-timeline").get_by_text("Instant", exact=True).click()

    def go(self, step: int) -> None:
        """Go to a step of the run by the slider of the timeline, as one drags it."""
        self.page.get_by_role("slider", name="Position in the run").fill(str(step))
        self.at(step)

    def at(self, step: int) -> None:
        """Wait until the page shows a step."""
        self.until(
            """step => {
              const [at, total] = document.querySelector(".sh-readout .sh-quiet").textContent
                .replaceAll(",", "").match(/\\d+/g).map(Number);
              const title = document.querySelector(".sh-headline h2").textContent;
              const told = title.replaceAll(",", ""), isOnWay = told.includes(" at step ");
              const busy = document.querySelector(".sh-busy.sh-on");
              return !busy && at === step
                && (told.endsWith(` at step ${step}`) || (!isOnWay && step === total));
            }""",
            step,
        )

    # ---- doing something

    def type(self, label: str, value: float, *, within: str = ".sh-left-column") -> None:
        """Type a number into its field and press Enter."""
        place = self.page.locator(within)
        field = place.get_by_role("textbox", name=f"{label}, as a number", exact=True)
        if field.count() == 0:
            field = place.get_by_role("textbox", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def choose(self, label: str, option: str) -> None:
        """Choose from a list of the left column."""
        place = self.page.locator(".sh-left-column")
        place.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def switch(self, label: str, *, within: str = ".sh-left-column") -> None:
        """Turn a switch."""
        self.page.locator(within).get_by_role("switch", name=label, exact=True).click()

    def more(self, label: str, times: int = 1) -> None:
        """Press + of a count."""
        for _ in range(times):
            self.page.get_by_role("button", name=f"One more: {label}", exact=True).click()

    def fewer(self, label: str, times: int = 1) -> None:
        """Press - of a count."""
        for _ in range(times):
            self.page.get_by_role("button", name=f"One less: {label}", exact=True).click()

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file on the field for it."""
        carried = self.page.evaluate_handle(DROP, [list(content), name])
        field = self.page.locator(".sh-drop")
        for event in ("dragenter", "dragover", "drop"):
            field.dispatch_event(event, {"dataTransfer": carried})

    def download(self, click: Callable[[], None], folder: Path) -> Path:
        """Press something that saves a file; return where it lies then."""
        with self.page.expect_download(timeout=PATIENCE_MS) as caught:
            click()
        path = folder / caught.value.suggested_filename
        caught.value.save_as(path)
        return path

    def address(self) -> str:
        """Return the part of the address that holds the session, when it has come to rest.

        The page writes it a moment after the last change: it is asked for by the dialog that
        gives it away.
        """
        self.page.locator(".sh-topbar").get_by_role("button", name="Share").click()
        field = self.page.get_by_role("textbox", name="Link", exact=True)
        self.until(
            "() => [...document.querySelectorAll('dialog input')]"
            ".some(each => each.value.startsWith('#1.'))"
        )
        link = str(field.input_value())
        self.page.get_by_role("button", name="Close", exact=True).click()
        return link
