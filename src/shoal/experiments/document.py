"""The experiment: one small document that decides everything about a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    WrapValidator,
    field_validator,
)

from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.recipe import DataRecipe
from shoal.data.scaling import ScalingKind
from shoal.data.tasks import TASKS, Greater, TaskData
from shoal.experiments.problems import experiment_error
from shoal.fields import NUMBER, positional, reason, unknown_name
from shoal.network import Dense, Network, Parameters
from shoal.records import Record
from shoal.streams import (
    MAX_SEED,
    STREAMS,
    StreamName,
    StreamsOfMany,
    member_seed,
    member_streams,
    stream,
)
from shoal.training import Training, check_portable

if TYPE_CHECKING:
    from shoal.experiments.probes import Probe
    from shoal.experiments.progress import Progress
    from shoal.experiments.run import Run
    from shoal.experiments.spread import Spread
    from shoal.kernels import KernelName

Seed = Annotated[int, Field(strict=True, ge=0, le=MAX_SEED), NUMBER]
MAX_NETWORKS = 1_000_000
Size = Annotated[int, Field(strict=True, ge=1, le=MAX_NETWORKS), NUMBER]


class GivenData(DataRecipe):
    """Rows that were handed over in Python; a document alone cannot bring them back."""

    given: str = Field(min_length=1)
    """What the rows are called in messages."""
    fingerprint: str | None = None
    """SHA-256 of the rows."""


def _choose_data(value: object, _union: object) -> BaseModel:
    """Return the record that the `[data]` table stands for: a task, a file or given rows."""
    if isinstance(value, DataRecipe):
        return value
    if isinstance(value, str):
        value = {"task": value}
    if not isinstance(value, Mapping):
        raise reason("wrong_kind", f"must be a table; got {value!r}")
    found = [key for key in ("task", "file", "images", "given") if key in value]
    if len(found) > 1:
        raise reason("conflict", f"names both a {found[0]} and a {found[1]}")
    if found == ["file"]:
        return FileData.model_validate(value)
    if found == ["images"]:
        return ImageData.model_validate(value)
    if found == ["given"]:
        return GivenData.model_validate(value)
    task = value.get("task", "greater") if found or "target" not in value else None
    if task is None:
        raise reason("not_given", "has a target but names no file. Give `file`")
    if not isinstance(task, str) or task not in TASKS:
        raise reason("unknown_name", unknown_name("task", str(task), TASKS))
    return TASKS[task].model_validate({**value, "task": task})


TaskName = Literal[
    "or", "and", "nand", "xor", "majority", "greater", "points", "circle", "gaussians", "moons",
    "spiral", "digits",
]  # fmt: skip
Data = Annotated[
    TaskData | FileData | ImageData | GivenData,
    WrapValidator(_choose_data, json_schema_input_type=TaskName | TaskData | FileData | ImageData),
]


class Preprocess(Record):
    """What is done to features, and to a numeric target, before the network sees them.

    Args:
        scaling: of the features: "none", "standard" (mean 0, standard deviation 1) or
            "minmax" (0 to 1), fitted on the training rows.
        target_scaling: the same for the target of a regression; figures and predictions are
            in the target's own units whatever is chosen.
    """

    scaling: ScalingKind = "none"
    target_scaling: ScalingKind = "none"

    @positional
    def __init__(self, scaling: str = "none", target_scaling: str = "none") -> None: ...


TRAINING_STREAMS: tuple[StreamName, ...] = ("init", "order", "dropout", "search")
"""The streams of training: what differs between networks that learn from the same rows."""


class Population(Record):
    """How many networks, and what differs between them.

    Args:
        size: P, the networks of the run.
        vary: the random streams that every network has a seed of its own for; if not given,
            all that training draws from, and none that the data is made with.
    """

    size: Size = 16
    vary: tuple[StreamName, ...] = TRAINING_STREAMS

    @positional
    def __init__(
        self, size: int = 16, vary: Sequence[str] = ("init", "order", "dropout", "search")
    ) -> None: ...

    @field_validator("vary", mode="before")
    @classmethod
    def _known_streams(cls, vary: object) -> object:
        names = [vary] if isinstance(vary, str) else vary
        for name in names if isinstance(names, list | tuple) else ():
            if name not in STREAMS:
                known = dict.fromkeys(STREAMS)
                raise reason("unknown_name", unknown_name("stream", str(name), known))
        return names


class Streams(Record):
    """Seeds of single random streams; those not given follow from the experiment's seed.

    Args:
        data: what a task draws its rows with, and dummies.
        noise: which labels are flipped, and to what.
        split: which rows train, validate and test.
        init: the weights at the start.
        order: the order of rows in every epoch.
        dropout: which outputs are dropped, and noise on inputs.
        search: what rules that search at random try.
    """

    data: Seed | None = None
    noise: Seed | None = None
    split: Seed | None = None
    init: Seed | None = None
    order: Seed | None = None
    dropout: Seed | None = None
    search: Seed | None = None


def _population(value: object) -> object:
    return {"size": value} if isinstance(value, int) and not isinstance(value, bool) else value


def default_network() -> Network:
    """Return the network of the published run: three layers of three tanh units."""
    return Network([Dense(3, "tanh"), Dense(3, "tanh"), Dense(3, "tanh"), Dense(1, "sigmoid")])


class Experiment(Record):
    """Everything that decides a result, as plain data; see `run`.

    Args:
        data: a task of `shoal.tasks`, or a file.
        network: the layers.
        training: optimizer, loss, batches, epochs.
        population: how many networks, or a `Population`.
        seed: what all random streams follow from, 0 to 2^53 - 1.
        preprocess: scaling of features and target.
        streams: seeds of single streams.

    Raises:
        ExperimentError: from `load` and `read`, every problem at once with its key path.
        pydantic.ValidationError: the same when built by hand.

    Example:
        >>> Experiment(population=4, training=Training(epochs=1)).run().steps.tolist()
        [250, 250, 250, 250]
    """

    seed: Seed = 0
    data: Data = Field(default_factory=Greater)
    preprocess: Preprocess = Preprocess()
    network: Network = Field(default_factory=default_network)
    training: Training = Field(default_factory=Training)
    population: Annotated[
        Population, BeforeValidator(_population, json_schema_input_type=Size | Population)
    ] = Population()
    streams: Streams = Streams()
    _folder: Path = PrivateAttr(default_factory=Path)
    _source: str = PrivateAttr(default="experiment")

    def __eq__(self, other: object) -> bool:
        """Compare the documents; where they were read from does not matter."""
        return isinstance(other, Experiment) and self.__dict__ == other.__dict__

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Read an experiment from a TOML or JSON file.

        Data files are found relative to the experiment's folder.

        Args:
            path: the file.
            overrides: changes such as ``"data.label_noise=0.2"``; values as in TOML, plain
                words need no quotes.

        Raises:
            ExperimentError: what is wrong, every problem at once with its key path.
            MissingFileError: there is no such file.
        """
        from shoal.experiments.reading import override, read_document

        source = str(path)
        document = override(read_document(Path(path)), overrides)
        return cls.read(document, source=source, folder=Path(path).parent)

    @classmethod
    def read(
        cls, document: Mapping[str, Any], *, source: str = "experiment", folder: Path | None = None
    ) -> Self:
        """Make an experiment of a document as TOML and JSON give it.

        Raises:
            ExperimentError: what is wrong, every problem at once with its key path.
        """
        try:
            made = cls.model_validate(document)
        except ValidationError as error:
            raise experiment_error(source, cls, document, error) from None
        made._folder = folder or Path()
        made._source = source
        return made

    @property
    def folder(self) -> Path:
        """Where relative data files start."""
        return self._folder

    @property
    def source(self) -> str:
        """The file's name as it was given, for messages."""
        return self._source

    def document(self) -> dict[str, Any]:
        """Return the whole document as JSON has it: every key, None left out."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_toml(self) -> str:
        """Return the whole document as TOML.

        Raises:
            InputError: it holds a Python function that no file can name.
        """
        import tomli_w

        self.check_portable()
        return tomli_w.dumps(self.document())

    def check_portable(self) -> None:
        """Raise if a file could not bring the experiment back.

        Raises:
            InputError: it holds a Python function that no file can name, such as a lambda.
        """
        for where, function in self.training.functions:
            check_portable(function, where)

    def with_functions(self, *, allow_python: bool = False) -> Self:
        """Return the experiment with the Python functions it names found, and their hashes.

        Functions that were handed over in Python are there already.

        Args:
            allow_python: whether code that the document names may be imported.

        Raises:
            InputError: it may not, cannot, or its source is another one.
        """
        training = self.training.with_functions(allow_python=allow_python, folder=self.folder)
        return self if training is self.training else self.model_copy(update={"training": training})

    def stream_seed(self, name: StreamName, member: int) -> int:
        """Return the seed of a stream for one network of the population."""
        base = self.stream_base(name)
        return member_seed(base, member) if name in self.population.vary else base

    def streams_of(self, name: StreamName, members: range | None = None) -> StreamsOfMany:
        """Return a stream of some networks, of all if not said which.

        They are alike unless the population varies the stream.
        """
        members = range(self.population.size) if members is None else members
        base = self.stream_base(name)
        if name in self.population.vary:
            own = member_streams(base, name, members.stop)
            return StreamsOfMany(np.ascontiguousarray(own.keys[members.start :]))
        return StreamsOfMany(np.full(len(members), stream(base, name).key, np.uint64))

    def stream_base(self, name: StreamName) -> int:
        """Return the seed that a stream follows from: its own, or the experiment's."""
        given = getattr(self.streams, name)
        return self.seed if given is None else int(given)

    def run(
        self,
        *,
        threads: int | None = None,
        rows: Any = None,
        start: Parameters | None = None,
        progress: Callable[[Progress], object] | None = None,
        kernel: KernelName = "auto",
        allow_python: bool = False,
        tape_bytes: int = 256 * 2**20,
        probes: Mapping[str, Probe] | None = None,
        probe_steps: Sequence[int] | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every_s: float = 10.0,
        force: bool = False,
    ) -> Run:
        """Carry the experiment out.

        The result is a function of the experiment alone: the same bits for any number of
        threads and either kernel. Ctrl-C ends it early and keeps what is there.

        Args:
            threads: how many to use; all this process may use if not given.
            rows: a `Dataset`, or arrays ``(x_train, y_train)`` or ``(x_train, y_train,
                x_validation, y_validation)``, in place of the experiment's data.
            start: weights to start from in place of the initializer's, with or without an
                axis P.
            progress: called a few times a second with a `Progress`.
            kernel: "rows" or "networks" decides which kernel is used.
            allow_python: whether Python functions that the document names may be imported;
                those that were handed over in Python run anyway.
            tape_bytes: what snapshots on the way may take, for `Run.at` and the like.
            probes: functions of the weights by name, from `Parameters` with axis P to an array
                (P, ...); what they find is in `Run.probes`.
            probe_steps: at which steps they are called.
            checkpoint: a file to go on from with `resume` if training is interrupted.
            checkpoint_every_s: seconds from one checkpoint to the next.
            force: replace a checkpoint that is there.

        Raises:
            InputError: a Python function may not or cannot be imported, or the checkpoint
                cannot be written.
            FunctionError: a learning rule or a stop rule in Python, or a probe, failed;
                `error.run` has what was trained.
            ExperimentError: layers that do not fit the data or the loss.
            DataError: data that cannot be read or used.
        """
        from shoal.experiments.carry import check_how
        from shoal.experiments.launch import carry_out, warn
        from shoal.experiments.prepare import prepare

        check_how("Experiment.run", threads, kernel)
        ready = self.with_functions(allow_python=allow_python)
        prepared = prepare(ready, rows=rows, start=start)
        warn(prepared.warnings)
        run = carry_out(
            prepared,
            threads=threads,
            progress=progress,
            kernel=kernel,
            tape_bytes=tape_bytes,
            probes=probes,
            probe_steps=probe_steps,
            checkpoint=checkpoint,
            checkpoint_every_s=checkpoint_every_s,
            force=force,
        )
        warn(run.warnings[len(prepared.warnings) :])
        return run

    def spread(
        self,
        *,
        figure: str | None = None,
        networks: int = 64,
        rows: Any = None,
        threads: int | None = None,
        allow_python: bool = False,
    ) -> Spread:
        """Return which random stream causes the spread of a figure between networks.

        See `spread_of`, which says what is estimated.

        Args:
            figure: such as "validation_accuracy", which is the default for classes.
            networks: of each population.
            rows: what `run` takes.
            threads: how many to use.
            allow_python: whether Python functions that the document names may be imported.

        Raises:
            ArgumentError: no such figure, or fewer than 3 networks.
        """
        from shoal.experiments.spread import spread_of

        ready = self.with_functions(allow_python=allow_python)
        return spread_of(ready, figure=figure, networks=networks, rows=rows, threads=threads)
