// Threads that carry out numbered pieces of work while the caller stays responsive.
//
// Threads live for one call: starting two takes some 50 microseconds, and nothing is left behind
// that a fork could break. The caller wakes at least every 50 ms.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "interface.hpp"

namespace shoal {

struct Free {
  void operator()(void* p) const { std::free(p); }
};
using Memory = std::unique_ptr<void, Free>;

static inline Memory aligned_memory(int64_t bytes) {
  void* p = std::aligned_alloc(64, size_t((bytes + 127) / 64 * 64));
  if (!p) throw std::bad_alloc();
  return Memory(p);
}

// Threads that begin together, so that work can be given to as many as the system allows.
class Threads {
 public:
  template <class Loop>
  Threads(int wanted, Loop loop) {
    try {
      for (int t = 0; t < wanted; t++)
        threads_.emplace_back([this, loop, t] {
          gate_.wait(CLOSED);
          if (gate_.load() == OPEN) loop(t);
        });
    } catch (const std::system_error&) {  // no more threads: fewer must do
    }
  }
  ~Threads() {
    release(ABANDONED);
    for (std::thread& thread : threads_) thread.join();
  }
  int size() const { return int(threads_.size()); }
  void begin() { release(OPEN); }

 private:
  enum { CLOSED, OPEN, ABANDONED };
  void release(int to) {
    int closed = CLOSED;
    gate_.compare_exchange_strong(closed, to);
    gate_.notify_all();
  }
  std::atomic<int> gate_{CLOSED};
  std::vector<std::thread> threads_;
};

// Run work(rank, size, arena) once on each of up to `wanted` threads, each with bytes(size) of
// memory. `awake` is called about every 50 ms and returns false to stop.
template <class Bytes, class Work, class Awake>
static void together(int wanted, Bytes&& bytes, Control& control, Work&& work, Awake&& awake) {
  std::mutex mutex;
  std::condition_variable done;
  std::exception_ptr failure, raised;
  std::vector<Memory> memory;
  int running = 0, size = 0;
  {
    Threads threads(std::max(1, wanted), [&](int rank) {
      try {
        work(rank, size, memory[size_t(rank)].get());
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        failure = std::current_exception();
        control.stop = 1;
      }
      const std::lock_guard<std::mutex> lock(mutex);
      running--;
      done.notify_all();
    });
    if (!threads.size()) throw std::runtime_error("the system gives no thread to work with");
    size = running = threads.size();
    for (int t = 0; t < size; t++) memory.push_back(aligned_memory(bytes(size)));
    threads.begin();
    std::unique_lock<std::mutex> lock(mutex);
    while (!done.wait_for(lock, std::chrono::milliseconds(50), [&] { return running == 0; })) {
      lock.unlock();
      try {
        if (!control.stop && !awake()) control.stop = 1;
      } catch (...) {  // the threads must be joined before it goes on
        raised = std::current_exception();
        control.stop = 1;
      }
      lock.lock();
    }
  }
  if (raised) std::rethrow_exception(raised);
  if (failure) std::rethrow_exception(failure);
}

// Run work(piece, arena) for every piece on up to `n_threads` threads, until a stop.
template <class Work, class Awake>
static void carry_out(int64_t n_pieces, int n_threads, int64_t bytes, Control& control, Work&& work,
                      Awake&& awake) {
  std::atomic<int64_t> next{0};
  together(
      int(std::min<int64_t>(n_threads, n_pieces)), [&](int) { return bytes; }, control,
      [&](int, int, void* arena) {
        for (int64_t k; (k = next.fetch_add(1)) < n_pieces && !control.stop.load();) work(k, arena);
      },
      awake);
}

}  // namespace shoal
