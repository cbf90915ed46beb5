import marimo

app = marimo.App(app_title="Which of two numbers is larger")

with app.setup:
    import math
    import warnings

    import numpy as np

    import shoal
    from shoal.lessons import Lesson


@app.function
def greater(
    *,
    epochs=40,
    scaling="none",
    rate=0.03,
    schedule=(),
    samples=5_000,
    size=16,
    seed=0,
    **data,
):
    """Return the published experiment, smaller, so that it trains again in a moment."""
    width = shoal.tasks.greater_width(2 + data.get("dummies", 0))
    layers = [*[shoal.Dense(width, "tanh")] * 3, shoal.Dense(1, "sigmoid")]
    how = {"batch_size": 30, "epochs": epochs, "schedule": schedule}
    return shoal.Experiment(
        data=shoal.tasks.greater(samples=samples, **data),
        preprocess=shoal.Preprocess(scaling),
        network=shoal.Network(layers),
        training=shoal.Training(shoal.Adam(rate), **how),
        population=size,
        seed=seed,
    )


@app.function
def train(experiment):
    """Return its run, without the warning: unscaled features are the point here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        return experiment.run()


@app.function
def ends(run, part="validation"):
    """Return the median of the last accuracies, and the band from 5 to 95 %."""
    found = shoal.metrics.band(run.final(f"{part}_accuracy"))
    return float(found.median), float(found.p05), float(found.p95)


@app.function
def true_rule(run, part="validation"):
    """Return the accuracy of the true rule on some rows, their labels as they are."""
    data, split = run.prepared.parts[0].dataset, run.prepared.parts[0].split
    rows = getattr(split, part)
    return float((data.y[rows] == data.clean_y[rows]).mean())


@app.function
def against_truth(run):
    """Return the median accuracy on validation rows, their labels before any flip."""
    data, rows = run.prepared.parts[0].dataset, run.prepared.parts[0].split.validation
    right = (run.predict(data.x[rows]) > 0.5) == data.clean_y[rows]  # networks, rows, 1
    return float(np.median(right.mean(axis=(1, 2))))


@app.function
def jump(run):
    """Return by how many points the accuracy of a network moves from epoch to epoch."""
    moves = np.diff(run.history["validation_accuracy"], axis=1)  # networks, epochs - 1
    return 100 * float(np.abs(moves).mean())


@app.function
def fate(run):
    """Return what became of the networks, as the questions name it."""
    _, low, high = ends(run)
    return "well" if low > 0.95 else "nothing" if high < 0.55 else "unsteady"


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell(hide_code=True)
def _(language):
    lesson = Lesson("03_greater", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    epochs = lesson.slider("epochs", [2, 5, 10, 20, 40, 100], value=40)
    epochs
    return (epochs,)


@app.cell
def _(epochs, lesson):
    plain = train(greater(epochs=epochs.value))
    lesson.show(
        lesson.text(
            "task",
            width=plain.network.layers[0].units,
            networks=len(plain),
            rows=plain.prepared.parts[0].dataset.n_rows,
            epochs=epochs.value,
        ),
        lesson.program(
            "shoal new greater.toml\n"
            "shoal run greater.toml training.batch_size=30 \\\n"
            "  training.optimizer.learning_rate=0.03"
        ),
        train(greater(samples=500, epochs=1)).plot.data(),  # a tenth shows enough
    )
    return (plain,)


@app.cell
def _(lesson):
    level = lesson.predict("level", low=0.5, high=1.0, step=0.01)
    level
    return (level,)


@app.cell
def _(epochs, lesson, level, plain):
    median, low, high = ends(plain)
    by_epoch = np.median(plain.history["validation_accuracy"], axis=0)
    calm = train(greater(epochs=epochs.value, schedule="cosine"))
    lesson.reveal(
        level,
        "level",
        lesson.text(
            "level_told",
            epochs=epochs.value,
            median=median,
            low=low,
            high=high,
            train=ends(plain, "train")[0],
            soon=int(np.argmax(by_epoch > 0.95)) + 1,
            calm=ends(calm)[0],
        ),
        plain.plot.curves(),
        truth=median,
    )
    return calm, median


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("noise_section")
    return


@app.cell
def _(lesson):
    noise = lesson.slider("noise", [0.05, 0.1, 0.2, 0.3, 0.4], value=0.2)
    noise
    return (noise,)


@app.cell
def _(lesson):
    noisy_level = lesson.predict("noisy_level", low=0.5, high=1.0, step=0.01)
    noisy_level
    return (noisy_level,)


@app.cell
def _(lesson, noise, noisy_level):
    noisy = train(greater(label_noise=noise.value))
    clean = against_truth(noisy)
    n_rows = len(noisy.prepared.parts[0].split.validation)
    ceiling = shoal.tasks.attainable_accuracy(noisy.experiment.data)
    noisy_median = ends(noisy)[0]
    lesson.reveal(
        noisy_level,
        "noisy_level",
        lesson.text(
            "noisy_told",
            median=noisy_median,
            ceiling=ceiling,
            n=n_rows,
            flipped=100 * (1 - true_rule(noisy)),
            rule=true_rule(noisy),
            deviation=math.sqrt(noise.value * (1 - noise.value) / n_rows),
            clean=clean,
        ),
        noisy.plot.curves(),
        truth=noisy_median,
    )
    return ceiling, clean, noisy, noisy_median


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("few_section")
    return


@app.cell
def _(lesson):
    gap_guess = lesson.predict("gap", ["together", "training", "validation"])
    gap_guess
    return (gap_guess,)


@app.cell
def _(gap_guess, lesson, noise):
    # 300 rows: 60 to train on, 240 to judge by
    _some = {"samples": 300, "validation": 0.8, "label_noise": noise.value}
    few = train(greater(epochs=300, **_some))
    few_ends = {part: ends(few, part)[0] for part in ("train", "validation")}
    few_rule = {part: true_rule(few, part) for part in few_ends}
    gap = few_ends["train"] - few_ends["validation"]
    is_by_heart = few_ends["train"] > few_rule["train"] + 0.005
    _said = {"flips": round(60 * (1 - few_rule["train"])), "clean": against_truth(few)}
    if is_by_heart:
        _by_epoch = np.median(few.history["validation_accuracy"], axis=0)
        _said |= {"best": float(_by_epoch.max()), "soon": int(_by_epoch.argmax()) + 1}
        _said |= {"weights": few.weights.shape[1]}
    lesson.reveal(
        gap_guess,
        "gap",
        lesson.table(
            [lesson.words(f"gap_table.{key}") for key in ("of", "train", "validation")],
            [
                [
                    lesson.words(f"gap_table.{key}"),
                    *(f"{each:.3f}" for each in row.values()),
                ]
                for key, row in (("networks", few_ends), ("rule", few_rule))
            ],
        ),
        lesson.text("gap_by_heart" if is_by_heart else "gap_luck", **_said),
        few.plot.curves(),
        truth="training" if gap > 0.02 else "validation" if gap < -0.02 else "together",
    )
    return few, few_ends, few_rule, is_by_heart


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("dummies_section")
    return


@app.cell
def _(lesson):
    dummies = lesson.slider("dummies", [1, 3, 5, 8], value=3)
    dummies
    return (dummies,)


@app.cell
def _(lesson):
    cost = lesson.predict("cost", ["same", "little", "much"])
    cost
    return (cost,)


@app.cell
def _():
    usual = train(greater())
    return (usual,)


@app.cell
def _(dummies):
    among = train(greater(dummies=dummies.value))
    return (among,)


@app.cell
def _(dummies):
    slow = train(greater(dummies=dummies.value, rate=0.003))
    return (slow,)


@app.cell
def _(among, cost, dummies, lesson, slow, usual):
    lost = ends(usual)[0] - ends(among)[0]
    _x = among.prepared.parts[0].validation.x
    _other = _x.copy()
    _other[:, 2:] = np.random.default_rng(0).random(_other[:, 2:].shape)
    changed = float(((among.predict(_x) > 0.5) != (among.predict(_other) > 0.5)).mean())
    _columns = ("of", "median", "low", "high", "train")
    lesson.reveal(
        cost,
        "cost",
        lesson.text(
            "cost_told",
            dummies=dummies.value,
            width=among.network.layers[0].units,
            weights=among.weights.shape[1],
            before=usual.weights.shape[1],
            changed=100 * changed,
            jump=jump(among),
            usual_jump=jump(usual),
            slow=ends(slow)[0],
        ),
        lesson.table(
            [lesson.words(f"cost_table.{key}") for key in _columns],
            [
                [n, *(f"{each:.3f}" for each in (*ends(run), ends(run, "train")[0]))]
                for n, run in ((0, usual), (dummies.value, among))
            ],
        ),
        among.plot.curves(),
        truth="same" if lost < 0.01 else "little" if lost < 0.05 else "much",
    )
    return changed, lost


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("times_section")
    return


@app.cell
def _(lesson):
    times_guess = lesson.predict("times", ["well", "unsteady", "nothing"])
    times_guess
    return (times_guess,)


@app.cell
def _(lesson, times_guess, usual):
    times = train(greater(multiply=1000))
    lesson.reveal(
        times_guess,
        "times",
        lesson.text(
            "times_told",
            median=ends(times)[0],
            low=ends(times)[1],
            high=ends(times)[2],
            jump=jump(times),
            usual_jump=jump(usual),
        ),
        times.plot.curves(),
        lesson.text("said", sentence=times.warnings[0]),
        truth=fate(times),
    )
    return (times,)


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("plus_section")
    return


@app.cell
def _(lesson):
    plus_guess = lesson.predict("plus", ["well", "unsteady", "nothing"])
    plus_guess
    return (plus_guess,)


@app.cell
def _(lesson, plus_guess):
    plus = train(greater(add=1000))
    _x = plus.prepared.parts[0].dataset.x
    answers = plus.predict(_x)[:, :, 0]  # networks, rows
    lesson.reveal(
        plus_guess,
        "plus",
        lesson.text(
            "plus_told",
            median=ends(plus)[0],
            low=ends(plus)[1],
            high=ends(plus)[2],
            spread=float(answers.std(axis=1).max()),
        ),
        plus.plot.curves(),
        truth=fate(plus),
    )
    return answers, plus


@app.cell(hide_code=True)
def _(lesson):
    lesson.text(
        "why",
        two=1 - math.tanh(2) ** 2,
        five=1 - math.tanh(5) ** 2,
        flat=13 * math.log(2),
    )
    return


@app.cell
def _(lesson):
    dead_guess = lesson.predict("dead", low=0, high=100, step=1)
    dead_guess
    return (dead_guess,)


@app.cell
def _():
    def start_of(run):
        """Return how the first layer begins: its sums, and the slopes of tanh there."""
        start, x = run.at(0), np.float64(run.prepared.parts[0].train.x)
        # networks, rows, units
        z = x @ start.weights[0] + start.biases[0][:, np.newaxis]
        slope = 1 - np.tanh(z).astype(np.float32) ** 2  # as float32 holds it
        return {
            "size": float(np.median(np.abs(z))),
            "spread": float(np.median(z.std(axis=1))),
            "step": float(0.03 * np.median(np.abs(x).sum(axis=1) + 1)),
            "slope": float(np.median(slope)),
            "dead": float((slope == 0).mean()),
        }

    starts = {
        "plain": start_of(train(greater(epochs=1))),
        "times": start_of(train(greater(epochs=1, multiply=1000))),
        "plus": start_of(train(greater(epochs=1, add=1000))),
        "scaled": start_of(train(greater(epochs=1, add=1000, scaling="standard"))),
    }
    return (starts,)


@app.cell
def _(dead_guess, lesson, plus, starts):
    _first, _last = plus.at(0), plus.parameters
    still = float((_first.weights[0] == _last.weights[0]).mean())
    _forms = {
        "size": ".3g",
        "spread": ".3g",
        "step": ".2g",
        "slope": ".2f",
        "dead": ".3f",
    }
    lesson.reveal(
        dead_guess,
        "dead",
        lesson.table(
            [lesson.words(f"start_table.{key}") for key in ("of", *_forms)],
            [
                [
                    lesson.words(f"start_table.{name}"),
                    *(f"{row[k]:{f}}" for k, f in _forms.items()),
                ]
                for name, row in starts.items()
            ],
        ),
        lesson.text(
            "dead_told",
            plus_dead=100 * starts["plus"]["dead"],
            times_dead=100 * starts["times"]["dead"],
            times_spread=starts["times"]["spread"],
            times_step=starts["times"]["step"],
            still=100 * still,
            plus_spread=starts["plus"]["spread"],
        ),
        truth=100 * starts["plus"]["dead"],
        form=".0f",
    )
    return (still,)


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("cure_section")
    return


@app.cell
def _(lesson):
    cure_guess = lesson.predict("cure", low=0.5, high=1.0, step=0.01)
    cure_guess
    return (cure_guess,)


@app.cell
def _(cure_guess, lesson):
    cured = train(greater(add=1000, scaling="standard"))
    cured_times = train(greater(multiply=1000, scaling="standard"))
    ranged = train(greater(add=1000, scaling="minmax"))
    _scaler = cured.prepared.parts[0].scaler
    lesson.reveal(
        cure_guess,
        "cure",
        lesson.text(
            "cure_told",
            plus=ends(cured)[0],
            times=ends(cured_times)[0],
            minmax=ends(ranged)[0],
            mean=_scaler.center[0],
            deviation=_scaler.scale[0],
        ),
        cured.plot.curves(),
        truth=ends(cured)[0],
    )
    return cured, cured_times, ranged


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("bench")
    return


@app.cell
def _(lesson):
    multiply = lesson.slider("multiply", [0.001, 0.01, 0.1, 1, 10, 100, 1000], value=1)
    multiply
    return (multiply,)


@app.cell
def _(lesson):
    add = lesson.slider("add", [0, 1, 3, 10, 30, 100, 1000], value=10)
    add
    return (add,)


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.001, 0.003, 0.01, 0.03, 0.1], value=0.03)
    rate
    return (rate,)


@app.cell
def _(lesson):
    scaling = lesson.choice("scaling", ["none", "standard", "minmax"], value="none")
    scaling
    return (scaling,)


@app.cell
def _(lesson):
    failed_guess = lesson.predict("failed", low=0, high=16, step=1)
    failed_guess
    return (failed_guess,)


@app.cell
def _(add, failed_guess, lesson, multiply, rate, scaling):
    bench = train(
        greater(
            multiply=multiply.value,
            add=add.value,
            rate=rate.value,
            scaling=scaling.value,
        )
    )
    failed = int((bench.final("validation_accuracy") < 0.6).sum())
    lesson.reveal(
        failed_guess,
        "failed",
        lesson.text(
            "failed_told",
            failed=failed,
            median=ends(bench)[0],
            low=ends(bench)[1],
            high=ends(bench)[2],
        ),
        bench.plot.curves(),
        truth=failed,
        form="g",
    )
    return bench, failed


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("compare_section")
    return


@app.cell
def _(lesson):
    wins_guess = lesson.predict("wins", low=0, high=16, step=1)
    wins_guess
    return (wins_guess,)


@app.cell
def _(lesson, wins_guess):
    _large = {"samples": 2_000, "multiply": 1000}
    sides = [greater(scaling=each, **_large) for each in ("none", "standard")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        compared = shoal.compare(sides, names=["unscaled", "scaled"], pairs=16)
    verdict = compared.verdicts[0]
    _n = verdict.wins + verdict.losses
    _most = max(verdict.wins, verdict.losses)
    by_hand = min(1.0, 2 * sum(math.comb(_n, k) for k in range(_most, _n + 1)) / 2**_n)
    lesson.reveal(
        wins_guess,
        "wins",
        lesson.text(
            "wins_told",
            wins=verdict.wins,
            losses=verdict.losses,
            ties=verdict.ties,
            n=_n,
            most=_most,
            p=by_hand,
            once=round(1 / by_hand),
            points=100 * verdict.effect,
            low=100 * verdict.low,
            high=100 * verdict.high,
        ),
        lesson.differences(compared),
        truth=verdict.wins,
        form="g",
    )
    return by_hand, compared, verdict


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("conclusion_section")
    return


@app.cell
def _(lesson):
    other_guess = lesson.predict("other", ["epochs", "rate", "none"])
    other_guess
    return (other_guess,)


@app.cell
def _():
    sweep = shoal.Sweep.read(
        {
            **greater(samples=2_000, epochs=20, size=8).document(),
            "sweep": {
                "data.multiply": [0.001, 0.01, 0.1, 1, 10, 100, 1000],
                "preprocess.scaling": ["none", "standard"],
            },
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        swept = sweep.run()
    return (swept,)


@app.cell
def _(lesson, other_guess, starts, swept, times):
    longer = train(greater(multiply=1000, epochs=120))
    slow_times = train(greater(multiply=1000, rate=0.003))
    slow_plus = train(greater(add=1000, rate=0.003))
    by_factor = {"none": {}, "standard": {}}
    for _cell in swept.summary():
        _factor, _scaling = _cell["values"].values()
        by_factor[_scaling][_factor] = _cell["median"]
    fine = [factor for factor, found in by_factor["none"].items() if found > 0.95]
    lesson.reveal(
        other_guess,
        "other",
        lesson.text(
            "other_told",
            before=ends(times)[0],
            longer=ends(longer)[0],
            times=ends(slow_times)[0],
            plus=ends(slow_plus)[0],
            smallest=min(by_factor["none"].values()),
            worst_scaled=min(by_factor["standard"].values()),
            low=min(fine),
            high=max(fine),
            differ=starts["plain"]["spread"] / 1000,
        ),
        swept.plot.sweep(),
        lesson.text("conclusion"),
        truth="rate"
        if ends(slow_times)[1] > 0.9
        else "epochs"
        if ends(longer)[1] > 0.9
        else "none",
    )
    return by_factor, fine, longer, slow_plus, slow_times


@app.cell
def _(lesson):
    quiz = lesson.questions(q1=(), q2=("well", "unsteady", "nothing"), q3=())
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz):
    # q1: what 15 % of flipped labels leave
    attainable = shoal.tasks.attainable_accuracy(shoal.tasks.greater(label_noise=0.15))
    # q2: years of birth from 1940 to 2010
    born = train(greater(multiply=70, add=1940))
    # q3: the sum of a unit after scaling, of one row
    _row, _mean, _deviation = np.array([1000.3, 1000.8]), 1000.5, 0.29
    weights = np.array([0.6, -0.2])
    scaled_sum = float(weights @ ((_row - _mean) / _deviation))
    lesson.check(
        quiz,
        q1=(attainable, lesson.text("q1_why", attainable=attainable)),
        q2=(
            fate(born),
            lesson.text("q2_why", median=ends(born)[0], high=ends(born)[2]),
        ),
        q3=(
            scaled_sum,
            lesson.text(
                "q3_why",
                z=scaled_sum,
                slope=1 - math.tanh(scaled_sum) ** 2,
                raw=float(weights @ _row),
            ),
        ),
    )
    return attainable, born, scaled_sum


@app.cell
def _(lesson):
    lesson.show(
        lesson.text("links"),
        lesson.link(greater(), "link_plain"),
        lesson.link(greater(multiply=1000), "link_times"),
        lesson.link(greater(add=1000, scaling="standard"), "link_cured"),
        lesson.text("commands"),
        lesson.program(
            "shoal sweep experiment.toml preprocess.scaling=none,standard \\\n"
            "  data.multiply=0.001,0.01,0.1,1,10,100,1000 -o scale.html\n"
            "shoal compare experiment.toml data.multiply=1000 \\\n"
            "  preprocess.scaling=none,standard\n"
            "shoal doctor experiment.toml data.add=1000"
        ),
    )
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    mine = {"samples": 2_000, "epochs": 50, "seed": seed}
    noisy = train(greater(label_noise=0.2, **mine))
    large = {"multiply": 1000, **mine}
    sides = [greater(scaling=each, **large) for each in ("none", "standard")]
    unscaled, scaled = (train(side) for side in sides)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        compared = shoal.compare(sides, pairs=16)
    rule = true_rule(noisy)
    return {
        "noisy": f"{ends(noisy)[0]:.4f}",
        "rule": f"{rule:.4f}",
        "flipped": round(400 * (1 - rule)),  # of the validation rows
        "times": f"{ends(unscaled)[0]:.4f}",
        "cured": f"{ends(scaled)[0]:.4f}",
        "wins": compared.verdicts[0].wins,
    }


if __name__ == "__main__":
    app.run()
