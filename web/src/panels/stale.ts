// Which setting an answer was about: so that one of an older setting is told as such.
const keys = new WeakMap<object, string>();

/** Return plain data as text that is the same for the same data, whatever the order of keys. */
export function keyOf(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

export function rememberKey(answer: object, key: string): void {
  keys.set(answer, key);
}

export function rememberedKey(answer: object): string | undefined {
  return keys.get(answer);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.map(([key, each]) => [key, sorted(each)] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}
