import marimo

app = marimo.App(app_title="From a CSV to a model in use")

with app.setup:
    import json
    import math
    import subprocess
    import sys
    import tempfile
    from pathlib import Path
    from textwrap import fill

    import numpy as np

    import shoal
    from shoal.files import write_bytes
    from shoal.lessons import Lesson
    from shoal.models import Bars, importance_of, monitor, unlike
    from shoal.store.home import home_folder


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell
def _(language):
    lesson = Lesson("08_from_csv", language.value)
    lesson.text("opening")
    return (lesson,)


@app.function
def pumps(n, seed, sensor=1.0, wear=0.0):
    """Return n pumps by column: what was measured, and whether each was worn."""
    rng = np.random.default_rng(seed)
    vibration = rng.lognormal(0.6, 0.35, n)  # mm/s
    pressure = rng.normal(410_000, 25_000, n)  # Pa
    hours = rng.uniform(0, 8000, n)  # since the last repair
    humidity = rng.uniform(30, 80, n)  # %, of the room
    site = rng.choice(["north", "south", "harbour"], n, p=[0.45, 0.35, 0.2])
    off = abs(pressure - 410_000) / 25_000  # too little is as bad as too much
    risk = 1.5 * (vibration - 2.1) + 2.2 * (off - 1) + 0.0003 * (hours - 4000) + wear
    luck = np.where(site == "harbour", 2.5, 0.4) * rng.logistic(size=n)
    return {
        "vibration": (vibration * sensor).round(2),
        "pressure": pressure.round(-2),
        "hours": hours.round(),
        "humidity": humidity.round(),
        "site": site,
        "state": np.where(risk + luck > 0.5, "worn", "ok"),
    }


@app.function(hide_code=True)
def write(path, columns, gap=None):
    """Write columns as a CSV file; the humidity of the row `gap` is left empty."""
    rows = [[f"{x:g}" if isinstance(x, float) else x for x in row]
            for row in zip(*columns.values(), strict=True)]  # fmt: skip
    if gap is not None:
        rows[gap][3] = ""
    lines = [",".join(columns), *map(",".join, rows)]
    write_bytes(path, ("\n".join(lines) + "\n").encode(), force=True)


@app.function
def tables(folder):
    """Write the tables of this lesson into a folder."""
    write(Path(folder, "pumps.csv"), pumps(600, seed=0), gap=2)
    write(Path(folder, "new.csv"), pumps(400, seed=1))
    write(Path(folder, "week.csv"), pumps(200, seed=105, sensor=1.3))


@app.cell
def _():
    folder = home_folder() / "lessons"  # the same one every time
    folder.mkdir(parents=True, exist_ok=True)
    tables(folder)
    return (folder,)


@app.cell
def _(folder, lesson):
    lines = (folder / "pumps.csv").read_text().splitlines()
    lesson.show(
        lesson.text("data", rows=len(lines) - 1),
        lesson.table(lines[0].split(","), [line.split(",") for line in lines[1:7]]),
        lesson.text("fetch"),
        lesson.program(
            """
shoal lessons export 8 -o lesson.py
python -c "import lesson; lesson.tables('.')"
"""
        ),
    )
    return


@app.cell
def _(lesson):
    gap = lesson.predict("gap", ["zero", "left", "stops"])
    gap
    return (gap,)


@app.function
def training(folder, epochs=100, **data):
    """Return the experiment that `shoal train pumps.csv --target state` makes."""
    return shoal.Experiment.read(
        {
            "data": {"file": "pumps.csv", "target": "state", **data},
            "preprocess": {"scaling": "standard"},
            "network": {
                "layers": [
                    {"units": 32, "activation": "relu"},
                    {"units": 1, "activation": "sigmoid"},
                ],
                "initializer": "he_uniform",
            },
            "training": {
                "optimizer": {"name": "adam", "learning_rate": 0.01},
                "epochs": epochs,
            },
        },
        folder=folder,
    )


@app.cell
def _(folder):
    command = ["shoal", "train", "pumps.csv", "--target", "state"]
    tried = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True
    )
    return command, tried


@app.cell
def _(command, gap, lesson, tried):
    lesson.reveal(
        gap,
        "gap",
        lesson.program(f"$ {' '.join(command)}\n{fill(tried.stderr, 72)}"),
        lesson.text("gap_told"),
        truth="stops" if tried.returncode else "left",
    )
    return


@app.cell
def _(lesson):
    lesson.text("worth")
    return


@app.cell
def _(lesson):
    worthy = lesson.predict("worthy", ["worth", "alike", "not", "open"])
    worthy
    return (worthy,)


@app.cell
def _(folder):
    from shoal.data import load_file
    from shoal.sklearn import worth

    rows = load_file(training(folder, missing="mean").data, folder)
    held = worth(rows, folds=5, repeats=1, threads=1)  # 20 fits: about a second
    return (held,)


@app.cell
def _(held, lesson, worthy):
    network, linear = held.learner("network"), held.learner("linear")
    trees = held.learner("trees")
    by_linear = held.interval(linear)  # network less linear
    by_trees = held.interval(trees)
    verdicts = {"worth": "worth", "alike": "alike", "undecided": "open"}
    lesson.reveal(
        worthy,
        "worthy",
        held.plot.worth(),
        lesson.text(
            "worthy_told",
            constant=100 * held.learner("constant").mean,
            linear=100 * linear.mean,
            trees=100 * trees.mean,
            network=100 * network.mean,
            linear_low=100 * by_linear.low,
            linear_high=100 * by_linear.high,
            trees_low=100 * by_trees.low,
            trees_high=100 * by_trees.high,
        ),
        lesson.program("shoal worth pumps.csv --target state --missing mean --repeats 1"),
        lesson.text("worthy_more"),
        truth=verdicts.get(held.verdict, "not"),
    )
    return


@app.cell
def _(lesson):
    lesson.text("train")
    return


@app.cell
def _(lesson):
    longer = lesson.predict("longer", ["falls", "turns"])
    longer
    return (longer,)


@app.cell
def _(folder, lesson, longer):
    long = training(folder, missing="mean").run()
    loss = np.median(long.history["validation_loss"], axis=0)
    least = int(loss.argmin()) + 1
    lesson.reveal(
        longer,
        "longer",
        long.plot.curves(figure="loss"),
        lesson.text("longer_told", least=least, low=loss.min(), end=loss[-1]),
        truth="turns" if loss[-1] > 1.1 * loss.min() else "falls",
    )
    return least, loss


@app.cell
def _(lesson):
    epochs = lesson.slider("epochs", [1, 3, 10, 30, 100], value=30)
    epochs
    return (epochs,)


@app.cell
def _(epochs, folder, lesson):
    experiment = training(folder, epochs.value, missing="mean")
    run = experiment.run()
    model = run.ensemble  # all 16 networks, as `shoal train` saves them
    file = folder / f"pumps_{epochs.value}.safetensors"
    model.save(file, force=True)
    lesson.show(
        lesson.text("trained", n=len(run)),
        lesson.program(
            "shoal train pumps.csv --target state --missing mean \\\n"
            f"  training.epochs={epochs.value} -o pumps.safetensors"
        ),
    )
    return experiment, file, model, run


@app.cell
def _(lesson):
    alone = lesson.predict("alone", ["nothing", "csv", "toml"])
    alone
    return (alone,)


@app.cell
def _(alone, file, lesson, model):
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")  # how long the JSON is that comes next
    header = json.loads(content[8 : 8 + size])
    about = json.loads(header["__metadata__"]["shoal"])

    pump = {
        "vibration": 2.5,
        "pressure": 431_000,
        "hours": 500,
        "humidity": 50,
        "site": "north",
    }
    loaded = shoal.load(file)
    answer, sure = loaded.predict(pump)[0], loaded.predict_proba(pump).max()
    lesson.reveal(
        alone,
        "alone",
        lesson.table(
            lesson.words("alone_head").split("|"),
            [
                [name, each["dtype"], " × ".join(map(str, each["shape"]))]
                for name, each in header.items()
                if name != "__metadata__"
            ],
            lesson.words(
                "alone_caption",
                keys=", ".join(about),
                kilobytes=len(content) / 1000,
            ),
        ),
        lesson.text("alone_told", answer=answer, sure=100 * sure),
        lesson.program(
            "shoal predict pumps.safetensors \\\n  "
            "vibration=2.5 pressure=431000 hours=500 humidity=50 site=north"
        ),
        truth="nothing" if answer == model.predict(pump)[0] else "csv",
    )
    return about, header, pump


@app.cell
def _(lesson):
    lesson.text("evaluate")
    return


@app.cell
def _(lesson):
    judged = lesson.slider("judged", [25, 100, 400], value=400)
    judged
    return (judged,)


@app.cell
def _(lesson):
    width = lesson.predict("width", ["1", "4", "7", "14"])
    width
    return (width,)


@app.function
def wilson(right, n, z=1.959964):
    """Return the ends of Wilson's 95 % interval of a share."""
    share = right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


@app.cell
def _(judged, lesson, model, width):
    new = pumps(400, seed=1)  # what is in new.csv
    state = new.pop("state")
    is_right = (model.predict(new) == state)[: judged.value]
    low, high = wilson(is_right.sum(), len(is_right))
    off = 50 * (high - low)  # points on either side
    lesson.reveal(
        width,
        "width",
        lesson.text(
            "width_told",
            right=is_right.sum(),
            n=len(is_right),
            share=100 * is_right.mean(),
            low=100 * low,
            high=100 * high,
            always=100 * (state[: judged.value] == "ok").mean(),
        ),
        lesson.program("shoal evaluate pumps.safetensors new.csv"),
        truth=min(["1", "4", "7", "14"], key=lambda name: abs(int(name) - off)),
    )
    return high, is_right, low, new, state


@app.cell
def _(model, new, state):
    assessed = shoal.assess(
        model,
        new,
        state,
        by={"site": new["site"]},
        worst=5,
        resamples=500,  # 2,000 where nothing is said
    )
    return (assessed,)


@app.cell
def _(lesson):
    site = lesson.predict("site", ["none", "north", "south", "harbour"])
    site
    return (site,)


@app.cell
def _(assessed, lesson, new, site):
    slices = assessed.slices[0].slices
    below = [each.name for each in slices if each.falls_below]
    lesson.reveal(
        site,
        "site",
        lesson.table(
            lesson.words("site_head").split("|"),
            [
                [
                    each.name,
                    each.n_rows,
                    f"{each.value:.3f}",
                    f"{each.low:.3f}",
                    f"{each.high:.3f}",
                    f"{each.p_adjusted:.2g}",
                ]
                for each in slices
            ],
        ),
        lesson.text(
            "site_told",
            here=sum(each.columns["site"] == "harbour" for each in assessed.worst),
            worst=len(assessed.worst),
            share=100 * (new["site"] == "harbour").mean(),
        ),
        lesson.table(
            lesson.words("worst_head").split("|"),
            [
                [
                    *(cell.removesuffix(".0") for cell in each.columns.values()),
                    each.truth,
                    each.prediction,
                    f"{each.probability:.3f}",
                ]
                for each in assessed.worst
            ],
            lesson.words("worst_caption"),
        ),
        lesson.program("shoal evaluate pumps.safetensors new.csv --by site -o report.html"),
        truth=below[0] if below else "none",
    )
    return below, slices


@app.cell
def _(lesson):
    columns = ["vibration", "pressure", "hours", "humidity", "site"]
    column = lesson.predict("column", columns)
    column
    return (column,)


@app.cell
def _(column, lesson, model, new, state):
    found = importance_of(model, new, state)
    lesson.reveal(
        column,
        "column",
        found.plot.importance(),
        lesson.text("column_told", first=found.columns[0].name),
        found.plot.dependence(column="pressure"),
        lesson.text("column_more", rows=len(state)),
        lesson.program("shoal importance pumps.safetensors new.csv -o importance.html"),
        truth=found.columns[0].name,
    )
    return (found,)


@app.cell
def _(lesson):
    lesson.text("using")
    return


@app.cell
def _(lesson):
    typed = lesson.predict("typed", ["refuses", "doubts", "sure"])
    typed
    return (typed,)


@app.cell
def _(lesson, model, pump, typed):
    wrong = {**pump, "pressure": 431}  # in kPa
    certainty = model.predict_proba(wrong).max()
    strange = unlike(model, {name: [value] for name, value in wrong.items()})
    lesson.reveal(
        typed,
        "typed",
        lesson.text("typed_told", said=model.predict(wrong)[0], sure=100 * certainty),
        lesson.program(
            "$ shoal predict pumps.safetensors \\\n  "
            "vibration=2.5 pressure=431 hours=500 humidity=50 site=north\n"
            f"unlike   {strange.reason(0)}"
        ),
        lesson.text("typed_more"),
        truth="sure" if certainty > 0.9 else "doubts",
    )
    return certainty, strange


@app.cell
def _(lesson):
    least_sure = lesson.slider("least_sure", [0.5, 0.6, 0.7, 0.8, 0.9], value=0.8)
    least_sure
    return (least_sure,)


@app.cell
def _(lesson):
    abstain = lesson.predict("abstain", ["same", "better", "perfect"])
    abstain
    return (abstain,)


@app.cell
def _(abstain, assessed, least_sure, lesson, model, new, state):
    p = model.predict_proba(new).max(axis=1)
    answered = p >= least_sure.value
    on_answered = (model.predict(new) == state)[answered].mean()
    on_all = (model.predict(new) == state).mean()
    won = "better" if on_answered > on_all + 0.02 else "same"
    lesson.reveal(
        abstain,
        "abstain",
        assessed.plot.coverage(),
        lesson.text(
            "abstain_told",
            least=100 * least_sure.value,
            answered=100 * answered.mean(),
            inside=100 * on_answered,
            all=100 * on_all,
        ),
        lesson.program(
            "shoal predict pumps.safetensors new.csv \\\n"
            f"  --abstain-below {least_sure.value:g} -o answers.csv"
        ),
        truth="perfect" if on_answered == 1 else won,
    )
    return answered, on_all, on_answered


@app.cell
def _(lesson):
    lesson.text("costs")
    return


@app.cell
def _(lesson):
    missed = lesson.slider("missed", [1, 2, 5, 10, 20], value=10)
    missed
    return (missed,)


@app.cell
def _(lesson):
    bound = lesson.predict("bound", ["50", "33", "17", "9", "5"])
    bound
    return (bound,)


@app.cell
def _(assessed, bound, lesson, missed, model, new, state):
    theory = 1 / (1 + missed.value)
    weighed = shoal.assess(
        model, new, state, costs=(1, missed.value), positive="worn", resamples=500
    )
    lesson.reveal(
        bound,
        "bound",
        lesson.text("bound_told", missed=missed.value, theory=theory),
        weighed.plot.costs(),
        lesson.table(
            lesson.words("bound_head").split("|"),
            [
                [
                    lesson.words(f"decision.{each.rule}"),
                    f"{each.threshold:.3f}",
                    f"{each.n_false_positives:.0f}",
                    f"{each.n_false_negatives:.0f}",
                    f"{each.cost:.3f}",
                ]
                for each in weighed.costs.decisions
            ],
            lesson.words("bound_caption"),
        ),
        lesson.text(
            "bound_more",
            error=100 * assessed.calibration.error,
            limit=100 * assessed.calibration.chance_limit,
        ),
        lesson.program(
            "shoal evaluate pumps.safetensors new.csv \\\n"
            f"  --costs 1,{missed.value:g} --positive worn\n"
            "shoal predict pumps.safetensors new.csv \\\n"
            f"  --threshold {theory:.3f} --positive worn"
        ),
        truth=f"{100 * theory:.0f}",
    )
    return theory, weighed


@app.cell
def _(lesson):
    lesson.text("export")
    return


@app.cell
def _(lesson):
    differs = lesson.predict("differs", ["none", "little", "percent"])
    differs
    return (differs,)


@app.cell
def _(differs, file, folder, lesson, model, pump):
    program = folder / f"{file.stem}.py"
    done = shoal.export(model, program, force=True)
    asked = [f"{name}={value}" for name, value in pump.items()]
    # -I: a Python that sees neither shoal nor numpy nor this folder
    told = subprocess.run(
        [sys.executable, "-I", "-S", program, *asked],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    largest = done.proof.largest_difference
    lesson.reveal(
        differs,
        "differs",
        lesson.text(
            "differs_told",
            rows=done.proof.n_vectors,
            largest=largest,
            kilobytes=program.stat().st_size / 1000,
        ),
        lesson.program(
            "$ shoal export pumps.safetensors -o pumps.py\n"
            f"$ python pumps.py {' '.join(asked)}\n{told}"
        ),
        lesson.text("differs_more"),
        truth="none" if not largest else "little" if largest < 1e-6 else "percent",
    )
    return done, told


@app.cell
def _(lesson, on_all):
    # so low by luck on 200 rows about once in 700 weeks
    bar = round(on_all - 3 * math.sqrt(on_all * (1 - on_all) / 200), 2)
    lesson.text("monitor", reached=on_all, bar=bar)
    return (bar,)


@app.cell
def _(lesson):
    trouble = lesson.choice("trouble", ["none", "sensor", "world"], value="sensor")
    trouble
    return (trouble,)


@app.cell
def _(lesson):
    alarm = lesson.predict("alarm", ["neither", "drift", "accuracy", "both"])
    alarm
    return (alarm,)


@app.cell
def _(alarm, bar, lesson, model, trouble):
    changes = {"none": {}, "sensor": {"sensor": 1.3}, "world": {"wear": 1.5}}
    bars = Bars(min_accuracy=bar, max_drift=0.25)
    looks = []
    for week in range(1, 9):  # from week 5 on something is different
        change = changes[trouble.value] if week > 4 else {}
        rows_now = pumps(200, 100 + week, **change)
        labels = rows_now.pop("state")
        looks.append(monitor(model, rows_now, labels, bars=bars))
    short = [{each.name for each in look.checks if each.falls_short} for look in looks]
    rang = next((each for each in short if each), {"neither"})  # the first alarm
    verdict = [lesson.words("alarm_verdict.ok"), lesson.words("alarm_verdict.short")]
    lesson.reveal(
        alarm,
        "alarm",
        lesson.table(
            lesson.words("alarm_head").split("|"),
            [
                [
                    week,
                    f"{look.figures[0].value:.3f}",
                    f"{look.worst.psi:.3f}",
                    look.worst.name,
                    look.n_unlike,
                    verdict[look.falls_short],
                    int(look.falls_short),
                ]
                for week, look in enumerate(looks, 1)
            ],
            lesson.words("alarm_caption"),
        ),
        looks[-1].plot.drift(),
        lesson.text("alarm_told"),
        lesson.program(
            "shoal monitor pumps.safetensors week.csv \\\n"
            f"  --min-accuracy {bar:.2f} --max-drift 0.25 || echo look"
        ),
        lesson.text("alarm_more"),
        truth="both" if len(rang) > 1 else next(iter(rang)),
    )
    return looks, short


@app.cell
def _(lesson):
    lesson.text("closing")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(q1=(), q2=(), q3=())
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz):
    all_right = wilson(30, 30)[0]
    inspect = 2 / (2 + 6)
    before, now = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    psi = ((now - before) * np.log(now / before)).sum()
    lesson.check(
        quiz,
        q1=(all_right, lesson.text("q1_why", low=all_right)),
        q2=(inspect, lesson.text("q2_why", threshold=inspect)),
        q3=(psi, lesson.text("q3_why", psi=psi)),
    )
    return all_right, inspect, psi


@app.cell
def _(experiment, lesson):
    lesson.show(lesson.text("links"), lesson.link(experiment))
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    rng = np.random.default_rng(seed)
    lines = ["a,b,state"]
    for a, b, luck in rng.normal(size=(300, 3)).round(3).tolist():
        lines.append(f"{a},{b},{'worn' if a * b + luck / 2 > 0 else 'ok'}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pumps.csv").write_text("\n".join(lines) + "\n")
        run = training(Path(folder), 20).run()
    dataset = run.prepared.parts[0].dataset
    worn = dataset.y[:, 0] == 1
    return {
        "worn": float(worn.sum()),
        "accuracy": float(np.median(run.final("validation_accuracy"))),
        "known": float(((run.ensemble.predict(dataset.x) == "worn") == worn).mean()),
        "wilson": wilson(60 + seed % 30, 100)[0],
        "threshold": 1 / (3 + seed % 7),
    }


if __name__ == "__main__":
    app.run()
