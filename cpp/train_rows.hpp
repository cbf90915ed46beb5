// Training of one network with the rows kernel.
#pragma once
#include "reports.hpp"

namespace shoal {

// What one network needs while it trains: padded copies of its state, twice, so that a step
// whose result is not finite is simply not taken.
template <class T>
struct RowsState {
  int64_t padded;
  T *weights[2], *slots[2], *gradient;
  RowsState(const Plan& plan, Arena& arena) : padded(round_up(plan.n_parameters, LANES)) {
    for (int side = 0; side < 2; side++) {
      weights[side] = arena.take<T>(padded);
      slots[side] = arena.take<T>(padded * MAX_SLOTS);
    }
    gradient = arena.take<T>(padded);
  }
};

// One update from state `now` into the other; whether gradient and result are finite.
template <class T, class Optimizer>
static Status update_rows(RowsState<T>& state, int now, T scale, const T* constants) {
  Vec<T> c[Optimizer::CONSTANTS];
  for (int k = 0; k < Optimizer::CONSTANTS; k++) c[k] = all<T>(constants[k]);
  const Vec<T> zero(T(0)), factor(scale);
  Vec<T> bad_gradient = zero, bad_weights = zero;  // x * 0 is NaN where x is not finite
  const int64_t n = state.padded;
  for (int64_t k = 0; k < n; k += LANES) {
    const Vec<T> g = Vec<T>::load(state.gradient + k) * factor;
    Vec<T> w = Vec<T>::load(state.weights[now] + k), s[Optimizer::SLOTS + 1];
    for (int q = 0; q < Optimizer::SLOTS; q++) s[q] = Vec<T>::load(state.slots[now] + q * n + k);
    Optimizer::update(w, s, g, c);
    bad_gradient = fma(g, zero, bad_gradient);
    bad_weights = fma(w, zero, bad_weights);
    w.store(state.weights[1 - now] + k);
    for (int q = 0; q < Optimizer::SLOTS; q++) {
      bad_weights = fma(s[q], zero, bad_weights);
      s[q].store(state.slots[1 - now] + q * n + k);
    }
  }
  if (bits(bad_gradient == zero) != 0xffff) return BAD_GRADIENT;
  return bits(bad_weights == zero) != 0xffff ? BAD_WEIGHTS : RUNNING;
}

template <class T, class Optimizer>
static void train_rows_with(const Plan& plan, const Population& population, int64_t i,
                            int64_t until, void* memory, Control* control) {
  RowsKernel<T> kernel(plan, memory, control);
  RowsState<T> state(plan, kernel.arena());
  const Rows& rows = population.train[population.train_set[i]];
  uint32_t* order = kernel.arena().template take<uint32_t>(rows.n);
  const int64_t K = plan.n_parameters, n = state.padded;
  T* weights = static_cast<T*>(population.weights) + i * K;
  T* slots = static_cast<T*>(population.slots) + i * plan.n_slots * K;
  for (int side = 0; side < 2; side++) {
    std::fill(state.weights[side], state.weights[side] + n, T(0));
    std::fill(state.slots[side], state.slots[side] + n * MAX_SLOTS, T(0));
  }
  std::fill(state.gradient, state.gradient + n, T(0));
  std::copy(weights, weights + K, state.weights[0]);
  for (int q = 0; q < plan.n_slots; q++)
    std::copy(slots + q * K, slots + (q + 1) * K, state.slots[0] + q * n);

  const int64_t per_epoch = (rows.n + plan.batch - 1) / plan.batch;
  int64_t step = population.step[i], ordered = -1;
  double powers[2] = {population.powers[2 * i], population.powers[2 * i + 1]};
  T constants[Optimizer::CONSTANTS];
  int now = 0;
  while (step < until && population.status[i] == RUNNING) {
    if (control->stop.load(std::memory_order_relaxed)) break;
    const int64_t epoch = step / per_epoch, first = step % per_epoch * plan.batch;
    const int64_t count = std::min(plan.batch, rows.n - first);
    if (plan.shuffled && epoch != ordered) {
      permutation(population.order[i], rows.n, uint64_t(epoch), 0, order);
      ordered = epoch;
    }
    if (!kernel.gradient(state.weights[now], rows, plan.shuffled ? order : nullptr, first, count,
                         state.gradient))
      break;
    const double before[2] = {powers[0], powers[1]};
    Optimizer::prepare(population.hyper + 4 * i, powers, constants);
    const T scale = plan.mean_reduction ? T(1) / T(count) : T(1);
    const Status status = update_rows<T, Optimizer>(state, now, scale, constants);
    const bool due = report_due(plan, step + 1);
    double figure[FIGURES];
    if (status != RUNNING) population.status[i] = status;
    if (status != RUNNING ||
        (due && !judge(kernel, population, i, state.weights[1 - now], figure))) {
      powers[0] = before[0];  // the step is not taken: it went wrong, or its figures were given up
      powers[1] = before[1];
      break;
    }
    if (due) record(plan, population, i, step + 1, state.weights[1 - now], figure);
    now = 1 - now;
    step++;
    if ((step & 63) == 0) control->steps.fetch_add(64, std::memory_order_relaxed);
  }
  population.step[i] = step;
  population.powers[2 * i] = powers[0];
  population.powers[2 * i + 1] = powers[1];
  std::copy(state.weights[now], state.weights[now] + K, weights);
  for (int q = 0; q < plan.n_slots; q++)
    std::copy(state.slots[now] + q * n, state.slots[now] + q * n + K, slots + q * K);
}

template <class T>
static int64_t rows_bytes(const Plan& plan) {
  RowsKernel<T> kernel(plan, nullptr);
  RowsState<T> state(plan, kernel.arena());
  return kernel.used();  // the order of an epoch comes on top: 4 bytes a row
}

}  // namespace shoal
