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
    (b"host", b"origin", b"sec-fetch-site", b"authorization", b"cookie", WRITE_HEADER)
)
_READS: Final = frozenset(("GET", "HEAD"))
_CHALLENGE: Final = ((b"www-authenticate", b'Bearer realm="shoal"'),)


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

    Raises:
        ArgumentError: the token is too short, or there is no host.
    """

    token: str = field(repr=False)
    hosts: tuple[str, ...]
    cookie: str | None = None
    _token: bytes = field(init=False, repr=False)
    _pass: str = field(init=False, repr=False)
    _origins: dict[bytes, frozenset[bytes]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            wanted = "must have at least 22 letters and digits (or . _ ~ + / -), no blanks"
            raise ArgumentError("Access", "token", wanted, got=f"{len(self.token)} characters")
        if not self.hosts:
            raise ArgumentError("Access", "hosts", "must name a host", got="none")
        origins = {}
        for host in self.hosts:
            name = host.lower().encode("idna" if not host.isascii() else "ascii")
            origins[name] = frozenset((b"http://" + name, b"https://" + name))
        object.__setattr__(self, "_token", self.token.encode())
        made = hmac.new(self.token.encode(), b"cookie of shoal", hashlib.sha256).hexdigest()
        object.__setattr__(self, "_pass", made)
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
        return self._foreign(found) or self._without_token(scope, found)

    def entry(self, scope: Any) -> tuple[bytes, bytes] | None:
        """Return the cookie that a page gets which was opened with the token in its address.

        None where that is not asked: cookies are off, or it is not ``GET /?token=...``.
        A foreign host or origin, and a wrong token, are left to `check`, which refuses them.
        """
        if self.cookie is None or scope["type"] != "http" or scope["method"] != "GET":
            return None
        if scope["path"] != "/" or b"token=" not in scope["query_string"]:
            return None
        found = {name: value for name, value in scope["headers"] if name in _WATCHED}
        n_watched = sum(name in _WATCHED for name, _ in scope["headers"])
        given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
        if n_watched > len(found) or self._foreign(found) is not None:
            return None
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token):
            return None
        made = f"{self.cookie}={self._pass}; Path=/; HttpOnly; SameSite=Strict"
        return (b"set-cookie", made.encode())

    def _foreign(self, found: dict[bytes, bytes]) -> RequestError | None:
        """Refuse names of this machine that are not ours, and pages of others."""
        origins = self._origins.get(found.get(b"host", b"").lower())
        if origins is None:
            return RequestError(403, "the header Host names no host that is served here.")
        origin = found.get(b"origin")
        if origin is not None and origin not in origins:
            return RequestError(403, "the header Origin names another page: it may not ask here.")
        if found.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return RequestError(403, "a browser sent this for another site: it may not ask here.")
        return None

    def _without_token(self, scope: Any, found: dict[bytes, bytes]) -> RequestError | None:
        given = found.get(b"authorization", b"")
        if given[:7].lower() == b"bearer " and hmac.compare_digest(given[7:], self._token):
            return None
        if self.cookie is not None and not given and b"cookie" in found:
            return self._cookie(scope, found)
        told = "a token is needed: send the header Authorization: Bearer and the token."
        return RequestError(401, told, headers=_CHALLENGE)

    def _cookie(self, scope: Any, found: dict[bytes, bytes]) -> RequestError | None:
        """Check a cookie, which a browser sends by itself: so it is not enough for writing."""
        wanted = f"{self.cookie}={self._pass}".encode()
        parts = (part.strip() for part in found[b"cookie"].split(b";"))
        if not any(hmac.compare_digest(part, wanted) for part in parts):
            told = "the page's cookie is not of this server: open the address with the token again."
            return RequestError(401, told, headers=_CHALLENGE)
        if scope["type"] == "websocket" and b"origin" not in found:
            return RequestError(403, "a WebSocket with a cookie must bring the header Origin.")
        reads = scope["type"] == "websocket" or scope["method"] in _READS
        if not reads and WRITE_HEADER not in found:
            return RequestError(403, "a write with a cookie must bring the header X-Shoal.")
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
