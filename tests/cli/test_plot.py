"""``shoal plot``: formats by suffix, kinds, and what is told when something does not fit."""

import json

import pytest


@pytest.fixture
def quick(or_file):
    return (or_file, "population=2", "data.batches=20")


def test_formats_by_suffix(shoal, quick, folder):
    made = shoal("plot", "curves", *quick, "-o", "a.png", "-o", "a.csv", "-o", "a.json", "-q")
    assert (made.exit_code, made.stdout, made.stderr) == (0, "", "")
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "a.csv").read_text("utf-8").startswith("rows,figure,epochs,median,p05,p95")
    document = json.loads((folder / "a.json").read_text("utf-8"))
    assert document["$schema"] == "https://vega.github.io/schema/vega-lite/v6.json"
    assert document["title"]["text"] == ["Learning curves: accuracy"]


def test_options_reach_the_chart(shoal, quick, folder):
    options = ("--figure", "train_loss", "--log", "y", "--network", "1", "--dark")
    size = ("--width", "400", "--height", "300")
    made = shoal("plot", "curves", *quick, "-o", "a.json", *options, *size)
    assert (made.exit_code, made.stdout) == (0, "Learning curves: loss: a.json\n")
    document = json.loads((folder / "a.json").read_text("utf-8"))
    assert (document["width"], document["height"]) == (400, 300)
    assert document["config"]["background"] == "#15181d"
    assert "thin lines: network 1" in " ".join(document["title"]["subtitle"])


def test_the_true_boundary_is_drawn_where_there_is_one(shoal, quick, folder):
    made = shoal("plot", "surface", *quick, "--truth", "-o", "a.json", "-q")
    assert (made.exit_code, made.stderr) == (0, "")
    document = json.loads((folder / "a.json").read_text("utf-8"))
    assert "dashed: the true boundary" in " ".join(document["title"]["subtitle"])
    assert document["datasets"]["truth"]
    refused = shoal("plot", "curves", *quick, "--truth", "-o", "b.json")
    assert refused.exit_code == 2
    assert "--truth: chart 'curves' has no such option" in refused.stderr


def test_another_run_is_taken_away(shoal, quick, or_file, folder):
    made = shoal("plot", "surface_difference", *quick, "--against", or_file, "-o", "a.csv")
    assert made.exit_code == 0
    assert (folder / "a.csv").read_text("utf-8").startswith("x,y,median_a,median_b,difference")


def test_a_slice_between_points(shoal, quick, folder):
    ends = ("--start", "input1=0,input2=1", "--end", "input1=1,input2=0")
    assert shoal("plot", "slice", *quick, *ends, "-o", "a.csv").exit_code == 0
    lines = (folder / "a.csv").read_text("utf-8").splitlines()
    assert lines[0] == "share,median,p05,p95,input1,input2"
    assert [float(cell) for cell in lines[1].split(",")[4:]] == [0.0, 1.0]


def test_kinds_are_listed(shoal):
    made = shoal("plot")
    assert made.exit_code == 0
    lines = made.stdout.splitlines()
    assert lines[0] == "of a run"
    assert (
        "  data                The rows over two features: classes, training, validation." in lines
    )
    alone = "functions, activations, losses, initializers, schedules, optimizer_paths"
    assert lines[-1].startswith(f"{alone} need no record.")


def test_activations_need_no_record(shoal, folder):
    assert shoal("plot", "activations", "--names", "relu", "-o", "a.csv", "-q").exit_code == 0
    assert (folder / "a.csv").read_text("utf-8").splitlines()[1] == "relu,-5.0,value,0.0"


def test_what_is_wrong_is_told(refused, or_file):
    wrong = {
        ("plot", "curvs", or_file, "-o", "a.png"):
            "there is no chart 'curvs'. Did you mean 'curves'?",
        ("plot", "curves", or_file): "plot: -o: is missing. Name a file, such as -o curves.png.",
        ("plot", "curves", "-o", "a.png"):
            "plot: RUN: is missing; chart 'curves' is made of a run. Give it.",
        ("plot", "curves", or_file, "-o", "a.bmp"):
            "a.bmp: the suffix must be one of .png, .svg, .html, .json, .csv; got '.bmp'."
            " Give the file one of these endings.",
        ("plot", "data", or_file, "-o", "a.png", "--log", "x"):
            "--log: chart 'data' has no such option; it has --features."
            " Leave the option out, or see: shoal plot --help.",
        ("plot", "slice", or_file, "-o", "a.png", "--start", "input1"):
            "--start: must be features and values such as x0=1; got input1. "
            "Leave the option out, or see: shoal plot --help.",
        ("plot", "curves", or_file, "-o", "or.toml/a.png"):
            "or.toml/a.png: the folder 'or.toml' does not exist."
            " Make the folder first, or name another.",
    }  # fmt: skip
    for args, sentence in wrong.items():
        assert refused(*args) == sentence


def test_a_chart_of_another_record_is_told(refused, quick):
    told = refused("plot", "heatmap", *quick, "-o", "a.png")
    assert told.startswith("chart 'heatmap': is made of a sweep; got a run. It can be shown as cur")


def test_files_are_not_replaced(refused, or_file, folder):
    (folder / "a.png").write_text("mine")
    told = refused("plot", "curves", or_file, "-o", "a.png")
    assert told == "a.png: exists already. Give --force to replace it."
