// Links: what goes in comes out; what others wrote is taken only where it has the right shape.
import { describe, expect, test } from "vitest";
import { checkedUi, decodeLink, encodeLink } from "../src/wire/fragment";
import { START } from "./fake";

async function link(document: unknown): Promise<string> {
  return `#${await encodeLink(document as Parameters<typeof encodeLink>[0])}`;
}

/** A link with any text in it. */
async function packed(text: string): Promise<string> {
  const stream = new Response(text).body?.pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
  const letters = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `#1.${letters.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}`;
}

test("a session and its view come back", async () => {
  const session = { ...START, branches: [{ of: -1, at: 20, changes: { "training.epochs": 5 } }] };
  const ui = { view: "network", truth: true, features: ["x0", "x1"], drawn: null } as const;
  const text = await encodeLink({ session, ui });
  expect(text).toMatch(/^1\.[A-Za-z0-9_-]+$/);
  const found = await decodeLink(`http://127.0.0.1:8517/#${text}`);
  expect(found?.session).toEqual(session);
  expect(found?.ui).toEqual({ ...ui, playing: false });
});

test("a link of Python opens", async () => {
  // write_fragment(Shared(session=Session(experiment={"data": {"task": "xor"}, "seed": 7}),
  // ui={"view": "network"})) of shoal.lab.fragment
  const found = await decodeLink(
    "#1.FYpBCsAgDAT_sufeC_5GcA9BqsXEKkj-Xj3tDLMLSlWpBWGB82WTh8WOpWjxrEXNCJi1wa99Z0K4fWOXkz_h2LnQRm0Z7j8");
  expect(found?.session).toEqual({ experiment: { data: { task: "xor" }, seed: 7 } });
  expect(found?.ui.view).toBe("network");
});

test("letters of every language travel", async () => {
  const session = { ...START, pins: [{ name: "学習率 大", experiment: {} }] };
  expect((await decodeLink(await link({ session })))?.session).toEqual(session);
});

describe("what is no link gives nothing", () => {
  test.each(["", "#", "#2.abc", "#1.", "#1.!!!", "#1.AAAA", "#hello", "#1.%%%", "1"])("%s", async (text) => {
    expect(await decodeLink(text)).toBeNull();
  });
  test("documents of another shape", async () => {
    const bad = [
      [], null, 3, {}, { session: 3 }, { session: {} }, { session: { experiment: [] } },
      { session: { experiment: {}, branches: 3 } }, { session: { experiment: {}, branches: [3] } },
      { session: { experiment: {}, pins: Array.from({ length: 5 }, () => ({})) } },
      { session: { experiment: {}, table: "x" } },
    ];
    for (const each of bad) expect(await decodeLink(await link(each))).toBeNull();
  });
  test("one nested without end", async () => {
    const text = `{"session":{"experiment":{"deep":${"[".repeat(40)}${"]".repeat(40)}}}}`;
    expect(await decodeLink(await link(JSON.parse(text)))).toBeNull();
    const endless = `{"session":{"experiment":{"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}`;
    expect(await decodeLink(await packed(endless))).toBeNull();
  });
  test("one that unfolds to far too much", async () => {
    const long = { session: { experiment: { text: "a".repeat(5_000_000) } } };
    const text = await link(long);
    expect(text.length).toBeLessThan(10_000);
    expect(await decodeLink(text)).toBeNull();
  });
  test("one that is cut off", async () => {
    const text = await link({ session: START });
    expect(await decodeLink(text.slice(0, -6))).toBeNull();
  });
});

test("of a view only what fits is taken", () => {
  const found = checkedUi({
    mode: "explode", speed: Infinity, position: -3, run: 99, view: "surface", projector: true,
    hold: { x0: "a" }, points: [[1, "b"]], playing: true, __proto__: { view: "charts" }, extra: 1,
    drawn: { classes: ["A"], points: [[0, 0, 1]] },
  });
  expect(found).toEqual({ view: "surface", projector: true, playing: false });
});

test("drawn points travel in the link", () => {
  const drawn = { classes: ["A", "B"], points: [[0.5, 1, 0], [2, 3, 1]] };
  expect(checkedUi({ drawn }).drawn).toEqual(drawn);
});
