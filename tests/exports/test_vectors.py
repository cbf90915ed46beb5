"""What is allowed on the vectors: a tolerance in which a wrong network would be seen."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import InputError
from shoal.exports.formats import c, javascript, python
from shoal.exports.portable import portable
from shoal.exports.proof import judged
from shoal.models import Model
from shoal.network import Dense, Network


def two_targets(centers=(1e6, 1e6, 0.0), scales=(1e5, 1e-3, 1e-9)):
    """Three targets, each tanh of the same x: 1e6 +- 1e5, 1e6 +- 1e-3 and +- 1e-9."""
    network = Network([Dense(3, "tanh")], inputs=1)
    return Model(
        network=network,
        parameters=network.start_from([[[[1.0, 1.0, 1.0]]]], [[[0.0, 0.0, 0.0]]], "float64"),
        schema=Schema(
            columns=(Feature(name="x"),), target="u", more_targets=("v", "w"), kind="regression"
        ),
        scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        target_scalers=(Scaler(kind="standard", center=centers, scale=scales),),
        seeds=(0,), best=0, experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip


def test_every_target_has_a_tolerance_in_its_own_units():
    """At most 1e-6 of how far it goes from its center, tanh < 1 of its scale: so of the scale.

    Float64 itself knows 1e6 + 1e-3 to 1e6 * 2**-53, so that 1e-9 is no less than that.
    """
    found = portable(two_targets(), name="a").vectors
    assert found.tolerances.shape == (3,)
    np.testing.assert_allclose(found.tolerances, [0.1, 1e-9, 1e-15], rtol=1e-9)


def test_a_tolerance_is_never_more_than_the_largest_magnitude_asks():
    """A scale of 50 about 0 whose rows come to 2 and less: 1e-6 times 2, not times 50."""
    model = two_targets(centers=(0.0,) * 3, scales=(50.0, 1.0, 2.0))
    found = portable(model, name="a").vectors
    allowed = 1e-6 * np.maximum(1.0, np.abs(found.expected).max(axis=0))
    assert (found.tolerances <= allowed).all()


@pytest.mark.parametrize("figure", [0, 1, 2])
def test_one_wrong_target_among_others_is_seen(figure):
    """By a hundredth of its scale, which 1e-6 times the largest of all figures, 1, would allow."""
    found = portable(two_targets(), name="a").vectors
    told = found.expected.copy()
    told[3, figure] += 0.01 * (1e5, 1e-3, 1e-9)[figure]
    proof = judged("x", found, told)
    assert not proof.passed
    assert proof.tolerance == found.tolerances[figure]
    assert proof.largest_difference == pytest.approx(0.01 * (1e5, 1e-3, 1e-9)[figure], rel=1e-4)


def test_figures_are_judged_apart():
    """A difference of 0.05 is allowed for the first target, and not for the second."""
    found = portable(two_targets(), name="a").vectors
    told = found.expected + np.array([0.05, 0.0, 0.0])
    assert judged("x", found, told).passed
    assert not judged("x", found, found.expected + np.array([0.0, 0.05, 0.0])).passed


def self_test_of(module, path):
    """Run the self-test that a receiver runs."""
    import sys

    if module is c:
        made = path.with_suffix("")
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-DM_SELF_TEST"]
        subprocess.run(["cc", *flags, str(path), "-o", str(made), "-lm"], check=True)
        command = [str(made)]
    else:
        command = [sys.executable if module is python else "node", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


@pytest.mark.parametrize("module", [python, javascript, c], ids=["python", "javascript", "c"])
def test_a_self_test_sees_a_wrong_weight_of_the_smallest_target(module, tmp_path):
    runtime = {javascript: "node", c: "cc"}.get(module)
    if runtime and shutil.which(runtime) is None:
        pytest.skip(f"needs {runtime}")
    (content,) = module.write(portable(two_targets(), name="m")).values()
    path = tmp_path / f"m{module.SUFFIX}"
    path.write_bytes(content)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    right = self_test_of(module, path)
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.startswith("m: proved on 16 rows: largest difference ")
    text = content.decode()
    assert text.count("1.0, 1.0, 1.0") == 1
    path.write_text(text.replace("1.0, 1.0, 1.0", "1.0, 1.0, 1.01"))
    wrong = self_test_of(module, path)
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert wrong.stdout.startswith("m: REFUTED on 16 rows: largest difference ")
    assert "(allowed 1e-15)" in wrong.stdout.replace("1e-015", "1e-15")


def test_a_self_test_in_c_sees_a_figure_that_is_no_number(tmp_path):
    """NAN in the first of three figures, and numbers behind it."""
    if shutil.which("cc") is None:
        pytest.skip("needs cc")
    text = c.write(portable(two_targets(), name="m"))[".c"].decode()
    path = tmp_path / "m.c"
    path.write_text(text.replace("{1.0, 1.0, 1.0}", "{NAN, 1.0, 1.0}"))
    found = self_test_of(c, path)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("m: REFUTED on 16 rows")


def test_a_model_that_no_row_can_prove_is_refused_in_a_sentence():
    """tanh within 1, times 1e200: more than a model answers with, for any row."""
    network = Network([Dense(1, "tanh"), Dense(1)], inputs=1)
    model = Model(
        network=network,
        parameters=network.start_from(
            [[[[1.0]]], [[[1e200]]]], [[[3.0]], [[0.0]]], "float64"
        ),
        schema=Schema(columns=(Feature(name="x"),), target="y", kind="regression"),
        scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        target_scalers=(Scaler(center=(0.0,), scale=(1e150,)),),
        seeds=(0,), best=0, experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        _ = portable(model, name="a").vectors
    assert str(caught.value) == (
        "export: no test rows keep away from the thresholds of the step units and within finite "
        "outputs, so an export could not be proved."
        " Give --no-proof to write it unproved."
    )
