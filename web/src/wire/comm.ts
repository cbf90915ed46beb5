// The host of the notebook: anywidget's model, whose custom messages carry text and buffers. A
// model may be shown in several places, so each view has a name of its own (widget_views.py).
import type { Answer } from "./frames";
import type { Host, HostStatus } from "./host";
import type { Asked } from "./messages";
import { deliver } from "./socket";

/** What of anywidget's model is used (anywidget.dev/en/afm). */
export interface Model {
  send(content: unknown, callbacks?: unknown, buffers?: (ArrayBuffer | ArrayBufferView)[]): void;
  on(event: string, listen: (...told: never[]) => void): void;
  off(event: string, listen?: (...told: never[]) => void): void;
  get?(name: string): unknown;
  set?(name: string, value: unknown): void;
  save_changes?(): void;
}
type Buffer = ArrayBuffer | ArrayBufferView;
interface Content {
  readonly page?: string;
  readonly gone?: boolean;
  readonly file?: string;
}

/** Milliseconds without an answer after which it is asked whether anybody is there. */
export const QUIET_MS = 4000;
/** A kernel that is free answers these at once, whatever else is under way. */
const ANSWERED: readonly Asked["type"][] = ["hello", "open", "look"];
const PROBE = 0;

/** Return a host over a model. */
export function commHost(model: Model, name: string = ownName()): Host {
  const answers = new Set<(answer: Answer) => void>();
  const statuses = new Set<(status: HostStatus) => void>();
  const files = new Map<string, (bytes: Buffer) => void>();
  let status: HostStatus = "open"; // a model is there from the beginning
  let later: ReturnType<typeof setTimeout> | undefined;

  const tell = (now: HostStatus): void => {
    status = now;
    for (const listen of statuses) listen(now);
  };
  const lose = (): void => {
    if (status === "open") tell("lost");
  };
  const quiet = (): void => {
    later = setTimeout(lose, QUIET_MS);
    say({ type: "hello", id: PROBE });
  };
  const wait = (): void => {
    later ??= setTimeout(quiet, QUIET_MS);
  };
  const heard = (): void => {
    clearTimeout(later);
    later = undefined;
    if (status === "lost") tell("open");
  };
  const say = (message: Asked, buffer?: Uint8Array): void => {
    const { type } = message;
    const content = {
      page: name, text: JSON.stringify(message),
      ...(type === "hello" ? { begins: true } : {}),
      ...(type === "table" ? { table: { name: message.name, digest: message.digest } } : {}),
    };
    try {
      model.send(content, undefined, buffer === undefined ? [] : [buffer]);
    } catch {
      lose(); // a kernel that has ended
    }
  };
  const take = (content: Content | null, buffers: readonly Buffer[] = []): void => {
    if (content?.page !== name) return;
    heard();
    if (content.gone === true) {
      tell("lost");
      tell("open"); // says hello, and opens the session again
    } else if (content.file !== undefined) {
      const [bytes] = buffers;
      if (bytes !== undefined) files.get(content.file)?.(bytes);
    } else for (const bytes of buffers) deliver(bytes, answersBut(answers));
  };
  const listen = take as (...told: never[]) => void;
  model.on("msg:custom", listen);
  return {
    can: { train: true, fragment: false },
    send: (message: Asked, buffer?: Uint8Array) => {
      say(message, buffer);
      if (ANSWERED.includes(message.type)) wait();
    },
    onAnswer: (each) => void answers.add(each),
    onStatus: (each) => {
      statuses.add(each);
      each(status);
    },
    file: (wanted) => new Promise((found) => {
      files.set(wanted, found);
      model.send({ page: name, file: wanted });
    }),
    close: () => {
      clearTimeout(later);
      model.off("msg:custom", listen);
      statuses.clear();
      try {
        model.send({ page: name, text: null });
      } catch {
        // it has ended before
      }
    },
  };
}

/** The listeners, told of all but of the answer to the question whether anybody is there. */
function answersBut(answers: Iterable<(answer: Answer) => void>): ((answer: Answer) => void)[] {
  return [...answers].map((listen) => (answer: Answer) => {
    if (answer.header.type !== "catalogue" || answer.header.id !== PROBE) listen(answer);
  });
}

function ownName(): string {
  const letters = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(letters, (each) => each.toString(36)).join("");
}
