// The session in the address of the page: "#1." and base64url of deflated JSON. It comes from
// anybody who sends a link, so it is checked before anything is made of it.
import type { Session } from "./messages";
import { isTable } from "../state/document";
import { FIRST_UI, type Ui } from "../state/state";

export interface Link {
  readonly session: Session;
  readonly ui: Partial<Ui>;
}

const MARK = "1.";
/** Letters of a link, and bytes that it may unfold to. */
const MOST_LETTERS = 2 ** 20;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_DEPTH = 32;

/** Return the fragment of a link, without "#". */
export async function encodeLink(link: Link): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(link));
  const packed = await through(bytes, new CompressionStream("deflate-raw"), Infinity);
  return MARK + base64(packed);
}

/** Return what a fragment or a whole link says, null if it says nothing that can be trusted. */
export async function decodeLink(text: string): Promise<Link | null> {
  const place = text.lastIndexOf("#");
  const fragment = text.slice(place + 1).trim();
  if (!fragment.startsWith(MARK) || fragment.length > MOST_LETTERS) return null;
  try {
    const packed = bytesOf(fragment.slice(MARK.length));
    const stream = new DecompressionStream("deflate-raw");
    const bytes = await through(packed, stream, MOST_BYTES);
    return checked(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}

/** Return a link of plain data if it has the right shape; the host judges the experiment. */
export function checked(found: unknown): Link | null {
  if (!isTable(found) || depth(found) > MOST_DEPTH) return null;
  const { session } = found;
  if (!isTable(session) || !isTable(session.experiment)) return null;
  const list = (value: unknown, most: number): boolean =>
    value === undefined || (Array.isArray(value) && value.length <= most && value.every(isTable));
  if (!list(session.branches, 8) || !list(session.pins, 4)) return null;
  if (session.table != null && !isTable(session.table)) return null;
  const known = ["experiment", "table", "branches", "pins"];
  const own = Object.entries(session).filter(([key]) => known.includes(key));
  return { session: Object.fromEntries(own) as unknown as Session, ui: checkedUi(found.ui) };
}

/** Return the parts of a view that are of the right kind. */
export function checkedUi(found: unknown): Partial<Ui> {
  if (!isTable(found)) return {};
  const kept = Object.entries(found).filter(([key, value]) => fits(key, value));
  return { ...(Object.fromEntries(kept) as Partial<Ui>), playing: false };
}

const VIEWS = [
  "surface", "multiples", "curves", "finals", "confusion", "histogram", "points", "network",
  "traces", "inside", "charts",
];
const PANELS = ["data", "network", "training", "compare", "doctor", "take", "tours"];
const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const short = (value: unknown): value is string => typeof value === "string" && value.length <= 200;
const finite = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

const KINDS: { readonly [K in keyof Ui]: (value: unknown) => boolean } = {
  mode: (value) => value === "instant" || value === "watch",
  speed: (value) => finite(value) && (value as number) > 0 && (value as number) <= 1e7,
  playing: () => false,
  position: (value) => value === null || count(value),
  run: (value) => value === -1 || (count(value) && (value as number) < 8),
  network: count,
  show: (value) => ["median", "disagreement", "network"].includes(value as string),
  features: (value) =>
    value === null || (Array.isArray(value) && value.length === 2 && value.every(short)),
  hold: (value) => isTable(value) && Object.values(value).every(finite),
  output: (value) => value === null || short(value),
  truth: (value) => typeof value === "boolean",
  logAxis: (value) => typeof value === "boolean",
  points: (value) =>
    Array.isArray(value) && value.length <= 64
    && value.every((each) => Array.isArray(each) && each.every(finite)),
  inside: (value) => value === null || isChosen(value),
  view: (value) => VIEWS.includes(value as string),
  panel: (value) => PANELS.includes(value as string),
  drawn: (value) => value === null || isDrawn(value),
  projector: (value) => typeof value === "boolean",
  tour: (value) => value === null || (isTable(value) && short(value.name) && count(value.step)),
  byHand: (value) => Array.isArray(value) && value.length <= 200 && value.every(short),
};

function fits(key: string, value: unknown): boolean {
  return key in FIRST_UI && (KINDS[key as keyof Ui]?.(value) ?? false);
}

/** A row of the data, or a place: whatever has only plain numbers in it. */
function isChosen(value: unknown): boolean {
  return isTable(value) && Object.values(value).every((each) =>
    each === null || finite(each) || (Array.isArray(each) && each.length <= 10_000 && each.every(finite)));
}

function isDrawn(value: unknown): boolean {
  if (!isTable(value)) return false;
  const { classes, points } = value;
  if (!Array.isArray(classes) || classes.length > 8 || !classes.every(short)) return false;
  return Array.isArray(points) && points.length <= 5000 && points.every((each) =>
    Array.isArray(each) && each.length === 3 && each.every(finite)
    && count(each[2]) && (each[2] as number) < classes.length);
}

function depth(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

/** Return what a stream makes of bytes; throws a RangeError if that is more than `most` bytes. */
export async function through(
  bytes: Uint8Array, stream: CompressionStream | DecompressionStream, most: number,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  const wrote = writer.write(new Uint8Array(bytes)).then(() => writer.close());
  wrote.catch(() => undefined); // the reader below tells of it
  const parts: Uint8Array[] = [];
  const reader = stream.readable.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError("unfolds to too much");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function bytesOf(text: string): Uint8Array {
  const found = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(found, (letter) => letter.charCodeAt(0));
}
