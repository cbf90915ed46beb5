// Settings to the host: the newest wins, one at a time, and what is refused leaves what was there.
import { beforeEach, expect, test, vi } from "vitest";
import { createStore, type Store } from "../src/state/store";
import { valueAt } from "../src/state/document";
import { FakeFrames, FakeHost, START, catalogue, opened } from "./fake";

let host: FakeHost, frames: FakeFrames, store: Store;

beforeEach(() => {
  vi.useFakeTimers();
  host = new FakeHost();
  frames = new FakeFrames();
  store = createStore(host, { frames });
});

function begin(): void {
  host.be("open");
  host.tell(catalogue());
  host.open();
  host.frame();
  frames.paint();
}
const RATE = "training.optimizer.learning_rate";
const rates = () => host.all("open").map((each) => valueAt(each.session.experiment, RATE));

test("a page begins with the host's session", () => {
  host.be("open");
  expect(host.sent.map((each) => each.message.type)).toEqual(["hello"]);
  host.tell(catalogue());
  expect(host.lastOpen().session).toEqual(START);
  expect(store.state.busy).toBe(true);
  host.open();
  host.frame();
  expect(store.state.busy).toBe(false);
  expect(store.state.shown[-1]?.header.step).toBe(1000);
});

test("a slider that moves sends the newest value once the last one was seen", () => {
  begin();
  for (const rate of [0.1, 0.2, 0.3]) store.act.change(RATE, rate);
  expect(rates()).toEqual([undefined, 0.1]); // the others wait
  host.open();
  expect(rates()).toEqual([undefined, 0.1]); // until something of it was painted
  store.act.change(RATE, 0.4);
  host.frame({ done: false, trained_step: 100 });
  expect(rates()).toEqual([undefined, 0.1, 0.4]); // the ones between are left out
  host.open();
  frames.paint();
  host.frame();
  expect(rates()).toHaveLength(3);
  expect(store.state.busy).toBe(false);
});

test("what takes long does not hold up the next setting", () => {
  begin();
  store.act.change(RATE, 0.1);
  host.open();
  store.act.change(RATE, 0.2);
  expect(rates()).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  expect(rates()).toHaveLength(3);
});

test("frames and answers of an older setting are dropped", () => {
  begin();
  const old = host.lastLook();
  store.act.change(RATE, 0.1);
  const late = host.lastOpen();
  vi.advanceTimersByTime(1000);
  store.act.change(RATE, 0.2);
  vi.advanceTimersByTime(1000);
  expect(host.lastOpen().id).not.toBe(late.id);
  host.tell({ type: "refused", id: late.id, problems: [{ where: "", sentence: "No.", code: "X103" }], missing_table: null });
  expect(store.state.problems).toEqual([]);
  host.open();
  host.tell({ ...(store.state.shown[-1]?.header as object), id: old.id, opened: old.opened, step: 1 } as never);
  expect(store.state.shown[-1]?.header.step).toBe(1000);
});

test("what is refused is told, and what was there stays", () => {
  begin();
  store.act.change(RATE, -1);
  const problems = [{ where: RATE, sentence: "must be larger than 0.", code: "X103" }];
  host.tell({ type: "refused", id: host.lastOpen().id, problems, missing_table: null });
  expect(store.state.problems).toEqual(problems);
  expect(store.state.opened).not.toBeNull();
  expect(store.state.shown[-1]).toBeDefined();
  expect(store.state.busy).toBe(false);
  store.act.change(RATE, 0.1);
  host.open();
  expect(store.state.problems).toEqual([]);
});

test("the first picture of the same rows is asked for with the setting", () => {
  begin();
  const n = host.all("look").length;
  store.act.change(RATE, 0.1);
  expect(host.sent.slice(-2).map((each) => each.message.type)).toEqual(["open", "look"]);
  expect(host.lastLook()).toMatchObject({ opened: host.lastOpen().id, have: -1, step: null });
  host.open();
  expect(host.all("look")).toHaveLength(n + 1); // not once more
  host.frame();
  frames.paint();
  expect(host.all("look")).toHaveLength(n + 1);
  expect(store.state.shown[-1]?.header.opened).toBe(host.lastOpen().id);
  expect(store.state.busy).toBe(false);
});

test("other rows or another number of networks are asked for when they stand", () => {
  begin();
  for (const [path, value] of [["data.samples", 50], ["population.size", 3], ["seed", 7]] as const) {
    store.act.change(path, value);
    expect(host.sent.at(-1)?.message.type).toBe("open");
    host.open();
    expect(host.lastLook().opened).toBe(host.lastOpen().id);
    host.frame();
    frames.paint();
  }
});

test("where a setting is refused the one before goes on", () => {
  begin();
  const stands = host.lastOpen().id;
  store.act.change(RATE, -1);
  const problems = [{ where: RATE, sentence: "must be larger than 0.", code: "X103" }];
  host.tell({ type: "refused", id: host.lastOpen().id, problems, missing_table: null });
  expect(host.lastLook().opened).toBe(stands);
});

test("a branch that cannot be is not kept", () => {
  begin();
  store.act.setUi({ mode: "watch" });
  store.act.seek(300);
  store.act.change(RATE, -1);
  expect(store.state.session?.branches).toHaveLength(1);
  const problems = [{ where: `branches[0].changes.${RATE}`, sentence: "must be larger than 0.", code: "X103" }];
  host.tell({ type: "refused", id: host.lastOpen().id, problems, missing_table: null });
  expect(store.state.session?.branches).toEqual([]);
  expect(store.state.ui).toMatchObject({ run: -1, position: 300 });
  expect(store.state.problems).toEqual(problems);
});

test("a look that cannot be answered is told, and not asked again", () => {
  begin();
  store.act.setUi({ network: 2 });
  const n = host.all("look").length;
  host.tell({ type: "failed", id: host.lastLook().id, sentence: "There is not enough memory.", code: "Z102" });
  expect(store.state.problems).toEqual([{ where: "", sentence: "There is not enough memory.", code: "Z102" }]);
  frames.paint();
  expect(host.all("look")).toHaveLength(n);
  store.act.setUi({ network: 1 });
  expect(host.all("look")).toHaveLength(n + 1);
});

test("a host that comes back is told everything again", () => {
  begin();
  store.act.change(RATE, 0.1);
  host.open();
  host.frame();
  host.be("lost");
  store.act.change(RATE, 0.2);
  const before = host.sent.length;
  host.be("open");
  const again = host.sent.slice(before).map((each) => each.message);
  expect(again.map((each) => each.type)).toEqual(["hello", "open"]);
  expect(valueAt(host.lastOpen().session.experiment, RATE)).toBe(0.2);
  host.tell(catalogue());
  expect(host.all("open")).toHaveLength(3); // the session of the page stands, not the host's
});

test("a table that the host has lost is brought again", async () => {
  vi.useRealTimers();
  begin();
  const bytes = new TextEncoder().encode("x0,class\n1,a\n2,b\n");
  const table = await store.act.bringTable("mine.csv", bytes);
  expect(host.sent.at(-1)?.buffer).toEqual(bytes);
  store.act.use(table, { data: { file: `${table.digest}.csv`, target: "class" } });
  const asked = host.lastOpen();
  expect(asked.session.table).toEqual(table);
  host.tell({
    type: "refused", id: asked.id, problems: [{ where: "data.file", sentence: "not here.", code: "X103" }],
    missing_table: table.digest,
  });
  const last = host.sent.slice(-2).map((each) => each.message.type);
  expect(last).toEqual(["table", "open"]);
  expect(store.state.problems).toEqual([]);
});

test("undo brings the last setting back", () => {
  begin();
  store.act.change("training.epochs", 7);
  host.open();
  host.frame();
  store.act.undo();
  expect(store.state.session?.experiment).toEqual(START.experiment);
  expect(host.lastOpen().session.experiment).toEqual(START.experiment);
});

test("a view that does not fit new data is mended", () => {
  begin();
  store.act.setUi({ features: ["x0", "x7"], network: 3, output: "2", points: [[1, 2, 3], [1, 2]] });
  store.act.change("seed", 1);
  host.open({ n_networks: 2 });
  expect(store.state.ui).toMatchObject({ features: null, network: 1, output: null, points: [[1, 2]] });
});

test("chosen points stay when a derived feature is switched on", () => {
  begin();
  store.act.setUi({ points: [[0.25, 0.5]] });
  store.act.change("data.derived", ["x0^2"]);
  host.open({ data: { ...opened().data, features: ["x0", "x1", "x0^2"] } });
  expect(store.state.ui.points).toEqual([[0.25, 0.5]]);
});
