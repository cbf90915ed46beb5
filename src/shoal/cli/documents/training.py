"""The documents of what is trained: runs, sweeps, searches, comparisons, diagnoses, the store."""

from __future__ import annotations

from typing import Final, get_args

from shoal.cli.documents.parts import (
    FIGURE,
    Maybe,
    any_of,
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
    with_figures,
)
from shoal.experiments.certificate import Same
from shoal.experiments.comparison.judging import Verdict
from shoal.experiments.doctor.records import Finding, Proof
from shoal.experiments.document import Experiment
from shoal.experiments.spread import Share
from shoal.experiments.sweep.effects import Effect
from shoal.store.entry import KINDS, Status

FILES: Final = listed(
    "the files that were written, in the order they were asked for",
    record(
        "a file",
        path=text("where it is, as it was named"),
        bytes=whole("its size"),
        sha256=text("SHA-256 of what is in it, in hexadecimal digits"),
    ),
)
OUTPUTS: Final = Maybe(
    {**FILES, "description": f"{FILES['description']}; on standard output alone"}
)
EXPERIMENT: Final = of_model(Experiment, "the whole experiment, every key: see `shoal schema`")
SECONDS: Final = number("seconds that it took, by the clock")
ARITHMETIC: Final = text("which arithmetic computed it; the same one gives the same bits")
VERSION: Final = text("the version of shoal")
DIGEST: Final = text("SHA-256 of the weights, in hexadecimal digits")
NOTES: Final = listed("what was decided for the reader, in sentences", text("a sentence"))
WARNINGS: Final = listed("what is to be heeded, in sentences", text("a sentence"))
INTERRUPTED: Final = flag("whether Ctrl-C ended it: this is what was there")
FIGURE_NAME: Final = text("the figure by name, such as validation_accuracy")
UPWARDS: Final = flag("whether a larger figure is a better one")
A_FIGURE: Final = unknown(
    number("the figure of that name: rows, then measure; null where a network has none")
)
BASELINES: Final = by_name(
    "the figure without any network: constant guess, linear model", unknown(number("the figure"))
)

NETWORK: Final = with_figures(
    record(
        "a network, with its final figures by name as further members",
        index=whole("its number in the population, from 0"),
        seed=whole("what its random streams follow from"),
        steps=whole("updates of the weights that were done"),
        epochs=whole("whole passes over the training rows"),
        evaluations=whole("how often the loss, or its gradient, was computed"),
        clean_accuracy=Maybe(
            unknown(number("accuracy against labels before noise; there where labels are noisy"))
        ),
        stopped_because=text("what ended it: epochs, a stop rule's name, diverged, interrupted"),
        best_step=Maybe(unknown(whole("where training.restore_best: the step delivered"))),
        best_epoch=Maybe(unknown(whole("the epoch of that step, null inside of one"))),
    ),
    A_FIGURE,
)
DIVERGED: Final = listed(
    "networks that diverged; they are in no summary",
    record(
        "a network that diverged",
        index=whole("its number in the population, from 0"),
        seed=whole("what its random streams follow from"),
        step=whole("the step that failed"),
        cause=text("what became infinite or unknown, in words"),
        last_train_loss=unknown(number("the last training loss that was finite")),
    ),
)
BAND: Final = record(
    "a figure over the networks that have it",
    median=unknown(number("the median")),
    p05=unknown(number("the 5th percentile")),
    p95=unknown(number("the 95th percentile")),
    n_counted=whole("how many networks have it"),
)
RUN: Final = record(
    "What came of training a population.",
    experiment=EXPERIMENT,
    networks=listed("every network in its order", NETWORK),
    best=whole("the number of the best network"),
    summary=by_name("every figure over the networks", BAND, f"{FIGURE[:-1]}$|^clean_accuracy$"),
    diverged=DIVERGED,
    warnings=WARNINGS,
    notes=NOTES,
    truth=record(
        "what is known without any network",
        attainable_accuracy=unknown(number("the best accuracy in expectation; of tasks")),
        rows_accuracy=unknown(number("the true rule's on the rows that judge; of tasks")),
        constant_guess_accuracy=Maybe(
            unknown(number("that of always saying the most frequent class; of classes"))
        ),
    ),
    seconds=number("seconds of training, by the clock"),
    interrupted=INTERRUPTED,
    digest=DIGEST,
    arithmetic=ARITHMETIC,
    version=VERSION,
    files=OUTPUTS,
)

SPREAD: Final = record(
    "Which random stream causes the spread of a figure.",
    figure=FIGURE_NAME,
    networks=whole("how many there were in each population"),
    n_counted=whole("networks that have the figure, where all streams vary"),
    mean=unknown(number("of the figure where all streams vary")),
    variance=unknown(number("of the figure where all streams vary")),
    shares=listed(
        "a stream each",
        record("a stream's part", **fields_of(Share, null=("variance", "share", "low", "high"))),
    ),
    rest=record(
        "1 less the sum of the shares: what streams do together",
        share=unknown(number("the rest")),
        low=unknown(number("lower end of its interval")),
        high=unknown(number("upper end of its interval")),
    ),
    interval=listed("the quantiles that low and high are", number("a quantile")),
    sentence=text("what was found, in a sentence"),
)

SWEEP: Final = record(
    "What came of a sweep.",
    sweep=anything("the experiment with its [sweep] table, as it was written"),
    keys=listed("the keys that were swept", text("a key")),
    figure=FIGURE_NAME,
    answer=text("what was found, in a sentence"),
    effects=listed(
        "what each axis does to the figure",
        record(
            "an axis",
            key=text("the key, or those that walk together"),
            **fields_of(
                Effect, without=("name", "medians", "means", "best", "worst", "n_axes", "measures")
            ),
            medians=listed("over all networks, by value", unknown(number("a median"))),
            means=listed("over all networks, by value", unknown(number("a mean"))),
            best=text("the best value"),
            worst=text("the worst value"),
            matters=flag("whether a difference can be told from luck"),
            sentence=text("the same in words"),
        ),
    ),
    n_cells=whole("how many combinations of values"),
    n_networks=whole("how many networks in all"),
    cells=listed(
        "every combination",
        record(
            "a combination of values",
            cell=whole("its number, from 0"),
            label=text("its values, in words"),
            values=by_name("its values by key", anything("a value")),
            n_networks=whole("how many networks it has"),
            n_diverged=whole("how many of them diverged"),
            attainable_accuracy=unknown(number("the best accuracy in expectation; of tasks")),
            constant_guess_accuracy=unknown(number("that of always saying the same class")),
            baselines=BASELINES,
            figures=by_name(
                "final figures over its networks",
                record(
                    "a figure",
                    median=unknown(number("the median")),
                    p05=unknown(number("the 5th percentile")),
                    p95=unknown(number("the 95th percentile")),
                    low=unknown(number("lower end of the median's 95 % interval")),
                    high=unknown(number("upper end of the median's 95 % interval")),
                    n_counted=whole("how many networks have it"),
                ),
                f"{FIGURE[:-1]}$|^clean_accuracy$",
            ),
        ),
    ),
    seconds=SECONDS,
    interrupted=INTERRUPTED,
    warnings=WARNINGS,
    digest=unknown(DIGEST),
    arithmetic=ARITHMETIC,
    version=VERSION,
    files=OUTPUTS,
)
FORECAST: Final = record(
    "What a sweep would take (--dry-run).",
    keys=listed("the keys that are swept", text("a key")),
    n_cells=whole("how many combinations of values"),
    n_networks=whole("how many networks in all"),
    n_chunks=whole("pieces of work"),
    n_workers=whole("how many are worked on at once"),
    seconds=number("of all workers together, by the clock, about"),
    n_measured=whole("networks that were trained for a moment to know"),
    result_bytes=whole("size of all that is kept"),
    worker_bytes=whole("memory of one worker"),
)

TRIAL: Final = record(
    "a trial",
    trial=whole("its number in the study"),
    values=by_name("its values by key", anything("a value")),
    score=unknown(number("median over its networks; null where half of them diverged")),
    n_diverged=whole("how many of its networks diverged"),
)
HALVING: Final = record(
    "What came of successive halving.",
    method=text("the method", "halving"),
    figure=FIGURE_NAME,
    higher_is_better=UPWARDS,
    keep=number("the share of cells that goes on from a rung"),
    rungs=listed(
        "the stages in their order",
        record(
            "a stage",
            epochs=whole("how far its cells are trained"),
            n_cells=whole("how many cells"),
            cells=listed("their numbers", whole("a cell")),
            scores=listed(
                "their medians; null where half of the networks diverged",
                unknown(number("a median")),
            ),
            kept=listed("the cells that go on, the best first", whole("a cell")),
            steps=whole("of all networks in this stage"),
        ),
    ),
    winner=record(
        "the best cell",
        cell=whole("its number"),
        values=by_name("its values by key", anything("a value")),
        score=unknown(number("its median")),
        digest=DIGEST,
    ),
    steps=whole("of all networks together"),
    steps_full=whole("of all networks, had every cell been trained to its end"),
    saved=number("the share of those steps that was not needed"),
    seconds=SECONDS,
    sentence=text("what was found, in a sentence"),
    files=OUTPUTS,
)
OPTUNA: Final = record(
    "What came of a search by a sampler.",
    method=text("the method", "optuna"),
    figure=FIGURE_NAME,
    higher_is_better=UPWARDS,
    sampler=text("the class of what chose the trials"),
    n_networks=whole("trained in all"),
    n_pruned=whole("trials without a score"),
    steps=whole("of all networks together"),
    trials=listed("every trial in its order", TRIAL),
    winner=TRIAL,
    seconds=SECONDS,
    sentence=text("what was found, in a sentence"),
    files=OUTPUTS,
)

COMPARISON: Final = record(
    "Which of some experiments is better, on paired seeds.",
    sentence=text("the verdict, in a sentence"),
    about=text("what was asked, and how it was tested"),
    figure=FIGURE_NAME,
    higher_is_better=UPWARDS,
    region=unknown(number("the difference that is not worth having")),
    n_pairs=whole("how many pairs of networks"),
    streams=listed("random streams that differ from pair to pair", text("a stream")),
    held=listed("random streams that are the same in all pairs", text("a stream")),
    seeds=listed("of the pairs", whole("a seed")),
    same_start=flag("whether networks of all sides began with the same weights"),
    own_seeds=flag("whether sides came with other seeds than the first one's, which all took"),
    verdicts=listed(
        "one for every two sides that were compared",
        record(
            "what is said of two sides; differences are gains of b over a",
            a=text("a side"),
            b=text("the other side"),
            **fields_of(
                Verdict,
                without=("a", "b"),
                null=("effect", "low", "high", "median_difference", "mean_difference",
                      "median_low", "median_high", "mean_low", "mean_high", "wilcoxon_p",
                      "win_low", "win_high", "confidence"),
            ),
        ),
    ),
    arms=listed(
        "the sides",
        record(
            "a side",
            name=text("what it is called"),
            n_parameters=whole("of a network"),
            median=unknown(number("of the figure that is compared")),
            p05=unknown(number("the 5th percentile")),
            p95=unknown(number("the 95th percentile")),
            n_counted=whole("networks that have the figure"),
            n_diverged=whole("networks that diverged"),
            n_stuck=whole("networks that learned nothing, without diverging"),
            seconds=number("of training, this side alone"),
            baselines=BASELINES,
            attainable=unknown(number("what the best rule reaches in expectation")),
            figures=by_name(
                "final figures of every network", listed("by pair", unknown(number("a figure")))
            ),
            experiment=EXPERIMENT,
        ),
    ),
    notes=NOTES,
    seconds=SECONDS,
    interrupted=INTERRUPTED,
    files=OUTPUTS,
)  # fmt: skip

PROOF: Final = record(
    "a remedy, tried on the same pairs of networks without it and with it",
    **fields_of(Proof, null=("before", "after", "gain", "p_value")),
    n_pairs=whole("how many pairs were trained"),
    sentence=text("what came of it, in a sentence"),
)
DIAGNOSIS: Final = record(
    "What is wrong with an experiment.",
    experiment=EXPERIMENT,
    sentence=text("what was found, in a sentence"),
    healthy=flag("whether no fault was found; there may be questions and notes"),
    curve=text("the learning curve, read aloud"),
    findings=listed(
        "faults, questions and notes; causes first",
        record(
            "something that is the matter",
            **fields_of(Finding, without=("evidence", "proof")),
            evidence=by_name(
                "the numbers behind it", {"type": ["number", "string", "null"],
                                          "description": "a number, or a name"}
            ),
            proof=unknown(PROOF),
        ),
    ),
    digest={**DIGEST, "description": "SHA-256 of the weights that were examined"},
    seconds=number("seconds that the diagnosis took, training and proofs"),
)  # fmt: skip

MACHINE: Final = record(
    "where it was computed",
    machine=text("processor and system"),
    arithmetic=ARITHMETIC,
    version=VERSION,
)
REPLAY: Final = record(
    "Whether a stored record comes out the same again.",
    id=text("of the stored record"),
    same=text("whether the same came out", *get_args(Same)),
    n_networks=whole("how many networks there are"),
    n_identical=whole("how many are the same to the last bit"),
    largest_difference=unknown(number("of a final figure, relative to its size; null: infinite")),
    figure=unknown(text("which figure has it")),
    tolerance=number("up to which the difference is within tolerance"),
    seconds=SECONDS,
    before=MACHINE,
    now=MACHINE,
    answer=unknown(text("what was concluded when it was stored")),
    answer_now=unknown(text("what is concluded now")),
    sentence=text("what came of it, in a sentence"),
)

ENTRY: Final = record(
    "a stored record, as `shoal runs` lists it",
    id=text("eight characters; three or more of the first name it"),
    kind=text("what it is", *KINDS),
    name=text("of the experiment: its file without the ending, or its data"),
    created=text("when it was begun, ISO 8601 in UTC"),
    status=text("how far it is", *get_args(Status)),
    figure=unknown(text("the headline figure by name")),
    higher_is_better=unknown(UPWARDS),
    value=unknown(number("the median of the figure over the networks")),
    best=unknown(number("the figure of the best network")),
    answer=unknown(text("what came out, in a sentence, where the figure does not say it")),
    n_networks=whole("how many networks"),
    seconds=number("of training"),
    tags=listed("to find it by", text("a tag")),
    note=text("kept beside it; may be empty"),
    digest=unknown(text("SHA-256 of the document, in hexadecimal digits")),
    machine=text("processor and system that computed it"),
    arithmetic=ARITHMETIC,
    version=VERSION,
    has_state=flag("whether the arrays are kept, so that it can go on"),
    folder=text("where its files are"),
)
SHOWN: Final = record(
    "A stored record, and what came of it.",
    entry=ENTRY,
    result=unknown(any_of("as the command that made it printed it; null where there is none",
                          RUN, SWEEP, COMPARISON, DIAGNOSIS)),
)  # fmt: skip
REMOVED: Final = record("What was removed.", removed=listed("records", ENTRY))
EXPORTED: Final = record(
    "A table of stored runs that was written.", n_rows=whole("rows of the table"), files=FILES
)

ENTRIES: Final = listed("Stored records, as they were asked for.", ENTRY)
