// Gradient rules: each a struct of constants prepared once a step and one update of 16 values.
//
// `prepare` writes the numbers of one step from the network's own hyper-parameters, the factor of
// the learning rate and what the rule carries along (`counters`, all 1 before the first step);
// `update` moves weights w by the gradient g. Rows and networks kernel call the same function, so
// a network's bits do not depend on which of them ran.
#pragma once
#include "schedules.hpp"

namespace shoal {

// w - rate g. The perceptron rule is the same step along its own delta.
struct Sgd {
  static constexpr int SLOTS = 0, CONSTANTS = 1;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    c[0] = T(hyper[0] * factor);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>*, Vec<T> g, const Vec<T>* c) {
    w = fnma(c[0], g, w);
  }
};

// v = mu v + g; w - rate v.
struct Momentum {
  static constexpr int SLOTS = 1, CONSTANTS = 2;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    c[0] = T(hyper[0] * factor);
    c[1] = T(hyper[1]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(c[1], slots[0], g);
    w = fnma(c[0], slots[0], w);
  }
};

// v = mu v + g; w - rate (g + mu v).
struct Nesterov : Momentum {
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(c[1], slots[0], g);
    w = fnma(c[0], fma(c[1], slots[0], g), w);
  }
};

// s = s + g^2; w - rate g / (sqrt(s) + epsilon). s starts at hyper[1].
struct Adagrad {
  static constexpr int SLOTS = 1, CONSTANTS = 2;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    c[0] = T(hyper[0] * factor);
    c[1] = T(hyper[2]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(g, g, slots[0]);
    w = fnma(c[0], g / (sqrt(slots[0]) + c[1]), w);
  }
};

// s = rho s + (1 - rho) g^2; w - rate g / (sqrt(s) + epsilon).
struct RmsProp {
  static constexpr int SLOTS = 1, CONSTANTS = 4;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    c[0] = T(hyper[0] * factor);
    c[1] = T(hyper[1]);
    c[2] = T(1 - hyper[1]);
    c[3] = T(hyper[2]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(c[1], slots[0], c[2] * (g * g));
    w = fnma(c[0], g / (sqrt(slots[0]) + c[3]), w);
  }
};

// Kingma and Ba (2015), algorithm 1; the corrections come from float64 products.
struct Adam {
  static constexpr int SLOTS = 2, CONSTANTS = 8;
  template <class T>
  static void prepare(const double* hyper, double factor, double* counters, T* c) {
    counters[0] *= hyper[1];
    counters[1] *= hyper[2];
    c[0] = T(hyper[0] * factor);
    c[1] = T(hyper[1]);
    c[2] = T(1 - hyper[1]);
    c[3] = T(hyper[2]);
    c[4] = T(1 - hyper[2]);
    c[5] = T(hyper[3]);
    c[6] = T(1 / (1 - counters[0]));
    c[7] = T(1 / (1 - counters[1]));
  }
  // Both moments, as the next step will find them.
  template <class T>
  [[gnu::always_inline]] static void moments(Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(c[1], slots[0], c[2] * g);
    slots[1] = fma(c[3], slots[1], c[4] * (g * g));
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    moments(slots, g, c);
    w = fnma(c[0], (slots[0] * c[6]) / (sqrt(slots[1] * c[7]) + c[5]), w);
  }
};

// Loshchilov and Hutter (2019): the weights shrink by rate * decay before Adam's step.
struct AdamW : Adam {
  static constexpr int CONSTANTS = 9;
  template <class T>
  static void prepare(const double* hyper, double factor, double* counters, T* c) {
    Adam::prepare(hyper, factor, counters, c);
    c[8] = T(hyper[0] * factor * hyper[4]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    w = fnma(c[8], w, w);
    Adam::update(w, slots, g, c);
  }
};

// Dozat (2016), with the momentum of step t as PyTorch has it: beta_1 (1 - 0.96^(t psi) / 2).
struct Nadam : Adam {
  static constexpr int CONSTANTS = 10;
  template <class T>
  static void prepare(const double* hyper, double factor, double* counters, T* c) {
    const double fade = exp_of(hyper[4] * log_of(0.96));
    counters[0] *= fade;  // 0.96^(t psi)
    counters[1] *= hyper[2];
    const double now = hyper[1] * (1 - 0.5 * counters[0]);
    const double next = hyper[1] * (1 - 0.5 * (counters[0] * fade));
    counters[2] *= now;  // the product of all momenta
    const double rate = hyper[0] * factor;
    c[1] = T(hyper[1]);
    c[2] = T(1 - hyper[1]);
    c[3] = T(hyper[2]);
    c[4] = T(1 - hyper[2]);
    c[5] = T(hyper[3]);
    c[7] = T(1 / (1 - counters[1]));
    c[8] = T(rate * (1 - now) / (1 - counters[2]));
    c[9] = T(rate * next / (1 - counters[2] * next));
    c[0] = c[6] = T(1);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    moments(slots, g, c);
    w = w - fma(c[9], slots[0], c[8] * g) / (sqrt(slots[1] * c[7]) + c[5]);
  }
};

// Reddi, Kale and Kumar (2018): the largest second moment so far in place of the present one.
struct AmsGrad : Adam {
  static constexpr int SLOTS = 3;
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    moments(slots, g, c);
    slots[2] = max(slots[2], slots[1]);
    w = fnma(c[0], (slots[0] * c[6]) / (sqrt(slots[2] * c[7]) + c[5]), w);
  }
};

// Riedmiller and Braun (1993), as PyTorch has it: a step size of its own for every weight, larger
// while the sign of its gradient stays, smaller and not used where it changed.
struct Rprop {
  static constexpr int SLOTS = 2, CONSTANTS = 5;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    c[0] = T(factor);
    for (int k = 1; k < 5; k++) c[k] = T(hyper[k]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    const Vec<T> zero(T(0)), one(T(1));
    // the product may round to 0, so the signs are compared
    const auto up = [&](Vec<T> a) __attribute__((always_inline)) {
      return select(a > zero, one, select(zero > a, zero - one, zero));
    };
    const Vec<T> sign = up(g) * up(slots[0]);
    const Vec<T> scale = select(sign > zero, c[2], select(zero > sign, c[1], one));
    const Vec<T> step = min(c[4], max(c[3], slots[1] * scale));
    const Vec<T> used = select(zero > sign, zero, g);
    slots[0] = used;
    slots[1] = step;
    w = fnma(c[0], up(used) * step, w);
  }
};

// Chen and others (2023): the sign of an average; weights shrink by rate * decay.
struct Lion {
  static constexpr int SLOTS = 1, CONSTANTS = 6;
  template <class T>
  static void prepare(const double* hyper, double factor, double*, T* c) {
    const double rate = hyper[0] * factor;
    c[0] = T(rate);
    c[1] = T(hyper[1]);
    c[2] = T(1 - hyper[1]);
    c[3] = T(hyper[2]);
    c[4] = T(1 - hyper[2]);
    c[5] = T(hyper[3]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    const Vec<T> zero(T(0)), one(T(1));
    const Vec<T> u = fma(c[1], slots[0], c[2] * g);
    const Vec<T> sign = select(u > zero, one, select(zero > u, zero - one, zero));
    slots[0] = fma(c[3], slots[0], c[4] * g);
    w = fnma(c[0], fma(c[5], w, sign), w);
  }
};

// The present and the next values of parameters in lines of 16, and what moves them.
template <class T>
struct Move {
  T *w, *next, *slots, *next_slots, *gradient;
  int64_t stride;    // from one slot to the next
  int64_t from, to;  // lines of 16 begin at multiples of 16 in between
  Vec<T> factor;     // of the gradient
  Vec<T> rate;       // for the decay
  const Vec<T>* constants;
};
// Which lanes have a gradient, or a result, that is not finite.
struct Found {
  unsigned bad_gradient, bad_weights;
};

// Move weights by a rule. `decay(k)` is the weight decay of the line at k; where the decay holds
// any, `decay.held(k)` says which keep their weights and what the rule carries along for them.
template <class T, class Optimizer, class Decay>
static Found move_by(const Move<T>& m, Decay decay) {
  Vec<T> c[Optimizer::CONSTANTS];
  for (int k = 0; k < Optimizer::CONSTANTS; k++) c[k] = m.constants[k];
  const Vec<T> zero(T(0)), factor = m.factor;
  Vec<T> bad_gradient = zero, bad_weights = zero;  // x * 0 is NaN where x is not finite
  for (int64_t k = m.from; k < m.to; k += LANES) {
    Vec<T> g = Vec<T>::load(m.gradient + k) * factor;
    Vec<T> w = Vec<T>::load(m.w + k), s[Optimizer::SLOTS + 1];
    for (int q = 0; q < Optimizer::SLOTS; q++) s[q] = Vec<T>::load(m.slots + q * m.stride + k);
    if constexpr (Decay::any) w = fnma(m.rate * decay(k), w, w);
    if constexpr (Decay::holds) g = select(decay.held(k), zero, g);
    Optimizer::update(w, s, g, c);
    if constexpr (Decay::holds) {
      const Mask<T> held = decay.held(k);
      w = select(held, Vec<T>::load(m.w + k), w);
      for (int q = 0; q < Optimizer::SLOTS; q++)
        s[q] = select(held, Vec<T>::load(m.slots + q * m.stride + k), s[q]);
    }
    bad_gradient = fma(g, zero, bad_gradient);
    bad_weights = fma(w, zero, bad_weights);
    w.store(m.next + k);
    for (int q = 0; q < Optimizer::SLOTS; q++) {
      bad_weights = fma(s[q], zero, bad_weights);
      s[q].store(m.next_slots + q * m.stride + k);
    }
  }
  return {~bits(bad_gradient == zero) & 0xffff, ~bits(bad_weights == zero) & 0xffff};
}
// Weight decay: none; of 16 parameters; of one parameter in 16 networks. The same with frozen
// parameters, `frozen` 1 for those.
template <class T>
struct NoDecay {
  static constexpr bool any = false, holds = false;
};
template <class T>
struct LineDecay {
  static constexpr bool any = true, holds = false;
  const T* decay;
  [[gnu::always_inline]] Vec<T> operator()(int64_t k) const { return Vec<T>::load(decay + k); }
};
template <class T>
struct LaneDecay {
  static constexpr bool any = true, holds = false;
  const T* decay;
  [[gnu::always_inline]] Vec<T> operator()(int64_t k) const { return all<T>(decay[k / LANES]); }
};
template <class T>
struct LineHold : LineDecay<T> {
  static constexpr bool holds = true;
  const T* frozen;
  [[gnu::always_inline]] Mask<T> held(int64_t k) const {
    return Vec<T>::load(frozen + k) > Vec<T>(T(0));
  }
};
template <class T>
struct LaneHold : LaneDecay<T> {
  static constexpr bool holds = true;
  const T* frozen;
  [[gnu::always_inline]] Mask<T> held(int64_t k) const {
    return all<T>(frozen[k / LANES]) > Vec<T>(T(0));
  }
};

constexpr int MAX_CONSTANTS = 10;

// The functions of a rule, so that only they are compiled once for each.
template <class T>
struct RuleFunctions {
  int n_constants;
  void (*prepare)(const double* hyper, double factor, double* counters, T* constants);
  Found (*move)(const Move<T>&);
  Found (*move_line)(const Move<T>&, const T* decay);
  Found (*move_lanes)(const Move<T>&, const T* decay);
  Found (*hold_line)(const Move<T>&, const T* decay, const T* frozen);
  Found (*hold_lanes)(const Move<T>&, const T* decay, const T* frozen);
};
template <class T, class Optimizer>
static RuleFunctions<T> functions_of() {
  static_assert(Optimizer::CONSTANTS <= MAX_CONSTANTS && Optimizer::SLOTS <= MAX_SLOTS);
  return {Optimizer::CONSTANTS,
          [](const double* hyper, double factor, double* counters, T* c) {
            Optimizer::prepare(hyper, factor, counters, c);
          },
          [](const Move<T>& m) { return move_by<T, Optimizer>(m, NoDecay<T>{}); },
          [](const Move<T>& m, const T* decay) {
            return move_by<T, Optimizer>(m, LineDecay<T>{decay});
          },
          [](const Move<T>& m, const T* decay) {
            return move_by<T, Optimizer>(m, LaneDecay<T>{decay});
          },
          [](const Move<T>& m, const T* decay, const T* frozen) {
            return move_by<T, Optimizer>(m, LineHold<T>{{decay}, frozen});
          },
          [](const Move<T>& m, const T* decay, const T* frozen) {
            return move_by<T, Optimizer>(m, LaneHold<T>{{decay}, frozen});
          }};
}

// The functions of `rule`.
template <class T>
static RuleFunctions<T> rule_functions(int32_t rule) {
  switch (rule) {
    case MOMENTUM:
      return functions_of<T, Momentum>();
    case NESTEROV:
      return functions_of<T, Nesterov>();
    case ADAGRAD:
      return functions_of<T, Adagrad>();
    case RMSPROP:
      return functions_of<T, RmsProp>();
    case ADAM:
      return functions_of<T, Adam>();
    case ADAMW:
      return functions_of<T, AdamW>();
    case NADAM:
      return functions_of<T, Nadam>();
    case AMSGRAD:
      return functions_of<T, AmsGrad>();
    case RPROP:
      return functions_of<T, Rprop>();
    case LION:
      return functions_of<T, Lion>();
    default:
      return functions_of<T, Sgd>();
  }
}

}  // namespace shoal
