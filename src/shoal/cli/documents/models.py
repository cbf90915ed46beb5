"""The documents of models in use: shown, asked, judged, watched, carried to other formats."""

from __future__ import annotations

from typing import Final

from shoal.cli.documents.parts import (
    Maybe,
    anything,
    by_name,
    fields_of,
    flag,
    listed,
    number,
    of_model,
    record,
    text,
    unknown,
    whole,
    with_members,
)
from shoal.cli.documents.training import FILES, NOTES, OUTPUTS, SECONDS
from shoal.models.assessment.evaluation import Evaluation
from shoal.models.assessment.records import (
    Calibration,
    Costs,
    Coverage,
    Estimate,
    PartFigures,
    Slices,
    WorstRow,
)
from shoal.models.importance.attribution import ColumnAttribution
from shoal.models.monitoring.changes import Change
from shoal.models.monitoring.drifting import ColumnDrift
from shoal.models.monitoring.history import Look
from shoal.models.monitoring.watched import Check, StrangeRow

KIND: Final = text("of the target", "classification", "multilabel", "regression")
SEED: Final = whole("of what is drawn at random")

LAYER = {
    "shape": listed("inputs and units", whole("how many")),
    "parameters": whole("weights and biases"),
    "activation": text("its function"),
}
FEATURES: Final = listed("names of the features, in order", text("a feature"))
CLASSES: Final = listed("names of the classes, in order; empty for numbers", text("a class"))
SHOWN: Final = record(
    "A network as a table.",
    layers=listed(
        "every layer",
        record(
            "a layer",
            layer=whole("its number, from 1"),
            **LAYER,
            weights=Maybe(
                listed("with --weights: by input, then unit", listed("of an input", number("one")))
            ),
            bias=Maybe(unknown(listed("with --weights: by unit", number("one")))),
        ),
    ),
    parameters=whole("of all layers"),
    features=FEATURES,
    classes=CLASSES,
    target=text("the column that is predicted, or several with commas between"),
    scaling=text("of the features"),
    is_trained=flag("whether it is a model; an experiment's network is not trained yet"),
    networks=Maybe(whole("how many there are; not with --network")),
    best_network=Maybe(whole("the number of the best one; of models")),
    network=Maybe(whole("with --network: its number")),
    seed=Maybe(whole("with --network: what its random streams follow from")),
    made_by=Maybe(text("which shoal and arithmetic trained it; of models")),
    weights_of=Maybe(text("with --weights: which network they are of")),
)

PREDICTED: Final = {
    "description": "A row: the columns that came in, and what was predicted beside them. A name "
    "that is taken already gets a number behind it.",
    "type": "object",
    "properties": {
        "class": unknown(text("of classes: the answer; null where it is left undecided")),
        "value": unknown(number("of one number: the mean over the networks")),
        "disagreement": unknown(number("the spread between the networks")),
        "unlike": unknown(text("why the row is unlike the training rows; null: it is not")),
    },
    "patternProperties": {
        "^probability": unknown(number("of a class, or of a label")),
        "^(class|value|disagreement)_": {
            "type": ["string", "number", "null"],
            "description": "of one of several targets, by its name",
        },
    },
    "additionalProperties": {
        "type": ["string", "number", "null"],
        "description": "a column that came in: a number where the model has numbers, else text",
    },
}

ADVICE: Final = record(
    "the threshold that the costs call for",
    rule=text("where it comes from", "theory", "best"),
    threshold=number("yes is said above it"),
    positive=text("the class that yes stands for"),
    command=unknown(text("that predicts other rows so")),
)
EVALUATION: Final = with_members(
    of_model(Evaluation, "A model judged on rows whose answer is known."),
    n_rows=whole("rows that were judged"),
    n_networks=whole("networks of the model"),
    source=text("what the rows are called"),
    model=text("what the model is called, and its shape"),
    confidence=number("of every interval"),
    resamples=whole("how often rows were drawn again; 0: there are no intervals"),
    seed=SEED,
    trained_on=unknown(flag("whether these rows are of the file that trained the model")),
    positive=unknown(text("of two classes the one that is looked for")),
    intervals=by_name("figures of all rows with intervals", of_model(Estimate, "one")),
    by_class=listed("of classes: figures of each", of_model(PartFigures, "one")),
    by_label=listed("of labels: figures of each", of_model(PartFigures, "one")),
    by_target=listed("of numbers: figures of each target", of_model(PartFigures, "one")),
    slices=listed("with --by: a column each", of_model(Slices, "one")),
    worst=listed("rows that the model is furthest off about", of_model(WorstRow, "one")),
    calibration=unknown(of_model(Calibration, "of classes")),
    coverage=unknown(of_model(Coverage, "what is had if doubtful rows are left out")),
    costs=unknown(of_model(Costs, "with --costs")),
    advice=unknown(ADVICE),
    files=FILES,
)

RISE: Final = record(
    "how much worse answers become",
    rise=number("the mean"),
    low=number("lower end of its interval"),
    high=number("upper end of its interval"),
)
RISES = {
    name: Maybe({**RISE, "description": f"by the {name.replace('_', ' ')}"})
    for name in ("accuracy", "loss", "mean_absolute_error", "mean_squared_error")
}
VERDICT: Final = text("what the interval says", "matters", "not shown", "harms")
IMPORTANCE: Final = record(
    "Which columns a model's answers rest on.",
    kind=KIND,
    target=text("what is told from the columns; several with commas between"),
    targets=listed("the same as a list", text("a column")),
    measure=text("what decides", *RISES),
    scores=by_name("by measure, on the rows as they stand", number("a score")),
    n_rows=whole("rows that columns were dealt out among"),
    n_rows_given=whole("rows that there were"),
    n_networks=whole("how many networks"),
    repeats=whole("how often each column was dealt out"),
    level=number("with this probability all intervals hold together"),
    seed=SEED,
    weighted=flag("whether rows counted by weights"),
    seen=flag("whether these are rows that trained the model, as far as is known"),
    answer=text("what was found, in a sentence"),
    notes=NOTES,
    columns=listed(
        "the most important first",
        record(
            "a column",
            name=text("its name"),
            verdict=VERDICT,
            **RISES,
            networks=Maybe(listed("the same of every network alone", number("a rise"))),
        ),
    ),
    related=listed(
        "pairs of columns that say much the same",
        record(
            "a pair",
            first=text("a column"),
            second=text("the other"),
            correlation=number("of the two"),
        ),
    ),
    families=listed(
        "columns that such pairs join, dealt out together",
        record("a family", names=listed("its columns", text("a column")), verdict=VERDICT, **RISES),
    ),
    dependences=listed(
        "what the model says as a column changes, of those that matter most",
        record(
            "a column",
            column=text("its name"),
            grid=listed("its values, or categories",
                        {"type": ["number", "string"], "description": "a value"}),
            n_rows=whole("rows that were averaged over"),
            outputs=listed(
                "a class, label or target each",
                record(
                    "what is said, by value of the grid",
                    name=text("the class, label or target"),
                    mean=listed("over rows and networks", number("a mean")),
                    p05=listed("over the networks", number("the 5th percentile")),
                    p95=listed("over the networks", number("the 95th percentile")),
                ),
            ),
        ),
    ),
    files=OUTPUTS,
)  # fmt: skip
ATTRIBUTION: Final = record(
    "Why a model says what it says of one row.",
    output=text("the class, label or target that is asked about"),
    what=text("what it is, in words"),
    value=number("what the model says of the row"),
    baseline_value=number("what it says of a typical row"),
    baseline=text("what the typical row is, in words"),
    change=number("the one less the other: what the attributions add up to"),
    method=text("how it was found", "gradients", "shapley"),
    gap=number("sum of the attributions less the change"),
    is_complete=flag("whether that is small enough"),
    n_networks=whole("how many networks"),
    n_rows=whole("rows between the two that were asked for"),
    notes=NOTES,
    columns=listed("in their order", record("a column", **fields_of(ColumnAttribution))),
    files=OUTPUTS,
)

MONITOR: Final = record(
    "One look at a model in use.",
    time=text("when, ISO 8601 in UTC"),
    model=text("the beginning of the digest of the model's weights"),
    data=text("the name of the rows' file"),
    verdict=text("what the bars say", "ok", "fell short", "watched"),
    sentence=text("the same in words"),
    n_rows=whole("all rows"),
    n_labelled=whole("those with known targets"),
    n_unknown=whole("those with a category that training never saw"),
    n_unlike=unknown(whole("rows unlike the training rows")),
    weighted=flag("whether labelled rows counted by weights"),
    sure=flag("whether only a whole interval beyond its bar falls short"),
    checks=listed("every figure held against its bar", record("a figure", **fields_of(Check))),
    drift=unknown(
        listed(
            "of every column; null where the model keeps no summary",
            record(
                "a column",
                **fields_of(ColumnDrift, without=("new",)),
                within_chance=flag("whether chance alone may have made it"),
                new=listed(
                    "categories that training never saw",
                    record("one", category=text("its name"), n_rows=whole("how many rows")),
                ),
            ),
        )
    ),
    changes=listed(
        "of figures since earlier looks",
        record(
            "a figure",
            **fields_of(Change),
            within_chance=flag("whether chance alone may have made it"),
        ),
    ),
    unlike=listed("rows unlike the training rows", record("a row", **fields_of(StrangeRow))),
    files=OUTPUTS,
)
HISTORY: Final = record(
    "The looks at a model so far (--history).",
    history=text("the file"),
    n_damaged=whole("lines that are no look, which were passed over"),
    is_whole=flag("whether the file was read from its beginning"),
    looks=listed("in the order in which they were written", of_model(Look, "a look")),
    files=OUTPUTS,
)

WRITTEN: Final = record(
    "A model written in another format.",
    format=text("which"),
    files=FILES,
    networks=whole("how many went along"),
    runtime=text("what runs it"),
    self_test=text("the command that tests it"),
    proof_wanted=flag("whether it was to be run first"),
    proof=unknown(
        record(
            "what came of running it; null where it was not",
            runtime=text("what ran it"),
            rows=whole("how many were asked"),
            largest_difference=number("from what shoal says"),
            tolerance=number("that is allowed"),
            passed=flag("whether it is as small"),
        )
    ),
)
FORMATS: Final = listed(
    "The formats (--list).",
    record(
        "a format",
        suffix=text("of its files"),
        runtime=text("what runs it"),
        about=text("what it is, in a line"),
    ),
)
IMPORTED: Final = record(
    "A network of another library, read as a model.",
    model=text("the file that was written"),
    files=FILES,
    layers=listed("every layer", record("a layer", **LAYER)),
    features=FEATURES,
    targets=listed("what is predicted", text("a column")),
    kind=KIND,
    classes=CLASSES,
    label_classes=listed("of each label what 0 and 1 are called",
                         listed("of a label", text("a class"))),
    precision=text("of the weights"),
    notes=NOTES,
)  # fmt: skip

BETTER: Final = record(
    "how much better the network is",
    mean=number("over the splits"),
    low=number("lower end of its interval"),
    high=number("upper end of its interval"),
)
WORTH: Final = record(
    "Whether a network is worth it on a table.",
    source=text("what the rows are called"),
    target=text("the column that is predicted"),
    kind=KIND,
    n_rows=whole("rows of the table"),
    n_features=whole("features of the table"),
    folds=whole("parts that the rows are cut into"),
    repeats=whole("how often they are cut anew"),
    seed=SEED,
    threads=whole("how many every learner had"),
    figure=text("what decides", "accuracy", "mean_absolute_error"),
    region=number("a difference that is not worth having"),
    verdict=text("what the intervals say"),
    sentence=text("the same in words"),
    caution=text("what to heed beside it; may be empty"),
    learners=listed(
        "the network first",
        record(
            "a learner",
            name=text("its name", "network", "constant", "linear", "trees"),
            label=text("what a person calls it"),
            what=text("which library and settings it is"),
            accuracy=Maybe(number("of classes: the mean over the splits")),
            mean_absolute_error=Maybe(number("of numbers: the mean over the splits")),
            low=number("lower end of its interval"),
            high=number("upper end of its interval"),
            log_loss=Maybe(unknown(number("of classes: a second figure"))),
            r2=Maybe(unknown(number("of numbers: a second figure"))),
            fit_s=number("seconds of a fit, the median"),
            scores=listed("what decides, of every split", number("a score")),
            others=listed("the second figure of every split", unknown(number("a figure"))),
            fits_s=listed("seconds of every fit", number("seconds")),
            network_better_by=Maybe(BETTER),
        ),
    ),
    notes=NOTES,
    seconds=SECONDS,
    versions=by_name("of the libraries", text("a version")),
    files=OUTPUTS,
)
SETTINGS: Final = by_name("its settings by name", anything("a value"))
