// What pictures are drawn with: colours and sizes, read from the page's CSS custom properties, so
// that theme and projector mode need no second table here. The values below stand in where the
// style sheet is missing; they are those of src/shoal/charts/theme.py.
import type { Lch } from "./colour";
import { luminance } from "./colour";

export interface Look {
  readonly dark: boolean;
  readonly background: string;
  readonly surface: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
  readonly warn: string;
  readonly low: string;
  readonly middle: string;
  readonly high: string;
  readonly classes: readonly string[];
  readonly sequential: readonly Lch[];
  readonly font: string;
  /** Pixels of labels, never under 11. */
  readonly size: number;
}

export const SMALLEST = 11;

export const LIGHT: Look = {
  dark: false,
  background: "#ffffff",
  surface: "#ffffff",
  text: "#1c2128",
  quiet: "#57606a",
  line: "#d5d9de",
  accent: "#0b57d0",
  warn: "#b3261e",
  low: "#0072b2",
  middle: "#f6f6f4",
  high: "#d55e00",
  classes: [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00", "#000000",
  ],
  sequential: [[0.985, 0.012, 105], [0.7, 0.11, 190], [0.33, 0.11, 270]],
  font: "system-ui, sans-serif",
  size: 12,
};

export const DARK: Look = {
  dark: true,
  background: "#15181d",
  surface: "#15181d",
  text: "#eef1f5",
  quiet: "#a6b0bb",
  line: "#3a4049",
  accent: "#8ab4f8",
  warn: "#ff8a80",
  low: "#56b4e9",
  middle: "#24282e",
  high: "#e69f00",
  classes: [
    "#56b4e9", "#e69f00", "#2bbf94", "#dd94bd", "#f0e442", "#ef7f3b", "#7aa2ff", "#ffffff",
  ],
  sequential: [[0.22, 0.015, 260], [0.58, 0.11, 190], [0.95, 0.12, 105]],
  font: "system-ui, sans-serif",
  size: 12,
};

/** Read the look from the custom properties that hold for an element. */
export function readLook(element: Element): Look {
  const style = getComputedStyle(element);
  const read = (name: string) => colourOf(style.getPropertyValue(`--sh-${name}`));
  const base = isDark(read("background")) ? DARK : LIGHT;
  const known = (name: keyof Look & string) => read(name) || (base[name] as string);
  const size = Number.parseFloat(style.fontSize) || 14;
  return {
    ...base,
    background: known("background"),
    surface: known("surface"),
    text: known("text"),
    quiet: known("quiet"),
    line: known("line"),
    accent: known("accent"),
    warn: known("warn"),
    low: known("low"),
    middle: known("middle"),
    high: known("high"),
    classes: base.classes.map((colour, k) => read(`class-${k}`) || colour),
    font: style.fontFamily || base.font,
    size: Math.max(SMALLEST, Math.round(size * 0.86)),
  };
}

/** Whether two looks draw the same. */
export function sameLook(one: Look, other: Look): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A colour as `#rrggbb`, which a minifier may have shortened; nothing if it is none such. */
export function colourOf(text: string): string {
  const found = text.trim().toLowerCase();
  if (/^#[0-9a-f]{3}$/.test(found)) return `#${[...found.slice(1)].map((c) => c + c).join("")}`;
  return /^#[0-9a-f]{6}$/.test(found) ? found : "";
}

function isDark(background: string): boolean {
  return background !== "" && luminance(background) < 0.2;
}
