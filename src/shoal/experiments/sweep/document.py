"""The sweep: an experiment, and keys of it that take several values."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shoal.errors import ExperimentError, InputError, Problem
from shoal.experiments.document import Experiment
from shoal.experiments.reading import override, read_document
from shoal.experiments.sweep.alternatives import alternatives, values_of
from shoal.experiments.sweep.axes import DRAWS, RANGES, RESERVED, TITLES, Axis, leaves, read_axes
from shoal.experiments.sweep.cells import Cells, Grid
from shoal.experiments.sweep.checking import Survey, survey
from shoal.experiments.sweep.shared import BoundedShelf

if TYPE_CHECKING:
    from shoal.experiments.executors import Tls
    from shoal.experiments.sweep.running import Ledger, SweepProgress
    from shoal.experiments.sweep.swept import Swept

TABLE = "sweep"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """An experiment, and the keys of it that take several values.

    Every combination of values is a cell, an experiment of its own with its own population.
    Network i of one cell has the random streams of network i of any other, so that cells
    differ by their values alone.

    Attributes:
        base: the experiment that cells change.
        document: of the base, as it was given.
        table: the `[sweep]` table.
        axes: what it stands for.
        source, folder: where it was read from.

    Example:
        >>> sweep = Sweep.read({"sweep": {"data.label_noise": [0, 0.1], "seed": [1, 2, 3]}})
        >>> sweep.n_cells, sweep.cells[4].label
        (6, 'label_noise=0.1, seed=2')
    """

    base: Experiment
    document: Mapping[str, Any]
    table: Mapping[str, Any]
    axes: tuple[Axis, ...] = field(repr=False)
    source: str = "sweep"
    folder: Path = field(default_factory=Path)

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Read a sweep from an experiment file with a `[sweep]` table.

        Args:
            path: the file; it needs no `[sweep]` table if a change has several values.
            overrides: changes of the base such as ``"training.epochs=20"``, axes such as
                ``"training.optimizer=sgd,adam"``, and changes of the table such as
                ``"sweep.data.label_noise=[0, 0.1]"``.

        Raises:
            ExperimentError: what is wrong, with its key path.
            MissingFileError: there is no such file.
        """
        path = Path(path)
        document = changed(read_document(path), overrides)
        return cls.read(document, source=str(path), folder=path.parent)

    @classmethod
    def read(
        cls, document: Mapping[str, Any], *, source: str = "sweep", folder: Path | None = None
    ) -> Self:
        """Make a sweep of a document as TOML and JSON give it.

        Raises:
            ExperimentError: what is wrong, with its key path.
        """
        plain = {key: value for key, value in document.items() if key != TABLE}
        base = Experiment.read(plain, source=source, folder=folder)
        if not document.get(TABLE):
            told = "is missing: nothing is swept. Add a [sweep] table, or give KEY=a,b,c."
            raise ExperimentError(source, [Problem(path=TABLE, message=told, code="X111")])
        return cls(
            base=base,
            document=plain,
            table=document[TABLE],
            axes=read_axes(document[TABLE], source),
            source=source,
            folder=folder or Path(),
        )

    @property
    def n_cells(self) -> int:
        """How many combinations of values there are."""
        return math.prod(axis.size for axis in self.axes)

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells cells apart: keys of the grid, of what walks together (its name where it has
        labels), of draws; not those that have one value."""
        return tuple(key for axis in self._grid.telling for key in axis.shown_keys)

    @property
    def cells(self) -> Sequence[Any]:
        """The cells, each made when it is asked for."""
        return Cells(self.grid())

    def grid(self, rows: Any = None) -> Grid:
        """Return the values of all cells; `rows` are what rules for widths speak of."""
        return self._grid if rows is None else self._new_grid(rows)

    @cached_property
    def _grid(self) -> Grid:
        return self._new_grid(None)

    def _new_grid(self, rows: Any) -> Grid:
        return Grid(
            base=self.document,
            source=self.source,
            folder=self.folder,
            axes=self.axes,
            rows=rows,
            shelf=BoundedShelf(),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the whole document: that of the base, and the `[sweep]` table."""
        return {**self.document, TABLE: dict(self.table)}

    def survey(
        self,
        *,
        rows: Any = None,
        allow_python: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> Survey:
        """Return what the sweep takes, after a look at every cell; nothing is trained.

        Raises:
            ExperimentError: cells that cannot be trained.
        """
        return survey(self.grid(rows), allow_python=allow_python, progress=progress)

    def run(
        self,
        *,
        executor: str | Executor | Any = None,
        threads: int | None = None,
        progress: Callable[[SweepProgress], object] | None = None,
        ledger: Ledger | None = None,
        rows: Any = None,
        allow_python: bool = False,
        keep_history: bool = False,
        tls: Tls | None = None,
        survey: Survey | None = None,
    ) -> Swept:
        """Train the networks of every cell.

        The result is a function of the sweep alone: the same bits for any executor, any
        number of workers, and as if each cell were run alone. Ctrl-C ends it early and keeps
        what is there.

        Args:
            executor: "threads" (if nothing is given), "processes", "local:2" for a Dask
                cluster on this machine, the address of a Dask scheduler, a Dask client, or
                any `concurrent.futures.Executor`.
            threads: how many threads or processes; as many as this process may use if not
                given.
            progress: called some times a second with a `SweepProgress`.
            ledger: keeps what is finished, chunk by chunk; what it has is not trained again.
            rows: what `Experiment.run` takes, in place of every cell's data.
            allow_python: whether functions that documents name may be imported.
            keep_history: whether figures at every report are kept.
            tls: certificates for schedulers on other machines.
            survey: what `survey` returned for the same arguments, if that was called before.

        Raises:
            ExperimentError: cells that cannot be trained; nothing was.
            InputError: a chunk failed while it was trained, or there is no such executor.
        """
        from shoal.experiments.sweep.carry_out import carry_out_sweep

        known = survey or self.survey(rows=rows, allow_python=allow_python)
        return carry_out_sweep(
            self,
            known,
            executor=executor,
            workers=threads,
            tls=tls,
            progress=progress,
            ledger=ledger,
            rows=rows,
            allow_python=allow_python,
            keep_history=keep_history,
            token=uuid.uuid4().hex,
        )


def changed(document: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return a sweep's document with changes of the command line.

    ``KEY=a,b,c`` is an axis, in place of one for the same key; ``sweep.KEY=...`` is too, with
    any number of values or a range; ``KEY=value`` changes the base.

    Raises:
        InputError: a change that is none, or of the base where the sweep varies the key.
    """
    table = document.get(TABLE, {})
    if not isinstance(table, Mapping):
        return dict(document)  # told when it is read
    axes, rest = _flat(table), []
    for text in changes:
        key = text.partition("=")[0].strip()
        several = alternatives(text)
        if key.startswith(f"{TABLE}."):
            _set_axis(axes, key.removeprefix(f"{TABLE}."), _given(text))
        elif len(several) > 1:
            _refuse_zipped(text, key, axes)
            axes[key] = values_of(text)
        else:
            _refuse_swept(text, key, axes)
            rest.append(text)
    plain = {key: value for key, value in document.items() if key != TABLE}
    return {**override(plain, rest), **({TABLE: axes} if axes else {})}


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with key paths in place of nested tables."""
    plain = {key: value for key, value in table.items() if key not in RESERVED}
    kept = {key: table[key] for key in RESERVED if key in table}
    found: dict[str, Any] = {}
    for key, spec in leaves(plain, RANGES):
        if key in found:
            told = "is there twice. Keep one of them."
            raise InputError(f"sweep.{key}: {told}", code="U108")
        found[key] = spec
    return {**found, **kept}


def _given(text: str) -> Any:
    """Return what a change of the table says: a list of values, or a range."""
    values = values_of(text)
    if len(values) == 1 and isinstance(values[0], list | Mapping):
        return values[0]
    return values


def _set_axis(axes: dict[str, Any], key: str, given: Any) -> None:
    if key == "random" or key.startswith("random."):
        below = key.removeprefix("random").removeprefix(".")
        random = dict(axes.get("random", {}))
        single = isinstance(given, list) and len(given) == 1 and below in ("draws", "seed")
        axes["random"] = {**random, below: given[0] if single else given}
    elif key == "zip" or key.startswith("zip."):
        raise InputError(
            f"'sweep.{key}': keys that walk together are changed in the file.", code="U108"
        )
    else:
        axes[key] = given


def _zipped(axes: Mapping[str, Any]) -> set[str]:
    tables = axes.get("zip", [])
    found = {
        "zip": [t for t in tables if isinstance(t, Mapping)] if isinstance(tables, list) else []
    }
    keys = {key for one in found["zip"] for key, _ in leaves(one, ()) if key not in TITLES}
    random = axes.get("random", {})
    if isinstance(random, Mapping):
        keys |= {key for key, _ in leaves(random, DRAWS)}
    return keys


def _refuse_zipped(text: str, key: str, axes: Mapping[str, Any]) -> None:
    if key in _zipped(axes):
        raise InputError(
            f"'{text}': the file sweeps {key} together with others. Change the file.", code="U108"
        )


def _refuse_swept(text: str, key: str, axes: Mapping[str, Any]) -> None:
    if key in axes or key in _zipped(axes):
        held = f"To hold it, write sweep.{text.strip()}." if key in axes else "Change the file."
        raise InputError(f"'{text}': the sweep varies {key}. {held}", code="U108")
