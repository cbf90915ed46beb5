import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.shapes import check_shapes


def test_sizes_of_the_letters():
    found = check_shapes("f", "x (N, D), y (N)", x=np.zeros((4, 2)), y=np.zeros(4))
    assert found == {"N": 4, "D": 2}


@pytest.mark.parametrize(
    ("spec", "x", "y", "message"),
    [
        (
            "x (N, D), y (N, C)", (150, 2), (149, 1),
            "fit: `y` must have shape (N, C) with N=150 from `x`; got (149, 1)."
            " Give as many as that.",
        ),
        ("x (N, D), y (N)", (3,), (3,), "fit: `x` must have shape (N, D); got (3,)."
                                        " Give as many as that."),
        ("x (N, D), y (N)", (3, 2), (3, 1), "fit: `y` must have shape (N,); got (3, 1)."
                                            " Give as many as that."),
        ("x (N, 2), y (N)", (3, 5), (3,), "fit: `x` must have shape (N, 2); got (3, 5)."
                                          " Give as many as that."),
    ],
)  # fmt: skip
def test_a_misfit_is_told(spec, x, y, message):
    with pytest.raises(ArgumentError) as caught:
        check_shapes("fit", spec, x=np.zeros(x), y=np.zeros(y))
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)
