// Binary frames of the host: a header in JSON, then arrays, looked at in place (frames.py).
import type { ArrayPlace, Told } from "./messages";

export type AnyArray = Float32Array | Float64Array | Uint8Array | Int32Array;

/** An array of a frame with its shape; `data` is a view of the frame's own bytes. */
export interface NDArray<A extends AnyArray = AnyArray> {
  readonly data: A;
  readonly shape: readonly number[];
}
export type Arrays = Readonly<Record<string, NDArray>>;
export interface Answer<T extends Told = Told> {
  readonly header: T;
  readonly arrays: Arrays;
}

const TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int32: Int32Array,
} as const;

/** Read a frame. Throws a RangeError or SyntaxError of one that is cut off or garbled. */
export function readFrame(bytes: ArrayBuffer | ArrayBufferView): Answer {
  const view =
    bytes instanceof ArrayBuffer
      ? new DataView(bytes)
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const text = new Uint8Array(view.buffer, view.byteOffset + 4, length);
  const header = JSON.parse(new TextDecoder().decode(text)) as Told & { arrays?: ArrayPlace[] };
  const begin = view.byteOffset + 4 + length;
  const aligned = begin % 8 === 0;
  const buffer = aligned ? view.buffer : view.buffer.slice(begin);
  const arrays: Record<string, NDArray> = {};
  for (const place of header.arrays ?? []) {
    const count = place.shape.reduce((a, b) => a * b, 1);
    const Kind = TYPES[place.dtype];
    const data = new Kind(buffer as ArrayBuffer, (aligned ? begin : 0) + place.offset, count);
    arrays[place.name] = { data, shape: place.shape };
  }
  return { header, arrays };
}
