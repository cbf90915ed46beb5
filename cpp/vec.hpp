// One vector of 16 lanes of float or double, with the same results on every instruction set.
//
// A Vec<T> is 16 lanes in as many native registers as the instruction set needs: one or two
// (AVX-512), two or four (AVX2), sixteen scalars (anything else). Only operations that IEEE 754
// rounds exactly are offered (+ - * / fma sqrt, comparison, selection, bit moves), so a lane's
// result does not depend on the width of the registers.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace shoal {

constexpr int LANES = 16;

template <class T>
struct Bits;  // the integers as wide as T, and the layout of T
template <>
struct Bits<float> {
  using Int = uint32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float magic = 0x1.8p23f;  // added to an integer-valued x, its low bits hold x
};
template <>
struct Bits<double> {
  using Int = uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double magic = 0x1.8p52;
};

template <class T>
struct Native;  // one register: type R, mask M, lanes n, and its operations

#if defined(__AVX512F__)
#define SHOAL_NATIVE_512(T, REG, SUFFIX, MASK, COUNT, EPI)                                        \
  template <>                                                                                     \
  struct Native<T> {                                                                              \
    using R = REG;                                                                                \
    using M = MASK;                                                                               \
    static constexpr int n = COUNT;                                                               \
    [[gnu::always_inline]] static R set(T x) { return _mm512_set1_##SUFFIX(x); }                  \
    [[gnu::always_inline]] static R load(const T* p) { return _mm512_loadu_##SUFFIX(p); }         \
    static void store(T* p, R a) { _mm512_storeu_##SUFFIX(p, a); }                                \
    [[gnu::always_inline]] static R add(R a, R b) { return _mm512_add_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R sub(R a, R b) { return _mm512_sub_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R mul(R a, R b) { return _mm512_mul_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R div(R a, R b) { return _mm512_div_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R fma(R a, R b, R c) { return _mm512_fmadd_##SUFFIX(a, b, c); } \
    [[gnu::always_inline]] static R fnma(R a, R b, R c) {                                         \
      return _mm512_fnmadd_##SUFFIX(a, b, c);                                                     \
    }                                                                                             \
    [[gnu::always_inline]] static R sqrt(R a) { return _mm512_sqrt_##SUFFIX(a); }                 \
    [[gnu::always_inline]] static R min(R a, R b) { return _mm512_min_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R max(R a, R b) { return _mm512_max_##SUFFIX(a, b); }           \
    [[gnu::always_inline]] static R rint(R a) { return _mm512_roundscale_##SUFFIX(a, 8); }        \
    [[gnu::always_inline]] static M gt(R a, R b) {                                                \
      return _mm512_cmp_##SUFFIX##_mask(a, b, _CMP_GT_OQ);                                        \
    }                                                                                             \
    [[gnu::always_inline]] static M ge(R a, R b) {                                                \
      return _mm512_cmp_##SUFFIX##_mask(a, b, _CMP_GE_OQ);                                        \
    }                                                                                             \
    [[gnu::always_inline]] static M eq(R a, R b) {                                                \
      return _mm512_cmp_##SUFFIX##_mask(a, b, _CMP_EQ_OQ);                                        \
    }                                                                                             \
    [[gnu::always_inline]] static R select(M m, R yes, R no) {                                    \
      return _mm512_mask_mov_##SUFFIX(no, m, yes);                                                \
    }                                                                                             \
    static unsigned bits(M m) { return m; }                                                       \
    static __m512i raw(R a) { return _mm512_cast##SUFFIX##_si512(a); }                            \
    [[gnu::always_inline]] static R cooked(__m512i a) { return _mm512_castsi512_##SUFFIX(a); }    \
    [[gnu::always_inline]] static R iadd(R a, Bits<T>::Int k) {                                   \
      return cooked(_mm512_add_##EPI(raw(a), _mm512_set1_##EPI((long long)k)));                   \
    }                                                                                             \
    [[gnu::always_inline]] static R isub(R a, R b) {                                              \
      return cooked(_mm512_sub_##EPI(raw(a), raw(b)));                                            \
    }                                                                                             \
    [[gnu::always_inline]] static R shift_left(R a, int k) {                                      \
      return cooked(_mm512_slli_##EPI(raw(a), k));                                                \
    }                                                                                             \
    [[gnu::always_inline]] static R shift_right(R a, int k) {                                     \
      return cooked(_mm512_srli_##EPI(raw(a), k));                                                \
    }                                                                                             \
    [[gnu::always_inline]] static R bit_and(R a, R b) {                                           \
      return cooked(_mm512_and_si512(raw(a), raw(b)));                                            \
    }                                                                                             \
    [[gnu::always_inline]] static R bit_or(R a, R b) {                                            \
      return cooked(_mm512_or_si512(raw(a), raw(b)));                                             \
    }                                                                                             \
  };
SHOAL_NATIVE_512(float, __m512, ps, __mmask16, 16, epi32)
SHOAL_NATIVE_512(double, __m512d, pd, __mmask8, 8, epi64)
#undef SHOAL_NATIVE_512
#elif defined(__AVX2__)
#define SHOAL_NATIVE_256(T, REG, SUFFIX, COUNT, EPI, SET1)                                         \
  template <>                                                                                      \
  struct Native<T> {                                                                               \
    using R = REG;                                                                                 \
    using M = REG;                                                                                 \
    static constexpr int n = COUNT;                                                                \
    [[gnu::always_inline]] static R set(T x) { return _mm256_set1_##SUFFIX(x); }                   \
    [[gnu::always_inline]] static R load(const T* p) { return _mm256_loadu_##SUFFIX(p); }          \
    static void store(T* p, R a) { _mm256_storeu_##SUFFIX(p, a); }                                 \
    [[gnu::always_inline]] static R add(R a, R b) { return _mm256_add_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R sub(R a, R b) { return _mm256_sub_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R mul(R a, R b) { return _mm256_mul_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R div(R a, R b) { return _mm256_div_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R fma(R a, R b, R c) { return _mm256_fmadd_##SUFFIX(a, b, c); }  \
    [[gnu::always_inline]] static R fnma(R a, R b, R c) {                                          \
      return _mm256_fnmadd_##SUFFIX(a, b, c);                                                      \
    }                                                                                              \
    [[gnu::always_inline]] static R sqrt(R a) { return _mm256_sqrt_##SUFFIX(a); }                  \
    [[gnu::always_inline]] static R min(R a, R b) { return _mm256_min_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R max(R a, R b) { return _mm256_max_##SUFFIX(a, b); }            \
    [[gnu::always_inline]] static R rint(R a) { return _mm256_round_##SUFFIX(a, 8); }              \
    [[gnu::always_inline]] static M gt(R a, R b) { return _mm256_cmp_##SUFFIX(a, b, _CMP_GT_OQ); } \
    [[gnu::always_inline]] static M ge(R a, R b) { return _mm256_cmp_##SUFFIX(a, b, _CMP_GE_OQ); } \
    [[gnu::always_inline]] static M eq(R a, R b) { return _mm256_cmp_##SUFFIX(a, b, _CMP_EQ_OQ); } \
    [[gnu::always_inline]] static R select(M m, R yes, R no) {                                     \
      return _mm256_blendv_##SUFFIX(no, yes, m);                                                   \
    }                                                                                              \
    static unsigned bits(M m) { return (unsigned)_mm256_movemask_##SUFFIX(m); }                    \
    static __m256i raw(R a) { return _mm256_cast##SUFFIX##_si256(a); }                             \
    [[gnu::always_inline]] static R cooked(__m256i a) { return _mm256_castsi256_##SUFFIX(a); }     \
    [[gnu::always_inline]] static R iadd(R a, Bits<T>::Int k) {                                    \
      return cooked(_mm256_add_##EPI(raw(a), _mm256_set1_##SET1((long long)k)));                   \
    }                                                                                              \
    [[gnu::always_inline]] static R isub(R a, R b) {                                               \
      return cooked(_mm256_sub_##EPI(raw(a), raw(b)));                                             \
    }                                                                                              \
    [[gnu::always_inline]] static R shift_left(R a, int k) {                                       \
      return cooked(_mm256_slli_##EPI(raw(a), k));                                                 \
    }                                                                                              \
    [[gnu::always_inline]] static R shift_right(R a, int k) {                                      \
      return cooked(_mm256_srli_##EPI(raw(a), k));                                                 \
    }                                                                                              \
    [[gnu::always_inline]] static R bit_and(R a, R b) {                                            \
      return cooked(_mm256_and_si256(raw(a), raw(b)));                                             \
    }                                                                                              \
    [[gnu::always_inline]] static R bit_or(R a, R b) {                                             \
      return cooked(_mm256_or_si256(raw(a), raw(b)));                                              \
    }                                                                                              \
  };
SHOAL_NATIVE_256(float, __m256, ps, 8, epi32, epi32)
SHOAL_NATIVE_256(double, __m256d, pd, 4, epi64, epi64x)
#undef SHOAL_NATIVE_256
#else
template <class T>
struct Native {
  using R = T;
  using M = bool;
  using I = typename Bits<T>::Int;
  static constexpr int n = 1;
  [[gnu::always_inline]] static R set(T x) { return x; }
  [[gnu::always_inline]] static R load(const T* p) { return *p; }
  static void store(T* p, R a) { *p = a; }
  [[gnu::always_inline]] static R add(R a, R b) { return a + b; }
  [[gnu::always_inline]] static R sub(R a, R b) { return a - b; }
  [[gnu::always_inline]] static R mul(R a, R b) { return a * b; }
  [[gnu::always_inline]] static R div(R a, R b) { return a / b; }
  [[gnu::always_inline]] static R fma(R a, R b, R c) { return std::fma(a, b, c); }
  [[gnu::always_inline]] static R fnma(R a, R b, R c) { return std::fma(-a, b, c); }
  [[gnu::always_inline]] static R sqrt(R a) { return std::sqrt(a); }
  [[gnu::always_inline]] static R min(R a, R b) { return a < b ? a : b; }
  [[gnu::always_inline]] static R max(R a, R b) { return a > b ? a : b; }
  [[gnu::always_inline]] static R rint(R a) { return std::nearbyint(a); }
  [[gnu::always_inline]] static M gt(R a, R b) { return a > b; }
  [[gnu::always_inline]] static M ge(R a, R b) { return a >= b; }
  [[gnu::always_inline]] static M eq(R a, R b) { return a == b; }
  [[gnu::always_inline]] static R select(M m, R yes, R no) { return m ? yes : no; }
  static unsigned bits(M m) { return m; }
  static I raw(R a) {
    I i;
    std::memcpy(&i, &a, sizeof i);
    return i;
  }
  [[gnu::always_inline]] static R cooked(I i) {
    R a;
    std::memcpy(&a, &i, sizeof a);
    return a;
  }
  [[gnu::always_inline]] static R iadd(R a, I k) { return cooked(raw(a) + k); }
  [[gnu::always_inline]] static R isub(R a, R b) { return cooked(raw(a) - raw(b)); }
  [[gnu::always_inline]] static R shift_left(R a, int k) { return cooked(raw(a) << k); }
  [[gnu::always_inline]] static R shift_right(R a, int k) { return cooked(raw(a) >> k); }
  [[gnu::always_inline]] static R bit_and(R a, R b) { return cooked(raw(a) & raw(b)); }
  [[gnu::always_inline]] static R bit_or(R a, R b) { return cooked(raw(a) | raw(b)); }
};
#endif

// A Vec must never pass through a call or a loop that is unrolled late: GCC 12 would keep it in
// memory (with AVX2 that is 5 to 10 times slower).
#define SHOAL_INLINE [[gnu::always_inline]] static inline
#define SHOAL_UNROLL _Pragma("GCC unroll 16")

// The registers of 16 lanes, by how many it takes: GCC keeps named members in registers; arrays
// and nested structs end up in memory (5 times slower with AVX2).
template <class Kind, int K>
struct Registers {
  typename Kind::type r[K];
};
template <class Kind>
struct Registers<Kind, 1> {
  typename Kind::type a;
};
template <class Kind>
struct Registers<Kind, 2> {
  typename Kind::type a, b;
};
template <class Kind>
struct Registers<Kind, 4> {
  typename Kind::type a, b, c, d;
};
template <class T>
struct ValueOf {
  using type = typename Native<T>::R;
};
template <class T>
struct MaskOf {
  using type = typename Native<T>::M;
};

// Out{f(0, x...), f(1, x...), ...}: f is called with the first lane and the registers there.
template <class Out, class F, class... In>
SHOAL_INLINE Out each(F f, const In&... in) {
  if constexpr (Out::K == 1) {
    return Out{{f(0, in.a...)}};
  } else if constexpr (Out::K == 2) {
    return Out{{f(0, in.a...), f(LANES / 2, in.b...)}};
  } else if constexpr (Out::K == 4) {
    return Out{{f(0, in.a...), f(4, in.b...), f(8, in.c...), f(12, in.d...)}};
  } else {
    Out out;
    _Pragma("GCC unroll 1") for (int k = 0; k < LANES; k++) out.r[k] = f(k, in.r[k]...);
    return out;
  }
}

template <class T>
struct Mask : Registers<MaskOf<T>, LANES / Native<T>::n> {
  static constexpr int K = LANES / Native<T>::n;
};

template <class T>
struct Vec : Registers<ValueOf<T>, LANES / Native<T>::n> {
  static constexpr int K = LANES / Native<T>::n;
  Vec() = default;
  [[gnu::always_inline]] Vec(const Registers<ValueOf<T>, K>& registers)
      : Registers<ValueOf<T>, K>(registers) {}
  [[gnu::always_inline]] explicit Vec(T x);  // all lanes
  [[gnu::always_inline]] static Vec load(const T* p);
  [[gnu::always_inline]] void store(T* p) const;
};

#define SHOAL_LAMBDA(...) [&]([[maybe_unused]] int lane, __VA_ARGS__) __attribute__((always_inline))

#define SHOAL_UNARY(name, op)                                                  \
  template <class T>                                                           \
  SHOAL_INLINE Vec<T> name(Vec<T> x) {                                         \
    return each<Vec<T>>(SHOAL_LAMBDA(auto p) { return Native<T>::op(p); }, x); \
  }
#define SHOAL_BINARY(name, op, Out)                                                          \
  template <class T>                                                                         \
  SHOAL_INLINE Out<T> name(Vec<T> a, Vec<T> b) {                                             \
    return each<Out<T>>(SHOAL_LAMBDA(auto p, auto q) { return Native<T>::op(p, q); }, a, b); \
  }
#define SHOAL_TERNARY(name, op)                                                            \
  template <class T>                                                                       \
  SHOAL_INLINE Vec<T> name(Vec<T> a, Vec<T> b, Vec<T> c) {                                 \
    return each<Vec<T>>(                                                                   \
        SHOAL_LAMBDA(auto p, auto q, auto r) { return Native<T>::op(p, q, r); }, a, b, c); \
  }
#define SHOAL_WITH_NUMBER(name, op, Number)                                       \
  template <class T>                                                              \
  SHOAL_INLINE Vec<T> name(Vec<T> x, Number n) {                                  \
    return each<Vec<T>>(SHOAL_LAMBDA(auto p) { return Native<T>::op(p, n); }, x); \
  }
SHOAL_BINARY(operator+, add, Vec)
SHOAL_BINARY(operator-, sub, Vec)
SHOAL_BINARY(operator*, mul, Vec)
SHOAL_BINARY(operator/, div, Vec)
SHOAL_BINARY(min, min, Vec)
SHOAL_BINARY(max, max, Vec)
SHOAL_BINARY(bit_and, bit_and, Vec)
SHOAL_BINARY(bit_or, bit_or, Vec)
SHOAL_BINARY(integer_sub, isub, Vec)
SHOAL_BINARY(operator>, gt, Mask)
SHOAL_BINARY(operator>=, ge, Mask)
SHOAL_BINARY(operator==, eq, Mask)
SHOAL_UNARY(sqrt, sqrt)
SHOAL_UNARY(rint, rint)
SHOAL_TERNARY(fma, fma)    // a * b + c, rounded once
SHOAL_TERNARY(fnma, fnma)  // c - a * b, rounded once
SHOAL_WITH_NUMBER(integer_add, iadd, typename Bits<T>::Int)
SHOAL_WITH_NUMBER(shift_left, shift_left, int)
SHOAL_WITH_NUMBER(shift_right, shift_right, int)
#undef SHOAL_UNARY
#undef SHOAL_BINARY
#undef SHOAL_TERNARY
#undef SHOAL_WITH_NUMBER

template <class T>
SHOAL_INLINE Vec<T> select(Mask<T> m, Vec<T> yes, Vec<T> no) {
  return each<Vec<T>>(
      SHOAL_LAMBDA(auto p, auto q, auto r) { return Native<T>::select(p, q, r); }, m, yes, no);
}
// All 16 lanes hold x.
template <class T>
SHOAL_INLINE Vec<T> all(T x) {
  const auto r = Native<T>::set(x);
  return each<Vec<T>>([&](int) __attribute__((always_inline)) { return r; });
}
template <class T>
inline Vec<T>::Vec(T x) : Vec(all(x)) {}
template <class T>
inline Vec<T> Vec<T>::load(const T* p) {
  return each<Vec>([&](int lane)
                       __attribute__((always_inline)) { return Native<T>::load(p + lane); });
}
template <class T>
inline void Vec<T>::store(T* p) const {
  each<Vec>(
      SHOAL_LAMBDA(auto r) {
        Native<T>::store(p + lane, r);
        return r;
      },
      *this);
}
// One bit per lane of a mask, lane 0 lowest.
template <class T>
SHOAL_INLINE unsigned bits(Mask<T> m) {
  unsigned found = 0;
  each<Mask<T>>(
      SHOAL_LAMBDA(auto r) {
        found |= Native<T>::bits(r) << lane;
        return r;
      },
      m);
  return found;
}

template <class T>
SHOAL_INLINE Vec<T> sign_bit() {
  return all(T(-0.0));
}
template <class T>
SHOAL_INLINE Vec<T> abs(Vec<T> a) {
  using I = typename Bits<T>::Int;
  const I magnitude = ~(I(1) << (sizeof(I) * 8 - 1));
  T bits;
  std::memcpy(&bits, &magnitude, sizeof bits);
  return bit_and(a, all<T>(bits));
}
// The magnitude of `a` (which is not negative) with the sign of `b`.
template <class T>
SHOAL_INLINE Vec<T> with_sign(Vec<T> a, Vec<T> b) {
  return bit_or(a, bit_and(b, sign_bit<T>()));
}
// 2^n for integer-valued n within the exponents of normal numbers.
template <class T>
SHOAL_INLINE Vec<T> power_of_two(Vec<T> n) {
  return shift_left(integer_add(n + all<T>(Bits<T>::magic), Bits<T>::bias), Bits<T>::mantissa);
}
template <class T>
SHOAL_INLINE Vec<T> lane_numbers() {
  alignas(64) T t[LANES];
  for (int i = 0; i < LANES; i++) t[i] = T(i);
  return Vec<T>::load(t);
}
// Lanes 0 to n-1.
template <class T>
SHOAL_INLINE Mask<T> first_lanes(int n) {
  return all(T(n)) > lane_numbers<T>();
}
// Lanes whose bit is set.
template <class T>
SHOAL_INLINE Mask<T> lanes_of(unsigned bits) {
  alignas(64) T t[LANES];
  for (int i = 0; i < LANES; i++) t[i] = T((bits >> i) & 1);
  return Vec<T>::load(t) > all(T(0));
}

// The fixed tree that joins 16 partial sums: lane i + lane i+8, then +4, +2, +1.
template <class T>
SHOAL_INLINE T tree_sum(Vec<T> a) {
  alignas(64) T t[LANES];
  a.store(t);
  for (int h = 8; h; h /= 2)
    for (int i = 0; i < h; i++) t[i] = t[i] + t[i + h];
  return t[0];
}

// out[k] = tree_sum(a[k]) for 16 vectors: the same additions, done 16 trees at a time by
// pairing registers (about 45 instructions where 16 single trees take 112).
template <class T>
SHOAL_INLINE void tree_sums(const Vec<T>* a, T* out) {
  for (int k = 0; k < LANES; k++) out[k] = tree_sum(a[k]);
}
#if defined(__AVX512F__)
template <>
[[gnu::always_inline]] inline void tree_sums<float>(const Vec<float>* a, float* out) {
  __m512 s[8], t[4], u[2];
  SHOAL_UNROLL for (int k = 0; k < 8; k++) {
    const __m512 x = a[k].a, y = a[k + 8].a;
    s[k] = _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x44), _mm512_shuffle_f32x4(x, y, 0xEE));
  }
  SHOAL_UNROLL for (int k = 0; k < 4; k++) {
    const __m512 x = s[k], y = s[k + 4];
    t[k] = _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xDD));
  }
  SHOAL_UNROLL for (int k = 0; k < 2; k++) {
    const __m512 x = t[k], y = t[k + 2];
    u[k] = _mm512_add_ps(_mm512_shuffle_ps(x, y, 0x44), _mm512_shuffle_ps(x, y, 0xEE));
  }
  const __m512 sums =
      _mm512_add_ps(_mm512_shuffle_ps(u[0], u[1], 0x88), _mm512_shuffle_ps(u[0], u[1], 0xDD));
  // Quarter q of `sums` holds the vectors {0, 8, 4, 12}[q] + {0, 2, 1, 3}: put them in order.
  const __m512i order = _mm512_setr_epi32(0, 2, 1, 3, 8, 10, 9, 11, 4, 6, 5, 7, 12, 14, 13, 15);
  _mm512_storeu_ps(out, _mm512_permutexvar_ps(order, sums));
}
#elif defined(__AVX2__)
template <>
[[gnu::always_inline]] inline void tree_sums<float>(const Vec<float>* a, float* out) {
  __m256 h[16], s[8], t[4];
  SHOAL_UNROLL for (int k = 0; k < 16; k++)
    h[k] = _mm256_add_ps(a[k].a, a[k].b);
  SHOAL_UNROLL for (int k = 0; k < 8; k++) {
    const __m256 x = h[k], y = h[k + 8];
    s[k] = _mm256_add_ps(_mm256_permute2f128_ps(x, y, 0x20), _mm256_permute2f128_ps(x, y, 0x31));
  }
  SHOAL_UNROLL for (int k = 0; k < 4; k++) {
    const __m256 x = s[2 * k], y = s[2 * k + 1];
    t[k] = _mm256_add_ps(_mm256_shuffle_ps(x, y, 0x44), _mm256_shuffle_ps(x, y, 0xEE));
  }
  SHOAL_UNROLL for (int k = 0; k < 2; k++) {
    const __m256 x = t[2 * k], y = t[2 * k + 1];
    const __m256 sums = _mm256_add_ps(_mm256_shuffle_ps(x, y, 0x88), _mm256_shuffle_ps(x, y, 0xDD));
    _mm_storeu_ps(out + 4 * k, _mm256_castps256_ps128(sums));
    _mm_storeu_ps(out + 8 + 4 * k, _mm256_extractf128_ps(sums, 1));
  }
}
#endif

// Sixteen numbers of 16 lines each, turned: to[j * stride + u] = from[u][j].
template <class T>
SHOAL_INLINE void turn(const T* const* from, T* to, int64_t stride) {
  for (int j = 0; j < LANES; j++)
    for (int u = 0; u < LANES; u++) to[j * stride + u] = from[u][j];
}
#if defined(__AVX512F__)
template <>
[[gnu::always_inline]] inline void turn<float>(const float* const* from, float* to,
                                               int64_t stride) {
  __m512 r[16], t[16];
  SHOAL_UNROLL for (int u = 0; u < 16; u++)
    r[u] = _mm512_loadu_ps(from[u]);
  SHOAL_UNROLL for (int u = 0; u < 16; u += 2) {
    t[u] = _mm512_unpacklo_ps(r[u], r[u + 1]);
    t[u + 1] = _mm512_unpackhi_ps(r[u], r[u + 1]);
  }
  SHOAL_UNROLL for (int u = 0; u < 16; u += 4) SHOAL_UNROLL
    for (int k = 0; k < 2; k++) {
      const __m512d a = _mm512_castps_pd(t[u + k]), b = _mm512_castps_pd(t[u + 2 + k]);
      r[u + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      r[u + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  // quarter q of r[4 i + k] holds number 4 q + k of lines 4 i to 4 i + 3
  SHOAL_UNROLL for (int k = 0; k < 4; k++) {
    const __m512 a = _mm512_shuffle_f32x4(r[k], r[4 + k], 0x88);
    const __m512 b = _mm512_shuffle_f32x4(r[8 + k], r[12 + k], 0x88);
    const __m512 c = _mm512_shuffle_f32x4(r[k], r[4 + k], 0xdd);
    const __m512 d = _mm512_shuffle_f32x4(r[8 + k], r[12 + k], 0xdd);
    _mm512_storeu_ps(to + k * stride, _mm512_shuffle_f32x4(a, b, 0x88));
    _mm512_storeu_ps(to + (4 + k) * stride, _mm512_shuffle_f32x4(c, d, 0x88));
    _mm512_storeu_ps(to + (8 + k) * stride, _mm512_shuffle_f32x4(a, b, 0xdd));
    _mm512_storeu_ps(to + (12 + k) * stride, _mm512_shuffle_f32x4(c, d, 0xdd));
  }
}
#endif

// Round to nearest, subnormals read and written as zero, for as long as this lives.
// A subnormal fma costs over a hundred cycles, and Adam's moments of a dead unit get there.
class FloatMode {
 public:
#if defined(__x86_64__)
  FloatMode() : saved_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(0x9fc0); }
  ~FloatMode() { __builtin_ia32_ldmxcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FloatMode() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(uint64_t(1) << 24));
  }
  ~FloatMode() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  uint64_t saved_ = 0;
#endif
};

}  // namespace shoal
