"""Who may ask: exact names of the host, same origin, and a token; decided from headers alone.

A web page that a browser has open can send requests to this machine, and a name that an
attacker owns can point here; so every request says which name it believes to be asking and
brings a secret that no other page knows.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from shoal.errors import ArgumentError
from shoal.serving.refusals import RequestError

TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{22,512}=*")
"""A token as RFC 6750 writes it; 22 signs of base64 are 128 bits."""
WRITE_HEADER: Final = b"x-shoal"
"""What a page sends with every write: another page's form cannot."""

_WATCHED: Final = frozenset(
    (
        b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest",
        b"authorization", b"cookie", WRITE_HEADER,
    )
)  # fmt: skip
_READS: Final = frozenset(("GET", "HEAD"))
_CHALLENGE: Final = ((b"www-authenticate", b'Bearer realm="shoal"'),)


_OWN_SITES: Final = (b"none", b"same-origin")


class Ticket:
    """A token for one use: what a program is started with, others on the machine can read.

    Example:
        >>> ticket = Ticket()
        >>> ticket.take(b"wrong"), ticket.take(ticket.token.encode())
        (False, True)
        >>> ticket.take(ticket.token.encode())
        False
    """

    def __init__(self) -> None:
        self.token = new_token()
        self._is_good = True

    def take(self, given: bytes) -> bool:
        """Return whether this is the token, which is none from then on."""
        taken = self._is_good and hmac.compare_digest(given, self.token.encode())
        self._is_good = self._is_good and not taken
        return taken


def new_token() -> str:
    """Return a token of 256 random bits."""
    return secrets.token_urlsafe(32)


def loopback_hosts(port: int, *others: str) -> tuple[str, ...]:
    """Return how a browser on this machine names a server on a port.

    Args:
        port: of the server.
        others: names beside the usual ones, such as another address of this machine.

    Example:
        >>> loopback_hosts(8000)
        ('127.0.0.1:8000', 'localhost:8000', '[::1]:8000')
    """
    names = dict.fromkeys(("127.0.0.1", "localhost", "[::1]", *others))
    return _with_port(names, port)


def named_hosts(names: Sequence[str], port: int) -> tuple[str, ...]:
    """Return names that a proxy passes on, with the port and, without one, as they stand.

    Example:
        >>> named_hosts(["models.example.org", "box:99"], 8000)
        ('models.example.org', 'models.example.org:8000', 'box:99')
    """
    found: list[str] = []
    for name in names:
        has_port = re.search(r":\d+$", name) is not None
        found += [name] if has_port else [name, *_with_port((name,), port)]
    return tuple(dict.fromkeys(found))


def _with_port(names: Iterable[str], port: int) -> tuple[str, ...]:
    # a browser leaves the port of its scheme away
    return tuple(name if port == 80 else f"{name}:{port}" for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a request must bring.

    Attributes:
        token: at least 128 bits.
        hosts: what the header Host may be, with the port, nothing else.
        cookie: the name of a cookie that stands for the token once a page was opened with it
            in the address of ``GET /``; None: a token comes in the header Authorization only.
            With it a page of this machine is served: its origin is ``http://`` and the host,
            each WebSocket must bring one, and a link on another page may lead to ``GET /``.
        ticket: opens a page once in place of the token.
        pass_: the cookie, name and value.

    Raises:
        ArgumentError: the token is too short, or there is no host.
    """

    token: str = field(repr=False)
    hosts: tuple[str, ...]
    cookie: str | None = None
    ticket: Ticket | None = field(default=None, repr=False)
    _token: bytes = field(init=False, repr=False)
    pass_: bytes = field(init=False, repr=False)
    _origins: dict[bytes, frozenset[bytes]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            wanted = "must have at least 22 letters and digits (or . _ ~ + / -), no blanks"
            raise ArgumentError(
                "Access", "token", wanted, got=f"{len(self.token)} characters", code="A102"
            )
        if not self.hosts:
            raise ArgumentError("Access", "hosts", "must name a host", got="none", code="A106")
        origins = {}
        for host in self.hosts:
            name = host.lower().encode("idna" if not host.isascii() else "ascii")
            schemes = (b"http://", b"https://") if self.cookie is None else (b"http://",)
            origins[name] = frozenset(scheme + name for scheme in schemes)
        object.__setattr__(self, "_token", self.token.encode())
        made = hmac.new(self.token.encode(), b"cookie of shoal", hashlib.sha256).hexdigest()
        object.__setattr__(self, "pass_", f"{self.cookie}={made}".encode())
        object.__setattr__(self, "_origins", origins)

    def check(self, scope: Any) -> RequestError | None:
        """Return why a request or a WebSocket is refused, None if it may come in.

        Args:
            scope: of ASGI, of type http or websocket.
        """
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _WATCHED:
                if name in found:
                    told = f"the header {name.decode().title()} is there twice. Send it once."
                    return RequestError(400, told)
                found[name] = value
        return self._foreign(scope, found) or self._without_token(scope, found)

    def entry(self, scope: Any) -> tuple[bytes, bytes] | None:
        """Return the cookie that a page gets which was opened with the token in its address.

        None where that is not asked: cookies are off, or it is not ``GET /?token=...``.
        A foreign host or origin, and a wrong token, are left to `check`, which refuses them.
        """
        if not self.is_page(scope) or b"token=" not in scope["query_string"]:
            return None
        found = {name: value for name, value in scope["headers"] if name in _WATCHED}
        n_watched = sum(name in _WATCHED for name, _ in scope["headers"])
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        given = asked.get("token", "").encode("utf-8", "replace")
        if n_watched > len(found) or self._foreign(scope, found) is not None:
            return None
        if not hmac.compare_digest(given, self._token) and not self._takes(given):
            return None
        return (b"set-cookie", self.pass_ + b"; Path=/; HttpOnly; SameSite=Strict")

    def is_page(self, scope: Any) -> bool:
        """Return whether a request is for the page that a cookie opens: ``GET /``."""
        if self.cookie is None or scope["type"] != "http":
            return False
        return bool(scope["method"] == "GET" and scope["path"] == "/")

    def _takes(self, given: bytes) -> bool:
        return self.ticket is not None and self.ticket.take(given)

    def _foreign(self, scope: Any, found: dict[bytes, bytes]) -> RequestError | None:
        """Refuse names of this machine that are not ours, and pages of others."""
        origins = self._origins.get(found.get(b"host", b"").lower())
        if origins is None:
            return RequestError(403, "the header Host names no host that is served here.")
        origin = found.get(b"origin")
        if origin is not None and origin not in origins:
            return RequestError(403, "the header Origin names another page: it may not ask here.")
        if scope["type"] == "websocket" and self.cookie is not None and origin is None:
            return RequestError(403, "a WebSocket must bring the header Origin.")
        site = found.get(b"sec-fetch-site", b"none")
        if site not in _OWN_SITES and not self._is_link(scope, found):
            return RequestError(403, "a browser sent this for another site: it may not ask here.")
        return None

    def _is_link(self, scope: Any, found: dict[bytes, bytes]) -> bool:
        """Return whether a person followed a link to the page: it is shown to nobody else."""
        goes_there = found.get(b"sec-fetch-mode") == b"navigate"
        return goes_there and found.get(b"sec-fetch-dest") == b"document" and self.is_page(scope)

    def _without_token(self, scope: Any, found: dict[bytes, bytes]) -> RequestError | None:
        given = found.get(b"authorization", b"")
        if given[:7].lower() == b"bearer " and hmac.compare_digest(given[7:], self._token):
            return None
        if self.cookie is not None and not given and b"cookie" in found:
            return self._cookie(scope, found)
        told = "a token is needed. Send the header Authorization: Bearer and the token."
        return RequestError(401, told, headers=_CHALLENGE)

    def _cookie(self, scope: Any, found: dict[bytes, bytes]) -> RequestError | None:
        """Check a cookie, which a browser sends by itself: so it is not enough for writing."""
        parts = (part.strip() for part in found[b"cookie"].split(b";"))
        if not any(hmac.compare_digest(part, self.pass_) for part in parts):
            told = "the page's cookie is not of this server. Open the address with the token again."
            return RequestError(401, told, headers=_CHALLENGE)
        reads = scope["type"] == "websocket" or scope["method"] in _READS
        if not reads and WRITE_HEADER not in found:
            return RequestError(403, "a write with a cookie lacks the header X-Shoal. Send it.")
        return None


class Redaction(logging.Filter):
    """Writes stars where a token stands in a line of the log.

    Args:
        token: what nobody is to read there.
    """

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record; it is always logged."""
        told = record.getMessage()
        if self._token in told:
            record.msg, record.args = told.replace(self._token, "***"), None
        return True
