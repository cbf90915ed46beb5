"""``shoal serve``: models by name, a token, a socket, and the lines that say where they are."""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import re
import shlex
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from shoal.cli.exits import tell
from shoal.cli.output import print_line
from shoal.cli.tables import label
from shoal.cli.targets import MODEL, model_of
from shoal.data.wording import count, show
from shoal.errors import InputError, MissingExtraError, MissingFileError

if TYPE_CHECKING:
    from shoal.models import Model
    from shoal.serving.catalogue import Catalogue, Source

VARIABLE: Final = "SHOAL_TOKEN"
LIBRARIES: Final = ("fastapi", "uvicorn", "uvloop", "httptools", "prometheus_client")
_TOKEN: Final = "must hold a token of at least 22 letters, digits or . _ ~ + / -"
LISTED: Final = 6
"""Columns and classes that are named at the start."""


def serve_models(
    texts: Sequence[str],
    *,
    host: str,
    port: int,
    allow_hosts: Sequence[str],
    token_file: Path | None,
    max_body: int,
    max_rows: int,
    max_requests: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Serve models until SIGTERM or Ctrl-C."""
    _check_libraries()
    from shoal.serving.access import Access, loopback_hosts, named_hosts, new_token
    from shoal.serving.app import application
    from shoal.serving.catalogue import Catalogue
    from shoal.serving.gate import Bounds
    from shoal.serving.server import listen, run

    _check_hosts(host, allow_hosts)
    given = _given_token(token_file)
    token = given or new_token()
    catalogue = Catalogue.open(sources_of(texts))
    listening = listen(host, port)
    at = listening.getsockname()[1]
    own = [_in_address(host)] if _is_loopback(host) else []  # such as 127.0.0.2
    hosts = (*loopback_hosts(at, *own), *named_hosts(allow_hosts, at))
    app = application(
        catalogue, Access(token=token, hosts=hosts), max_rows=max_rows, threads=threads,
        bounds=Bounds(max_body=max_body, max_requests=max_requests),
    )  # fmt: skip
    address = f"http://{_in_address(host)}:{at}"
    found = {
        "url": address, "host": host, "port": at, "token": None if given else token,
        "models": list(catalogue.models),
    }  # fmt: skip
    told = functools.partial(_tell, catalogue, found, as_json=as_json)
    run(app.gate, listening, token=token, reload=catalogue.reload, ready=told)


def sources_of(texts: Sequence[str]) -> dict[str, Source]:
    """Return what reads each model, by name.

    Raises:
        InputError: two models have the same name.
    """
    found: dict[str, Source] = {}
    for text in texts:
        name, target = _named(text)
        if name in found:
            cure = f"Give one another: other={target}."
            raise InputError(
                f"{text}: another model is called {show(name)} already. {cure}", code="V112"
            )
        found[name] = functools.partial(_read, target)
    return found


def _read(target: str) -> Model:
    return model_of(target)


def _named(text: str) -> tuple[str, str]:
    """Return a model's name and what it is read from."""
    name, sign, target = text.partition("=")
    if sign and not Path(text).exists():
        return name, target
    return Path(text).name.removesuffix(MODEL).removeprefix("@"), text


def _check_libraries() -> None:
    """Refuse to start without what serves; each is looked up and loaded later.

    Raises:
        MissingExtraError: one is not installed.
    """
    from importlib.util import find_spec

    for name in LIBRARIES:
        if find_spec(name) is None:
            raise MissingExtraError("shoal serve", name.replace("_", "-"), "lab")


def _check_hosts(host: str, allow_hosts: Sequence[str]) -> None:
    for name in allow_hosts:
        if not re.fullmatch(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", name):
            told = "must be a host's name as requests write it, such as models.example.org"
            raise InputError(f"--allow-host: {told}; got {show(name)}.", code="V113")
    if allow_hosts or _is_loopback(host):
        return
    cure = "Name what requests will ask for: --allow-host models.example.org."
    raise InputError(f"--host {host}: others can reach it, so it needs a name. {cure}", code="V113")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_address(host: str) -> str:
    """Return a host as an address has it; the wildcard is reached as this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1"
    return f"[{address}]" if address.version == 6 else str(address)


def _given_token(file: Path | None) -> str:
    """Return the token that was given, an empty text if one is to be made.

    Raises:
        InputError: the file cannot be read, or holds no token.
    """
    from shoal.serving.access import TOKEN

    source, token, is_open = VARIABLE, os.environ.get(VARIABLE, "").strip(), False
    if file is not None:
        source = str(file)
        try:
            token = file.read_text(encoding="utf-8").strip()
            is_open = bool(file.stat().st_mode & stat.S_IROTH)
        except FileNotFoundError:
            raise MissingFileError(source) from None
        except OSError as error:
            raise InputError(
                f"{source}: cannot be read: {error.strerror or error}.", code="O105"
            ) from None
        except UnicodeDecodeError:
            raise InputError(f"{source}: {_TOKEN}; it is no text.", code="V111") from None
    elif not token:
        return ""
    if not TOKEN.fullmatch(token):
        raise InputError(f"{source}: {_TOKEN}; got {count(len(token), 'character')}.", code="V111")
    if is_open:  # no reason to refuse: secrets that a container mounts are so
        tell(f"{source}: everybody on this machine may read the token: chmod o-r {source}")
    return token


def _tell(catalogue: Catalogue, found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the address on standard output, and all that a person needs on standard error."""
    from shoal.serving.documents import example_row

    address, new_token = found["url"], found["token"]
    if as_json:
        print_line(found)
    else:
        print(address, flush=True)
    lines = [f"shoal serves {count(len(catalogue.models), 'model')}", ""]
    width = max(len(label(name)) for name in catalogue.models)
    for name, served in catalogue.models.items():
        lines.append(f"  {label(name):<{width}}   {_about(served.model)}")
    name, first = next(iter(catalogue.models.items()))
    row = shlex.quote(json.dumps(example_row(first), ensure_ascii=False))
    lines += ["", f"  export {VARIABLE}={new_token}"] if new_token else [""]
    lines += [
        f'  curl -H "Authorization: Bearer ${VARIABLE}" -H "Content-Type: application/json" \\',
        f"    -d {label(row)} {address}/models/{quote(name, safe='')}/predict",
        "",
        "Ctrl-C ends it; SIGHUP reads the models again.",
    ]
    print("\n".join(lines), file=sys.stderr, flush=True)


def _about(model: Model) -> str:
    """Return a model in a line: what it predicts from what."""
    schema = model.schema
    targets = ", ".join(_short(schema.targets))
    if schema.kind == "classification":
        targets += f" ({', '.join(_short(schema.classes))})"
    columns = ", ".join(_short([column.name for column in schema.columns]))
    return f"{targets} from {columns}; {count(len(model), 'network')}"


def _short(names: Sequence[str] | Mapping[str, object]) -> list[str]:
    shown = [label(name) for name in list(names)[:LISTED]]
    more = len(names) - LISTED
    return [*shown, f"{more:,} more"] if more > 0 else shown
