// The decision surface of a run, small: field and rows without axes, to lie beside another one.
import { useMemo } from "preact/hooks";
import { useLab } from "../state/store";
import { Canvas } from "../views/canvas";
import type { Context, Size } from "../views/plot";
import type { Look } from "../views/look";
import { rasterOf } from "../views/raster";
import { seenRun } from "../views/shown";
import { dotPlace, dotsOf, fieldOf, groundOf, type Dots, type Field, type Ground } from "../views/surface_data";
import { drawDot, paintWords } from "../views/surface_draw";
import { classColours } from "../views/colour";
import { useOwnLook } from "./own_look";

interface Shown {
  readonly field: Field;
  readonly ground: Ground;
  readonly dots: Dots | null;
}
const MOST_DOTS = 150;

export function SmallSurface({ run, label }: { run: number; label: string }) {
  const [own, look] = useOwnLook<HTMLDivElement>();
  const shown = useLab((state) => state.shown[run]);
  const opened = useLab((state) => state.opened);
  const data = useMemo<Shown | null>(() => {
    const seen = seenRun({ opened, shown: shown === undefined ? {} : { [run]: shown } }, run);
    const ground = seen && groundOf(seen);
    const field = seen && fieldOf(seen, "median");
    return seen && ground && field ? { ground, field, dots: dotsOf(seen) } : null;
  }, [shown, opened, run]);
  return (
    <div class="sh-small-surface" ref={own}>
      {data !== null && <Canvas draw={draw} data={data} look={look} label={label} />}
    </div>
  );
}

function draw(context: Context, size: Size, data: Shown, look: Look): void {
  const { field, ground, dots } = data;
  const raster = rasterOf(field.n, field.n);
  paintWords(raster.words, field, look);
  raster.context.putImageData(raster.image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(raster.canvas, 0, 0, size.width, size.height);
  if (dots?.classes) drawRows(context, size, dots, ground, look);
  context.strokeStyle = look.line;
  context.strokeRect(0.5, 0.5, size.width - 1, size.height - 1);
}

function drawRows(context: Context, size: Size, dots: Dots, ground: Ground, look: Look): void {
  const colours = classColours(look.classes, dots.nClasses, look.dark);
  const every = Math.max(1, Math.ceil(dots.count / MOST_DOTS));
  const share = (value: number, [low, high]: readonly [number, number]): number =>
    (value - low) / (high - low || 1);
  for (let k = 0; k < dots.count; k += every) {
    const x = share(dotPlace(dots, k, 0), ground.x) * size.width;
    const y = (1 - share(dotPlace(dots, k, 1), ground.y)) * size.height;
    const colour = colours[dots.classes?.[k] ?? 0] ?? look.text;
    drawDot(context, x, y, 2.2, colour, look.dark ? "#000000" : "#ffffff", 0);
  }
}
