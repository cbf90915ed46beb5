// The socket: comes back after it was lost, each time a little later, and not when turned away.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { packed, socketHost } from "../src/wire/socket";
import type { HostStatus } from "../src/wire/host";

class FakeSocket {
  static made: FakeSocket[] = [];
  binaryType = "";
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => unknown) | null = null;
  constructor() {
    FakeSocket.made.push(this);
  }
  send(what: unknown): void {
    this.sent.push(what);
  }
  close(): void {
    this.onclose?.({ code: 1000 });
  }
}
const last = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket;
const host = (refuses = async () => false) =>
  socketHost("ws://x/live", () => new FakeSocket() as unknown as WebSocket, refuses);

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
});
afterEach(() => vi.useRealTimers());

test("comes back, later and later, and at once soon after it was there", async () => {
  const told: HostStatus[] = [];
  host().onStatus((status) => told.push(status));
  last().onopen?.();
  last().onclose?.({ code: 1006 });
  expect(told).toEqual(["connecting", "open", "lost"]);
  vi.advanceTimersByTime(400);
  expect(FakeSocket.made).toHaveLength(2);
  for (let k = 0; k < 6; k++) {
    await last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(10_000);
  }
  expect(FakeSocket.made).toHaveLength(8);
  last().onopen?.();
  last().onclose?.({ code: 1006 });
  vi.advanceTimersByTime(400);
  expect(FakeSocket.made).toHaveLength(9);
});

test("does not come back when turned away or closed", () => {
  const one = host();
  last().onopen?.();
  last().onclose?.({ code: 1008 });
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(1);
  one.close();
  const two = host();
  last().onopen?.();
  two.close();
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(2);
});

test("asks whether it is refused where a socket did not open, for its code does not tell", async () => {
  const told: HostStatus[] = [];
  host(async () => true).onStatus((status) => told.push(status));
  await last().onclose?.({ code: 1006 });
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(["connecting", "refused"]);
  expect(FakeSocket.made).toHaveLength(1);
});

test("a table goes as length, text and bytes", () => {
  const bytes = packed('{"a":1}', Uint8Array.from([1, 2, 3]));
  expect([...bytes.slice(0, 4)]).toEqual([7, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.slice(4, 11))).toBe('{"a":1}');
  expect([...bytes.slice(11)]).toEqual([1, 2, 3]);
});

test("a frame that cannot be read is dropped, and the next one taken", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const told: string[] = [];
  const one = host();
  one.onAnswer(({ header }) => told.push(header.type));
  last().onmessage?.({ data: new ArrayBuffer(3) });
  last().onmessage?.({ data: "text" });
  const text = JSON.stringify({ type: "failed", id: 1, sentence: "No." }).padEnd(60);
  const frame = new Uint8Array(64);
  new DataView(frame.buffer).setUint32(0, 60, true);
  frame.set(new TextEncoder().encode(text), 4);
  last().onmessage?.({ data: frame.buffer });
  expect(told).toEqual(["failed"]);
  expect(warn).toHaveBeenCalledTimes(1);
});
