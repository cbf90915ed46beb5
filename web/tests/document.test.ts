// Key paths in documents, and what a change does to what was not chosen.
import { expect, test } from "vitest";
import { completed, same, valueAt, withValue } from "../src/state/document";

const WHOLE = {
  seed: 0, population: { size: 16 },
  network: { layers: [{ units: 3 }, { units: 1 }] },
  training: { optimizer: { name: "adam", learning_rate: 0.03, beta_1: 0.9 }, epochs: 100 },
};

test("values are found by their key path", () => {
  expect(valueAt(WHOLE, "network.layers.1.units")).toBe(1);
  expect(valueAt(WHOLE, "network.nothing.1")).toBeUndefined();
});

test("a change of what was not chosen begins with the tag, and no more", () => {
  expect(withValue({}, WHOLE, "training.optimizer.learning_rate", 0.1)).toEqual({
    training: { optimizer: { name: "adam", learning_rate: 0.1 } },
  });
});

test("a change within a list takes the whole list along", () => {
  expect(withValue({}, WHOLE, "network.layers.0.units", 5)).toEqual({
    network: { layers: [{ units: 5 }, { units: 1 }] },
  });
});

test("undefined takes a key away, and words become tables", () => {
  expect(withValue({ training: { loss: "huber", epochs: 3 } }, WHOLE, "training.loss", undefined))
    .toEqual({ training: { epochs: 3 } });
  expect(withValue({ training: { optimizer: "sgd" } }, WHOLE, "training.optimizer.learning_rate", 1))
    .toEqual({ training: { optimizer: { name: "sgd", learning_rate: 1 } } });
});

test("what was chosen is completed where both speak of the same thing", () => {
  const adam = completed({ training: { optimizer: { name: "adam", learning_rate: 1 } } }, WHOLE);
  expect(valueAt(adam, "training.optimizer")).toEqual({ name: "adam", learning_rate: 1, beta_1: 0.9 });
  const sgd = completed({ training: { optimizer: { name: "sgd" } }, population: 4 }, WHOLE);
  expect(valueAt(sgd, "training.optimizer")).toEqual({ name: "sgd" });
  expect(valueAt(sgd, "population")).toEqual({ size: 4 });
  expect(valueAt(sgd, "training.epochs")).toBe(100);
});

test("documents are the same whatever the order of their keys", () => {
  expect(same({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true);
  expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(false);
});
