import marimo

app = marimo.App(app_title="Predicting OR")


@app.cell
def _():
    import numpy as np

    import shoal
    from shoal.lessons import Lesson

    return Lesson, np, shoal


@app.cell
def _(Lesson):
    language = Lesson.languages()
    language
    return (language,)


@app.cell
def _(Lesson, language):
    lesson = Lesson("01_or", language.value)
    lesson.text("opening")
    return (lesson,)


@app.cell
def _(lesson):
    rate = lesson.slider("rate", [0.01, 0.02, 0.05, 0.1, 0.2], value=0.05)
    rate
    return (rate,)


@app.cell
def _(rate, shoal):
    experiment = shoal.Experiment(
        data=shoal.tasks.or_(),
        training=shoal.Training(shoal.SGD(rate.value), batch_size=32, epochs=3),
    )
    run = experiment.run()
    return experiment, run


@app.cell
def _(lesson):
    guess = lesson.predict("guess", ["all", "none"])
    guess
    return (guess,)


@app.cell
def _(guess, lesson, np, run):
    accuracy = run.final("validation_accuracy")
    lesson.reveal(
        guess,
        "guess",
        lesson.text("guess_told", median=np.median(accuracy)),
        run.plot.curves(),
        truth="all" if (accuracy == 1).all() else "none",
    )
    return


@app.cell
def _(experiment, lesson):
    lesson.link(experiment)
    return


if __name__ == "__main__":
    app.run()
