// A canvas as large as its place, as sharp as the screen, drawn by a pure function of what is
// shown; every canvas of the page is drawn through here.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Look } from "./look";
import type { Context, Size } from "./plot";
import { paintNever, paintNow, paintSoon } from "./schedule";

export type Draw<D> = (context: Context, size: Size, data: D, look: Look) => void;

interface Props<D> {
  readonly draw: Draw<D>;
  /** A record that is another one when, and only when, something else is to be seen. */
  readonly data: D;
  readonly look: Look;
  readonly class?: string;
  /** What is seen, in words; without it the canvas is one of several and hidden from readers. */
  readonly label?: string;
  /** What is drawn, for those who measure: stands in `data-drawn` once it is. */
  readonly mark?: string;
  /** Told of the place's size in CSS pixels, before it is drawn. */
  readonly onSize?: (size: Size) => void;
}

interface Held<D> {
  props: Props<D>;
  context: Context | null;
  size: Size;
  ratio: number;
  paint: () => void;
}

/** A canvas that fills the element around it, which must have a size of its own. */
export function Canvas<D>(props: Props<D>): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null);
  const held = useRef<Held<D> | null>(null);
  held.current ??= holder(props);
  const here = held.current;
  here.props = props;
  useLayoutEffect(() => {
    const canvas = element.current;
    if (!canvas) return undefined;
    here.context = canvas.getContext("2d");
    const place = canvas.parentElement ?? canvas;
    const observer = new ResizeObserver((entries) => resized(here, canvas, entries));
    observer.observe(place);
    return () => {
      observer.disconnect();
      paintNever(here.paint);
      here.context = null;
    };
  }, [here]);
  useLayoutEffect(() => {
    if (here.size.width > 0) paintNow(here.paint);
  }, [here, props.data, props.look, props.draw]);
  const described = props.label === undefined
    ? ({ "aria-hidden": true } as const)
    : ({ role: "img", "aria-label": props.label } as const);
  return <canvas ref={element} class={`sh-canvas ${props.class ?? ""}`} {...described} />;
}

function holder<D>(props: Props<D>): Held<D> {
  const here: Held<D> = {
    props,
    context: null,
    size: { width: 0, height: 0 },
    ratio: 1,
    paint: () => painted(here),
  };
  return here;
}

function painted<D>({ context, props, size, ratio }: Held<D>): void {
  if (!context || size.width === 0) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  props.draw(context, size, props.data, props.look);
  if (props.mark !== undefined && context.canvas.dataset.drawn !== props.mark)
    context.canvas.dataset.drawn = props.mark;
}

function resized<D>(
  here: Held<D>, canvas: HTMLCanvasElement, entries: readonly ResizeObserverEntry[],
): void {
  const box = entries[entries.length - 1]?.contentRect;
  if (!box) return;
  const ratio = Math.min(3, canvas.ownerDocument.defaultView?.devicePixelRatio ?? 1);
  const width = Math.floor(box.width);
  const height = Math.floor(box.height);
  if (width === here.size.width && height === here.size.height && ratio === here.ratio) return;
  here.size = { width, height };
  here.ratio = ratio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  here.props.onSize?.(here.size);
  paintSoon(here.paint);
}
