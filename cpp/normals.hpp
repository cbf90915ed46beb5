// Uniform and normal numbers from Philox words, in double precision.
#pragma once
#include <algorithm>

#include "elementary.hpp"
#include "philox.hpp"

namespace shoal {

// Uniform in [0, 1) with 53 bits: number k from words 2k and 2k + 1.
static inline double uniform_of(const uint32_t* words) {
  return (double(words[0] >> 5) * 67108864.0 + double(words[1] >> 6)) * 0x1p-53;
}
// Numbers 32 g to 32 g + 31.
static inline void uniforms_group(uint64_t key, uint64_t step, uint32_t part, uint32_t g,
                                  double* out) {
  uint32_t words[64];
  philox_group(key, step, part, g, words);
  for (int q = 0; q < 32; q++) out[q] = uniform_of(words + 2 * q);
}
static inline void philox_uniforms(uint64_t key, int64_t n, uint64_t step, uint32_t part,
                                   double* out) {
  for (int64_t k = 0; k < n; k += 32) {
    double group[32];
    uniforms_group(key, step, part, uint32_t(k / 32), group);
    std::copy(group, group + std::min<int64_t>(32, n - k), out + k);
  }
}

// Normal numbers 32 g to 32 g + 31: 2k and 2k + 1 from uniforms 2k (radius) and 2k + 1 (angle),
// by Box and Muller.
static inline void normals_group(uint64_t key, uint64_t step, uint32_t part, uint32_t g,
                                 double* out) {
  alignas(64) double u[2 * LANES], r[LANES], angle[LANES], a[LANES], b[LANES];
  uniforms_group(key, step, part, g, u);
  for (int q = 0; q < LANES; q++) {
    r[q] = 1 - u[2 * q];
    angle[q] = 6.283185307179586 * u[2 * q + 1];
  }
  const Vec<double> radius = sqrt(all(-2.0) * log(Vec<double>::load(r)));
  const Vec<double> turn = Vec<double>::load(angle);
  (radius * cos(turn)).store(a);
  (radius * sin(turn)).store(b);
  for (int q = 0; q < LANES; q++) {
    out[2 * q] = a[q];
    out[2 * q + 1] = b[q];
  }
}
static inline void philox_normals(uint64_t key, int64_t n, uint64_t step, uint32_t part,
                                  double* out) {
  for (int64_t k = 0; k < n; k += 32) {
    double group[32];
    normals_group(key, step, part, uint32_t(k / 32), group);
    std::copy(group, group + std::min<int64_t>(32, n - k), out + k);
  }
}

}  // namespace shoal
