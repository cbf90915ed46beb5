// The host of the notebook over a model that is made up, and what the model keeps of the lab.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isLight } from "../src/state/ground";
import { keepInModel, keptIn } from "../src/state/notebook";
import { createStore } from "../src/state/store";
import type { HostStatus } from "../src/wire/host";
import type { Told } from "../src/wire/messages";
import { QUIET_MS, commHost, type Model } from "../src/wire/comm";
import { FakeFrames, FakeHost, START, catalogue } from "./fake";

class FakeModel implements Model {
  readonly sent: { content: Record<string, unknown>; buffers: unknown[] }[] = [];
  readonly values: Record<string, unknown> = {};
  saved = 0;
  dead = false;
  private readonly listeners = new Map<string, Set<(...told: never[]) => void>>();

  send(content: unknown, _: unknown, buffers: unknown[] = []): void {
    if (this.dead) throw new Error("the kernel is dead");
    this.sent.push({ content: content as Record<string, unknown>, buffers });
  }
  on(event: string, listen: (...told: never[]) => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listen));
  }
  off(event: string, listen?: (...told: never[]) => void): void {
    if (listen !== undefined) this.listeners.get(event)?.delete(listen);
  }
  get(name: string): unknown {
    return this.values[name];
  }
  set(name: string, value: unknown): void {
    this.values[name] = value;
    this.fire(`change:${name}`);
  }
  save_changes(): void {
    this.saved++;
  }
  fire(event: string, ...told: unknown[]): void {
    for (const listen of this.listeners.get(event) ?? []) listen(...(told as never[]));
  }
  answer(page: string, header: Partial<Told>): void {
    this.fire("msg:custom", { page }, [framed(header)]);
  }
}

/** A frame without arrays, as frames.py writes it, in the middle of a larger buffer. */
function framed(header: Partial<Told>): DataView {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const whole = new Uint8Array(7 + text.length);
  whole.set(text, 7);
  const view = new DataView(whole.buffer, 3);
  view.setUint32(0, text.length, true);
  return view;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function connected(): { model: FakeModel; said: HostStatus[]; heard: number[]; host: ReturnType<typeof commHost> } {
  const model = new FakeModel();
  const said: HostStatus[] = [];
  const heard: number[] = [];
  const host = commHost(model, "me");
  host.onStatus((status) => said.push(status));
  host.onAnswer(({ header }) => heard.push(header.id));
  return { model, said, heard, host };
}

describe("messages of a view", () => {
  it("carry its name, the text, and tables beside them", () => {
    const { model, host, said } = connected();
    expect(said).toEqual(["open"]);
    host.send({ type: "hello", id: 1 });
    const bytes = new Uint8Array([1, 2]);
    host.send({ type: "table", id: 2, name: "a.csv", digest: "d" }, bytes);
    expect(model.sent).toEqual([
      { content: { page: "me", text: '{"type":"hello","id":1}', begins: true }, buffers: [] },
      {
        content: {
          page: "me", text: '{"type":"table","id":2,"name":"a.csv","digest":"d"}',
          table: { name: "a.csv", digest: "d" },
        },
        buffers: [bytes],
      },
    ]);
  });

  it("are answered to the view that they are for", () => {
    const { model, heard } = connected();
    model.answer("other", { type: "failed", id: 1, sentence: "no" });
    model.answer("me", { type: "failed", id: 2, sentence: "no" });
    model.fire("msg:custom", null, []);
    expect(heard).toEqual([2]);
  });

  it("end with a farewell, also where the kernel has gone", () => {
    const { model, host, heard } = connected();
    host.close();
    expect(model.sent.at(-1)?.content).toEqual({ page: "me", text: null });
    model.answer("me", { type: "failed", id: 2, sentence: "no" });
    expect(heard).toEqual([]);
    const other = connected();
    other.model.dead = true;
    other.host.close();
  });

  it("ask for a file that no server has", async () => {
    const { model, host } = connected();
    const found = host.file?.("vega.js");
    expect(model.sent.at(-1)?.content).toEqual({ page: "me", file: "vega.js" });
    const bytes = new DataView(new ArrayBuffer(3));
    model.fire("msg:custom", { page: "me", file: "vega.js" }, [bytes]);
    expect(await found).toBe(bytes);
  });
});

describe("a kernel that is not there", () => {
  it("is asked whether it is, and is lost when it does not say so", () => {
    const { model, host, said, heard } = connected();
    host.send({ type: "hello", id: 1 });
    vi.advanceTimersByTime(QUIET_MS);
    expect(model.sent.at(-1)?.content.text).toBe('{"type":"hello","id":0}');
    expect(said).toEqual(["open"]);
    vi.advanceTimersByTime(QUIET_MS);
    expect(said).toEqual(["open", "lost"]);
    vi.advanceTimersByTime(100 * QUIET_MS);
    expect(model.sent.length).toBe(2); // a kernel that is busy finds no pile of them
    model.answer("me", { type: "catalogue", id: 0 });
    expect(said).toEqual(["open", "lost", "open"]);
    expect(heard).toEqual([]); // nobody but the host asked
  });

  it("is not thought of while it answers, though the answer is long in coming", () => {
    const { model, host, said } = connected();
    host.send({ type: "open", id: 1, session: START });
    for (let k = 0; k < 5; k++) {
      vi.advanceTimersByTime(QUIET_MS);
      model.answer("me", { type: "catalogue", id: 0 });
      host.send({ type: "look", id: 2 + k, opened: 1 } as never);
    }
    expect(said).toEqual(["open"]);
  });

  it("is lost at once where nothing can be sent", () => {
    const { model, host, said } = connected();
    model.dead = true;
    host.send({ type: "hello", id: 1 });
    expect(said).toEqual(["open", "lost"]);
  });

  it("begins anew where its page is gone", () => {
    const { model, said } = connected();
    model.fire("msg:custom", { page: "me", gone: true }, []);
    expect(said).toEqual(["open", "lost", "open"]);
  });
});

describe("what a model keeps", () => {
  function kept() {
    const model = new FakeModel();
    model.values.session = START;
    const host = new FakeHost();
    const store = createStore(host, { ...keptIn(model), frames: new FakeFrames() });
    const stop = keepInModel(store, model);
    host.be("open");
    host.tell(catalogue());
    host.open();
    return { model, host, store, stop };
  }

  it("is where the view begins", () => {
    expect(kept().store.state.session).toEqual(START);
    expect(keptIn(new FakeModel())).toEqual({});
    const strange = new FakeModel();
    strange.values.session = { experiment: 3 };
    expect(keptIn(strange)).toEqual({});
  });

  it("follows the view, once it stands still, in one message", () => {
    const { model, store } = kept();
    vi.advanceTimersByTime(1000);
    const before = model.saved;
    store.act.change("seed", 7);
    store.act.setUi({ view: "network" });
    expect(model.saved).toBe(before);
    vi.advanceTimersByTime(1000);
    expect(model.saved).toBe(before + 1);
    expect(model.values.session).toMatchObject({ experiment: { seed: 7 } });
    expect(model.values._ui).toMatchObject({ view: "network", playing: false });
  });

  it("moves the view where Python sets it, and says nothing back", () => {
    const { model, host, store } = kept();
    vi.advanceTimersByTime(1000);
    const opens = host.all("open").length;
    const xor = { experiment: { data: { task: "xor" } } };
    model.set("session", xor);
    expect(store.state.session).toEqual(xor);
    vi.advanceTimersByTime(1000);
    expect(host.all("open").slice(opens).map((each) => each.session)).toEqual([xor]);
    expect(model.values.session).toBe(xor);
    model.set("session", { experiment: { data: { task: "xor" } } }); // the same again
    vi.advanceTimersByTime(1000);
    expect(host.all("open").length).toBe(opens + 1);
  });

  it("is let go of with the view", () => {
    const { model, store, stop } = kept();
    stop();
    model.set("session", { experiment: { data: { task: "xor" } } });
    expect(store.state.session).toEqual(START);
  });
});

describe("the ground", () => {
  it.each([
    ["rgb(230, 230, 230)", true], ["rgba(0, 0, 0, 0.87)", false], ["rgba(0, 0, 0, 0)", null],
    ["color(srgb 0.92549 0.933333 0.929412)", true], ["color(srgb 0.05 0.09 0.16)", false],
    ["oklch(0.9 0.01 100)", true], ["lab(20 1 1)", false], ["canvastext", null], ["", null],
  ])("under text of %s is dark: %s", (colour, light) => {
    expect(isLight(colour)).toBe(light);
  });
});
