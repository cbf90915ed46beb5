// Training of one network with a rule that is handed the loss.
#pragma once
#include "lbfgs.hpp"

namespace shoal {

template <class T>
static Status oracle_step(OracleStep<T>& step, Objective<T>& objective) {
  switch (step.plan.rule) {
    case RANDOM_PERTURBATION:
      return random_perturbation(step, objective);
    case FINITE_DIFFERENCE:
      return finite_difference(step, objective);
    case ANNEALING:
      return annealing(step, objective);
    case EVOLUTION:
      return evolution(step, objective);
    default:
      return lbfgs(step, objective);
  }
}

// What such a rule needs beside the rows kernel.
template <class T>
struct OracleState {
  Restraint<T> restraint;
  T *w, *next, *spare;
  double* numbers;
  uint32_t* order;
  int64_t n, padded;
  OracleState(const Plan& plan, const Rows& largest, Arena& arena)
      : restraint(plan, arena), n(plan.n_parameters), padded(round_up(n, LANES)) {
    w = arena.take<T>(padded);
    next = arena.take<T>(padded);
    spare = arena.take<T>(5 * padded);
    numbers = arena.take<double>(padded + plan.n_slots);
    order = arena.take<uint32_t>(plan.shuffled ? largest.n : 0);
  }
  void begin(const T* weights) {
    restraint.prepare();
    std::fill(w, w + padded, T(0));
    std::fill(next, next + padded, T(0));
    std::fill(spare, spare + 5 * padded, T(0));
    std::copy(weights, weights + n, w);
  }
};

template <class T>
static bool sound(const T* w, int64_t n) {
  bool finite = true;
  for (int64_t k = 0; k < n; k++) finite = finite && w[k] * T(0) == T(0);
  return finite;
}

template <class T>
static void train_oracle(const Plan& plan, const Population& population, int64_t i, int64_t until,
                         void* memory, Control* control) {
  RowsKernel<T> kernel(plan, memory, control);
  OracleState<T> state(plan, largest_of(population, i), kernel.arena());
  const Rows& rows = population.train[population.train_set[i]];
  const int64_t K = plan.n_parameters, per_epoch = (rows.n + plan.batch - 1) / plan.batch;
  T* weights = static_cast<T*>(population.weights) + i * K;
  T* slots = static_cast<T*>(population.slots) + i * plan.n_slots * K;
  state.begin(weights);
  int64_t step = population.step[i], ordered = -1;
  while (step < until && going_on(population, i) && !kernel.stopped()) {
    const int64_t epoch = step / per_epoch, first = step % per_epoch * plan.batch;
    if (plan.shuffled && epoch != ordered) {
      permutation(population.order[i], rows.n, uint64_t(epoch), 0, state.order);
      ordered = epoch;
    }
    double counters[MAX_COUNTERS];
    double* own = population.counters + i * MAX_COUNTERS;
    std::copy(own, own + MAX_COUNTERS, counters);
    Objective<T> objective(
        kernel, plan, state.restraint,
        {rows, plan.shuffled ? state.order : nullptr, first, std::min(plan.batch, rows.n - first),
         Draws{population.dropout[i], uint64_t(step + 1)}});
    OracleStep<T> work{plan,
                       population.hyper + i * MAX_HYPER,
                       schedule_factor(plan, step) * population.rate_factor[i],
                       population.search[i],
                       step + 1,
                       state.w,
                       state.next,
                       slots,
                       counters,
                       state.spare,
                       state.numbers};
    Status status = oracle_step(work, objective);
    if (objective.given_up) break;
    state.restraint.restore_line(state.w, state.next);  // -0 + 0 is not -0, nor inf * 0 + w is w
    state.restraint.bound_line(state.next);
    if (status == RUNNING && !sound(state.next, K)) status = BAD_WEIGHTS;
    double figure[FIGURES];
    const bool due = report_due(plan, step + 1);
    if (status != RUNNING) {
      population.status[i] = status;
      break;
    }
    if (due && !judge(kernel, population, i, state.next, figure)) break;
    if (due && !record(plan, population, i, step + 1, state.next, figure)) break;
    std::copy(counters, counters + MAX_COUNTERS, own);
    std::copy(state.next, state.next + K, state.w);
    step++;
    count_evaluations(plan, population, i, objective.evaluations);
    if ((step & 63) == 0) control->steps.fetch_add(64, std::memory_order_relaxed);
  }
  population.step[i] = step;
  std::copy(state.w, state.w + K, weights);
}

template <class T>
static int64_t oracle_bytes(const Plan& plan, const Rows& largest) {
  RowsKernel<T> kernel(plan, nullptr);
  OracleState<T> state(plan, largest, kernel.arena());
  return kernel.used();
}

// The loss of network i on the batch of its step, and the gradient unless that is null: as a step
// of a rule sees it.
template <class T>
static double batch_loss(const Plan& plan, const Population& population, int64_t i, int64_t step,
                         const T* given, T* gradient, void* memory) {
  RowsKernel<T> kernel(plan, memory);
  OracleState<T> state(plan, largest_of(population, i), kernel.arena());
  const Rows& rows = population.train[population.train_set[i]];
  const int64_t K = plan.n_parameters, per_epoch = (rows.n + plan.batch - 1) / plan.batch;
  const int64_t first = step % per_epoch * plan.batch;
  state.begin(given);
  if (plan.shuffled)
    permutation(population.order[i], rows.n, uint64_t(step / per_epoch), 0, state.order);
  Objective<T> objective(
      kernel, plan, state.restraint,
      {rows, plan.shuffled ? state.order : nullptr, first, std::min(plan.batch, rows.n - first),
       Draws{population.dropout[i], uint64_t(step + 1)}});
  if (gradient) {
    objective.gradient(state.w, state.next);
    std::copy(state.next, state.next + K, gradient);
  }
  return objective.loss(state.w);
}

}  // namespace shoal
