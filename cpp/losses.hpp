// Losses: of one output, and their derivatives. The reference is network/losses.py.
#pragma once
#include "activations.hpp"

namespace shoal {

// Whether the loss is computed from the last weighted sums, before their activation.
static inline bool loss_takes_sums(const Plan& plan) {
  const int32_t last = plan.layers[plan.n_layers - 1].activation;
  return (plan.loss == BINARY_CROSSENTROPY && last == SIGMOID) ||
         (plan.loss == POISSON && last == EXPONENTIAL);
}
// Whether the slope of the last layer still has to be multiplied into `output_delta`.
static inline bool delta_needs_slope(const Plan& plan) {
  return plan.rule != PERCEPTRON && plan.loss != BINARY_CROSSENTROPY &&
         plan.loss != CATEGORICAL_CROSSENTROPY && plan.loss != POISSON;
}

// The targets as training sees them: smoothed towards all classes alike.
template <class T>
struct Smoothing {
  Vec<T> keep, shift;
  bool any;
  [[gnu::always_inline]] explicit Smoothing(const Plan& plan, bool training = true) {
    const double share = training ? plan.label_smoothing : 0;
    const int n = plan.loss == CATEGORICAL_CROSSENTROPY ? plan.n_out : 2;
    keep = all(T(1 - share));
    shift = all(T(share / n));
    any = share > 0;
  }
  [[gnu::always_inline]] Vec<T> operator()(Vec<T> y) const { return any ? fma(y, keep, shift) : y; }
};

// x times the weight of its row; a row of weight 0 counts for nothing, whatever x is.
template <class T>
SHOAL_INLINE Vec<T> weigh(Vec<T> x, Vec<T> weight) {
  return select(weight > all(T(0)), x * weight, all(T(0)));
}

// d loss / d a of one output of the last layer, or d loss / d z where the slope cancels.
template <class T>
struct OutputDelta {
  const Plan& plan;
  Smoothing<T> smooth;
  Vec<T> share, parameter;  // 1 / C; delta of Huber's loss
  [[gnu::always_inline]] explicit OutputDelta(const Plan& plan_)
      : plan(plan_),
        smooth(plan_),
        share(all(T(1) / T(plan_.n_out))),
        parameter(all(T(plan_.loss_parameter))) {}
  [[gnu::always_inline]] Vec<T> operator()(Vec<T> a, Vec<T> y) const {
    const Vec<T> target = smooth(y), e = a - target, zero(T(0)), one(T(1));
    if (plan.rule == PERCEPTRON) return e;
    switch (plan.loss) {
      case CATEGORICAL_CROSSENTROPY:
        return e;
      case SQUARED_ERROR:
        return (e + e) * share;
      case ABSOLUTE_ERROR: {
        const Vec<T> sign = select(e > zero, share, select(zero > e, zero - share, zero));
        return fma(e, zero, sign);  // NaN stays NaN
      }
      case HUBER: {
        const Vec<T> bent = select(e > zero, parameter, zero - parameter);
        return select(abs(e) > parameter, bent, e) * share;
      }
      case HINGE: {
        const Vec<T> label = (target + target) - one, margin = label * a;
        return fma(margin, zero, select(one > margin, (zero - label) * share, zero));
      }
      default:
        return e * share;
    }
  }
};

// The loss of one output added to `sum`; `a` is the weighted sum where loss_takes_sums.
template <class T>
static inline Vec<T> add_loss(const Plan& plan, Vec<T> sum, Vec<T> a, Vec<T> y, Vec<T> parameter) {
  const Vec<T> zero(T(0)), one(T(1)), half(T(0.5));
  switch (plan.loss) {
    case BINARY_CROSSENTROPY:  // softplus(z) - y z
      return sum + fnma(y, a, softplus(a));
    case ABSOLUTE_ERROR:
      return sum + abs(a - y);
    case HUBER: {
      const Vec<T> e = abs(a - y);
      return sum + select(e > parameter, parameter * (e - half * parameter), (half * e) * e);
    }
    case HINGE:
      return sum + max(zero, fnma((y + y) - one, a, one));
    case POISSON:
      return sum + fnma(y, a, exp(a));
    default: {
      const Vec<T> e = a - y;
      return fma(e, e, sum);
    }
  }
}

}  // namespace shoal
