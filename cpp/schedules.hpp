// Learning rate schedules: factors that depend on the step alone, in double precision.
#pragma once
#include "elementary.hpp"
#include "interface.hpp"

namespace shoal {

// One number through a function of vectors: for what is done once a step.
template <class F>
static inline double of_number(F f, double x) {
  alignas(64) double lanes[LANES];
  f(all<double>(x)).store(lanes);
  return lanes[0];
}
static inline double exp_of(double x) {
  return of_number([](Vec<double> v) { return exp(v); }, x);
}
static inline double log_of(double x) {
  return of_number([](Vec<double> v) { return log(v); }, x);
}

// The factor of one stage at `step`, counted from 0.
static inline double stage_factor(const Stage& stage, double step) {
  switch (stage.kind) {
    case STEPWISE:
      return exp_of(std::floor(step / stage.steps) * log_of(stage.value));
    case EXPONENTIAL_DECAY:
      return exp_of(step / stage.steps * log_of(stage.value));
    case COSINE: {
      const double share = step < stage.steps ? step / stage.steps : 1.0;
      const double turn =
          of_number([](Vec<double> v) { return cos(v); }, 3.14159265358979323846 * share);
      return stage.value + (1 - stage.value) * (1 + turn) / 2;
    }
    case WARMUP:
      return step + 1 < stage.steps ? (step + 1) / stage.steps : 1.0;
    case INVERSE:
      return exp_of(-stage.value * log_of(1 + step / stage.steps));
    default:
      return 1.0;
  }
}

static inline double schedule_factor(const Plan& plan, int64_t step) {
  double factor = 1;
  for (int k = 0; k < plan.n_stages; k++)
    factor = factor * stage_factor(plan.stages[k], double(step));
  return factor;
}

}  // namespace shoal
