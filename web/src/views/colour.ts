// Colour maps as tables of packed pixels. They go through Oklab, as src/shoal/charts/theme.py
// does, so that a picture of the page and a chart of Python have the same colours.

export type Rgb = readonly [number, number, number];
/** Lightness, chroma and hue (degrees) in Oklab. */
export type Lch = readonly [number, number, number];
/** 256 colours as the words of an ImageData: red in the lowest byte. */
export type Table = Uint32Array;

// Ottosson, "A perceptual color space for image processing" (2020)
const TO_CONES = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
] as const;
const TO_LAB = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
] as const;
type Matrix = readonly (readonly [number, number, number])[];
const FROM_CONES = inverse(TO_CONES);
const FROM_LAB = inverse(TO_LAB);

/** The parts of `#rrggbb`. */
export function rgb(colour: string): Rgb {
  const word = Number.parseInt(colour.slice(1, 7), 16);
  return [(word >> 16) & 255, (word >> 8) & 255, word & 255];
}

export function hexed(parts: Rgb): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** The word that a pixel of an ImageData is, on machines whose lowest byte comes first. */
export function packed(parts: Rgb): number {
  return (0xff000000 | (parts[2] << 16) | (parts[1] << 8) | parts[0]) >>> 0;
}

/** How much light a colour gives, 0 to 1, as WCAG 2 counts it. */
export function luminance(colour: string): number {
  const [r, g, b] = rgb(colour).map((part) => linear(part / 255)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function oklab(colour: string): Rgb {
  const parts = rgb(colour).map((part) => linear(part / 255)) as unknown as Rgb;
  return times(TO_LAB, times(TO_CONES, parts).map(Math.cbrt) as unknown as Rgb);
}

/** Oklab as sRGB from 0 to 255; what no screen shows is cut off. */
export function srgb(lab: Rgb): Rgb {
  const cones = times(FROM_LAB, lab).map((part) => part ** 3) as unknown as Rgb;
  return times(FROM_CONES, cones).map((part) => {
    const cut = Math.min(1, Math.max(0, part));
    return Math.round(255 * (cut <= 0.0031308 ? 12.92 * cut : 1.055 * cut ** (1 / 2.4) - 0.055));
  }) as unknown as Rgb;
}

/** A map through colours of equal distance, the middle one at the middle of the numbers. */
export function through(colours: readonly string[], n = 256): readonly Rgb[] {
  return interpolated(colours.map(oklab), n);
}

/** A map through lightness, chroma and hue, from least to most. */
export function sequential(marks: readonly Lch[], n = 256): readonly Rgb[] {
  return interpolated(marks.map(fromLch), n);
}

/** The colour between two, by a share from 0 to 1. */
export function mixed(low: string, high: string, share: number): string {
  const [a, b] = [oklab(low), oklab(high)];
  const lab = a.map((part, k) => part + ((b[k] ?? 0) - part) * share) as unknown as Rgb;
  return hexed(srgb(lab));
}

/** A colour through which the ground shows: at 0 the ground, at 1 the colour. */
export function toned(colour: Rgb, ground: Rgb, strength: number): Rgb {
  const part = (k: 0 | 1 | 2) => Math.round(strength * colour[k] + (1 - strength) * ground[k]);
  return [part(0), part(1), part(2)];
}

/** Colours of n classes: the eight known ones, beyond them a turn of hues. */
export function classColours(known: readonly string[], n: number, dark: boolean): string[] {
  const colours = known.slice(0, n);
  for (let k = 0; colours.length < n; k++) {
    const hue = 360 * ((k * 0.618034) % 1);
    colours.push(hexed(srgb(fromLch([dark ? 0.75 : 0.55, 0.12, hue]))));
  }
  return colours;
}

const tables = new Map<string, Table>();

/** The table of a map, made once for each set of colours. */
export function tableOf(key: string, make: () => readonly Rgb[]): Table {
  const known = tables.get(key);
  if (known) return known;
  const made = Uint32Array.from(make(), packed);
  if (tables.size > 200) tables.clear();
  tables.set(key, made);
  return made;
}

export function tableThrough(...colours: string[]): Table {
  return tableOf(colours.join(), () => through(colours));
}

/** The same with a ground that shows through, so that points stand out. */
export function softTable(ground: string, strength: number, ...colours: string[]): Table {
  return tableOf([...colours, ground, strength].join(), () =>
    through(colours).map((each) => toned(each, rgb(ground), strength)));
}

export function sequentialTable(marks: readonly Lch[]): Table {
  return tableOf(marks.join(";"), () => sequential(marks));
}

function interpolated(marks: readonly Rgb[], n: number): readonly Rgb[] {
  const last = marks.length - 1;
  return Array.from({ length: n }, (_, k) => {
    const place = n > 1 ? (k * last) / (n - 1) : 0;
    const i = Math.min(last - 1, Math.floor(place));
    const [a, b] = [marks[i] ?? [0, 0, 0], marks[i + 1] ?? [0, 0, 0]];
    const at = place - i;
    return srgb([
      a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at, a[2] + (b[2] - a[2]) * at,
    ]);
  });
}

function fromLch([lightness, chroma, hue]: Lch): Rgb {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function times(matrix: Matrix, [x, y, z]: Rgb): Rgb {
  return matrix.map((row) => row[0] * x + row[1] * y + row[2] * z) as unknown as Rgb;
}

function inverse(m: Matrix): Matrix {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [Rgb, Rgb, Rgb];
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [(e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det],
    [(f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det],
    [(d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det],
  ];
}
