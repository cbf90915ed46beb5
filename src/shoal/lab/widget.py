"""The lab in a notebook: the page as a widget of Jupyter, VS Code and marimo.

The view is the page's own module, which anywidget hands to the notebook; custom messages carry
what a WebSocket carries for the page. All labs of a notebook share one studio.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from shoal.errors import ArgumentError, InputError, MissingExtraError
from shoal.experiments import Experiment, Run
from shoal.lab.catalogue import START, catalogue
from shoal.lab.course import Course, Planned
from shoal.lab.fragment import Shared, read_fragment, session_of, write_fragment
from shoal.lab.messages import Open
from shoal.lab.opening import Memory, Opened, RefusedError, digest_of, open_session
from shoal.lab.session import OwnTable, Session
from shoal.lab.studio import Studio
from shoal.lab.tables import Tables
from shoal.lab.widget_cells import running_cell
from shoal.lab.widget_views import Brought, Views

try:
    import traitlets
    from anywidget import AnyWidget
except ImportError:
    raise MissingExtraError("shoal.Lab", "anywidget", "lab") from None

if TYPE_CHECKING:
    from collections.abc import Callable

BUILT: Final = Path(__file__).parent / "static"
"""Where the page is built to."""
FILES: Final = ("vega.js",)
"""Of the page, that a view may ask for: in a notebook no server has it."""
HEIGHT: Final = 600
"""Pixels, where nothing is said: marimo shows 610 of an output, a small screen 650."""
LEAST_HEIGHT, MOST_HEIGHT = 320, 4000

Start = Experiment | Session | Mapping[str, Any] | str

_LOCK = threading.RLock()
_LABS: weakref.WeakSet[Lab] = weakref.WeakSet()
_BY_CELL: weakref.WeakValueDictionary[tuple[str, str], Lab] = weakref.WeakValueDictionary()


class Lab(AnyWidget):
    """A lab as the output of a cell.

    A cell that runs again and says the same finds its lab as it was left.

    Args:
        experiment: what it begins with: an experiment, a link of a lab (``#1.…``), or what
            `session` was. The lab's own start if not given.
        threads: cores that all labs of this process use; all of them if never given.
        height: of the lab in pixels, where it is wide enough for columns.
        anew: begin with what is given, whatever the lab of this cell was before.

    Raises:
        InputError: the experiment's rows cannot travel to a lab, or the page is not built.
        ArgumentError: threads or height out of range.

    Example:
        >>> import shoal
        >>> lab = shoal.Lab(shoal.Experiment(data="xor", training=shoal.Training(epochs=2)))
        >>> lab.experiment.data.task
        'xor'
        >>> lab.run().history["train_loss"].shape
        (16, 2)
    """

    session = traitlets.Dict(help="What is trained, as a document.").tag(sync=True)
    _ui = traitlets.Dict(help="How it is looked at; the page's own affair.").tag(sync=True)
    _height = traitlets.Int(HEIGHT).tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        experiment: Start | None = None,
        *,
        threads: int | None = None,
        height: int | None = None,
        anew: bool = False,
    ) -> None:
        _between("threads", threads, 1, 4096)
        _between("height", height, LEAST_HEIGHT, MOST_HEIGHT)
        studio = shared_studio(threads)
        self._tables = Tables(studio.folder)
        self._names: dict[str, OwnTable] = {}
        self._origins: dict[str, tuple[str, Path]] = {}
        self._memory = Memory()
        self._outdated: tuple[Opened, ...] = ()
        self._studio = studio
        tell, here = _weakly(self, "_tell_views"), _weakly(self, "_brought")
        self._views = Views(studio, tell, here)
        shared = self._taken(experiment)
        kept = (running_cell() or "", digest_of(_plain(shared.session)))
        before = None if anew or not kept[0] else _BY_CELL.get(kept)
        if before is not None:
            shared = self._of(before)
        super().__init__(
            session=_plain(shared.session),
            _ui=shared.ui,
            _height=height or HEIGHT,
            _esm=built("lab.js"),
            _css=built("lab.css"),
        )
        self.on_msg(_weakly(self, "_receive"))
        if self.comm is not None:
            self.comm.on_close(_weakly(self, "_lost"))
        sweep()
        _LABS.add(self)
        if kept[0]:
            _BY_CELL[kept] = self

    # ---- back to Python

    @property
    def experiment(self) -> Experiment:
        """The experiment that the lab shows; set, it moves the lab."""
        return self._experiment(self._current())

    @experiment.setter
    def experiment(self, value: Start) -> None:
        pins = self._current().pins
        shared = self._taken(value)
        if not shared.session.pins:
            shared = Shared(session=shared.session.model_copy(update={"pins": pins}))
        table = shared.session.table
        if table is not None:
            self._views.bring(table, self._tables.path_of(table).read_bytes())
        self.session = _plain(shared.session)

    @property
    def link(self) -> str:
        """The lab as it stands as a link: ``shoal.Lab(link)`` or ``shoal lab 'link'`` opens it.

        Rows of a table of one's own are not in it.
        """
        return write_fragment(Shared(session=self._current(), ui=dict(self._ui)))

    def run(self, number: int | None = None) -> Run:
        """Return the run that the lab shows, trained to its end.

        Args:
            number: -1 for the experiment's own run, from 0 for a branch; the one that is looked
                at if not given.

        Raises:
            InputError: it cannot be trained, or there is no such run.
        """
        shown = self._ui.get("run", -1) if number is None else number
        try:
            message = Open(id=0, session=self._current())
            with _LOCK:
                opened = open_session(message, self._tables, self._memory)
        except RefusedError as error:
            raise InputError(f"the lab: {error}", code="L103") from None
        known = {planned.number for planned in opened.runs}
        if number is None and shown not in known:
            shown = -1
        return _trained(opened, opened.run(shown), self._studio)

    def close(self) -> None:
        """Close the widget, its views and what they train."""
        views = getattr(self, "_views", None)  # ipywidgets closes what never came to be, too
        if views is not None:
            views.close()
            self._tables.close()
            super().close()

    def __repr__(self) -> str:
        if not hasattr(self, "_views"):
            return "Lab()"
        data = self._current().experiment.get("data", {})
        name = data if isinstance(data, str) else data.get("task") or data.get("file", "")
        return f"Lab({name})"

    # ---- what stands

    def _current(self) -> Session:
        """Return the session that a view opened last, or that Python set after that."""
        for opened in self._views.standing():
            if not any(opened is each for each in self._outdated):
                return opened.session
        return Session.model_validate(self.session)

    @traitlets.validate("session")
    def _checked(self, proposal: Any) -> dict[str, Any]:
        return _plain(_session(proposal["value"]))

    @traitlets.observe("session")
    def _moved(self, change: Any) -> None:
        """See what Python sets as newer than what the views have; theirs come after that."""
        if "session" not in self._property_lock:
            self._outdated = tuple(self._views.standing())

    def _taken(self, start: Start | None) -> Shared:
        """Return what a lab is to begin with, its table kept."""
        if start is None:
            return Shared(session=Session(experiment=START))
        if isinstance(start, str):
            return read_fragment(start if start.startswith("#") or "#" in start else f"#{start}")
        if not isinstance(start, Experiment):
            return Shared(session=_session(start))
        session, content = session_of(start)
        if session.table is not None and content is not None:
            self._keep(session.table, content)
            self._origins[session.table.digest] = (_file_of(start), start.folder)
        return Shared(session=session)

    def _of(self, other: Lab) -> Shared:
        """Return what another lab of this cell shows, with its tables."""
        for table, content in other._brought():
            self._keep(table, content)
        self._origins |= other._origins
        return Shared(session=other._current(), ui=dict(other._ui))

    def _experiment(self, session: Session) -> Experiment:
        document, table = dict(session.experiment), session.table
        if table is None:
            return Experiment.read(document, source="the lab")
        if table.digest in self._origins:
            file, folder = self._origins[table.digest]
            document["data"] = {**document["data"], "file": file}
            return Experiment.read(document, source="the lab", folder=folder)
        self._tables.path_of(table)
        return Experiment.read(document, source="the lab", folder=self._tables.folder)

    # ---- tables

    def _keep(self, table: OwnTable, content: bytes) -> None:
        self._tables.bring(table.digest, content)
        self._names[table.digest] = table

    def _brought(self) -> list[Brought]:
        known = [each for each in self._names.values() if self._tables.has(each)]
        return [(each, self._tables.path_of(each).read_bytes()) for each in known]

    # ---- messages

    def _receive(self, _: object, content: Any, buffers: Sequence[Any]) -> None:
        if isinstance(content, Mapping) and content.get("file") in FILES:
            name = str(content["file"])
            self._tell_views(
                {"page": content.get("page"), "file": name}, [built(name).encode("utf-8")]
            )
            return
        if isinstance(content, Mapping) and len(buffers) == 1:
            self._keep_brought(content.get("table"), bytes(buffers[0]))
        self._views.receive(content, buffers)

    def _keep_brought(self, table: object, content: bytes) -> None:
        """Keep a table that a view brings, for its experiment back in Python and for other views.

        What is wrong with it is told by the page.
        """
        try:
            self._keep(OwnTable.model_validate(table), content)
        except (ValidationError, InputError, OSError):
            return

    def _tell_views(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        if self.is_lost:
            raise ConnectionError("the widget is closed")
        with _LOCK:  # frames of several pages, in the order of their making
            self.send(content, buffers)

    @property
    def is_lost(self) -> bool:
        """Whether no view can be reached any more: closed here, or by the notebook."""
        return self.comm is None or bool(getattr(self.comm, "_closed", False))

    def _lost(self, _: object) -> None:
        self._views.close()


@functools.cache
def _studio() -> Studio:
    threading.Thread(target=catalogue, args=(0,), daemon=True).start()  # the first view asks for it
    return Studio()


def shared_studio(threads: int | None = None) -> Studio:
    """Return the studio of this process; it closes when Python ends.

    Args:
        threads: cores it uses from now on.
    """
    with _LOCK:
        studio = _studio()
        if threads is not None:
            studio.turns.cores = threads
    return studio


def sweep() -> None:
    """Close the pages of labs whose cells are gone: marimo tells the widget nothing of it."""
    for lab in list(_LABS):
        if lab.is_lost:
            lab._views.close()


@functools.cache
def built(name: str, folder: Path = BUILT) -> str:
    """Return a file of the page.

    Raises:
        InputError: it was not built.
    """
    try:
        return (folder / name).read_text(encoding="utf-8")
    except OSError:
        raise InputError(
            f"the lab's page is not built: {name} is missing. Run: make page", code="L104"
        ) from None


def _trained(opened: Opened, planned: Planned, studio: Studio) -> Run:
    """Return a run at its end, taken from what the studio keeps where it has it."""
    course = studio.finished.recall(planned.key)
    if course is None or course.run is None:
        parent = next((each for each in opened.runs if each.key == planned.parent), None)
        before = None if parent is None else _trained(opened, parent, studio)
        course = Course(planned, studio.turns)
        course.train(before, lambda: None)
        if course.run is not None:
            studio.finished.keep(course)
    return course.wait(lambda: None)


def _plain(session: Session) -> dict[str, Any]:
    return session.model_dump(mode="json", exclude_unset=True)


def _session(value: object) -> Session:
    """Return the session that a document is.

    Raises:
        InputError: it is none.
    """
    try:
        return Session.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in ("session", *first["loc"]))
        told = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InputError(f"Lab, {place}: {told}.", code="X100") from None


def _file_of(experiment: Experiment) -> str:
    return str(experiment.data.model_dump().get("file", ""))


def _between(name: str, value: int | None, least: int, most: int) -> None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (is_whole and least <= value <= most):
        raise ArgumentError("Lab", name, f"must be {least} to {most:,}", got=value, code="A102")


def _weakly(lab: Lab, name: str) -> Callable[..., Any]:
    """Return a method that does not keep its lab alive: threads and notebooks hold on to it."""
    reference = weakref.ref(lab)

    def call(*args: Any) -> Any:
        found = reference()
        if found is None:
            raise ConnectionError("the widget is gone")
        return getattr(found, name)(*args)

    return call
