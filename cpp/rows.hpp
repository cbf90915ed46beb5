// The rows kernel: one network, 16 rows of the batch side by side, weights broadcast.
//
// Activations are stored feature by feature: unit o of a layer holds R rows in a line, R a
// multiple of 16 and at most 256 (one block). Layers are computed in register blocks of
// outputs x rows; sizes are known at run time only, which costs nothing measurable.
#pragma once
#include <algorithm>
#include <cstddef>

#include "activations.hpp"
#include "optimizers.hpp"
#include "philox.hpp"

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

static inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Cuts one block of memory into aligned arrays.
class Arena {
 public:
  explicit Arena(void* base) : at_(static_cast<char*>(base)) {}
  template <class T>
  T* take(int64_t n) {
    T* p = reinterpret_cast<T*>(at_ + used_);
    used_ += round_up(n * int64_t(sizeof(T)), 64);
    return p;
  }
  int64_t used() const { return used_; }

 private:
  char* at_;
  int64_t used_ = 0;
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

// out[o][r] = b[o] + sum over i of w[i si + o so] in[i][r], for O outputs and G vectors of rows.
template <class T, int O, int G>
static inline void product_block(const T* w, int64_t si, int64_t so, const T* b, const T* in,
                                 int64_t in_stride, T* out, int64_t out_stride, int n_in) {
  Vec<T> z[O][G];
  SHOAL_UNROLL for (int o = 0; o < O; o++) SHOAL_UNROLL
    for (int g = 0; g < G; g++) z[o][g] = all<T>(b ? b[o] : T(0));
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
                                   int n_out) {
  constexpr int O = Blocking<T>::outputs;
  int o = 0;
  for (; o + O <= n_out; o += O)
    product_block<T, O, G>(w + o * so, si, so, b ? b + o : b, in, in_stride, out + o * out_stride,
                           out_stride, n_in);
  const int rest = n_out - o;
  if (!rest) return;
  w += o * so;
  b = b ? b + o : b;
  out += o * out_stride;
  if constexpr (O == 4) {
    if (rest == 3)
      return product_block<T, 3, G>(w, si, so, b, in, in_stride, out, out_stride, n_in);
    if (rest == 2)
      return product_block<T, 2, G>(w, si, so, b, in, in_stride, out, out_stride, n_in);
  }
  product_block<T, 1, G>(w, si, so, b, in, in_stride, out, out_stride, n_in);
}

template <class T>
static void product(const T* w, int64_t si, int64_t so, const T* b, const T* in, int64_t in_stride,
                    T* out, int64_t out_stride, int n_in, int n_out, int64_t R) {
  constexpr int G = Blocking<T>::rows;
  int64_t r = 0;
  for (; r + G * LANES <= R; r += G * LANES)
    product_columns<T, G>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
  if constexpr (G >= 4)
    for (; r + 2 * LANES <= R; r += 2 * LANES)
      product_columns<T, 2>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
  if constexpr (G >= 2)
    for (; r < R; r += LANES)
      product_columns<T, 1>(w, si, so, b, in + r, in_stride, out + r, out_stride, n_in, n_out);
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

// Gradients of a layer's weights (n_in, n_out) and bias from d (n_out, R) and inputs a (n_in, R).
template <class T>
static void layer_gradient(const LayerPlan& layer, const T* d, const T* a, int64_t a_stride,
                           int64_t R, PendingSums<T>& sums) {
  constexpr int O = Blocking<T>::gradient;
  const int n_in = layer.n_in, n_out = layer.n_out;
  int o = 0;
  for (; o + O <= n_out; o += O)
    gradient_inputs<T, O>(d + o * R, a, a_stride, R, sums, layer.weights + o, n_in, n_out);
  if constexpr (O == 4) {
    if (n_out - o == 3) {
      gradient_inputs<T, 3>(d + o * R, a, a_stride, R, sums, layer.weights + o, n_in, n_out);
      o += 3;
    } else if (n_out - o == 2) {
      gradient_inputs<T, 2>(d + o * R, a, a_stride, R, sums, layer.weights + o, n_in, n_out);
      o += 2;
    }
  }
  for (; o < n_out; o++)
    gradient_inputs<T, 1>(d + o * R, a, a_stride, R, sums, layer.weights + o, n_in, n_out);
  if (!layer.has_bias) return;
  for (o = 0; o < n_out; o++) {
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

// d loss / d z of one output of the last layer, before softmax's own derivative where the loss
// is squared error (slope_all or softmax_slope follow there). `share` is 1 / C.
template <class T>
static inline Vec<T> output_delta(const Plan& plan, Vec<T> a, Vec<T> y, Vec<T> share) {
  if (plan.rule == PERCEPTRON || plan.loss == CATEGORICAL_CROSSENTROPY) return a - y;
  if (plan.loss == BINARY_CROSSENTROPY) return (a - y) * share;
  return ((a - y) + (a - y)) * share;
}
// Whether the slope of the last layer still has to be multiplied in.
static inline bool delta_needs_slope(const Plan& plan) {
  return plan.loss == SQUARED_ERROR && plan.rule != PERCEPTRON;
}

template <class T>
class RowsKernel {
 public:
  // Buffers for one block of rows; with `control`, work is given up when a stop is asked for.
  RowsKernel(const Plan& plan, void* memory, const Control* control = nullptr)
      : plan_(plan), arena_(memory), control_(control) {
    x_ = arena_.template take<T>(int64_t(plan.n_in) * BLOCK);
    y_ = arena_.template take<T>(int64_t(plan.n_out) * BLOCK);
    int64_t widest = plan.n_in;
    for (int l = 0; l < plan.n_layers; l++) {
      const LayerPlan& layer = plan.layers[l];
      a_[l] = arena_.template take<T>(int64_t(layer.n_out) * BLOCK);
      z_[l] = slope_needs_sum(layer.activation)
                  ? arena_.template take<T>(int64_t(layer.n_out) * BLOCK)
                  : nullptr;
      widest = std::max<int64_t>(widest, layer.n_out);
    }
    d_[0] = arena_.template take<T>(widest * BLOCK);
    d_[1] = arena_.template take<T>(widest * BLOCK);
  }
  int64_t used() const { return arena_.used(); }
  Arena& arena() { return arena_; }

  // Sum of the gradient over rows first..first+n-1 of `order` (or of the set), into g (K);
  // false if it was given up.
  bool gradient(const T* w, const Rows& rows, const uint32_t* order, int64_t first, int64_t n,
                T* g) {
    for (int64_t at = 0; at < n; at += BLOCK) {
      if (at && stopped()) return false;
      const int count = int(std::min<int64_t>(BLOCK, n - at));
      const int64_t R = round_up(count, LANES);
      gather(static_cast<const T*>(rows.x), plan_.n_in, order, first + at, count, R, x_);
      gather(static_cast<const T*>(rows.y), plan_.n_out, order, first + at, count, R, y_);
      forward_block(w, x_, R, R, true);
      backward_block(w, count, R, g, at > 0);
    }
    return true;
  }

  // Mean loss and accuracy over all rows of a set (NaN where there is none); false if given up.
  bool figures(const T* w, const Rows& rows, double* loss, double* accuracy) {
    double total = 0, right = 0;
    for (int64_t at = 0; at < rows.n; at += BLOCK) {
      if (stopped()) return false;
      const int count = int(std::min<int64_t>(BLOCK, rows.n - at));
      const int64_t R = round_up(count, LANES);
      const T *x = x_, *y = y_;
      int64_t stride = R;
      if (rows.x_columns) {
        x = static_cast<const T*>(rows.x_columns) + at;
        y = static_cast<const T*>(rows.y_columns) + at;
        stride = rows.padded;
      } else {
        gather(static_cast<const T*>(rows.x), plan_.n_in, nullptr, at, count, R, x_);
        gather(static_cast<const T*>(rows.y), plan_.n_out, nullptr, at, count, R, y_);
      }
      forward_block(w, x, stride, R, false);
      Vec<T> losses(T(0)), hits(T(0));
      for (int64_t r = 0; r < R; r += LANES) {
        Vec<T> row_loss, hit;
        row_figures(r, R, y, stride, row_loss, hit);
        const Mask<T> real = first_lanes<T>(int(std::min<int64_t>(LANES, count - r)));
        losses = losses + select(real, row_loss, all(T(0)));
        hits = hits + select(real, hit, all(T(0)));
      }
      total += double(tree_sum(losses));
      right += double(tree_sum(hits));
    }
    *loss = total / double(rows.n);
    *accuracy = plan_.accuracy == NO_ACCURACY ? std::numeric_limits<double>::quiet_NaN()
                                              : right / double(rows.n);
    return true;
  }

  // Outputs (n, C) for rows x (n, D).
  void forward(const T* w, const T* x, T* out, int64_t n) {
    const int C = plan_.n_out;
    for (int64_t at = 0; at < n; at += BLOCK) {
      const int count = int(std::min<int64_t>(BLOCK, n - at));
      const int64_t R = round_up(count, LANES);
      gather(x, plan_.n_in, nullptr, at, count, R, x_);
      forward_block(w, x_, R, R, true);
      const T* a = a_[plan_.n_layers - 1];
      for (int r = 0; r < count; r++)
        for (int o = 0; o < C; o++) out[(at + r) * C + o] = a[o * R + r];
    }
  }

 private:
  bool stopped() const { return control_ && control_->stop.load(std::memory_order_relaxed); }

  // Rows (N, D) picked by order into feature-major lines; rows past `count` repeat the first.
  static void gather(const T* from, int D, const uint32_t* order, int64_t first, int count,
                     int64_t R, T* to) {
    for (int64_t r0 = 0; r0 < R; r0 += LANES) {
      const T* source[LANES];
      for (int u = 0; u < LANES; u++) {
        const int64_t k = first + (r0 + u < count ? r0 + u : 0);
        source[u] = from + (order ? int64_t(order[k]) : k) * D;
      }
      for (int j = 0; j < D; j++)
        for (int u = 0; u < LANES; u++) to[j * R + r0 + u] = source[u][j];
    }
  }

  // Outputs of every layer for R rows; with `last`, the last layer's activation too (figures
  // want its weighted sums where the loss is computed from them).
  void forward_block(const T* w, const T* x, int64_t stride, int64_t R, bool last) {
    const T* in = x;
    int64_t in_stride = stride;
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      product(w + layer.weights, layer.n_out, int64_t(1), layer.has_bias ? w + layer.bias : nullptr,
              in, in_stride, a_[l], R, layer.n_in, layer.n_out, R);
      const bool sums_wanted = l == plan_.n_layers - 1 && !last && plan_.loss != SQUARED_ERROR &&
                               layer.activation == SIGMOID;
      if (layer.activation == SOFTMAX)
        keep_sums(l, R, last);
      else if (!sums_wanted)
        activate_all(layer, a_[l], z_[l], int64_t(layer.n_out) * R);
      in = a_[l];
      in_stride = R;
    }
  }
  // Softmax; figures of the last layer want the sums too, which go to the spare delta buffer.
  void keep_sums(int l, int64_t R, bool last) {
    const int64_t n = int64_t(plan_.layers[l].n_out) * R;
    if (!last && l == plan_.n_layers - 1) std::copy(a_[l], a_[l] + n, d_[0]);
    softmax_rows(a_[l], plan_.layers[l].n_out, R);
  }

  void backward_block(const T* w, int count, int64_t R, T* g, bool add) {
    PendingSums<T> sums(g, add);
    T *d = d_[0], *spare = d_[1];
    const int top = plan_.n_layers - 1;
    last_delta(count, R, d);
    for (int l = top; l >= 0; l--) {
      const LayerPlan& layer = plan_.layers[l];
      layer_gradient(layer, d, l ? a_[l - 1] : x_, R, R, sums);
      if (!l) break;
      product(w + layer.weights, int64_t(1), int64_t(layer.n_out), static_cast<const T*>(nullptr),
              d, R, spare, R, layer.n_out, layer.n_in, R);
      through_slope(l - 1, spare, R);
      std::swap(d, spare);
    }
    sums.flush();
  }

  void through_slope(int l, T* d, int64_t R) {
    const LayerPlan& layer = plan_.layers[l];
    if (layer.activation == SOFTMAX)
      softmax_slope(d, a_[l], layer.n_out, R);
    else
      slope_all(layer, d, a_[l], z_[l], int64_t(layer.n_out) * R);
  }

  // Deltas of the last layer; rows past `count` are selected away.
  void last_delta(int count, int64_t R, T* d) {
    const int top = plan_.n_layers - 1;
    const Vec<T> share{T(1) / T(plan_.n_out)}, zero(T(0));
    const T* a = a_[top];
    for (int64_t k = 0; k < int64_t(plan_.n_out) * R; k += LANES)
      output_delta(plan_, Vec<T>::load(a + k), Vec<T>::load(y_ + k), share).store(d + k);
    if (delta_needs_slope(plan_)) through_slope(top, d, R);
    if (count == R) return;
    const int64_t r = R - LANES;
    const Mask<T> real = first_lanes<T>(int(count - r));
    for (int o = 0; o < plan_.n_out; o++)
      select(real, Vec<T>::load(d + o * R + r), zero).store(d + o * R + r);
  }

  // Loss of 16 rows and whether each is classified rightly.
  void row_figures(int64_t r, int64_t R, const T* y, int64_t stride, Vec<T>& loss, Vec<T>& hit) {
    const int C = plan_.n_out;
    const T* a = a_[plan_.n_layers - 1];
    const Vec<T> zero(T(0)), one(T(1)), half(T(0.5)), two(T(2)), share{T(1) / T(C)};
    loss = zero;
    hit = one;
    if (plan_.loss == BINARY_CROSSENTROPY) {
      for (int o = 0; o < C; o++) {
        const Vec<T> z = Vec<T>::load(a + o * R + r), t = Vec<T>::load(y + o * stride + r);
        const Vec<T> u = exp_minus_abs(z);
        // softplus(z) - t z; the probability 1 / (1 + u) is over one half where 1 + u < 2.
        loss = loss + fnma(t, z, max(zero, z) + log1p_unit(u));
        const Vec<T> guess = select(z > zero, select(two > one + u, one, zero), zero);
        hit = select(guess == select(t > half, one, zero), hit, zero);
      }
      loss = loss * share;
      if (plan_.accuracy == ARGMAX) hit = argmax_hit(a, y, r, R, stride);
      return;
    }
    if (plan_.loss == CATEGORICAL_CROSSENTROPY) {
      const T* z = d_[0];
      Vec<T> top = Vec<T>::load(z + r);
      for (int o = 1; o < C; o++) top = max(top, Vec<T>::load(z + o * R + r));
      Vec<T> sum = zero, chosen = zero;
      for (int o = 0; o < C; o++) {
        const Vec<T> s = Vec<T>::load(z + o * R + r) - top;
        sum = sum + exp(s);
        chosen = fma(Vec<T>::load(y + o * stride + r), s, chosen);
      }
      loss = log(sum) - chosen;
    } else {
      for (int o = 0; o < C; o++) {
        const Vec<T> e = Vec<T>::load(a + o * R + r) - Vec<T>::load(y + o * stride + r);
        loss = fma(e, e, loss);
        const Vec<T> guess = select(Vec<T>::load(a + o * R + r) > half, one, zero);
        hit =
            select(guess == select(Vec<T>::load(y + o * stride + r) > half, one, zero), hit, zero);
      }
      loss = loss * share;
    }
    if (plan_.accuracy == ARGMAX) hit = argmax_hit(a, y, r, R, stride);
  }

  // 1 where the first largest output is the labelled class.
  Vec<T> argmax_hit(const T* a, const T* y, int64_t r, int64_t R, int64_t stride) {
    const Vec<T> zero(T(0)), one(T(1)), half(T(0.5));
    Vec<T> best = Vec<T>::load(a + r), hit = select(Vec<T>::load(y + r) > half, one, zero);
    for (int o = 1; o < plan_.n_out; o++) {
      const Vec<T> v = Vec<T>::load(a + o * R + r);
      const Vec<T> label = select(Vec<T>::load(y + o * stride + r) > half, one, zero);
      hit = select(v > best, label, hit);
      best = select(v > best, v, best);
    }
    return hit;
  }

  const Plan& plan_;
  Arena arena_;
  const Control* control_;
  T *x_, *y_, *a_[MAX_LAYERS], *z_[MAX_LAYERS], *d_[2];
};

}  // namespace shoal
