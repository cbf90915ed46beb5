// Products of layers in register blocks of outputs x rows, and passes over their outputs.
//
// Activations are stored feature by feature: unit o of a layer holds R rows in a line, R a
// multiple of 16. Sizes are known at run time only, which costs nothing measurable.
#pragma once
#include <algorithm>

#include "activations.hpp"
#include "arena.hpp"

namespace shoal {

// Register blocks: outputs x vectors of rows for products, outputs x inputs for gradients.
template <class T>
struct Blocking {
  static constexpr int registers = Vec<T>::K;
#if defined(__AVX512F__)
  static constexpr int budget = 4;  // 16 accumulators of 32 registers
  static constexpr int outputs = 4, rows = 4 / registers, gradient = registers == 1 ? 4 : 2;
#else
  static constexpr int budget = 2;  // 8 accumulators of 16 registers
  static constexpr int outputs = registers <= 2 ? 4 : 2, rows = 1, gradient = 2;
#endif
};

// Sums over rows waiting for their tree: filled one at a time, joined 16 at a time.
template <class T>
class PendingSums {
 public:
  PendingSums(T* out, bool add) : out_(out), add_(add) {}
  void push(Vec<T> sum, int64_t index) {
    sum_[n_] = sum;
    index_[n_++] = index;
    if (n_ == LANES) flush();
  }
  // Sixteen at once, of O outputs x I inputs: they need not wait.
  template <int O, int I>
  void put(const Vec<T> (&sums)[O][I], int64_t first, int64_t n_out) {
    Vec<T> line[LANES];
    SHOAL_UNROLL for (int i = 0; i < I; i++) SHOAL_UNROLL
      for (int o = 0; o < O; o++) line[i * O + o] = sums[o][i];
    alignas(64) T total[LANES];
    tree_sums(line, total);
    SHOAL_UNROLL for (int i = 0; i < I; i++) {
      T* to = out_ + first + i * n_out;
      SHOAL_UNROLL for (int o = 0; o < O; o++)
        to[o] = add_ ? to[o] + total[i * O + o] : total[i * O + o];
    }
  }
  void flush() {
    if (!n_) return;
    alignas(64) T total[LANES];
    if (n_ > 4) {
      for (int k = n_; k < LANES; k++) sum_[k] = all(T(0));
      tree_sums(sum_, total);
    } else {
      for (int k = 0; k < n_; k++) total[k] = tree_sum(sum_[k]);
    }
    if (add_)
      for (int k = 0; k < n_; k++) out_[index_[k]] = out_[index_[k]] + total[k];
    else
      for (int k = 0; k < n_; k++) out_[index_[k]] = total[k];
    n_ = 0;
  }

 private:
  Vec<T> sum_[LANES];
  int64_t index_[LANES];
  T* out_;
  bool add_;
  int n_ = 0;
};

// Inputs of a layer that are worked on at once, so that their rows stay in the first cache.
constexpr int AT_ONCE = 96;

// out[o][r] = b[o] + sum over i of w[i si + o so] in[i][r], for O outputs and G vectors of rows;
// with `goes_on`, the chains that are in `out` go on.
template <class T, int O, int G>
static inline void product_block(const T* w, int64_t si, int64_t so, const T* b, const T* in,
                                 int64_t in_stride, T* out, int64_t out_stride, int n_in,
                                 bool goes_on) {
  Vec<T> z[O][G];
  if (goes_on) {
    SHOAL_UNROLL for (int o = 0; o < O; o++) SHOAL_UNROLL
      for (int g = 0; g < G; g++) z[o][g] = Vec<T>::load(out + o * out_stride + g * LANES);
  } else {
    SHOAL_UNROLL for (int o = 0; o < O; o++) SHOAL_UNROLL
      for (int g = 0; g < G; g++) z[o][g] = all<T>(b ? b[o] : T(0));
  }
  for (int i = 0; i < n_in; i++) {
    Vec<T> x[G];
    SHOAL_UNROLL for (int g = 0; g < G; g++)
      x[g] = Vec<T>::load(in + i * in_stride + g * LANES);
    SHOAL_UNROLL for (int o = 0; o < O; o++) {
      const Vec<T> weight(w[i * si + o * so]);
      SHOAL_UNROLL for (int g = 0; g < G; g++)
        z[o][g] = fma(weight, x[g], z[o][g]);
    }
  }
  SHOAL_UNROLL for (int o = 0; o < O; o++) SHOAL_UNROLL
    for (int g = 0; g < G; g++) z[o][g].store(out + o * out_stride + g * LANES);
}

template <class T, int G>
static inline void product_columns(const T* w, int64_t si, int64_t so, const T* b, const T* in,
                                   int64_t in_stride, T* out, int64_t out_stride, int n_in,
                                   int n_out, bool goes_on) {
  constexpr int O = Blocking<T>::outputs;
  int o = 0;
  for (; o + O <= n_out; o += O)
    product_block<T, O, G>(w + o * so, si, so, b ? b + o : b, in, in_stride, out + o * out_stride,
                           out_stride, n_in, goes_on);
  const int rest = n_out - o;
  if (!rest) return;
  w += o * so;
  b = b ? b + o : b;
  out += o * out_stride;
  if constexpr (O == 4) {
    if (rest == 3)
      return product_block<T, 3, G>(w, si, so, b, in, in_stride, out, out_stride, n_in, goes_on);
    if (rest == 2)
      return product_block<T, 2, G>(w, si, so, b, in, in_stride, out, out_stride, n_in, goes_on);
  }
  product_block<T, 1, G>(w, si, so, b, in, in_stride, out, out_stride, n_in, goes_on);
}
template <class T, int G>
static inline void product_inputs(const T* w, int64_t si, int64_t so, const T* b, const T* in,
                                  int64_t in_stride, T* out, int64_t out_stride, int n_in,
                                  int n_out) {
  for (int i = 0; i == 0 || i < n_in; i += AT_ONCE)
    product_columns<T, G>(w + i * si, si, so, b, in + i * in_stride, in_stride, out, out_stride,
                          std::min(AT_ONCE, n_in - i), n_out, i > 0);
}

template <class T>
static void product(const T* w, int64_t si, int64_t so, const T* b, const T* in, int64_t in_stride,
                    T* out, int64_t out_stride, int n_in, int n_out, int64_t R) {
  constexpr int G = Blocking<T>::rows;
  int64_t r = 0;
  for (; r + G * LANES <= R; r += G * LANES)
    product_inputs<T, G>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
  if constexpr (G >= 4)
    for (; r + 2 * LANES <= R; r += 2 * LANES)
      product_inputs<T, 2>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
  if constexpr (G >= 2)
    for (; r < R; r += LANES)
      product_inputs<T, 1>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
}

// Sums over rows of d[o][r] a[i][r] for O outputs and I inputs.
template <class T, int O, int I>
static inline void gradient_block(const T* d, const T* a, int64_t a_stride, int64_t R,
                                  PendingSums<T>& sums, int64_t first, int64_t n_out) {
  Vec<T> c[O][I];
  SHOAL_UNROLL for (int o = 0; o < O; o++) SHOAL_UNROLL
    for (int i = 0; i < I; i++) c[o][i] = all(T(0));
  for (int64_t r = 0; r < R; r += LANES) {
    Vec<T> x[I];
    SHOAL_UNROLL for (int i = 0; i < I; i++)
      x[i] = Vec<T>::load(a + i * a_stride + r);
    SHOAL_UNROLL for (int o = 0; o < O; o++) {
      const Vec<T> delta = Vec<T>::load(d + o * R + r);
      SHOAL_UNROLL for (int i = 0; i < I; i++)
        c[o][i] = fma(delta, x[i], c[o][i]);
    }
  }
  if constexpr (O * I == LANES) return sums.template put<O, I>(c, first, n_out);
  SHOAL_UNROLL for (int i = 0; i < I; i++) SHOAL_UNROLL
    for (int o = 0; o < O; o++) sums.push(c[o][i], first + i * n_out + o);
}

template <class T, int O>
static inline void gradient_inputs(const T* d, const T* a, int64_t a_stride, int64_t R,
                                   PendingSums<T>& sums, int64_t first, int n_in, int64_t n_out) {
  constexpr int I = Blocking<T>::gradient;
  int i = 0;
  for (; i + I <= n_in; i += I)
    gradient_block<T, O, I>(d, a + i * a_stride, a_stride, R, sums, first + i * n_out, n_out);
  if constexpr (I == 4) {
    if (n_in - i == 3)
      return gradient_block<T, O, 3>(d, a + i * a_stride, a_stride, R, sums, first + i * n_out,
                                     n_out);
    if (n_in - i == 2)
      return gradient_block<T, O, 2>(d, a + i * a_stride, a_stride, R, sums, first + i * n_out,
                                     n_out);
  }
  if (i < n_in)
    gradient_block<T, O, 1>(d, a + i * a_stride, a_stride, R, sums, first + i * n_out, n_out);
}

// Gradients of the weights of inputs first..first+n-1 from d (n_out, R) and their rows a (n, R).
template <class T>
static inline void some_gradients(const LayerPlan& layer, int first, int n, const T* d, const T* a,
                                  int64_t a_stride, int64_t R, PendingSums<T>& sums) {
  constexpr int O = Blocking<T>::gradient;
  const int n_out = layer.n_out;
  const int64_t at = layer.weights + int64_t(first) * n_out;
  int o = 0;
  for (; o + O <= n_out; o += O)
    gradient_inputs<T, O>(d + o * R, a, a_stride, R, sums, at + o, n, n_out);
  if constexpr (O == 4) {
    if (n_out - o == 3) {
      gradient_inputs<T, 3>(d + o * R, a, a_stride, R, sums, at + o, n, n_out);
      o += 3;
    } else if (n_out - o == 2) {
      gradient_inputs<T, 2>(d + o * R, a, a_stride, R, sums, at + o, n, n_out);
      o += 2;
    }
  }
  for (; o < n_out; o++) gradient_inputs<T, 1>(d + o * R, a, a_stride, R, sums, at + o, n, n_out);
}

// Gradients of a layer's weights (n_in, n_out) and bias from d (n_out, R) and inputs a (n_in, R),
// as many inputs at once as stay in the first cache.
template <class T>
static void layer_gradient(const LayerPlan& layer, const T* d, const T* a, int64_t a_stride,
                           int64_t R, PendingSums<T>& sums) {
  const int at_once = std::max(8, int(4096 / R) / 4 * 4);
  for (int i = 0; i < layer.n_in; i += at_once)
    some_gradients(layer, i, std::min(at_once, layer.n_in - i), d, a + i * a_stride, a_stride, R,
                   sums);
  if (!layer.has_bias) return;
  for (int o = 0; o < layer.n_out; o++) {
    Vec<T> sum(T(0));
    for (int64_t r = 0; r < R; r += LANES) sum = sum + Vec<T>::load(d + o * R + r);
    sums.push(sum, layer.bias + o);
  }
}

// One pass over n values: z -> f(z) in place, keeping z beside it if asked.
template <class T>
static void activate_all(const LayerPlan& layer, T* a, T* z, int64_t n) {
  const Vec<T> parameter{T(layer.parameter)};
  if (z) std::copy(a, a + n, z);
  switch (layer.activation) {
    case IDENTITY:
      return;
    case TANH:
      for (int64_t k = 0; k < n; k += LANES) tanh(Vec<T>::load(a + k)).store(a + k);
      return;
    case RELU:
      for (int64_t k = 0; k < n; k += LANES) max(all(T(0)), Vec<T>::load(a + k)).store(a + k);
      return;
    case SIGMOID:
      for (int64_t k = 0; k < n; k += LANES) sigmoid(Vec<T>::load(a + k)).store(a + k);
      return;
    default:
      for (int64_t k = 0; k < n; k += LANES)
        activate(layer.activation, parameter, Vec<T>::load(a + k)).store(a + k);
  }
}

// d *= f'(z) in place, over n values.
template <class T>
static void slope_all(const LayerPlan& layer, T* d, const T* a, const T* z, int64_t n) {
  const Vec<T> parameter{T(layer.parameter)}, one(T(1));
  switch (layer.activation) {
    case IDENTITY:
      return;
    case TANH:
      for (int64_t k = 0; k < n; k += LANES) {
        const Vec<T> y = Vec<T>::load(a + k);
        (Vec<T>::load(d + k) * fnma(y, y, one)).store(d + k);
      }
      return;
    default:
      for (int64_t k = 0; k < n; k += LANES) {
        const Vec<T> y = Vec<T>::load(a + k);
        const Vec<T> s = slope(layer.activation, parameter, z ? Vec<T>::load(z + k) : y, y);
        (Vec<T>::load(d + k) * s).store(d + k);
      }
  }
}

// Softmax over the C outputs of each row, in place: the largest is subtracted first.
template <class T>
static void softmax_rows(T* a, int n_out, int64_t R) {
  for (int64_t r = 0; r < R; r += LANES) {
    Vec<T> top = Vec<T>::load(a + r);
    for (int o = 1; o < n_out; o++) top = max(top, Vec<T>::load(a + o * R + r));
    Vec<T> sum(T(0));
    for (int o = 0; o < n_out; o++) {
      const Vec<T> e = exp(Vec<T>::load(a + o * R + r) - top);
      e.store(a + o * R + r);
      sum = sum + e;
    }
    const Vec<T> scale = all(T(1)) / sum;
    for (int o = 0; o < n_out; o++) (Vec<T>::load(a + o * R + r) * scale).store(a + o * R + r);
  }
}
// d <- a (d - sum of d a): the product of d with softmax's derivative.
template <class T>
static void softmax_slope(T* d, const T* a, int n_out, int64_t R) {
  for (int64_t r = 0; r < R; r += LANES) {
    Vec<T> sum(T(0));
    for (int o = 0; o < n_out; o++)
      sum = fma(Vec<T>::load(d + o * R + r), Vec<T>::load(a + o * R + r), sum);
    for (int o = 0; o < n_out; o++)
      (Vec<T>::load(a + o * R + r) * (Vec<T>::load(d + o * R + r) - sum)).store(d + o * R + r);
  }
}

}  // namespace shoal
