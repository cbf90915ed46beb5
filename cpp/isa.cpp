// All kernels, compiled once per instruction set and dtype; see interface.hpp.
#include <cstring>

#include "train_networks.hpp"

namespace shoal {

#define SHOAL_KERNELS_OF(T, NAME)                                                                  \
  int64_t rows_bytes_##NAME(const Plan* plan) { return rows_bytes<T>(*plan); }                     \
  int64_t networks_bytes_##NAME(const Plan* plan) { return LaneTrainer<T, Adam>::bytes(*plan); }   \
  void train_rows_##NAME(const Plan* plan, const Population* population, int64_t i, int64_t until, \
                         void* arena, Control* control) {                                          \
    const FloatMode mode;                                                                          \
    with_optimizer(plan->rule, [&](auto optimizer) {                                               \
      train_rows_with<T, decltype(optimizer)>(*plan, *population, i, until, arena, control);       \
    });                                                                                            \
  }                                                                                                \
  void train_networks_##NAME(const Plan* plan, const Population* population, int64_t i, int count, \
                             int64_t until, void* arena, Control* control) {                       \
    const FloatMode mode;                                                                          \
    with_optimizer(plan->rule, [&](auto optimizer) {                                               \
      LaneTrainer<T, decltype(optimizer)>(*plan, *population, i, count, arena, control)            \
          .run(until);                                                                             \
    });                                                                                            \
  }                                                                                                \
  void forward_##NAME(const Plan* plan, const void* w, const void* x, void* out, int64_t n,        \
                      void* arena) {                                                               \
    const FloatMode mode;                                                                          \
    RowsKernel<T>(*plan, arena)                                                                    \
        .forward(static_cast<const T*>(w), static_cast<const T*>(x), static_cast<T*>(out), n);     \
  }                                                                                                \
  void gradient_##NAME(const Plan* plan, const void* w, const Rows* rows, void* g,                 \
                       double* figures, void* arena) {                                             \
    const FloatMode mode;                                                                          \
    RowsKernel<T> kernel(*plan, arena);                                                            \
    kernel.gradient(static_cast<const T*>(w), *rows, nullptr, 0, rows->n, static_cast<T*>(g));     \
    kernel.figures(static_cast<const T*>(w), *rows, figures, figures + 1);                         \
  }

#if SHOAL_DTYPE == 0
SHOAL_KERNELS_OF(float, f32)
#else
SHOAL_KERNELS_OF(double, f64)
#endif

}  // namespace shoal
