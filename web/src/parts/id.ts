// Ids that cannot clash: several widgets may stand in one document, each with its own module.
import { useState } from "preact/hooks";

const OWN = Math.random().toString(36).slice(2, 8);
let last = 0;

export function useOwnId(): string {
  return useState(() => `sh-${OWN}-${++last}`)[0];
}
