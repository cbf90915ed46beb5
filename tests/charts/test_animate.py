"""Animations: frames show the states they say, films have the frames that were asked for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.charts import theme as themes
from shoal.charts.animate import animate, scenes
from shoal.charts.animate_scene import STRENGTH, Scene
from shoal.charts.animate_slides import chosen_steps
from shoal.charts.animate_view import telling_features
from shoal.charts.frames import text_width
from shoal.errors import ArgumentError, InputError, MissingExtraError, OutputExistsError

pytest.importorskip("PIL")
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
PLANE = {
    "data": {"task": "greater", "samples": 60},
    "network": {"layers": [{"units": 2, "activation": "tanh"},
                           {"units": 1, "activation": "sigmoid"}]},
    "training": {"epochs": 12, "batch_size": 8, "optimizer": {"name": "adam",
                                                              "learning_rate": 0.1}},
    "population": 3,
}  # fmt: skip
SMALL: dict[str, Any] = {"size": (400, 240), "frames": 5}


def made(document: dict[str, Any], **changes: Any) -> shoal.Run:
    return shoal.Experiment.read({**document, **changes}).run()


@pytest.fixture(scope="module")
def run() -> shoal.Run:
    return made(PLANE)


def probability(parameters: Any, x: np.ndarray) -> np.ndarray:
    """What tanh units and a sigmoid make of a row, by the formula: (P,)."""
    (w1, w2), (b1, b2) = parameters.weights, parameters.biases
    hidden = np.tanh(np.einsum("d,pdh->ph", x, w1) + b1)
    return 1 / (1 + np.exp(-(np.einsum("ph,pho->po", hidden, w2) + b2)[:, 0]))


def expected_colour(p: float) -> np.ndarray:
    shown = 0.5 + STRENGTH * (p - 0.5)
    return themes.colour_map("diverging", themes.LIGHT, 256)[round(255 * shown)].astype(int)


def spots(scene: Scene, slide: Any) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Pixels of the surface that neither a point nor the boundary covers, as (pixel, row)."""
    panel, found = scene.main, []
    points = panel.pixels(*scene.view.points[0].T)
    rng = np.random.default_rng(0)
    for x, y in rng.integers(4, min(panel.width, panel.height) - 4, (60, 2)).tolist():
        away = np.hypot(points[:, 0] - x, points[:, 1] - y).min()
        share = np.array([(x + 0.5) / panel.width, 1 - (y + 0.5) / panel.height])
        low, high = np.array(scene.view.ranges).T
        if away > 8:
            found.append(((panel.left + x, panel.top + y), low + share * (high - low)))
    assert len(found) > 15
    return found


def check_surface(picture: Image.Image, scene: Scene, slide: Any, says: Callable[..., float],
                  tolerance: float) -> None:  # fmt: skip
    n_checked = 0
    for pixel, row in spots(scene, slide):
        p = says(row)
        if abs(p - 0.5) < 0.04:
            continue  # the boundary
        off = np.abs(np.array(picture.getpixel(pixel)) - expected_colour(p)).max()
        assert off <= tolerance, (pixel, row, p)
        n_checked += 1
    assert n_checked > 5


def test_steps_are_different_and_reach_both_ends():
    for scale in ("log", "linear"):
        for last, n in ((1, 2), (5, 100), (99, 100), (100, 100), (26_700, 100), (10**7, 2000)):
            steps = chosen_steps(last, n, scale)
            assert steps[0] == 0
            assert steps[-1] == last
            assert len(steps) == min(n, last + 1)
            assert (np.diff(steps) > 0).all()


def test_log_steps_grow_by_a_constant_ratio():
    steps = np.array(chosen_steps(10**6, 50, "log"))
    late = steps[steps > 100]
    ratios = late[1:] / late[:-1]
    assert ratios.max() / ratios.min() < 1.02


def test_the_first_and_the_last_frame_are_the_start_and_the_end(run: shoal.Run):
    scene = scenes(run, **SMALL)(False)
    last = int(run.steps.max())
    assert [slide.step for slide in scene.slides] == chosen_steps(last, 5, "log")
    for slide, step in ((scene.slides[0], 0), (scene.slides[2], scene.slides[2].step),
                        (scene.slides[-1], last)):  # fmt: skip
        at = run.at(step)
        check_surface(scene.frame(slide), scene, slide,
                      lambda row, at=at: float(np.median(probability(at, row))), 8)  # fmt: skip


def test_one_network_over_the_steps(run: shoal.Run):
    scene = scenes(run, network=1, **SMALL)(False)
    at = run.at(int(run.steps.max()))
    slide = scene.slides[-1]
    check_surface(scene.frame(slide), scene, slide, lambda row: probability(at, row)[1], 8)
    assert slide.figure == pytest.approx(run.final("validation_accuracy")[1])


def test_frame_i_is_network_i(run: shoal.Run):
    scene = scenes(run, of="networks", **SMALL)(False)
    assert [slide.network for slide in scene.slides] == [0, 1, 2]
    for i, slide in enumerate(scene.slides):
        check_surface(scene.frame(slide), scene, slide,
                      lambda row, i=i: probability(run.parameters, row)[i], 8)  # fmt: skip
        assert slide.figure == run.final("validation_accuracy")[i]


def test_figures_at_the_frames_are_those_of_the_tape(run: shoal.Run):
    scene = scenes(run, **SMALL)(False)
    for slide in scene.slides:
        wanted = np.median(run.tape(slide.step).figures["validation_accuracy"])
        assert slide.figure == pytest.approx(wanted)


def test_a_gif_has_the_frames_the_size_and_the_rate(run: shoal.Run, tmp_path: Path):
    file = tmp_path / "run.gif"
    animate(run, file, fps=20, **SMALL)
    with Image.open(file) as film:
        assert (film.n_frames, film.size) == (5, (400, 240))
        durations = []
        for k in range(film.n_frames):
            film.seek(k)
            durations.append(film.info["duration"])
        assert durations == [50, 50, 50, 50, 1200]
        assert film.info["loop"] == 0
        assert film.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        scene = scenes(run, **SMALL)(False)
        for k, step in ((0, 0), (4, int(run.steps.max()))):
            film.seek(k)
            at, slide = run.at(step), scene.slides[k]
            check_surface(film.convert("RGB"), scene, slide,
                          lambda r, at=at: float(np.median(probability(at, r))), 16)  # fmt: skip


def test_the_same_run_gives_the_same_file(run: shoal.Run, tmp_path: Path):
    for name in ("a.gif", "b.gif"):
        animate(run, tmp_path / name, **SMALL)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_a_film_decodes_to_its_frames(run: shoal.Run, tmp_path: Path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    file = tmp_path / "run.mp4"
    animate(run, file, size=(401, 243), frames=5, fps=10)
    assert ffmpeg.count_frames_and_secs(str(file)) == (5, 0.5)
    command = [ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(file), "-f", "rawvideo",
               "-pix_fmt", "rgb24", "-"]  # fmt: skip
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    one = 400 * 242 * 3
    assert len(raw) == 5 * one
    scene = scenes(run, size=(400, 242), frames=5)(False)
    picture = Image.frombytes("RGB", (400, 242), raw[-one:])
    at = run.at(int(run.steps.max()))
    check_surface(picture, scene, scene.slides[-1],
                  lambda row: float(np.median(probability(at, row))), 40)  # fmt: skip


def test_a_page_holds_all_frames_and_loads_nothing(run: shoal.Run, tmp_path: Path):
    file = tmp_path / "run.html"
    animate(run, file, **SMALL)
    text = file.read_text("utf-8")
    film = json.loads(re.search(r'id="film">(.*?)</script>', text, re.S)[1])  # type: ignore[index]
    assert {name: len(frames) for name, frames in film["frames"].items()} == {"light": 5, "dark": 5}
    assert len(film["captions"]) == 5
    assert film["captions"][0].startswith("step 0, epoch 0: median of 3 networks")
    assert not re.search(r"https?:|//[a-z]", re.sub(r"base64,[\w+/=]*", "", text))
    assert "default-src 'none'" in text
    animate(run, file, dark=True, force=True, **SMALL)
    film = json.loads(re.search(r'id="film">(.*?)</script>', file.read_text("utf-8"), re.S)[1])  # type: ignore[index]
    assert list(film["frames"]) == ["dark"]


def test_dark_and_light_have_their_backgrounds(run: shoal.Run):
    both = scenes(run, **SMALL)
    for dark, colours in ((False, themes.LIGHT), (True, themes.DARK)):
        picture = both(dark).frame(both(dark).slides[0])
        assert picture.getpixel((0, 0)) == themes.rgb(colours.background)


def test_a_regression_is_a_curve(tmp_path: Path):
    rows = "a,b,y\n" + "".join(f"{k / 10},{k % 3},{k / 5 + 1}\n" for k in range(20))
    (tmp_path / "line.csv").write_text(rows)
    document = {
        "data": {"file": str(tmp_path / "line.csv"), "target": "y", "kind": "regression"},
        "network": {"layers": [{"units": 1, "activation": "identity"}]},
        "training": {"epochs": 2, "loss": "squared_error"}, "population": 3,
    }  # fmt: skip
    run = made(document)
    view = scenes(run, frames=2, features=["b"])(False).view
    assert (view.is_surface, view.names, view.classes) == (False, ("b",), ())
    scene = scenes(run, frames=2, features=["a"])(False)
    slide = scene.slides[-1]
    a = np.linspace(*scene.view.ranges[0], scene.view.n_grid)
    (w,), (bias,) = run.at(slide.step).weights, run.at(slide.step).biases
    line = w[:, 0, 0, None] * a + w[:, 1, 0, None] * 1.0 + bias[:, 0, None]  # b is held at 1
    np.testing.assert_allclose(slide.answers[..., 0], line, rtol=1e-5)
    assert scene.frame(slide).size == (960, 480)


def test_several_classes_have_their_colours():
    run = shoal.Experiment.load(EXAMPLES / "wine.toml", ["training.epochs=3", "population=2"]).run()
    scene = scenes(run, frames=2, features=["flavanoids", "alcohol"])(False)
    slide = scene.slides[-1]
    assert scene.view.names == ("flavanoids", "alcohol")
    shares = slide.answers[0]
    assert shares.shape == (scene.view.n_grid**2, 3)
    assert scene.frame(slide).size == (960, 480)
    assert "other features held at the median" in scene.notes


def test_columns_of_a_category_come_last(tmp_path: Path):
    """The class is the category, but a picture over its columns is points on two lines."""
    rng = np.random.default_rng(0)
    drawn = enumerate(rng.normal(size=(60, 2)))
    rows = [f"{'pq'[k % 2]},{k % 2 + a},{b},{k % 2}\n" for k, (a, b) in drawn]
    (tmp_path / "t.csv").write_text("kind,a,b,y\n" + "".join(rows))
    document = {
        "data": {"file": str(tmp_path / "t.csv"), "target": "y"},
        "training": {"epochs": 5},
        "population": 2,
    }
    run = shoal.Experiment.read(document).run()
    assert run.prepared.parts[0].dataset.schema.feature_names[:2] == ("kind=p", "kind=q")
    assert telling_features(run, 2) == (2, 3)
    assert list(run.plot.data().data)[-2:] == ["a", "b"]
    assert scenes(run, frames=2)(False).view.names == ("a", "b")


def test_large_numbers_have_room(tmp_path: Path):
    """Ticks up to 1,500,000 begin right of the edge, and a loss of 1e11 is told in short."""
    rows = [f"{k},{k * 15_000}\n" for k in range(100)]
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(rows))
    document = {
        "data": {"file": str(tmp_path / "t.csv"), "target": "y"},
        "preprocess": {"scaling": "standard", "target_scaling": "standard"},
        "network": {"layers": [{"units": 1, "activation": "identity"}]},
        "training": {"epochs": 2},
        "population": 2,
    }
    scene = scenes(shoal.Experiment.read(document).run(), frames=2)(False)
    widest = max(text_width(text, scene.text) for _, text in scene.main.y.ticks(5))
    assert scene.main.left > widest + 2 * scene.text
    assert scene.told(scene.slides[0]).endswith("e+11")


def test_what_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(ArgumentError) as caught:
        animate("or.toml", tmp_path / "x.gif")  # type: ignore[arg-type]
    assert (
        str(caught.value) == "animate: `run` must be a Run; got a str. Give a value of that kind."
    )


def test_the_features_that_matter_are_found():
    data = {"task": "greater", "samples": 400, "dummies": 6}
    run = made(PLANE, data=data, training={"epochs": 30, "batch_size": 8,
               "optimizer": {"name": "adam", "learning_rate": 0.03}})  # fmt: skip
    assert scenes(run, frames=2)(False).view.names == ("x0", "x1")
    assert "6 other features held at the median" in scenes(run, frames=2)(False).notes


def test_logic_has_the_diagonal():
    document = {
        "data": {"task": "xor", "stream": False},
        "training": {"epochs": 4},
        "population": 2,
    }
    scene = scenes(made(document), frames=3)(False)
    slide = scene.slides[0]
    n = scene.view.n_grid**2
    assert scene.view.has_slice
    along = scene.view.rows[n:]
    np.testing.assert_allclose(along[:, 0], along[:, 1])
    assert slide.answers.shape == (2, n + len(along), 1)
    assert scene.frame(slide).size == (960, 480)


def test_one_feature_is_a_curve_of_the_probability(tmp_path: Path):
    (tmp_path / "one.csv").write_text("a,y\n" + "".join(f"{k},{k > 4}\n" for k in range(10)))
    document = {
        "data": {"file": str(tmp_path / "one.csv"), "target": "y"},
        "network": {"layers": [{"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 3}, "population": 2,
    }  # fmt: skip
    scene = scenes(made(document), frames=3)(True)
    assert scene.view.classes == ("False", "True")
    assert not scene.view.is_surface
    assert ((scene.slides[0].answers >= 0) & (scene.slides[0].answers <= 1)).all()
    assert scene.frame(scene.slides[0]).size == (960, 480)


def test_networks_that_diverged_are_said_and_not_in_the_median():
    document = {**PLANE, "training": {"epochs": 2, "loss": "squared_error", "optimizer":
                {"name": "sgd", "learning_rate": 1e30}},
                "network": {"layers": [{"units": 1, "activation": "identity"}]}}  # fmt: skip
    run = made(document)
    assert not run.sound.any()
    scene = scenes(run, of="networks", frames=3)(False)
    assert "diverged at step" in scene.slides[0].detail
    scene.frame(scene.slides[0])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"frames": 1}, "animate: `frames` must be a whole number from 2 to 2000; got 1."
                        " Give a value within the bounds."),
        ({"frames": 2.0}, "animate: `frames` must be a whole number from 2 to 2000; got 2.0."
                          " Give a value within the bounds."),
        ({"frames": 1000, "size": (1920, 1080)},
         "animate: `frames` must be at most 241 of 1920x1080 pixels; got 1,000."
         " Give a value within the bounds."),
        ({"of": "rows"}, "animate: `of` must be 'steps' or 'networks'; got 'rows'."
                         " Choose one of the names that are known."),
        ({"fps": 0}, "animate: `fps` must be from 1 to 50; got 0."
                     " Give a value within the bounds."),
        ({"scale": "sqrt"}, "animate: `scale` must be 'log' or 'linear'; got 'sqrt'."
                            " Choose one of the names that are known."),
        ({"size": (10, 10)}, "animate: `size` must be from 320x240 to 3840x2160; got 10x10."
                             " Give a value within the bounds."),
        ({"network": 3}, "animate: `network` must be the number of a network, 0 to 2; got 3."
                         " Give a value within the bounds."),
        ({"features": ["x0", "x0"]},
         "animate: `features` must be one or two different ones; got 'x0', 'x0'."
         " Name each one once."),
        ({"features": ["x7"]},
         "animate: `features` must be among x0, x1; got 'x7'."
         " Choose one of the names that are known."),
        ({"of": "networks", "network": 1},
         "animate: `network` must not be given over networks, where each is shown; got 1."
         " Give a value within the bounds."),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_cannot_be_is_refused(run: shoal.Run, tmp_path: Path, how: Any, message: str):
    with pytest.raises(ArgumentError) as caught:
        animate(run, tmp_path / "x.gif", **{"frames": 2, **how})
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_files_are_not_written_over_and_other_suffixes_refused(run: shoal.Run, tmp_path: Path):
    file = tmp_path / "x.gif"
    file.write_text("mine")
    with pytest.raises(OutputExistsError):
        animate(run, file, **SMALL)
    assert file.read_text() == "mine"
    with pytest.raises(InputError, match=r"x\.avi: must end in \.gif, \.mp4 or \.html\. Give"):
        animate(run, tmp_path / "x.avi", **SMALL)


def test_a_missing_library_is_named(run: shoal.Run, tmp_path: Path, monkeypatch: Any):
    import sys

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError) as caught:
        animate(run, tmp_path / "x.mp4", **SMALL)
    told = "an MP4 film needs the imageio-ffmpeg package: pip install 'shoal[viz]'."
    assert str(caught.value) == told
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_ffmpeg_is_told(run: shoal.Run, tmp_path: Path, monkeypatch: Any):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    fails = tmp_path / "fails"
    fails.write_text("#!/bin/sh\necho no such codec >&2\nexit 1\n")
    fails.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "get_ffmpeg_exe", lambda: str(fails))
    with pytest.raises(InputError, match=r"^FFmpeg failed: no such codec\. Write a"):
        animate(run, tmp_path / "x.mp4", **SMALL)
    assert not (tmp_path / "x.mp4").exists()
