// L-BFGS: the direction from the last moves and gradient changes, and a line search along it.
//
// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5. The reference is
// training/rules/lbfgs.py. All rows are taken at every step.
#pragma once
#include "line_search.hpp"

namespace shoal {

constexpr double LEAST_CURVATURE = 1e-10;

// What is carried along. Slots: the gradient at the weights, that of the step before, the last
// move, then `most` moves and `most` changes of the gradient, each list a ring. Counters 0 and 1
// are the loss at the weights and whether it is known, as for the other rules.
template <class T>
struct Memory {
  OracleStep<T>& step;
  T* slot(int64_t k) const { return step.slots + k * step.K(); }
  int64_t most() const { return int64_t(step.hyper[1]); }
  T* moved(int64_t pair) const { return slot(3 + pair % most()); }
  T* changed(int64_t pair) const { return slot(3 + most() + pair % most()); }
};
enum LbfgsCounter { LOSS_HERE, LOSS_KNOWN, PAIRS, KEPT, HAS_MOVED };  // PAIRS: how many there were

// direction = -H g; `shares` takes a number for every pair.
template <class T>
static void towards(const Memory<T>& memory, const double* counters, const T* g, T* direction,
                    double* shares) {
  const int64_t K = memory.step.K(), end = int64_t(counters[PAIRS]);
  const int64_t first = end - int64_t(counters[KEPT]);
  std::copy(g, g + K, direction);
  for (int64_t p = end - 1; p >= first; p--) {
    const T *s = memory.moved(p), *y = memory.changed(p);
    shares[p - first] = double(dot(s, direction, K)) / double(dot(y, s, K));
    for (int64_t k = 0; k < K; k++)
      direction[k] = std::fma(T(-shares[p - first]), y[k], direction[k]);
  }
  if (first < end) {
    const T *s = memory.moved(end - 1), *y = memory.changed(end - 1);
    const T scale = T(double(dot(y, s, K)) / double(dot(y, y, K)));
    for (int64_t k = 0; k < K; k++) direction[k] *= scale;
  }
  for (int64_t p = first; p < end; p++) {
    const T *s = memory.moved(p), *y = memory.changed(p);
    const double b = shares[p - first] - double(dot(y, direction, K)) / double(dot(y, s, K));
    for (int64_t k = 0; k < K; k++) direction[k] = std::fma(T(b), s[k], direction[k]);
  }
  for (int64_t k = 0; k < K; k++) direction[k] = -direction[k];
}

// Keep the last move and the change of the gradient along it, if the curvature there is positive.
// The place written is that of a pair that is given up; if the step is, it is written again.
template <class T>
static void remember(const Memory<T>& memory, double* counters, const T* g) {
  if (counters[HAS_MOVED] != 1) return;
  const int64_t K = memory.step.K();
  T* change = memory.step.line(0);
  for (int64_t k = 0; k < K; k++) change[k] = g[k] - memory.slot(1)[k];
  if (!(double(dot(change, memory.slot(2), K)) > LEAST_CURVATURE)) return;
  const int64_t pair = int64_t(counters[PAIRS]);
  std::copy(memory.slot(2), memory.slot(2) + K, memory.moved(pair));
  std::copy(change, change + K, memory.changed(pair));
  counters[PAIRS] += 1;
  counters[KEPT] = std::min(counters[KEPT] + 1, double(memory.most()));
}

template <class T>
static Status lbfgs(OracleStep<T>& step, Objective<T>& objective) {
  const int64_t K = step.K();
  const Memory<T> memory{step};
  const bool searches = step.hyper[2] > 0;
  T *g = step.line(2), *direction = step.line(3);
  double here = step.counters[LOSS_HERE];
  bool sound = true;
  if (step.counters[LOSS_KNOWN] == 1 && objective.repeats()) {
    std::copy(memory.slot(0), memory.slot(0) + K, g);
  } else {
    sound = objective.gradient(step.w, g);
    here = searches ? objective.loss(step.w) : 0;
    if (!searches) objective.evaluations++;
  }
  if (objective.given_up) return RUNNING;
  if (!sound || !is_finite(here)) return sound ? BAD_LOSS : BAD_GRADIENT;
  double counters[MAX_COUNTERS];
  std::copy(step.counters, step.counters + MAX_COUNTERS, counters);
  remember(memory, counters, g);
  towards(memory, counters, g, direction, step.numbers);
  const double slope = double(dot(g, direction, K));
  double t = step.hyper[0] * step.factor, sum = 0, largest = 0;
  for (int64_t k = 0; k < K; k++) {
    sum += std::abs(double(g[k]));
    largest = std::max(largest, std::abs(double(direction[k])));
  }
  if (counters[HAS_MOVED] != 1) t *= std::min(1.0, 1 / sum);

  Point found{t, here, slope};
  LineSearch<T> line(step, objective, direction, largest, {0, here, slope});
  const bool stays = !(slope < 0) || (searches && (found = line.search(t)).t == 0);
  if (objective.given_up) return RUNNING;
  std::copy(counters, counters + MAX_COUNTERS, step.counters);
  if (stays) {  // no way down: the memory is emptied
    std::copy(step.w, step.w + K, step.next);
    std::copy(g, g + K, memory.slot(0));
    step.counters[LOSS_HERE] = here;
    step.counters[LOSS_KNOWN] = searches ? 1 : 0;
    step.counters[PAIRS] = step.counters[KEPT] = step.counters[HAS_MOVED] = 0;
    return RUNNING;
  }
  for (int64_t k = 0; k < K; k++) {
    step.next[k] = T(double(step.w[k]) + found.t * double(direction[k]));
    memory.slot(2)[k] = T(found.t * double(direction[k]));
  }
  std::copy(g, g + K, memory.slot(1));
  if (searches) std::copy(line.gradient(), line.gradient() + K, memory.slot(0));
  step.counters[LOSS_HERE] = found.loss;
  step.counters[LOSS_KNOWN] = searches ? 1 : 0;
  step.counters[HAS_MOVED] = 1;
  return RUNNING;
}

}  // namespace shoal
