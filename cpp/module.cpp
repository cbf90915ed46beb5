// The Python module `shoal._core`: random numbers, elementary functions, plans, training.
//
// Arrays belong to Python and are checked by shoal.kernels; here only layout and dtype are, since
// a mistake would read beyond an array.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <tuple>

#include "loader.hpp"
#include "philox.hpp"
#include "workers.hpp"

namespace nb = nanobind;
using namespace shoal;

namespace {

template <class T>
using Array = nb::ndarray<nb::numpy, T>;
template <class T>
using Input = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
using Any = nb::ndarray<nb::c_contig, nb::device::cpu>;
using ReadOnly = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

// A new NumPy array that owns its memory.
template <class T>
Array<T> new_array(std::vector<size_t> shape, T** data) {
  size_t n = 1;
  for (size_t size : shape) n *= size;
  T* p = new T[n ? n : 1];
  nb::capsule owner(p, [](void* q) noexcept { delete[] static_cast<T*>(q); });
  *data = p;
  return Array<T>(p, shape.size(), shape.data(), owner);
}

template <class A>
int dtype_of(const A& array, const char* name) {
  if (array.dtype() == nb::dtype<float>()) return 0;
  if (array.dtype() == nb::dtype<double>()) return 1;
  throw nb::type_error((std::string(name) + ": must be float32 or float64").c_str());
}

void expect(bool holds, const char* what) {
  if (!holds) throw nb::value_error(what);
}

size_t size_of(int dtype) { return dtype ? sizeof(double) : sizeof(float); }

// ------------------------------------------------------------------- random numbers

std::tuple<uint32_t, uint32_t, uint32_t, uint32_t> philox_block(
    std::tuple<uint32_t, uint32_t, uint32_t, uint32_t> c, std::tuple<uint32_t, uint32_t> k) {
  const Block128 y = philox({{std::get<0>(c), std::get<1>(c), std::get<2>(c), std::get<3>(c)}},
                            std::get<0>(k), std::get<1>(k));
  return {y.x[0], y.x[1], y.x[2], y.x[3]};
}

// The 64-bit key of (seed, name, member): one Philox block keyed by the seed.
uint64_t derive_key(uint64_t seed, const std::string& name, uint64_t member) {
  expect(name.size() <= 8, "derive_key: name must have at most 8 bytes");
  uint32_t words[2] = {0, 0};
  for (size_t k = 0; k < name.size(); k++)
    words[k / 4] |= uint32_t(uint8_t(name[k])) << (8 * (k % 4));
  const Block128 y = philox({{words[0], words[1], uint32_t(member), uint32_t(member >> 32)}},
                            uint32_t(seed), uint32_t(seed >> 32));
  return uint64_t(y.x[0]) | uint64_t(y.x[1]) << 32;
}

Array<uint32_t> words(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0, "philox_words: n must not be negative");
  uint32_t* out;
  auto array = new_array<uint32_t>({size_t(n)}, &out);
  kernels().words(key, n, step, part, out);
  return array;
}

Array<double> uniform(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0, "philox_uniform: n must not be negative");
  double* out;
  auto array = new_array<double>({size_t(n)}, &out);
  kernels().uniforms(key, n, step, part, out);
  return array;
}

// The 64-bit keys of stream `name` for members 0..n-1, as if each had been derived alone.
Array<uint64_t> member_keys(uint64_t seed, const std::string& name, int64_t n) {
  expect(n >= 0, "member_keys: n must not be negative");
  uint64_t* out;
  auto array = new_array<uint64_t>({size_t(n)}, &out);
  for (int64_t i = 0; i < n; i++)
    out[i] = derive_key(derive_key(seed, "member", uint64_t(i)) >> 11, name, 0);
  return array;
}

// Uniform or normal numbers of many keys, (P, n): row i is what key i gives alone.
template <class Fill>
Array<double> rows_of(Input<uint64_t> keys, int64_t n, Fill fill) {
  expect(keys.ndim() == 1 && n >= 0, "keys must have shape (P,)");
  double* out;
  auto array = new_array<double>({keys.shape(0), size_t(n)}, &out);
  for (size_t i = 0; i < keys.shape(0); i++) fill(keys.data()[i], out + i * size_t(n));
  return array;
}

Array<double> normal(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0, "philox_normal: n must not be negative");
  double* out;
  auto array = new_array<double>({size_t(n)}, &out);
  kernels().normals(key, n, step, part, out);
  return array;
}

Array<double> uniforms(Input<uint64_t> keys, int64_t n, uint64_t step, uint32_t part) {
  return rows_of(keys, n,
                 [=](uint64_t key, double* out) { kernels().uniforms(key, n, step, part, out); });
}
Array<double> normals(Input<uint64_t> keys, int64_t n, uint64_t step, uint32_t part) {
  return rows_of(keys, n,
                 [=](uint64_t key, double* out) { kernels().normals(key, n, step, part, out); });
}

Array<int64_t> permuted(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0 && n < (int64_t(1) << 32), "philox_permutation: n must be in 0..2^32-1");
  std::vector<uint32_t> p(size_t(n ? n : 1));
  kernels().permutation(key, n, step, part, p.data());
  int64_t* out;
  auto array = new_array<int64_t>({size_t(n)}, &out);
  for (int64_t k = 0; k < n; k++) out[k] = int64_t(p[size_t(k)]);
  return array;
}

// -------------------------------------------------------------- elementary functions

template <class T>
Array<T> elementary(const std::string& name, Input<T> x) {
  std::vector<size_t> shape;
  for (size_t d = 0; d < x.ndim(); d++) shape.push_back(x.shape(d));
  T* out;
  auto array = new_array<T>(shape, &out);
  const Kernels& loaded = kernels();
  int known;
  {
    const nb::gil_scoped_release release;
    known = loaded.elementary(name.c_str(), x.data(), out, int64_t(x.size()), sizeof(T) == 8);
  }
  if (!known) throw nb::value_error(("elementary: there is no function '" + name + "'").c_str());
  return array;
}

// Mean and population standard deviation of each column of x (N, D), summed in row order.
std::tuple<Array<double>, Array<double>> column_moments(Input<double> x) {
  expect(x.ndim() == 2 && x.shape(0) > 0, "column_moments: x must have shape (N, D) with N > 0");
  const size_t N = x.shape(0), D = x.shape(1);
  double *mean, *deviation;
  auto means = new_array<double>({D}, &mean);
  auto deviations = new_array<double>({D}, &deviation);
  std::fill(mean, mean + D, 0.0);
  std::fill(deviation, deviation + D, 0.0);
  const double* p = x.data();
  for (size_t r = 0; r < N; r++)
    for (size_t j = 0; j < D; j++) mean[j] = mean[j] + p[r * D + j];
  for (size_t j = 0; j < D; j++) mean[j] = mean[j] / double(N);
  for (size_t r = 0; r < N; r++)
    for (size_t j = 0; j < D; j++) {
      const double e = p[r * D + j] - mean[j];
      deviation[j] = deviation[j] + e * e;
    }
  for (size_t j = 0; j < D; j++) deviation[j] = std::sqrt(deviation[j] / double(N));
  return {means, deviations};
}

// ------------------------------------------------------------------------- plans

void add_layer(Plan& plan, int n_in, int n_out, int activation, bool has_bias, int64_t weights,
               int64_t bias, double parameter) {
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

void restrain_layer(Plan& plan, int layer, double l1, double l2, double dropout, double max_norm) {
  expect(layer >= 0 && layer < plan.n_layers, "plan: there is no such layer");
  expect(dropout >= 0 && dropout < 1, "plan: dropout must be in [0, 1)");
  LayerPlan& to = plan.layers[layer];
  to.l1 = l1;
  to.l2 = l2;
  to.dropout = dropout;
  to.max_norm = max_norm;
}

void add_stage(Plan& plan, int kind, double steps, double value) {
  expect(plan.n_stages < MAX_STAGES, "plan: too many schedules");
  expect(steps > 0, "plan: a schedule needs steps");
  plan.stages[plan.n_stages++] = {kind, steps, value};
}

void add_watch(Plan& plan, int kind, int figure, bool up, bool keep_before, int64_t patience,
               double level, double gain, double factor, double least) {
  expect(plan.n_watches < MAX_WATCHES, "plan: too many rules that watch figures");
  expect(figure >= 0 && figure < FIGURES, "plan: there is no such figure");
  plan.watches[plan.n_watches++] = {kind,  figure, up,     keep_before, patience,
                                    level, gain,   factor, least};
}

void keep_figures(Plan& plan, const std::vector<int>& figures) {
  std::fill(plan.slot_of, plan.slot_of + FIGURES, -1);
  plan.n_figures = 0;
  for (int figure : figures) {
    expect(figure >= 0 && figure < FIGURES, "plan: there is no such figure");
    plan.slot_of[figure] = plan.n_figures++;
  }
}

Plan empty_plan() {
  Plan plan{};
  plan.keep_best = -1;
  plan.mean_reduction = 1;
  plan.batch = plan.report_every = 1;
  plan.threshold = 0.5;
  std::fill(plan.slot_of, plan.slot_of + FIGURES, -1);
  return plan;
}

void check_plan(const Plan& plan) {
  expect(plan.n_layers > 0, "plan: a network has layers");
  expect(plan.batch > 0 && plan.report_every > 0 && plan.total_steps >= 0,
         "plan: sizes must be positive");
  expect(plan.n_slots >= 0 && (plan.rule >= RANDOM_PERTURBATION || plan.n_slots <= MAX_SLOTS),
         "plan: too many slots");
  expect(plan.keep_best < FIGURES, "plan: there is no such figure");
}

// ------------------------------------------------------------------------- rows

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

// Let Python look at its signals, and tell it how many steps are done; false to stop. A pending
// KeyboardInterrupt stays pending in `interrupted`, not raised.
bool look_up(const Control& control, const nb::object& progress, bool& interrupted) {
  const nb::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() != 0) {
    if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) throw nb::python_error();
    interrupted = true;
    PyErr_Clear();
    return false;
  }
  if (progress.is_none()) return true;
  const nb::object answer = progress(control.steps.load());
  return answer.ptr() != Py_False;
}

// ------------------------------------------------------------------------- training

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

// Carry networks on: units (n, 4) of group, first network, count, steps to reach. A unit of one
// network goes to the rows kernel, a larger one (at most 16) to the networks kernel. Where there
// are more threads than units, a network is worked on by several. Returns whether a signal ended
// it early; `progress` may end it too, by returning False.
bool train(const std::vector<Group*>& groups, Input<int64_t> units, int threads,
           nb::object progress) {
  expect(units.ndim() == 2 && units.shape(1) == 4, "units must have shape (n, 4)");
  const int64_t* u = units.data();
  const int64_t n = int64_t(units.shape(0));
  int64_t bytes = 0;
  int team = threads;
  for (int64_t k = 0; k < n; k++) {
    expect(u[4 * k] >= 0 && u[4 * k] < int64_t(groups.size()), "units name a group not there");
    const Group& group = *groups[size_t(u[4 * k])];
    expect(u[4 * k + 2] >= 1 && u[4 * k + 2] <= 16 && u[4 * k + 1] >= 0 &&
               u[4 * k + 1] + u[4 * k + 2] <= group.size(),
           "units name networks that are not there");
    bytes = std::max(bytes, group.bytes(u[4 * k + 2]));
    team = u[4 * k + 2] > 1 ? 1 : std::min(team, group.most_threads());
  }
  Control control;
  bool interrupted = false;
  const auto awake = [&] { return look_up(control, progress, interrupted); };
  const nb::gil_scoped_release release;
  if (team > 1 && 2 * n <= threads) {
    for (int64_t k = 0; k < n && !control.stop; k++) {
      const int64_t* unit = u + 4 * k;
      const Group& group = *groups[size_t(unit[0])];
      std::optional<Team> members;
      std::once_flag once;
      together(
          team, [&](int size) { return group.bytes(1, size); }, control,
          [&](int rank, int size, void* arena) {
            std::call_once(once, [&] { members.emplace(size); });
            group.train_as(*members, rank, unit[1], unit[3], arena, &control);
          },
          awake);
    }
    return interrupted;
  }
  carry_out(
      n, threads, bytes, control,
      [&](int64_t k, void* arena) {
        const int64_t* unit = u + 4 * k;
        groups[size_t(unit[0])]->train(unit[1], unit[2], unit[3], arena, &control);
      },
      awake);
  return interrupted;
}

// Outputs (P, N, C) of networks with weights (P, K) for rows x (N, D).
nb::object forward(const Plan& plan, ReadOnly weights, ReadOnly x, int threads) {
  const int dtype = dtype_of(weights, "weights");
  expect(dtype_of(x, "x") == dtype, "forward: weights and x have different dtypes");
  expect(weights.ndim() == 2 && int64_t(weights.shape(1)) == plan.n_parameters,
         "forward: weights must have shape (P, K)");
  expect(x.ndim() == 2 && int(x.shape(1)) == plan.n_in, "forward: x must have shape (N, D)");
  const int64_t P = int64_t(weights.shape(0)), N = int64_t(x.shape(0)), C = plan.n_out;
  const int64_t chunk = 4096, chunks = (N + chunk - 1) / chunk;
  const size_t item = size_of(dtype);
  void* out;
  nb::object result;
  if (dtype) {
    double* p;
    result = nb::cast(new_array<double>({size_t(P), size_t(N), size_t(C)}, &p));
    out = p;
  } else {
    float* p;
    result = nb::cast(new_array<float>({size_t(P), size_t(N), size_t(C)}, &p));
    out = p;
  }
  const char *w = static_cast<const char*>(weights.data()),
             *rows = static_cast<const char*>(x.data());
  Control control;
  bool interrupted = false;
  const nb::object nobody = nb::none();  // made while the GIL is held
  const Rows none{};
  {
    const nb::gil_scoped_release release;
    carry_out(
        P * chunks, threads, kernels().rows_bytes(&plan, &none, 1, dtype), control,
        [&](int64_t k, void* arena) {
          const int64_t i = k / chunks, first = k % chunks * chunk, n = std::min(chunk, N - first);
          kernels().forward(&plan, w + size_t(i * plan.n_parameters) * item,
                            rows + size_t(first * plan.n_in) * item,
                            static_cast<char*>(out) + size_t((i * N + first) * C) * item, n, arena,
                            dtype);
        },
        [&] { return look_up(control, nobody, interrupted); });
  }
  if (interrupted) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  return result;
}

// Figures (P, KINDS) of networks with weights (P, K) on a set of rows.
Array<double> figures(const Plan& plan, ReadOnly weights, const RowSet& set, int threads) {
  const int dtype = dtype_of(weights, "weights");
  check_plan(plan);
  set.fits(plan, dtype);
  expect(weights.ndim() == 2 && int64_t(weights.shape(1)) == plan.n_parameters,
         "figures: weights must have shape (P, K)");
  const int64_t P = int64_t(weights.shape(0));
  double* out;
  auto array = new_array<double>({size_t(P), size_t(KINDS)}, &out);
  const char* w = static_cast<const char*>(weights.data());
  const size_t item = size_of(dtype);
  Control control;
  bool interrupted = false;
  const nb::object nobody = nb::none();
  {
    const nb::gil_scoped_release release;
    carry_out(
        P, threads, kernels().rows_bytes(&plan, &set.rows, 1, dtype), control,
        [&](int64_t i, void* arena) {
          kernels().figures(&plan, w + size_t(i * plan.n_parameters) * item, &set.rows,
                            out + i * KINDS, arena, dtype);
        },
        [&] { return look_up(control, nobody, interrupted); });
  }
  if (interrupted) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  return array;
}

}  // namespace

NB_MODULE(_core, m) {
  m.def("isa", [] { return std::string(kernels().name); });
  m.def("runnable", &runnable);
  m.def("philox_block", &philox_block, nb::arg("counter"), nb::arg("key"));
  m.def("derive_key", &derive_key, nb::arg("seed"), nb::arg("name"), nb::arg("member") = 0);
  m.def("member_keys", &member_keys, nb::arg("seed"), nb::arg("name"), nb::arg("n"));
  m.def("philox_uniforms", &uniforms, nb::arg("keys"), nb::arg("n"), nb::arg("step"),
        nb::arg("part"));
  m.def("philox_normals", &normals, nb::arg("keys"), nb::arg("n"), nb::arg("step"),
        nb::arg("part"));
  m.def("philox_words", &words, nb::arg("key"), nb::arg("n"), nb::arg("step"), nb::arg("part"));
  m.def("philox_uniform", &uniform, nb::arg("key"), nb::arg("n"), nb::arg("step"), nb::arg("part"));
  m.def("philox_normal", &normal, nb::arg("key"), nb::arg("n"), nb::arg("step"), nb::arg("part"));
  m.def("philox_permutation", &permuted, nb::arg("key"), nb::arg("n"), nb::arg("step"),
        nb::arg("part"));
  m.def("elementary", &elementary<double>, nb::arg("name"), nb::arg("x"));
  m.def("elementary32", &elementary<float>, nb::arg("name"), nb::arg("x"));
  m.def("column_moments", &column_moments, nb::arg("x"));
  nb::class_<Plan>(m, "Plan")
      .def("__init__", [](Plan* plan) { new (plan) Plan(empty_plan()); })
      .def_ro("n_parameters", &Plan::n_parameters)
      .def_ro("n_in", &Plan::n_in)
      .def_ro("n_out", &Plan::n_out)
      .def_rw("loss", &Plan::loss)
      .def_rw("rule", &Plan::rule)
      .def_rw("n_slots", &Plan::n_slots)
      .def_rw("accuracy", &Plan::accuracy)
      .def_rw("mean_reduction", &Plan::mean_reduction)
      .def_rw("shuffled", &Plan::shuffled)
      .def_rw("keep_best", &Plan::keep_best)
      .def_rw("batch", &Plan::batch)
      .def_rw("report_every", &Plan::report_every)
      .def_rw("total_steps", &Plan::total_steps)
      .def_rw("max_evaluations", &Plan::max_evaluations)
      .def_rw("loss_parameter", &Plan::loss_parameter)
      .def_rw("threshold", &Plan::threshold)
      .def_rw("clip_norm", &Plan::clip_norm)
      .def_rw("clip_value", &Plan::clip_value)
      .def_rw("weight_decay", &Plan::weight_decay)
      .def_rw("input_noise", &Plan::input_noise)
      .def_rw("label_smoothing", &Plan::label_smoothing)
      .def("add_layer", &add_layer, nb::arg("n_in"), nb::arg("n_out"), nb::kw_only(),
           nb::arg("activation"), nb::arg("has_bias"), nb::arg("weights"), nb::arg("bias"),
           nb::arg("parameter"))
      .def("restrain_layer", &restrain_layer, nb::arg("layer"), nb::kw_only(), nb::arg("l1"),
           nb::arg("l2"), nb::arg("dropout"), nb::arg("max_norm"))
      .def("add_stage", &add_stage, nb::arg("kind"), nb::kw_only(), nb::arg("steps"),
           nb::arg("value"))
      .def("add_watch", &add_watch, nb::arg("kind"), nb::arg("figure"), nb::kw_only(),
           nb::arg("up"), nb::arg("keep_before"), nb::arg("patience"), nb::arg("level"),
           nb::arg("gain"), nb::arg("factor"), nb::arg("least"))
      .def("keep_figures", &keep_figures, nb::arg("figures"))
      .def(
          "rate_factor",
          [](const Plan& plan, int64_t step) { return kernels().rate_factor(&plan, step); },
          nb::arg("step"));
  nb::class_<RowSet>(m, "Rows").def(nb::init<ReadOnly, ReadOnly, std::optional<ReadOnly>,
                                             std::optional<ReadOnly>, std::optional<ReadOnly>>(),
                                    nb::arg("x"), nb::arg("y"), nb::kw_only(),
                                    nb::arg("weights").none(), nb::arg("emphasis").none(),
                                    nb::arg("units").none());
  nb::class_<Group>(m, "Group")
      .def(nb::init<const Plan&, const nb::dict&, const Sets&, const Sets&>(), nb::arg("plan"),
           nb::arg("state"), nb::kw_only(), nb::arg("train"), nb::arg("validation"),
           nb::keep_alive<1, 4>(), nb::keep_alive<1, 5>())
      .def("batch_loss", &Group::batch_loss, nb::arg("network"), nb::arg("step"),
           nb::arg("weights"), nb::arg("gradient").none())
      .def("report", &Group::report, nb::arg("network"), nb::arg("step"), nb::arg("weights"));
  m.def("train", &train, nb::arg("groups"), nb::arg("units"), nb::arg("threads"),
        nb::arg("progress").none());
  m.def("forward", &forward, nb::arg("plan"), nb::arg("weights"), nb::arg("x"), nb::arg("threads"));
  m.def("figures", &figures, nb::arg("plan"), nb::arg("weights"), nb::arg("rows"),
        nb::arg("threads"));
}
