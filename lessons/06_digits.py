import marimo

app = marimo.App(app_title="More classes")

with app.setup:
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
    lesson = Lesson("06_digits", language.value)
    lesson.text("opening")
    return (lesson,)


@app.function
def digits(
    units=32,
    rule=None,
    *,
    loss="categorical_crossentropy",
    l2=0.0,
    vary=("init", "order"),
):
    """Return the experiment of this lesson; 0 units: no hidden layer."""
    hidden = [shoal.Dense(units, "relu")] if units else []
    return shoal.Experiment(
        data=shoal.tasks.digits(),
        preprocess=shoal.Preprocess(scaling="standard"),
        network=shoal.Network(
            [*hidden, shoal.Dense(10, "softmax")],
            initializer="he_uniform",
        ),
        training=shoal.Training(
            rule or shoal.Adam(0.01),
            loss=loss,
            batch_size=32,
            epochs=10,
            regularization=shoal.Regularization(l2=l2),
        ),
        population=shoal.Population(size=16, vary=vary),
    )


@app.function(hide_code=True)
def drawn(lesson, key, pictures, lines, across=8, **numbers):
    """Return 8 x 8 numbers from -1 to 1 as pictures: ink above 0, orange below."""
    card = '<rect x="{}" y="{}" width="92" height="108" rx="6" fill="#faf8f2"/>'
    told = (
        '<text x="{}" y="{}" fill="#30363d" text-anchor="middle" '
        'font-family="sans-serif" font-size="14">{}</text>'
    )
    dot = '<rect x="{}" y="{}" width="10" height="10" fill="{}" fill-opacity="{:.2f}"/>'
    parts = []
    for k, (picture, line) in enumerate(zip(pictures, lines, strict=True)):
        left, top = 100 * (k % across), 116 * (k // across)
        parts += [card.format(left, top), told.format(left + 46, top + 100, line)]
        for (i, j), value in np.ndenumerate(picture):
            if value != 0:
                colour = "#10324a" if value > 0 else "#d55e00"
                at = left + 6 + 10 * j, top + 6 + 10 * i
                parts.append(dot.format(*at, colour, abs(value)))
    width = 100 * min(across, len(lines)) - 8
    height = 116 * (-(-len(lines) // across)) - 8
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return lesson.picture(svg.encode(), "image/svg+xml", lesson.words(key, **numbers))


@app.cell
def _():
    run = digits().run()  # 16 networks, 0.1 s; the lesson tells what came of it

    part = run.prepared.parts[0]
    x = part.dataset.x  # (1797, 64): the ink in every pixel, 0 to 16
    y = part.dataset.y  # (1797, 10): 1 for the digit that was written, else 0
    digit = y.argmax(axis=1)
    pictures = x.reshape(-1, 8, 8) / 16
    seen, held = part.split.train, part.split.validation
    return digit, held, part, pictures, run, seen, x, y


@app.cell
def _(digit, held, lesson, pictures, seen, x):
    lesson.show(
        lesson.text("data", rows=len(x), train=len(seen), held=len(held)),
        drawn(lesson, "data_alt", pictures[:16], digit[:16]),
    )
    return


@app.cell
def _(lesson):
    which = lesson.slider("picture", range(16), value=3)
    which
    return (which,)


@app.cell
def _(digit, lesson, which, x):
    ink = x[which.value].reshape(8, 8).astype(int)
    lesson.table(
        ["", *(f"c{column}" for column in range(8))],
        [[f"r{row}", *line] for row, line in enumerate(ink)],
        lesson.words("picture_told", digit=digit[which.value]),
    )
    return


@app.cell
def _(lesson):
    constant = lesson.predict("constant", ["half", "tenth", "hundredth"])
    constant
    return (constant,)


@app.cell
def _(constant, digit, held, lesson, seen):
    most = np.bincount(digit[seen]).argmax()  # the most frequent where one may look
    share = (digit[held] == most).mean()
    shares = {"half": 1 / 2, "tenth": 1 / 10, "hundredth": 1 / 100}
    lesson.reveal(
        constant,
        "constant",
        lesson.text(
            "constant_told",
            most=most,
            held=len(held),
            right=(digit[held] == most).sum(),
            share=100 * share,
        ),
        truth=min(shares, key=lambda name: abs(shares[name] - share)),
    )
    return (share,)


@app.cell
def _(lesson):
    lesson.text("softmax")
    return


@app.cell
def _(lesson):
    third = lesson.slider("third", [-2, -1, 0, 1, 2, 3, 4, 5], value=0)
    third
    return (third,)


@app.function
def softmax(z):
    """Return shares of 1; the largest sum is taken off first: no share changes."""
    e = np.exp(z - z.max())
    return e / e.sum()


@app.cell
def _(lesson, third):
    sums = np.array([2.0, 1.0, third.value])
    raised = np.exp(sums)
    lesson.table(
        lesson.words("softmax_head").split("|"),
        [
            [name, f"{z:g}", f"{e:.4f}", f"{p:.4f}"]
            for name, z, e, p in zip("ABC", sums, raised, softmax(sums), strict=True)
        ],
        lesson.words("softmax_caption", total=raised.sum()),
    )
    return (sums,)


@app.cell
def _(lesson):
    shift = lesson.predict("shift", ["same", "sharper", "flatter"])
    shift
    return (shift,)


@app.cell
def _(lesson, shift, sums):
    before, after = softmax(sums), softmax(sums + 1000)
    surer = after.max() - before.max()
    lesson.reveal(
        shift,
        "shift",
        lesson.table(
            lesson.words("shift_head").split("|"),
            [
                [name, f"{z:g}", f"{p:.4f}", f"{z + 1000:g}", f"{q:.4f}"]
                for name, z, p, q in zip("ABC", sums, before, after, strict=True)
            ],
        ),
        lesson.text("shift_told"),
        truth="same" if abs(surer) < 1e-9 else "sharper" if surer > 0 else "flatter",
    )
    return


@app.cell
def _(lesson):
    lesson.text("by_hand")
    return


@app.cell
def _(lesson):
    sure = lesson.predict("sure", ["low", "middle", "high"])
    sure
    return (sure,)


@app.cell
def _(digit, lesson, part, run, sure, which, x):
    network = run.best_index
    (w1, w2), (b1, b2) = run.parameters.weights, run.parameters.biases

    scaled = (x[which.value] - part.scaler.center) / part.scaler.scale  # (64,)
    hidden = np.maximum(0, scaled @ w1[network] + b1[network])  # (32,)
    last = hidden @ w2[network] + b2[network]  # (10,)
    said = softmax(last)

    second, first = np.sort(last)[-2:]
    answer = run[network].predict_proba(x[[which.value]])[0]
    lesson.reveal(
        sure,
        "sure",
        lesson.table(
            ["", "z", "p"],
            [[k, f"{last[k]:.4f}", f"{said[k]:.4f}"] for k in range(10)],
            lesson.words("by_hand_caption"),
        ),
        lesson.text(
            "by_hand_told",
            digit=digit[which.value],
            said=said.argmax(),
            sure=100 * said.max(),
            gap=first - second,
            times=np.exp(first - second),
            apart=abs(said - answer).max(),
        ),
        truth="low" if said.max() < 0.9 else "middle" if said.max() < 0.99 else "high",
    )
    return (said,)


@app.cell
def _(lesson):
    lesson.text("losses")
    return


@app.cell
def _(lesson):
    pull = lesson.predict("pull", ["cross", "squared", "both"])
    pull
    return (pull,)


@app.function
def slopes(p, truth):
    """Return both losses of one row, and their slopes by the sum of the true class."""
    t = np.eye(len(p))[truth]
    cross, squared = -np.log(p[truth]), np.mean((p - t) ** 2)
    slope_cross = p[truth] - 1
    slope_squared = 2 / len(p) * p[truth] * (p[truth] - 1 - p @ (p - t))
    return cross, slope_cross, squared, slope_squared


@app.cell
def _(lesson, pull):
    rows = [
        [true, *slopes(np.array([true, 1 - true] + 8 * [0]), 0)]  # two digits share all
        for true in (0.9, 0.5, 0.1, 0.01, 0.001)
    ]
    times = rows[-1][2] / rows[-1][4]
    lesson.reveal(
        pull,
        "pull",
        lesson.table(
            lesson.words("pull_head").split("|"),
            [[f"{each:.4g}" for each in row] for row in rows],
        ),
        lesson.text("pull_told"),
        truth="cross" if times > 2 else "squared" if times < 1 / 2 else "both",
    )
    return (rows,)


@app.cell
def _(lesson):
    rule = lesson.choice("rule", ["sgd", "sgd1", "adam"], value="sgd")
    rule
    return (rule,)


@app.cell
def _(lesson):
    ahead = lesson.predict("ahead", ["cross", "squared", "level"])
    ahead
    return (ahead,)


@app.cell
def _(ahead, lesson, rule):
    rules = {"sgd": shoal.SGD(0.1), "sgd1": shoal.SGD(1.0), "adam": shoal.Adam(0.01)}
    learning = rules[rule.value]
    race = shoal.compare(
        [digits(32, learning), digits(32, learning, loss="squared_error")],
        names=[lesson.words("ahead.cross"), lesson.words("ahead.squared")],
        pairs=16,
    )
    ends = [np.median(arm.figures["validation_accuracy"]) for arm in race.arms]
    lead = ends[0] - ends[1]
    lesson.reveal(
        ahead,
        "ahead",
        race.plot.race(figure="validation_accuracy"),
        lesson.text(
            "race_told",
            rule=lesson.words(f"rule.{rule.value}"),
            cross=ends[0],
            squared=ends[1],
        ),
        truth="level" if abs(lead) < 0.02 else "cross" if lead > 0 else "squared",
    )
    return (ends,)


@app.cell
def _(lesson):
    lesson.text("train")
    return


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1], value=0.01)
    rate
    return (rate,)


@app.cell
def _(lesson):
    level = lesson.predict("level", ["70", "85", "97"])
    level
    return (level,)


@app.cell
def _(digit, held, lesson, level, rate, share, x):
    trained = digits(32, shoal.Adam(rate.value)).run()
    alone = trained.final("validation_accuracy")
    linear = digits(0, shoal.Adam(rate.value)).run().final("validation_accuracy")
    together = (trained.ensemble.prediction(x[held]).codes == digit[held]).mean()
    reached = np.median(alone)

    def line(name, figures):
        low, middle, high = np.percentile(figures, [5, 50, 95])
        return [lesson.words(name), f"{middle:.4f}", f"{low:.4f}", f"{high:.4f}"]

    lesson.reveal(
        level,
        "level",
        trained.plot.curves(figure="accuracy"),
        lesson.table(
            lesson.words("level_head").split("|"),
            [
                [lesson.words("level_constant"), f"{share:.4f}", "", ""],
                line("level_linear", linear),
                line("level_alone", alone),
                [lesson.words("level_together"), f"{together:.4f}", "", ""],
            ],
        ),
        lesson.text(
            "level_told",
            train=np.median(trained.final("train_accuracy")),
            held=reached,
            one=100 / len(held),
        ),
        truth=min(["70", "85", "97"], key=lambda name: abs(int(name) - 100 * reached)),
    )
    return alone, linear, together, trained


@app.cell
def _(lesson):
    really = lesson.predict("really", ["better", "other"])
    really
    return (really,)


@app.cell
def _(lesson, rate, really):
    paired = shoal.compare(
        [digits(0, shoal.Adam(rate.value)), digits(32, shoal.Adam(rate.value))],
        pairs=16,
    )
    verdict = paired.verdicts[0]
    lesson.reveal(
        really,
        "really",
        lesson.text(
            "really_told",
            wins=verdict.wins,
            losses=verdict.losses,
            points=100 * verdict.median_difference,
            p=verdict.p_value,
        ),
        truth="better" if verdict.outcome == "better" else "other",
    )
    return (verdict,)


@app.cell
def _(lesson):
    lesson.text("many")
    return


@app.cell
def _(lesson):
    units = lesson.slider("units", [1, 2, 4, 8, 16, 32, 64], value=4)
    units
    return (units,)


@app.cell
def _(lesson):
    gain = lesson.predict("gain", ["none", "some", "much"])
    gain
    return (gain,)


@app.cell
def _(digit, gain, held, lesson, units, x):
    small = digits(units.value).run()
    single = small.final("validation_accuracy")
    crowd = (small.ensemble.prediction(x[held]).codes == digit[held]).mean()
    more = 100 * (crowd - np.median(single))
    lesson.reveal(
        gain,
        "gain",
        lesson.text(
            "gain_told",
            units=units.value,
            single=100 * np.median(single),
            best=100 * single.max(),
            crowd=100 * crowd,
        ),
        small.plot.ceiling(),
        lesson.text("gain_more"),
        truth="none" if more < 2 else "some" if more < 8 else "much",
    )
    return crowd, single


@app.cell
def _(lesson):
    enough = lesson.predict("enough", ["4", "8", "16", "32"])
    enough
    return (enough,)


@app.cell
def _(enough, lesson):
    from shoal.experiments.sweep import Sweep

    tried = [1, 2, 4, 8, 16, 32, 64]
    sweep = {"network.layers.0.units": tried}
    swept = Sweep.read({**digits().document(), "sweep": sweep}).run()
    medians = [each["median"] for each in swept.summary()]
    reach = medians[-1] - 0.02
    least = next(n for n, each in zip(tried, medians, strict=True) if each >= reach)
    lesson.reveal(
        enough,
        "enough",
        swept.plot.sweep(log="x"),
        lesson.text(
            "enough_told",
            least=least,
            most=medians[-1],
            enough=medians[tried.index(least)],
        ),
        truth=str(min([4, 8, 16, 32], key=lambda n: abs(n - least))),
    )
    return least, medians, tried


@app.cell
def _(lesson):
    lesson.text("confusion")
    return


@app.cell
def _(lesson):
    hardest = lesson.predict("hardest", [str(each) for each in range(10)])
    hardest
    return (hardest,)


@app.cell
def _(hardest, lesson):
    # every network judges rows of its own
    splits = digits(vary=("init", "order", "split")).run()
    confusion = splits.plot.confusion()
    counts = 16 * np.reshape(confusion.data["count"], (10, 10))  # of all networks
    right = counts.diagonal() / counts.sum(axis=1)
    lesson.reveal(
        hardest,
        "hardest",
        confusion,
        lesson.text(
            "hardest_told",
            hard=right.argmin(),
            hard_share=100 * right.min(),
            easy_share=100 * right.max(),
        ),
        truth=str(right.argmin()),
    )
    return counts, right


@app.cell
def _(lesson):
    pair = lesson.predict("pair", ["18", "39", "47", "56"])
    pair
    return (pair,)


@app.cell
def _(counts, digit, lesson, pair, pictures):
    from itertools import combinations

    mean = np.array([pictures[digit == each].mean(axis=0) for each in range(10)])
    pairs = list(combinations(range(10), 2))
    apart = {(a, b): np.linalg.norm(mean[a] - mean[b]) for a, b in pairs}
    mixed = {(a, b): counts[a, b] + counts[b, a] for a, b in pairs}
    nearest = sorted(apart, key=apart.get)
    ranked = sorted(mixed, key=mixed.get, reverse=True)
    a, b = ranked[0]
    lesson.reveal(
        pair,
        "pair",
        lesson.table(
            lesson.words("pair_head").split("|"),
            [
                [
                    f"{i}, {j}",
                    f"{mixed[i, j]:.0f}",
                    f"{apart[i, j]:.2f}",
                    nearest.index((i, j)) + 1,
                ]
                for i, j in ranked[:6]
            ],
        ),
        lesson.text("pair_told", a=a, b=b, place=nearest.index((a, b)) + 1),
        drawn(
            lesson,
            "pair_alt",
            [mean[a], mean[b], mean[a] - mean[b]],
            [a, b, f"{a} − {b}"],
            a=a,
            b=b,
        ),
        lesson.text("pair_more"),
        truth=f"{a}{b}",
    )
    return apart, mixed, nearest, ranked


@app.cell
def _(digit, held, lesson, pictures, run, x, y):
    assessed = shoal.assess(run.ensemble, x[held], y[held], worst=16, resamples=0)
    wrong = assessed.worst  # the wrong rows, the least probable truth first
    worst = held[wrong[0].row]
    lesson.show(
        lesson.text("worst"),
        drawn(lesson, "worst_alt", [pictures[worst]], ["?"]),
    )
    return worst, wrong


@app.cell
def _(lesson):
    reading = lesson.predict("reading", [str(each) for each in range(10)])
    reading
    return (reading,)


@app.cell
def _(digit, held, lesson, pictures, reading, run, worst, wrong, x):
    votes = run.predict(x[[worst]])[:, 0].argmax(axis=1)  # what each says by itself
    at = held[[each.row for each in wrong]]
    surely = run.ensemble.predict_proba(x[at]).max(axis=1)
    captions = [
        f"{each.truth} → {each.prediction}, {100 * p:.0f} %"
        for each, p in zip(wrong, surely, strict=True)
    ]
    lesson.reveal(
        reading,
        "reading",
        lesson.text(
            "reading_told",
            truth=digit[worst],
            said=wrong[0].prediction,
            sure=100 * surely[0],
            votes=(votes == int(wrong[0].prediction)).sum(),
            chance=100 * wrong[0].probability,
        ),
        lesson.text("wrong", wrong=len(wrong), held=len(held)),
        drawn(lesson, "wrong_alt", pictures[at], captions),
        lesson.text("wrong_more"),
        truth=str(digit[worst]),
    )
    return at, surely, votes


@app.cell
def _(lesson):
    lesson.text("weights")
    return


@app.cell
def _(lesson):
    l2 = lesson.slider("l2", [0, 0.0001, 0.001, 0.01], value=0)
    l2
    return (l2,)


@app.cell
def _(lesson):
    blank = lesson.predict("blank", ["zero", "kept", "changed"])
    blank
    return (blank,)


@app.cell
def _(blank, l2, lesson, seen, x):
    shrunk = digits(l2=l2.value).run()
    is_blank = (x[seen] == 0).all(axis=0)  # no ink in any picture that trains
    start = shrunk.at(0).weights[0][:, is_blank]  # (16, blank pixels, 32)
    end = shrunk.parameters.weights[0][:, is_blank]
    fades = abs(end).mean() < abs(start).mean() / 2
    best = shrunk.parameters.weights[0][shrunk.best_index]  # (64, 32)
    of_best = best.T.reshape(-1, 8, 8)[:16]
    lesson.reveal(
        blank,
        "blank",
        drawn(lesson, "weights_alt", of_best / abs(of_best).max(), range(1, 17)),
        lesson.text(
            "blank_told",
            n=is_blank.sum(),
            start=abs(start).mean(),
            end=abs(end).mean(),
            accuracy=100 * np.median(shrunk.final("validation_accuracy")),
        ),
        truth="kept" if (start == end).all() else "zero" if fades else "changed",
    )
    return end, is_blank, shrunk, start


@app.cell
def _(lesson):
    lesson.text("closing")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(q1=(), q2=(), q3=("tenth", "one", "ln", "ten"))
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz, run):
    of_three = softmax(np.array([1.0, 0.0, -1.0]))[0]
    parameters = run.parameters.flat.shape[1]
    at_start = -np.log(np.full(10, 1 / 10))[0]  # cross-entropy of ten equal shares
    answers = {"tenth": 1 / 10, "one": 1, "ln": np.log(10), "ten": 10}
    lesson.check(
        quiz,
        q1=(of_three, lesson.text("q1_why", p=of_three)),
        q2=(parameters, lesson.text("q2_why", n=parameters)),
        q3=(
            min(answers, key=lambda name: abs(answers[name] - at_start)),
            lesson.text("q3_why", loss=at_start),
        ),
    )
    return at_start, of_three, parameters


@app.cell
def _(lesson):
    lesson.show(
        lesson.text("links"),
        lesson.link(digits()),
        lesson.link(digits(loss="squared_error", rule=shoal.SGD(0.1))),
    )
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    experiment = digits().model_copy(update={"seed": seed})
    run = experiment.run()
    narrow = digits(4).model_copy(update={"seed": seed}).run()
    sums = np.array([seed % 4, seed % 3, 1.0])
    count = np.reshape(run.plot.confusion().data["count"], (10, 10))
    return {
        "accuracy": float(np.median(run.final("validation_accuracy"))),
        "narrow": float(np.median(narrow.final("validation_accuracy"))),
        "eights": float(count[8, 8]),
        "softmax": float(softmax(sums)[0]),
        "loss": float(-np.log(softmax(sums)[0])),
    }


if __name__ == "__main__":
    app.run()
