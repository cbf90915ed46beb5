// Figures at the reports of a run, the best weights by one of them, and the rules that watch them.
#pragma once
#include "rows.hpp"

namespace shoal {

static inline bool report_due(const Plan& plan, int64_t step) {
  return step == plan.total_steps || step % plan.report_every == 0;
}
static inline int64_t report_index(const Plan& plan, int64_t step) {
  return (step - 1) / plan.report_every;
}
static inline bool going_on(const Population& population, int64_t i) {
  return population.status[i] == RUNNING && !population.ended[i];
}

// Figures of network i with weights w; false if a stop came in between.
template <class T>
static bool judge(RowsKernel<T>& kernel, const Population& population, int64_t i, const T* w,
                  double* figure) {
  for (int f = 0; f < FIGURES; f++) figure[f] = std::numeric_limits<double>::quiet_NaN();
  if (!kernel.figures(w, population.train[population.train_set[i]], figure)) return false;
  return population.validation_set[i] < 0 ||
         kernel.figures(w, population.validation[population.validation_set[i]], figure + KINDS);
}

// Whether `value` is better than `held` by more than `gain`.
static inline bool gains(const Watch& watch, double value, double held) {
  return watch.up ? value > held + watch.gain : value < held - watch.gain;
}

// Whether the patience of a watch has come to its end.
static inline bool runs_out(const Watch& watch, double value, double* held) {
  if (held[1] < 0 ? value == value : gains(watch, value, held[0])) {
    held[0] = value;
    held[1] = 0;
    return false;
  }
  held[1] = (held[1] < 0 ? 0 : held[1]) + 1;
  return held[1] >= double(watch.patience);
}

// Let the watches see the figures of network i; whether its step is taken.
static inline bool watch_figures(const Plan& plan, const Population& population, int64_t i,
                                 const double* figure) {
  for (int k = 0; k < plan.n_watches; k++) {
    const Watch& watch = plan.watches[k];
    const double value = figure[watch.figure];
    double* held = population.watch + (i * plan.n_watches + k) * 2;
    const bool reached = watch.up ? value >= watch.level : value <= watch.level;
    if (watch.kind == TARGET && reached && !population.ended[i]) {
      population.ended[i] = 1 + k;
      if (watch.keep_before) return false;
    } else if (watch.kind == DIVERGENCE && (reached || value != value)) {
      population.status[i] = LOSS_PASSED;
    } else if (watch.kind == PLATEAU && runs_out(watch, value, held) && !population.ended[i]) {
      population.ended[i] = 1 + k;
    } else if (watch.kind == REDUCE && runs_out(watch, value, held)) {
      population.rate_factor[i] = std::max(watch.least, population.rate_factor[i] * watch.factor);
      held[1] = 0;
    }
  }
  return true;
}

// Put the figures of network i at `step` into its history, let them be watched, and keep its
// weights if they are the best so far (ties: the earliest report). Whether the step is taken.
template <class T>
static bool record(const Plan& plan, const Population& population, int64_t i, int64_t step,
                   const T* w, const double* figure) {
  const int64_t index = report_index(plan, step);
  if (index < 0 || index >= population.n_reports) return true;
  for (int f = 0; f < FIGURES; f++)
    if (plan.slot_of[f] >= 0)
      population.figures[(i * plan.n_figures + plan.slot_of[f]) * population.n_reports + index] =
          figure[f];
  if (!watch_figures(plan, population, i, figure)) return false;
  if (plan.keep_best < 0) return true;
  const int kind = plan.keep_best % KINDS;
  const bool up = kind == ACCURACY || kind == DETERMINATION;
  const double value = figure[plan.keep_best], held = population.best_value[i];
  if (value != value) return true;
  if (population.best_report[i] >= 0 && (up ? value <= held : value >= held)) return true;
  population.best_value[i] = value;
  population.best_report[i] = index;
  std::copy(w, w + plan.n_parameters, static_cast<T*>(population.best) + i * plan.n_parameters);
  return true;
}

// Count an evaluation or more of network i; end it where it may have no more.
static inline void count_evaluations(const Plan& plan, const Population& population, int64_t i,
                                     int64_t n) {
  population.evaluations[i] += n;
  if (plan.max_evaluations > 0 && population.evaluations[i] >= plan.max_evaluations &&
      !population.ended[i])
    population.ended[i] = ENDED_BY_EVALUATIONS;
}

}  // namespace shoal
