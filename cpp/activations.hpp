// Activation functions and their slopes, a vector at a time.
#pragma once
#include "elementary.hpp"
#include "interface.hpp"

namespace shoal {

// Whether the slope needs the weighted sum z beside the output a.
static inline bool slope_needs_sum(int32_t activation) {
  return activation == GELU || activation == SILU || activation == SOFTPLUS;
}

// The normal distribution: Phi(z), and its density.
template <class T>
SHOAL_INLINE Vec<T> normal_cdf(Vec<T> z) {
  const Vec<T> half(T(0.5));
  return fma(half, erf(z * all(T(0x1.6a09e667f3bcdp-1))), half);
}
template <class T>
SHOAL_INLINE Vec<T> normal_density(Vec<T> z) {
  const Vec<T> a = min(all(T(12)), abs(z));
  return exp_bounded(all(T(-0.5)) * (a * a)) * all(T(0x1.9884533d43651p-2));
}

// a = f(z), for every function but softmax, which needs all outputs of a row.
template <class T>
SHOAL_INLINE Vec<T> activate(int32_t activation, Vec<T> parameter, Vec<T> z) {
  const Vec<T> zero(T(0)), one(T(1));
  switch (activation) {
    case STEP:
      return select(z == zero, parameter, select(z > zero, one, zero));
    case SIGMOID:
      return sigmoid(z);
    case TANH:
      return tanh(z);
    case RELU:
      return max(zero, z);
    case LEAKY_RELU:
      return select(z > zero, z, z * parameter);
    case ELU: {
      const Vec<T> a = max(all<T>(-Limits<T>::sigmoid), min(zero, z));
      const Reduced<T> e = reduce_ln2(a);  // expm1 keeps its precision near zero
      const Vec<T> scale = power_of_two(e.n);
      return select(z > zero, z, parameter * fma(expm1_small(e.r), scale, scale - one));
    }
    case GELU:
      return z * normal_cdf(z);
    case SILU:
      return z * sigmoid(z);
    case SOFTPLUS:
      return softplus(z);
    case EXPONENTIAL:
      return exp(z);
    default:
      return z;
  }
}

// f'(z), from the output a where that is enough.
template <class T>
SHOAL_INLINE Vec<T> slope(int32_t activation, Vec<T> parameter, Vec<T> z, Vec<T> a) {
  const Vec<T> zero(T(0)), one(T(1));
  switch (activation) {
    case STEP:
      return zero;
    case SIGMOID:
      return a * (one - a);
    case TANH:
      return fnma(a, a, one);
    case RELU:
      return select(a > zero, one, zero);
    case LEAKY_RELU:
      return select(a > zero, one, parameter);
    case ELU:
      return select(a > zero, one, a + parameter);
    case GELU:
      return fma(z, normal_density(z), normal_cdf(z));
    case SILU: {
      const Vec<T> s = sigmoid(z);
      return fma(z * s, one - s, s);
    }
    case SOFTPLUS:
      return sigmoid(z);
    case EXPONENTIAL:
      return a;
    default:
      return one;
  }
}

}  // namespace shoal
