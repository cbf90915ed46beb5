// The networks kernel: 16 networks side by side, one lane each, for small batches.
//
// Every lane has its own rows, order and hyper-parameters. A batch is summed in the order that
// the rows kernel's tree prescribes (row mod 16, then +8, +4, +2, +1), depth first with a small
// stack, so the bits of a network are the same in both kernels. Layers use the rows kernel's
// passes with a line of 16: what is a row there is a network here.
#pragma once
#include "draws.hpp"
#include "losses.hpp"
#include "products.hpp"

namespace shoal {

// What becomes of the gradients of the rows that are worked on together: NEW stores their sum,
// ADD adds it to what is there, CHAIN carries the chain of fma on through them.
enum class Join { NEW, ADD, CHAIN };

// How one, two or four rows that are worked on together join in the tree; f is a row's product.
enum class Pattern {
  SINGLE,    // f0
  CHAINED,   // one chain: f1 after f0 (rows 16 apart)
  JOINED,    // f0 + f1
  CHAINED4,  // one chain through all four
  JOINED4,   // (f0 + f2) + (f1 + f3)
  MIXED4     // two chains of two: (f1 after f0) + (f3 after f2)
};
constexpr int rows_of(Pattern p) {
  return p == Pattern::SINGLE ? 1 : p == Pattern::CHAINED || p == Pattern::JOINED ? 2 : 4;
}

// The sum of V rows by pattern; link(v, c) is row v's link onto the chain c.
template <Join J, Pattern P, class T, class Link>
SHOAL_INLINE void join_rows(T* at, Link link) {
  const Vec<T> zero(T(0));
  Vec<T> sum = link(0, J == Join::CHAIN ? Vec<T>::load(at) : zero);
  if constexpr (P == Pattern::CHAINED) sum = link(1, sum);
  if constexpr (P == Pattern::CHAINED4) sum = link(3, link(2, link(1, sum)));
  if constexpr (P == Pattern::JOINED) sum = sum + link(1, zero);
  if constexpr (P == Pattern::JOINED4)
    sum = (sum + link(2, zero)) + (link(1, zero) + link(3, zero));
  if constexpr (P == Pattern::MIXED4) sum = link(1, sum) + link(3, link(2, zero));
  if constexpr (J == Join::ADD) sum = Vec<T>::load(at) + sum;
  sum.store(at);
}

// z[o] = b[o] + sum over i of w[i, o] in[i], for O outputs from `o`; every weight is 16 lanes.
template <class T, int V, int O>
static inline void lane_product(const LayerPlan& layer, int o, const T* w, const T* in, T* out) {
  constexpr int R = V * LANES;
  const T* at = w + (layer.weights + o) * LANES;
  const int64_t next = int64_t(layer.n_out) * LANES;
  Vec<T> z[O][V];
  SHOAL_UNROLL for (int k = 0; k < O; k++) SHOAL_UNROLL
    for (int v = 0; v < V; v++)
      z[k][v] = layer.has_bias ? Vec<T>::load(w + (layer.bias + o + k) * LANES) : all(T(0));
  for (int i = 0; i < layer.n_in; i++, at += next) {
    SHOAL_UNROLL for (int k = 0; k < O; k++) {
      const Vec<T> weight = Vec<T>::load(at + k * LANES);
      SHOAL_UNROLL for (int v = 0; v < V; v++)
        z[k][v] = fma(weight, Vec<T>::load(in + i * R + v * LANES), z[k][v]);
    }
  }
  SHOAL_UNROLL for (int k = 0; k < O; k++) SHOAL_UNROLL
    for (int v = 0; v < V; v++) z[k][v].store(out + (o + k) * R + v * LANES);
}

// Gradients of O outputs from `o` of a layer, joined to g.
template <class T, Join J, Pattern P, int O>
static inline void lane_gradient(const LayerPlan& layer, int o, const T* d, const T* in, T* g) {
  constexpr int V = rows_of(P), R = V * LANES;
  Vec<T> delta[O][V];
  SHOAL_UNROLL for (int k = 0; k < O; k++) SHOAL_UNROLL
    for (int v = 0; v < V; v++) delta[k][v] = Vec<T>::load(d + (o + k) * R + v * LANES);
  T* at = g + (layer.weights + o) * LANES;
  const int64_t next = int64_t(layer.n_out) * LANES;
  for (int i = 0; i < layer.n_in; i++, at += next) {
    Vec<T> x[V];
    SHOAL_UNROLL for (int v = 0; v < V; v++)
      x[v] = Vec<T>::load(in + i * R + v * LANES);
    SHOAL_UNROLL for (int k = 0; k < O; k++)
      join_rows<J, P>(at + k * LANES, [&](int v, Vec<T> c) __attribute__((always_inline)) {
        return fma(delta[k][v], x[v], c);
      });
  }
  if (!layer.has_bias) return;
  T* bias = g + (layer.bias + o) * LANES;
  SHOAL_UNROLL for (int k = 0; k < O; k++)
    join_rows<J, P>(bias + k * LANES, [&](int v, Vec<T> c) __attribute__((always_inline)) {
      return c + delta[k][v];
    });
}

// Call block(std::integral_constant<int, O>, o) for outputs in blocks of at most MOST (4 or 2).
template <int MOST, class F>
static inline void in_blocks(int n, F&& block) {
  int o = 0;
  for (; o + MOST <= n; o += MOST) block(std::integral_constant<int, MOST>{}, o);
  if constexpr (MOST == 4) {
    if (n - o == 3) return block(std::integral_constant<int, 3>{}, o);
    if (n - o == 2) return block(std::integral_constant<int, 2>{}, o);
  }
  if (n - o == 1) return block(std::integral_constant<int, 1>{}, o);
}
// Outputs in a block, so that outputs x rows fit the registers.
template <class T, int V>
constexpr int BLOCK_OUTPUTS = V * Vec<T>::K * 4 <= 4 * Blocking<T>::budget ? 4 : 2;

template <class T>
class NetworksKernel {
 public:
  NetworksKernel(const Plan& plan, Arena& arena) : plan_(plan) {
    K_ = plan.n_parameters * LANES;
    for (int side = 0; side < 2; side++) {
      weights[side] = arena.take<T>(K_);
      slots[side] = arena.take<T>(K_ * plan.n_slots);
    }
    gradient = arena.take<T>(K_);
    for (T*& level : stack_) level = arena.take<T>(K_);
    constexpr int R = 4 * LANES;
    x_ = arena.take<T>(plan.n_in * R);
    y_ = arena.take<T>(plan.n_out * R);
    int64_t widest = plan.n_in;
    for (int l = 0; l < plan.n_layers; l++) {
      const LayerPlan& layer = plan.layers[l];
      a_[l] = arena.take<T>(layer.n_out * R);
      z_[l] = slope_needs_sum(layer.activation) ? arena.take<T>(layer.n_out * R) : nullptr;
      widest = std::max<int64_t>(widest, layer.n_out);
    }
    d_[0] = arena.take<T>(widest * R);
    d_[1] = arena.take<T>(widest * R);
    e_ = arena.take<T>(R);
    line_ = draw_line(plan);
    draws_ = draws_anything(plan);
    for (int l = 0; l < plan.n_layers; l++) {
      const LayerPlan& layer = plan.layers[l];
      const bool drops = layer.dropout > 0;
      factors_[l] = drops ? arena.take<T>(LANES * layer.n_out * line_) : nullptr;
      mask_[l] = drops ? arena.take<T>(layer.n_out * R) : nullptr;
      dropped_[l] = drops ? arena.take<T>(layer.n_out * R) : nullptr;
    }
    noise_ = plan.input_noise > 0 ? arena.take<T>(LANES * plan.n_in * line_) : nullptr;
  }

  // Where each lane finds its rows.
  struct Source {
    const T *x[LANES], *y[LANES], *emphasis[LANES];
    const uint32_t* order[LANES];  // null: in order
    uint64_t dropout[LANES];       // keys
    bool common;                   // all lanes take the same rows in order
    bool weighted;                 // rows count differently in the gradient
    int count;                     // lanes that are networks
  };

  // Sum of the gradient over rows first..first+n-1 of each lane's order, into `gradient`; `step`
  // is the number of the step, from 1.
  void sum_gradient(int now, const Source& source, int64_t first, int64_t n, int64_t step) {
    for (int64_t at = 0; at < n; at += BLOCK) {
      const int count = int(std::min<int64_t>(BLOCK, n - at));
      if (draws_) draw(source, at / BLOCK, step);
      T* target = at ? stack_[5] : gradient;
      const Batch batch{source, weights[now], first + at, count};
      sum_node(batch, 0, 1, 0, target, Join::NEW);
      if (at) add_to(gradient, target);
    }
  }

  T *weights[2], *slots[2], *gradient;

 private:
  struct Batch {
    const Source& source;
    const T* w;
    int64_t first;
    int count;
  };

  // All that is random in a block, lane by lane.
  void draw(const Source& source, int64_t block, int64_t step) {
    for (int u = 0; u < source.count; u++) {
      const Draws draws{source.dropout[u], uint64_t(step)};
      for (int l = 0; l < plan_.n_layers; l++)
        if (factors_[l])
          dropout_factors(plan_, draws, l, block, factors_[l] + u * plan_.layers[l].n_out * line_);
      if (noise_) input_noise(plan_, draws, block, noise_ + u * plan_.n_in * line_);
    }
  }
  // Line `k` of `n` of what was drawn for row r, every lane its own.
  void spread(const Source& s, const T* drawn, int n, int64_t k, int r, T* to) const {
    for (int u = 0; u < LANES; u++)
      to[u] = drawn[((u < s.count ? u : 0) * int64_t(n) + k) * line_ + r];
  }

  void add_to(T* g, const T* other) const {
    for (int64_t k = 0; k < K_; k += LANES)
      (Vec<T>::load(g + k) + Vec<T>::load(other + k)).store(g + k);
  }

  // The tree's node over rows c, c + h, c + 2h, ... into g (NEW) or added to it (ADD). A node
  // whose rows can be worked on together needs no buffer of its own.
  void sum_node(const Batch& b, int c, int h, int depth, T* g, Join join) {
    const int n = (b.count - c + h - 1) / h;
    if (n == 1) return rows<Pattern::SINGLE>(b, g, join, c);
    if (n == 2 && h < LANES) return rows<Pattern::JOINED>(b, g, join, c, c + h);
    if (n == 2) return rows<Pattern::CHAINED>(b, g, join, c, c + h);
    if (n == 4 && h < 8) return rows<Pattern::JOINED4>(b, g, join, c, c + h, c + 2 * h, c + 3 * h);
    if (n == 4 && h == 8) return rows<Pattern::MIXED4>(b, g, join, c, c + 16, c + 8, c + 24);
    T* target = join == Join::ADD ? stack_[depth] : g;
    if (h == LANES) {
      sum_chain(b, c, target);
    } else {
      sum_node(b, c, 2 * h, depth + 1, target, Join::NEW);
      sum_node(b, c + h, 2 * h, depth + 1, target, Join::ADD);
    }
    if (join == Join::ADD) add_to(g, target);
  }
  // The chain over rows c, c + 16, c + 32, ...: three or more.
  void sum_chain(const Batch& b, int c, T* g) {
    Join join = Join::NEW;
    int r = c;
    for (; r + 48 < b.count; r += 64, join = Join::CHAIN)
      rows<Pattern::CHAINED4>(b, g, join, r, r + 16, r + 32, r + 48);
    for (; r + 16 < b.count; r += 32, join = Join::CHAIN)
      rows<Pattern::CHAINED>(b, g, join, r, r + 16);
    if (r < b.count) rows<Pattern::SINGLE>(b, g, join, r);
  }

  // One, two or four rows of every lane: forward, backward, the gradient joined to g.
  template <Pattern P, class... Row>
  void rows(const Batch& b, T* g, Join join, Row... row) {
    constexpr int V = rows_of(P), R = V * LANES, O = BLOCK_OUTPUTS<T, V>;
    static_assert(sizeof...(row) == V);
    int v = 0;
    ((load_row<R>(b.source, b.first + row, x_ + v * LANES, y_ + v * LANES), v++), ...);
    if (b.source.weighted) {
      v = 0;
      ((load_emphasis(b.source, b.first + row, e_ + v * LANES), v++), ...);
    }
    if (draws_) {
      v = 0;
      ((place_draws<R>(b.source, row, v * LANES), v++), ...);
    }
    const T* in = x_;
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      in_blocks<O>(layer.n_out,
                   [&](auto block, int o) { lane_product<T, V, block>(layer, o, b.w, in, a_[l]); });
      if (layer.activation == SOFTMAX)
        softmax_rows(a_[l], layer.n_out, R);
      else
        activate_all(layer, a_[l], z_[l], int64_t(layer.n_out) * R);
      in = a_[l];
      if (mask_[l]) in = masked(a_[l], mask_[l], dropped_[l], int64_t(layer.n_out) * R);
    }
    const bool w = b.source.weighted;
    if (join == Join::NEW) return backward<P, Join::NEW>(b.w, g, w);
    constexpr bool chain = P == Pattern::SINGLE || P == Pattern::CHAINED || P == Pattern::CHAINED4;
    if constexpr (chain)
      if (join == Join::CHAIN) return backward<P, Join::CHAIN>(b.w, g, w);
    if constexpr (P != Pattern::CHAINED4) backward<P, Join::ADD>(b.w, g, w);
  }
  // to = from * mask; returns `to`.
  static const T* masked(const T* from, const T* mask, T* to, int64_t n) {
    for (int64_t k = 0; k < n; k += LANES)
      (Vec<T>::load(from + k) * Vec<T>::load(mask + k)).store(to + k);
    return to;
  }

  template <Pattern P, Join J>
  void backward(const T* w, T* g, bool weighted) {
    constexpr int V = rows_of(P), R = V * LANES, O = BLOCK_OUTPUTS<T, V>;
    const int top = plan_.n_layers - 1;
    const OutputDelta<T> delta(plan_);
    T *d = d_[0], *spare = d_[1];
    for (int64_t k = 0; k < int64_t(plan_.n_out) * R; k += LANES)
      delta(Vec<T>::load(a_[top] + k), Vec<T>::load(y_ + k)).store(d + k);
    if (delta_needs_slope(plan_)) through_slope<R>(top, d);
    if (weighted)
      for (int64_t k = 0; k < int64_t(plan_.n_out) * R; k += LANES)
        weigh(Vec<T>::load(d + k), Vec<T>::load(e_ + k % R)).store(d + k);
    for (int l = top; l >= 0; l--) {
      const LayerPlan& layer = plan_.layers[l];
      const T* in = !l ? x_ : mask_[l - 1] ? dropped_[l - 1] : a_[l - 1];
      in_blocks<O>(layer.n_out,
                   [&](auto block, int o) { lane_gradient<T, J, P, block>(layer, o, d, in, g); });
      if (!l) return;
      back_product<R>(layer, w, d, spare);
      if (mask_[l - 1]) masked(spare, mask_[l - 1], spare, int64_t(layer.n_in) * R);
      through_slope<R>(l - 1, spare);
      std::swap(d, spare);
    }
  }
  // out[i] = sum over o of w[i, o] d[o], a chain in the order of o.
  template <int R>
  static void back_product(const LayerPlan& layer, const T* w, const T* d, T* out) {
    constexpr int V = R / LANES;
    const T* at = w + layer.weights * LANES;
    for (int i = 0; i < layer.n_in; i++) {
      Vec<T> sum[V];
      SHOAL_UNROLL for (int v = 0; v < V; v++)
        sum[v] = all(T(0));
      for (int o = 0; o < layer.n_out; o++, at += LANES) {
        const Vec<T> weight = Vec<T>::load(at);
        SHOAL_UNROLL for (int v = 0; v < V; v++)
          sum[v] = fma(weight, Vec<T>::load(d + o * R + v * LANES), sum[v]);
      }
      SHOAL_UNROLL for (int v = 0; v < V; v++)
        sum[v].store(out + i * R + v * LANES);
    }
  }
  template <int R>
  void through_slope(int l, T* d) {
    const LayerPlan& layer = plan_.layers[l];
    if (layer.activation == SOFTMAX)
      softmax_slope(d, a_[l], layer.n_out, R);
    else
      slope_all(layer, d, a_[l], z_[l], int64_t(layer.n_out) * R);
  }

  // Row k of every lane's order, feature j in the line of 16 at x + j R.
  template <int R>
  void load_row(const Source& s, int64_t k, T* x, T* y) const {
    const int D = plan_.n_in, C = plan_.n_out;
    if (s.common) {
      for (int j = 0; j < D; j++) all<T>(s.x[0][k * D + j]).store(x + j * R);
      for (int j = 0; j < C; j++) all<T>(s.y[0][k * C + j]).store(y + j * R);
      return;
    }
    for (int u = 0; u < LANES; u++) {
      const int64_t q = s.order[u] ? int64_t(s.order[u][k]) : k;
      for (int j = 0; j < D; j++) x[j * R + u] = s.x[u][q * D + j];
      for (int j = 0; j < C; j++) y[j * R + u] = s.y[u][q * C + j];
    }
  }

  void load_emphasis(const Source& s, int64_t k, T* e) const {
    for (int u = 0; u < LANES; u++)
      e[u] = s.emphasis[u] ? s.emphasis[u][s.order[u] ? int64_t(s.order[u][k]) : k] : T(1);
  }
  // Add noise to a loaded row, and put its masks beside those of the other rows.
  template <int R>
  void place_draws(const Source& s, int row, int at) {
    alignas(64) T line[LANES];
    for (int j = 0; noise_ && j < plan_.n_in; j++) {
      spread(s, noise_, plan_.n_in, j, row, line);
      (Vec<T>::load(x_ + j * R + at) + Vec<T>::load(line)).store(x_ + j * R + at);
    }
    for (int l = 0; l < plan_.n_layers; l++)
      for (int o = 0; factors_[l] && o < plan_.layers[l].n_out; o++)
        spread(s, factors_[l], plan_.layers[l].n_out, o, row, mask_[l] + o * R + at);
  }

  const Plan& plan_;
  int64_t K_, line_;
  bool draws_;
  T *stack_[6], *x_, *y_, *e_, *a_[MAX_LAYERS], *z_[MAX_LAYERS], *d_[2], *factors_[MAX_LAYERS],
      *mask_[MAX_LAYERS], *dropped_[MAX_LAYERS], *noise_;
};

}  // namespace shoal
