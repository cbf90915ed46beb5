import marimo

app = marimo.App(app_title="Functions and the forward pass")

with app.setup:
    import textwrap

    import numpy as np

    import shoal
    from shoal.charts.functions import activations, charted
    from shoal.lessons import Lesson


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell(hide_code=True)
def _(language):
    lesson = Lesson("02_functions", language.value)
    lesson.text("opening")
    return (lesson,)


@app.function
def step(z):
    return np.where(z > 0, 1.0, 0.0)


@app.function
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@app.function
def relu(z):
    return np.maximum(z, 0)


@app.function
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # the largest taken away first
    return e / e.sum(axis=-1, keepdims=True)


@app.function
def identity(z):
    return z


@app.cell
def _(lesson):
    points = lesson.predict("points", ["n99", "n100", "n101"])
    points
    return (points,)


@app.cell
def _(lesson, points):
    z = np.arange(-5, 5, 0.1)
    lesson.reveal(
        points,
        "points",
        lesson.text(
            "points_told",
            n=len(z),
            last=z[-1],
            middle=z[50],
            surprise=len(np.arange(1, 1.3, 0.1)),
        ),
        charted(
            z,
            {"step": step(z), "sigmoid": sigmoid(z), "relu": relu(z), "identity": identity(z)},
            title=lesson.words("by_hand"),
            subtitle=["np.arange(-5, 5, 0.1)"],
            y_domain=(-1.5, 3),
        ),
        truth=f"n{len(z)}",
    )
    return (z,)


@app.cell
def _(lesson, z):
    by_hand = {"step": step, "sigmoid": sigmoid, "relu": relu, "identity": identity}
    largest = {
        name: float(np.abs(function(z) - shoal.network.ACTIVATIONS[name].function(z)).max())
        for name, function in by_hand.items()
    }
    _rows = np.stack([z, 0 * z, 0 * z + 1], axis=1)  # three weighted sums: z, 0 and 1
    largest["softmax"] = float(
        np.abs(softmax(_rows) - shoal.network.ACTIVATIONS["softmax"].function(_rows)).max()
    )
    at_zero = float(shoal.network.ACTIVATIONS["step"].function(np.array(0.0)))
    lesson.show(
        lesson.table(
            [lesson.words(f"same_table.{key}") for key in ("name", "difference")],
            [[name, f"{most:.1g}"] for name, most in largest.items()],
        ),
        lesson.text("same", mine=float(step(np.array(0.0))), theirs=at_zero),
    )
    return at_zero, largest


@app.cell
def _(lesson):
    flat = lesson.predict("flat", ["step", "sigmoid", "relu", "identity"])
    flat
    return (flat,)


@app.cell
def _(flat, lesson, z):
    _known = shoal.network.ACTIVATIONS
    slopes = {
        name: _known[name].slope(z, _known[name].function(z))
        for name in ("step", "sigmoid", "relu", "identity")
    }
    (never,) = [name for name, slope in slopes.items() if (slope == 0).all()]
    lesson.reveal(
        flat,
        "flat",
        lesson.text("flat_told", most=float(slopes["sigmoid"].max()), end=slopes["sigmoid"][-1]),
        activations(names="step, sigmoid, relu, softmax, identity"),
        lesson.program("shoal functions sigmoid\nshoal plot functions -o functions.html"),
        truth=never,
    )
    return never, slopes


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("compare")
    return


@app.cell
def _(lesson):
    chain = lesson.predict("chain", ["three", "one", "error"])
    chain
    return (chain,)


@app.cell
def _(chain, lesson):
    a = np.array([-1.0, 0.5, 2.0])

    def tried(ask):
        try:
            return str(ask())
        except (TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"

    asked = {
        "a > 0": tried(lambda: a > 0),
        "0 < a < 1": tried(lambda: 0 < a < 1),
        "(a > 0) & (a < 1)": tried(lambda: (a > 0) & (a < 1)),
        "[-1.0, 0.5, 2.0] > 0": tried(lambda: [-1.0, 0.5, 2.0] > 0),
    }
    lesson.reveal(
        chain,
        "chain",
        lesson.table(
            [lesson.words(f"chain_table.{key}") for key in ("asked", "said")],
            list(asked.items()),
        ),
        lesson.text("chain_told"),
        truth="error" if "Error" in asked["0 < a < 1"] else "three",
    )
    return a, asked


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("softmax")
    return


@app.cell
def _(lesson):
    shift = lesson.slider("shift", [0, 1, 10, 100, 700, 710, 1000], value=1000)
    shift
    return (shift,)


@app.cell
def _(lesson):
    temperature = lesson.slider("temperature", [0.1, 0.25, 0.5, 1, 2, 5, 20], value=1)
    temperature
    return (temperature,)


@app.cell
def _(lesson):
    shifted = lesson.predict("shifted", ["same", "larger", "even"])
    shifted
    return (shifted,)


@app.cell
def _(lesson, shift, shifted, temperature):
    sums = np.array([0.3, 2.9, 4.0])

    def as_written(z):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.exp(z) / np.exp(z).sum()

    _cases = {
        "z": sums,
        f"z + {shift.value}": sums + shift.value,
        f"z / {temperature.value:g}": sums / temperature.value,
    }
    shares = {name: softmax(each) for name, each in _cases.items()}
    plain = {name: as_written(each) for name, each in _cases.items()}
    _same = np.allclose(shares["z"], shares[f"z + {shift.value}"])
    lesson.reveal(
        shifted,
        "shifted",
        lesson.table(
            [lesson.words(f"shifted_table.{key}") for key in ("sums", "written", "stable")],
            [
                [name, *(", ".join(f"{s:.4f}" for s in each[name]) for each in (plain, shares))]
                for name in _cases
            ],
        ),
        lesson.text("shifted_told", most=float(np.log(np.finfo(float).max))),
        charted(
            np.linspace(0.1, 10, 100),
            {
                f"{one:g}": [softmax(sums / t)[k] for t in np.linspace(0.1, 10, 100)]
                for k, one in enumerate(sums)
            },
            title=lesson.words("temperature_chart"),
            x_title=lesson.words("temperature"),
            y_title=lesson.words("share"),
        ),
        truth="same" if _same else "larger",
    )
    return plain, shares, sums


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("network")
    return


@app.cell
def _(lesson):
    x0 = lesson.slider("x0", [-5, -2, -1, 0, 0.5, 1, 2, 5], value=1)
    x0
    return (x0,)


@app.cell
def _(lesson):
    weight = lesson.slider("weight", [-5, -1, 0, 0.1, 0.5, 1, 5], value=0.1)
    weight
    return (weight,)


@app.cell
def _(weight, x0):
    x = np.array([x0.value, 0.5])
    W1 = np.array([[weight.value, 0.3, 0.5], [0.2, 0.4, 0.6]])  # 2 inputs, 3 units
    b1 = np.array([0.1, 0.2, 0.3])
    W2 = np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]])  # 3 inputs, 2 units
    b2 = np.array([0.1, 0.2])
    W3 = np.array([[0.1, 0.3], [0.2, 0.4]])  # 2 inputs, 2 units
    b3 = np.array([0.1, 0.2])
    return W1, W2, W3, b1, b2, b3, x


@app.cell
def _(lesson):
    output = lesson.predict("output", low=-1, high=2, step=0.01)
    output
    return (output,)


@app.cell
def _(W1, W2, W3, b1, b2, b3, lesson, output, x):
    z1 = x @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = sigmoid(z2)
    z3 = a2 @ W3 + b3
    y = identity(z3)
    lesson.reveal(
        output,
        "output",
        lesson.table(
            [lesson.words(f"stages.{key}") for key in ("stage", "numbers")],
            [
                [name, ", ".join(f"{number:.8f}" for number in numbers)]
                for name, numbers in {
                    "x": x,
                    "z1 = x @ W1 + b1": z1,
                    "a1 = sigmoid(z1)": a1,
                    "z2 = a1 @ W2 + b2": z2,
                    "a2 = sigmoid(z2)": a2,
                    "z3 = a2 @ W3 + b3": z3,
                    "y = z3": y,
                }.items()
            ],
        ),
        lesson.text("output_told", first=z1[0], out=a1[0], y=y[0]),
        truth=float(y[0]),
    )
    return a1, a2, y, z1, z2, z3


@app.cell
def _(W1, W2, W3, b1, b2, b3, lesson, x, y):
    network = shoal.Network(
        [shoal.Dense(3, "sigmoid"), shoal.Dense(2, "sigmoid"), shoal.Dense(2)], inputs=2
    )
    published = network.start_from([W1, W2, W3], [b1, b2, b3], "float64")
    _row = (x[np.newaxis], np.zeros((1, 2)))
    run = shoal.Experiment(
        network=network,
        training=shoal.Training(
            "sgd", loss="squared_error", batch_size="full", epochs=1, dtype="float64"
        ),
        population=1,
    ).run(rows=_row + _row, start=published)
    trace = run.trace(point=x, step=0, backward=False, update=False)
    said = np.array([unit.a.value for unit in trace.layers[-1].units])
    lesson.show(
        lesson.text("trace", difference=float(np.abs(said - y).max())),
        trace,
    )
    return network, said, trace


@app.cell
def _(lesson):
    bent = lesson.predict("bent", ["line", "curve", "steps"])
    bent
    return (bent,)


@app.cell
def _(W1, W2, W3, b1, b2, b3, bent, lesson, z):
    _rows = np.stack([z, np.full_like(z, 0.5)], axis=1)  # 100 rows at once, the same formulas
    curve = (sigmoid(sigmoid(_rows @ W1 + b1) @ W2 + b2) @ W3 + b3)[:, 0]
    line = (((_rows @ W1 + b1) @ W2 + b2) @ W3 + b3)[:, 0]
    lowest, highest = float(b3[0]), float(b3[0] + W3[:, 0].sum())
    lesson.reveal(
        bent,
        "bent",
        charted(
            z,
            {lesson.words("bent_lines.curve"): curve, lesson.words("bent_lines.line"): line},
            title=lesson.words("bent_lines.title"),
            x_title="x0",
            y_title="y0",
        ),
        lesson.text("bent_told", lowest=lowest, highest=highest, slope=(W1 @ W2 @ W3)[0, 0]),
        truth="line" if np.allclose(np.diff(line), np.diff(line)[0]) else "curve",
    )
    return curve, highest, line, lowest


@app.cell(hide_code=True)
def _(lesson):
    lesson.show(
        lesson.text("outputs"),
        lesson.table(
            [lesson.words(f"outputs_table.{key}") for key in ("asked", "units", "last", "loss")],
            [
                [lesson.words("outputs_table.number"), 1, "identity", "squared_error"],
                [lesson.words("outputs_table.two"), 1, "sigmoid", "binary_crossentropy"],
                [lesson.words("outputs_table.many"), "C", "softmax", "categorical_crossentropy"],
                [lesson.words("outputs_table.labels"), "C", "sigmoid", "binary_crossentropy"],
            ],
        ),
    )
    return


@app.cell
def _(lesson):
    units = lesson.predict("units", ["one", "two", "alike"])
    units
    return (units,)


@app.cell
def _(lesson, units):
    _u, _v = np.random.default_rng(0).normal(0, 3, (2, 1000))
    _two = softmax(np.stack([_u, _v], axis=1))[:, 0]
    apart = float(np.abs(_two - sigmoid(_u - _v)).max())

    def greater(last):
        return shoal.Experiment(
            data=shoal.tasks.greater(samples=3000),
            network=shoal.Network([shoal.Dense(3, "tanh"), last]),
            training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=10),
        )

    ways = {"1 sigmoid": greater(shoal.Dense(1, "sigmoid")),
            "2 softmax": greater(shoal.Dense(2, "softmax"))}  # fmt: skip
    bands = {
        name: shoal.metrics.band(experiment.run().final("validation_accuracy"))
        for name, experiment in ways.items()
    }
    try:
        refused = str(greater(shoal.Dense(1, "softmax")).run())
    except shoal.ShoalError as error:
        refused = str(error)
    lesson.reveal(
        units,
        "units",
        lesson.text("units_told", apart=apart),
        lesson.table(
            [lesson.words(f"units_table.{key}") for key in ("last", "median", "low", "high")],
            [
                [name, *(f"{float(each):.3f}" for each in (band.median, band.p05, band.p95))]
                for name, band in bands.items()
            ],
        ),
        lesson.text("one_softmax"),
        lesson.program(textwrap.fill(refused, 76), "text"),
        truth="alike" if apart < 1e-12 else "two",
    )
    return apart, bands, refused, ways


@app.cell
def _(lesson):
    ceiling = lesson.predict("ceiling", ["one", "three", "none"])
    ceiling
    return (ceiling,)


@app.cell
def _(ceiling, lesson):
    _x = np.linspace(0, 3, 60)[:, np.newaxis]
    rows = shoal.data.Dataset(  # the answer is the input itself, 0 to 3
        x=_x, y=_x, source="y = x",
        schema=shoal.data.Schema(
            columns=(shoal.data.Feature(name="x"),), target="y", kind="regression"
        ),
    )  # fmt: skip

    def copy(last):
        return shoal.Experiment(
            network=shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(1, last)]),
            training=shoal.Training(
                shoal.Adam(0.03), loss="squared_error", batch_size="full", epochs=1000,
                report_every="end",
            ),
        )  # fmt: skip

    told = {
        last: np.median(copy(last).run(rows=rows).predict(_x)[:, :, 0], axis=0)
        for last in ("identity", "sigmoid")
    }
    top = {last: float(each.max()) for last, each in told.items()}
    lesson.reveal(
        ceiling,
        "ceiling",
        charted(_x[:, 0], told, title=lesson.words("ceiling_chart"), x_title="x", y_title="y"),
        lesson.text("ceiling_told", identity=top["identity"], sigmoid=top["sigmoid"]),
        truth="one" if top["sigmoid"] <= 1 else "three",
    )
    return rows, told, top


@app.cell
def _():
    _x = np.linspace(0, 2 * np.pi, 60)[:, np.newaxis]
    wave = shoal.data.Dataset(
        x=_x, y=2 * np.sin(_x), source="y = 2 sin x",
        schema=shoal.data.Schema(
            columns=(shoal.data.Feature(name="x"),), target="y", kind="regression"
        ),
    )  # fmt: skip
    return (wave,)


@app.cell(hide_code=True)
def _(lesson, wave):
    lesson.text("wave_section", zero=float(np.abs(wave.y).mean()))
    return


@app.cell
def _(lesson):
    hidden = lesson.slider("hidden", [1, 2, 3, 4, 8, 16], value=2)
    hidden
    return (hidden,)


@app.cell
def _(lesson):
    last = lesson.choice("last", ["identity", "tanh", "sigmoid"], value="identity")
    last
    return (last,)


@app.cell
def _(lesson):
    off_guess = lesson.predict("off", low=0, high=2, step=0.1)
    off_guess
    return (off_guess,)


@app.cell
def _(hidden, last, lesson, off_guess, wave):
    riding = shoal.Experiment(
        network=shoal.Network([shoal.Dense(hidden.value, "tanh"), shoal.Dense(1, last.value)]),
        training=shoal.Training(
            shoal.Adam(0.03), loss="squared_error", batch_size="full", epochs=1000,
            report_every="end",
        ),
    ).run(rows=wave)  # fmt: skip
    answers = riding.predict(wave.x)[:, :, 0]  # networks, rows
    off = shoal.metrics.band(np.abs(answers - wave.y[:, 0]).mean(axis=1))
    middle = np.median(answers, axis=0)
    _ends = {"identity": (-np.inf, np.inf), "tanh": (-1, 1), "sigmoid": (0, 1)}[last.value]
    bound = float(np.abs(wave.y - np.clip(wave.y, *_ends)).mean())
    lesson.reveal(
        off_guess,
        "off",
        charted(
            wave.x[:, 0],
            {lesson.words("wave_lines.wave"): wave.y[:, 0],
             lesson.words("wave_lines.median"): middle},
            title=lesson.words("wave_lines.title"),
            x_title="x",
            y_title="y",
        ),
        lesson.text(
            "off_told",
            off=float(off.median),
            low=float(off.p05),
            high=float(off.p95),
            lowest=float(middle.min()),
            highest=float(middle.max()),
            bound=bound,
        ),
        truth=float(off.median),
        form=".1f",
    )  # fmt: skip
    return answers, bound, middle, off, riding


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("end")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(third=(), digits=("one", "nine", "ten"), numbers=())
    quiz
    return (quiz,)


@app.cell
def _(lesson, network, quiz):
    third = float(softmax(np.array([2.0, 2.0, 2.0]))[0])
    classes = {1: "one", 9: "nine", 10: "ten"}[shoal.tasks.digits().n_classes]
    n_numbers = network.layout().n_parameters
    lesson.check(
        quiz,
        third=(third, lesson.text("third_why")),
        digits=(classes, lesson.text("digits_why")),
        numbers=(n_numbers, lesson.text("numbers_why", n=n_numbers)),
    )
    return classes, n_numbers, third


@app.cell
def _(lesson, ways):
    lesson.link(ways["1 sigmoid"])
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    rng = np.random.default_rng(seed)
    x0, x1 = (float(each) for each in rng.integers(1, 20, 2) / 10)
    s0, s1, s2 = (float(each) for each in rng.choice(np.arange(-10, 31), 3, replace=False) / 10)
    stop = int(rng.integers(2, 9))
    z = np.array([0.1 + 0.1 * x0 + 0.2 * x1, 0.2 + 0.3 * x0 + 0.4 * x1, 0.3 + 0.5 * x0 + 0.6 * x1])
    a2 = sigmoid(sigmoid(z) @ np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]) + [0.1, 0.2])
    return {
        "x0": x0, "x1": x1, "s0": s0, "s1": s1, "s2": s2, "stop": stop,
        "points": len(np.arange(-stop, stop, 0.1)),
        "sum": float(z[0]),
        "unit": float(sigmoid(z[0])),
        "output": float(a2 @ [0.1, 0.2] + 0.1),
        "share": float(softmax(np.array([s0, s1, s2])).max()),
    }  # fmt: skip


if __name__ == "__main__":
    app.run()
