"""All lessons in a browser of this machine: marimo's own application, behind the gate of shoal.

marimo runs each notebook for each reader; this adds the key, a policy that lets the page ask this
server alone, an index page, and a lab beside it that starts when a lesson's link is followed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, Final

from shoal.errors import MissingExtraError
from shoal.lessons.beside import LabBeside
from shoal.lessons.contents import LAB_VARIABLE
from shoal.lessons.described import all_described
from shoal.lessons.index import index_page
from shoal.lessons.shelf import LANGUAGES, folder

LIBRARIES: Final = ("marimo", "starlette", "uvicorn", "uvloop", "httptools", "websockets")
PORTS: Final = range(8537, 8557)
"""Tried one after another where none is asked for."""
LAB: Final = "/lab"
"""The address that a lesson's link to the lab goes to."""
POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    b"base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""marimo's page needs scripts and styles of its own; no other host can be asked for anything."""
HEAD: Final = """<script>
{
  const send = window.fetch;
  window.fetch = (what, how = {}) => {
    const headers = new Headers(how.headers ?? (what instanceof Request ? what.headers : {}));
    headers.set("X-Shoal", "1");
    return send(what, { ...how, headers });
  };
}
</script>"""
"""What a page sends with every write, so that the gate knows it from another page's form."""


def check_libraries() -> None:
    """Refuse to start without what serves.

    Raises:
        MissingExtraError: one is not installed.
    """
    from importlib.util import find_spec

    for name in LIBRARIES:
        if find_spec(name) is None:
            raise MissingExtraError("shoal lessons", name, "lessons")


def run_lessons(port: int | None, *, ready: Callable[[str, str, str], None]) -> None:
    """Serve all lessons and stay until Ctrl-C, SIGTERM or SIGHUP.

    Args:
        port: None: the first of `PORTS` that is free.
        ready: told the address, its token, and a token for one use, once pages are answered.

    Raises:
        InputError: the port is in use.
        MissingExtraError: what serves is not installed.
    """
    check_libraries()
    from shoal.serving.access import Access, Ticket, loopback_hosts, new_token
    from shoal.serving.doorway import Doorway
    from shoal.serving.gate import SECURITY, Gate
    from shoal.serving.server import run

    with _listening(port) as line, LabBeside() as lab:
        at = line.getsockname()[1]
        token, ticket = new_token(), Ticket()
        hosts = loopback_hosts(at)[:2]
        access = Access(token=token, hosts=hosts, cookie=f"shoal_lessons_{at}", ticket=ticket)
        security = ((SECURITY[0][0], POLICY), *SECURITY[1:])
        os.environ[LAB_VARIABLE] = LAB
        served = application(lab)
        gate = Gate(served, access, doorway=Doorway("shoal lessons", HOW), security=security)
        address = f"http://127.0.0.1:{at}/"
        run(
            gate, line, token=token, grace=0, ending=lambda: end_readings(served),
            ready=lambda: ready(address, token, ticket.token),
        )  # fmt: skip


HOW: Final = (
    "<p>This is the address of the lessons, but this browser does not have its key.</p>",
    "<p>The terminal where they were started shows an address with the key: open that one.</p>",
    "<p>If that terminal is not at hand, start them again: <code>shoal lessons</code></p>",
)


async def end_readings(served: Any) -> None:
    """End what marimo runs for readers: its threads would keep the process alive.

    It ends them itself where it is its own server; here it is a part of one.
    """
    for route in served.routes:
        inner = getattr(route, "app", None)
        for each in getattr(inner, "routes", ()):
            state = getattr(getattr(each, "app", None), "state", None)
            manager = getattr(state, "session_manager", None)
            if manager is not None:
                await manager.shutdown()


def application(lab: LabBeside) -> Any:
    """Return every lesson, the index page and the way to the lab as one ASGI application."""
    import marimo
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, RedirectResponse
    from starlette.routing import Mount, Route

    def index(request: Any) -> Any:
        asked = request.query_params.get("language", "en")
        return HTMLResponse(index_page(asked if asked in LANGUAGES else "en", served=True))

    def to_lab(request: Any) -> Any:
        # the browser takes the fragment, which is the experiment, along by itself
        return RedirectResponse(lab.address(), status_code=303)

    with contextlib.chdir(folder()):  # where marimo looks for its settings
        builder = marimo.create_asgi_app(quiet=True, include_code=True, html_head=HEAD)
    for each in all_described():
        builder.with_app(path=f"/{each.lesson.name}", root=str(each.lesson.notebook))
    # synchronous functions: starlette gives each a thread
    routes = [Route("/", index), Route(LAB, to_lab), Mount("/", builder.build())]
    return Starlette(routes=routes)


@contextlib.contextmanager
def _listening(port: int | None) -> Iterator[Any]:
    from shoal.lab.host.run import first_free
    from shoal.serving.server import listen

    with listen("127.0.0.1", port) if port is not None else first_free(PORTS) as line:
        yield line
