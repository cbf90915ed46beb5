import marimo

app = marimo.App(app_title="Predicting OR")

with app.setup:
    import numpy as np

    import shoal
    from shoal.lessons import Lesson


@app.function
def train(rate=0.01, epochs=3, networks=16, seed=0):
    """Train networks on OR: every epoch is 1,000 batches of 32 fresh pairs."""
    return shoal.Experiment(
        data=shoal.tasks.or_(batches=1000),
        network=shoal.Network(
            [shoal.Dense(8, "relu"), shoal.Dense(1, "sigmoid")], inputs=["input1", "input2"]
        ),
        training=shoal.Training(
            shoal.SGD(rate), loss="binary_crossentropy", batch_size=32, epochs=epochs
        ),
        population=networks,
        seed=seed,
    ).run()


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell
def _(language):
    lesson = Lesson("01_or", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    label = np.logical_or(points[:, 0], points[:, 1]).astype(int)
    rows = [[*pair, answer] for pair, answer in zip(points.tolist(), label.tolist(), strict=True)]
    lesson.show(
        lesson.text("data"),
        lesson.table(["input1", "input2", lesson.words("label")], rows),
        lesson.text("batch"),
    )
    return label, points


@app.cell
def _(lesson):
    ones = lesson.predict("ones", low=0, high=32, step=1)
    ones
    return (ones,)


@app.cell
def _(lesson, ones):
    random = np.random.default_rng(0)
    pairs = random.integers(0, 2, (32, 2))
    labels = np.logical_or(pairs[:, 0], pairs[:, 1])
    # moved by up to 0.05, or else the rows would hide each other
    moved = pairs + random.uniform(0, 0.05, pairs.shape)
    _drawn = shoal.Experiment(training=shoal.Training(epochs=1)).run(rows=(moved, labels))
    lesson.reveal(
        ones,
        "ones",
        _drawn.plot.data(),
        lesson.text("ones_told", found=labels.sum(), expected=32 * 3 / 4),
        truth=int(labels.sum()),
        form=".0f",
    )
    return


@app.cell
def _(lesson):
    lesson.text("network")
    return


@app.cell
def _(lesson):
    parameters = lesson.predict("parameters", low=1, high=100, step=1)
    parameters
    return (parameters,)


@app.cell
def _(lesson, parameters):
    network = shoal.Network(
        [shoal.Dense(8, "relu"), shoal.Dense(1, "sigmoid")], inputs=["input1", "input2"]
    )
    layers = network.table()
    _rows = [
        [each.layer, f"{each.shape[0]} × {each.shape[1]}", each.n_parameters, each.activation]
        for each in layers
    ]
    lesson.reveal(
        parameters,
        "parameters",
        lesson.table(
            [lesson.words(key) for key in ("layer", "shape", "numbers", "function")], _rows
        ),
        lesson.text("parameters_told", hidden=layers[0].n_parameters,
                    output=layers[1].n_parameters),
        truth=sum(each.n_parameters for each in layers),
        form=".0f",
    )  # fmt: skip
    return


@app.cell
def _(lesson):
    lesson.text("loss")
    return


@app.cell
def _(lesson):
    always = lesson.predict("always", ["half", "guess", "all"])
    always
    return (always,)


@app.cell
def _(always, label, lesson):
    def judged(p):
        """Return the mean loss of answers to the four rows, and the share that is right."""
        loss = -np.where(label == 1, np.log(p), np.log(1 - p)).mean()
        return loss, ((p > 0.5) == label).mean()

    _answers = {
        "says_one": np.full(4, 0.99),
        "says_share": np.full(4, 0.75),
        "says_right": np.where(label == 1, 0.6, 0.4),
        "says_surely": np.where(label == 1, 0.99, 0.01),
    }
    _rows = [
        [lesson.words(key), *(f"{each:.4f}" for each in judged(p))] for key, p in _answers.items()
    ]
    _told = {"one": judged(_answers["says_one"])[0], "share": judged(_answers["says_share"])[0]}
    lesson.reveal(
        always,
        "always",
        lesson.table([lesson.words(key) for key in ("who", "loss_name", "accuracy_name")], _rows),
        lesson.text("always_told", **_told),
        truth={0.5: "half", 0.75: "guess", 1.0: "all"}[judged(_answers["says_one"])[1]],
    )
    return


@app.cell
def _(lesson):
    lesson.text("training")
    return


@app.cell
def _(lesson):
    epochs = lesson.slider("epochs", [1, 2, 3, 5, 10], value=3)
    epochs
    return (epochs,)


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.001, 0.01, 0.02, 0.05, 0.1, 0.5], value=0.01)
    rate
    return (rate,)


@app.cell
def _(epochs, rate):
    run = train(rate=rate.value, epochs=epochs.value)
    return (run,)


@app.cell
def _(lesson):
    first = lesson.predict("first", ["less", "same", "more"])
    first
    return (first,)


@app.cell
def _(first, lesson, points, run):
    accuracy = run.history["validation_accuracy"]  # a row for each network, a column an epoch
    _median = np.median(accuracy[:, 0])
    lesson.reveal(
        first,
        "first",
        run.plot.curves(figure="accuracy"),
        lesson.text(
            "first_told",
            steps=run.steps[0],
            median=_median,
            zero=np.median(run.network.forward(run.at(1000), points)[:, 0]),
            early=(accuracy[:, 0] == 1).sum(),
            late=(accuracy[:, -1] == 1).sum(),
            networks=len(run),
        ),
        truth="less" if _median < 0.75 else "same" if _median == 0.75 else "more",
    )
    return (accuracy,)


@app.cell
def _(lesson):
    lesson.text("curve")
    return


@app.cell
def _(lesson):
    fall = lesson.predict("fall", ["zero", "some", "start"])
    fall
    return (fall,)


@app.cell
def _(fall, lesson, run):
    _end = shoal.metrics.band(run.final("validation_loss"))
    lesson.reveal(
        fall,
        "fall",
        run.plot.curves(figure="loss"),
        lesson.text("fall_told", median=_end.median, low=_end.p05, high=_end.p95),
        truth="zero" if _end.median < 0.001 else "some" if _end.median < 0.5 else "start",
    )
    return


@app.cell
def _(lesson):
    lesson.text("motion")
    return


@app.cell
def _(lesson):
    ends = lesson.predict("ends", ["apart", "closer", "alike"])
    ends
    return (ends,)


@app.cell
def _(ends, lesson):
    fifteen = train(rate=0.05, networks=15)
    _way = np.linspace(0, 1, 101)
    _line = np.column_stack([_way, _way])  # input1 = input2
    _steps = [0, 10, 100, 1000, 3000]
    along = [fifteen.network.forward(fifteen.at(step), _line)[:, :, 0] for step in _steps]
    _rows = [
        [f"{step:,}", *(f"{np.median(said[:, end]):.3f}" for end in (0, -1))]
        for step, said in zip(_steps, along, strict=True)
    ]
    _before, _after = (np.ptp(said, axis=0).max() for said in (along[0], along[-1]))
    lesson.reveal(
        ends,
        "ends",
        lesson.motion(fifteen, lesson.words("motion_label")),
        lesson.text("ends_told", before=_before, after=_after),
        lesson.table([lesson.words("step"), "(0, 0)", "(1, 1)"], _rows),
        truth="apart" if _after > _before / 2 else "closer" if _after > 0.1 else "alike",
    )
    return


@app.cell
def _(lesson):
    lesson.text("points")
    return


@app.cell
def _(lesson):
    unsure = lesson.predict("unsure", ["p00", "p01", "p10", "p11"])
    unsure
    return (unsure,)


@app.cell
def _(label, lesson, points, run, unsure):
    said = np.asarray(run.predict(points))[:, :, 0]  # a row for each network, a column a point
    _low, median, _high = np.percentile(said, (5, 50, 95), axis=0)
    _rows = [
        [f"({a}, {b})", label[k], *(f"{each[k]:.3f}" for each in (median, _low, _high))]
        for k, (a, b) in enumerate(points)
    ]
    _worst = np.abs(median - label).argmax()
    lesson.reveal(
        unsure,
        "unsure",
        run.plot.predictions(),
        lesson.table([lesson.words(key) for key in ("point", "label", "median", "p05", "p95")],
                     _rows),
        lesson.text("unsure_told", networks=len(run), point=_rows[_worst][0],
                    median=median[_worst], low=_low[_worst], high=_high[_worst]),
        truth=["p00", "p01", "p10", "p11"][_worst],
    )  # fmt: skip
    return


@app.cell
def _(lesson):
    lesson.text("product")
    return


@app.cell
def _(lesson):
    tenfold = lesson.predict("tenfold", ["rate", "epochs", "alike"])
    tenfold
    return (tenfold,)


@app.cell
def _(lesson, tenfold):
    by_rate, by_epochs = (
        np.median(run.final("validation_loss"))
        for run in (train(rate=0.1, epochs=1), train(rate=0.01, epochs=10))
    )
    lesson.reveal(
        tenfold,
        "tenfold",
        lesson.text("tenfold_told", by_rate=by_rate, by_epochs=by_epochs),
        truth="alike" if abs(by_rate / by_epochs - 1) < 0.1
        else "rate" if by_rate < by_epochs else "epochs",
    )  # fmt: skip
    return


@app.cell
def _(accuracy, epochs, lesson, rate):
    weak = np.flatnonzero(accuracy[:, -1] < 1)
    _which = ", ".join(map(str, weak)) or lesson.words("none")
    lesson.show(
        lesson.text("in_use", rate=rate.value, epochs=epochs.value, n_weak=len(weak), weak=_which),
        lesson.program(
            "shoal run or.toml -o or.safetensors\n"
            "shoal predict or.safetensors new.csv\n"
            "shoal monitor or.safetensors checked.csv"
        ),
    )
    return


@app.cell
def _(lesson):
    lesson.text("questions")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(q1=(), q2=("lower", "same", "higher"), q3=())
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz):
    smaller = shoal.Network(
        [shoal.Dense(4, "relu"), shoal.Dense(1, "sigmoid")], inputs=["input1", "input2"]
    )
    q1 = sum(each.n_parameters for each in smaller.table())
    _losses = [np.median(train(rate=each).final("validation_loss")) for each in (0.01, 0.1)]
    q2 = "lower" if _losses[1] < _losses[0] else "same" if _losses[1] == _losses[0] else "higher"
    q3 = -np.log(1 - 0.9)
    lesson.check(
        quiz,
        q1=(q1, lesson.text("q1_why", numbers=q1)),
        q2=(q2, lesson.text("q2_why", slow=_losses[0], fast=_losses[1])),
        q3=(float(q3), lesson.text("q3_why", loss=q3)),
        form=".3g",
    )
    return


@app.cell
def _(lesson, run):
    lesson.show(lesson.text("links"), lesson.link(run.experiment))
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    usual, short, fast = train(seed=seed), train(seed=seed, epochs=1), train(seed=seed, rate=0.05)
    ones = (short.predict([[0.0, 0.0]]) > 0.5).mean()  # of the networks, at (0, 0)
    return {
        "loss": float(np.median(usual.final("validation_loss"))),
        "short": float(np.median(short.final("validation_accuracy"))),
        "origin": "1" if ones > 0.5 else "0" if ones < 0.5 else "1/2",
        "fast": float(np.median(fast.final("validation_loss"))),
        "hand": float(-np.log(1 - (seed % 9 + 1) / 10)),
    }


if __name__ == "__main__":
    app.run()
