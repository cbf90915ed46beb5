// The host over a recording gives what the host of the page gives: the same looks, asked of the
// recording and of what a page of the lab answered (recorded by tests/lab/test_recording.py).
import { beforeAll, describe, expect, test } from "vitest";
import kept from "./recording.json";
import { recordedViews } from "../src/replay/views";
import { createStore } from "../src/state/store";
import type { Answer, Arrays, NDArray } from "../src/wire/frames";
import type { FrameTold, Look } from "../src/wire/messages";
import { answerOf, nearestMoment, parted, readRecording, recordingHost, type Recording } from "../src/wire/recording";

let recording: Recording;
let live: Recording;
const asked = (change: Partial<Look> = {}): Look => ({
  type: "look", id: 7, opened: 3, run: -1, step: null, have: -1, patience_ms: 100, plane: {},
  want: { ...recording.look.want, curves: { most: 300 } }, ...change,
});
const flat = (array: NDArray | undefined) => Array.from(array?.data ?? []);

beforeAll(async () => {
  recording = await readRecording(kept.recording);
  live = await readRecording(kept.live);
});

/** The same numbers; a surface is recorded in 256 steps of its range. */
function expectSame(arrays: Arrays, expected: Arrays): void {
  expect(Object.keys(arrays).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(arrays[name]?.shape, name).toEqual(shape);
    expect(arrays[name]?.data.constructor, name).toBe(data.constructor);
    if (name === "surface") {
      const values = Array.from(data);
      const most = (Math.max(...values) - Math.min(...values)) / 510 + 1e-6;
      const away = flat(arrays[name]).map((value, k) => Math.abs(value - (values[k] ?? 0)));
      expect(Math.max(...away)).toBeLessThanOrEqual(most);
    } else expect(flat(arrays[name]), name).toEqual(Array.from(data));
  }
}

describe("answers", () => {
  test("of a recorded step are those of the page", () => {
    expect(live.moments.map(({ header }) => header.step)).toEqual(
      [0, 3, recording.moments.length - 1].map((k) => recording.moments[k]?.header.step));
    for (const { header, arrays } of live.moments) {
      const found = answerOf(recording, asked({ step: header.step }));
      expect([found.header.id, found.header.opened]).toEqual([7, 3]);
      const same: (keyof FrameTold)[] = ["step", "epoch", "plane", "done", "trained_step", "n_diverged", "run"];
      for (const key of same) expect(found.header[key], key).toEqual(header[key]);
      const unreported = Object.keys(header.figures).length === 0; // then they were measured
      const own = unreported
        ? Object.fromEntries(Object.entries(found.arrays).filter(([name]) => !name.startsWith("final_")))
        : found.arrays;
      expectSame(own, arrays);
      if (!unreported) expect(found.header.figures).toEqual(header.figures);
    }
  });
  test("have the rows, and curves to the end, as the page has them", () => {
    const want = { rows: {}, truth: true, curves: {} };
    expectSame(answerOf(recording, asked({ want })).arrays,
      Object.fromEntries(Object.entries(live.still.arrays).filter(([name]) => !name.startsWith("surface"))));
  });
  test("between recorded steps are of the nearest", () => {
    const steps = recording.moments.map(({ header }) => header.step);
    expect(steps.slice(0, 3)).toEqual([0, 4, 8]);
    expect([0, 1, 2, 3, 5, 99_999, null].map((step) => nearestMoment(recording, step)))
      .toEqual([0, 0, 0, 1, 1, steps.length - 1, steps.length - 1]);
  });
  test("of what was not recorded are left out", () => {
    const names = (want: Look["want"]) => Object.keys(answerOf(recording, asked({ want: want ?? {} })).arrays);
    expect(names({ surface: { show: "disagreement" } })).toEqual([]);
    expect(names({ surface: { show: "median" } })).toEqual(["surface"]);
    const other = ((recording.look.want?.weights?.network ?? 0) + 1) % 3;
    expect(names({ weights: { network: other }, units: { network: other } })).toEqual([]);
    expect(names({ answers: { network: 0 } })).toEqual([]);
    expect(names({ answers: {} }).sort()).toEqual(["confusion", "histogram"]);
    expect(names({})).toEqual([]);
  });
});

test("the store opens, looks and seeks over it", async () => {
  const painted: (() => void)[] = [];
  const frames = { request: (paint: () => void) => painted.push(paint), cancel: () => undefined, now: () => 0 };
  const host = recordingHost(recording);
  expect(host.can).toEqual({ train: false, fragment: false });
  const store = createStore(host, { session: { experiment: {} }, frames });
  const settle = async (): Promise<void> => {
    for (let k = 0; k < 6; k++) {
      await Promise.resolve();
      painted.splice(0).forEach((paint) => paint());
    }
  };
  await settle();
  expect(store.state.shown[-1]?.header.step).toBe(recording.moments.at(-1)?.header.step);
  store.act.seek(4);
  await settle();
  const shown = store.state.shown[-1];
  expect(shown?.header.step).toBe(4);
  expect(Object.keys(shown?.arrays ?? {})).toContain("rows_x"); // asked for once, and kept
  store.close();
});

test("views that a recording has nothing for are not offered", () => {
  expect(recordedViews(recording)).toEqual(["surface", "multiples", "finals", "network", "confusion", "curves"]);
  const want = { ...recording.look.want, weights: null, answers: null, multiples: null };
  const bare = {
    ...recording, look: { ...recording.look, want }, opened: { ...recording.opened, n_networks: 1 },
    still: { ...recording.still, arrays: {} } as Answer<FrameTold>,
  };
  expect(recordedViews(bare)).toEqual(["surface"]);
});

test("what is damaged is refused", async () => {
  await expect(readRecording("AAAA")).rejects.toThrow();
  await expect(readRecording("not base64!")).rejects.toThrow();
  expect(() => parted(new Uint8Array(0))).toThrow(RangeError);
});
