// Looks on in the lab's page while `python -m benchmarks.lab` measures: what was put in, what went
// out and came back, and when each picture was painted. It is there before the page's own scripts.
(() => {
  const watch = {
    on: false,
    inputs: [],
    pictures: [],
    looks: [],
    wires: [],
    longs: [],
    begun: 0,
    /** Whether looks ask for a surface beside what the page shows, drawn here. */
    both: false,
    begin() {
      for (const name of ["inputs", "pictures", "looks", "wires", "longs"]) watch[name] = [];
      watch.begun = performance.now();
      watch.on = true;
    },
    end() {
      watch.on = false;
      const { inputs, pictures, looks, wires, longs } = watch;
      return { inputs, pictures, looks, wires, longs, took: performance.now() - watch.begun };
    },
  };
  globalThis.shoalWatch = watch;

  // ---- what a person puts in
  addEventListener("input", (event) => {
    if (watch.on) watch.inputs.push({ at: event.timeStamp, handled: performance.now() });
  }, true);

  // ---- pictures: an attribute tells that one is drawn; it is painted when the next frame ends
  const channel = new MessageChannel();
  let unpainted = [];
  let asked = false;
  let newest = -1; // of the settings whose end was painted
  let tellFirst;
  const first = new Promise((resolve) => { tellFirst = resolve; });
  /** Resolves when the first picture was painted, with the time in milliseconds since 1970. */
  watch.first = () => first;
  let waiting = [];
  channel.port1.onmessage = () => {
    const now = performance.now();
    for (const picture of unpainted) {
      picture.painted = now;
      tellFirst(performance.timeOrigin + now);
      if (picture.done) newest = Math.max(newest, picture.opened);
    }
    unpainted = [];
    waiting = waiting.filter(({ after, resolve }) => !(newest > after && (resolve(newest), true)));
  };
  /** Resolves when the end of a setting after another one was painted, with its number. */
  watch.ended = (after) => new Promise((resolve) => {
    if (newest > after) resolve(newest);
    else waiting.push({ after, resolve });
  });
  const nextFrame = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      channel.port2.postMessage(null); // comes after the frame's own painting
    });
  };
  const drawn = (canvas) => {
    const [opened, step, how] = canvas.dataset.drawn.split(" ");
    if (how === undefined) return;
    const now = performance.now();
    const picture = {
      opened: Number(opened), step: Number(step), done: how === "done",
      wide: canvas.width, drawn: now, painted: null,
    };
    if (watch.on) watch.pictures.push(picture);
    unpainted.push(picture);
    nextFrame();
  };
  new MutationObserver((changes) => {
    for (const { target, type, addedNodes } of changes) {
      if (type === "attributes") drawn(target);
      else for (const node of addedNodes)
        for (const canvas of node.querySelectorAll?.("canvas[data-drawn]") ?? []) drawn(canvas);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-drawn"] });

  // ---- the wire: type and number of each message stand at its beginning
  const open = new Map();
  const NUMBER = /"id":(\d+)/;
  const TYPE = /^\{"type":"(\w+)"/;
  const letters = new TextDecoder();
  const note = (what, type, id, size) => {
    if (watch.on) watch.wires.push({ what, type, id, size, at: performance.now() });
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    if (typeof message === "string") {
      const [type, id] = [TYPE.exec(message)?.[1], Number(NUMBER.exec(message)?.[1])];
      if (type === "look") {
        open.clear(); // one is out at a time
        open.set(id, performance.now());
      }
      note("sent", type, id, message.length);
      if (watch.both && type === "look") return send.call(this, withSurface(message));
    }
    return send.call(this, message);
  };
  const Plain = WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (!(data instanceof ArrayBuffer)) return;
        const text = letters.decode(new Uint8Array(data, 4, Math.min(96, data.byteLength - 4)));
        const [type, id] = [TYPE.exec(text)?.[1], Number(NUMBER.exec(text)?.[1])];
        const since = open.get(id);
        if (type === "frame" && since !== undefined) {
          if (watch.on) watch.looks.push({ at: since, took: performance.now() - since });
          open.delete(id);
        }
        note("came", type, id, data.byteLength);
        if (watch.both && type === "frame") drawSurface(data);
      });
    }
  };

  // ---- a surface of one network beside the small multiples: no view of the page has both
  const withSurface = (message) => {
    const look = JSON.parse(message);
    if (look.want.multiples) look.want.surface = { n: 100, show: "network", network: 0 };
    return JSON.stringify(look);
  };
  let place = null;
  const image = new ImageData(100, 100);
  const words = new Uint32Array(image.data.buffer);
  const small = new OffscreenCanvas(100, 100);
  const drawSurface = (data) => {
    const length = new DataView(data).getUint32(0, true);
    const header = JSON.parse(letters.decode(new Uint8Array(data, 4, length)));
    const found = header.arrays?.find((each) => each.name === "surface");
    if (found === undefined) return;
    if (place === null) {
      place = document.createElement("canvas");
      place.width = 480;
      place.height = 480;
      place.style.position = "fixed";
      place.style.top = "120px";
      place.style.left = "320px";
      document.body.append(place);
    }
    const values = new Float32Array(data, 4 + length + found.offset, 10_000);
    for (let k = 0; k < 10_000; k++) {
      const level = Math.round(255 * values[k]);
      words[k] = 0xff000000 | (level << 16) | (128 << 8) | (255 - level);
    }
    small.getContext("2d").putImageData(image, 0, 0);
    place.getContext("2d").drawImage(small, 0, 0, 480, 480);
  };

  // ---- tasks that hold the page up
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (watch.on) watch.longs.push({ at: entry.startTime, took: entry.duration });
  }).observe({ type: "longtask" });
})();
