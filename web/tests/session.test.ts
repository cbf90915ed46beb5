// Changes of a session: what begins anew, what branches, and what changes a branch.
import { describe, expect, test } from "vitest";
import type { Session } from "../src/wire/messages";
import {
  branched, canBranch, changed, documentOf, edited, without, type Place,
} from "../src/state/session";
import { valueAt } from "../src/state/document";
import { START, opened } from "./fake";

const OPENED = opened();
const RATE = { "training.optimizer.learning_rate": 0.1 };
const at = (position: number | null, run = -1): Place => ({ run, position });
const change = (session: Session, place: Place, changes: Readonly<Record<string, unknown>>) =>
  changed(session, OPENED, place, changes, 1000);

test("what a branch can have", () => {
  expect(canBranch("training.optimizer.learning_rate")).toBe(true);
  expect(canBranch("training.batch_size")).toBe(false);
  expect(canBranch("training.dtype")).toBe(false);
  expect(canBranch("data.label_noise")).toBe(false);
  expect(canBranch("seed")).toBe(false);
});

describe("a change of the training", () => {
  test("begins anew before the run, at its end, and where the newest is shown", () => {
    for (const place of [at(null), at(0), at(1000)]) {
      const moved = change(START, place, RATE);
      expect(moved.did).toBe("anew");
      expect(valueAt(moved.session.experiment, "training.optimizer")).toEqual({ name: "adam", learning_rate: 0.1 });
      expect(moved.place).toEqual({ run: -1, position: place.position === null ? null : 0 });
    }
  });
  test("in the middle makes a branch, which is then shown", () => {
    const moved = change(START, at(300), RATE);
    expect(moved.did).toBe("branch");
    expect(moved.session.experiment).toBe(START.experiment);
    expect(moved.session.branches).toEqual([{ of: -1, at: 300, changes: RATE, edits: [] }]);
    expect(moved.place).toEqual({ run: 0, position: 300 });
  });
  test("where a branch begins changes that branch", () => {
    const first = change(START, at(300), RATE).session;
    for (const position of [300, null, 1000]) {
      const moved = change(first, at(position, 0), { "training.epochs": 50 });
      expect(moved.did).toBe("rebranch");
      expect(moved.session.branches).toEqual([
        { of: -1, at: 300, changes: { ...RATE, "training.epochs": 50 }, edits: [] },
      ]);
    }
  });
  test("in the middle of a branch branches it", () => {
    const first = change(START, at(300), RATE).session;
    const moved = change(first, at(500, 0), { "training.epochs": 50 });
    expect(moved.session.branches?.[1]).toMatchObject({ of: 0, at: 500 });
    expect(moved.place.run).toBe(1);
  });
  test("with eight branches is not made", () => {
    let session = START;
    for (let k = 0; k < 8; k++) session = change(session, at(100 + k), RATE).session;
    expect(change(session, at(50), RATE)).toEqual({ session, place: at(50), did: "full" });
  });
});

test("a change that no branch can have begins anew, and branches go", () => {
  const first = change(START, at(300), RATE).session;
  for (const changes of [{ "data.label_noise": 0.1 }, { "training.batch_size": 8 }, { seed: 3 }]) {
    const moved = change(first, at(400, -1), changes);
    expect(moved.did).toBe("anew");
    expect(moved.session.branches).toEqual([]);
    expect(moved.place).toEqual(at(0));
  }
});

test("beginning anew from a branch keeps the settings that were seen", () => {
  const first = change(START, at(300), RATE).session;
  const moved = change(first, at(null, 0), { "data.label_noise": 0.1 });
  expect(valueAt(moved.session.experiment, "training.optimizer.learning_rate")).toBe(0.1);
  expect(moved.place.run).toBe(-1);
});

test("controls show the document of the run that is looked at", () => {
  const session = change(START, at(300), RATE).session;
  expect(valueAt(documentOf(session, OPENED, -1), "training.optimizer.learning_rate")).toBe(0.03);
  expect(valueAt(documentOf(session, OPENED, 0), "training.optimizer.learning_rate")).toBe(0.1);
});

test("a table of one's own goes with the data that spoke of it", () => {
  const table = { digest: "0".repeat(64), name: "a.csv" };
  const own = { ...START, table, experiment: { data: { file: `${table.digest}.csv`, target: "y" } } };
  expect(change(own, at(null), { "data.label_noise": 0.1 }).session.table).toEqual(table);
  expect(change(own, at(null), { data: { task: "xor" } }).session.table).toBeNull();
});

test("weights set by hand at a step: the newest of each counts", () => {
  const one = edited(START, at(100), 100, { parameter: 3, value: 1, network: null });
  expect(one.session.branches?.[0]).toMatchObject({ at: 100, edits: [{ parameter: 3, value: 1 }] });
  const two = edited(one.session, at(100, 0), 100, { parameter: 3, value: 2, network: null });
  const three = edited(two.session, at(100, 0), 100, { parameter: 4, value: 5, network: 1 });
  expect(three.session.branches).toHaveLength(1);
  expect(three.session.branches?.[0]?.edits).toEqual([
    { parameter: 3, value: 2, network: null }, { parameter: 4, value: 5, network: 1 },
  ]);
});

test("a branch that is removed takes along what grew from it", () => {
  let session = branched(START, at(100), 100, { changes: RATE }).session; // 0 of -1
  session = branched(session, at(200, 0), 200, { changes: RATE }).session; // 1 of 0
  session = branched(session, at(300, -1), 300, { changes: RATE }).session; // 2 of -1
  session = branched(session, at(400, 2), 400, { changes: RATE }).session; // 3 of 2
  const left = without(session, 0);
  expect(left.session.branches?.map(({ of, at: step }) => [of, step])).toEqual([[-1, 300], [0, 400]]);
  expect(left.run).toBe(-1);
});
