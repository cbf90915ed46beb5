// The rows kernel: one network, 16 rows of the batch side by side, weights broadcast.
//
// Work goes by blocks of 256 rows: forward, backward, and sums that are joined by one tree. Blocks
// are added in order, so several threads may compute them.
#pragma once
#include "draws.hpp"
#include "losses.hpp"
#include "products.hpp"

namespace shoal {

// The rows of a step: `order` picks them (null: the set's own order).
struct Batch {
  const Rows& rows;
  const uint32_t* order;
  int64_t first, count;
  Draws draws;
  int64_t blocks() const { return (count + BLOCK - 1) / BLOCK; }
};

constexpr int AHEAD = 192;  // numbers of a row that are fetched before they are wanted

template <class T>
class RowsKernel {
 public:
  // Buffers for one block of rows; with `control`, work is given up when a stop is asked for.
  RowsKernel(const Plan& plan, void* memory, const Control* control = nullptr)
      : plan_(plan), arena_(memory), control_(control), line_(draw_line(plan)) {
    x_ = take(plan.n_in);
    y_ = take(plan.n_out);
    e_ = take(1);
    held_ = take(1);
    int64_t widest = plan.n_in;
    for (int l = 0; l < plan.n_layers; l++) {
      const LayerPlan& layer = plan.layers[l];
      a_[l] = take(layer.n_out);
      z_[l] = slope_needs_sum(layer.activation) ? take(layer.n_out) : nullptr;
      mask_[l] = layer.dropout > 0 ? take(layer.n_out) : nullptr;
      dropped_[l] = layer.dropout > 0 ? take(layer.n_out) : nullptr;
      widest = std::max<int64_t>(widest, layer.n_out);
    }
    d_[0] = take(widest);
    d_[1] = take(widest);
    noise_ = plan.input_noise > 0 ? take(plan.n_in) : nullptr;
    totals_ = arena_.template take<double>(3 * int64_t(plan.n_out));
  }
  int64_t used() const { return arena_.used(); }
  Arena& arena() { return arena_; }
  bool stopped() const { return control_ && control_->stop.load(std::memory_order_relaxed); }

  // Sum of the gradient over the rows of a batch into g (K); false if it was given up.
  bool gradient(const T* w, const Batch& batch, T* g) {
    for (int64_t block = 0; block < batch.blocks(); block++) {
      if (block && stopped()) return false;
      block_gradient(w, batch, block, g, block > 0);
    }
    return true;
  }
  // The same over one block, stored or added.
  void block_gradient(const T* w, const Batch& batch, int64_t block, T* g, bool add) {
    const int count = load(batch, block);
    const int64_t R = round_up(count, LANES);
    forward_block(w, x_, R, R, true, true);
    backward_block(w, batch.rows.emphasis != nullptr, count, R, g, add);
  }

  // Sum of the losses over the rows of a batch; false if it was given up.
  bool loss(const T* w, const Batch& batch, double* total) {
    *total = 0;
    for (int64_t block = 0; block < batch.blocks(); block++) {
      if (stopped()) return false;
      const int count = load(batch, block);
      const int64_t R = round_up(count, LANES);
      forward_block(w, x_, R, R, false, true);
      *total += block_loss(batch.rows.emphasis != nullptr, count, R);
    }
    return true;
  }

  // Sums of the losses with weight k larger by h, for every k that is not frozen: totals (K); false
  // if given up. Only what a weight changes is computed again, by the same operations in the same
  // order. w is as before afterwards.
  bool losses_of_changes(T* w, const Batch& batch, T h, double* totals) {
    std::fill(totals, totals + plan_.n_parameters, 0.0);
    for (int64_t block = 0; block < batch.blocks(); block++) {
      const int count = load(batch, block);
      const Change change{batch.rows.emphasis != nullptr, count, round_up(count, LANES), h, totals};
      forward_block(w, x_, change.R, change.R, false, true);
      for (int l = 0; l < plan_.n_layers; l++) {
        for (int o = 0; o < plan_.layers[l].n_out; o++) {
          if (stopped()) return false;
          change_unit(w, l, o, change);
        }
        if (l + 1 < plan_.n_layers) forward_from(l, w, change.R);
      }
    }
    return true;
  }

  // Figures over all rows of a set, each NaN where there is none; false if it was given up.
  bool figures(const T* w, const Rows& rows, double* figure) {
    Sums sums;
    std::fill(totals_, totals_ + 3 * plan_.n_out, 0.0);
    for (int64_t block = 0; block * BLOCK < rows.n; block++) {
      if (stopped()) return false;
      judge_block(w, rows, block, sums, totals_);
    }
    conclude(rows, sums, totals_, figure);
    return true;
  }

  // What figures are made of: sums over rows, for classes here, for numbers by output (3 C).
  struct Sums {
    double loss = 0, right = 0;
  };
  // Add the sums of one block to those of the blocks before.
  void judge_block(const T* w, const Rows& rows, int64_t block, Sums& sums, double* totals) {
    const int64_t at = block * BLOCK;
    const int count = int(std::min<int64_t>(BLOCK, rows.n - at));
    const int64_t R = round_up(count, LANES);
    const T *x = x_, *y = y_, *weights = nullptr;
    int64_t stride = R;
    if (rows.x_columns) {
      x = static_cast<const T*>(rows.x_columns) + at;
      y = static_cast<const T*>(rows.y_columns) + at;
      stride = rows.padded;
    } else {
      gather(static_cast<const T*>(rows.x), plan_.n_in, nullptr, at, count, R, x_);
      gather(static_cast<const T*>(rows.y), plan_.n_out, nullptr, at, count, R, y_);
    }
    if (rows.weights) {
      gather(static_cast<const T*>(rows.weights), 1, nullptr, at, count, R, e_);
      weights = e_;
    }
    forward_block(w, x, stride, R, false, false);
    if (plan_.accuracy == NO_ACCURACY)
      judge_numbers(y, stride, weights, count, R, totals);
    else
      judge_classes(y, stride, weights, count, R, sums);
  }
  void conclude(const Rows& rows, const Sums& sums, const double* totals, double* figure) const {
    for (int k = 0; k < KINDS; k++) figure[k] = std::numeric_limits<double>::quiet_NaN();
    if (plan_.accuracy != NO_ACCURACY) {
      figure[LOSS] = sums.loss / rows.total_weight;
      figure[ACCURACY] = sums.right / rows.total_weight;
      return;
    }
    const bool squared = plan_.loss == SQUARED_ERROR || plan_.loss == HUBER;
    double loss = 0, distance = 0, determination = 0;
    for (int o = 0; o < plan_.n_out; o++) {
      const double *sum = totals + 3 * o, unit = rows.units[o];
      const double inverse = rows.inverse_variance[o];
      loss += sum[0] * (squared ? unit * unit : plan_.loss == ABSOLUTE_ERROR ? unit : 1.0);
      distance += sum[1] * unit;
      determination += inverse > 0 ? 1 - sum[2] / rows.total_weight * inverse
                                   : std::numeric_limits<double>::quiet_NaN();
    }
    figure[LOSS] = loss / (rows.total_weight * plan_.n_out);
    figure[ABSOLUTE] = distance / (rows.total_weight * plan_.n_out);
    figure[DETERMINATION] = determination / plan_.n_out;
  }

  // Outputs (n, C) for rows x (n, D).
  void forward(const T* w, const T* x, T* out, int64_t n) {
    const int C = plan_.n_out;
    for (int64_t at = 0; at < n; at += BLOCK) {
      const int count = int(std::min<int64_t>(BLOCK, n - at));
      const int64_t R = round_up(count, LANES);
      gather(x, plan_.n_in, nullptr, at, count, R, x_);
      forward_block(w, x_, R, R, true, false);
      const T* a = a_[plan_.n_layers - 1];
      for (int r = 0; r < count; r++)
        for (int o = 0; o < C; o++) out[(at + r) * C + o] = a[o * R + r];
    }
  }

 private:
  T* take(int64_t lines) { return arena_.template take<T>(lines * BLOCK); }

  // Rows (N, D) picked by order into feature-major lines; rows past `count` repeat the first.
  static void gather(const T* from, int D, const uint32_t* order, int64_t first, int count,
                     int64_t R, T* to) {
    for (int64_t r0 = 0; r0 < R; r0 += LANES) {
      const T* source[LANES];
      for (int u = 0; u < LANES; u++) {
        const int64_t k = first + (r0 + u < count ? r0 + u : 0);
        source[u] = from + (order ? int64_t(order[k]) : k) * D;
      }
      int j = 0;
      for (; j + LANES <= D; j += LANES) {
        turn(source, to + j * R + r0, R);
        for (const T*& line : source) {
          line += LANES;
          __builtin_prefetch(line + AHEAD);  // sixteen rows from anywhere: too many to foresee
        }
      }
      for (int k = 0; j + k < D; k++)
        for (int u = 0; u < LANES; u++) to[(j + k) * R + r0 + u] = source[u][k];
    }
  }

  // The rows of a block, and all that is drawn for it; how many they are.
  int load(const Batch& batch, int64_t block) {
    const int64_t at = batch.first + block * BLOCK;
    const int count = int(std::min<int64_t>(BLOCK, batch.count - block * BLOCK));
    const int64_t R = round_up(count, LANES);
    const Rows& rows = batch.rows;
    gather(static_cast<const T*>(rows.x), plan_.n_in, batch.order, at, count, R, x_);
    gather(static_cast<const T*>(rows.y), plan_.n_out, batch.order, at, count, R, y_);
    if (rows.emphasis)
      gather(static_cast<const T*>(rows.emphasis), 1, batch.order, at, count, R, e_);
    if (noise_) {
      input_noise(plan_, batch.draws, block, noise_);
      for (int j = 0; j < plan_.n_in; j++)
        for (int64_t r = 0; r < R; r += LANES)
          (Vec<T>::load(x_ + j * R + r) + Vec<T>::load(noise_ + j * line_ + r))
              .store(x_ + j * R + r);
    }
    for (int l = 0; l < plan_.n_layers; l++)
      if (mask_[l]) dropout_factors(plan_, batch.draws, l, block, mask_[l]);
    return count;
  }

  // Outputs of every layer for R rows; with `last`, the last layer's activation too, which the
  // losses of some layers do without; with `dropping`, in training.
  void forward_block(const T* w, const T* x, int64_t stride, int64_t R, bool last, bool dropping) {
    const T* in = x;
    int64_t in_stride = stride;
    for (int l = 0; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      product(w + layer.weights, layer.n_out, int64_t(1), layer.has_bias ? w + layer.bias : nullptr,
              in, in_stride, a_[l], R, layer.n_in, layer.n_out, R);
      activate_layer(l, R, last);
      in = a_[l];
      in_stride = R;
      if (!dropping || !mask_[l]) continue;
      scale_lines(a_[l], mask_[l], dropped_[l], layer.n_out, R);
      in = dropped_[l];
    }
  }
  void activate_layer(int l, int64_t R, bool last) {
    const LayerPlan& layer = plan_.layers[l];
    if (layer.activation == SOFTMAX) {
      // the loss wants the weighted sums too: they go to the spare delta buffer
      const int64_t n = int64_t(layer.n_out) * R;
      if (!last && l == plan_.n_layers - 1) std::copy(a_[l], a_[l] + n, d_[0]);
      softmax_rows(a_[l], layer.n_out, R);
    } else if (last || l < plan_.n_layers - 1 || !loss_takes_sums(plan_)) {
      activate_all(layer, a_[l], z_[l], int64_t(layer.n_out) * R);
    }
  }
  const T* input_of(int l) const { return !l ? x_ : mask_[l - 1] ? dropped_[l - 1] : a_[l - 1]; }
  // to = from * mask, unit by unit.
  void scale_lines(const T* from, const T* mask, T* to, int n, int64_t R) const {
    for (int o = 0; o < n; o++)
      for (int64_t r = 0; r < R; r += LANES)
        (Vec<T>::load(from + o * R + r) * Vec<T>::load(mask + o * line_ + r)).store(to + o * R + r);
  }

  // Layer l and those above it again, in training, with the input that is there.
  void forward_from(int l, const T* w, int64_t R) {
    for (; l < plan_.n_layers; l++) {
      const LayerPlan& layer = plan_.layers[l];
      product(w + layer.weights, layer.n_out, int64_t(1), layer.has_bias ? w + layer.bias : nullptr,
              input_of(l), R, a_[l], R, layer.n_in, layer.n_out, R);
      activate_layer(l, R, false);
      if (mask_[l]) scale_lines(a_[l], mask_[l], dropped_[l], layer.n_out, R);
    }
  }

  struct Change {
    bool weighted;
    int count;
    int64_t R;
    T h;
    double* totals;
  };
  // The losses with each weight of unit o in layer l changed. The layers above are left with what
  // they had last.
  void change_unit(T* w, int l, int o, const Change& change) {
    const LayerPlan& layer = plan_.layers[l];
    T* line = a_[l] + o * change.R;
    std::copy(line, line + change.R, held_);
    const int n = layer.n_in + (layer.has_bias ? 1 : 0);
    for (int i = 0; i < n; i++) {
      const int64_t k =
          i < layer.n_in ? layer.weights + int64_t(i) * layer.n_out + o : layer.bias + o;
      if (plan_.holds(k)) continue;
      const T held = w[k];
      w[k] = held + change.h;
      forward_unit(w, l, o, change.R);
      change.totals[k] += block_loss(change.weighted, change.count, change.R);
      w[k] = held;
    }
    if (layer.activation == SOFTMAX) return;  // such layers are computed whole each time
    std::copy(held_, held_ + change.R, line);
    if (mask_[l]) scale_lines(a_[l], mask_[l], dropped_[l], layer.n_out, change.R);
  }
  // Unit o of layer l again, and the layers above.
  void forward_unit(const T* w, int l, int o, int64_t R) {
    const LayerPlan& layer = plan_.layers[l];
    if (layer.activation == SOFTMAX) return forward_from(l, w, R);
    T* line = a_[l] + o * R;
    product(w + layer.weights + o, layer.n_out, int64_t(1),
            layer.has_bias ? w + layer.bias + o : nullptr, input_of(l), R, line, R, layer.n_in, 1,
            R);
    if (l < plan_.n_layers - 1 || !loss_takes_sums(plan_))
      activate_all(layer, line, z_[l] ? z_[l] + o * R : nullptr, R);
    if (mask_[l]) scale_lines(a_[l], mask_[l], dropped_[l], layer.n_out, R);
    forward_from(l + 1, w, R);
  }

  // Deltas and gradients of a block whose outputs are there.
  void backward_block(const T* w, bool weighted, int count, int64_t R, T* g, bool add) {
    PendingSums<T> sums(g, add);
    T *d = d_[0], *spare = d_[1];
    last_delta(weighted, count, R, d);
    for (int l = plan_.n_layers - 1; l >= 0; l--) {
      const LayerPlan& layer = plan_.layers[l];
      layer_gradient(layer, d, input_of(l), R, R, sums);
      if (!l) break;
      product(w + layer.weights, int64_t(1), int64_t(layer.n_out), static_cast<const T*>(nullptr),
              d, R, spare, R, layer.n_out, layer.n_in, R);
      if (mask_[l - 1]) scale_lines(spare, mask_[l - 1], spare, layer.n_in, R);
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
  void last_delta(bool weighted, int count, int64_t R, T* d) {
    const int top = plan_.n_layers - 1, C = plan_.n_out;
    const OutputDelta<T> delta(plan_);
    for (int64_t k = 0; k < int64_t(C) * R; k += LANES)
      delta(Vec<T>::load(a_[top] + k), Vec<T>::load(y_ + k)).store(d + k);
    if (delta_needs_slope(plan_)) through_slope(top, d, R);
    if (weighted)
      for (int o = 0; o < C; o++)
        for (int64_t r = 0; r < R; r += LANES)
          weigh(Vec<T>::load(d + o * R + r), Vec<T>::load(e_ + r)).store(d + o * R + r);
    if (count == R) return;
    const int64_t r = R - LANES;
    for (int o = 0; o < C; o++)
      select(real_rows(count, r), Vec<T>::load(d + o * R + r), all(T(0))).store(d + o * R + r);
  }
  static Mask<T> real_rows(int count, int64_t r) {
    return first_lanes<T>(int(std::min<int64_t>(LANES, count - r)));
  }

  // Sum of the losses of a block whose outputs are there, as the gradient sees them.
  double block_loss(bool weighted, int count, int64_t R) const {
    Vec<T> sum(T(0));
    for (int64_t r = 0; r < R; r += LANES) {
      Vec<T> loss = row_loss(r, R, y_, R, true);
      if (weighted) loss = weigh(loss, Vec<T>::load(e_ + r));
      sum = sum + select(real_rows(count, r), loss, all(T(0)));
    }
    return double(tree_sum(sum));
  }

  // Loss of 16 rows: mean over the outputs, or the sum for categorical cross-entropy.
  Vec<T> row_loss(int64_t r, int64_t R, const T* y, int64_t stride, bool training) const {
    if (plan_.loss == CATEGORICAL_CROSSENTROPY) return log_loss(r, R, y, stride, training);
    const Smoothing<T> smooth(plan_, training);
    const Vec<T> parameter{T(plan_.loss_parameter)};
    Vec<T> loss(T(0));
    for (int o = 0; o < plan_.n_out; o++) {
      const Vec<T> a = Vec<T>::load(a_[plan_.n_layers - 1] + o * R + r);
      loss = add_loss(plan_, loss, a, smooth(Vec<T>::load(y + o * stride + r)), parameter);
    }
    return loss * all<T>(T(1) / T(plan_.n_out));
  }
  // log(sum of e^z) - the label's z, with the largest z subtracted first.
  Vec<T> log_loss(int64_t r, int64_t R, const T* y, int64_t stride, bool training) const {
    const T* z = d_[0];
    const Smoothing<T> smooth(plan_, training);
    Vec<T> top = Vec<T>::load(z + r), sum(T(0)), chosen(T(0));
    for (int o = 1; o < plan_.n_out; o++) top = max(top, Vec<T>::load(z + o * R + r));
    for (int o = 0; o < plan_.n_out; o++) {
      const Vec<T> s = Vec<T>::load(z + o * R + r) - top;
      sum = sum + exp(s);
      chosen = fma(smooth(Vec<T>::load(y + o * stride + r)), s, chosen);
    }
    return log(sum) - chosen;
  }

  void judge_classes(const T* y, int64_t stride, const T* weights, int count, int64_t R,
                     Sums& sums) const {
    Vec<T> losses(T(0)), hits(T(0));
    for (int64_t r = 0; r < R; r += LANES) {
      Vec<T> loss = row_loss(r, R, y, stride, false);
      Vec<T> hit =
          plan_.accuracy == ARGMAX ? argmax_hit(r, R, y, stride) : all_right(r, R, y, stride);
      if (weights) {
        loss = weigh(loss, Vec<T>::load(weights + r));
        hit = weigh(hit, Vec<T>::load(weights + r));
      }
      const Mask<T> real = real_rows(count, r);
      losses = losses + select(real, loss, all(T(0)));
      hits = hits + select(real, hit, all(T(0)));
    }
    sums.loss += double(tree_sum(losses));
    sums.right += double(tree_sum(hits));
  }
  // Add sums of loss, distance and squared distance of every output, in the network's units.
  void judge_numbers(const T* y, int64_t stride, const T* weights, int count, int64_t R,
                     double* totals) const {
    const bool of_sums = loss_takes_sums(plan_);
    const Vec<T> parameter{T(plan_.loss_parameter)}, zero(T(0));
    for (int o = 0; o < plan_.n_out; o++) {
      Vec<T> losses(zero), distances(zero), squares(zero);
      for (int64_t r = 0; r < R; r += LANES) {
        const Vec<T> out = Vec<T>::load(a_[plan_.n_layers - 1] + o * R + r);
        const Vec<T> t = Vec<T>::load(y + o * stride + r);
        const Vec<T> e = (of_sums ? exp(out) : out) - t;
        Vec<T> loss = add_loss(plan_, zero, out, t, parameter), distance = abs(e), square = e * e;
        if (weights) {
          const Vec<T> weight = Vec<T>::load(weights + r);
          loss = weigh(loss, weight);
          distance = weigh(distance, weight);
          square = weigh(square, weight);
        }
        const Mask<T> real = real_rows(count, r);
        losses = losses + select(real, loss, zero);
        distances = distances + select(real, distance, zero);
        squares = squares + select(real, square, zero);
      }
      totals[3 * o] += double(tree_sum(losses));
      totals[3 * o + 1] += double(tree_sum(distances));
      totals[3 * o + 2] += double(tree_sum(squares));
    }
  }

  // 1 where every output is on its label's side of the threshold.
  Vec<T> all_right(int64_t r, int64_t R, const T* y, int64_t stride) const {
    const Vec<T> zero(T(0)), one(T(1)), half(T(0.5)), two(T(2)), threshold{T(plan_.threshold)};
    const bool of_sums = loss_takes_sums(plan_);
    Vec<T> hit = one;
    for (int o = 0; o < plan_.n_out; o++) {
      const Vec<T> a = Vec<T>::load(a_[plan_.n_layers - 1] + o * R + r);
      Vec<T> guess = select(a > threshold, one, zero);
      if (of_sums)  // the probability 1 / (1 + u) is over one half where 1 + u < 2
        guess = select(a > zero, select(two > one + exp_minus_abs(a), one, zero), zero);
      hit = select(guess == select(Vec<T>::load(y + o * stride + r) > half, one, zero), hit, zero);
    }
    return hit;
  }
  // 1 where the first largest output is the labelled class.
  Vec<T> argmax_hit(int64_t r, int64_t R, const T* y, int64_t stride) const {
    const Vec<T> zero(T(0)), one(T(1)), half(T(0.5));
    const T* a = a_[plan_.n_layers - 1];
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
  int64_t line_;  // rows of a line of draws
  T *x_, *y_, *e_, *held_, *a_[MAX_LAYERS], *z_[MAX_LAYERS], *mask_[MAX_LAYERS],
      *dropped_[MAX_LAYERS], *d_[2], *noise_;
  double* totals_;
};

}  // namespace shoal
