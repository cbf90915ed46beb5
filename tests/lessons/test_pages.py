"""A lesson as a page: one file that may load nothing, with contents, languages and folded code."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from shoal.lessons.carrying import Carried
from shoal.lessons.exporting import page_names
from shoal.lessons.index import fragment, index_page
from shoal.lessons.pages import lesson_page, name_of, words_of
from shoal.lessons.shelf import LANGUAGES, LESSONS

LOADS = re.compile(r"""(?:src|srcset|href)="(?!data:|#)([^"]*)""")


@pytest.fixture(scope="module")
def page(carried: Carried) -> str:
    others = {code: name_of("01_or", code) for code in LANGUAGES}
    return lesson_page(carried, others=others, home="index.ja.html").decode()


def test_a_page_may_load_nothing_and_names_its_own_neighbours_alone(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert set(LOADS.findall(page)) == {"index.ja.html", "01_or.html", "01_or.ko.html"}
    body = page.split("</head>")[1]
    assert "<style" not in body  # which the policy would refuse
    assert not re.search(r"<[^>]*\sstyle=", body)


def test_its_language_title_and_contents(page: str) -> None:
    assert '<html lang="ja">' in page
    assert "<title>OR を予測する</title>" in page
    headings = re.findall(r'<h2 id="(part-\d+)">(.*?)</h2>', page)
    links = re.findall(r'<li><a href="#(part-\d+)">(.*?)</a></li>', page)
    assert len(headings) == 11
    assert links == headings
    assert page.index("<h1>") < page.index("<nav") < page.index("<h2 id=")


def test_every_element_is_closed(page: str) -> None:
    void = {"meta", "img", "source", "br", "hr", "input", "link", "wbr"}

    class Nesting(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in void:
                self.open.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Nesting()
    parser.feed(page)
    assert parser.open == []


def test_code_is_folded_and_texts_show_none(page: str, carried: Carried) -> None:
    folded = re.findall(r'<details class="sl-code">.*?</details>', page, re.DOTALL)
    plain = [re.sub(r"<[^>]*>", "", each) for each in folded]
    assert any("batch_size=32" in each for each in plain)
    assert all("def sheet" not in each for each in plain)
    # cells that only ask the lesson for a text show nothing of how it is done
    assert not any("lesson.text(&quot;opening&quot;)" in each for each in plain)
    assert "Lesson.languages" not in page
    assert " open" not in "".join(re.findall(r"<details[^>]*>", page))


def test_results_stand_in_details_only(page: str) -> None:
    revealed = page.count('<details class="sl-revealed">')
    assert revealed == 8 + 3  # predictions and questions
    assert page.count('class="sl-verdict"') == revealed
    body = page.split("</head>")[1]
    outside = re.sub(r'<details class="sl-revealed">.*?</details>', "", body, flags=re.DOTALL)
    assert "sl-verdict" not in outside
    assert "sl-chart" not in outside


def test_words_are_counted_without_code_and_charts(carried: Carried) -> None:
    assert "OR を予測する" in words_of(carried)
    assert "Experiment" not in words_of(carried)


@pytest.mark.parametrize("served", [False, True])
def test_the_index_lists_every_lesson(served: bool) -> None:
    made = index_page("ko", served=served).decode()
    for lesson in LESSONS.values():
        if lesson.is_there:
            address = f"/{lesson.name}/?language=ko" if served else f"{lesson.name}.ko.html"
            assert f'href="{address}"' in made
    assert "20분" in made
    assert ("location.replace" in made) is served
    assert fragment("03_greater", "ja") == "#03_greater.ja"


def test_names_of_all_pages() -> None:
    names = page_names(("en", "ja"))
    assert {"index.html", "index.ja.html", "01_or.html", "01_or.ja.html"} <= set(names)
    assert len(names) == len(set(names))
