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

void fill_uniform(uint64_t key, int64_t n, uint64_t step, uint32_t part, double* out) {
  std::vector<uint32_t> w(size_t(2 * n));
  kernels().words(key, 2 * n, step, part, w.data());
  for (int64_t k = 0; k < n; k++)
    out[k] =
        (double(w[size_t(2 * k)] >> 5) * 67108864.0 + double(w[size_t(2 * k + 1)] >> 6)) * 0x1p-53;
}

Array<double> uniform(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0, "philox_uniform: n must not be negative");
  double* out;
  auto array = new_array<double>({size_t(n)}, &out);
  fill_uniform(key, n, step, part, out);
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

// Normals 2k and 2k + 1 from uniforms 2k (radius) and 2k + 1 (angle).
void fill_normal(uint64_t key, int64_t n, uint64_t step, uint32_t part, double* out) {
  const int64_t pairs = (n + 1) / 2;
  std::vector<double> u(size_t(2 * pairs)), radius(u.size() / 2), angle(radius), c(radius),
      s(radius);
  fill_uniform(key, 2 * pairs, step, part, u.data());
  for (int64_t k = 0; k < pairs; k++) {
    radius[size_t(k)] = 1 - u[size_t(2 * k)];
    angle[size_t(k)] = 6.283185307179586 * u[size_t(2 * k + 1)];
  }
  kernels().elementary("log", radius.data(), radius.data(), pairs, 1);
  kernels().elementary("cos", angle.data(), c.data(), pairs, 1);
  kernels().elementary("sin", angle.data(), s.data(), pairs, 1);
  for (int64_t k = 0; k < pairs; k++) {
    const double r = std::sqrt(-2 * radius[size_t(k)]);
    out[2 * k] = r * c[size_t(k)];
    if (2 * k + 1 < n) out[2 * k + 1] = r * s[size_t(k)];
  }
}

Array<double> normal(uint64_t key, int64_t n, uint64_t step, uint32_t part) {
  expect(n >= 0, "philox_normal: n must not be negative");
  double* out;
  auto array = new_array<double>({size_t(n)}, &out);
  fill_normal(key, n, step, part, out);
  return array;
}

Array<double> uniforms(Input<uint64_t> keys, int64_t n, uint64_t step, uint32_t part) {
  return rows_of(keys, n,
                 [=](uint64_t key, double* out) { fill_uniform(key, n, step, part, out); });
}
Array<double> normals(Input<uint64_t> keys, int64_t n, uint64_t step, uint32_t part) {
  return rows_of(keys, n, [=](uint64_t key, double* out) { fill_normal(key, n, step, part, out); });
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

// n_in, n_out, activation, has_bias, offset of weights, offset of bias, parameter
using LayerTuple = std::tuple<int, int, int, bool, int64_t, int64_t, double>;

Plan make_plan(const std::vector<LayerTuple>& layers, int loss, int rule, int n_slots, int accuracy,
               bool mean_reduction, bool shuffled, int keep_best, int64_t batch,
               int64_t report_every, int64_t total_steps) {
  expect(!layers.empty() && layers.size() <= MAX_LAYERS, "plan: 1 to 64 layers");
  expect(batch > 0 && report_every > 0 && total_steps >= 0, "plan: sizes must be positive");
  expect(n_slots >= 0 && n_slots <= MAX_SLOTS, "plan: too many slots");
  Plan plan{};
  plan.n_layers = int32_t(layers.size());
  for (size_t l = 0; l < layers.size(); l++) {
    LayerPlan& to = plan.layers[l];
    std::tie(to.n_in, to.n_out, to.activation, to.has_bias, to.weights, to.bias, to.parameter) =
        layers[l];
    expect(to.n_in > 0 && to.n_out > 0, "plan: layers need inputs and outputs");
    expect(l == 0 || to.n_in == plan.layers[l - 1].n_out, "plan: layers do not join");
    plan.n_parameters = std::max<int64_t>(
        plan.n_parameters, std::max<int64_t>(to.weights + int64_t(to.n_in) * to.n_out,
                                             to.has_bias ? to.bias + to.n_out : 0));
  }
  plan.n_in = plan.layers[0].n_in;
  plan.n_out = plan.layers[plan.n_layers - 1].n_out;
  plan.loss = loss;
  plan.rule = rule;
  plan.n_slots = n_slots;
  plan.accuracy = accuracy;
  plan.mean_reduction = mean_reduction;
  plan.shuffled = shuffled;
  plan.keep_best = keep_best;
  plan.batch = batch;
  plan.report_every = report_every;
  plan.total_steps = total_steps;
  return plan;
}

// One set of rows, with a feature-major copy for the figures where that is small.
struct RowSet {
  ReadOnly x, y;
  std::vector<char> columns;
  Rows rows{};

  RowSet(ReadOnly x_, ReadOnly y_, const Plan& plan, int dtype)
      : x(std::move(x_)), y(std::move(y_)) {
    expect(x.ndim() == 2 && y.ndim() == 2 && x.shape(0) == y.shape(0) && x.shape(0) > 0,
           "rows: x must have shape (N, D) and y (N, C)");
    expect(int(x.shape(1)) == plan.n_in && int(y.shape(1)) == plan.n_out,
           "rows: x or y does not fit the plan");
    expect(dtype_of(x, "x") == dtype && dtype_of(y, "y") == dtype, "rows: dtypes differ");
    rows.x = x.data();
    rows.y = y.data();
    rows.n = int64_t(x.shape(0));
    rows.padded = (rows.n + 15) / 16 * 16;
    if (plan.n_in + plan.n_out > 64) return;
    dtype ? lay_out<double>(plan) : lay_out<float>(plan);
  }
  template <class T>
  void lay_out(const Plan& plan) {
    columns.resize(size_t(plan.n_in + plan.n_out) * size_t(rows.padded) * sizeof(T));
    T* to = reinterpret_cast<T*>(columns.data());
    rows.x_columns = to;
    rows.y_columns = to + plan.n_in * rows.padded;
    transpose(static_cast<const T*>(rows.x), plan.n_in, to);
    transpose(static_cast<const T*>(rows.y), plan.n_out, to + plan.n_in * rows.padded);
  }
  template <class T>
  void transpose(const T* from, int D, T* to) const {
    for (int64_t r = 0; r < rows.padded; r++)
      for (int j = 0; j < D; j++)
        to[j * rows.padded + r] = from[(r < rows.n ? r : rows.n - 1) * D + j];
  }
};

using Pairs = std::vector<std::tuple<ReadOnly, ReadOnly>>;

// P networks that share a plan, with the arrays of their state.
class Group {
 public:
  Group(const Plan& plan, Any weights, Any slots, Any powers, Any step, Any status, Any best,
        Any best_value, Any best_report, Any hyper, Any order, Any train_set, Any validation_set,
        Any figures, const Pairs& train, const Pairs& validation)
      : plan_(plan), dtype_(dtype_of(weights, "weights")) {
    const size_t P = weights.shape(0), K = size_t(plan.n_parameters);
    expect(weights.ndim() == 2 && weights.shape(1) == K, "weights must have shape (P, K)");
    check(slots, P * size_t(plan.n_slots) * K, size_of(dtype_), "slots (P, S, K)");
    check(powers, 2 * P, 8, "powers (P, 2)");
    check(step, P, 8, "step (P,)");
    check(status, P, 4, "status (P,)");
    check(best, plan.keep_best >= 0 ? P * K : 0, size_of(dtype_), "best (P, K)");
    check(best_value, P, 8, "best_value (P,)");
    check(best_report, P, 8, "best_report (P,)");
    check(hyper, 4 * P, 8, "hyper (P, 4)");
    check(order, P, 8, "order (P,)");
    check(train_set, P, 4, "train_set (P,)");
    check(validation_set, P, 4, "validation_set (P,)");
    expect(figures.ndim() == 3 && figures.shape(0) == P && figures.shape(1) == FIGURES &&
               figures.itemsize() == 8,
           "figures must have shape (P, 4, T)");
    for (auto& [x, y] : train) train_.emplace_back(x, y, plan, dtype_);
    for (auto& [x, y] : validation) validation_.emplace_back(x, y, plan, dtype_);
    for (const RowSet& set : train_) train_rows_.push_back(set.rows);
    for (const RowSet& set : validation_) validation_rows_.push_back(set.rows);
    population_ = {weights.data(),
                   slots.data(),
                   static_cast<double*>(powers.data()),
                   static_cast<int64_t*>(step.data()),
                   static_cast<int32_t*>(status.data()),
                   best.data(),
                   static_cast<double*>(best_value.data()),
                   static_cast<int64_t*>(best_report.data()),
                   static_cast<const double*>(hyper.data()),
                   static_cast<const uint64_t*>(order.data()),
                   train_rows_.data(),
                   validation_rows_.data(),
                   static_cast<const int32_t*>(train_set.data()),
                   static_cast<const int32_t*>(validation_set.data()),
                   static_cast<double*>(figures.data()),
                   int64_t(figures.shape(2))};
    for (size_t i = 0; i < P; i++) {
      expect(population_.train_set[i] >= 0 && size_t(population_.train_set[i]) < train_.size(),
             "train_set names a set that is not there");
      expect(population_.validation_set[i] < int(validation_.size()),
             "validation_set names a set that is not there");
    }
    for (Any* array : {&weights, &slots, &powers, &step, &status, &best, &best_value, &best_report,
                       &hyper, &order, &train_set, &validation_set, &figures})
      held_.push_back(*array);
  }

  int64_t bytes(int64_t count) const {
    int64_t rows = 0;
    for (const Rows& set : train_rows_) rows = std::max(rows, set.n);
    if (count == 1) return kernels().rows_bytes(&plan_, dtype_) + rows * 4 + 128;
    return kernels().networks_bytes(&plan_, dtype_) + 16 * (rows * 4 + 64) + 128;
  }
  void train(int64_t first, int64_t count, int64_t until, void* arena, Control* control) const {
    if (count == 1)
      kernels().train_rows(&plan_, &population_, first, until, arena, control, dtype_);
    else
      kernels().train_networks(&plan_, &population_, first, int(count), until, arena, control,
                               dtype_);
  }
  int64_t size() const { return int64_t(held_[0].shape(0)); }

 private:
  static void check(const Any& array, size_t n, size_t item, const char* what) {
    expect(array.size() >= n && array.itemsize() == item, what);
  }

  Plan plan_;
  int dtype_;
  std::vector<Any> held_;
  std::vector<RowSet> train_, validation_;
  std::vector<Rows> train_rows_, validation_rows_;
  Population population_{};
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
  if (!progress.is_none()) progress(control.steps.load());
  return true;
}

// Carry networks on: units (n, 4) of group, first network, count, steps to reach. A unit of one
// network goes to the rows kernel, a larger one (at most 16) to the networks kernel. Returns
// whether a signal ended it early.
bool train(const std::vector<Group*>& groups, Input<int64_t> units, int threads,
           nb::object progress) {
  expect(units.ndim() == 2 && units.shape(1) == 4, "units must have shape (n, 4)");
  const int64_t* u = units.data();
  const int64_t n = int64_t(units.shape(0));
  int64_t bytes = 0;
  for (int64_t k = 0; k < n; k++) {
    expect(u[4 * k] >= 0 && u[4 * k] < int64_t(groups.size()), "units name a group not there");
    const Group& group = *groups[size_t(u[4 * k])];
    expect(u[4 * k + 2] >= 1 && u[4 * k + 2] <= 16 && u[4 * k + 1] >= 0 &&
               u[4 * k + 1] + u[4 * k + 2] <= group.size(),
           "units name networks that are not there");
    bytes = std::max(bytes, group.bytes(u[4 * k + 2]));
  }
  Control control;
  bool interrupted = false;
  {
    const nb::gil_scoped_release release;
    carry_out(
        n, threads, bytes, control,
        [&](int64_t k, void* arena) {
          const int64_t* unit = u + 4 * k;
          groups[size_t(unit[0])]->train(unit[1], unit[2], unit[3], arena, &control);
        },
        [&] { return look_up(control, progress, interrupted); });
  }
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
  {
    const nb::gil_scoped_release release;
    carry_out(
        P * chunks, threads, kernels().rows_bytes(&plan, dtype) + 128, control,
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

// Mean loss, accuracy and the summed gradient (K,) of one network on rows taken in order.
std::tuple<double, double> gradient(const Plan& plan, ReadOnly weights, ReadOnly x, ReadOnly y,
                                    Any out) {
  const int dtype = dtype_of(weights, "weights");
  expect(int64_t(weights.size()) == plan.n_parameters && out.size() == weights.size() &&
             dtype_of(out, "out") == dtype,
         "gradient: weights and out must have shape (K,)");
  const RowSet set(x, y, plan, dtype);
  double figures[2];
  const Memory arena = aligned_memory(kernels().rows_bytes(&plan, dtype));
  kernels().gradient(&plan, weights.data(), &set.rows, out.data(), figures, arena.get(), dtype);
  return {figures[0], figures[1]};
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
      .def_ro("n_parameters", &Plan::n_parameters)
      .def_ro("n_in", &Plan::n_in)
      .def_ro("n_out", &Plan::n_out);
  m.def("make_plan", &make_plan, nb::arg("layers"), nb::kw_only(), nb::arg("loss"), nb::arg("rule"),
        nb::arg("n_slots"), nb::arg("accuracy"), nb::arg("mean_reduction"), nb::arg("shuffled"),
        nb::arg("keep_best"), nb::arg("batch"), nb::arg("report_every"), nb::arg("total_steps"));
  nb::class_<Group>(m, "Group")
      .def(nb::init<const Plan&, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any,
                    const Pairs&, const Pairs&>(),
           nb::arg("plan"), nb::kw_only(), nb::arg("weights"), nb::arg("slots"), nb::arg("powers"),
           nb::arg("step"), nb::arg("status"), nb::arg("best"), nb::arg("best_value"),
           nb::arg("best_report"), nb::arg("hyper"), nb::arg("order"), nb::arg("train_set"),
           nb::arg("validation_set"), nb::arg("figures"), nb::arg("train"), nb::arg("validation"));
  m.def("train", &train, nb::arg("groups"), nb::arg("units"), nb::arg("threads"),
        nb::arg("progress").none());
  m.def("forward", &forward, nb::arg("plan"), nb::arg("weights"), nb::arg("x"), nb::arg("threads"));
  m.def("gradient", &gradient, nb::arg("plan"), nb::arg("weights"), nb::arg("x"), nb::arg("y"),
        nb::arg("out"));
}
