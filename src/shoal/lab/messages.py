"""What page and host say to each other: one definition for both sides.

`Asked` is every message of a page, as JSON text; a table that is brought travels beside it as
bytes. `Told` is every header of an answer; its arrays follow in the same binary frame (see
`frames.py`). The TypeScript types are made of these records when the page is built.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from shoal.lab.session import DIGEST, OwnTable, Session, Step
from shoal.records import Record

Id = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Member = Annotated[int, Field(strict=True, ge=0, lt=1_000_000)]
RunNumber = Annotated[int, Field(strict=True, ge=-5, lt=8)]
"""0 and up: a branch of the session; -1: the experiment's own run; -2 - k: that of pin k."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
Cells = Annotated[int, Field(strict=True, ge=8, le=200)]


class Plane(Record):
    """Which features a picture of the data shows, and of what answer it speaks."""

    features: tuple[Name, Name] | None = None
    """None: those that change the answers most; of more than 2,000 the first two."""
    hold: dict[str, float] = Field(default_factory=dict, max_length=1000)
    """Values of the others; their medians where nothing is said."""
    output: Name | None = None
    """A class, label or target; None: the second of two classes, of more the most probable."""


class SurfaceWish(Record):
    """What the networks say over the plane."""

    n: Cells = 100
    show: Literal["median", "disagreement", "network"] = "median"
    network: Member = 0


class MultiplesWish(Record):
    """The same, small, for many networks."""

    n: Annotated[int, Field(strict=True, ge=8, le=64)] = 32
    members: tuple[Member, ...] | None = Field(default=None, max_length=64)
    """None: the first 64."""


class UnitsWish(Record):
    """What every unit of a network responds to over the plane."""

    network: Member = 0
    n: Annotated[int, Field(strict=True, ge=8, le=64)] = 24


class WeightsWish(Record):
    """The parameters of a network, and how the loss of the next batch slopes along each."""

    network: Member = 0
    gradients: bool = False


class AnswersWish(Record):
    """Answers to the judged rows: confusion matrix, histogram by class, answers to points."""

    network: Member | None = None
    """None: the mean of all networks."""
    points: tuple[tuple[float, ...], ...] = Field(default=(), max_length=64)
    """Rows of all features, in the units of the experiment's rows."""


class RowsWish(Record):
    """Rows of the data to draw over the plane."""

    most: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 2000


class CurvesWish(Record):
    """Figures at the reports: median and band over the networks, and one network."""

    network: Member | None = None
    most: Annotated[int, Field(strict=True, ge=2, le=4000)] = 1000


class Want(Record):
    """Which parts a look asks for; those left out are not computed."""

    rows: RowsWish | None = None
    surface: SurfaceWish | None = None
    multiples: MultiplesWish | None = None
    units: UnitsWish | None = None
    weights: WeightsWish | None = None
    answers: AnswersWish | None = None
    curves: CurvesWish | None = None
    finals: bool = False
    truth: bool = False


# ---- asked by the page


class Hello(Record):
    """The first message."""

    type: Literal["hello"] = "hello"
    id: Id = 0


class Open(Record):
    """Make this the session: what is trained from now on. Its id is the generation of looks."""

    type: Literal["open"] = "open"
    id: Id
    session: Session


class Look(Record):
    """Ask for the state of a run at a step; a newer look takes the place of an older one."""

    type: Literal["look"] = "look"
    id: Id
    opened: Id
    """The `open` that this is about; of another one it is dropped."""
    run: RunNumber = -1
    step: Step | None = None
    """None: the newest there is."""
    have: Annotated[int, Field(strict=True, ge=-1)] = -1
    """Of the newest: the trained step that the page has seen; answered once there is more."""
    patience_ms: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 100
    """Of the newest: how long to wait for the end of the training before showing the way."""
    plane: Plane = Plane()
    want: Want = Want()


class BringTable(Record):
    """A table; its bytes are the one buffer beside the message."""

    type: Literal["table"] = "table"
    id: Id
    name: str = Field(min_length=1, max_length=120)
    digest: str = Field(pattern=DIGEST)


class Preview(Record):
    """Ask what is in a table that was brought: columns, kinds, first rows."""

    type: Literal["preview"] = "preview"
    id: Id
    table: OwnTable
    data: dict[str, Any] = Field(default_factory=dict)
    """What is settled of `[data]` already: target, features, types, kind, missing, separator."""


class Compare(Record):
    """Ask which of two settings is better, on paired seeds."""

    type: Literal["compare"] = "compare"
    id: Id
    pin: Annotated[int, Field(strict=True, ge=0, lt=4)] = 0
    """A: a pin of the opened session; B is its experiment."""
    pairs: Annotated[int, Field(strict=True, ge=8, le=1024)] = 64
    figure: Name | None = None


class Diagnose(Record):
    """Ask what is the matter with the opened experiment."""

    type: Literal["diagnose"] = "diagnose"
    id: Id


class Inspect(Record):
    """Ask for the worked arithmetic of one row at a step."""

    type: Literal["inspect"] = "inspect"
    id: Id
    run: RunNumber = -1
    step: Step | None = None
    network: Member = 0
    row: Annotated[int, Field(strict=True, ge=0)] | None = None
    """A row of the dataset."""
    point: tuple[float, ...] | None = Field(default=None, max_length=10_000)
    """Or a place, in the units of the experiment's rows; without a target."""
    batch_row: Annotated[int, Field(strict=True, ge=0)] | None = None
    """Or a row of the batch of the update that follows, by its place there."""


class Traces(Record):
    """Ask for weights, gradient sizes and activations of a network over the whole tape."""

    type: Literal["traces"] = "traces"
    id: Id
    run: RunNumber = -1
    network: Member = 0
    most: Annotated[int, Field(strict=True, ge=2, le=400)] = 120


class Take(Record):
    """Ask for a file to take away."""

    type: Literal["take"] = "take"
    id: Id
    kind: Name
    """A key of the catalogue's list of files to take away."""
    run: RunNumber = -1
    network: Literal["ensemble", "best"] | Member = "best"
    dark: bool = False
    chart: Name | None = None
    """Which chart, for pictures and specifications."""


class Cancel(Record):
    """Drop an action that is under way."""

    type: Literal["cancel"] = "cancel"
    id: Id


Asked = Annotated[
    Hello | Open | Look | BringTable | Preview | Compare | Diagnose | Inspect | Traces | Take
    | Cancel,
    Field(discriminator="type"),
]  # fmt: skip
ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)


# ---- told by the host


class Problem(Record):
    """Something that is wrong with what was asked."""

    where: str
    """The key path in the experiment's document, or nothing."""
    sentence: str
    code: str = ""
    """Of the situation, such as "X103"; ``shoal help CODE`` tells of it."""


class ArrayPlace(Record):
    """Where an array of a frame lies."""

    name: str
    dtype: Literal["float32", "float64", "uint8", "int32"]
    shape: tuple[int, ...]
    offset: int
    """Bytes after the header, a multiple of 8."""


class Choice(Record):
    """A member of a registry, as forms show it."""

    name: str
    title: str
    schema_: dict[str, Any] = Field(alias="schema")
    """JSON Schema of its settings, with defaults and descriptions."""
    formula: str = ""


class FileToTake(Record):
    """A kind of file to take away."""

    kind: str
    title: str
    suffix: str
    group: Literal["experiment", "code", "model", "picture", "data", "report"]
    charts: bool = False
    """Whether it is of a chart that must be named."""


class CatalogueTold(Record):
    """What there is: answers `hello`."""

    type: Literal["catalogue"] = "catalogue"
    id: Id
    version: str
    start: Session
    """What a page without a session of its own begins with."""
    starts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By task: an experiment's document that learns it."""
    tasks: tuple[Choice, ...]
    activations: tuple[Choice, ...]
    initializers: tuple[Choice, ...]
    optimizers: tuple[Choice, ...]
    schedules: tuple[Choice, ...]
    losses: tuple[Choice, ...]
    regularization: Choice
    stop_rules: tuple[Choice, ...]
    preprocess: Choice
    file_data: Choice
    files: tuple[FileToTake, ...]
    charts: tuple[str, ...]
    """Kinds of charts of a run, for pictures."""
    most_networks: int
    most_table_bytes: int


class LayerTold(Record):
    """One layer of the network as it lies in the flat row of parameters."""

    n_inputs: int
    units: int
    activation: str
    start: int
    """Weights (n_inputs, units) in C order from here."""
    bias_start: int
    """Biases (units,) from here; equal to `stop` without a bias."""
    stop: int


class RunTold(Record):
    """A run of the session: the experiment's own, a branch, or that of a pin."""

    run: int
    of: int | None = None
    at: int = 0
    total_steps: int
    steps_per_epoch: int
    experiment: dict[str, Any]
    """Its whole document."""


class DataTold(Record):
    """What the rows are."""

    kind: Literal["classification", "multilabel", "regression"]
    features: tuple[str, ...]
    base_features: tuple[str, ...]
    """Without those that are derived from others."""
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    n_train: int
    n_validation: int
    n_test: int
    ranges: tuple[tuple[float, float, float], ...]
    """Least, median and greatest value of each feature."""
    attainable_accuracy: float | None = None
    """The best that any rule attains in expectation."""
    rows_accuracy: float | None = None
    """What the true rule attains on the judged rows."""
    true_boundary: bool = False
    """Whether the class of every place is known, so that looks can ask for `truth`."""
    constant_guess_accuracy: float | None = None
    streaming: bool = False
    notes: tuple[str, ...] = ()


class OpenedTold(Record):
    """The session stands: answers `open`."""

    type: Literal["opened"] = "opened"
    id: Id
    experiment: dict[str, Any]
    """The whole document, every key."""
    toml: str
    layers: tuple[LayerTold, ...]
    n_parameters: int
    data: DataTold
    figures: tuple[str, ...]
    headline: str
    """The figure that tells most, such as "validation_accuracy"."""
    n_networks: int
    runs: tuple[RunTold, ...]
    warnings: tuple[str, ...] = ()


class RefusedTold(Record):
    """What was asked cannot be: answers `open`; what was there before stays."""

    type: Literal["refused"] = "refused"
    id: Id
    problems: tuple[Problem, ...]
    missing_table: str | None = None
    """The digest of a table that must be brought again."""


class PlaneTold(Record):
    """The plane of a frame's pictures."""

    features: tuple[str, str]
    numbers: tuple[int, int]
    x: tuple[float, float]
    y: tuple[float, float]
    """From the left edge to the right one, from the lowest to the highest."""
    held: dict[str, float]
    output: str
    """What the surface shows, such as "probability of 1"."""
    is_probability: bool
    classes: tuple[str, ...] = ()
    """Of a surface of several classes, in the order of its numbers."""
    value_range: tuple[float, float] | None = None
    """Of a surface of values."""


class FrameTold(Record):
    """The state of a run at a step: answers `look`. Its arrays are those of the parts wanted.

    ===================  ==========================  ==============================================
    array                shape, type                 what
    ===================  ==========================  ==============================================
    rows_x               (N, 2) float32              the plane's features of rows
    rows_class           (N,) uint8                  class of each row (classification)
    rows_value           (N,) float32                target of each row (regression)
    rows_part            (N,) uint8                  0 training, 1 validation, 2 test
    rows_index           (N,) int32                  number of the row in the dataset
    surface              (n, n) float32              rows from the lowest y up; probability or value
    surface_class        (n, n) uint8                most probable class of several; 255: none
    multiples            (M, n, n) uint8             probability or value over its range, 0 to 255
    multiples_class      (M, n, n) uint8             most probable class of several; 255: none
    multiples_member     (M,) int32                  which networks
    units                (U, n, n) uint8             response of every unit, layer by layer
    units_range          (U, 2) float32              what 0 and 255 are
    weights              (K,) float32                the parameters
    gradients            (K,) float32                slope of the next batch's loss along each
    gradient_norms       (L,) float32                of each layer
    confusion            (C, C) int32                rows: true class; columns: answered class
    histogram            (C, B) int32                by true class: the shown probability, B bins
    points               (M, C) float32              probabilities or values at the points
    curve_steps          (T,) int32                  steps of the reports shown
    curve_NAME           (3, T) float32              median, 5th, 95th percentile of a figure
    one_NAME             (T,) float32                the same of one network
    final_NAME           (S,) float32                a figure at this step of every sound network
    final_member         (S,) int32                  which networks those are
    truth                (n, n) uint8                class by the true rule, as `surface` lies
    ===================  ==========================  ==============================================

    Nothing is NaN or infinite: what a network that diverged says is 0, or the middle (a half, 128).
    Of one feature the plane's second axis means nothing: `numbers` ends in -1, a class has a strip
    of its own from 0 to 1, and of numbers it is that of the target.
    """

    type: Literal["frame"] = "frame"
    id: Id
    opened: Id
    run: int
    step: int
    epoch: float
    trained_step: int
    """How far training has come."""
    done: bool
    """Whether it has ended."""
    seconds: float
    """Of training so far."""
    figures: dict[str, float | None]
    """Median over the networks at the last report up to this step."""
    figures_step: int
    n_diverged: int
    stopped: dict[str, int] = Field(default_factory=dict)
    """Why networks ended, and how many; when training has ended."""
    delivered_step: int | None = None
    """The step whose weights are shown at the end, if the best ones are asked for: a median."""
    plane: PlaneTold | None = None
    n_watchers: int = 0
    """Pages that watch a tape now; where they are several, each leaves the others time."""
    arrays: tuple[ArrayPlace, ...] = ()


class ProgressTold(Record):
    """An action is under way."""

    type: Literal["progress"] = "progress"
    id: Id
    sentence: str
    share: float | None = None


class DoneTold(Record):
    """An action has ended: its document, and arrays of its own."""

    type: Literal["done"] = "done"
    id: Id
    action: str
    document: dict[str, Any]
    arrays: tuple[ArrayPlace, ...] = ()


class FailedTold(Record):
    """An action cannot be carried out."""

    type: Literal["failed"] = "failed"
    id: Id
    sentence: str
    code: str = ""
    """Of the situation, as in `Problem`."""


Told = CatalogueTold | OpenedTold | RefusedTold | FrameTold | ProgressTold | DoneTold | FailedTold
