// Pictures from the host: one look at a time, the next when the last was painted; and the tape.
import { beforeEach, describe, expect, test } from "vitest";
import { createStore, type Store } from "../src/state/store";
import { merged, slim } from "../src/state/looker";
import { FakeFrames, FakeHost, catalogue, frame } from "./fake";

let host: FakeHost, frames: FakeFrames, store: Store;
const looks = () => host.all("look");
const floats = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });

beforeEach(() => {
  host = new FakeHost();
  frames = new FakeFrames();
  store = createStore(host, { frames });
  host.be("open");
  host.tell(catalogue());
  host.open();
});

describe("instant", () => {
  test("asks for the newest until training has ended", () => {
    expect(looks()).toHaveLength(1);
    expect(looks()[0]).toMatchObject({ step: null, have: -1, patience_ms: 100 });
    host.frame({ done: false, trained_step: 300, step: 300 });
    expect(looks()).toHaveLength(1); // not before it was painted
    frames.paint();
    expect(looks()).toHaveLength(2);
    expect(looks()[1]).toMatchObject({ have: 300 });
    host.frame({ done: true });
    frames.paint();
    frames.paint();
    expect(looks()).toHaveLength(2);
  });
  test("a view that changes asks again, once", () => {
    host.frame();
    frames.paint();
    store.act.setUi({ show: "disagreement" });
    store.act.setUi({ show: "network" });
    expect(looks()).toHaveLength(2);
    host.frame();
    frames.paint();
    expect(looks()).toHaveLength(3); // the newest of the two
    host.frame();
    frames.paint();
    expect(looks()).toHaveLength(3);
  });
  test("the curves of branches are asked for when the shown run is done", () => {
    host.frame({ step: 300 });
    frames.paint();
    store.act.seek(300);
    host.frame({ step: 300 });
    frames.paint();
    store.act.change("training.optimizer.learning_rate", 0.1);
    host.open();
    expect(store.state.ui).toMatchObject({ run: 0, position: null });
    host.frame();
    frames.paint();
    expect(host.lastLook()).toMatchObject({ run: -1, step: null, want: { finals: true } });
    host.frame();
    frames.paint();
    const n = looks().length;
    frames.paint();
    expect(looks()).toHaveLength(n);
  });
});

describe("watch", () => {
  test("plays by the clock, at its speed, to the end", () => {
    host.frame({ trained_step: 1000 });
    frames.paint();
    store.act.setSpeed(1000);
    store.act.play();
    expect(store.state.ui).toMatchObject({ mode: "watch", playing: true, position: 0 });
    host.frame();
    frames.paint(100);
    expect(store.state.ui.position).toBe(100);
    frames.paint(100);
    expect(store.state.ui.position).toBe(100); // its picture is on the way
    host.frame();
    frames.paint(100);
    expect(store.state.ui.position).toBe(300); // time went on
    for (let k = 0; k < 10; k++) {
      host.frame();
      frames.paint(200);
    }
    expect(store.state.ui).toMatchObject({ position: 1000, playing: false });
    store.act.play();
    expect(store.state.ui.position).toBe(0);
  });
  test("does not run ahead of the training", () => {
    host.frame({ trained_step: 150, done: false });
    frames.paint();
    store.act.setSpeed(1000);
    store.act.play();
    for (let k = 0; k < 5; k++) frames.paint(300); // no picture comes: the place moves all the same
    expect(store.state.ui.position).toBe(150);
    expect(store.state.ui.playing).toBe(true);
  });
  test("slow speeds add up over frames", () => {
    host.frame();
    frames.paint();
    store.act.setSpeed(5);
    store.act.play();
    for (let k = 0; k < 20; k++) frames.paint(50); // one second
    expect(store.state.ui.position).toBeGreaterThanOrEqual(4);
    expect(store.state.ui.position).toBeLessThanOrEqual(5);
  });
  test("where others watch too a tape leaves them time, and a person waits for nothing", () => {
    host.frame({ trained_step: 1000 });
    frames.paint();
    store.act.setSpeed(1000);
    store.act.play();
    for (let k = 0; k < 3; k++) {
      host.frame({ n_watchers: 2 });
      frames.paint(1); // soon
    }
    frames.paint(39);
    host.frame({ n_watchers: 2 }); // took 40 ms or so: the tape waits for 5 times as long
    const [n, at] = [looks().length, store.state.ui.position ?? 0];
    frames.paint(180);
    expect(looks()).toHaveLength(n);
    expect(store.state.ui.position).toBe(at);
    frames.paint(30);
    expect(looks()).toHaveLength(n + 1);
    expect(store.state.ui.position).toBeGreaterThan(at + 200); // it stays on time
    frames.paint(120);
    host.frame({ n_watchers: 2 });
    frames.paint(340);
    expect(looks()).toHaveLength(n + 1);
    store.act.seek(500);
    expect(looks()).toHaveLength(n + 2);
    expect(host.lastLook()).toMatchObject({ step: 500 });
  });
  test("a page that watches alone does not wait, however long its pictures take", () => {
    host.frame({ trained_step: 1000 });
    frames.paint();
    store.act.setSpeed(1000);
    store.act.play();
    host.frame({ n_watchers: 1 });
    frames.paint(200);
    host.frame({ n_watchers: 1 });
    const n = looks().length;
    frames.paint(30);
    frames.paint(30);
    expect(looks()).toHaveLength(n + 1);
  });
  test("steps and epochs, forward and back, within the run", () => {
    host.frame();
    frames.paint();
    store.act.seek(14);
    store.act.stepBy(1);
    expect(store.state.ui.position).toBe(15);
    store.act.epochBy(1); // of 10 steps
    expect(store.state.ui.position).toBe(20);
    store.act.epochBy(-1);
    expect(store.state.ui.position).toBe(10);
    store.act.seek(5);
    store.act.epochBy(-1);
    expect(store.state.ui.position).toBe(0);
    store.act.stepBy(-1);
    expect(store.state.ui.position).toBe(0);
    store.act.seek(99_999);
    expect(store.state.ui.position).toBe(1000);
  });
  test("a slider that is moved in the middle makes one branch", () => {
    host.frame();
    frames.paint();
    store.act.setUi({ mode: "watch" });
    store.act.seek(200);
    for (const rate of [0.1, 0.2, 0.3]) store.act.change("training.optimizer.learning_rate", rate);
    expect(store.state.session?.branches).toEqual([
      { of: -1, at: 200, changes: { "training.optimizer.learning_rate": 0.3 }, edits: [] },
    ]);
    expect(store.state.ui).toMatchObject({ run: 0, position: 200 });
  });
  test("a slider that is moved while the tape plays makes one branch", () => {
    host.frame();
    frames.paint();
    store.act.setSpeed(1000);
    store.act.play();
    host.frame();
    frames.paint(100);
    store.act.change("training.optimizer.learning_rate", 0.1);
    frames.paint(100);
    store.act.change("training.optimizer.learning_rate", 0.2);
    expect(store.state.session?.branches).toHaveLength(1);
    expect(store.state.session?.branches?.[0]).toMatchObject({ at: 100, changes: { "training.optimizer.learning_rate": 0.2 } });
  });
});

describe("parts of frames", () => {
  const arrays = { rows_x: floats(1, 2), surface: floats(3), curve_steps: floats(4) };
  const old = { header: frame({ opened: 1 }), arrays };
  test("rows that are there are not asked for again", () => {
    expect(slim({ rows: {}, truth: true }, old)).toMatchObject({ rows: null, truth: true });
    expect(slim({ rows: {} }, undefined)).toEqual({ rows: {} });
  });
  test("rows stay while the data do, other parts while the setting does", () => {
    const answer = { header: frame({ opened: 2 }), arrays: { surface: floats(9) } };
    expect(Object.keys(merged(old, answer, { surface: {} }, true).arrays)).toEqual(["surface", "rows_x"]);
    expect(Object.keys(merged(old, answer, { surface: {} }, false).arrays)).toEqual(["surface"]);
    const same = { header: frame({ opened: 1 }), arrays: { surface: floats(9) } };
    expect(Object.keys(merged(old, same, { surface: {} }, true).arrays).sort())
      .toEqual(["curve_steps", "rows_x", "surface"]);
  });
  test("a part that was asked for and did not come is gone", () => {
    const answer = { header: frame({ opened: 1 }), arrays: {} };
    expect(Object.keys(merged(old, answer, { surface: {}, curves: {} }, true).arrays)).toEqual(["rows_x"]);
  });
});

test("jobs: progress, then done; a newer one drops the older", async () => {
  const first = store.act.request({ type: "diagnose" });
  const dropped = expect(first).rejects.toThrow();
  const second = store.act.request({ type: "diagnose" });
  await dropped;
  const [one, two] = host.all("diagnose");
  expect(host.all("cancel")).toEqual([{ type: "cancel", id: one?.id }]);
  host.tell({ type: "progress", id: two?.id ?? 0, sentence: "looking", share: 0.5 });
  expect(store.state.jobs.diagnose).toMatchObject({ sentence: "looking", share: 0.5, done: null });
  host.tell({ type: "done", id: two?.id ?? 0, action: "diagnose", document: { findings: [] }, arrays: [] });
  await expect(second).resolves.toMatchObject({ header: { document: { findings: [] } } });
  const third = store.act.request({ type: "diagnose" });
  const failed = expect(third).rejects.toThrow("cannot");
  host.tell({ type: "failed", id: host.all("diagnose").at(-1)?.id ?? 0, sentence: "cannot", code: "X103" });
  await failed;
  expect(store.state.jobs.diagnose?.failed).toBe("cannot");
});
