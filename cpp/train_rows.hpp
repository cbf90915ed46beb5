// Training of one network with the rows kernel, by one thread or a team of them.
//
// Members of a team compute blocks of 256 rows each into buffers of their own; the blocks are
// added in order, each member over its own part of the parameters: the bits are those of one
// thread. Everything else is the first member's.
#pragma once
#include "optimizers.hpp"
#include "reports.hpp"
#include "restraint.hpp"

namespace shoal {

// What one network needs while it trains: padded copies of its state, twice, so that a step
// whose result is not finite is simply not taken.
template <class T>
struct RowsState {
  int64_t padded;
  T *weights[2], *slots[2], *gradient;
  RowsState(const Plan& plan, Arena& arena) : padded(round_up(plan.n_parameters, LANES)) {
    const int n_slots = std::min<int>(plan.n_slots, MAX_SLOTS);
    for (int side = 0; side < 2; side++) {
      weights[side] = arena.take<T>(padded);
      slots[side] = arena.take<T>(padded * n_slots);
    }
    gradient = arena.take<T>(padded);
  }
};

constexpr int64_t PARTIAL_BYTES = 4 << 20;  // of the gradients of single blocks, about a cache

// What the members of a team share.
template <class T>
struct TeamShare {
  RowsState<T> state;
  Restraint<T> restraint;
  uint32_t* order;
  int64_t wave;           // blocks whose gradients are held at once
  T* partial;             // (wave, padded)
  double *sums, *totals;  // of every block: (blocks, 2) and (blocks, 3 C)
  std::atomic<bool> given_up{false};
  std::atomic<int> status{RUNNING};  // what the update of a step came to
  bool going = false;
  int64_t step = 0;
  int now = 0;
  T constants[MAX_CONSTANTS], rate, scale;
  TeamShare(const Plan& plan, const Rows& largest, int size, Arena& arena)
      : state(plan, arena), restraint(plan, arena) {
    order = arena.take<uint32_t>(plan.shuffled ? largest.n : 0);
    const int64_t of_batch = (std::min(plan.batch, largest.n) + BLOCK - 1) / BLOCK;
    const int64_t fits = PARTIAL_BYTES / (state.padded * int64_t(sizeof(T)));
    wave = std::min(of_batch, std::max<int64_t>(fits, 2 * size));
    partial = arena.take<T>(size > 1 ? wave * state.padded : 0);
    const int64_t blocks = size > 1 ? (largest.n + BLOCK - 1) / BLOCK : 0;
    sums = arena.take<double>(2 * blocks);
    totals = arena.take<double>(plan.accuracy == NO_ACCURACY ? 3 * plan.n_out * blocks : 0);
  }
};

template <class T>
class RowsTrainer {
 public:
  RowsTrainer(const Plan& plan, const Population& population, int64_t i, TeamShare<T>& share,
              RowsKernel<T>& kernel, Control* control, Team& team, int rank)
      : plan_(plan),
        population_(population),
        i_(i),
        share_(share),
        state_(share.state),
        kernel_(kernel),
        control_(control),
        team_(team),
        rank_(rank),
        rule_(rule_functions<T>(plan.rule)),
        rows_(population.train[population.train_set[i]]) {}

  void run(int64_t until) {
    per_epoch_ = (rows_.n + plan_.batch - 1) / plan_.batch;
    if (!rank_) load();
    while (true) {
      if (!rank_) begin_step(until);
      team_.wait();
      if (!share_.going) break;
      const bool whole = gradient();
      if (!whole || !move()) break;
    }
    if (!rank_) save();
  }

 private:
  void load() {
    const int64_t K = plan_.n_parameters, n = state_.padded;
    const T* weights = static_cast<T*>(population_.weights) + i_ * K;
    const T* slots = static_cast<T*>(population_.slots) + i_ * plan_.n_slots * K;
    for (int side = 0; side < 2; side++) {
      std::fill(state_.weights[side], state_.weights[side] + n, T(0));
      std::fill(state_.slots[side], state_.slots[side] + n * plan_.n_slots, T(0));
    }
    std::fill(state_.gradient, state_.gradient + n, T(0));
    if (team_.size > 1) std::fill(share_.partial, share_.partial + share_.wave * n, T(0));
    std::copy(weights, weights + K, state_.weights[0]);
    for (int q = 0; q < plan_.n_slots; q++)
      std::copy(slots + q * K, slots + (q + 1) * K, state_.slots[0] + q * n);
    share_.restraint.prepare();
    share_.step = population_.step[i_];
    std::copy(counters(), counters() + MAX_COUNTERS, counters_);
  }
  void save() {
    const int64_t K = plan_.n_parameters, n = state_.padded;
    T* weights = static_cast<T*>(population_.weights) + i_ * K;
    T* slots = static_cast<T*>(population_.slots) + i_ * plan_.n_slots * K;
    population_.step[i_] = share_.step;
    std::copy(counters_, counters_ + MAX_COUNTERS, counters());
    std::copy(state_.weights[share_.now], state_.weights[share_.now] + K, weights);
    for (int q = 0; q < plan_.n_slots; q++)
      std::copy(state_.slots[share_.now] + q * n, state_.slots[share_.now] + q * n + K,
                slots + q * K);
  }
  double* counters() const { return population_.counters + i_ * MAX_COUNTERS; }

  // The first member's part before a step: whether there is one, its order and its constants.
  void begin_step(int64_t until) {
    share_.going = share_.step < until && going_on(population_, i_) && !kernel_.stopped();
    if (!share_.going) return;
    share_.status = RUNNING;
    std::copy(counters_, counters_ + MAX_COUNTERS, next_);
    const double* hyper = population_.hyper + MAX_HYPER * i_;
    const double factor = schedule_factor(plan_, share_.step) * population_.rate_factor[i_];
    rule_.prepare(hyper, factor, next_, share_.constants);
    share_.rate = T(hyper[0] * factor);
    const int64_t epoch = share_.step / per_epoch_;
    if (plan_.shuffled && epoch != ordered_) {
      permutation(population_.order[i_], rows_.n, uint64_t(epoch), 0, share_.order);
      ordered_ = epoch;
    }
  }
  Batch batch() const {
    const int64_t first = share_.step % per_epoch_ * plan_.batch;
    return {rows_, plan_.shuffled ? share_.order : nullptr, first,
            std::min(plan_.batch, rows_.n - first),
            Draws{population_.dropout[i_], uint64_t(share_.step + 1)}};
  }

  // The gradient summed over the batch; false if it was given up.
  bool gradient() {
    const Batch rows = batch();
    const T* w = state_.weights[share_.now];
    if (team_.size == 1) return kernel_.gradient(w, rows, state_.gradient);
    const int64_t n = state_.padded, blocks = rows.blocks();
    for (int64_t base = 0; base < blocks; base += share_.wave) {
      const int64_t count = std::min(share_.wave, blocks - base);
      for (int64_t b = rank_; b < count; b += team_.size) {
        if (kernel_.stopped()) share_.given_up = true;
        if (share_.given_up.load(std::memory_order_relaxed)) break;
        kernel_.block_gradient(w, rows, base + b, share_.partial + b * n, false);
      }
      team_.wait();
      if (share_.given_up) return false;  // all see the same: it was set before they met
      const auto [from, to] = part();
      for (int64_t k = from; k < to; k += LANES) {
        Vec<T> sum = Vec<T>::load((base ? state_.gradient : share_.partial) + k);
        for (int64_t b = base ? 0 : 1; b < count; b++)
          sum = sum + Vec<T>::load(share_.partial + b * n + k);
        sum.store(state_.gradient + k);
      }
      if (base + share_.wave < blocks || share_.restraint.adjusts) team_.wait();
    }
    return true;
  }
  // This member's part of the parameters.
  std::pair<int64_t, int64_t> part() const {
    const int64_t lines = state_.padded / LANES, each = (lines + team_.size - 1) / team_.size;
    return {std::min(lines, rank_ * each) * LANES, std::min(lines, (rank_ + 1) * each) * LANES};
  }

  // One update; false if the network or the work ends here.
  bool move() {
    const bool due = report_due(plan_, share_.step + 1), alone = team_.size == 1;
    const Status status = agreed(restrain_and_update());
    double figure[FIGURES];
    if (status == RUNNING && due && !judge_together(figure)) return false;
    if (rank_) return true;
    if (status != RUNNING) {
      population_.status[i_] = status;  // the step is not taken
      return !alone;                    // a team ends at the next step
    }
    const T* w = state_.weights[1 - share_.now];
    if (due && !record(plan_, population_, i_, share_.step + 1, w, figure)) return !alone;
    std::copy(next_, next_ + MAX_COUNTERS, counters_);
    share_.now = 1 - share_.now;
    share_.step++;
    count_evaluations(plan_, population_, i_, 1);
    if ((share_.step & 63) == 0) control_->steps.fetch_add(64, std::memory_order_relaxed);
    return true;
  }

  Status restrain_and_update() {
    const Restraint<T>& restraint = share_.restraint;
    const int64_t n = batch().count;
    T scale = plan_.mean_reduction ? T(1) / T(n) : T(1);
    bool bad = false;
    if (restraint.adjusts) {
      if (!rank_)
        share_.scale =
            restraint.adjust_line(state_.weights[share_.now], scale, state_.gradient, bad);
      team_.wait();
      scale = share_.scale;
    }
    const Status status = update(scale);
    return bad ? BAD_GRADIENT : status;
  }

  // Move this member's part of the weights; whether gradient and result are finite.
  Status update(T scale) {
    Vec<T> constants[MAX_CONSTANTS];
    for (int k = 0; k < rule_.n_constants; k++) constants[k] = all<T>(share_.constants[k]);
    const int now = share_.now;
    const auto [from, to] = part();
    const Move<T> move{state_.weights[now],
                       state_.weights[1 - now],
                       state_.slots[now],
                       state_.slots[1 - now],
                       state_.gradient,
                       state_.padded,
                       from,
                       to,
                       all<T>(scale),
                       all<T>(share_.rate),
                       constants};
    const Restraint<T>& restraint = share_.restraint;
    const Found found = restraint.holds ? rule_.hold_line(move, restraint.decay(), restraint.held())
                        : restraint.decays ? rule_.move_line(move, restraint.decay())
                                           : rule_.move(move);
    return found.bad_gradient ? BAD_GRADIENT : found.bad_weights ? BAD_WEIGHTS : RUNNING;
  }

  // What all members found: a bad gradient before bad weights.
  Status agreed(Status own) {
    if (team_.size > 1) {
      int held = share_.status;
      while (own != RUNNING && (held == RUNNING || own < held) &&
             !share_.status.compare_exchange_weak(held, own)) {
      }
      team_.wait();
      own = Status(share_.status.load());
    }
    if (!rank_) share_.restraint.bound_line(state_.weights[1 - share_.now]);
    if (share_.restraint.bounds) team_.wait();
    return own;
  }

  // Figures with the new weights; false if they were given up (then the step is not taken).
  bool judge_together(double* figure) {
    const T* w = state_.weights[1 - share_.now];
    if (team_.size == 1) return judge(kernel_, population_, i_, w, figure);
    for (int f = 0; f < FIGURES; f++) figure[f] = std::numeric_limits<double>::quiet_NaN();
    if (!judge_set(w, rows_, figure)) return false;
    const int32_t set = population_.validation_set[i_];
    return set < 0 || judge_set(w, population_.validation[set], figure + KINDS);
  }
  bool judge_set(const T* w, const Rows& rows, double* figure) {
    using Sums = typename RowsKernel<T>::Sums;
    const int64_t blocks = (rows.n + BLOCK - 1) / BLOCK;
    const int64_t width = plan_.accuracy == NO_ACCURACY ? 3 * plan_.n_out : 0;
    for (int64_t b = rank_; b < blocks; b += team_.size) {
      if (kernel_.stopped()) share_.given_up = true;
      if (share_.given_up.load(std::memory_order_relaxed)) break;
      Sums sums;
      double* totals = share_.totals + b * width;
      std::fill(totals, totals + width, 0.0);
      kernel_.judge_block(w, rows, b, sums, totals);
      share_.sums[2 * b] = sums.loss;
      share_.sums[2 * b + 1] = sums.right;
    }
    team_.wait();
    if (share_.given_up) return false;
    if (!rank_) {
      Sums whole;
      for (int64_t b = 0; b < blocks; b++) {
        whole.loss += share_.sums[2 * b];
        whole.right += share_.sums[2 * b + 1];
        for (int64_t k = 0; b && k < width; k++) share_.totals[k] += share_.totals[b * width + k];
      }
      kernel_.conclude(rows, whole, share_.totals, figure);
    }
    team_.wait();
    return true;
  }

  const Plan& plan_;
  const Population& population_;
  int64_t i_;
  TeamShare<T>& share_;
  RowsState<T>& state_;
  RowsKernel<T>& kernel_;
  Control* control_;
  Team& team_;
  int rank_;
  const RuleFunctions<T> rule_;
  const Rows& rows_;
  int64_t per_epoch_ = 1, ordered_ = -1;
  double counters_[MAX_COUNTERS], next_[MAX_COUNTERS];
};

// The larger one of a network's sets.
static inline const Rows& largest_of(const Population& population, int64_t i) {
  const Rows& train = population.train[population.train_set[i]];
  const int32_t set = population.validation_set[i];
  return set >= 0 && population.validation[set].n > train.n ? population.validation[set] : train;
}

// Carry network i on with all members of a team: the first lays out what they share.
template <class T>
static void train_rows(const Plan& plan, const Population& population, int64_t i, int64_t until,
                       void* memory, Control* control, Team& team, int rank) {
  RowsKernel<T> kernel(plan, memory, control);
  const auto run = [&](TeamShare<T>& share) {
    RowsTrainer<T>(plan, population, i, share, kernel, control, team, rank).run(until);
    team.wait();  // nobody reads what is shared any more
  };
  if (rank) {
    team.wait();
    return run(*static_cast<TeamShare<T>*>(team.shared));
  }
  TeamShare<T> share(plan, largest_of(population, i), team.size, kernel.arena());
  team.shared = &share;
  team.wait();
  run(share);
}

template <class T>
static int64_t rows_bytes(const Plan& plan, const Rows& largest, int team) {
  RowsKernel<T> kernel(plan, nullptr);
  TeamShare<T> share(plan, largest, team, kernel.arena());
  return kernel.used();
}

}  // namespace shoal
