import marimo

app = marimo.App(app_title="Perceptron and logistic regression")

with app.setup:
    import itertools

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
    lesson = Lesson("05_majority", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    bits = np.array(list(itertools.product([0, 1], repeat=3)))  # (8, 3)
    y = (bits.sum(axis=1) >= 2).astype(float)  # (8,)
    x = np.column_stack([bits, np.ones(8)])  # (8, 4): the bias is the weight of a 1
    votes = [[k, *row, f"{y[k]:.0f}"] for k, row in enumerate(bits)]
    lesson.show(
        lesson.text("rows"),
        lesson.table(lesson.words("rows_head").split("|"), votes),
    )
    return bits, x, y


@app.cell
def _(lesson):
    lesson.text("perceptron")
    return


@app.function
def perceptron(x, y, most=100):
    """Return the weights after every pass, and how many rows were wrong in it."""
    v, passes = np.zeros(x.shape[1]), []
    for _ in range(most):
        wrong = 0
        for row, truth in zip(x, y, strict=True):
            said = 1.0 if row @ v >= 0 else 0.0
            v = v + (truth - said) * row  # nothing happens where it was right
            wrong += said != truth
        passes.append((wrong, v))
        if wrong == 0:
            break
    return passes


@app.cell
def _(lesson):
    passes = lesson.predict("passes", low=1, high=100, step=1)
    passes
    return (passes,)


@app.function
def majority(
    rule,
    epochs,
    *,
    batch="full",
    reduction="sum",
    start="zeros",
    seed=0,
):
    """Return the majority of three bits as an experiment: one sigmoid unit."""
    return shoal.Experiment(
        seed=seed,
        data=shoal.tasks.majority(bits=3),
        network=shoal.Network([shoal.Dense(1, "sigmoid")], initializer=start),
        training=shoal.Training(
            rule,
            reduction=reduction,
            batch_size=batch,
            epochs=epochs,
        ),
        population=1 if batch == "full" else 16,  # orders of the rows
    )


@app.cell
def _(lesson, passes, x, y):
    told = perceptron(x, y)
    by_steps = shoal.Experiment(
        data=shoal.tasks.majority(bits=3),
        network=shoal.Network([shoal.Dense(1, "step")], initializer="zeros"),
        training=shoal.Training(
            shoal.Perceptron(),
            loss="squared_error",
            batch_size=1,
            epochs=12,
        ),
        population=16,
    )
    run_by_steps = by_steps.run()
    right = run_by_steps.history["train_accuracy"] == 1  # (16, 12)
    needed = right.argmax(axis=1) + 1
    by_pass = [[k, wrong, *v.astype(int)] for k, (wrong, v) in enumerate(told, 1)]
    lesson.reveal(
        passes,
        "passes",
        lesson.table(lesson.words("passes_head").split("|"), by_pass),
        lesson.text("passes_told", passes=len(told)),
        run_by_steps.plot.curves(),
        lesson.text(
            "passes_more",
            solved=int(right.any(axis=1).sum()),
            median=np.median(needed),
            low=needed.min(),
            high=needed.max(),
        ),
        truth=len(told),
        form=".0f",
    )
    return by_steps, needed, run_by_steps, told


@app.cell
def _(lesson):
    lesson.text("likelihood")
    return


@app.function
def sigmoid(z):
    """Return the logistic function."""
    return 1 / (1 + np.exp(-z))


@app.cell
def _():
    published = {
        "weights": [3.6166463, 3.6166463, 3.6166463, -5.25318],  # and bias
        "probabilities": [
            0.00520364, 0.16293728, 0.16293728, 0.87869316,
            0.16293728, 0.87869316, 0.87869316, 0.9963038,
        ],
    }  # fmt: skip
    return (published,)


@app.cell
def _(lesson):
    lost = lesson.predict("lost", ["majority", "zero", "large"])
    lost
    return (lost,)


@app.cell
def _(lesson, lost, published, x, y):
    def likelihoods(v):
        """Return the likelihood of the labels, and two formulas without exponents."""
        p = sigmoid(x @ v)
        return (
            np.prod(p**y * (1 - p) ** (1 - y)),
            np.prod(p * (1 - p)),  # exponents dropped
            np.prod(p * y * (1 - p) * (1 - y)),  # exponents come down as factors
        )

    candidates = {
        "majority": np.array(published["weights"]),
        "zero": np.zeros(4),
        "large": 3 * np.array(published["weights"]),
    }
    found = {name: likelihoods(v) for name, v in candidates.items()}
    p_zero = sigmoid(x @ candidates["zero"])
    slope_dropped = np.abs((2 * p_zero - 1) @ x).max()  # of -log p(1 - p)
    formulas = [
        [lesson.words(f"lost.{name}"), *(f"{each:.3g}" for each in values)]
        for name, values in found.items()
    ]
    lesson.reveal(
        lost,
        "lost",
        lesson.table(lesson.words("lost_head").split("|"), formulas),
        lesson.text("lost_told", slope=slope_dropped),
        truth=max(found, key=lambda name: found[name][1]),
    )
    return found, slope_dropped


@app.cell
def _(lesson):
    lesson.text("descent")
    return


@app.function
def descend(x, y, rate, updates, bias_input=1.0):
    """Return the weights after updates from zero, on the sum over all rows."""
    v = np.zeros(x.shape[1])
    factors = np.array(x)
    factors[:, -1] = bias_input  # 1 is right
    for _ in range(updates):
        v = v - rate * (sigmoid(x @ v) - y) @ factors
    return v


@app.function
def cross_entropy(p, y):
    """Return the mean cross-entropy."""
    return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


@app.cell
def _(lesson):
    gained = lesson.predict("gained", low=0, high=8, step=1)
    gained
    return (gained,)


@app.cell
def _(gained, lesson, x, y):
    v_wrong = descend(x, y, 0.1, 200, bias_input=x[:, 0])
    p_wrong = sigmoid(x @ v_wrong)
    n_right = int(((p_wrong >= 0.5) == y).sum())
    lesson.reveal(
        gained,
        "gained",
        lesson.text(
            "gained_told",
            weight=v_wrong[0],
            bias=v_wrong[3],
            low=p_wrong.min(),
            loss=cross_entropy(p_wrong, y),
            right=n_right,
        ),
        truth=n_right,
        form=".0f",
    )
    return n_right, p_wrong, v_wrong


@app.cell
def _(lesson):
    lesson.text("published")
    return


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.01, 0.03, 0.1, 0.3, 1.0, 3.0], value=0.1)
    rate
    return (rate,)


@app.cell
def _(lesson):
    updates = lesson.slider("updates", [50, 100, 200, 400, 1000, 2000], value=200)
    updates
    return (updates,)


@app.cell
def _(lesson):
    alike = lesson.predict("alike", ["equal", "rising", "random"])
    alike
    return (alike,)


@app.cell
def _(alike, lesson, published, rate, updates, x, y):
    v = descend(x, y, rate.value, updates.value)  # by hand, in double precision
    full = majority(shoal.SGD(rate.value), updates.value)
    run_full = full.run()  # in single precision, as published
    weights = run_full.parameters.weights[0][0, :, 0]
    bias = run_full.parameters.biases[0][0, 0]
    ours = np.array([*weights, bias])
    apart = np.abs(ours - published["weights"]).max()
    is_same = rate.value == 0.1 and updates.value == 200
    columns = zip(("w1", "w2", "w3", "b"), published["weights"], v, ours, strict=True)
    lesson.reveal(
        alike,
        "alike",
        lesson.table(
            lesson.words("alike_head").split("|"),
            [[name, *(f"{each:.7f}" for each in found)] for name, *found in columns],
        ),
        lesson.text(
            "alike_told" if is_same else "alike_moved",
            rate=rate.value,
            updates=updates.value,
            apart=apart,
        ),
        run_full.plot.curves(figure="loss"),
        truth="equal" if np.ptp(ours[:3]) < 1e-5 else "random",
    )
    return apart, full, ours, run_full, v


@app.cell
def _(lesson):
    one_vote = lesson.predict("one_vote", ["less", "third", "more"])
    one_vote
    return (one_vote,)


@app.cell
def _(bits, lesson, one_vote, ours, published, run_full, y):
    p_ours = run_full.predict(bits.astype(float))[0, :, 0]
    is_right = (p_ours >= 0.5) == y
    rows_told = [
        [
            "".join(map(str, row)),
            f"{y[k]:.0f}",
            f"{published['probabilities'][k]:.7f}",
            f"{p_ours[k]:.7f}",
            lesson.words("yes" if is_right[k] else "no"),
        ]
        for k, row in enumerate(bits)
    ]
    p_one = p_ours[1]  # of the row 001
    border = -ours[3] / ours[:3].mean()
    lesson.reveal(
        one_vote,
        "one_vote",
        lesson.table(lesson.words("rows_told_head").split("|"), rows_told),
        lesson.text(
            "rows_told" if 1 < border < 2 else "rows_early",
            one=p_one,
            loss=cross_entropy(p_ours, y),
            border=border,
            right=int(is_right.sum()),
        ),
        truth="less" if p_one < 0.28 else "third" if p_one < 0.39 else "more",
    )
    return border, p_ours


@app.cell
def _(lesson):
    lesson.text("stochastic")
    return


@app.cell
def _(lesson):
    batch = lesson.slider("batch", [1, 2, 4], value=1)
    batch
    return (batch,)


@app.cell
def _(lesson):
    online = lesson.predict("online", ["less", "same", "more"])
    online
    return (online,)


@app.cell
def _():
    published_online = {  # one row at a time, 200 epochs, one order of many
        "loss": 0.1167,
        "probabilities": [
            0.00497103, 0.16053352, 0.16062692, 0.87988156,
            0.16078575, 0.880006, 0.88007915, 0.9964528,
        ],
    }  # fmt: skip
    return (published_online,)


@app.cell
def _(batch, lesson, online, p_ours, rate, updates, y):
    by_rows = majority(shoal.SGD(rate.value), updates.value, batch=batch.value)
    run_by_rows = by_rows.run()
    ends = run_by_rows.final("train_loss")  # (16,), with the weights at the end
    ratio = np.median(ends) / cross_entropy(p_ours, y)
    lesson.reveal(
        online,
        "online",
        run_by_rows.plot.predictions(),
        lesson.text(
            "online_told",
            epochs=updates.value,
            batch=batch.value,
            each=updates.value * 8 // batch.value,
            full=cross_entropy(p_ours, y),
            median=np.median(ends),
            low=ends.min(),
            high=ends.max(),
        ),
        truth="less" if ratio < 0.8 else "more" if ratio > 1.25 else "same",
    )
    return by_rows, ends, run_by_rows


@app.cell
def _(lesson):
    lesson.text("moving")
    return


@app.cell
def _(lesson):
    larger = lesson.predict("larger", ["age", "moment", "rounding"])
    larger
    return (larger,)


@app.cell
def _(published_online, x, y):
    # the weights behind the published probabilities: logits are sums of four numbers
    p_online = np.array(published_online["probabilities"])
    v_end, *_ = np.linalg.lstsq(x, np.log(p_online / (1 - p_online)), rcond=None)

    def before(v, row, truth):
        """Return the weights (M, 4) before the update on a row that led to v."""
        found = v
        for _ in range(15):  # each time at least ten times as close
            p = sigmoid((found * row).sum(axis=1, keepdims=True))
            found = v + 0.1 * (p - truth) * row
        return found

    # wind the last epoch back in every order that eight rows can have
    orders = np.array(list(itertools.permutations(range(8))))  # (40320, 8)
    at = np.repeat(v_end[np.newaxis], len(orders), axis=0)  # (40320, 4)
    met, older = np.zeros(len(orders)), np.zeros(len(orders))
    for k in orders.T:  # the row that came last, then the one before it, and so on
        at = before(at, x[k], y[k][:, np.newaxis])
        p_row = sigmoid((at * x[k]).sum(axis=1))
        met -= np.log(np.where(y[k] == 1, p_row, 1 - p_row)) / 8
        p_all = sigmoid(at @ x.T)
        older -= np.log(np.where(y == 1, p_all, 1 - p_all)).mean(axis=1) / 8
    return before, met, older, p_online, v_end


@app.cell
def _(larger, lesson, met, older, p_online, published_online, y):
    at_end = cross_entropy(p_online, y)
    age, moment = older.mean() - at_end, met.mean() - older.mean()
    lesson.reveal(
        larger,
        "larger",
        lesson.table(
            lesson.words("larger_head").split("|"),
            [
                [lesson.words("larger_published"), f"{published_online['loss']:.4f}"],
                [lesson.words("larger_met"), f"{np.median(met):.4f}"],
                [lesson.words("larger_older"), f"{older.mean():.4f}"],
                [lesson.words("larger_end"), f"{at_end:.4f}"],
            ],
        ),
        lesson.text(
            "larger_told",
            orders=len(met),
            low=met.min(),
            high=met.max(),
            age=age,
            moment=moment,
        ),
        truth="moment" if moment > age else "age",
    )
    return age, at_end, moment


@app.cell
def _(lesson):
    began = lesson.predict("began", ["zero", "random"])
    began
    return (began,)


@app.cell
def _(at_end, began, lesson):
    runs = [
        majority(shoal.SGD(0.1), 200, batch=1, start=start).run()
        for start in ("zeros", "glorot_uniform")
    ]
    zero, drawn = (run.final("train_loss") for run in runs)  # (16,) each
    is_between = zero.min() <= at_end <= zero.max()
    lesson.reveal(
        began,
        "began",
        lesson.text(
            "began_told",
            low=zero.min(),
            high=zero.max(),
            least=drawn.min(),
            most=drawn.max(),
            at_end=at_end,
        ),
        truth="zero" if is_between else "random",
    )
    return drawn, zero


@app.cell
def _(lesson):
    lesson.text("questions")
    return


@app.cell
def _(lesson):
    quiz = lesson.questions(chance=(), mean=("ahead", "same", "behind"), five=())
    quiz
    return (quiz,)


@app.cell
def _(lesson, quiz, y):
    by_sum, by_mean = (
        majority(shoal.SGD(0.1), 200, reduction=how).run().final("train_loss")[0]
        for how in ("sum", "mean")
    )
    five = np.array(list(itertools.product([0, 1], repeat=5)))  # (32, 5)
    five_x, five_y = np.column_stack([five, np.ones(32)]), five.sum(axis=1) >= 3
    passes_of_five = perceptron(five_x, five_y)
    lesson.check(
        quiz,
        chance=(0.5 ** len(y), lesson.text("chance_why", loss=np.log(2))),
        mean=(
            "behind" if by_mean > by_sum else "ahead" if by_mean < by_sum else "same",
            lesson.text("mean_why", by_sum=by_sum, by_mean=by_mean),
        ),
        five=(
            len(passes_of_five),
            lesson.text("five_why", bias=passes_of_five[-1][1][-1]),
        ),
    )
    return


@app.cell
def _(by_rows, by_steps, full, lesson):
    lesson.show(
        lesson.text("links"),
        lesson.text("link_steps"),
        lesson.link(by_steps),
        lesson.text("link_full"),
        lesson.link(full),
        lesson.text("link_rows"),
        lesson.link(by_rows),
    )
    return


@app.function
def sheet(seed: int) -> dict[str, float | str]:
    """Return what a student with this seed finds."""
    full = majority(shoal.SGD(0.1), 100 + seed).run()
    by_rows = majority(shoal.SGD(0.1), 20, batch=1, seed=seed).run()
    share = (seed % 9 + 1) / 10
    return {
        "loss": f"{full.final('train_loss')[0]:.4f}",
        "probability": f"{full.predict([[1.0, 1.0, 0.0]])[0, 0, 0]:.4f}",
        "online": f"{np.median(by_rows.final('train_loss')):.4f}",
        "likelihood": f"{share**8:.4g}",
        "entropy": f"{-np.log(share):.4f}",
    }


if __name__ == "__main__":
    app.run()
