// exp, log, tanh, sigmoid, sin, cos, erf and softplus from + - * / fma sqrt alone.
//
// The same bits on every CPU; a NaN goes through. Error bounds are tested over every float
// (`make exhaustive`) and against 60-digit arithmetic on samples of doubles.
#pragma once
#include "elementary_tables.hpp"
#include "vec.hpp"

namespace shoal {

// c[0] + c[1] x + c[2] x^2 + ... by Horner's rule.
template <class T, int N>
SHOAL_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {
  Vec<T> y(c[N - 1]);
  SHOAL_UNROLL for (int i = N - 2; i >= 0; i--)
    y = fma(y, x, all<T>(c[i]));
  return y;
}

template <class T>
struct Limits;
template <>
struct Limits<float> {
  static constexpr float log2e = 0x1.715476p0f, ln2_high = 0x1.62ep-1f, ln2_low = 0x1.0bfbe8p-15f;
  static constexpr float exp_low = -110, exp_high = 90;  // beyond: 0 and infinity
  static constexpr float sigmoid = 87;                   // e^87 and 1/(1 + e^87) are normal
  static constexpr float tanh = 9.1f;                    // tanh rounds to 1 from here on
};
template <>
struct Limits<double> {
  static constexpr double log2e = 0x1.71547652b82fep0;
  static constexpr double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
  static constexpr double exp_low = -760, exp_high = 711;
  static constexpr double sigmoid = 708;
  static constexpr double tanh = 19.2;
};

// x = n ln2 + r with |r| <= ln2 / 2.
template <class T>
struct Reduced {
  Vec<T> n, r;
};
template <class T>
SHOAL_INLINE Reduced<T> reduce_ln2(Vec<T> x) {
  using L = Limits<T>;
  const Vec<T> n = rint(x * all<T>(L::log2e));
  return {n, fnma(n, all<T>(L::ln2_low), fnma(n, all<T>(L::ln2_high), x))};
}
// e^r - 1 for |r| <= ln2 / 2.
template <class T>
SHOAL_INLINE Vec<T> expm1_small(Vec<T> r) {
  return fma(polynomial(r, Table<T>::expm1_tail), r * r, r);
}

// e^x where the result is a normal number (|x| <= Limits<T>::sigmoid).
template <class T>
SHOAL_INLINE Vec<T> exp_bounded(Vec<T> x) {
  const Reduced<T> a = reduce_ln2(x);
  const Vec<T> scale = power_of_two(a.n);
  return fma(expm1_small(a.r), scale, scale);
}

template <class T>
SHOAL_INLINE Vec<T> exp(Vec<T> x) {
  using L = Limits<T>;
  x = max(all<T>(L::exp_low), min(all<T>(L::exp_high), x));
  const Reduced<T> a = reduce_ln2(x);
  const Vec<T> half = rint(a.n * all(T(0.5)));  // two factors: 2^n itself may overflow
  const Vec<T> y = expm1_small(a.r) + all(T(1));
  return y * power_of_two(half) * power_of_two(a.n - half);
}

// tanh(x) = t / (t + 2) with t = e^(2|x|) - 1; never exceeds 1.
template <class T>
SHOAL_INLINE Vec<T> tanh(Vec<T> x) {
  using L = Limits<T>;
  const Vec<T> a = min(all<T>(L::tanh), abs(x));
  const Reduced<T> e = reduce_ln2(a + a);
  const Vec<T> scale = power_of_two(e.n);
  const Vec<T> t = fma(expm1_small(e.r), scale, scale - all(T(1)));
  return with_sign(t / (t + all(T(2))), x);
}

// 1 / (1 + e^-x); small on the left to full relative precision.
template <class T>
SHOAL_INLINE Vec<T> sigmoid(Vec<T> x) {
  const Vec<T> limit(Limits<T>::sigmoid), one(T(1));
  const Vec<T> a = max(all(T(0)) - limit, min(limit, x));
  return one / (one + exp_bounded(all(T(0)) - a));
}

// log(1 + u) for 0 <= u <= 1, as 2 atanh(u / (2 + u)).
template <class T>
SHOAL_INLINE Vec<T> log1p_unit(Vec<T> u) {
  const Vec<T> s = u / (u + all(T(2))), t = s * s;
  const Vec<T> tail = polynomial(t, Table<T>::log1p_tail);
  const Vec<T> half = fma(s * t, tail, s);
  return half + half;
}

// e^-|x|, at least the smallest e^-Limits::sigmoid: what logistic losses are made of.
template <class T>
SHOAL_INLINE Vec<T> exp_minus_abs(Vec<T> x) {
  return exp_bounded(max(all<T>(-Limits<T>::sigmoid), all(T(0)) - abs(x)));
}
// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
template <class T>
SHOAL_INLINE Vec<T> softplus(Vec<T> x) {
  return max(all(T(0)), x) + log1p_unit(exp_minus_abs(x));
}

// Natural logarithm of a normal x > 0; log(0) is -infinity, of a negative number NaN.
template <class T>
SHOAL_INLINE Vec<T> log(Vec<T> x) {
  using B = Bits<T>;
  using I = typename B::Int;
  using L = Limits<T>;
  const Vec<T> root_half(T(0x1.6a09e667f3bcdp-1));
  // (bits - bits(sqrt(1/2)) + bias) >> mantissa is exponent + bias, for m in [sqrt(1/2), sqrt(2)).
  const Vec<T> shifted = integer_add(integer_sub(x, root_half), I(B::bias) << B::mantissa);
  const Vec<T> biased = shift_right(shifted, B::mantissa);
  const T two_mantissa = T(I(1) << B::mantissa);
  const Vec<T> e = bit_or(biased, all<T>(two_mantissa)) - all<T>(two_mantissa + T(B::bias));
  const Vec<T> m = integer_sub(x, shift_left(integer_add(biased, I(0) - I(B::bias)), B::mantissa));
  const Vec<T> f = m - all(T(1)), s = f / (f + all(T(2))), t = s * s;
  const Vec<T> half = (s * t) * polynomial(t, Table<T>::log_tail);
  // log m = 2s + 2 half, and 2s = f - s f keeps the rounding error of s small.
  const Vec<T> low = fma(e, all<T>(L::ln2_low), fnma(s, f, half + half));
  Vec<T> y = fma(e, all<T>(L::ln2_high), f + low);
  y = select(x > all<T>(std::numeric_limits<T>::max()), x, y);
  y = select(all(T(0)) > x, all<T>(std::numeric_limits<T>::quiet_NaN()), y);
  y = select(x == all(T(0)), all<T>(-std::numeric_limits<T>::infinity()), y);
  return select(x == x, y, x);
}

template <class T>
SHOAL_INLINE Vec<T> erf(Vec<T> x) {
  const Vec<T> a = min(all(T(6)), abs(x)), one(T(1)), two(T(2));
  const Vec<T> inner = a * polynomial(a * a, Table<T>::erf_ratio);
  const Vec<T> b = max(one, a);
  const Vec<T> scaled = polynomial((b - two) / (b + two), Table<T>::erfc_scaled);
  const Vec<T> outer = one - scaled * exp_bounded(all(T(0)) - b * b);
  return with_sign(select(a > one, outer, inner), x);
}

// sin and cos for |x| <= 2^20 (data generation; double precision only matters there).
template <class T>
struct Turned {
  Vec<T> sin, cos, quarter;  // of the angle within a quarter turn; which quarter (0..3)
};
template <class T>
SHOAL_INLINE Turned<T> quarter_turn(Vec<T> x) {
  const Vec<T> n = rint(x * all(T(0x1.45f306dc9c883p-1)));  // 2 / pi
  Vec<T> r = fnma(n, all(T(0x1.921fb544p0)), x);            // pi / 2 in three parts
  r = fnma(n, all(T(0x1.0b4611a6p-34)), r);
  r = fnma(n, all(T(0x1.3198a2e037073p-69)), r);
  const Vec<T> t = r * r, one(T(1));
  const Vec<T> s = fma(polynomial(t, Table<T>::sin_tail), r * t, r);
  const Vec<T> c = fma(polynomial(t, Table<T>::cos_tail), t * t, fnma(all(T(0.5)), t, one));
  const Vec<T> quarter = n - rint(n * all(T(0.25)) - all(T(0.375))) * all(T(4));
  return {s, c, quarter};
}
template <class T>
SHOAL_INLINE Vec<T> sin(Vec<T> x) {
  const Turned<T> a = quarter_turn(x);
  const Vec<T> zero(T(0)), one(T(1)), two(T(2)), three(T(3));
  Vec<T> y = select(a.quarter == one, a.cos, a.sin);
  y = select(a.quarter == two, zero - a.sin, y);
  return select(a.quarter == three, zero - a.cos, y);
}
template <class T>
SHOAL_INLINE Vec<T> cos(Vec<T> x) {
  const Turned<T> a = quarter_turn(x);
  const Vec<T> zero(T(0)), one(T(1)), two(T(2)), three(T(3));
  Vec<T> y = select(a.quarter == one, zero - a.sin, a.cos);
  y = select(a.quarter == two, zero - a.cos, y);
  return select(a.quarter == three, a.sin, y);
}

}  // namespace shoal
