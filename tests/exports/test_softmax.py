"""Softmax of sums about 1000 in every format, run by its own runtime, and not moved by a shift.

The core that is the judge here is held to 60 decimal digits by tests/network/test_softmax.py.
"""

import importlib.util
import shutil
from decimal import Decimal, localcontext

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.exports import FORMATS
from shoal.models import Model
from shoal.network import Dense, Network

N = 3
RUNTIMES = {
    ".js": shutil.which("node"), ".html": shutil.which("node"), ".c": shutil.which("cc"),
    ".onnx": importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx"),
    ".pt.py": importlib.util.find_spec("torch"), ".keras.py": importlib.util.find_spec("keras"),
}  # fmt: skip
SLOW = (".pt.py", ".keras.py")
"""Formats whose runtime takes seconds to start."""


def shifted(shift):
    """A model whose weighted sums are its three inputs and a shift, in double precision."""
    network = Network([Dense(N, "softmax")], inputs=N)
    nothing = Scaler(center=(0.0,) * N, scale=(1.0,) * N)
    return Model(
        network=network,
        parameters=network.start_from([np.eye(N)[None]], [[[shift] * N]], dtype="float64"),
        schema=Schema(
            columns=tuple(Feature(name=f"x{k}") for k in range(N)), target="y",
            kind="classification", classes=("a", "b", "c"),
        ),
        scalers=(nothing,), target_scalers=(nothing,), seeds=(0,), best=0, experiment={},
        arithmetic="2", version="0.1.0",
    )  # fmt: skip


def test_the_model_itself():
    rows = np.array([[0.5, -1.25, 3.0], [1000.0, 1000.0, -1000.0]])
    with localcontext() as context:
        context.prec = 60
        powers = [Decimal(each).exp() for each in rows[0].tolist()]
        first = [float(power / sum(powers)) for power in powers]
    for shift in (0.0, 1024.0, -1024.0):
        found = shifted(shift).predict_proba(rows)
        np.testing.assert_allclose(found, [first, [0.5, 0.5, 0.0]], rtol=1e-6)


@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param(
            suffix,
            marks=[
                pytest.mark.skipif(not RUNTIMES.get(suffix, True), reason="no runtime here"),
                *([pytest.mark.slow] if suffix in SLOW else []),
            ],
        )
        for suffix in FORMATS
    ],
)
@pytest.mark.parametrize("shift", [1024.0, -1024.0])
def test_every_format_is_proved_on_sums_about_a_thousand(suffix, shift, tmp_path):
    done = shoal.export(shifted(shift), tmp_path / f"m{suffix}")
    assert done.proof.passed
    assert done.proof.largest_difference <= 1e-9  # a sum about 1000 is rounded to 1e-13
