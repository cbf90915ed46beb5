// All kernels, compiled once per instruction set and dtype; see interface.hpp.
#include "train_networks.hpp"
#include "train_oracle.hpp"

namespace shoal {

#define SHOAL_KERNELS_OF(T, NAME)                                                                  \
  int64_t rows_bytes_##NAME(const Plan* plan, const Rows* largest, int team) {                     \
    return plan->rule >= RANDOM_PERTURBATION ? oracle_bytes<T>(*plan, *largest)                    \
                                             : rows_bytes<T>(*plan, *largest, team);               \
  }                                                                                                \
  int64_t networks_bytes_##NAME(const Plan* plan, const Rows* largest) {                           \
    return LaneTrainer<T>::bytes(*plan, *largest);                                                 \
  }                                                                                                \
  void train_rows_##NAME(const Plan* plan, const Population* population, int64_t i, int64_t until, \
                         void* arena, Control* control, Team* team, int rank) {                    \
    const FloatMode mode;                                                                          \
    if (plan->rule >= RANDOM_PERTURBATION)                                                         \
      return train_oracle<T>(*plan, *population, i, until, arena, control);                        \
    train_rows<T>(*plan, *population, i, until, arena, control, *team, rank);                      \
  }                                                                                                \
  void train_networks_##NAME(const Plan* plan, const Population* population, int64_t i, int count, \
                             int64_t until, void* arena, Control* control) {                       \
    const FloatMode mode;                                                                          \
    LaneTrainer<T>(*plan, *population, i, count, arena, control).run(until);                       \
  }                                                                                                \
  void forward_##NAME(const Plan* plan, const void* w, const void* x, void* out, int64_t n,        \
                      void* arena) {                                                               \
    const FloatMode mode;                                                                          \
    RowsKernel<T>(*plan, arena)                                                                    \
        .forward(static_cast<const T*>(w), static_cast<const T*>(x), static_cast<T*>(out), n);     \
  }                                                                                                \
  void figures_##NAME(const Plan* plan, const void* w, const Rows* rows, double* figure,           \
                      void* arena) {                                                               \
    const FloatMode mode;                                                                          \
    RowsKernel<T>(*plan, arena).figures(static_cast<const T*>(w), *rows, figure);                  \
  }                                                                                                \
  double batch_loss_##NAME(const Plan* plan, const Population* population, int64_t i,              \
                           int64_t step, const void* w, void* gradient, void* arena) {             \
    const FloatMode mode;                                                                          \
    return batch_loss<T>(*plan, *population, i, step, static_cast<const T*>(w),                    \
                         static_cast<T*>(gradient), arena);                                        \
  }                                                                                                \
  int report_##NAME(const Plan* plan, const Population* population, int64_t i, int64_t step,       \
                    const void* w, void* arena) {                                                  \
    const FloatMode mode;                                                                          \
    RowsKernel<T> kernel(*plan, arena);                                                            \
    double figure[FIGURES];                                                                        \
    judge(kernel, *population, i, static_cast<const T*>(w), figure);                               \
    return record(*plan, *population, i, step, static_cast<const T*>(w), figure);                  \
  }

#if SHOAL_DTYPE == 0
SHOAL_KERNELS_OF(float, f32)
#else
SHOAL_KERNELS_OF(double, f64)
#endif

}  // namespace shoal
