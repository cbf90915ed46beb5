// A task that is chosen brings settings that learn it, and leaves alone what was chosen by hand.
import { expect, test } from "vitest";
import { begun, chosenAfter } from "../src/state/starts";

const LAYERS = [{ units: 8, activation: "tanh" }, { units: 1, activation: "sigmoid" }];
const XOR = {
  data: { task: "xor", batches: 100 },
  network: { layers: LAYERS },
  training: { optimizer: { name: "adam", learning_rate: 0.03 }, batch_size: 30, epochs: 10 },
};

test("all of it where nothing was chosen, and nothing stays of the setting before", () => {
  const before = {
    data: { task: "or" }, network: { layers: [{ units: 1, activation: "step" }], initializer: "zeros" },
    training: { optimizer: "perceptron", epochs: 3, stop: [{ name: "target" }] }, seed: 4,
  };
  expect(begun(before, XOR, [])).toEqual({
    data: XOR.data, "network.layers": LAYERS, "network.initializer": undefined,
    "training.optimizer": XOR.training.optimizer, "training.batch_size": 30,
    "training.epochs": 10, "training.stop": undefined, "training.frozen": undefined,
  });
});

test("what was chosen by hand stays, and so does the table in which something was chosen", () => {
  const byHand = ["network.layers", "training.optimizer.learning_rate"];
  const changes = begun({ training: { frozen: ["layers.0"], epochs: 5 } }, XOR, byHand);
  expect(Object.keys(changes).sort()).toEqual(
    ["data", "training.batch_size", "training.epochs", "training.frozen"]);
});

test("what follows from the data was not chosen, nor is there more than network and training", () => {
  const first = chosenAfter([], { "training.epochs": 3, "population.size": 4 });
  expect(first).toEqual(["training.epochs"]);
  expect(chosenAfter(first, { "data.classes": 3, "network.layers": LAYERS })).toBe(first);
  expect(chosenAfter(first, { "training.epochs": 4 })).toBe(first);
  expect(chosenAfter(first, { "network.layers": LAYERS })).toEqual(["training.epochs", "network.layers"]);
});
