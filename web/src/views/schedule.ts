// One requestAnimationFrame for all canvases: what must be drawn again is gathered and drawn
// together, so that nothing is drawn twice a frame and nothing is measured between two drawings.

type Paint = () => void;
const waiting = new Set<Paint>();
let asked = 0;

/** Draw with the next frame; asked twice, it is drawn once. */
export function paintSoon(paint: Paint): void {
  waiting.add(paint);
  if (asked === 0) asked = requestAnimationFrame(paintAll);
}

/** Draw now what must not wait: the answer to a look is shown in the frame that it came in. */
export function paintNow(paint: Paint): void {
  waiting.delete(paint);
  paint();
}

/** Draw this one no more. */
export function paintNever(paint: Paint): void {
  waiting.delete(paint);
}

function paintAll(): void {
  asked = 0;
  const now = [...waiting];
  waiting.clear();
  for (const paint of now) paint();
}
