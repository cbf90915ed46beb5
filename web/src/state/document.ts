// Reading and changing an experiment's document by key paths such as "training.optimizer.name".
// A session's document says only what was chosen; the host's has every key.

export type Document = Readonly<Record<string, unknown>>;

const TAGS = ["name", "task", "file", "images"] as const;

export function isTable(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return the value at a key path, undefined where there is none. */
export function valueAt(document: unknown, path: string): unknown {
  let found = document;
  for (const key of path.split(".")) {
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isTable(found)) found = found[key];
    else return undefined;
  }
  return found;
}

/** Return what was chosen, completed by the host's document where both speak of the same thing. */
export function completed(chosen: unknown, whole: unknown, key = ""): unknown {
  if (chosen === undefined) return whole;
  const own = spelledOut(chosen, key);
  if (!isTable(own) || !isTable(whole)) return own;
  if (TAGS.some((tag) => tag in own && own[tag] !== whole[tag])) return own;
  const found: Record<string, unknown> = { ...whole };
  for (const [name, value] of Object.entries(own))
    found[name] = completed(value, whole[name], name);
  return found;
}

/** Return a document with the value at a path replaced; undefined takes the key away.
 *
 * Tables on the way that were not chosen yet begin with no more than their tag, lists as they
 * stand in the whole document. */
export function withValue(chosen: Document, whole: Document, path: string, value: unknown): Document {
  return put(chosen, whole, path.split("."), value) as Document;
}

function put(chosen: unknown, whole: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(chosen) || (chosen === undefined && Array.isArray(whole))) {
    const items = [...((chosen ?? whole) as unknown[])];
    const below = Array.isArray(whole) ? (whole as unknown[])[Number(key)] : undefined;
    items[Number(key)] = put(items[Number(key)], below, rest, value);
    return items;
  }
  const base = isTable(chosen) ? chosen : begun(chosen, whole, key);
  const below = isTable(whole) ? whole[key] : undefined;
  const made = rest.length === 0 ? value : put(spelledOut(base[key], key), below, rest, value);
  const found: Record<string, unknown> = { ...base, [key]: made };
  if (made === undefined) delete found[key];
  return found;
}

function begun(chosen: unknown, whole: unknown, key: string): Document {
  const own = spelledOut(chosen, key);
  if (isTable(own)) return own;
  const tag = isTable(whole) ? TAGS.find((each) => each in whole) : undefined;
  return tag !== undefined && tag !== key ? { [tag]: (whole as Document)[tag] } : {};
}

/** Return a table for what may be given as a word or a number: "adam", 16, "greater". */
export function spelledOut(value: unknown, key: string): unknown {
  if (key === "data" && typeof value === "string") return { task: value };
  if (key === "population" && typeof value === "number") return { size: value };
  if (["optimizer", "loss", "initializer", "bias_initializer"].includes(key))
    return typeof value === "string" ? { name: value } : value;
  return value;
}

/** Whether two documents say the same. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, k) => same(each, other[k]));
  if (!isTable(one) || !isTable(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length
    && keys.every((key) => key in other && same(one[key], other[key]));
}
