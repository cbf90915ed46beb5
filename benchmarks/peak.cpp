// The peak of one core in float32: chains of fused multiply-adds that do not wait for each other.
// Prints GFLOP/s (two operations for each multiply-add), the best of several short rounds.

#include <chrono>
#include <cstdio>

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kChains = 24;
#else
constexpr int kWidth = 8;
constexpr int kChains = 12;
#endif
constexpr long kSteps = 2'000'000;
constexpr int kRounds = 25;

typedef float Vector __attribute__((vector_size(kWidth * 4)));

static volatile float source = 1.0f;
static volatile float sink;

static double round_gflops() {
    Vector chains[kChains];
    const Vector factor = Vector{} + source * 0.999f;
    const Vector term = Vector{} + source * 0.001f;
#pragma GCC unroll 24
    for (int c = 0; c < kChains; ++c) chains[c] = Vector{} + source * float(c);
    const auto begin = std::chrono::steady_clock::now();
    for (long step = 0; step < kSteps; ++step) {
#pragma GCC unroll 24
        for (int c = 0; c < kChains; ++c) chains[c] = chains[c] * factor + term;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    // Unrolled as well: an index known only at run time would keep the chains in memory.
#pragma GCC unroll 24
    for (int c = 0; c < kChains; ++c) sink = chains[c][0];
    return 2.0 * kWidth * kChains * double(kSteps) / took.count() / 1e9;
}

int main() {
    double best = 0.0;
    for (int round = 0; round < kRounds; ++round) {
        const double found = round_gflops();
        if (found > best) best = found;
    }
    std::printf("%.3f %d\n", best, kWidth * 32);
    return 0;
}
