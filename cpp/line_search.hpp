// The line search of L-BFGS: strong Wolfe conditions by bracketing and zooming.
//
// Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, with the cubic
// interpolation and the safeguards of torch.optim.LBFGS. The reference, written to be read, is
// training/rules/wolfe.py.
#pragma once
#include <utility>

#include "oracle.hpp"

namespace shoal {

// A place on the line w + t direction: the loss there and its derivative by t.
struct Point {
  double t, loss, slope;
};

// Where the cubic through two points and their slopes is lowest, or the middle.
static inline double lowest(Point a, Point b, double least, double most) {
  const double middle = (least + most) / 2;
  if (a.t > b.t) std::swap(a, b);
  if (a.t == b.t) return middle;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return middle;
  const double bottom = b.slope - a.slope + 2 * std::sqrt(square);
  if (bottom == 0) return middle;
  const double t = b.t - (b.t - a.t) * ((b.slope + std::sqrt(square) - d1) / bottom);
  return is_finite(t) ? std::min(std::max(t, least), most) : middle;
}

template <class T>
class LineSearch {
 public:
  static constexpr double DECREASE = 1e-4, FLATTENING = 0.9, SMALLEST_MOVE = 1e-9;
  static constexpr int MAX_TRIALS = 25;  // after the first one

  // `largest` is the largest magnitude in the direction; step.next takes the weights tried.
  LineSearch(OracleStep<T>& step, Objective<T>& objective, const T* direction, double largest,
             Point start)
      : step_(step),
        objective_(objective),
        direction_(direction),
        largest_(largest),
        start_(start),
        trial_(step.line(0)),
        low_(step.line(1)),
        high_(step.line(4)) {}

  // The best point found from t on; its gradient is `gradient()` unless its t is 0.
  Point search(double t) {
    Point before = start_, here = look(t);
    for (int trial = 0; trial < MAX_TRIALS && !objective_.given_up; trial++) {
      if (!is_progress(here, before)) {
        std::swap(trial_, high_);
        return zoom(before, here, trial);
      }
      std::swap(trial_, low_);  // the gradient of `here`; that of `before` is in trial_
      if (is_flat(here)) return here;
      if (here.slope >= 0) {
        std::swap(trial_, high_);
        return zoom(here, before, trial);
      }
      const double least = here.t + 0.01 * (here.t - before.t), most = here.t * 10;
      const double next = lowest(before, here, least, most);
      before = here;
      here = look(next);
    }
    if (!is_progress(here, before)) return before;
    std::swap(trial_, low_);
    return here;
  }
  const T* gradient() const { return low_; }

 private:
  Point look(double t) {
    for (int64_t k = 0; k < step_.K(); k++)
      step_.next[k] = T(double(step_.w[k]) + t * double(direction_[k]));
    double loss = objective_.loss(step_.next);
    objective_.gradient(step_.next, trial_);
    if (loss != loss) loss = std::numeric_limits<double>::infinity();
    return {t, loss, double(dot(trial_, direction_, step_.K()))};
  }
  bool is_progress(const Point& here, const Point& low) const {
    return here.loss <= start_.loss + DECREASE * here.t * start_.slope && here.loss < low.loss;
  }
  bool is_flat(const Point& point) const {
    return std::abs(point.slope) <= -FLATTENING * start_.slope;
  }
  // A point between two ends, the first of which falls enough (or is the start).
  Point zoom(Point low, Point high, int trial) {
    bool is_stuck = false;
    for (; trial < MAX_TRIALS && !objective_.given_up; trial++) {
      if (!(std::abs(high.t - low.t) * largest_ >= SMALLEST_MOVE)) break;
      const Point here = look(inside(low, high, is_stuck));
      if (!is_progress(here, low)) {
        high = here;
        continue;
      }
      std::swap(trial_, low_);
      if (is_flat(here)) return here;
      if (here.slope * (high.t - low.t) >= 0) high = low;
      low = here;
    }
    return low;
  }
  // Where to look between two ends: the second time near one of them, and on an end itself, a
  // tenth of the bracket is kept away.
  double inside(const Point& low, const Point& high, bool& is_stuck) const {
    const double least = std::min(low.t, high.t), most = std::max(low.t, high.t);
    const double t = lowest(low, high, least, most), edge = 0.1 * (most - least);
    if (std::min(most - t, t - least) >= edge) {
      is_stuck = false;
      return t;
    }
    if (!is_stuck && least < t && t < most) {
      is_stuck = true;
      return t;
    }
    is_stuck = false;
    return most - t < t - least ? most - edge : least + edge;
  }

  OracleStep<T>& step_;
  Objective<T>& objective_;
  const T* direction_;
  double largest_;
  Point start_;
  T *trial_, *low_, *high_;
};

}  // namespace shoal
