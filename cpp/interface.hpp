// What crosses between the module and the kernels of one instruction set: plain structs and a
// table of functions. Axis letters as everywhere: P networks, N rows, D features, C outputs,
// K parameters of a network, S slots of a rule, T reports, W watches.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace shoal {

constexpr int MAX_LAYERS = 64;
constexpr int MAX_SLOTS = 4;     // of a gradient rule
constexpr int MAX_HYPER = 8;     // numbers of a rule, the learning rate first
constexpr int MAX_COUNTERS = 8;  // numbers a rule carries along
constexpr int MAX_STAGES = 16;   // schedules of a document
constexpr int MAX_WATCHES = 96;  // its stop rules that watch figures, and its schedules that do
constexpr int BLOCK = 256;       // rows of a batch whose partial sums are joined by one tree
constexpr int ABI = 3;

enum Activation : int32_t {
  IDENTITY,
  STEP,
  SIGMOID,
  TANH,
  RELU,
  LEAKY_RELU,
  ELU,
  GELU,
  SILU,
  SOFTPLUS,
  SOFTMAX,
  EXPONENTIAL
};
enum Loss : int32_t {
  BINARY_CROSSENTROPY,
  CATEGORICAL_CROSSENTROPY,
  SQUARED_ERROR,
  ABSOLUTE_ERROR,
  HUBER,
  HINGE,
  POISSON
};
enum Rule : int32_t {
  SGD,
  MOMENTUM,
  NESTEROV,
  ADAGRAD,
  RMSPROP,
  ADAM,
  ADAMW,
  NADAM,
  AMSGRAD,
  RPROP,
  LION,
  PERCEPTRON,
  RANDOM_PERTURBATION,  // from here on: rules that are handed the loss
  FINITE_DIFFERENCE,
  ANNEALING,
  EVOLUTION,
  LBFGS
};
enum Accuracy : int32_t { NO_ACCURACY, THRESHOLD, ARGMAX };
enum Status : int32_t { RUNNING, BAD_GRADIENT, BAD_WEIGHTS, BAD_LOSS, LOSS_PASSED };
enum StageKind : int32_t { CONSTANT, STEPWISE, EXPONENTIAL_DECAY, COSINE, WARMUP, INVERSE };
enum WatchKind : int32_t { TARGET, PLATEAU, REDUCE, DIVERGENCE };
// A figure is one of these of a part: training rows first, then validation rows.
enum FigureKind { LOSS, ACCURACY, ABSOLUTE, DETERMINATION, KINDS };
constexpr int FIGURES = 2 * KINDS;
constexpr int32_t ENDED_BY_EVALUATIONS = 100;  // below: 1 + the watch that ended a network

struct LayerPlan {
  int32_t n_in, n_out, activation, has_bias;
  int64_t weights, bias;  // offsets into the K parameters: weights (n_in, n_out), bias (n_out)
  double parameter;       // alpha of leaky_relu and elu, the value at zero of step
  double l1, l2, dropout, max_norm;  // 0: none
};

// A factor of the learning rate that depends on the step alone.
struct Stage {
  int32_t kind;
  double steps, value;
};

// What is done about a figure at every report.
struct Watch {
  int32_t kind, figure, up, keep_before;
  int64_t patience;
  double level, gain, factor, least;
};

struct Plan {
  int32_t n_layers, n_in, n_out, loss, rule, n_slots, accuracy, mean_reduction;
  int32_t shuffled;   // 0: rows are taken in order (a stream, or a batch of all rows)
  int32_t keep_best;  // -1, or the figure whose best weights are kept
  int32_t n_stages, n_watches;
  int64_t n_parameters, batch, report_every, total_steps, max_evaluations;
  double loss_parameter, threshold, clip_norm, clip_value, weight_decay, input_noise;
  double label_smoothing;
  int32_t slot_of[FIGURES];  // the place of a figure in the history, -1: not kept
  int32_t n_figures;
  std::shared_ptr<std::vector<uint8_t>> frozen;  // (K): 1 for a parameter that stays; null: none
  int64_t n_frozen;
  Stage stages[MAX_STAGES];
  Watch watches[MAX_WATCHES];
  LayerPlan layers[MAX_LAYERS];

  bool holds(int64_t k) const { return frozen && (*frozen)[size_t(k)]; }
};

struct Rows {
  const void* x;                   // (N, D)
  const void* y;                   // (N, C)
  const void* x_columns;           // (D, padded) or null: the same, feature by feature, for figures
  const void* y_columns;           // (C, padded) or null
  const void* weights;             // (N) or null: how much a row counts in the figures
  const void* emphasis;            // (N) or null: how much it counts in the gradient
  const double* units;             // (C): from the network's units of the target to its own
  const double* inverse_variance;  // (C): of the targets, in the network's units; 0: none
  double total_weight;             // N, or the sum of the weights
  int64_t n, padded;               // N; N rounded up to 16
};

// The state of P networks that share a plan. Arrays belong to the caller.
struct Population {
  void* weights;          // (P, K)
  void* slots;            // (P, S, K)
  double* counters;       // (P, MAX_COUNTERS) what a rule carries along, such as beta_1^t
  int64_t* step;          // (P,) steps done
  int32_t* status;        // (P,) Status
  int32_t* ended;         // (P,) 0: not ended; see ENDED_BY_EVALUATIONS
  int64_t* evaluations;   // (P,) of the loss or its gradient
  double* watch;          // (P, W, 2) the best figure, and reports since (-1: none yet)
  double* rate_factor;    // (P,) what watches have made of the learning rate
  void* best;             // (P, K) or null
  double* best_value;     // (P,)
  int64_t* best_report;   // (P,) -1: none yet
  const double* hyper;    // (P, MAX_HYPER) learning rate and the rule's other numbers
  const uint64_t* order;  // (P,) keys of the streams
  const uint64_t* dropout;
  const uint64_t* search;
  const Rows* train;  // one or more sets
  const Rows* validation;
  const int32_t* train_set;       // (P,)
  const int32_t* validation_set;  // (P,) -1: none
  double* figures;                // (P, F, T)
  int64_t n_reports;              // T
};

struct Control {
  std::atomic<int> stop{0};
  std::atomic<int64_t> steps{0};
};

// Threads that share the work of one network: `wait` holds them until all have come.
class Team {
 public:
  explicit Team(int size) : size(size) {}
  void wait() {
    if (size == 1) return;
    const int round = round_.load(std::memory_order_relaxed);
    if (come_.fetch_add(1, std::memory_order_acq_rel) + 1 == size) {
      come_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
      return;
    }
    for (int k = 0; k < 4000; k++) {  // some microseconds: a step is not much longer
      if (round_.load(std::memory_order_acquire) != round) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    while (round_.load(std::memory_order_acquire) == round) round_.wait(round);
  }
  const int size;
  void* shared = nullptr;  // what the first member laid out for all

 private:
  alignas(64) std::atomic<int> come_{0};
  alignas(64) std::atomic<int> round_{0};
};

// The functions of one instruction set; dtype 0 is float, 1 is double.
struct Kernels {
  int abi;
  const char* name;
  int64_t (*rows_bytes)(const Plan*, const Rows* largest, int team, int dtype);
  int64_t (*networks_bytes)(const Plan*, const Rows* largest, int dtype);
  // Carry network `i` (rows) or networks i..i+count-1 (networks) on to `until` steps. Every
  // member of a team makes the same call, with its own rank and arena.
  void (*train_rows)(const Plan*, const Population*, int64_t i, int64_t until, void* arena,
                     Control*, Team*, int rank, int dtype);
  void (*train_networks)(const Plan*, const Population*, int64_t i, int count, int64_t until,
                         void* arena, Control*, int dtype);
  // Outputs (N, C) of one network with parameters (K) for rows (N, D).
  void (*forward)(const Plan*, const void* weights, const void* x, void* out, int64_t n,
                  void* arena, int dtype);
  // Figures of one part (KINDS) of a network with parameters (K).
  void (*figures)(const Plan*, const void* weights, const Rows*, double* figures, void* arena,
                  int dtype);
  // Loss of network i on the batch of its step with parameters (K), and its gradient (K) unless
  // that is null: what a step of a rule sees.
  double (*batch_loss)(const Plan*, const Population*, int64_t i, int64_t step, const void* weights,
                       void* gradient, void* arena, int dtype);
  // Figures of network i with parameters (K) after `step` steps, recorded and watched; whether
  // the step is taken.
  int (*report)(const Plan*, const Population*, int64_t i, int64_t step, const void* weights,
                void* arena, int dtype);
  double (*rate_factor)(const Plan*, int64_t step);
  void (*words)(uint64_t key, int64_t n, uint64_t step, uint32_t part, uint32_t* out);
  void (*uniforms)(uint64_t key, int64_t n, uint64_t step, uint32_t part, double* out);
  void (*normals)(uint64_t key, int64_t n, uint64_t step, uint32_t part, double* out);
  void (*permutation)(uint64_t key, int64_t n, uint64_t step, uint32_t part, uint32_t* out);
  int (*elementary)(const char* name, const void* in, void* out, int64_t n, int dtype);
};

}  // namespace shoal

extern "C" const shoal::Kernels* shoal_kernels();
