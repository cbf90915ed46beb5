// Optimizers: each a struct of constants prepared once a step and one update of 16 values.
//
// `prepare` writes the numbers of one step from the network's own hyper-parameters; `update`
// moves weights w by the gradient g. Rows and networks kernel call the same function, so a
// network's bits do not depend on which of them ran.
#pragma once
#include "interface.hpp"
#include "vec.hpp"

namespace shoal {

// w - rate g. The perceptron rule is the same step along its own delta.
struct Sgd {
  static constexpr int SLOTS = 0, CONSTANTS = 1;
  template <class T>
  static void prepare(const double* hyper, double*, T* c) {
    c[0] = T(hyper[0]);
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
  static void prepare(const double* hyper, double*, T* c) {
    c[0] = T(hyper[0]);
    c[1] = T(hyper[1]);
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    slots[0] = fma(c[1], slots[0], g);
    w = fnma(c[0], slots[0], w);
  }
};

// Kingma and Ba (2015), algorithm 1; the corrections come from float64 products.
struct Adam {
  static constexpr int SLOTS = 2, CONSTANTS = 8;
  template <class T>
  static void prepare(const double* hyper, double* powers, T* c) {
    powers[0] *= hyper[1];
    powers[1] *= hyper[2];
    c[0] = T(hyper[0]);
    c[1] = T(hyper[1]);
    c[2] = T(1 - hyper[1]);
    c[3] = T(hyper[2]);
    c[4] = T(1 - hyper[2]);
    c[5] = T(hyper[3]);
    c[6] = T(1 / (1 - powers[0]));
    c[7] = T(1 / (1 - powers[1]));
  }
  template <class T>
  [[gnu::always_inline]] static void update(Vec<T>& w, Vec<T>* slots, Vec<T> g, const Vec<T>* c) {
    const Vec<T> m = fma(c[1], slots[0], c[2] * g);
    const Vec<T> v = fma(c[3], slots[1], c[4] * (g * g));
    slots[0] = m;
    slots[1] = v;
    w = fnma(c[0], (m * c[6]) / (sqrt(v * c[7]) + c[5]), w);
  }
};

// Call `f` with the struct of `rule`.
template <class F>
static inline void with_optimizer(int32_t rule, F&& f) {
  switch (rule) {
    case ADAM:
      return f(Adam{});
    case MOMENTUM:
      return f(Momentum{});
    default:
      return f(Sgd{});
  }
}

}  // namespace shoal
