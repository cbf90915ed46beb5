// The Python module `shoal._core`: random numbers, elementary functions, plans, training.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <tuple>

#include "group.hpp"
#include "philox.hpp"

using namespace shoal;

namespace {

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
      .def("freeze", &freeze, nb::arg("first"), nb::arg("last"))
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
