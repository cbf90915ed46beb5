// The host of a report: it answers looks from a recording (lab/recording.py) and trains nothing. A
// recording has frames as every host sends them: the look that was asked at each moment, the
// session, what stays the same on the way, and the moments.
import { wishOf } from "../state/looker";
import { through } from "./fragment";
import { readFrame, type Answer, type Arrays, type NDArray } from "./frames";
import type { Host } from "./host";
import type { Asked, FrameTold, Look, OpenedTold, Want } from "./messages";

export interface Recording {
  /** What was asked at every moment: one plane, the median, one network. */
  readonly look: Look;
  readonly opened: OpenedTold;
  readonly still: Answer<FrameTold>;
  /** In the order of their steps. */
  readonly moments: readonly Answer<FrameTold>[];
}

export interface RecordedHost extends Host {
  readonly recording: Recording;
}

/** Bytes that a recording may unfold to. */
const MOST_BYTES = 64 * 2 ** 20;
/** Parts whose arrays are named after them; others are found by `wishOf`. */
const STILL = ["rows", "truth"] as const;

/** Read a recording from the letters of a page. Throws an Error of one that is damaged. */
export async function readRecording(text: string): Promise<Recording> {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const whole = await through(packed, new DecompressionStream("deflate-raw"), MOST_BYTES);
  return parted(whole);
}

/** Read the frames that follow each other, each after its length in eight bytes. */
export function parted(whole: Uint8Array): Recording {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const frames: Answer[] = [];
  for (let at = 0; at < whole.length;) {
    const length = view.getUint32(at, true);
    frames.push(readFrame(whole.subarray(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  const [look, opened, still, ...moments] = frames;
  if (look === undefined || opened?.header.type !== "opened" || still === undefined || !moments.length)
    throw new RangeError("a recording without moments");
  return {
    look: look.header as unknown as Look,
    opened: opened.header,
    still: still as Answer<FrameTold>,
    moments: moments as Answer<FrameTold>[],
  };
}

/** Return a host over a recording. */
export function recordingHost(recording: Recording): RecordedHost {
  const listeners = new Set<(answer: Answer) => void>();
  const tell = (answer: Answer): void =>
    queueMicrotask(() => listeners.forEach((listen) => listen(answer)));
  const send = (message: Asked): void => {
    const id = message.id ?? 0;
    if (message.type === "open") tell({ header: { ...recording.opened, id }, arrays: {} });
    else if (message.type === "look") tell(answerOf(recording, message));
  };
  return {
    can: { train: false, fragment: false },
    recording,
    send,
    onAnswer: (listen) => void listeners.add(listen),
    onStatus: (listen) => listen("open"),
    close: () => listeners.clear(),
  };
}

/** Return the number of the moment nearest to a step, the earlier of two; null: the last one. */
export function nearestMoment({ moments }: Recording, step: number | null | undefined): number {
  if (step === null || step === undefined) return moments.length - 1;
  const away = moments.map(({ header }) => Math.abs(header.step - step));
  return away.indexOf(Math.min(...away));
}

/** Return what was recorded of what a look asks for; of another network or picture, nothing. */
export function answerOf(recording: Recording, look: Look): Answer<FrameTold> {
  const { still, moments } = recording;
  const moment = moments[nearestMoment(recording, look.step)] ?? still;
  const { header } = moment;
  const want = { ...look.want };
  const arrays: Record<string, NDArray> = {};
  for (const [name, array] of Object.entries({ ...still.arrays, ...moment.arrays }))
    if (isRecorded(recording.look.want ?? {}, want, name)) arrays[name] = array;
  const found = surfaceBack(curvesUpTo(arrays, header.step));
  return { header: { ...header, id: look.id, opened: look.opened }, arrays: found };
}

/** Whether an array is wished, and was recorded of the same network in the same way. */
function isRecorded(had: Want, want: Want, name: string): boolean {
  const part = wishOf(name) ?? STILL.find((each) => name.startsWith(each));
  if (part === undefined || !want[part]) return false;
  switch (part) {
    case "surface":
      return (want.surface?.show ?? "median") === (had.surface?.show ?? "median");
    case "units":
    case "weights":
      return (want[part]?.network ?? 0) === (had[part]?.network ?? 0);
    case "answers":
      return (want.answers?.network ?? null) === (had.answers?.network ?? null);
    default:
      return true;
  }
}

/** Return arrays whose curves end at a step. */
function curvesUpTo(arrays: Arrays, step: number): Arrays {
  const steps = arrays.curve_steps;
  if (steps === undefined) return arrays;
  const count = steps.data.findLastIndex((each) => each <= step) + 1;
  const found: Record<string, NDArray> = {};
  for (const [name, array] of Object.entries(arrays)) {
    if (name === "curve_steps") found[name] = { data: array.data.subarray(0, count), shape: [count] };
    else if (!name.startsWith("curve_")) found[name] = array;
    else if (count > 0) found[name] = cut(array, count);
  }
  return found;
}

/** Return the first columns of an array with rows. */
function cut({ data, shape }: NDArray, count: number): NDArray {
  const [rows = 0, columns = 0] = shape;
  const kept = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++)
    kept.set(data.subarray(row * columns, row * columns + count), row * count);
  return { data: kept, shape: [rows, count] };
}

/** Return arrays whose surface has numbers again: it is recorded in 256 steps of its range. */
function surfaceBack(arrays: Arrays): Arrays {
  const { surface, surface_range: range, ...others } = arrays;
  if (surface === undefined || range === undefined) return arrays;
  const [low = 0, high = 1] = range.data;
  const data = Float32Array.from(surface.data, (level) => low + ((high - low) * level) / 255);
  return { ...others, surface: { data, shape: surface.shape } };
}
