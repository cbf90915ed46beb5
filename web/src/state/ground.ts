// Whether the page around is dark. A notebook has a theme of its own, told by the colour of text
// that an element of ours inherits: light letters stand on dark ground.

/** What is white in the ways in which browsers write colours that were computed. */
const WHITE: Readonly<Record<string, number>> = {
  rgb: 255, rgba: 255, color: 1, oklab: 1, oklch: 1, lab: 100, lch: 100,
};

/** Return whether a colour as the browser computes it, "rgb(230, 230, 230)", is a light one. */
export function isLight(colour: string): boolean | null {
  const [, kind = "", rest = ""] = colour.match(/^([a-z]+)\((?:srgb )?(.*)\)$/) ?? [];
  const white = WHITE[kind];
  const found = rest.split(/[\s,/]+/).map(Number);
  if (white === undefined || found.length < 3 || found.slice(0, 3).some(Number.isNaN)) return null;
  const [red = 0, green = 0, blue = 0, alpha = 1] = found;
  if (alpha === 0) return null;
  if (kind.includes("la") || kind.includes("lc")) return red > white / 2; // the first is lightness
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > white / 2;
}

/** Return whether the ground of an element is dark, by its text. */
export function hasDarkGround(element: HTMLElement): boolean | null {
  const view = element.ownerDocument.defaultView;
  return view === null ? null : isLight(view.getComputedStyle(element).color);
}

const SOON_MS = 60;
const CHANGING = ["transitionrun", "transitionend", "transitioncancel"] as const;
const COMING = ["pointerenter", "focusin"] as const;

/** Be told when the colour of an element's text changes: a transition tells of inherited ones, and
 * where there are none it is looked at when somebody comes. */
export function followGround(element: HTMLElement, look: () => void): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  const told = (event: Event): void => {
    if (event.target !== element) return;
    clearTimeout(later);
    later = setTimeout(look, SOON_MS); // the end of a transition is not always told
  };
  element.style.transition = "color 1ms";
  for (const event of CHANGING) element.addEventListener(event, told);
  for (const event of COMING) element.addEventListener(event, look);
  return () => {
    clearTimeout(later);
    element.style.transition = "";
    for (const event of CHANGING) element.removeEventListener(event, told);
    for (const event of COMING) element.removeEventListener(event, look);
  };
}
