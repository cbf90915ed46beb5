// What a step draws at random besides its order: dropout and input noise.
//
// Number k of block b is that of the stream at (step, part), with a part of its own for every
// block and layer; unit o and row r of the block are k = o * line + r. So any of them can be
// computed alone, by either kernel.
#pragma once
#include "arena.hpp"
#include "interface.hpp"
#include "normals.hpp"

namespace shoal {

struct Draws {
  uint64_t key = 0, step = 0;
};

constexpr uint32_t PARTS = 2 * MAX_LAYERS;  // of a block: dropout by layer, then the noise

static inline bool draws_anything(const Plan& plan) {
  if (plan.input_noise > 0) return true;
  for (int l = 0; l < plan.n_layers; l++)
    if (plan.layers[l].dropout > 0) return true;
  return false;
}
// Rows that a line of draws holds.
static inline int64_t draw_line(const Plan& plan) {
  return std::min<int64_t>(BLOCK, round_up(plan.batch, LANES));
}

// Factors of layer l's outputs (n_out, line): 0 or 1 / (1 - share).
template <class T>
static void dropout_factors(const Plan& plan, Draws draws, int l, int64_t block, T* out) {
  const double share = plan.layers[l].dropout;
  const uint32_t least = uint32_t(share * 0x1p32);
  const T kept = T(1 / (1 - share));
  const int64_t n = plan.layers[l].n_out * draw_line(plan);
  const uint32_t part = uint32_t(block) * PARTS + uint32_t(l);
  uint32_t words[64];
  for (int64_t k = 0; k < n; k += 64) {
    philox_group(draws.key, draws.step, part, uint32_t(k / 64), words);
    const int64_t count = std::min<int64_t>(64, n - k);
    for (int64_t q = 0; q < count; q++) out[k + q] = words[q] >= least ? kept : T(0);
  }
}

// Noise of the inputs (n_in, line).
template <class T>
static void input_noise(const Plan& plan, Draws draws, int64_t block, T* out) {
  const int64_t n = plan.n_in * draw_line(plan);
  const uint32_t part = uint32_t(block) * PARTS + MAX_LAYERS;
  for (int64_t k = 0; k < n; k += 32) {
    double normal[32];
    normals_group(draws.key, draws.step, part, uint32_t(k / 32), normal);
    const int64_t count = std::min<int64_t>(32, n - k);
    for (int64_t q = 0; q < count; q++) out[k + q] = T(plan.input_noise * normal[q]);
  }
}

}  // namespace shoal
