// How Python fills a plan, part by part, each checked where it is added.
#pragma once
#include <algorithm>

#include "arrays.hpp"
#include "interface.hpp"

namespace shoal {

static inline void add_layer(Plan& plan, int n_in, int n_out, int activation, bool has_bias,
                             int64_t weights, int64_t bias, double parameter) {
  expect(plan.n_layers < MAX_LAYERS, "plan: at most 64 layers");
  expect(n_in > 0 && n_out > 0, "plan: layers need inputs and outputs");
  expect(!plan.n_layers || n_in == plan.n_out, "plan: layers do not join");
  expect(weights >= 0 && bias >= 0, "plan: offsets must not be negative");
  plan.layers[plan.n_layers++] = {n_in,      n_out, activation, has_bias, weights, bias,
                                  parameter, 0,     0,          0,        0};
  if (plan.n_layers == 1) plan.n_in = n_in;
  plan.n_out = n_out;
  plan.n_parameters = std::max<int64_t>(
      plan.n_parameters,
      std::max<int64_t>(weights + int64_t(n_in) * n_out, has_bias ? bias + n_out : 0));
}

static inline void restrain_layer(Plan& plan, int layer, double l1, double l2, double dropout,
                                  double max_norm) {
  expect(layer >= 0 && layer < plan.n_layers, "plan: there is no such layer");
  expect(dropout >= 0 && dropout < 1, "plan: dropout must be in [0, 1)");
  LayerPlan& to = plan.layers[layer];
  to.l1 = l1;
  to.l2 = l2;
  to.dropout = dropout;
  to.max_norm = max_norm;
}

// Parameters `first` to `last` (not included) stay what they are.
static inline void freeze(Plan& plan, int64_t first, int64_t last) {
  expect(plan.n_layers > 0 && first >= 0 && first < last && last <= plan.n_parameters,
         "plan: there are no such parameters");
  if (!plan.frozen)
    plan.frozen = std::make_shared<std::vector<uint8_t>>(size_t(plan.n_parameters), uint8_t(0));
  expect(int64_t(plan.frozen->size()) == plan.n_parameters, "plan: freeze after the last layer");
  std::fill(plan.frozen->begin() + first, plan.frozen->begin() + last, uint8_t(1));
  plan.n_frozen = std::count(plan.frozen->begin(), plan.frozen->end(), uint8_t(1));
}

static inline void add_stage(Plan& plan, int kind, double steps, double value) {
  expect(plan.n_stages < MAX_STAGES, "plan: too many schedules");
  expect(steps > 0, "plan: a schedule needs steps");
  plan.stages[plan.n_stages++] = {kind, steps, value};
}

static inline void add_watch(Plan& plan, int kind, int figure, bool up, bool keep_before,
                             int64_t patience, double level, double gain, double factor,
                             double least) {
  expect(plan.n_watches < MAX_WATCHES, "plan: too many rules that watch figures");
  expect(figure >= 0 && figure < FIGURES, "plan: there is no such figure");
  plan.watches[plan.n_watches++] = {kind,  figure, up,     keep_before, patience,
                                    level, gain,   factor, least};
}

static inline void keep_figures(Plan& plan, const std::vector<int>& figures) {
  std::fill(plan.slot_of, plan.slot_of + FIGURES, -1);
  plan.n_figures = 0;
  for (int figure : figures) {
    expect(figure >= 0 && figure < FIGURES, "plan: there is no such figure");
    plan.slot_of[figure] = plan.n_figures++;
  }
}

static inline Plan empty_plan() {
  Plan plan{};
  plan.keep_best = -1;
  plan.mean_reduction = 1;
  plan.batch = plan.report_every = 1;
  plan.threshold = 0.5;
  std::fill(plan.slot_of, plan.slot_of + FIGURES, -1);
  return plan;
}

static inline void check_plan(const Plan& plan) {
  expect(plan.n_layers > 0, "plan: a network has layers");
  expect(plan.batch > 0 && plan.report_every > 0 && plan.total_steps >= 0,
         "plan: sizes must be positive");
  expect(plan.n_slots >= 0 && (plan.rule >= RANDOM_PERTURBATION || plan.n_slots <= MAX_SLOTS),
         "plan: too many slots");
  expect(plan.keep_best < FIGURES, "plan: there is no such figure");
  expect(!plan.frozen || int64_t(plan.frozen->size()) == plan.n_parameters,
         "plan: freeze after the last layer");
}

}  // namespace shoal
