// The number that tells most, with its band over the networks.
import { finalsOf, type Seen } from "./shown";

export interface Headline {
  readonly median: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Median, 5th and 95th percentile of the headline's figure at the step shown. */
export function headlineOf(seen: Seen): Headline {
  const { headline } = seen.opened;
  const values = finalsOf(seen, headline);
  const known = values ? Float64Array.from(values).filter(Number.isFinite).sort() : null;
  const told = seen.header.figures[headline] ?? null;
  if (!known?.length) return { median: told, low: null, high: null };
  return {
    median: told ?? percentile(known, 0.5), low: percentile(known, 0.05), high: percentile(known, 0.95),
  };
}

/** The value below which a share of sorted values lies, between two of them as NumPy has it. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const a = sorted[below] as number;
  const b = sorted[Math.min(sorted.length - 1, below + 1)] as number;
  return a + (b - a) * (place - below);
}

/** Why networks ended, other than by coming to the end of the run or by diverging. */
export function stoppedOf(seen: Seen): readonly (readonly [string, number])[] {
  const usual = ["epochs", "steps", "diverged"];
  return Object.entries(seen.header.stopped).filter(([why]) => !usual.includes(why));
}
