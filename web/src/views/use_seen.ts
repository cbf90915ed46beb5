// What the views show: the newest state of the run looked at that belongs to the setting that
// stands. Until there is one, what was seen before stays: nothing flickers while a slider moves.
import { useRef } from "preact/hooks";
import { useLab } from "../state/store";
import { seenOf, type Seen } from "./shown";

export function useSeen(): Seen | null {
  const now = useLab(seenOf);
  const held = useRef<Seen | null>(null);
  if (now) held.current = now;
  return held.current;
}
