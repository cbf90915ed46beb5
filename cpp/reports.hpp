// Figures at the reports of a run, and the best weights by one of them.
#pragma once
#include "rows.hpp"

namespace shoal {

static inline bool report_due(const Plan& plan, int64_t step) {
  return step == plan.total_steps || step % plan.report_every == 0;
}
static inline int64_t report_index(const Plan& plan, int64_t step) {
  return (step - 1) / plan.report_every;
}

// Figures of network i with weights w; false if a stop came in between.
template <class T>
static bool judge(RowsKernel<T>& kernel, const Population& population, int64_t i, const T* w,
                  double* figure) {
  for (int f = 0; f < FIGURES; f++) figure[f] = std::numeric_limits<double>::quiet_NaN();
  if (!kernel.figures(w, population.train[population.train_set[i]], &figure[TRAIN_LOSS],
                      &figure[TRAIN_ACCURACY]))
    return false;
  return population.validation_set[i] < 0 ||
         kernel.figures(w, population.validation[population.validation_set[i]],
                        &figure[VALIDATION_LOSS], &figure[VALIDATION_ACCURACY]);
}

// Put the figures of network i at `step` into its history; keep its weights if they are the best
// so far (ties: the earliest report).
template <class T>
static void record(const Plan& plan, const Population& population, int64_t i, int64_t step,
                   const T* w, const double* figure) {
  const int64_t index = report_index(plan, step);
  if (index < 0 || index >= population.n_reports) return;
  for (int f = 0; f < FIGURES; f++)
    population.figures[(i * FIGURES + f) * population.n_reports + index] = figure[f];
  if (plan.keep_best < 0) return;
  const bool up = plan.keep_best == TRAIN_ACCURACY || plan.keep_best == VALIDATION_ACCURACY;
  const double value = figure[plan.keep_best], held = population.best_value[i];
  if (value != value) return;
  if (population.best_report[i] >= 0 && (up ? value <= held : value >= held)) return;
  population.best_value[i] = value;
  population.best_report[i] = index;
  std::copy(w, w + plan.n_parameters, static_cast<T*>(population.best) + i * plan.n_parameters);
}

}  // namespace shoal
