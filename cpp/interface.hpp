// What crosses between the module and the kernels of one instruction set: plain structs and a
// table of functions. Axis letters as everywhere: P networks, N rows, D features, C outputs,
// K parameters of a network, S optimizer slots, T reports.
#pragma once
#include <atomic>
#include <cstdint>

namespace shoal {

constexpr int MAX_LAYERS = 64;
constexpr int MAX_SLOTS = 4;
constexpr int BLOCK = 256;  // rows of a batch whose partial sums are joined by one tree
constexpr int ABI = 1;

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
  SOFTMAX
};
enum Loss : int32_t { BINARY_CROSSENTROPY, CATEGORICAL_CROSSENTROPY, SQUARED_ERROR };
enum Rule : int32_t { SGD, MOMENTUM, ADAM, PERCEPTRON };
enum Accuracy : int32_t { NO_ACCURACY, THRESHOLD, ARGMAX };
enum Status : int32_t { RUNNING, BAD_GRADIENT, BAD_WEIGHTS };
enum Figure { TRAIN_LOSS, TRAIN_ACCURACY, VALIDATION_LOSS, VALIDATION_ACCURACY, FIGURES };

struct LayerPlan {
  int32_t n_in, n_out, activation, has_bias;
  int64_t weights, bias;  // offsets into the K parameters: weights (n_in, n_out), bias (n_out)
  double parameter;       // alpha of leaky_relu and elu, the value at zero of step
};

struct Plan {
  int32_t n_layers, n_in, n_out, loss, rule, n_slots, accuracy, mean_reduction;
  int32_t shuffled;   // 0: rows are taken in order (a stream, or a batch of all rows)
  int32_t keep_best;  // -1, or the Figure whose best weights are kept (losses down, accuracies up)
  int64_t n_parameters, batch, report_every, total_steps;
  LayerPlan layers[MAX_LAYERS];
};

struct Rows {
  const void* x;          // (N, D)
  const void* y;          // (N, C)
  const void* x_columns;  // (D, padded) or null: the same, feature by feature, for figures
  const void* y_columns;  // (C, padded) or null
  int64_t n, padded;      // N; N rounded up to 16
};

// The state of P networks that share a plan. Arrays belong to the caller.
struct Population {
  void* weights;          // (P, K)
  void* slots;            // (P, S, K)
  double* powers;         // (P, 2) beta_1^t and beta_2^t
  int64_t* step;          // (P,) steps done
  int32_t* status;        // (P,) Status
  void* best;             // (P, K) or null
  double* best_value;     // (P,)
  int64_t* best_report;   // (P,) -1: none yet
  const double* hyper;    // (P, 4) learning rate and the rule's other numbers
  const uint64_t* order;  // (P,) key of the order stream
  const Rows* train;      // one or more sets
  const Rows* validation;
  const int32_t* train_set;       // (P,)
  const int32_t* validation_set;  // (P,) -1: none
  double* figures;                // (P, FIGURES, T)
  int64_t n_reports;              // T
};

struct Control {
  std::atomic<int> stop{0};
  std::atomic<int64_t> steps{0};
};

// The functions of one instruction set; dtype 0 is float, 1 is double.
struct Kernels {
  int abi;
  const char* name;
  int64_t (*rows_bytes)(const Plan*, int dtype);
  int64_t (*networks_bytes)(const Plan*, int dtype);
  // Carry network `i` (rows) or networks i..i+count-1 (networks) on to `until` steps.
  void (*train_rows)(const Plan*, const Population*, int64_t i, int64_t until, void* arena,
                     Control*, int dtype);
  void (*train_networks)(const Plan*, const Population*, int64_t i, int count, int64_t until,
                         void* arena, Control*, int dtype);
  // Outputs (N, C) of one network with parameters (K) for rows (N, D).
  void (*forward)(const Plan*, const void* weights, const void* x, void* out, int64_t n,
                  void* arena, int dtype);
  // Loss and gradient (K) of one network on rows taken in order: for tests and tools.
  void (*gradient)(const Plan*, const void* weights, const Rows*, void* gradient, double* figures,
                   void* arena, int dtype);
  void (*words)(uint64_t key, int64_t n, uint64_t step, uint32_t part, uint32_t* out);
  void (*permutation)(uint64_t key, int64_t n, uint64_t step, uint32_t part, uint32_t* out);
  int (*elementary)(const char* name, const void* in, void* out, int64_t n, int dtype);
};

}  // namespace shoal

extern "C" const shoal::Kernels* shoal_kernels();
