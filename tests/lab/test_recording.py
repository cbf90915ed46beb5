"""A recording: its frames are those of a page, the same bytes each time, bounded, without names."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab_recorded import Client, Told

from shoal.experiments import Experiment, Run, archive
from shoal.lab import recording as module
from shoal.lab.frames import frame, unframe
from shoal.lab.messages import FrameTold, OpenedTold
from shoal.lab.recording import Recording, moments, record
from shoal.store import Store

WEB = Path(__file__).parents[2] / "web" / "tests" / "recording.json"
"""What the tests of the web side read; SHOAL_RECORD=1 writes it anew."""
SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 60, "label_noise": 0.1},
    "network": {"layers": [{"units": 2, "activation": "tanh"},
                           {"units": 1, "activation": "sigmoid"}]},
    "training": {"epochs": 6, "batch_size": 8, "optimizer": {"name": "adam",
                                                             "learning_rate": 0.05}},
    "population": 3,
}  # fmt: skip
SOFTMAX = {"units": 3, "activation": "softmax"}
TANH = {"units": 3, "activation": "tanh"}


def written(folder: Path, name: str) -> dict[str, Any]:
    """An experiment of its own data: one feature, three classes, a regression, two labels."""
    rng = np.random.default_rng(5)
    a, b = rng.uniform(-1, 1, (2, 90))
    tables = {
        "one": (["x", "class"], [a, np.abs(a) > 0.5], "class", {"units": 1}),
        "three": (["a", "b", "class"], [a, b, (a > 0).astype(int) + (b > 0)], "class", SOFTMAX),
        "number": (["a", "b", "y"], [a, b, a * b], "y", {"units": 1, "activation": "identity"}),
        "labels": (["a", "b", "p", "q"], [a, b, (a > 0).astype(int), (b > a).astype(int)],
                   ["p", "q"], {"units": 2}),
    }  # fmt: skip
    head, columns, target, last = tables[name]
    lines = [",".join(head), *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n")
    kind = {"kind": "multilabel"} if name == "labels" else {}
    layers = [TANH, {"activation": "sigmoid", **last}]
    return {**SMALL, "network": {"layers": layers},
            "data": {"file": str(path), "target": target, **kind}}  # fmt: skip


def ran(experiment: dict[str, Any]) -> Run:
    return Experiment.read(experiment).run(threads=2)


def parts(recording: Recording) -> list[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    return [unframe(each) for each in recording.frames]


def asked_live(
    client: Client, recording: Recording, steps: list[int], experiment: dict[str, Any]
) -> list[Told]:
    """What a page says of the session, of what stays the same, and of some steps."""
    want = parts(recording)[0][0]["want"]
    curves = {"most": module.REPORTS}
    still = {"rows": {"most": module.ROWS}, "surface": want["surface"], "curves": curves,
             "truth": True}  # fmt: skip
    opened = client.open(experiment)
    found = [client.look(opened, want=still)]
    found += [client.look(opened, step=step, want={**want, "curves": curves}) for step in steps]
    assert [each.type for each in (opened, *found)] == ["opened", *["frame"] * len(found)]
    return [opened, *found]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"population": 1},
        {"data": {"task": "greater", "samples": 60, "dummies": 2}},
        {"data": {"task": "digits"}, "network": {"layers": [TANH, {**SOFTMAX, "units": 10}]}},
        {"training": {"epochs": 8, "batch_size": 8, "restore_best": "validation_loss"}},
    ],
)  # fmt: skip
def test_moments_are_those_of_a_page(client: Client, changes: dict[str, Any]):
    experiment = {**SMALL, **changes}
    recording = record(Experiment.read(experiment), threads=1)
    _, (told, _), (_, still), *kept = parts(recording)
    steps = list(recording.steps)
    opened, whole, *live = asked_live(client, recording, steps, experiment)
    for name in ("layers", "n_parameters", "figures", "headline", "n_networks"):
        assert told[name] == opened.header[name]
    assert set(still) == {n for n in whole.arrays if not n.startswith("surface")}
    for name, array in still.items():
        np.testing.assert_array_equal(array, whole.arrays[name], err_msg=name)
    first = int(unframe(recording.frames[-1])[0]["figures_step"])
    for (header, arrays), seen in zip(kept, live, strict=True):
        own = dict(seen.header)
        if own["figures"]:
            first = min(first, own["step"])
            expected = {name for name in seen.arrays if not name.startswith("curve_")}
            assert set(arrays) - {"surface_range"} == expected
            assert header["figures"] == own["figures"]
        for name in ("step", "epoch", "plane", "done", "n_diverged", "stopped", "delivered_step"):
            assert header[name] == own[name], name
        for name, array in seen.arrays.items():
            if name == "surface":
                low, high = arrays["surface_range"]
                back = low + (high - low) / 255 * arrays["surface"].astype(np.float64)
                assert np.abs(back - array).max() <= (high - low) / 510 * 1.001 + 1e-9
            elif not name.startswith("curve_"):
                np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def test_curves_up_to_a_step_are_the_first_columns_of_the_whole(client: Client):
    """What the web side does with the curves that are recorded once."""
    recording = record(Experiment.read(SMALL))
    _, _, (_, still), *_ = parts(recording)
    _, _, *live = asked_live(client, recording, list(recording.steps), SMALL)
    for seen in live:
        n = int((still["curve_steps"] <= seen.header["step"]).sum())
        assert len(seen.arrays["curve_steps"]) == n
        for name, array in seen.arrays.items():
            if name.startswith("curve_"):
                np.testing.assert_array_equal(array, still[name][..., :n], err_msg=name)


def test_figures_before_the_first_report_are_measured():
    run = ran(SMALL)
    recording = record(run)
    first = int(run.report_steps[0])
    early = [(header, arrays) for header, arrays in parts(recording)[3:] if header["step"] < first]
    assert [header["step"] for header, _ in early] == [0, 1, 2, 3, 4, 5]  # 6 steps an epoch
    for header, arrays in early:
        own = run.tape(header["step"]).figures
        assert header["figures_step"] == header["step"]
        for name, values in own.items():
            assert header["figures"][name] == pytest.approx(float(np.median(values)), rel=1e-6)
            np.testing.assert_allclose(arrays[f"final_{name}"], values, rtol=1e-6)


def test_moments_go_from_the_first_step_to_the_last():
    # 6 steps an epoch: 48 training rows of 60 in batches of 8; all 37 moments are recorded
    assert moments(ran(SMALL)) == list(range(37))
    run = ran({**SMALL, "training": {**SMALL["training"], "epochs": 200}})
    steps = moments(run)
    assert (steps[0], steps[-1], len(steps)) == (0, 1200, len(set(steps)))
    assert len(steps) <= module.MOMENTS
    late = [step for step in steps if step > 6]
    # where moments are farther apart than reports, from 6 / (1.18 - 1) on, they are at reports
    assert all(step % 6 == 0 for step in late if step > 40)
    ratios = np.array(late[1:]) / late[:-1]
    assert ratios.max() < 1.5
    sparse = ran({**SMALL, "training": {**SMALL["training"], "report_every": "end", "epochs": 90}})
    assert moments(sparse)[-1] == 540
    assert len(moments(sparse)) > 12


def test_the_same_run_gives_the_same_bytes():
    one, other = record(Experiment.read(SMALL), threads=1), record(ran(SMALL), threads=2)
    assert one == other
    assert one.pack() == other.pack()
    assert Recording.unpack(one.pack()) == one
    third = record(Experiment.read({**SMALL, "seed": 3}))
    assert third != one


def test_a_recording_is_bounded(monkeypatch: pytest.MonkeyPatch):
    run = ran({**SMALL, "population": 256})
    whole = record(run)
    n_multiples = [arrays["multiples"].shape for _, arrays in parts(whole)[3:]]
    assert set(n_multiples) == {(16, 32, 32)}
    assert len(parts(whole)[-1][1]["final_member"]) == 256
    assert len(whole.pack()) < 500_000
    monkeypatch.setattr(module, "MOST_BYTES", len(whole.pack()) // 3)
    less = record(run)
    assert len(less.pack()) <= module.MOST_BYTES
    assert less.steps[0] == 0
    assert less.steps[-1] == whole.steps[-1]
    assert set(less.steps) < set(whole.steps)


def test_a_large_network_is_recorded_without_its_units():
    layers = [{"units": 80, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    _, _, _, *kept = parts(record(Experiment.read({**SMALL, "network": {"layers": layers}})))
    for _, arrays in kept:
        assert not {"units", "weights"} & set(arrays)
        assert "surface" in arrays


def test_of_many_networks_evenly_spread_ones_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_FINALS", 5)
    run = ran({**SMALL, "population": 21})
    arrays = parts(record(run))[-1][1]
    assert arrays["final_member"].tolist() == [0, 5, 10, 15, 20]
    expected = run.final("validation_loss")[::5].astype(np.float32)
    np.testing.assert_array_equal(arrays["final_validation_loss"], expected)


@pytest.mark.parametrize("name", ["one", "three", "number", "labels"])
def test_every_kind_of_data_without_names_of_files(tmp_path: Path, name: str):
    recording = record(ran(written(tmp_path, name)))
    _, (opened, _), (_, still), *kept = parts(recording)
    whole = b"".join(recording.frames)
    for secret in (str(tmp_path), f"{name}.csv", tmp_path.name):
        assert secret.encode() not in whole
    assert opened["experiment"] == {}
    assert opened["toml"] == ""
    assert {"rows_x", "curve_steps"} <= set(still)
    assert ("confusion" in kept[-1][1]) is (name != "number")
    assert ("surface_class" in kept[-1][1]) is (name == "three")
    assert ("rows_value" in still) is (name == "number")


def test_networks_that_diverged():
    training = {"epochs": 6, "batch_size": 8, "loss": "squared_error",
                "optimizer": {"name": "sgd", "learning_rate": 1e5}}  # fmt: skip
    layers = [TANH, {"units": 1, "activation": "identity"}]
    run = ran({**SMALL, "training": training, "network": {"layers": layers}})
    assert len(run.diverged) == 3
    recording = record(run)
    assert recording.steps[-1] == int(run.steps.max())
    header, arrays = parts(recording)[-1]
    assert header["n_diverged"] == 3
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_a_stored_run_is_recorded_as_the_run_was(tmp_path: Path):
    run = ran(SMALL)
    store = Store.open(tmp_path / "store")
    again = archive.load(archive.keep(run, store=store).id, store=store)
    assert again is not run
    assert record(again) == record(run)


def test_the_web_side_reads_what_is_recorded_now(client: Client):
    whole = record(Experiment.read(SMALL), threads=2)
    kept = Recording(frames=(*whole.frames[:3], *whole.frames[3:][::-4][::-1]))
    steps = [kept.steps[k] for k in (0, 3, -1)]
    opened, *answers = asked_live(client, kept, steps, SMALL)
    told = frame(OpenedTold.model_validate(opened.header))
    live = [frame(FrameTold.model_validate({**each.header, "seconds": 0.0, "arrays": ()}),
                  each.arrays) for each in answers]  # fmt: skip
    shown = {"recording": kept, "live": Recording(frames=(kept.frames[0], told, *live))}
    if os.environ.get("SHOAL_RECORD"):
        texts = {name: each.to_text() for name, each in shown.items()}
        WEB.write_text(json.dumps(texts, indent=1) + "\n")
    for name, text in json.loads(WEB.read_text()).items():
        there = parts(Recording.unpack(base64.b64decode(text)))
        for (header, arrays), (own, made) in zip(there, parts(shown[name]), strict=True):
            assert header.keys() == own.keys()
            assert arrays.keys() == made.keys()
            for array, values in arrays.items():
                least = 1.0 if values.dtype == np.uint8 else 1e-4  # another machine may round else
                np.testing.assert_allclose(values.astype(float), made[array], 1e-4, least)
