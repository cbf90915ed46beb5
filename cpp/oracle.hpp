// Rules that are handed the loss of a step's batch and may ask for it as often as they like.
//
// Each is a function that writes the next weights from the present ones; it changes nothing else
// but what it commits at its end, so a step that is given up leaves no trace. The reference is
// training/rules. What is penalised, smoothed or dropped out is part of the loss. Frozen parameters
// have no slope and no random moves; every other parameter has the numbers it would have anyway.
#pragma once
#include "train_rows.hpp"

namespace shoal {

// The loss of a step's batch, and its gradient.
template <class T>
class Objective {
 public:
  Objective(RowsKernel<T>& kernel, const Plan& plan, const Restraint<T>& restraint, Batch batch)
      : kernel_(kernel), plan_(plan), restraint_(restraint), batch_(batch) {}
  double loss(const T* w) {
    evaluations++;
    double total = 0;
    if (!given_up && !kernel_.loss(w, batch_, &total)) given_up = true;
    return reduced(total) + restraint_.penalty(w);
  }
  // The gradient with penalties, clipped as the plan says; whether it is finite.
  bool gradient(const T* w, T* g) {
    if (!given_up && !kernel_.gradient(w, batch_, g)) given_up = true;
    const T scale = plan_.mean_reduction ? T(1) / T(batch_.count) : T(1);
    bool bad = false;
    T factor = scale;
    restraint_.silence_line(g);
    if (restraint_.adjusts) factor = restraint_.adjust_line(w, scale, g, bad);
    for (int64_t k = 0; k < plan_.n_parameters; k++) {
      g[k] *= factor;
      bad = bad || !(g[k] * T(0) == T(0));
    }
    return !bad;
  }
  // Losses with every weight that is not frozen larger by h: (K).
  void losses_of_changes(T* w, T h, double* losses) {
    evaluations += plan_.n_parameters - plan_.n_frozen;
    if (!given_up && !kernel_.losses_of_changes(w, batch_, h, losses)) given_up = true;
    for (int64_t k = 0; k < plan_.n_parameters; k++) {
      if (plan_.holds(k)) continue;
      const T held = w[k];
      w[k] = held + h;
      losses[k] = reduced(losses[k]) + restraint_.penalty(w);
      w[k] = held;
    }
  }
  // Whether the next step's loss of the same weights is the same number.
  bool repeats() const { return batch_.count == batch_.rows.n && !draws_anything(plan_); }

  int64_t evaluations = 0;
  bool given_up = false;

 private:
  double reduced(double total) const {
    return plan_.mean_reduction ? total / double(batch_.count) : total;
  }
  RowsKernel<T>& kernel_;
  const Plan& plan_;
  const Restraint<T>& restraint_;
  Batch batch_;
};

static inline bool is_finite(double x) { return x * 0 == 0; }

template <class T>
static T dot(const T* a, const T* b, int64_t n) {
  alignas(64) T sums[LANES];
  Vec<T> sum(T(0));
  int64_t k = 0;
  for (; k + LANES <= n; k += LANES) sum = fma(Vec<T>::load(a + k), Vec<T>::load(b + k), sum);
  sum.store(sums);
  for (int u = 0; k < n; k++, u++) sums[u] = std::fma(a[k], b[k], sums[u]);
  return tree_sum(Vec<T>::load(sums));
}

// What a rule works with at step t, counted from 1.
template <class T>
struct OracleStep {
  const Plan& plan;
  const double* hyper;
  double factor;
  uint64_t key;  // of the search stream
  int64_t t;
  T *w, *next, *slots;  // (K), (K), (S, K)
  double* counters;     // all 0 before the first step
  T* spare;             // five lines of parameters
  double* numbers;      // (K)
  int64_t K() const { return plan.n_parameters; }
  T* line(int k) const { return spare + k * round_up(plan.n_parameters, LANES); }
};

// The incumbent's loss: carried along in counters[0] where it stays the same, as counters[1] says.
template <class T>
static double incumbent_loss(OracleStep<T>& step, Objective<T>& objective) {
  if (step.counters[1] == 1 && objective.repeats()) return step.counters[0];
  return objective.loss(step.w);
}
template <class T>
static void carry_loss(OracleStep<T>& step, double loss) {
  step.counters[0] = loss;
  step.counters[1] = 1;
}

// A normal number for every parameter, 0 for frozen ones.
template <class T>
static void normal_moves(OracleStep<T>& step, uint32_t part) {
  philox_normals(step.key, step.K(), uint64_t(step.t), part, step.numbers);
  for (int64_t k = 0; step.plan.frozen && k < step.K(); k++)
    if (step.plan.holds(k)) step.numbers[k] = 0;
}

// Two candidates, every weight moved by d, 0 or -d; the better one, even if it is worse than what
// there was, unless hyper[1] asks for elitism.
template <class T>
static Status random_perturbation(OracleStep<T>& step, Objective<T>& objective) {
  const T d = T(step.hyper[0]);
  const bool elitist = step.hyper[1] > 0;
  const double incumbent = elitist ? incumbent_loss(step, objective) : 0;
  double loss[2];
  uint32_t words[64];
  for (int c = 0; c < 2; c++) {
    T* candidate = step.line(c);
    for (int64_t k = 0; k < step.K(); k++) {
      if (k % 64 == 0)
        philox_group(step.key, uint64_t(step.t), uint32_t(c), uint32_t(k / 64), words);
      const int direction = int(uint64_t(words[k % 64]) * 3 >> 32) - 1;
      candidate[k] = step.plan.holds(k) ? step.w[k] : step.w[k] + d * T(direction);
    }
    loss[c] = objective.loss(candidate);
  }
  if (!is_finite(loss[0]) && !is_finite(loss[1])) return BAD_LOSS;
  const int better = is_finite(loss[1]) && !(is_finite(loss[0]) && loss[0] <= loss[1]);
  const bool stay = elitist && !(loss[better] <= incumbent);
  const T* from = stay ? step.w : step.line(better);
  std::copy(from, from + step.K(), step.next);
  carry_loss(step, stay ? incumbent : loss[better]);
  return RUNNING;
}

// The forward difference (L(w + h) - L(w)) / h of every weight, then a plain step.
template <class T>
static Status finite_difference(OracleStep<T>& step, Objective<T>& objective) {
  const double rate = step.hyper[0] * step.factor;
  const T h = T(step.hyper[1]);
  const double here = objective.loss(step.w);
  objective.losses_of_changes(step.w, h, step.numbers);
  bool bad = !is_finite(here);
  for (int64_t k = 0; k < step.K(); k++) {
    if (step.plan.holds(k)) continue;
    const double slope = (step.numbers[k] - here) / double(h);
    bad = bad || !is_finite(slope);
    step.next[k] = T(double(step.w[k]) - rate * slope);
  }
  return bad ? BAD_LOSS : RUNNING;
}

// Simulated annealing (Kirkpatrick and others, 1983) with normal moves and geometric cooling.
template <class T>
static Status annealing(OracleStep<T>& step, Objective<T>& objective) {
  const double spread = step.hyper[0], cooling = step.hyper[2];
  const double heat = step.hyper[1] * exp_of(double(step.t - 1) * log_of(cooling));
  const double incumbent = incumbent_loss(step, objective);
  normal_moves(step, 0);
  for (int64_t k = 0; k < step.K(); k++)
    step.line(0)[k] = T(double(step.w[k]) + spread * step.numbers[k]);
  const double loss = objective.loss(step.line(0));
  double chance;
  philox_uniforms(step.key, 1, uint64_t(step.t), 1, &chance);
  if (!is_finite(incumbent) && !is_finite(loss)) return BAD_LOSS;
  const bool taken = is_finite(loss) && (!is_finite(incumbent) || loss < incumbent ||
                                         (heat > 0 && chance < exp_of((incumbent - loss) / heat)));
  const T* from = taken ? step.line(0) : step.w;
  std::copy(from, from + step.K(), step.next);
  carry_loss(step, taken ? loss : incumbent);
  return RUNNING;
}

// An evolution strategy: the slope is estimated from pairs of mirrored normal moves (Salimans and
// others, 2017, without their ranking), then a plain step.
template <class T>
static Status evolution(OracleStep<T>& step, Objective<T>& objective) {
  const double rate = step.hyper[0] * step.factor, spread = step.hyper[1];
  const int pairs = int(step.hyper[2]);
  T *moved = step.line(0), *slope = step.line(1);
  std::fill(slope, slope + step.K(), T(0));
  bool bad = false;
  for (int j = 0; j < pairs && !objective.given_up; j++) {
    normal_moves(step, uint32_t(j));
    double loss[2];
    for (int side = 0; side < 2; side++) {
      const double s = side ? -spread : spread;
      for (int64_t k = 0; k < step.K(); k++) moved[k] = T(double(step.w[k]) + s * step.numbers[k]);
      loss[side] = objective.loss(moved);
    }
    bad = bad || !is_finite(loss[0]) || !is_finite(loss[1]);
    const double weight = (loss[0] - loss[1]) / (2 * spread * pairs);
    for (int64_t k = 0; k < step.K(); k++)
      slope[k] = T(double(slope[k]) + weight * step.numbers[k]);
  }
  for (int64_t k = 0; k < step.K(); k++)
    step.next[k] = T(double(step.w[k]) - rate * double(slope[k]));
  return bad ? BAD_LOSS : RUNNING;
}

}  // namespace shoal
