// Binary frames: arrays are looked at in place, wherever the frame lies; a cut-off one is refused.
import { expect, test } from "vitest";
import { readFrame } from "../src/wire/frames";

/** A frame as frames.py writes it: length, header, blanks to a multiple of 8, arrays. */
function written(): ArrayBuffer {
  const numbers = new Float32Array([1.5, -2, 3, 4, 5, 6]);
  const bytes = new Uint8Array([7, 8, 9]);
  const header = {
    type: "done", id: 3, action: "x", document: {},
    arrays: [
      { name: "numbers", dtype: "float32", shape: [2, 3], offset: 0 },
      { name: "bytes", dtype: "uint8", shape: [3], offset: 24 },
    ],
  };
  let text = JSON.stringify(header);
  text += " ".repeat((8 - ((text.length + 4) % 8)) % 8);
  const frame = new Uint8Array(4 + text.length + 32);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(new TextEncoder().encode(text), 4);
  frame.set(new Uint8Array(numbers.buffer), 4 + text.length);
  frame.set(bytes, 4 + text.length + 24);
  return frame.buffer;
}

test("arrays are views of the frame, with their shapes", () => {
  const buffer = written();
  const { header, arrays } = readFrame(buffer);
  expect(header).toMatchObject({ type: "done", id: 3 });
  expect([...(arrays.numbers?.data ?? [])]).toEqual([1.5, -2, 3, 4, 5, 6]);
  expect(arrays.numbers?.shape).toEqual([2, 3]);
  expect([...(arrays.bytes?.data ?? [])]).toEqual([7, 8, 9]);
  expect(arrays.numbers?.data.buffer).toBe(buffer);
});

test("a frame that lies at an odd place is read too", () => {
  const frame = new Uint8Array(written());
  const moved = new Uint8Array(frame.length + 3);
  moved.set(frame, 3);
  const { arrays } = readFrame(new Uint8Array(moved.buffer, 3));
  expect([...(arrays.numbers?.data ?? [])]).toEqual([1.5, -2, 3, 4, 5, 6]);
});

test("a frame that is cut off anywhere is refused", () => {
  const frame = written();
  for (const length of [0, 3, 10, 100, frame.byteLength - 9])
    expect(() => readFrame(frame.slice(0, length))).toThrow();
});
