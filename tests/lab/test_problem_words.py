"""What is wrong reaches a page with its code, and the page has words for every kind of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab_recorded import Client

from shoal.codes import CODES, KINDS
from shoal.lab.messages import Open
from shoal.lab.opening import Memory, RefusedError, open_session
from shoal.lab.session import Session
from shoal.lab.studio import Studio
from shoal.lab.tables import Folder, Tables

STRINGS = Path(__file__).parents[2] / "web" / "src" / "strings"


def words_of(language):
    text = (STRINGS / f"problems_{language}.ts").read_text()
    return dict(re.findall(r'^  (\w+): "(.*)",$', text, re.MULTILINE))


def test_english_words_are_those_of_the_codes():
    words = words_of("en")
    assert {k: v for k, v in words.items() if len(k) == 1} == KINDS
    named = {k: v for k, v in words.items() if len(k) > 1}
    assert named == {code: CODES[code].name for code in named}


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_every_kind_of_code_has_words(language):
    words = words_of(language)
    assert set(words) == set(words_of("en"))
    assert all(words.values())


def problems_of(**session):
    folder = Folder()
    try:
        message = Open(id=1, session=Session.model_validate(session))
        open_session(message, Tables(folder), Memory())
    except RefusedError as error:
        return {each.where: each.code for each in error.problems}
    finally:
        folder.close()
    return {}


def test_a_problem_carries_the_code_of_its_error():
    wrong = {"training": {"epochs": -1, "optimzer": {}}}
    codes = {"training.epochs": "X103", "training.optimzer": "X101"}
    assert problems_of(experiment=wrong) == codes
    pins = [{"name": "a", "experiment": {"training": {"epochs": -1}}}]
    assert problems_of(experiment={}, pins=pins) == {"pins[0].training.epochs": "X103"}


def test_what_only_the_lab_forbids_has_a_code_of_the_lab():
    (code,) = problems_of(experiment={"population": {"size": 100_000}}).values()
    assert code == "L101"


def test_branches_carry_codes_too():
    branch = {"of": -1, "at": 0, "changes": {"training.epochs": -1}}
    (code,) = problems_of(experiment={}, branches=[branch]).values()
    assert code == "X103"
    late = {"of": -1, "at": 10**9, "changes": {}}
    assert problems_of(experiment={}, branches=[late]) == {"branches[0].at": "L103"}


def test_a_table_that_is_missing_has_a_code():
    table = {"digest": "0" * 64, "name": "mine.csv"}
    codes = problems_of(experiment={"data": {"file": "mine.csv"}}, table=table)
    assert codes == {"data.file": "L103"}


def test_what_an_action_cannot_do_carries_the_code():
    studio = Studio(threads=1)
    try:
        client = Client(studio)
        assert client.open({"training": {"epochs": 1}}).type == "opened"
        told = client.ask({"type": "inspect", "run": 5, "row": 0})
        assert (told.type, told.header["code"]) == ("failed", "L103")
    finally:
        studio.close()
