// Random numbers from a counter: Philox 4x32 with 10 rounds (Salmon and others, 2011).
//
// Word i of (key, step, part) comes from block (i / 64) * 16 + i % 16, output (i % 64) / 16:
// sixteen blocks are computed side by side and stored without shuffling.
#pragma once
#include <cstdint>
#include <utility>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace shoal {

struct Block128 {
  uint32_t x[4];
};

static inline Block128 philox(Block128 c, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t(0xD2511F53) * c.x[0], b = uint64_t(0xCD9E8D57) * c.x[2];
    c = {{uint32_t(b >> 32) ^ c.x[1] ^ k0, uint32_t(b), uint32_t(a >> 32) ^ c.x[3] ^ k1,
          uint32_t(a)}};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

// Words 64 g to 64 g + 63.
#if defined(__AVX2__)
static inline void multiply(__m256i x, __m256i m, __m256i& high, __m256i& low) {
  const __m256i even = _mm256_mul_epu32(x, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
  low = _mm256_mullo_epi32(x, m);
  high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
static inline void philox_group(uint64_t key, uint64_t step, uint32_t part, uint32_t g,
                                uint32_t* out) {
  const __m256i m0 = _mm256_set1_epi32(int(0xD2511F53)), m1 = _mm256_set1_epi32(int(0xCD9E8D57));
  const __m256i count = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256i c[2][4];
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int u = 0; u < 2; u++) {
    c[u][0] = _mm256_add_epi32(count, _mm256_set1_epi32(int(g * 16 + 8 * u)));
    c[u][1] = _mm256_set1_epi32(int(uint32_t(step)));
    c[u][2] = _mm256_set1_epi32(int(part));
    c[u][3] = _mm256_set1_epi32(int(uint32_t(step >> 32)));
  }
  for (int round = 0; round < 10; round++) {
    for (int u = 0; u < 2; u++) {
      __m256i h0, l0, h1, l1;
      multiply(c[u][0], m0, h0, l0);
      multiply(c[u][2], m1, h1, l1);
      const __m256i n0 = _mm256_xor_si256(h1, c[u][1]), n2 = _mm256_xor_si256(h0, c[u][3]);
      c[u][0] = _mm256_xor_si256(n0, _mm256_set1_epi32(int(k0)));
      c[u][1] = l1;
      c[u][2] = _mm256_xor_si256(n2, _mm256_set1_epi32(int(k1)));
      c[u][3] = l0;
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (int word = 0; word < 4; word++)
    for (int u = 0; u < 2; u++)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + word * 16 + 8 * u), c[u][word]);
}
#else
static inline void philox_group(uint64_t key, uint64_t step, uint32_t part, uint32_t g,
                                uint32_t* out) {
  for (uint32_t b = 0; b < 16; b++) {
    const Block128 y = philox({{g * 16 + b, uint32_t(step), part, uint32_t(step >> 32)}},
                              uint32_t(key), uint32_t(key >> 32));
    for (int word = 0; word < 4; word++) out[word * 16 + b] = y.x[word];
  }
}
#endif

static inline void philox_words(uint64_t key, int64_t n, uint64_t step, uint32_t part,
                                uint32_t* out) {
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) philox_group(key, step, part, uint32_t(i / 64), out + i);
  if (i < n) {
    uint32_t rest[64];
    philox_group(key, step, part, uint32_t(i / 64), rest);
    for (int64_t k = i; k < n; k++) out[k] = rest[k - i];
  }
}

// The numbers 0..n-1 in random order (Fisher-Yates from the identity, from the top down; word i
// chooses among i + 1 by its high product bits, a bias below (i + 1) / 2^32).
static inline void permutation(uint64_t key, int64_t n, uint64_t step, uint32_t part, uint32_t* p) {
  for (int64_t i = 0; i < n; i++) p[i] = uint32_t(i);
  uint32_t words[256];
  for (int64_t base = (n - 1) & ~int64_t(255); base >= 0 && n > 1; base -= 256) {
    const int64_t top = n - 1 < base + 255 ? n - 1 : base + 255;
    for (int64_t g = 0; base + 64 * g <= top; g++)
      philox_group(key, step, part, uint32_t(base / 64 + g), words + 64 * g);
    for (int64_t i = top; i >= base && i > 0; i--) {
      const uint32_t j = uint32_t(uint64_t(words[i - base]) * uint64_t(i + 1) >> 32);
      const uint32_t t = p[i];
      p[i] = p[j];
      p[j] = t;
    }
  }
}

// Word `block` < 16 of the streams of 16 keys, side by side.
static inline void philox_words_of(const uint64_t* keys, uint64_t step, uint32_t part,
                                   uint32_t block, uint32_t* out) {
  uint32_t c0[16], c1[16], c2[16], c3[16], k0[16], k1[16];
  for (int u = 0; u < 16; u++) {
    c0[u] = block;
    c1[u] = uint32_t(step);
    c2[u] = part;
    c3[u] = uint32_t(step >> 32);
    k0[u] = uint32_t(keys[u]);
    k1[u] = uint32_t(keys[u] >> 32);
  }
  for (int round = 0; round < 10; round++)
    for (int u = 0; u < 16; u++) {
      const uint64_t a = uint64_t(0xD2511F53) * c0[u], b = uint64_t(0xCD9E8D57) * c2[u];
      c0[u] = uint32_t(b >> 32) ^ c1[u] ^ k0[u];
      c1[u] = uint32_t(b);
      c2[u] = uint32_t(a >> 32) ^ c3[u] ^ k1[u];
      c3[u] = uint32_t(a);
      k0[u] += 0x9E3779B9;
      k1[u] += 0xBB67AE85;
    }
  for (int u = 0; u < 16; u++) out[u] = c0[u];
}

// The permutations of 16 keys, each into its own p[u]: for a few rows all keys draw together.
static inline void permutations(const uint64_t* keys, int count, int64_t n, uint64_t step,
                                uint32_t part, uint32_t* const* p) {
  if (n > 12 || count < 4) {
    for (int u = 0; u < count; u++) permutation(keys[u], n, step, part, p[u]);
    return;
  }
  for (int u = 0; u < count; u++)
    for (int64_t i = 0; i < n; i++) p[u][i] = uint32_t(i);
  for (int64_t i = n - 1; i > 0; i--) {
    uint32_t words[16];
    philox_words_of(keys, step, part, uint32_t(i), words);
    for (int u = 0; u < count; u++) {
      const uint32_t j = uint32_t(uint64_t(words[u]) * uint64_t(i + 1) >> 32);
      std::swap(p[u][i], p[u][j]);
    }
  }
}

}  // namespace shoal
