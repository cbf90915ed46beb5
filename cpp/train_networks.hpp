// Training of up to 16 networks with the networks kernel: each lane ends on its own.
#pragma once
#include "networks.hpp"
#include "train_rows.hpp"

namespace shoal {

// The state of up to 16 networks between the caller's arrays and the lanes.
template <class T>
class LaneTrainer {
 public:
  LaneTrainer(const Plan& plan, const Population& population, int64_t first, int count,
              void* memory, Control* control)
      : plan_(plan),
        population_(population),
        first_(first),
        count_(count),
        figures_(plan, memory, control),
        kernel_(plan, figures_.arena()),
        restraint_(plan, figures_.arena()),
        rule_(rule_functions<T>(plan.rule)),
        control_(control) {
    one_ = figures_.arena().template take<T>(plan.n_parameters);
    const Rows& rows = set(0);
    for (uint32_t*& order : order_)
      order = figures_.arena().template take<uint32_t>(plan.shuffled ? rows.n : 0);
    load();
  }

  void run(int64_t until) {
    const Rows& rows = set(0);
    const int64_t per_epoch = (rows.n + plan_.batch - 1) / plan_.batch;
    int64_t ordered = -1;
    while (step_ < until && alive_ && !figures_.stopped()) {
      const int64_t epoch = step_ / per_epoch, at = step_ % per_epoch * plan_.batch;
      const int64_t n = std::min(plan_.batch, rows.n - at);
      if (plan_.shuffled && epoch != ordered) {
        permutations(order_keys_, count_, rows.n, uint64_t(epoch), 0, order_);
        ordered = epoch;
      }
      kernel_.sum_gradient(now_, source_, at, n, step_ + 1);
      if (!update(plan_.mean_reduction ? T(1) / T(n) : T(1))) break;
    }
    for (int u = 0; u < count_; u++)
      if (alive_ >> u & 1) save(u, now_, counters_[same_ ? 0 : u]);
  }

  static int64_t bytes(const Plan& plan, const Rows& largest) {
    RowsKernel<T> figures(plan, nullptr);
    NetworksKernel<T> kernel(plan, figures.arena());
    Restraint<T> restraint(plan, figures.arena());
    figures.arena().template take<T>(plan.n_parameters);
    for (int u = 0; u < LANES; u++)
      figures.arena().template take<uint32_t>(plan.shuffled ? largest.n : 0);
    return figures.used();
  }

 private:
  const Rows& set(int u) const { return population_.train[population_.train_set[first_ + u]]; }

  void load() {
    const int64_t K = plan_.n_parameters;
    restraint_.prepare();
    step_ = start_ = population_.step[first_];
    source_.common = !plan_.shuffled;
    source_.weighted = false;
    source_.count = count_;
    for (int u = 0; u < LANES; u++) {
      const int64_t i = first_ + (u < count_ ? u : 0);
      const Rows& rows = population_.train[population_.train_set[i]];
      source_.x[u] = static_cast<const T*>(rows.x);
      source_.y[u] = static_cast<const T*>(rows.y);
      source_.emphasis[u] = static_cast<const T*>(rows.emphasis);
      source_.weighted = source_.weighted || rows.emphasis;
      source_.order[u] = plan_.shuffled ? order_[u < count_ ? u : 0] : nullptr;
      order_keys_[u] = population_.order[i];
      source_.dropout[u] = population_.dropout[i];
      source_.common = source_.common && source_.x[u] == source_.x[0];
      if (u < count_ && going_on(population_, i)) alive_ |= 1u << u;
      const T* w = static_cast<const T*>(population_.weights) + i * K;
      const T* s = static_cast<const T*>(population_.slots) + i * plan_.n_slots * K;
      for (int64_t k = 0; k < K; k++) kernel_.weights[0][k * LANES + u] = w[k];
      for (int64_t k = 0; k < K * plan_.n_slots; k++) kernel_.slots[0][k * LANES + u] = s[k];
      std::copy(population_.hyper + MAX_HYPER * i, population_.hyper + MAX_HYPER * (i + 1),
                hyper_[u]);
      std::copy(population_.counters + MAX_COUNTERS * i,
                population_.counters + MAX_COUNTERS * (i + 1), counters_[u]);
    }
    compare();
  }
  // Whether all lanes have the same numbers: then they are prepared once a step.
  void compare() {
    if (same_)
      for (int u = 1; u < LANES && started_; u++)
        std::copy(counters_[0], counters_[0] + MAX_COUNTERS, counters_[u]);
    same_ = started_ = true;
    for (int u = 0; u < LANES; u++) {
      rate_factor_[u] = population_.rate_factor[first_ + (u < count_ ? u : 0)];
      same_ = same_ && rate_factor_[u] == rate_factor_[0] &&
              std::equal(hyper_[u], hyper_[u] + MAX_HYPER, hyper_[0]) &&
              std::equal(counters_[u], counters_[u] + MAX_COUNTERS, counters_[0]);
    }
  }

  // Write lane u of `side` back to network first + u: it ends here, or the work does.
  void save(int u, int side, const double* counters) {
    const int64_t K = plan_.n_parameters, i = first_ + u;
    T* w = static_cast<T*>(population_.weights) + i * K;
    T* s = static_cast<T*>(population_.slots) + i * plan_.n_slots * K;
    for (int64_t k = 0; k < K; k++) w[k] = kernel_.weights[side][k * LANES + u];
    for (int64_t k = 0; k < K * plan_.n_slots; k++) s[k] = kernel_.slots[side][k * LANES + u];
    population_.step[i] = step_;
    if (plan_.max_evaluations <= 0) population_.evaluations[i] += step_ - start_;
    std::copy(counters, counters + MAX_COUNTERS, population_.counters + MAX_COUNTERS * i);
    alive_ &= ~(1u << u);
  }

  // One step of all lanes; false if its figures were given up (then it is not taken).
  bool update(T scale) {
    double before[LANES][MAX_COUNTERS];
    const int n = same_ ? 1 : LANES;
    std::copy(&counters_[0][0], &counters_[0][0] + MAX_COUNTERS * n, &before[0][0]);
    prepare();
    unsigned bad = 0;
    Vec<T> factor(scale);
    if (restraint_.adjusts)
      factor = restraint_.adjust_lanes(kernel_.weights[now_], scale, kernel_.gradient, bad);
    Found found = move(factor);
    found.bad_gradient |= bad;
    restraint_.bound_lanes(kernel_.weights[1 - now_]);
    if (const unsigned lost = (found.bad_gradient | found.bad_weights) & alive_)
      for (int u = 0; u < count_; u++) {
        if (!(lost >> u & 1)) continue;
        population_.status[first_ + u] = found.bad_gradient >> u & 1 ? BAD_GRADIENT : BAD_WEIGHTS;
        save(u, now_, before[same_ ? 0 : u]);
      }
    const bool due = report_due(plan_, step_ + 1);
    if (due && !report_lanes(before)) {
      std::copy(&before[0][0], &before[0][0] + MAX_COUNTERS * n, &counters_[0][0]);
      return false;
    }
    now_ = 1 - now_;
    step_++;
    if (due || plan_.max_evaluations > 0) let_go(due);
    if ((step_ & 63) == 0) control_->steps.fetch_add(64 * count_, std::memory_order_relaxed);
    return true;
  }
  // Take lanes that have ended out, and see what watches have made of the learning rates.
  void let_go(bool due) {
    for (int u = 0; u < count_; u++) {
      if (!(alive_ >> u & 1)) continue;
      if (plan_.max_evaluations > 0) count_evaluations(plan_, population_, first_ + u, 1);
      if (!going_on(population_, first_ + u)) save(u, now_, counters_[same_ ? 0 : u]);
    }
    bool changed = false;
    for (int u = 0; due && u < count_; u++)
      changed = changed || rate_factor_[u] != population_.rate_factor[first_ + u];
    if (changed) compare();
  }

  // Constants of this step: once where all lanes have the same numbers, else lane by lane.
  void prepare() {
    T one[MAX_CONSTANTS];
    const double scheduled = schedule_factor(plan_, step_);
    if (same_) {
      const double factor = scheduled * rate_factor_[0];
      rule_.prepare(hyper_[0], factor, counters_[0], one);
      for (int c = 0; c < rule_.n_constants; c++) constants_[c] = all<T>(one[c]);
      rate_ = all(T(hyper_[0][0] * factor));
      return;
    }
    alignas(64) T lanes[MAX_CONSTANTS + 1][LANES];
    for (int u = 0; u < LANES; u++) {
      const double factor = scheduled * rate_factor_[u];
      rule_.prepare(hyper_[u], factor, counters_[u], one);
      for (int c = 0; c < rule_.n_constants; c++) lanes[c][u] = one[c];
      lanes[MAX_CONSTANTS][u] = T(hyper_[u][0] * factor);
    }
    for (int c = 0; c < rule_.n_constants; c++) constants_[c] = Vec<T>::load(lanes[c]);
    rate_ = Vec<T>::load(lanes[MAX_CONSTANTS]);
  }

  Found move(Vec<T> factor) {
    const Move<T> move{kernel_.weights[now_],
                       kernel_.weights[1 - now_],
                       kernel_.slots[now_],
                       kernel_.slots[1 - now_],
                       kernel_.gradient,
                       plan_.n_parameters * LANES,
                       0,
                       plan_.n_parameters * LANES,
                       factor,
                       rate_,
                       constants_};
    if (restraint_.holds) return rule_.hold_lanes(move, restraint_.decay(), restraint_.held());
    return restraint_.decays ? rule_.move_lanes(move, restraint_.decay()) : rule_.move(move);
  }

  // Figures of all lanes, recorded together: a stop in between leaves none of a step not taken.
  bool report_lanes(const double (*before)[MAX_COUNTERS]) {
    double figure[LANES][FIGURES];
    for (int u = 0; u < count_; u++)
      if ((alive_ >> u & 1) && !judge(figures_, population_, first_ + u, lane(u), figure[u]))
        return false;
    for (int u = 0; u < count_; u++)
      if ((alive_ >> u & 1) &&
          !record(plan_, population_, first_ + u, step_ + 1, lane(u), figure[u]))
        save(u, now_, before[same_ ? 0 : u]);
    return true;
  }
  // The new weights of lane u in a line of their own.
  const T* lane(int u) {
    const T* w = kernel_.weights[1 - now_];
    for (int64_t k = 0; k < plan_.n_parameters; k++) one_[k] = w[k * LANES + u];
    return one_;
  }

  const Plan& plan_;
  const Population& population_;
  int64_t first_;
  int count_;
  RowsKernel<T> figures_;
  NetworksKernel<T> kernel_;
  Restraint<T> restraint_;
  const RuleFunctions<T> rule_;
  Control* control_;
  typename NetworksKernel<T>::Source source_;
  uint32_t* order_[LANES];
  uint64_t order_keys_[LANES];
  T* one_;
  Vec<T> constants_[MAX_CONSTANTS], rate_;
  double hyper_[LANES][MAX_HYPER], counters_[LANES][MAX_COUNTERS], rate_factor_[LANES];
  bool same_ = true, started_ = false;
  unsigned alive_ = 0;
  int64_t step_ = 0, start_ = 0;
  int now_ = 0;
};

}  // namespace shoal
