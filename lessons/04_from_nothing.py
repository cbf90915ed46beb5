import marimo

app = marimo.App(app_title="A network from nothing")

with app.setup:
    import time

    import numpy as np

    import shoal
    from shoal.lessons import Lesson


@app.cell
def _():
    language = Lesson.languages()
    language
    return (language,)


@app.cell
def _(language):
    lesson = Lesson("04_from_nothing", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    lesson.text("data")
    return


@app.cell
def _():
    # x1, x2 and class of fifty points on 10 x 10
    text = """
    2 5 0  3 2 0  4 1 0  8 3 0  1 8 0  9 5 0  5 2 0  4 2 0  3 3 0  2 6 0
    1 8 0  9 5 0  1 4 0  2 4 0  1 6 0  2 3 0  6 1 0  9 4 0  7 2 0  6 2 0
    8 1 0  9 2 0  2 1 0  2 7 0  1 3 0  1 7 0  3 7 1  4 4 1  7 6 1  3 7 1
    4 8 1  7 8 1  7 6 1  4 5 1  4 7 1  8 5 1  6 3 1  4 7 1  9 6 1  7 4 1
    3 8 1  3 4 1  5 6 1  6 5 1  5 4 1  5 3 1  4 6 1  8 7 1  3 6 1  6 7 1
    """
    table = np.array(text.split(), float).reshape(50, 3)
    x = np.column_stack([table[:, :2], np.ones(50)])  # (50, 3): the third is always 1
    y = table[:, 2]  # (50,)
    return x, y


@app.cell
def _(lesson):
    seed = lesson.slider("seed", range(10), value=0)
    seed
    return (seed,)


@app.cell
def _(lesson, seed):
    rng = np.random.default_rng(seed.value)
    network = {
        "nodes": [3, 6, 1],
        "weights": [rng.uniform(0, 1, (3, 6)), rng.uniform(0, 1, (6, 1))],
        "func": "logistic",
    }
    layers = [
        [lesson.words(f"layer{k}"), "x".join(map(str, w.shape)), w.size]
        for k, w in enumerate(network["weights"], 1)
    ]
    lesson.show(
        lesson.text("network", first=network["weights"][0][0, 0]),
        lesson.table(lesson.words("network_head").split("|"), layers),
    )
    return (network,)


@app.cell
def _(x, y):
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def forward(weights, x):
        """Return what the network says of every row, (N,)."""
        a = x
        for w in weights:
            a = sigmoid(a @ w)
        return a[:, 0]

    def loss(weights):
        """Return the mean cross-entropy over the fifty points."""
        p = forward(weights, x)
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))

    return forward, loss, sigmoid


@app.cell
def _(lesson):
    lesson.text("forward")
    return


@app.cell
def _(lesson):
    first = lesson.predict("first", ["better", "same", "worse"])
    first
    return (first,)


@app.cell
def _(first, forward, lesson, loss, network, x, y):
    said = forward(network["weights"], x)
    begins = loss(network["weights"])
    undecided = np.log(2)  # of a network that says 0.5 of every point
    lesson.reveal(
        first,
        "first",
        lesson.text(
            "first_told",
            loss=begins,
            undecided=undecided,
            low=said.min(),
            high=said.max(),
            wrong=int(((said > 0.5) != y).sum()),
        ),
        truth="worse" if begins > undecided else "better",
    )
    return (begins,)


@app.cell
def _(lesson):
    lesson.text("wiggling")
    return


@app.cell
def _(lesson):
    sizes = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    size = lesson.slider("size", sizes, value=0.001)
    size
    return (size,)


@app.cell
def _(loss):
    def train(weights, update, ends):
        """Return the weights at the end, and the loss at every 100th step."""
        losses = [loss(weights)]
        step = 0
        while not (step % 100 == 0 and ends(step, losses[-1])):
            weights = update(weights)
            step += 1
            if step % 100 == 0:
                losses.append(loss(weights))
        return weights, losses

    def soon(step, loss):
        """Return whether to end: after 300 steps, or below 0.2."""
        return step >= 300 or loss < 0.2

    return soon, train


@app.cell
def _(loss, network, size, soon, train):
    chance = np.random.default_rng(7)

    def moved(weights):
        """Move every weight by +size, 0 or -size."""
        return [w + size.value * chance.integers(-1, 2, w.shape) for w in weights]

    def wiggle(weights):
        """Take the better of two candidates."""
        return min(moved(weights), moved(weights), key=loss)

    losses_wiggled = train(network["weights"], wiggle, soon)[1]
    return (losses_wiggled,)


@app.cell
def _(lesson):
    blind = lesson.predict("blind", ["worse", "little", "solved"])
    blind
    return (blind,)


@app.cell
def _(lesson):
    steps = lesson.slider("steps", [300, 1000, 3000, 10000], value=3000)
    steps
    return (steps,)


@app.function
def fifty(rule, steps, networks=16, *, units=6, seed=0, **more):
    """Return the fifty points and this network as an experiment with a rule."""
    hidden = shoal.Dense(units, "sigmoid", bias=False)
    output = shoal.Dense(1, "sigmoid", bias=False)
    start = {"name": "uniform", "low": 0.0, "high": 1.0}
    return shoal.Experiment(
        seed=seed,
        data=shoal.tasks.points(bias_input=True),
        network=shoal.Network([hidden, output], initializer=start),
        training=shoal.Training(
            rule,
            batch_size="full",
            epochs=steps,
            report_every=min(100, steps),
            dtype="float64",
            **more,
        ),
        population=networks,
    )


@app.cell
def _(blind, lesson, losses_wiggled, size, steps):
    by_chance = fifty(shoal.RandomPerturbation(d=size.value), steps.value)
    run_by_chance = by_chance.run()
    median_by_chance = np.median(run_by_chance.final("train_loss"))
    begin, end = losses_wiggled[0], losses_wiggled[-1]
    lesson.reveal(
        blind,
        "blind",
        lesson.text("blind_told", begin=begin, end=end, size=size.value),
        run_by_chance.plot.curves(figure="loss"),
        lesson.text("blind_more", steps=steps.value, median=median_by_chance),
        truth="solved" if end < 0.2 else "little" if end < begin else "worse",
    )
    return by_chance, run_by_chance


@app.cell
def _(lesson):
    lesson.text("measuring")
    return


@app.cell
def _(loss):
    def measured(weights, h=1e-5):
        """Return the slope of the loss along every weight, from the loss nearby."""
        here = loss(weights)
        slopes = [np.zeros_like(w) for w in weights]
        for layer, w in enumerate(weights):
            for place in np.ndindex(w.shape):
                aside = [each.copy() for each in weights]
                aside[layer][place] += h
                slopes[layer][place] = (loss(aside) - here) / h
        return slopes

    return (measured,)


@app.cell
def _(lesson):
    count = lesson.predict("count", low=1, high=1000, step=1)
    count
    return (count,)


@app.cell
def _(count, lesson, network):
    n_weights = sum(w.size for w in network["weights"])
    lesson.reveal(
        count,
        "count",
        lesson.text("count_told", n=n_weights, needed=n_weights + 1),
        truth=n_weights + 1,
        form=".0f",
    )
    return (n_weights,)


@app.cell
def _(lesson):
    lesson.text("chain")
    return


@app.cell
def _(sigmoid, x, y):
    def chained(weights):
        """Return the slope of the loss along every weight, by the chain rule."""
        w1, w2 = weights
        hidden = sigmoid(x @ w1)  # (50, 6)
        p = sigmoid(hidden @ w2)  # (50, 1)
        out = (p - y[:, np.newaxis]) / len(y)  # along the last weighted sum
        back = (out @ w2.T) * hidden * (1 - hidden)  # along those of the hidden layer
        return [x.T @ back, hidden.T @ out]

    return (chained,)


@app.cell
def _(lesson):
    digits = lesson.predict("digits", ["none", "one", "four"])
    digits
    return (digits,)


@app.cell
def _(chained, digits, lesson, measured, network):
    def flat(slopes):
        """Return the slopes of all layers in a row, (24,)."""
        return np.concatenate([each.ravel() for each in slopes])

    by_rule = flat(chained(network["weights"]))
    by_hand = flat(measured(network["weights"]))
    apart = np.abs(by_rule / by_hand - 1).max()
    names = {0: "x1 → h1", 12: "1 → h1", 18: "h1 → y", 23: "h6 → y"}
    pairs = [[names[k], f"{by_hand[k]:.8f}", f"{by_rule[k]:.8f}"] for k in names]
    lesson.reveal(
        digits,
        "digits",
        lesson.table(lesson.words("digits_head").split("|"), pairs),
        lesson.text("digits_told", apart=apart),
        truth="four" if apart < 1e-3 else "one" if apart < 0.1 else "none",
    )
    return apart, by_rule


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.003, 0.01, 0.03, 0.1, 0.3, 1.0], value=0.01)
    rate
    return (rate,)


@app.cell
def _(chained, measured, network, rate, soon, train):
    def descend(slopes_of):
        """Return the losses of going against the slopes, and the seconds it took."""

        def update(weights):
            slopes = slopes_of(weights)
            return [w - rate.value * s for w, s in zip(weights, slopes, strict=True)]

        begun = time.perf_counter()
        losses = train(network["weights"], update, soon)[1]
        return losses, time.perf_counter() - begun

    losses_measured, seconds_measured = descend(measured)
    losses_chained, seconds_chained = descend(chained)
    return losses_chained, losses_measured, seconds_chained, seconds_measured


@app.cell
def _(lesson):
    downhill = lesson.predict("downhill", ["solved", "little", "plain"])
    downhill
    return (downhill,)


@app.cell
def _(
    downhill,
    lesson,
    losses_chained,
    losses_measured,
    rate,
    seconds_chained,
    seconds_measured,
    steps,
):
    published_losses = [1.863, 0.916, 0.716, 0.699]
    losses = zip(losses_measured, losses_chained, published_losses, strict=False)
    on_the_way = [
        [100 * k, f"{one:.5f}", f"{other:.5f}", f"{published:.3f}"]
        for k, (one, other, published) in enumerate(losses)
    ]
    by_slope = fifty(shoal.SGD(rate.value), steps.value)
    run_by_slope = by_slope.run()
    ends_by_slope = run_by_slope.final("train_loss")  # (16,)
    ended = losses_chained[-1]
    lesson.reveal(
        downhill,
        "downhill",
        lesson.text("same", times=seconds_measured / seconds_chained),
        lesson.table(lesson.words("same_head").split("|"), on_the_way),
        lesson.text("same_more"),
        run_by_slope.plot.curves(figure="loss"),
        lesson.text(
            "slope_told",
            steps=steps.value,
            rate=rate.value,
            median=np.median(ends_by_slope),
            stuck=int((ends_by_slope > 0.68).sum()),
        ),
        truth="solved" if ended < 0.2 else "little" if ended < 0.68 else "plain",
    )
    return by_slope, run_by_slope


@app.cell
def _(lesson):
    lesson.text("race")
    return


@app.cell
def _(lesson):
    cheaper = lesson.predict("cheaper", ["wiggling", "measuring"])
    cheaper
    return (cheaper,)


@app.cell
def _(lesson):
    by = lesson.choice("by", ["steps", "evaluations", "seconds"], value="evaluations")
    by
    return (by,)


@app.cell
def _(lesson):
    goal = shoal.Target("train_loss", below=0.2, keep="before")
    rules = {
        "wiggling": shoal.RandomPerturbation(d=0.001),
        "measuring": shoal.FiniteDifference(learning_rate=0.01),
        "chain": shoal.SGD(learning_rate=0.01),
    }
    race = shoal.compare(
        [fifty(rule, 40_000, stop=goal) for rule in rules.values()],
        names=[lesson.words(f"rule_{name}") for name in rules],
        pairs=5,
        target="train_loss<0.2",
    )
    return race, rules


@app.cell
def _(lesson, race, rules):
    clocks = ("steps", "evaluations", "seconds")
    middle, lanes = {}, []
    for name, times in zip(rules, race.times.values(), strict=True):
        # who never got there comes last
        all_there = {each: np.nan_to_num(times[each], nan=np.inf) for each in clocks}
        a, b, c = (np.median(all_there[each]) for each in clocks)
        middle[name] = (a, b, c)
        there = f"{np.isfinite(times['steps']).sum()}/{len(times['steps'])}"
        told = [f"{a:,.0f}", f"{b:,.0f}", f"{c:.3f}", there]
        lanes.append([lesson.words(f"rule_{name}"), *told])
    return lanes, middle


@app.cell
def _(by, cheaper, lanes, lesson, middle, race):
    evaluations = {name: told[1] for name, told in middle.items()}
    each_took = {name: told[2] / told[1] for name, told in middle.items()}  # seconds
    lesson.reveal(
        cheaper,
        "cheaper",
        race.plot.race(by=by.value),
        lesson.table(lesson.words("cheaper_head").split("|"), lanes),
        lesson.text(
            "cheaper_told",
            times=evaluations["measuring"] / evaluations["wiggling"],
            rule=evaluations["measuring"] / evaluations["chain"],
            gradient=each_took["chain"] / each_took["measuring"],
        ),
        truth=min(("wiggling", "measuring"), key=evaluations.get),
    )
    return


@app.cell
def _(lesson):
    lesson.text("small")
    return


@app.cell
def _(lesson):
    part = lesson.predict("part", ["hundredth", "tenth", "half"])
    part
    return (part,)


@app.cell
def _(by_rule, lesson, part):
    n = by_rule.size  # 24
    moves = np.random.default_rng(1).integers(-1, 2, (2, 5000, n))
    down = -(moves @ by_rule).min(axis=0)  # the better of two, as far as slopes tell
    length = np.sqrt(2 / 3 * n)  # of a move, in units of its size
    share = down.mean() / (np.linalg.norm(by_rule) * length)
    big = 784 * 128 + 128 * 10
    lesson.reveal(
        part,
        "part",
        lesson.text(
            "share",
            share=100 * share,
            formula=100 / np.sqrt(np.pi * n),
            n=n,
            big=big,
            big_share=100 / np.sqrt(np.pi * big),
        ),
        truth="hundredth" if share < 0.03 else "tenth" if share < 0.25 else "half",
    )
    return (share,)


@app.cell
def _(lesson):
    lesson.text("hour")
    return


@app.cell
def _(lesson):
    today = lesson.predict("today", ["minutes", "seconds", "second"])
    today
    return (today,)


@app.cell
def _():
    # the published 35,500 steps once more: 25 evaluations each, then by the chain rule
    replay, again = (
        fifty(rule, 35_500, networks=1).run()
        for rule in (shoal.FiniteDifference(learning_rate=0.01), shoal.SGD(0.01))
    )
    return again, replay


@app.cell
def _(again, n_weights, replay):
    wiggled, hour = 135.231290044, 3723.826649624  # seconds, as published
    enough = n_weights + 1
    per_evaluation = hour / (35_500 * 99)
    timed = {  # steps, evaluations a step, seconds
        "hour_random": (40_900, 3, wiggled),
        "hour_slopes": (35_500, 99, hour),
        "hour_counted": (35_500, enough, 35_500 * enough * per_evaluation),
        "hour_chain": (35_500, 1, 35_500 * per_evaluation),
        "hour_today": (35_500, enough, replay.seconds),
        "hour_today_chain": (35_500, 1, again.seconds),
    }
    return enough, hour, per_evaluation, timed, wiggled


@app.cell
def _(enough, hour, lesson, timed, today):
    rows_of_times = [
        [
            lesson.words(name),
            f"{n_steps:,}",
            each,
            f"{n_steps * each:,}",
            f"{seconds:,.4g}",
            f"{1e6 * seconds / (n_steps * each):,.4g}",
        ]
        for name, (n_steps, each, seconds) in timed.items()
    ]
    counted, here, chain_here = (
        timed[name][2] for name in ("hour_counted", "hour_today", "hour_today_chain")
    )
    lesson.reveal(
        today,
        "today",
        lesson.table(lesson.words("today_head").split("|"), rows_of_times),
        lesson.text(
            "today_told",
            needed=enough,
            counting=99 / enough,
            counted=counted,
            core=counted / here,
            chain=here / chain_here,
            all=hour / chain_here,
        ),
        truth="second" if here < 1 else "seconds" if here < 60 else "minutes",
    )
    return (counted,)


@app.cell
def _(lesson):
    lesson.text("two")
    return


@app.cell
def _():
    # as published, where the loss fell below 0.2: a line for each input, 18 weights,
    # then the six of the output
    by_wiggling = """
    -1.6322905386  0.8474264426  1.5164608145  1.0065241337 -1.3338148715  0.4128861416
    -0.1470106992  0.9856379439  0.6137505144  0.9185581147  2.2206110538  0.3038953564
     5.0244152041  1.1768869412  1.3125489924  0.5669286531  0.4812071788 -1.7219849166
    -5.0147293656 -1.3161836903 -1.6753508905 -1.4098971559  5.1226582100  2.3911571536
    """
    by_slopes = """
     0.9476824494  0.7742720581  1.5487182843  1.0507296803 -0.8104515256 -0.6706549275
     1.2801447794  1.2030460047  0.0125865128  1.1588717560  1.6259846089  1.3410827185
     0.8501839044  1.0522852705 -4.0511735601  0.7020271010 -1.1310995384 -0.8926255817
    -3.5135386390 -2.8458019518  6.6841817889 -2.9414483024  3.6869865857  2.5398474676
    """

    def as_data(text):
        """Return the network as data, from its weights in a table."""
        table = np.array(text.split(), float).reshape(4, 6)
        weights = [table[:3].tolist(), table[3:].T.tolist()]  # (3, 6), (6, 1)
        return {"nodes": [3, 6, 1], "weights": weights, "func": "logistic"}

    published = {"random": as_data(by_wiggling), "slopes": as_data(by_slopes)}
    return (published,)


@app.cell
def _(lesson):
    differ = lesson.predict("differ", low=0, high=50, step=1)
    differ
    return (differ,)


@app.cell
def _(differ, forward, lesson, loss, published, x, y):
    def drawable(data):
        """Return a run that holds a network: its one step is too small to move it."""
        start = shoal.network.from_nodes(data)[1]
        return fifty(shoal.SGD(1e-12), 1, networks=1).run(start=start)

    one, other = drawable(published["random"]), drawable(published["slopes"])
    weights_of = {
        name: [np.array(each) for each in data["weights"]]  # (3, 6), (6, 1)
        for name, data in published.items()
    }
    p_one, p_other = (forward(weights, x) for weights in weights_of.values())
    apart_on = int(((p_one > 0.5) != (p_other > 0.5)).sum())
    lesson.reveal(
        differ,
        "differ",
        lesson.text(
            "differ_told",
            loss_one=loss(weights_of["random"]),
            loss_other=loss(weights_of["slopes"]),
            right_one=int(((p_one > 0.5) == y).sum()),
            right_other=int(((p_other > 0.5) == y).sum()),
            apart=apart_on,
        ),
        one.plot.surface(),
        other.plot.surface(),
        truth=apart_on,
        form=".0f",
    )
    return apart_on, one, other, p_one, p_other, weights_of


@app.cell
def _(lesson):
    place = lesson.predict("place", ["points", "between", "edge"])
    place
    return (place,)


@app.cell
def _(forward, lesson, one, other, p_one, p_other, place, weights_of, x):
    side = np.linspace(0, 10, 201)
    plane = np.array([[x1, x2, 1.0] for x1 in side for x2 in side])
    p_plane = {name: forward(weights, plane) for name, weights in weights_of.items()}
    difference = p_plane["random"] - p_plane["slopes"]
    widest = np.abs(difference).argmax()
    away = np.hypot(*(x[:, :2] - plane[widest, :2]).T).min()  # from the nearest point
    at_edge = bool((plane[widest, :2] % 10 == 0).any())
    at_points = np.abs(p_one - p_other)  # (50,)
    sides = [lesson.words("by_wiggling"), lesson.words("by_slopes")]
    lesson.reveal(
        place,
        "place",
        lesson.sides(one.plot.surface_difference(against=other), *sides),
        lesson.text(
            "place_told",
            x1=plane[widest, 0],
            x2=plane[widest, 1],
            most=abs(difference[widest]),
            away=away,
            mean=np.abs(difference).mean(),
            mean_there=at_points.mean(),
            most_there=at_points.max(),
        ),
        truth="edge" if at_edge else "points" if away < 0.5 else "between",
    )
    return at_points, away, difference, plane, widest


@app.cell
def _(lesson):
    lesson.text("use")
    return


@app.cell
def _(lesson):
    sample = lesson.slider("sample", range(1, 11), value=1)
    sample
    return (sample,)


@app.cell
def _(lesson):
    agree = lesson.predict("agree", low=0, high=120, step=1)
    agree
    return (agree,)


@app.cell
def _(sample):
    sixteen = fifty(shoal.Adam(0.03), 1000)  # a better rule
    run_sixteen = sixteen.run()
    places = np.random.default_rng(sample.value).uniform(0, 10, (120, 2)).round(2)
    rows = np.column_stack([places, np.ones(120)])
    each_says = run_sixteen.predict(rows)[:, :, 0]  # (16, 120)
    output = each_says.mean(axis=0)
    order = output.argsort()
    classified = "x1,x2,class\n" + "".join(
        f"{places[k, 0]:.2f},{places[k, 1]:.2f},{output[k] > 0.5:d}\n" for k in order
    )
    # open("classified.csv", "w").write(classified)  # to keep it
    return classified, each_says, output, rows, run_sixteen


@app.cell
def _(agree, classified, each_says, lesson, output, rows, run_sixteen):
    ones = (each_says > 0.5).sum(axis=0)
    is_split = (ones > 0) & (ones < 16)
    all_agree = int((~is_split).sum())
    unsure = output[is_split]
    decided = (output[:, np.newaxis] > 0.5).astype(float)  # (120, 1)
    new_rows = shoal.data.Dataset(x=rows, y=decided, schema=run_sixteen.best.schema)
    drawn = fifty(shoal.SGD(1e-12), 1).run(rows=new_rows, start=run_sixteen.parameters)
    lines = classified.splitlines()
    lesson.reveal(
        agree,
        "agree",
        lesson.text("agree_told", agree=all_agree, ones=int((output > 0.5).sum())),
        drawn.plot.surface(),
        lesson.program("\n".join([*lines[:5], "...", *lines[-4:]]), "text"),
        lesson.text("agree_more", low=unsure.min(), high=unsure.max()),
        truth=all_agree,
        form=".0f",
    )
    return (all_agree,)


@app.cell
def _(lesson):
    lesson.text("questions")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(
        wider=(),
        saved=("s135", "s90", "s45"),
        larger=("same", "tenth", "hundredth"),
    )
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz, wiggled):
    wide = fifty(shoal.FiniteDifference(), 10, networks=1, units=12)
    asked = wide.run().to_dict()["networks"][0]["evaluations"] // 10
    with_two, seconds = wiggled * 2 / 3, {"s135": 135, "s90": 90, "s45": 45}
    shares = [1 / np.sqrt(np.pi * n) for n in (24, 2400)]
    lesson.check(
        quiz,
        wider=(asked, lesson.text("wider_why", asked=asked)),
        saved=(
            min(seconds, key=lambda told: abs(seconds[told] - with_two)),
            lesson.text("saved_why", seconds=with_two),
        ),
        larger=(
            "tenth" if abs(shares[0] / shares[1] - 10) < 0.1 else "same",
            lesson.text("larger_why", small=100 * shares[0], large=100 * shares[1]),
        ),
    )
    return


@app.cell
def _(by_chance, by_slope, lesson):
    lesson.show(
        lesson.text("links"),
        lesson.text("rule_wiggling"),
        lesson.link(by_chance),
        lesson.text("rule_measuring"),
        lesson.link(fifty(shoal.FiniteDifference(learning_rate=0.01), 3000)),
        lesson.text("rule_chain"),
        lesson.link(by_slope),
    )
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""

    def median(rule, steps):
        run = fifty(rule, steps, seed=seed).run()
        return f"{np.median(run.final('train_loss')):.4f}"

    units = 4 + seed % 13
    return {
        "evaluations": str(4 * units + 1),
        "slopes": median(shoal.SGD(0.01), 300),
        "chance": median(shoal.RandomPerturbation(d=0.003), 1000),
        "adam": median(shoal.Adam(0.03), 200),
        "hour": f"{(10_000 + 100 * seed) * 25 * 0.00106:.4g}",
    }


if __name__ == "__main__":
    app.run()
