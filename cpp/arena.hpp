// Memory of a kernel: one block, cut into aligned arrays before the first step.
#pragma once
#include <cstddef>
#include <cstdint>

namespace shoal {

static inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

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

}  // namespace shoal
