// A canvas context that writes down what is drawn, and what stands in for canvases in jsdom.
import type { Context } from "../src/views/plot";

export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
  /** Colours and the like that held when it was called. */
  readonly fillStyle: unknown;
  readonly strokeStyle: unknown;
  readonly lineWidth: unknown;
}

export interface Recording {
  readonly context: Context;
  readonly calls: Call[];
  all(name: string): Call[];
  /** All that was written. */
  texts(): string[];
}

/** A context whose letters are six pixels wide. */
export function recording(): Recording {
  const calls: Call[] = [];
  const held: Record<string, unknown> = { fillStyle: "", strokeStyle: "", lineWidth: 1 };
  const context = new Proxy(held, {
    get: (_, name: string) => {
      if (name in held) return held[name];
      return (...args: unknown[]) => {
        const { fillStyle, strokeStyle, lineWidth } = held;
        calls.push({ name, args, fillStyle, strokeStyle, lineWidth });
        return name === "measureText" ? { width: 6 * String(args[0]).length } : undefined;
      };
    },
    set: (_, name: string, value) => {
      held[name] = value;
      return true;
    },
  }) as unknown as Context;
  const all = (name: string) => calls.filter((call) => call.name === name);
  return { context, calls, all, texts: () => all("fillText").map((call) => String(call.args[0])) };
}

/** What was last put into a raster, by its size: "3x2". */
export const put = new Map<string, Uint32Array>();

class FakeOffscreen {
  constructor(readonly width: number, readonly height: number) {}
  getContext() {
    const { width, height } = this;
    return {
      createImageData: (w: number, h: number) => ({ data: new Uint8ClampedArray(4 * w * h), width: w, height: h }),
      putImageData: (image: { data: Uint8ClampedArray }) =>
        put.set(`${width}x${height}`, new Uint32Array(image.data.buffer.slice(0))),
    };
  }
}

class FakeObserver {
  constructor(private readonly listen: (entries: unknown[], observer: unknown) => void) {}
  observe(): void {
    this.listen([{ contentRect: { width: 600, height: 400 } }], this);
  }
  unobserve(): void {}
  disconnect(): void {}
}

/** Let jsdom have what a browser has; returns the recordings of every canvas made since. */
export function fakeCanvases(): Recording[] {
  const made: Recording[] = [];
  const known = new WeakMap<HTMLCanvasElement, Recording>();
  Object.assign(globalThis, { OffscreenCanvas: FakeOffscreen, ResizeObserver: FakeObserver, Path2D: FakePath });
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    const found = known.get(this) ?? recording();
    if (!known.has(this)) made.push(found);
    known.set(this, found);
    Object.assign(found.context, { canvas: this });
    return found.context;
  } as never;
  return made;
}

class FakePath {
  moveTo(): void {}
  lineTo(): void {}
  closePath(): void {}
  rect(): void {}
  arc(): void {}
  addPath(): void {}
}
