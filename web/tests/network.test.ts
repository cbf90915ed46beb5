// Layers, and the outputs that data ask for.
import { expect, test } from "vitest";
import { derivable, drawnTable, measuredFeatures, withFitting } from "../src/state/data";
import { countParameters, fitting, withLayer, withoutLayer } from "../src/state/network";

const document = (units: number, activation: string) => ({
  data: { task: "greater" },
  network: { layers: [{ units: 3, activation: "tanh" }, { units, activation }] },
  training: { optimizer: { name: "adam" }, loss: "binary_crossentropy" },
});

test("a layer more is like the last hidden one, and stands before the outputs", () => {
  const layers = [{ units: 5, activation: "relu" }, { units: 1, activation: "sigmoid" }];
  expect(withLayer(layers)).toEqual([layers[0], layers[0], layers[1]]);
  expect(withoutLayer(layers)).toEqual([layers[1]]);
  expect(withLayer([layers[1] as { units: number }])).toHaveLength(2);
});

test("outputs follow the classes, and the loss follows the outputs", () => {
  expect(fitting(document(1, "sigmoid"), { kind: "classification", n: 2 })).toEqual({});
  expect(fitting(document(1, "sigmoid"), { kind: "classification", n: 3 })).toEqual({
    "network.layers": [{ units: 3, activation: "tanh" }, { units: 3, activation: "softmax" }],
    "training.loss": undefined,
  });
  expect(fitting(document(3, "softmax"), { kind: "classification", n: 2 })["network.layers"])
    .toEqual([{ units: 3, activation: "tanh" }, { units: 1, activation: "sigmoid" }]);
  expect(fitting(document(1, "sigmoid"), { kind: "regression", n: 1 })["network.layers"])
    .toEqual([{ units: 3, activation: "tanh" }, { units: 1, activation: "identity" }]);
  expect(fitting(document(2, "softmax"), { kind: "classification", n: 2 })).toEqual({});
});

test("changing the task changes what must follow", () => {
  const changes = withFitting(document(1, "sigmoid"), { data: { task: "digits" } });
  expect(changes["network.layers"]).toEqual([
    { units: 3, activation: "tanh" }, { units: 10, activation: "softmax" },
  ]);
  expect(withFitting(document(1, "sigmoid"), { "data.samples": 10 })).toEqual({ "data.samples": 10 });
});

test("parameters are counted", () => {
  // (2 + 1) 3 + (3 + 1) 1 = 13; without a bias in the first layer 2 x 3 + 4 = 10
  expect(countParameters([{ units: 3 }, { units: 1 }], 2)).toBe(13);
  expect(countParameters([{ units: 3, bias: false }, { units: 1 }], 2)).toBe(10);
});

test("squares, products and sines of the first features", () => {
  expect(derivable(["x0", "x1"])).toEqual(["x0^2", "x1^2", "x0*x1", "sin(x0)", "sin(x1)"]);
  expect(derivable(["my age"])).toEqual(["`my age`^2", "sin(`my age`)"]);
});

test("nothing is derived from a category or from a constant", () => {
  const data = {
    base_features: ["town=t0", "town=t1", "same", "age"],
    features: ["town=t0", "town=t1", "same", "age", "age^2"],
    ranges: [[0, 0, 1], [0, 1, 1], [7, 7, 7], [18, 40, 80], [324, 1600, 6400]] as [number, number, number][],
  };
  expect(measuredFeatures(data)).toEqual(["age"]);
});

test("drawn points become a table", () => {
  const table = drawnTable([[0.5, -1, 0], [1 / 3, 2, 1]], ["A", "b,c"]);
  expect(new TextDecoder().decode(table)).toBe('x0,x1,class\n0.5,-1,A\n0.33333,2,"b,c"\n');
});
