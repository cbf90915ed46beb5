import marimo

app = marimo.App(app_title="Luck or skill")

with app.setup:
    import math

    import numpy as np

    import shoal
    from shoal.charts.chart import Chart
    from shoal.charts.columns import rows_of
    from shoal.charts.lines import told_apart
    from shoal.charts.marks import layer, number, points, references
    from shoal.lessons import Lesson
    from shoal.metrics import paired


@app.function
def small(rate=0.03, setting="noisy", size=64, seed=0, vary=shoal.streams.STREAMS):
    """Return a small experiment, so that 64 networks take a moment."""
    noise = {"noisy": 0.2, "clean": 0.0}[setting]
    return shoal.Experiment(
        data=shoal.tasks.greater(samples=1_000, label_noise=noise),
        training=shoal.Training(shoal.Adam(rate), batch_size=30, epochs=20),
        population=shoal.Population(size, vary=vary),
        seed=seed,
    )


@app.function
def accuracies(experiment):
    """Return the validation accuracy of every network, in points: 0 to 100."""
    return 100 * experiment.run().final("validation_accuracy")


@app.function(hide_code=True)
def lines(title, across, up, x, curves, level):
    """Draw curves, by name, over common places, and a level with its number."""
    names = list(curves)
    data = {
        "x": np.tile(x, len(names)),
        "y": np.concatenate([np.asarray(y, float) for y in curves.values()]),
        "line": [name for name in names for _ in x],
    }

    def draw(look):
        mark = {"type": "line", "strokeJoin": "round", "strokeWidth": 2.4}
        apart = told_apart("line", None, names, look.colours)
        x_axis, y_axis = number("x", across), number("y", up, zero=True)
        curve = layer("lines", mark, x=x_axis, y=y_axis, **apart)
        return {"layer": [*references(look.colours, "levels"), curve]}

    marks = {
        "lines": rows_of(data),
        "levels": [{"level": level, "label": f"{level} %"}],
    }
    return Chart(kind="lines", title=title, subtitle=(), data=data, marks=marks, draw=draw)


@app.function(hide_code=True)
def scatter(title, across, up, x, y):
    """Draw points, with the line on which both numbers are the same."""
    data = {"x": x, "y": y}
    ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]

    def draw(look):
        line = {"type": "line", "color": look.colours.neutral, "strokeDash": [5, 4]}
        dot = points(look.colours, size=46, opacity=0.6, color=look.colours.classes[0])
        x_axis, y_axis = number("x", across, domain=ends), number("y", up, domain=ends)
        return {
            "layer": [
                layer("same", line, x=x_axis, y=y_axis),
                layer("dots", dot, x=x_axis, y=y_axis),
            ]
        }

    marks = {"dots": rows_of(data), "same": [{"x": end, "y": end} for end in ends]}
    return Chart(
        kind="scatter",
        title=title,
        subtitle=(),
        data=data,
        marks=marks,
        draw=draw,
        width=480,
    )


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell(hide_code=True)
def _(language):
    lesson = Lesson("07_luck", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    setting = lesson.choice("setting", ["noisy", "clean"], value="noisy")
    setting
    return (setting,)


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("anecdote")
    return


@app.cell
def _(lesson):
    two_guess = lesson.predict("two", low=0, high=20, step=0.5)
    two_guess
    return (two_guess,)


@app.cell
def _(lesson, setting, two_guess):
    _single = {"setting": setting.value, "size": 1}
    _found = [accuracies(small(seed=seed, **_single)) for seed in range(5)]
    alone = [float(each[0]) for each in _found]
    between = abs(alone[1] - alone[0])
    lesson.reveal(
        two_guess,
        "two",
        lesson.text("two_told", first=alone[0], second=alone[1], between=between),
        lesson.table(
            [lesson.words("two_table.seed"), *"01234"],
            [[lesson.words("two_table.accuracy"), *(f"{each:.1f}" for each in alone)]],
        ),
        truth=between,
        form=".1f",
    )
    return alone, between


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("population")
    return


@app.cell
def _(lesson):
    wide_guess = lesson.predict("wide", low=0, high=30, step=0.5)
    wide_guess
    return (wide_guess,)


@app.cell
def _(lesson, setting, wide_guess):
    many = small(setting=setting.value).run()
    found = 100 * many.final("validation_accuracy")
    _band = shoal.metrics.band(found)
    width = float(_band.p95 - _band.p05)
    apart = np.abs(found[:, np.newaxis] - found)[np.triu_indices(len(found), 1)]
    lesson.reveal(
        wide_guess,
        "wide",
        lesson.text(
            "wide_told",
            n=len(found),
            median=float(_band.median),
            low=float(_band.p05),
            high=float(_band.p95),
            deviation=float(found.std(ddof=1)),
            pairs=len(apart),
            share=100 * float((apart > 1.001).mean()),
        ),
        many.plot.ceiling(),
        truth=width,
        form=".1f",
    )
    return apart, found, many, width


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("streams")
    return


@app.cell
def _(lesson):
    cause_guess = lesson.predict("cause", ["rows", "training"])
    cause_guess
    return (cause_guess,)


@app.cell
def _(cause_guess, lesson, setting):
    of_rows = accuracies(small(setting=setting.value, vary=["data", "noise", "split"]))
    of_training = accuracies(small(setting=setting.value, vary=["init", "order"]))
    shares = small(setting=setting.value).spread(networks=64).shares
    _columns = ("stream", "deviation", "share")
    lesson.reveal(
        cause_guess,
        "cause",
        lesson.text(
            "cause_told",
            rows=of_rows.std(ddof=1),
            training=of_training.std(ddof=1),
        ),
        lesson.table(
            [lesson.words(f"cause_table.{key}") for key in _columns],
            [
                [
                    each.stream,
                    f"{100 * math.sqrt(each.variance):.2f}",
                    f"{each.share:.2f}",
                ]
                for each in shares
                if each.is_used
            ],
        ),
        lesson.text("cause_more"),
        truth="rows" if of_rows.var() > of_training.var() else "training",
    )
    return of_rows, of_training, shares


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("sides")
    return


@app.cell
def _(lesson):
    _steps = [0.001, 0.003, 0.01, 0.02, 0.04, 0.1, 0.2]
    rate = lesson.slider("rate", _steps, value=0.003)
    rate
    return (rate,)


@app.cell
def _(lesson):
    n_pairs = lesson.slider("n_pairs", [8, 16, 32, 64, 128], value=64)
    n_pairs
    return (n_pairs,)


@app.cell
def _(n_pairs, rate, setting):
    sides = [small(setting=setting.value), small(rate.value, setting=setting.value)]
    compared = shoal.compare(sides, names=["A", "B"], pairs=n_pairs.value)
    a, b = (100 * arm.figures["validation_accuracy"] for arm in compared.arms)
    return a, b, compared, sides


@app.cell
def _(lesson):
    gain_guess = lesson.predict("gain", ["same", "fewer", "far"])
    gain_guess
    return (gain_guess,)


@app.cell
def _(a, b, gain_guess, lesson):
    sd_a, sd_b = a.std(ddof=1), b.std(ddof=1)
    correlation = np.corrcoef(a, b)[0, 1] if sd_a > 0 and sd_b > 0 else 0.0
    unpaired = sd_a**2 + sd_b**2
    by_formula = unpaired - 2 * correlation * sd_a * sd_b
    in_pairs = (b - a).var(ddof=1)  # the same, from the differences themselves
    factor = unpaired / in_pairs if in_pairs > 0 else math.inf
    lesson.reveal(
        gain_guess,
        "gain",
        lesson.text(
            "gain_told",
            sd_a=sd_a,
            sd_b=sd_b,
            r=correlation,
            unpaired=math.sqrt(unpaired),
            paired=math.sqrt(in_pairs),
            factor=factor,
            many=math.ceil(unpaired / 0.5**2),
            few=math.ceil(in_pairs / 0.5**2),
        ),
        scatter(
            lesson.words("scatter.title"),
            lesson.words("scatter.a"),
            lesson.words("scatter.b"),
            a,
            b,
        ),
        truth="same" if factor < 1.5 else "fewer" if factor < 4 else "far",
    )
    return by_formula, correlation, factor, in_pairs, unpaired


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("signs")
    return


@app.cell
def _(lesson):
    needed_guess = lesson.predict("needed", low=9, high=16, step=1)
    needed_guess
    return (needed_guess,)


@app.cell
def _(lesson, needed_guess):
    def by_luck(wins, n):
        """Return the p of the sign test: n fair coins give one side as many or more."""
        return min(
            1.0,
            2 * sum(math.comb(n, k) for k in range(max(wins, n - wins), n + 1)) / 2**n,
        )

    needed = next(w for w in range(9, 17) if by_luck(w, 16) <= 0.05)
    ways = sum(math.comb(64, k) for k in range(61, 65))
    lesson.reveal(
        needed_guess,
        "needed",
        lesson.table(
            [lesson.words(f"needed_table.{key}") for key in ("wins", "p")],
            [[w, f"{by_luck(w, 16):.5f}"] for w in range(9, 17)],
        ),
        lesson.text("needed_told", needed=needed, ways=ways, p=1e15 * by_luck(61, 64)),
        truth=needed,
        form="g",
    )
    return by_luck, needed, ways


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("verdict_section")
    return


@app.cell
def _(lesson):
    verdict_guess = lesson.predict("verdict", ["b", "a", "alike", "undecided"])
    verdict_guess
    return (verdict_guess,)


@app.cell
def _(by_luck, compared, lesson, verdict_guess):
    verdict = compared.verdicts[0]
    gains = compared.difference(verdict)
    differ = np.sort(gains[gains != 0])  # ties are dropped, and counted
    spare = paired.critical_losses(len(differ))
    interval = (-math.inf, math.inf)
    if spare >= 0:
        interval = (differ[spare], differ[-1 - spare])
    counts = {
        "wins": verdict.wins,
        "losses": verdict.losses,
        "ties": verdict.ties,
        "n": len(differ),
    }
    told = lesson.text("verdict_few", **counts)
    if spare >= 0:
        told = lesson.text(
            "verdict_told",
            **counts,
            p=by_luck(verdict.wins, len(differ)),
            place=spare + 1,
            low=100 * interval[0],
            high=100 * interval[1],
        )
    _names = {
        "better": "b",
        "worse": "a",
        "no difference": "alike",
        "undecided": "undecided",
    }
    lesson.reveal(
        verdict_guess,
        "verdict",
        lesson.text("said", sentence=lesson.verdict(compared)),
        told,
        lesson.differences(compared),
        lesson.text("outcomes"),
        truth=_names[verdict.outcome],
    )
    return differ, interval, verdict


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("power")
    return


@app.cell
def _(lesson):
    q = lesson.slider("q", [0.6, 0.65, 0.7, 0.75, 0.8, 0.9], value=0.7)
    q
    return (q,)


@app.cell
def _(lesson):
    enough_guess = lesson.predict("enough", low=5, high=500, step=1)
    enough_guess
    return (enough_guess,)


@app.cell
def _(differ, enough_guess, lesson, q):
    def chance(n, q):
        """Return how often the sign test finds a side that wins with probability q."""
        c = paired.critical_losses(n)
        enough_wins = range(n - c, n + 1)
        return sum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in enough_wins)

    chances = np.array([chance(n, q.value) for n in range(1, 301)])
    enough = int(np.flatnonzero(chances < 0.8)[-1]) + 2  # from here on never less
    _ahead = max((differ > 0).sum(), (differ < 0).sum())
    lesson.reveal(
        enough_guess,
        "enough",
        lesson.text(
            "enough_told",
            q=q.value,
            enough=enough,
            at_16=100 * chances[15],
            won=_ahead / max(1, len(differ)),
        ),
        lines(
            lesson.words("power_chart.title"),
            lesson.words("power_chart.pairs"),
            lesson.words("power_chart.chance"),
            np.arange(1, 301),
            {f"q = {q.value:g}": 100 * chances},
            level=80,
        ),
        truth=enough,
        form="g",
    )
    return chance, chances, enough


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("peeking")
    return


@app.cell
def _(lesson):
    most = lesson.slider("most", [16, 32, 64, 128, 256], value=64)
    most
    return (most,)


@app.cell
def _(lesson):
    alarm_guess = lesson.predict("alarm", low=0, high=100, step=1)
    alarm_guess
    return (alarm_guess,)


@app.cell
def _(alarm_guess, lesson, most):
    # 4,000 comparisons with nothing to find
    _coins = np.random.default_rng(0).integers(0, 2, (4_000, most.value))
    _n = np.arange(1, most.value + 1)
    _wins = _coins.cumsum(axis=1)
    _fewer = np.minimum(_wins, _n - _wins)
    _test = np.array([paired.critical_losses(n) for n in _n])
    _bet = np.array([paired.critical_losses_at_any_time(n) for n in _n])
    ever = np.logical_or.accumulate(_fewer <= _test, axis=1).mean(axis=0)
    once = (_fewer <= _test).mean(axis=0)
    any_time = np.logical_or.accumulate(_fewer <= _bet, axis=1).mean(axis=0)
    lesson.reveal(
        alarm_guess,
        "alarm",
        lesson.text(
            "alarm_told",
            most=most.value,
            ever=100 * ever[-1],
            once=100 * once[-1],
            any_time=100 * any_time[-1],
        ),
        lines(
            lesson.words("alarm_chart.title"),
            lesson.words("alarm_chart.pairs"),
            lesson.words("alarm_chart.share"),
            _n,
            {
                lesson.words("alarm_chart.ever"): 100 * ever,
                lesson.words("alarm_chart.once"): 100 * once,
                lesson.words("alarm_chart.any_time"): 100 * any_time,
            },
            level=5,
        ),
        truth=100 * ever[-1],
        form=".0f",
    )
    return any_time, ever, once


@app.cell
def _(lesson):
    until_guess = lesson.predict("until", low=16, high=256, step=4)
    until_guess
    return (until_guess,)


@app.cell
def _(lesson, sides, until_guess):
    until = shoal.compare(sides, names=["A", "B"], until="decided", at_most=256)
    _found = until.verdicts[0]
    _how = {"no difference": "until_alike", "undecided": "until_open"}
    lesson.reveal(
        until_guess,
        "until",
        lesson.text(
            _how.get(_found.outcome, "until_bet"),
            n=until.n_pairs,
            e=paired.e_value(_found.wins, _found.losses),
        ),
        lesson.text("said", sentence=lesson.verdict(until)),
        truth=until.n_pairs,
        form="g",
    )
    return (until,)


@app.cell(hide_code=True)
def _(lesson):
    lesson.text("best_section")
    return


@app.cell
def _(lesson):
    best_guess = lesson.predict("best", low=0, high=20, step=0.5)
    best_guess
    return (best_guess,)


@app.cell
def _(best_guess, lesson, setting):
    tried = accuracies(small(setting=setting.value, size=20, seed=1))
    again = accuracies(small(setting=setting.value, size=64, seed=2))
    ahead = float(tried.max() - np.median(tried))
    lesson.reveal(
        best_guess,
        "best",
        lesson.text(
            "best_told",
            best=tried.max(),
            ahead=ahead,
            again=np.median(again),
            alarm=100 * (1 - 0.95**20),
        ),
        truth=ahead,
        form=".1f",
    )
    return again, ahead, tried


@app.cell
def _(lesson):
    quiz = lesson.questions(q1=(), q2=(), q3=("stop", "go_on"))
    quiz
    return (quiz,)


@app.cell
def _(by_luck, lesson, quiz):
    p_of_nine = by_luck(9, 10)
    paired_sd = math.sqrt(3**2 + 3**2 - 2 * 0.9 * 3 * 3)
    evidence = paired.e_value(10, 2)
    lesson.check(
        quiz,
        q1=(p_of_nine, lesson.text("q1_why", p=p_of_nine)),
        q2=(paired_sd, lesson.text("q2_why", sd=paired_sd, unpaired=math.sqrt(18))),
        q3=(
            "stop" if evidence >= paired.ENOUGH else "go_on",
            lesson.text("q3_why", p=by_luck(10, 12), e=evidence),
        ),
    )
    return evidence, p_of_nine, paired_sd


@app.cell
def _(lesson):
    lesson.show(
        lesson.text("links"),
        lesson.link(small(), "link_fast"),
        lesson.link(small(0.003), "link_slow"),
        lesson.text("commands"),
        lesson.program(
            "shoal spread experiment.toml\n"
            "shoal compare experiment.toml --until decided \\\n"
            "  training.optimizer.learning_rate=0.03,0.003"
        ),
    )
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    sides = [small(rate, seed=seed) for rate in (0.03, 0.003)]
    verdict = shoal.compare(sides, pairs=32).verdicts[0]
    coins = 10 + seed % 5
    ways = sum(math.comb(16, k) for k in range(max(coins, 16 - coins), 17))
    of_training = ("init", "order", "dropout", "search")
    trained = small(size=16, seed=seed, vary=of_training).run()
    final = trained.final("validation_accuracy")
    return {
        "median": f"{np.median(final):.4f}",
        "wins": verdict.wins,
        "losses": verdict.losses,
        "p": verdict.p_value,
        "coins": min(1.0, 2 * ways / 2**16),
    }


if __name__ == "__main__":
    app.run()
