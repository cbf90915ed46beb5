"""Sessions in the fragment of an address: there and back, and what is no link."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

import shoal
from shoal.errors import InputError
from shoal.experiments.document import GivenData
from shoal.lab.fragment import (
    MAX_LETTERS,
    MAX_TEXT,
    Shared,
    link_of,
    read_fragment,
    session_of,
    write_fragment,
)
from shoal.lab.session import Branch, Edit, OwnTable, Pin, Session

DAMAGED = "the link: is damaged or cut off. Copy all of it."


def packed(text: bytes) -> str:
    """Return a fragment as `shoal.lab.fragment` describes it, by other means."""
    deflated = zlib.compress(text, 9)[2:-4]  # without the header and the sum of zlib
    return "#1." + base64.urlsafe_b64encode(deflated).decode().rstrip("=")


def a_session() -> Session:
    return Session(
        experiment={"data": {"task": "xor"}, "population": {"size": 3}},
        table=OwnTable(digest="0" * 64, name="観測.csv"),
        branches=(Branch(at=5, changes={"training.optimizer.learning_rate": 0.5},
                         edits=(Edit(parameter=3, value=-1.25),)),),
        pins=(Pin(name="A", experiment={"data": "or"}),),
    )  # fmt: skip


def test_a_session_there_and_back() -> None:
    shared = Shared(session=a_session(), ui={"view": "curves", "speed": 0.5})
    fragment = write_fragment(shared)
    assert read_fragment(fragment) == shared
    assert read_fragment(f"http://127.0.0.1:8517/{fragment}") == shared
    assert read_fragment(f"  http://a/?token=1{fragment}\n") == shared


def test_a_fragment_is_what_the_page_writes() -> None:
    document = {"session": {"experiment": {"data": "or"}}, "ui": {"mode": "watch"}}
    found = read_fragment(packed(json.dumps(document).encode()))
    assert found == Shared(session=Session(experiment={"data": "or"}), ui={"mode": "watch"})


PAGE = """
import { deflateRawSync, inflateRawSync } from "node:zlib";
const given = JSON.parse(process.argv[1]);
const read = JSON.parse(inflateRawSync(Buffer.from(given.fragment.slice(3), "base64url")));
const written = deflateRawSync(Buffer.from(JSON.stringify(given.document))).toString("base64url");
console.log(JSON.stringify({ read, written: "#1." + written }));
"""


def test_a_fragment_is_read_and_written_alike_by_another_language() -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    shared = Shared(session=a_session(), ui={"view": "curves"})
    document = {"session": a_session().model_dump(mode="json"), "ui": {"view": "curves"}}
    given = json.dumps({"fragment": write_fragment(shared), "document": document})
    command = ["node", "--input-type=module", "-e", PAGE, given]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    got = json.loads(done.stdout)
    assert Session.model_validate(got["read"]["session"]) == a_session()
    assert read_fragment(got["written"]) == shared


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("", "the link: must have a part that begins with '#1.'. Copy all of it."),
        ("http://a/", "the link: must have a part that begins with '#1.'. Copy all of it."),
        ("#2.abc", "the link: must have a part that begins with '#1.'. Copy all of it."),
        ("1.abc", "the link: must have a part that begins with '#1.'. Copy all of it."),
        ("#1.", DAMAGED),
        ("#1.a", DAMAGED),
        ("#1.!!!!", DAMAGED),
        ("#1.q1Yq+/==", DAMAGED),
        ("#1.q1Yq q1Yq", DAMAGED),
        ("#1." + "A" * 4000, DAMAGED),
        (write_fragment(Shared(session=a_session()))[:-9], DAMAGED),
        (write_fragment(Shared(session=a_session())) + "AAAA", DAMAGED),
        (packed(b"\xff"), DAMAGED),
        (packed(b"{"), DAMAGED),
        (packed(b'{"session": {"experiment": {"a": NaN}}}'), DAMAGED),
        (packed(b"[" * 100_000), DAMAGED),
        (packed(b'{"session": ' + b"[" * 12 + b"]" * 12 + b"}"), DAMAGED),
        (
            packed(b'{"session": ' + b"[" * 11 + b"]" * 11 + b"}"),
            "the link: holds no session of the lab." " Copy all of the link.",
        ),
        (packed(b"[]"), "the link: holds no session of the lab." " Copy all of the link."),
        (packed(b"null"), "the link: holds no session of the lab." " Copy all of the link."),
        (packed(b'{"session": []}'), "the link: holds no session of the lab."
                                     " Copy all of the link."),
        (packed(b'{"session": {}}'), "the link, session.experiment: field required."
                                     " Copy all of the link."),
        (
            packed(b'{"session": {"experiment": {}, "path": "/etc"}}'),
            "the link, session.path: extra inputs are not permitted." " Copy all of the link.",
        ),
        (
            "#1." + "A" * MAX_LETTERS,
            f"the link: must have at most 400,000 letters; got {MAX_LETTERS + 3:,}."
            " Copy all of the link.",
        ),
    ],
)  # fmt: skip
def test_what_is_no_link_is_one_sentence(link: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read_fragment(link)
    assert str(refused.value) == told


def test_a_link_that_unfolds_without_end_is_refused_in_little_memory() -> None:
    """100 MB of blanks are 130,000 letters."""
    import tracemalloc

    bomb = packed(b" " * 100_000_000)
    assert len(bomb) < MAX_LETTERS
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        read_fragment(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        str(refused.value) == "the link: must hold at most 2,000,000 bytes; it holds more."
        " Copy all of the link."
    )
    assert most < 4 * MAX_TEXT


def test_the_link_of_an_experiment_opens_the_same_one() -> None:
    experiment = shoal.Experiment(data="xor", population=3, seed=9)
    found = read_fragment(link_of(experiment)).session
    assert shoal.Experiment.read(found.experiment) == experiment
    assert (found.table, found.branches, found.pins) == (None, (), ())


def test_a_link_of_a_file_holds_its_digest_and_neither_its_rows_nor_its_place(
    tmp_path: Path,
) -> None:
    table = b"a,b,kind\n1,2,x\n3,4,y\n"
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "mine.csv").write_bytes(table)
    (tmp_path / "e.toml").write_text('[data]\nfile = "secret/mine.csv"\ntarget = "kind"\n')
    experiment = shoal.Experiment.load(tmp_path / "e.toml")
    session, content = session_of(experiment)
    digest = hashlib.sha256(table).hexdigest()
    assert content == table
    assert session.table == OwnTable(digest=digest, name="mine.csv")
    assert session.experiment["data"]["file"] == f"{digest}.csv"
    assert read_fragment(link_of(experiment)).session == session
    assert "secret" not in json.dumps(session.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [(GivenData(given="rows"), "rows that were handed over in Python"),
     ({"images": "digits", "labels": "digits"}, "images")],
)  # fmt: skip
def test_rows_that_no_link_can_hold(data: Any, kind: str) -> None:
    experiment = shoal.Experiment(data=data)
    with pytest.raises(InputError) as refused:
        link_of(experiment)
    told = (
        f"experiment, data: must be a task or a CSV file for the lab; got {kind}."
        " Copy all of the link."
    )
    assert str(refused.value) == told
