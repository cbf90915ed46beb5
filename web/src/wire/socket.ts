// The host of the page: a WebSocket that comes back by itself after it was lost.
import { readFrame, type Answer } from "./frames";
import type { Host, HostStatus } from "./host";
import type { Asked } from "./messages";

/** What makes a socket; another one in tests. */
export type Connect = (address: string) => WebSocket;
/** What finds out whether the host is there and has no place for this page. */
export type Refuses = () => Promise<boolean>;

const FIRST_MS = 250;
const MOST_MS = 5000;
/** The code with which the gate turns away whoever has no key: coming back will not help. */
const TURNED_AWAY = [1008, 4401, 4403];

/** Browsers tell a socket that was turned away from one that found nobody by no code: ask for a
 * file. */
const hasNoKey: Refuses = async () => {
  const answer = await fetch("/icon.svg", { method: "HEAD", cache: "no-store" }).catch(() => null);
  return answer?.status === 401;
};

/** Return a host over a WebSocket. */
export function socketHost(
  address: string, connect: Connect = (to) => new WebSocket(to), refuses: Refuses = hasNoKey,
): Host {
  const answers = new Set<(answer: Answer) => void>();
  const statuses = new Set<(status: HostStatus) => void>();
  let socket: WebSocket | null = null;
  let status: HostStatus = "connecting";
  let tries = 0;
  let later: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const tell = (now: HostStatus): void => {
    status = now;
    for (const listen of statuses) listen(now);
  };
  const again = (): void => {
    const wait = Math.min(FIRST_MS * 2 ** tries++, MOST_MS);
    later = setTimeout(open, wait * (0.75 + Math.random() / 2)); // ten pages do not come at once
  };
  const open = (): void => {
    const made = connect(address);
    made.binaryType = "arraybuffer";
    socket = made;
    let opened = false;
    made.onopen = () => {
      opened = true;
      tries = 0;
      tell("open");
    };
    made.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) deliver(data, answers);
    };
    made.onclose = async ({ code }: CloseEvent) => {
      if (closed || socket !== made) return;
      const turnedAway = TURNED_AWAY.includes(code) || (!opened && (await refuses()));
      if (closed || socket !== made) return;
      if (turnedAway) return tell("refused");
      tell("lost");
      again();
    };
  };
  open();

  return {
    can: { train: true, fragment: true },
    send: (message: Asked, buffer?: Uint8Array) => {
      if (socket === null || status !== "open") return;
      const text = JSON.stringify(message);
      socket.send(buffer === undefined ? text : packed(text, buffer));
    },
    onAnswer: (listen) => void answers.add(listen),
    onStatus: (listen) => {
      statuses.add(listen);
      listen(status);
    },
    close: () => {
      closed = true;
      clearTimeout(later);
      socket?.close();
    },
  };
}

/** Return a message with its buffer: the length of the text, the text, the buffer (live.py). */
export function packed(text: string, buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new TextEncoder().encode(text);
  const whole = new Uint8Array(4 + words.length + buffer.length);
  new DataView(whole.buffer).setUint32(0, words.length, true);
  whole.set(words, 4);
  whole.set(buffer, 4 + words.length);
  return whole;
}

/** Hand an answer on; one that cannot be read is dropped and said in the console. */
export function deliver(
  bytes: ArrayBuffer | ArrayBufferView, listeners: Iterable<(answer: Answer) => void>,
): void {
  let answer: Answer;
  try {
    answer = readFrame(bytes);
  } catch (error) {
    console.warn("shoal lab: a frame that cannot be read was dropped.", error);
    return;
  }
  for (const listen of listeners) listen(answer);
}
