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

// Run work(piece, arena) for every piece on `n_threads` threads, each with `bytes` of memory.
// `awake` is called about every 50 ms and returns false to stop; true if nothing was stopped.
template <class Work, class Awake>
static bool carry_out(int64_t n_pieces, int n_threads, int64_t bytes, Control& control, Work&& work,
                      Awake&& awake) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::condition_variable done;
  std::exception_ptr failure;
  int running = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, n_pieces)));
  std::vector<Memory> memory;
  for (int t = 0; t < running; t++) memory.push_back(aligned_memory(bytes));
  auto loop = [&](void* arena) {
    try {
      for (int64_t k; (k = next.fetch_add(1)) < n_pieces && !control.stop.load();) work(k, arena);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
      control.stop = 1;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    running--;
    done.notify_all();
  };
  std::vector<std::thread> threads;
  for (Memory& arena : memory) threads.emplace_back(loop, arena.get());
  bool whole = true;
  std::exception_ptr raised;
  {
    std::unique_lock<std::mutex> lock(mutex);
    while (!done.wait_for(lock, std::chrono::milliseconds(50), [&] { return running == 0; })) {
      lock.unlock();
      try {
        if (whole && !awake()) {
          whole = false;
          control.stop = 1;
        }
      } catch (...) {  // the threads must be joined before it goes on
        raised = std::current_exception();
        whole = false;
        control.stop = 1;
      }
      lock.lock();
    }
  }
  for (std::thread& thread : threads) thread.join();
  if (raised) std::rethrow_exception(raised);
  if (failure) std::rethrow_exception(failure);
  return whole;
}

}  // namespace shoal
