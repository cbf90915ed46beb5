// The look that holds where a picture of the left column stands, read again when the theme changes.
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { useLab } from "../state/store";
import type { Look } from "../views/look";
import { useLookOf } from "../views/use_look";

export function useOwnLook<E extends Element>(): readonly [RefObject<E | null>, Look] {
  const own = useRef<E>(null);
  const { theme, projector } = useLab((state) => ({ theme: state.theme, projector: state.ui.projector }));
  return [own, useLookOf(own, theme, projector)];
}
