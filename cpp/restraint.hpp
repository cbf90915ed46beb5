// What holds gradients and weights back: penalties, clipping, weight decay, the largest norm, and
// parameters that are frozen.
//
// A frozen parameter has no gradient, no penalty and no decay, and counts in no norm: neither in
// that of the gradient nor in that of the weights into a unit, whose free weights alone are scaled.
//
// The rows kernel has 16 parameters in a vector, the networks kernel one parameter of 16
// networks; sums are 16 chains (parameter mod 16) joined by the tree, so both get the same bits.
#pragma once
#include "arena.hpp"
#include "interface.hpp"
#include "vec.hpp"

namespace shoal {

template <class T>
class Restraint {
 public:
  Restraint(const Plan& plan, Arena& arena)
      : plan_(plan), padded_(round_up(plan.n_parameters, 16)) {
    for (int l = 0; l < plan.n_layers; l++) {
      penalises_ = penalises_ || plan.layers[l].l1 > 0 || plan.layers[l].l2 > 0;
      bounds = bounds || plan.layers[l].max_norm > 0;
    }
    decays = plan.weight_decay > 0;
    adjusts = penalises_ || plan.clip_value > 0 || plan.clip_norm > 0;
    holds = plan.n_frozen > 0;
    const int64_t n = adjusts || decays || holds ? padded_ : 0;
    l1_ = arena.take<T>(n);
    l2_ = arena.take<T>(n);
    decay_ = arena.take<T>(n);
    held_ = arena.take<T>(holds ? padded_ : 0);
  }
  // Write the numbers of every parameter: biases are free.
  void prepare() {
    if (!adjusts && !decays && !holds) return;
    for (T* each : {l1_, l2_, decay_}) std::fill(each, each + padded_, T(0));
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      const int64_t n = int64_t(layer.n_in) * layer.n_out;
      std::fill(l1_ + layer.weights, l1_ + layer.weights + n, T(layer.l1));
      std::fill(l2_ + layer.weights, l2_ + layer.weights + n, T(layer.l2));
      std::fill(decay_ + layer.weights, decay_ + layer.weights + n, T(plan_.weight_decay));
    }
    if (!holds) return;
    std::fill(held_, held_ + padded_, T(0));
    for (int64_t k = 0; k < plan_.n_parameters; k++) {
      if (!plan_.holds(k)) continue;
      l1_[k] = l2_[k] = decay_[k] = T(0);
      held_[k] = T(1);
    }
  }

  bool adjusts = false;  // gradients, before the rule sees them
  bool decays = false;   // weights shrink by rate * decay before the rule
  bool bounds = false;   // weights of a unit are brought to a largest norm after it
  bool holds = false;    // some parameters are frozen

  const T* decay() const { return decay_; }
  const T* held() const { return held_; }  // 1 for a frozen parameter, else 0

  // Frozen parameters have no gradient.
  void silence_line(T* g) const {
    const Vec<T> zero(T(0));
    for (int64_t k = 0; holds && k < padded_; k += LANES)
      select(Vec<T>::load(held_ + k) > zero, zero, Vec<T>::load(g + k)).store(g + k);
  }
  void silence_lanes(T* g) const {
    const Vec<T> zero(T(0));
    for (int64_t k = 0; holds && k < plan_.n_parameters; k++)
      if (plan_.holds(k)) zero.store(g + k * LANES);
  }
  // Frozen parameters are again what they were.
  void restore_line(const T* w, T* next) const {
    for (int64_t k = 0; holds && k < plan_.n_parameters; k++)
      if (plan_.holds(k)) next[k] = w[k];
  }

  // g <- scale g with penalties, cut at clip_value; the factor that brings it to clip_norm.
  T adjust_line(const T* w, T scale, T* g, bool& bad) const {
    const Vec<T> by(scale), limit = most(), zero(T(0));
    Vec<T> sums(zero), finite(zero);
    silence_line(g);
    for (int64_t k = 0; k < padded_; k += LANES) {
      const Vec<T> plain = Vec<T>::load(g + k) * by;
      finite = fma(plain, zero, finite);
      const Vec<T> held = restrained(plain, Vec<T>::load(w + k), Vec<T>::load(l1_ + k),
                                     Vec<T>::load(l2_ + k), limit);
      sums = fma(held, held, sums);
      held.store(g + k);
    }
    bad = bits(finite == zero) != 0xffff;
    if (!(plan_.clip_norm > 0)) return T(1);
    const T norm = std::sqrt(tree_sum(sums)), c = T(plan_.clip_norm);
    return norm > c ? c / norm : T(1);
  }
  Vec<T> adjust_lanes(const T* w, T scale, T* g, unsigned& bad) const {
    const Vec<T> by(scale), limit = most(), zero(T(0)), one(T(1));
    Vec<T> sums[LANES], finite(zero);
    for (Vec<T>& sum : sums) sum = zero;
    silence_lanes(g);
    for (int64_t k = 0; k < plan_.n_parameters; k++) {
      const Vec<T> plain = Vec<T>::load(g + k * LANES) * by;
      finite = fma(plain, zero, finite);
      const Vec<T> held =
          restrained(plain, Vec<T>::load(w + k * LANES), all<T>(l1_[k]), all<T>(l2_[k]), limit);
      sums[k % LANES] = fma(held, held, sums[k % LANES]);
      held.store(g + k * LANES);
    }
    bad = ~bits(finite == zero) & 0xffff;
    if (!(plan_.clip_norm > 0)) return one;
    for (int h = 8; h; h /= 2)
      for (int u = 0; u < h; u++) sums[u] = sums[u] + sums[u + h];
    const Vec<T> norm = sqrt(sums[0]), c{T(plan_.clip_norm)};
    return select(norm > c, c / norm, one);
  }

  // The incoming weights of every unit, as far as they are free, brought to at most max_norm.
  void bound_line(T* w) const {
    if (!bounds) return;
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      const T c = T(layer.max_norm);
      for (int o = 0; c > 0 && o < layer.n_out; o++) {
        const int64_t first = layer.weights + o, next = layer.n_out;
        T* at = w + first;
        T sum = 0;
        for (int i = 0; i < layer.n_in; i++)
          if (!plan_.holds(first + i * next)) sum = std::fma(at[i * next], at[i * next], sum);
        const T norm = std::sqrt(sum);
        if (!(norm > c)) continue;
        for (int i = 0; i < layer.n_in; i++)
          if (!plan_.holds(first + i * next)) at[i * next] *= c / norm;
      }
    }
  }
  void bound_lanes(T* w) const {
    if (!bounds) return;
    const Vec<T> one(T(1));
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      const Vec<T> c{T(layer.max_norm)};
      for (int o = 0; layer.max_norm > 0 && o < layer.n_out; o++) {
        T* at = w + (layer.weights + o) * LANES;
        const int64_t next = int64_t(layer.n_out) * LANES;
        const auto is_free = [&](int i) {
          return !plan_.holds(layer.weights + o + int64_t(i) * layer.n_out);
        };
        Vec<T> sum(T(0));
        for (int i = 0; i < layer.n_in; i++)
          if (is_free(i)) sum = fma(Vec<T>::load(at + i * next), Vec<T>::load(at + i * next), sum);
        const Vec<T> norm = sqrt(sum);
        const Mask<T> over = norm > c;
        for (int i = 0; i < layer.n_in; i++) {
          if (!is_free(i)) continue;
          const Vec<T> held = Vec<T>::load(at + i * next);
          select(over, held * (c / norm), held).store(at + i * next);
        }
      }
    }
  }

  // What the penalties add to the loss of a network: l2 / 2 times the squares, l1 the magnitudes.
  double penalty(const T* w) const {
    double sum = 0;
    for (int64_t k = 0; penalises_ && k < plan_.n_parameters; k++)
      sum += double(l2_[k]) / 2 * double(w[k]) * double(w[k]) +
             double(l1_[k]) * std::abs(double(w[k]));
    return sum;
  }

 private:
  Vec<T> most() const {
    return all<T>(plan_.clip_value > 0 ? T(plan_.clip_value) : std::numeric_limits<T>::max());
  }
  [[gnu::always_inline]] static Vec<T> restrained(Vec<T> g, Vec<T> w, Vec<T> l1, Vec<T> l2,
                                                  Vec<T> limit) {
    const Vec<T> zero(T(0)), one(T(1));
    const Vec<T> sign = select(w > zero, one, select(zero > w, zero - one, zero));
    const Vec<T> held = fma(l1, sign, fma(l2, w, g));
    return min(limit, max(zero - limit, held));
  }

  const Plan& plan_;
  int64_t padded_;
  T *l1_, *l2_, *decay_, *held_;
  bool penalises_ = false;
};

}  // namespace shoal
