"""Compute the polynomial coefficients of cpp/elementary_tables.hpp and print that file.

Each polynomial interpolates its function at Chebyshev nodes in 60-digit arithmetic, which is
within a small factor of the best possible one; the fitted error is printed beside it.
Needs mpmath. Usage: python tools/fit_elementary.py > cpp/elementary_tables.hpp
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60
LN2 = mp.log(2)


def fit(function: Callable[[mp.mpf], mp.mpf], low: mp.mpf, high: mp.mpf, degree: int) -> list:
    """Return the coefficients (lowest power first) of the Chebyshev interpolant."""
    n = degree + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    points = [(low + high) / 2 + (high - low) / 2 * node for node in nodes]
    matrix = mp.matrix(n, n)
    for row, point in enumerate(points):
        for column in range(n):
            matrix[row, column] = point**column
    return list(mp.lu_solve(matrix, mp.matrix([function(p) for p in points])))


def error(function, coefficients, low, high) -> mp.mpf:
    """Return the largest absolute error on a grid."""
    worst = mp.mpf(0)
    for k in range(401):
        x = low + (high - low) * mp.mpf(k) / 400
        if x == 0:
            continue
        worst = max(worst, abs(mp.polyval(coefficients[::-1], x) - function(x)))
    return worst


def expm1_tail(r):
    return (mp.expm1(r) - r) / r**2 if abs(r) > mp.mpf("1e-20") else mp.mpf(1) / 2


def atanh_tail(t):
    """(atanh(s) - s) / s^3 with t = s^2."""
    s = mp.sqrt(abs(t))
    return (mp.atanh(s) - s) / s**3 if s > mp.mpf("1e-15") else mp.mpf(1) / 3


def sin_tail(t):
    s = mp.sqrt(abs(t))
    return (mp.sin(s) - s) / s**3 if s > mp.mpf("1e-15") else -mp.mpf(1) / 6


def cos_tail(t):
    s = mp.sqrt(abs(t))
    return (mp.cos(s) - 1 + t / 2) / t**2 if s > mp.mpf("1e-12") else mp.mpf(1) / 24


def erf_ratio(t):
    s = mp.sqrt(abs(t))
    return mp.erf(s) / s if s > mp.mpf("1e-20") else 2 / mp.sqrt(mp.pi)


def erfc_scaled(t):
    """erfc(x) exp(x^2) with t = (x - 2) / (x + 2)."""
    x = 2 * (1 + t) / (1 - t)
    return mp.erfc(x) * mp.exp(x * x)


HALF_LN2 = LN2 / 2 * mp.mpf("1.0001")
LOG_T = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.0001")
QUARTER_PI2 = (mp.pi / 4) ** 2 * mp.mpf("1.0001")
T_LOW, T_HIGH = mp.mpf(-1) / 3, mp.mpf(1) / 2  # x in 1..6
ZERO = mp.mpf(0)

TABLE = [
    # name, meaning, function, low, high, degree in float, degree in double
    ("expm1_tail", "(expm1(r) - r) / r^2, |r| <= ln2/2", expm1_tail, -HALF_LN2, HALF_LN2, 5, 10),
    ("log_tail", "(atanh(s) - s) / s^3 in s^2, s <= 0.1716", atanh_tail, ZERO, LOG_T, 2, 7),
    ("log1p_tail", "the same for s <= 1/3", atanh_tail, ZERO, mp.mpf(1) / 9, 4, 10),
    ("sin_tail", "(sin(x) - x) / x^3 in x^2, x <= pi/4", sin_tail, ZERO, QUARTER_PI2, 3, 6),
    ("cos_tail", "(cos(x) - 1 + x^2/2) / x^4 in x^2", cos_tail, ZERO, QUARTER_PI2, 2, 6),
    ("erf_ratio", "erf(x) / x in x^2, x <= 1", erf_ratio, ZERO, mp.mpf(1), 6, 14),
    (
        "erfc_scaled",
        "erfc(x) exp(x^2) in (x-2)/(x+2), 1 <= x <= 6",
        erfc_scaled,
        T_LOW,
        T_HIGH,
        7,
        20,
    ),
]


def main() -> None:
    print("// Printed by tools/fit_elementary.py; do not edit. Lowest power first.")
    print("#pragma once\n\nnamespace shoal {\n")
    print("template <class T>\nstruct Table;\n")
    for kind, column in (("float", 5), ("double", 6)):
        print(f"template <>\nstruct Table<{kind}> {{")
        for name, meaning, function, low, high, *degrees in TABLE:
            degree = degrees[column - 5]
            values = fit(function, low, high, degree)
            worst = mp.nstr(error(function, values, low, high), 2)
            print(f"  // {meaning}; fitted to {worst}")
            digits = 10 if kind == "float" else 19
            suffix = "f" if kind == "float" else ""
            text = ", ".join(mp.nstr(v, digits, min_fixed=0, max_fixed=0) + suffix for v in values)
            print(f"  static constexpr {kind} {name}[] = {{{text}}};")
        print("};\n")
    print("}  // namespace shoal")


if __name__ == "__main__":
    main()
