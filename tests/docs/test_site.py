"""The built pages: every link leads somewhere, nothing is asked of another host."""

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages, built as ``make docs`` does; warnings are errors."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-j", "auto", "-q",
         "-d", str(folder / "doctrees"), "docs", str(folder / "html")],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Page(HTMLParser):
    """What a page links to, loads, and can be linked by."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])
        elif given.get("src"):
            self.loads.append(given["src"])


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def target_of(path, link):
    """Return the file and the anchor that a link means; None where it leaves."""
    parsed = urlparse(link)
    if parsed.scheme or parsed.netloc:
        return None
    place = path if not parsed.path else (path.parent / unquote(parsed.path)).resolve()
    return (place / "index.html" if place.is_dir() else place), unquote(parsed.fragment)


def test_every_link_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            if link in ("#", "") or (found := target_of(path, link)) is None:
                continue
            place, anchor = found
            known = pages[place].ids if place in pages else None
            if not place.exists() or (anchor and known is not None and anchor not in known):
                broken.append((path.name, link))
    assert not broken
    assert sum(len(page.links) for page in pages.values()) > 5000


def test_everything_that_is_loaded_is_here(pages):
    for path, page in pages.items():
        for link in page.loads:
            if not link.startswith("data:"):
                found = target_of(path, link)
                assert found is not None, (path.name, link)
                assert found[0].exists(), (path.name, link)


def test_every_page_of_the_tree_is_there(site):
    for page in (ROOT / "docs").glob("*.md"):
        built = site / f"{page.stem}.html"
        assert built.exists(), page.name
        assert "toctree-l1 current" in built.read_text("utf-8") or page.stem == "index", page.name


def test_no_request_leaves(site):
    """In Chromium, from the disk and without a network: nothing else is asked for."""
    driven = pytest.importorskip("playwright.sync_api")
    if not shutil.which("chromium"):
        pytest.skip("no chromium")
    shown = ("index", "gallery", "statistics", "reference/names/training", "reference/keys")
    with driven.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
        page = context.new_page()
        asked, failed, errors = [], [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in shown:
            page.goto((site / f"{name}.html").as_uri())
            page.wait_for_timeout(200)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, f"{name} is wider than a telephone: {width}"
        page.goto((site / "search.html").as_uri() + "?q=learning_rate")
        page.wait_for_selector("#search-results li a")
        page.wait_for_selector("text=Search finished, found")
        browser.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert not failed
    assert not errors
