// A host for tests that says what it is told to, and frames of time that pass when asked.
import type { Answer, Arrays } from "../src/wire/frames";
import type { Host, HostStatus } from "../src/wire/host";
import type {
  Asked, CatalogueTold, Choice, FrameTold, Look, Open, OpenedTold, RunTold, Session, Told,
} from "../src/wire/messages";
import type { Frames } from "../src/state/looker";

export class FakeHost implements Host {
  readonly can = { train: true, fragment: true };
  readonly sent: { message: Asked; buffer: Uint8Array | undefined }[] = [];
  closed = false;
  private answers: ((answer: Answer) => void)[] = [];
  private statuses: ((status: HostStatus) => void)[] = [];

  send(message: Asked, buffer?: Uint8Array): void {
    this.sent.push({ message: structuredClone(message), buffer });
  }
  onAnswer(listen: (answer: Answer) => void): void {
    this.answers.push(listen);
  }
  onStatus(listen: (status: HostStatus) => void): void {
    this.statuses.push(listen);
  }
  close(): void {
    this.closed = true;
  }
  be(status: HostStatus): void {
    for (const listen of this.statuses) listen(status);
  }
  tell(header: Told, arrays: Arrays = {}): void {
    for (const listen of this.answers) listen({ header, arrays });
  }
  all<T extends Asked["type"]>(type: T): Extract<Asked, { type: T }>[] {
    return this.sent.map((each) => each.message).filter((each) => each.type === type) as
      Extract<Asked, { type: T }>[];
  }
  lastOpen(): Open {
    return this.all("open").at(-1) as Open;
  }
  lastLook(): Look {
    return this.all("look").at(-1) as Look;
  }
  /** Answer the newest open as a host would. */
  open(change: Partial<OpenedTold> = {}): void {
    const { id, session } = this.lastOpen();
    this.tell(opened({ id, experiment: whole(session), runs: runsOf(session), ...change }));
  }
  /** Answer the newest look. */
  frame(change: Partial<FrameTold> = {}, arrays: Arrays = {}): void {
    const look = this.lastLook();
    this.tell(frame({ id: look.id, opened: look.opened, run: look.run ?? -1, ...change }), arrays);
  }
}

/** Frames that are painted when a test says so. */
export class FakeFrames implements Frames {
  time = 0;
  private waiting = new Map<number, { paint: () => void; due: number }>();
  private last = 0;
  request(paint: () => void, afterMs = 0): number {
    this.waiting.set(++this.last, { paint, due: this.time + afterMs });
    return this.last;
  }
  cancel(number: number): void {
    this.waiting.delete(number);
  }
  now(): number {
    return this.time;
  }
  paint(ms = 16): void {
    this.time += ms;
    const now = [...this.waiting].filter(([, { due }]) => due <= this.time);
    for (const [number] of now) this.waiting.delete(number);
    for (const [, { paint }] of now) paint();
  }
}

export const START: Session = {
  experiment: { data: { task: "greater" }, population: { size: 4 } },
  table: null, branches: [], pins: [],
};

/** The whole document of a session, as the host fills it in. */
export function whole(session: Session): Record<string, unknown> {
  const base = {
    seed: 0,
    data: { task: "greater", samples: 10000, label_noise: 0, dummies: 0, multiply: 1, add: 0, validation: 0.2 },
    preprocess: { scaling: "none", target_scaling: "none" },
    network: {
      layers: [
        { units: 3, activation: "tanh", bias: true }, { units: 1, activation: "sigmoid", bias: true },
      ],
      initializer: { name: "glorot_uniform" }, bias_initializer: { name: "zeros" },
    },
    training: {
      optimizer: { name: "adam", learning_rate: 0.03, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
      loss: "binary_crossentropy", batch_size: 32, epochs: 100, schedule: [], stop: [],
      regularization: { l1: 0, l2: 0, dropout: 0 }, dtype: "float32",
    },
    population: { size: 4, vary: ["init", "order"] },
  };
  return merge(base, session.experiment) as Record<string, unknown>;
}

function merge(base: unknown, over: unknown): unknown {
  const table = (each: unknown): each is Record<string, unknown> =>
    typeof each === "object" && each !== null && !Array.isArray(each);
  if (!table(base) || !table(over)) return over === undefined ? base : over;
  return Object.fromEntries([...new Set([...Object.keys(base), ...Object.keys(over)])].map((key) =>
    [key, merge(base[key], over[key])]));
}

export function runsOf(session: Session, total = 1000): RunTold[] {
  const run = { of: null, at: 0, total_steps: total, steps_per_epoch: 10, experiment: {} };
  return [
    { ...run, run: -1 },
    ...(session.branches ?? []).map((each, k) => ({ ...run, run: k, of: each.of ?? -1, at: each.at })),
    ...(session.pins ?? []).map((_, k) => ({ ...run, run: -2 - k })),
  ];
}

export function opened(change: Partial<OpenedTold> = {}): OpenedTold {
  return {
    type: "opened", id: 1, experiment: whole(START), toml: "", layers: [], n_parameters: 13,
    data: {
      kind: "classification", features: ["x0", "x1"], base_features: ["x0", "x1"], targets: ["y"],
      classes: ["0", "1"], n_train: 8000, n_validation: 2000, n_test: 0,
      ranges: [[0, 0.5, 1], [0, 0.5, 1]], attainable_accuracy: 1, rows_accuracy: 1, true_boundary: true,
      constant_guess_accuracy: 0.5, streaming: false, notes: [],
    },
    figures: ["train_loss", "validation_accuracy"], headline: "validation_accuracy", n_networks: 4,
    runs: runsOf(START), warnings: [], ...change,
  };
}

export function frame(change: Partial<FrameTold> = {}): FrameTold {
  return {
    type: "frame", id: 0, opened: 0, run: -1, step: 1000, epoch: 100, trained_step: 1000, done: true,
    seconds: 0.1, figures: { validation_accuracy: 0.99 }, figures_step: 1000, n_diverged: 0,
    stopped: {}, delivered_step: null, n_watchers: 0, arrays: [],
    plane: {
      features: ["x0", "x1"], numbers: [0, 1], x: [0, 1], y: [0, 1], held: {}, output: "1",
      is_probability: true, classes: [], value_range: null,
    } as unknown as FrameTold["plane"],
    ...change,
  };
}

const choice = (name: string, properties: Record<string, unknown> = {}): Choice => ({
  name, title: `About ${name}.`, schema: { properties }, formula: "",
});

export function catalogue(change: Partial<CatalogueTold> = {}): CatalogueTold {
  const rate = { learning_rate: { type: "number", exclusiveMinimum: 0, default: 0.001 } };
  return {
    type: "catalogue", id: 1, version: "1", start: START as CatalogueTold["start"],
    starts: { gaussians: { data: { task: "gaussians" }, training: { epochs: 50 } } },
    tasks: [
      choice("greater", {
        task: { const: "greater" },
        samples: { type: "integer", minimum: 1, maximum: 10_000_000, default: 10_000 },
        label_noise: { type: "number", minimum: 0, maximum: 1, default: 0 },
        validation: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.2 },
        derived: { type: "array", items: { type: "string" }, default: [] },
      }),
      choice("gaussians", {
        task: { const: "gaussians" },
        classes: { type: "integer", minimum: 2, maximum: 10, default: 2 },
      }),
    ],
    activations: ["identity", "sigmoid", "tanh", "relu", "softmax"].map((name) => choice(name)),
    initializers: ["glorot_uniform", "zeros"].map((name) => choice(name)),
    optimizers: [
      choice("sgd", rate), choice("adam", { ...rate, beta_1: { type: "number", minimum: 0, exclusiveMaximum: 1 } }),
    ],
    schedules: [choice("cosine"), choice("step")],
    losses: [choice("binary_crossentropy"), choice("categorical_crossentropy")],
    regularization: choice("regularization", {
      l2: { anyOf: [{ type: "number", minimum: 0 }, { type: "array" }], default: 0 },
    }),
    stop_rules: [choice("target"), choice("plateau")],
    preprocess: choice("preprocess", {
      scaling: { type: "string", enum: ["none", "standard", "minmax"], default: "none" },
    }),
    file_data: choice("file", { label_noise: { type: "number", minimum: 0, maximum: 1, default: 0 } }),
    files: [], charts: [], most_networks: 256, most_table_bytes: 1_000_000, ...change,
  };
}
