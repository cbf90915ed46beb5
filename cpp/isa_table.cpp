// The table of one instruction set's functions, and what does not depend on a plan.
#include <cstring>

#include "interface.hpp"
#include "normals.hpp"
#include "schedules.hpp"

namespace shoal {

#define SHOAL_DECLARE(NAME)                                                                        \
  int64_t rows_bytes_##NAME(const Plan*, const Rows*, int);                                        \
  int64_t networks_bytes_##NAME(const Plan*, const Rows*);                                         \
  void train_rows_##NAME(const Plan*, const Population*, int64_t, int64_t, void*, Control*, Team*, \
                         int);                                                                     \
  void train_networks_##NAME(const Plan*, const Population*, int64_t, int, int64_t, void*,         \
                             Control*);                                                            \
  void forward_##NAME(const Plan*, const void*, const void*, void*, int64_t, void*);               \
  void figures_##NAME(const Plan*, const void*, const Rows*, double*, void*);                      \
  double batch_loss_##NAME(const Plan*, const Population*, int64_t, int64_t, const void*, void*,   \
                           void*);                                                                 \
  int report_##NAME(const Plan*, const Population*, int64_t, int64_t, const void*, void*);
SHOAL_DECLARE(f32)
SHOAL_DECLARE(f64)

namespace {

template <class T>
using Function = Vec<T> (*)(Vec<T>);

template <class T>
Function<T> find(const char* name) {
  struct Entry {
    const char* name;
    Function<T> function;
  };
  static constexpr Entry all[] = {{"exp", [](Vec<T> x) { return exp(x); }},
                                  {"log", [](Vec<T> x) { return log(x); }},
                                  {"tanh", [](Vec<T> x) { return tanh(x); }},
                                  {"sigmoid", [](Vec<T> x) { return sigmoid(x); }},
                                  {"softplus", [](Vec<T> x) { return softplus(x); }},
                                  {"erf", [](Vec<T> x) { return erf(x); }}};
  for (const Entry& entry : all)
    if (!std::strcmp(entry.name, name)) return entry.function;
  if constexpr (sizeof(T) == 8) {  // for making data, which is done in double precision
    if (!std::strcmp("sin", name)) return [](Vec<T> x) { return sin(x); };
    if (!std::strcmp("cos", name)) return [](Vec<T> x) { return cos(x); };
  }
  return nullptr;
}

template <class T>
int apply(const char* name, const void* in, void* out, int64_t n) {
  const Function<T> function = find<T>(name);
  if (!function) return 0;
  const FloatMode mode;
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  int64_t k = 0;
  for (; k + LANES <= n; k += LANES) function(Vec<T>::load(x + k)).store(y + k);
  if (k < n) {
    alignas(64) T rest[LANES] = {};
    std::memcpy(rest, x + k, size_t(n - k) * sizeof(T));
    function(Vec<T>::load(rest)).store(rest);
    std::memcpy(y + k, rest, size_t(n - k) * sizeof(T));
  }
  return 1;
}

const Kernels table = {
    .abi = ABI,
    .name = SHOAL_ISA_NAME,
    .rows_bytes = [](const Plan* p, const Rows* r, int team,
                     int d) { return d ? rows_bytes_f64(p, r, team) : rows_bytes_f32(p, r, team); },
    .networks_bytes = [](const Plan* p, const Rows* r,
                         int d) { return d ? networks_bytes_f64(p, r) : networks_bytes_f32(p, r); },
    .train_rows =
        [](const Plan* p, const Population* q, int64_t i, int64_t until, void* a, Control* c,
           Team* team, int rank, int d) {
          d ? train_rows_f64(p, q, i, until, a, c, team, rank)
            : train_rows_f32(p, q, i, until, a, c, team, rank);
        },
    .train_networks =
        [](const Plan* p, const Population* q, int64_t i, int n, int64_t until, void* a, Control* c,
           int d) {
          d ? train_networks_f64(p, q, i, n, until, a, c)
            : train_networks_f32(p, q, i, n, until, a, c);
        },
    .forward = [](const Plan* p, const void* w, const void* x, void* y, int64_t n, void* a,
                  int d) { d ? forward_f64(p, w, x, y, n, a) : forward_f32(p, w, x, y, n, a); },
    .figures = [](const Plan* p, const void* w, const Rows* r, double* f, void* a,
                  int d) { d ? figures_f64(p, w, r, f, a) : figures_f32(p, w, r, f, a); },
    .batch_loss =
        [](const Plan* p, const Population* q, int64_t i, int64_t step, const void* w, void* g,
           void* a, int d) {
          return d ? batch_loss_f64(p, q, i, step, w, g, a)
                   : batch_loss_f32(p, q, i, step, w, g, a);
        },
    .report =
        [](const Plan* p, const Population* q, int64_t i, int64_t step, const void* w, void* a,
           int d) { return d ? report_f64(p, q, i, step, w, a) : report_f32(p, q, i, step, w, a); },
    .rate_factor =
        [](const Plan* p, int64_t step) {
          const FloatMode mode;
          return schedule_factor(*p, step);
        },
    .words = [](uint64_t key, int64_t n, uint64_t step, uint32_t part,
                uint32_t* out) { philox_words(key, n, step, part, out); },
    .uniforms = [](uint64_t key, int64_t n, uint64_t step, uint32_t part,
                   double* out) { philox_uniforms(key, n, step, part, out); },
    .normals =
        [](uint64_t key, int64_t n, uint64_t step, uint32_t part, double* out) {
          const FloatMode mode;
          philox_normals(key, n, step, part, out);
        },
    .permutation = [](uint64_t key, int64_t n, uint64_t step, uint32_t part,
                      uint32_t* out) { permutation(key, n, step, part, out); },
    .elementary =
        [](const char* name, const void* in, void* out, int64_t n, int d) {
          return d ? apply<double>(name, in, out, n) : apply<float>(name, in, out, n);
        },
};

}  // namespace
}  // namespace shoal

extern "C" __attribute__((visibility("default"))) const shoal::Kernels* shoal_kernels() {
  return &shoal::table;
}
