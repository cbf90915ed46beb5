// Actions of the host: asked for, followed on their way, dropped when a newer one takes their place.
import type { Answer } from "../wire/frames";
import type { DoneTold } from "../wire/messages";
import type { ActionMessage } from "./actions";
import type { Job } from "./state";
import type { Base, Numbers } from "./store";

export interface Jobs {
  request(message: ActionMessage): Promise<Answer<DoneTold>>;
  drop(kind: string): void;
  took(answer: Answer): void;
  /** The host has gone: nothing that was asked will be answered. */
  lost(): void;
}

interface Waiting {
  readonly kind: string;
  readonly resolve: (answer: Answer<DoneTold>) => void;
  readonly reject: (error: Error) => void;
}

/** An action that the host could not carry out; the message is its sentence. */
export class FailedError extends Error {
  constructor(sentence: string, readonly code: string) {
    super(sentence);
  }
}
/** An action that was dropped, by a newer one or by the person. */
export class DroppedError extends Error {}

export function createJobs(base: Base, next: Numbers): Jobs {
  const waiting = new Map<number, Waiting>();
  const put = (kind: string, job: Partial<Job>): void => {
    const empty: Job = { action: kind, sentence: "", share: null, done: null, failed: null, code: "" };
    const old = base.state.jobs[kind] ?? empty;
    base.set({ jobs: { ...base.state.jobs, [kind]: { ...old, ...job } } });
  };
  const drop = (kind: string): void => {
    for (const [id, each] of waiting)
      if (each.kind === kind) {
        waiting.delete(id);
        base.host.send({ type: "cancel", id });
        each.reject(new DroppedError(kind));
      }
    const { [kind]: _, ...jobs } = base.state.jobs;
    base.set({ jobs });
  };
  const end = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  };

  return {
    drop,
    request: (message) => {
      const kind = message.type;
      drop(kind);
      put(kind, {});
      const id = next();
      return new Promise((resolve, reject) => {
        waiting.set(id, { kind, resolve, reject });
        base.host.send({ ...message, id });
      });
    },
    took: (answer) => {
      const { header } = answer;
      if (header.type === "progress") {
        const found = waiting.get(header.id);
        if (found !== undefined)
          put(found.kind, { sentence: header.sentence, share: header.share });
      } else if (header.type === "done") {
        const found = end(header.id);
        if (found === undefined) return;
        const done = answer as Answer<DoneTold>;
        put(found.kind, { done, share: 1 });
        found.resolve(done);
      } else if (header.type === "failed") {
        const found = end(header.id);
        if (found === undefined) {
          base.set({ problems: [{ where: "", sentence: header.sentence, code: header.code }], busy: false });
          return;
        }
        put(found.kind, { failed: header.sentence, code: header.code });
        found.reject(new FailedError(header.sentence, header.code));
      }
    },
    lost: () => {
      for (const [id, each] of waiting) {
        waiting.delete(id);
        put(each.kind, { failed: "" });
        each.reject(new DroppedError(each.kind));
      }
    },
  };
}
