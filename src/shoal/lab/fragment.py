"""A session as the fragment of an address: what travels from one person to another.

``#1.`` and the JSON of session and page, deflated and written in the letters of addresses. A
browser sends it to no server. Tables of one's own are not in it, only their digests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from shoal.data.file_recipe import FileData
from shoal.data.frames import PARQUET_MAGIC
from shoal.data.image_recipe import ImageData
from shoal.data.opening import read_content
from shoal.errors import InputError
from shoal.experiments import Experiment
from shoal.experiments.document import GivenData
from shoal.lab.session import OwnTable, Session

VERSION: Final = "#1."
MAX_LETTERS: Final = 400_000
MAX_TEXT: Final = 2_000_000
"""Bytes of the JSON; all these bounds are those of the page (web/src/wire/fragment.ts)."""
MAX_DEPTH: Final = 12
_LETTERS: Final = re.compile(r"[A-Za-z0-9_-]*")
_WHERE: Final = "the link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a fragment holds.

    Attributes:
        session: what is trained.
        ui: how the page shows it; the page's own affair.
    """

    session: Session
    ui: dict[str, Any] = field(default_factory=dict)


def link_of(experiment: Experiment) -> str:
    """Return the fragment that opens an experiment in the lab.

    It goes after the address of a lab, or to ``shoal lab``. Rows of a file are not in it: who
    opens it is asked for the file.

    Args:
        experiment: of a task, or of a CSV file.

    Raises:
        InputError: its rows were handed over in Python or are images, or its file cannot be read.

    Example:
        >>> import shoal
        >>> link = link_of(shoal.Experiment(data="xor"))
        >>> link[:3], read_fragment(link).session.experiment["data"]["task"]
        ('#1.', 'xor')
    """
    return write_fragment(Shared(session=session_of(experiment)[0]))


def session_of(experiment: Experiment) -> tuple[Session, bytes | None]:
    """Return the session that begins with an experiment, and its own table if it has one.

    Raises:
        InputError: see `link_of`.
    """
    experiment.check_portable()
    document, data = experiment.document(), experiment.data
    if isinstance(data, GivenData | ImageData):
        given = isinstance(data, GivenData)
        raise _no_rows(experiment, "rows that were handed over in Python" if given else "images")
    if not isinstance(data, FileData):
        return Session(experiment=document), None
    table = read_content(data.file, experiment.folder)
    if table.startswith(PARQUET_MAGIC):
        raise _no_rows(experiment, "a Parquet file")
    digest = hashlib.sha256(table).hexdigest()
    document["data"]["file"] = f"{digest}.csv"
    own = OwnTable(digest=digest, name=Path(data.file).name[-120:])
    return Session(experiment=document, table=own), table


def _no_rows(experiment: Experiment, kind: str) -> InputError:
    told = f"must be a task or a CSV file for the lab; got {kind}"
    return InputError(f"{experiment.source}, data: {told}.", code="L102")


def write_fragment(shared: Shared) -> str:
    """Return the fragment of a session."""
    session = shared.session.model_dump(mode="json", exclude_defaults=True)
    document = {"session": session, "ui": shared.ui}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflater.compress(text.encode()) + deflater.flush()
    return VERSION + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_fragment(link: str) -> Shared:
    """Return the session in a link, or in a fragment alone.

    Args:
        link: an address with a fragment, or the fragment from its ``#`` on.

    Raises:
        InputError: it holds no session; why, in one sentence.
    """
    sign = link.rfind("#")
    fragment = link[sign:].strip() if sign >= 0 else ""
    if not fragment.startswith(VERSION):
        raise InputError(
            f"{_WHERE}: must have a part that begins with '{VERSION}'. Copy all of it.", code="L102"
        )
    if len(fragment) > MAX_LETTERS:
        told = f"must have at most {MAX_LETTERS:,} letters; got {len(fragment):,}"
        raise InputError(f"{_WHERE}: {told}.", code="L102")
    document = _document(_inflated(fragment.removeprefix(VERSION)))
    if not isinstance(document, dict) or not isinstance(document.get("session"), Mapping):
        raise InputError(f"{_WHERE}: holds no session of the lab.", code="L102")
    ui = document.get("ui")
    try:
        session = Session.model_validate(document["session"])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        told = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InputError(f"{_WHERE}, session.{place}: {told}.", code="L102") from None
    return Shared(session=session, ui=ui if isinstance(ui, dict) else {})


def _inflated(letters: str) -> bytes:
    """Return what was deflated; no more than `MAX_TEXT` of it is ever in memory."""
    if not _LETTERS.fullmatch(letters):
        _damaged()
    try:
        packed = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        text = inflater.decompress(packed, MAX_TEXT + 1)
    except (ValueError, binascii.Error, zlib.error):
        _damaged()
    if len(text) > MAX_TEXT:
        raise InputError(
            f"{_WHERE}: must hold at most {MAX_TEXT:,} bytes; it holds more.", code="L102"
        )
    if not inflater.eof or inflater.unused_data:
        _damaged()
    return text


def _document(text: bytes) -> Any:
    try:
        document = json.loads(text.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        _damaged()
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
    if any(isinstance(value, dict | list) for value in level):
        _damaged()
    return document


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _damaged() -> NoReturn:
    raise InputError(f"{_WHERE}: is damaged or cut off. Copy all of it.", code="L102")
