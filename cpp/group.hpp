// Rows and populations as Python holds them: arrays checked once, then plain pointers.
#pragma once
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "loader.hpp"
#include "plan_builder.hpp"
#include "workers.hpp"

namespace shoal {

// One set of rows, with a feature-major copy for the figures where that is small.
class RowSet {
 public:
  RowSet(ReadOnly x, ReadOnly y, std::optional<ReadOnly> weights, std::optional<ReadOnly> emphasis,
         std::optional<ReadOnly> units)
      : dtype(dtype_of(x, "x")), held_{x, y} {
    expect(x.ndim() == 2 && y.ndim() == 2 && x.shape(0) == y.shape(0) && x.shape(0) > 0,
           "rows: x must have shape (N, D) and y (N, C)");
    expect(dtype_of(y, "y") == dtype, "rows: dtypes differ");
    n_in = int(x.shape(1));
    n_out = int(y.shape(1));
    rows.x = x.data();
    rows.y = y.data();
    rows.n = int64_t(x.shape(0));
    rows.padded = (rows.n + 15) / 16 * 16;
    rows.weights = of_rows(weights, "weights");
    rows.emphasis = of_rows(emphasis, "emphasis");
    dtype ? prepare<double>() : prepare<float>();
    if (!units) return;
    expect(units->size() == size_t(n_out) && units->dtype() == nb::dtype<double>(),
           "rows: units must have shape (C,) in float64");
    const double* unit = static_cast<const double*>(units->data());
    std::copy(unit, unit + n_out, units_.begin());
  }
  // The pointers refer to this object's own memory.
  RowSet(const RowSet&) = delete;
  RowSet& operator=(const RowSet&) = delete;

  void fits(const Plan& plan, int of_dtype) const {
    expect(n_in == plan.n_in && n_out == plan.n_out, "rows: x or y does not fit the plan");
    expect(dtype == of_dtype, "rows: dtypes differ");
  }

  int dtype, n_in, n_out;
  Rows rows{};

 private:
  const void* of_rows(std::optional<ReadOnly>& array, const char* name) {
    if (!array) return nullptr;
    expect(array->size() == size_t(rows.n) && dtype_of(*array, name) == dtype,
           "rows: weights must have shape (N,) and the dtype of x");
    held_.push_back(*array);
    return array->data();
  }
  template <class T>
  void prepare() {
    measure<T>();
    if (n_in + n_out > 64) return;
    columns_.resize(size_t(n_in + n_out) * size_t(rows.padded) * sizeof(T));
    T* to = reinterpret_cast<T*>(columns_.data());
    rows.x_columns = to;
    rows.y_columns = to + n_in * rows.padded;
    transpose(static_cast<const T*>(rows.x), n_in, to);
    transpose(static_cast<const T*>(rows.y), n_out, to + n_in * rows.padded);
  }
  template <class T>
  void transpose(const T* from, int D, T* to) const {
    for (int64_t r = 0; r < rows.padded; r++)
      for (int j = 0; j < D; j++)
        to[j * rows.padded + r] = from[(r < rows.n ? r : rows.n - 1) * D + j];
  }
  // Weighted mean and variance of every target, summed in row order.
  template <class T>
  void measure() {
    const T *y = static_cast<const T*>(rows.y), *w = static_cast<const T*>(rows.weights);
    std::vector<double> mean(size_t(n_out), 0.0);
    units_.assign(size_t(n_out), 1.0);
    inverse_variance_.assign(size_t(n_out), 0.0);
    const auto weight = [&](int64_t r) { return w ? double(w[r]) : 1.0; };
    for (int64_t r = 0; r < rows.n; r++) {
      rows.total_weight += weight(r);
      for (int o = 0; o < n_out; o++) mean[size_t(o)] += weight(r) * double(y[r * n_out + o]);
    }
    for (double& each : mean) each /= rows.total_weight;
    for (int64_t r = 0; r < rows.n; r++)
      for (int o = 0; o < n_out; o++) {
        const double e = double(y[r * n_out + o]) - mean[size_t(o)];
        inverse_variance_[size_t(o)] += weight(r) * e * e;
      }
    for (double& each : inverse_variance_) each = each > 0 ? rows.total_weight / each : 0.0;
    rows.units = units_.data();
    rows.inverse_variance = inverse_variance_.data();
  }

  std::vector<ReadOnly> held_;
  std::vector<char> columns_;
  std::vector<double> units_, inverse_variance_;
};

using Sets = std::vector<RowSet*>;

// P networks that share a plan, with the arrays of their state by name.
class Group {
 public:
  Group(const Plan& plan, const nb::dict& state, const Sets& train, const Sets& validation)
      : plan_(plan) {
    check_plan(plan);
    const Any weights = nb::cast<Any>(state["weights"]);
    dtype_ = dtype_of(weights, "weights");
    expect(weights.ndim() == 2 && weights.shape(1) == size_t(plan.n_parameters),
           "weights must have shape (P, K)");
    P_ = weights.shape(0);
    const size_t K = size_t(plan.n_parameters), item = size_of(dtype_);
    Population& p = population_;
    p.weights = array(state, "weights", K, item);
    p.slots = array(state, "slots", size_t(plan.n_slots) * K, item);
    p.counters = of<double>(state, "counters", MAX_COUNTERS);
    p.step = of<int64_t>(state, "step", 1);
    p.status = of<int32_t>(state, "status", 1);
    p.ended = of<int32_t>(state, "ended", 1);
    p.evaluations = of<int64_t>(state, "evaluations", 1);
    p.watch = of<double>(state, "watch", 2 * size_t(plan.n_watches));
    p.rate_factor = of<double>(state, "rate_factor", 1);
    p.best = array(state, "best", plan.keep_best >= 0 ? K : 0, item);
    p.best_value = of<double>(state, "best_value", 1);
    p.best_report = of<int64_t>(state, "best_report", 1);
    p.hyper = of<double>(state, "hyper", MAX_HYPER);
    p.order = of<uint64_t>(state, "order", 1);
    p.dropout = of<uint64_t>(state, "dropout", 1);
    p.search = of<uint64_t>(state, "search", 1);
    p.train_set = of<int32_t>(state, "train_set", 1);
    p.validation_set = of<int32_t>(state, "validation_set", 1);
    const Any figures = nb::cast<Any>(state["figures"]);
    expect(
        figures.ndim() == 3 && figures.shape(0) == P_ && figures.shape(1) == size_t(plan.n_figures),
        "figures must have shape (P, F, T)");
    p.n_reports = int64_t(figures.shape(2));
    p.figures = of<double>(state, "figures", figures.shape(1) * figures.shape(2));
    p.train = take(train, train_);
    p.validation = take(validation, validation_);
    for (size_t i = 0; i < P_; i++) {
      expect(p.train_set[i] >= 0 && size_t(p.train_set[i]) < train.size(),
             "train_set names a set that is not there");
      expect(p.validation_set[i] < int(validation.size()),
             "validation_set names a set that is not there");
    }
  }

  int64_t bytes(int64_t count, int team = 1) const {
    if (count == 1) return kernels().rows_bytes(&plan_, &largest_, team, dtype_);
    return kernels().networks_bytes(&plan_, &largest_, dtype_);
  }
  void train(int64_t first, int64_t count, int64_t until, void* arena, Control* control) const {
    Team alone(1);
    if (count == 1)
      train_as(alone, 0, first, until, arena, control);
    else
      kernels().train_networks(&plan_, &population_, first, int(count), until, arena, control,
                               dtype_);
  }
  void train_as(Team& team, int rank, int64_t i, int64_t until, void* arena,
                Control* control) const {
    kernels().train_rows(&plan_, &population_, i, until, arena, control, &team, rank, dtype_);
  }
  // Threads that one step of one network can use.
  int most_threads() const {
    if (plan_.rule >= RANDOM_PERTURBATION) return 1;
    const int64_t rows = std::min(plan_.batch, largest_.n);
    return int(std::min<int64_t>((rows + BLOCK - 1) / BLOCK, 256));
  }
  int64_t size() const { return int64_t(P_); }

  // The loss of network i on the batch of `step` with weights (K), and its gradient if asked for.
  double batch_loss(int64_t i, int64_t step, ReadOnly weights, std::optional<Any> gradient) const {
    check_call(i, weights);
    expect(!gradient ||
               (gradient->size() == weights.size() && dtype_of(*gradient, "gradient") == dtype_),
           "gradient must have shape (K,)");
    const Memory arena = aligned_memory(oracle_bytes());
    return kernels().batch_loss(&plan_, &population_, i, step, weights.data(),
                                gradient ? gradient->data() : nullptr, arena.get(), dtype_);
  }
  // Figures of network i with weights (K) after `step` steps, recorded and watched; whether the
  // step is taken.
  bool report(int64_t i, int64_t step, ReadOnly weights) const {
    check_call(i, weights);
    const Memory arena = aligned_memory(bytes(1));
    return kernels().report(&plan_, &population_, i, step, weights.data(), arena.get(), dtype_);
  }

 private:
  void check_call(int64_t i, const ReadOnly& weights) const {
    expect(i >= 0 && i < size(), "there is no such network");
    expect(int64_t(weights.size()) == plan_.n_parameters && dtype_of(weights, "weights") == dtype_,
           "weights must have shape (K,)");
  }
  int64_t oracle_bytes() const {
    Plan plan = plan_;
    plan.rule = FINITE_DIFFERENCE;
    return kernels().rows_bytes(&plan, &largest_, 1, dtype_);
  }
  void* array(const nb::dict& state, const char* name, size_t each, size_t item) {
    Any found = nb::cast<Any>(state[name]);
    if (found.size() < P_ * each || (each && found.itemsize() != item))
      throw nb::value_error(
          (std::string("state: ") + name + " has another shape or dtype").c_str());
    held_.push_back(found);
    return found.data();
  }
  template <class T>
  T* of(const nb::dict& state, const char* name, size_t each) {
    return static_cast<T*>(array(state, name, each, sizeof(T)));
  }
  const Rows* take(const Sets& sets, std::vector<Rows>& rows) {
    for (const RowSet* set : sets) {
      set->fits(plan_, dtype_);
      rows.push_back(set->rows);
      if (set->rows.n > largest_.n) largest_ = set->rows;
    }
    return rows.data();
  }

  Plan plan_;
  int dtype_;
  size_t P_;
  std::vector<Any> held_;
  std::vector<Rows> train_, validation_;
  Rows largest_{};
  Population population_{};
};

}  // namespace shoal
