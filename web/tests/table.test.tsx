// An own table on the page: what its columns hold is shown, and where the guess is wrong corrected.
import axe from "axe-core";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OwnTablePanel } from "../src/panels/table";
import { valueAt } from "../src/state/document";
import { readPreview, typeOf, withoutType, withType } from "../src/state/preview";
import { StoreProvider, createStore, type Store } from "../src/state/store";
import { speak, t } from "../src/strings";
import type { Preview } from "../src/wire/messages";
import { FakeFrames, FakeHost, catalogue } from "./fake";

let host: FakeHost, store: Store, root: HTMLElement;
const CSV = "zip,size,note,y\n01234,1,,p\n90210,2,,q\n";

beforeEach(() => {
  host = new FakeHost();
  store = createStore(host, { frames: new FakeFrames() });
  host.be("open");
  host.tell(catalogue());
  host.open();
  host.frame();
  root = document.createElement("main");
  document.body.append(root);
  act(() => render(<StoreProvider value={store}><OwnTablePanel /></StoreProvider>, root));
});
afterEach(() => {
  act(() => render(null, root));
  root.remove();
  speak("en");
});

const column = (name: string, guessed: string, types: Record<string, string>, problem = "") => ({
  name, kind: types[name] ?? guessed, guessed, n_missing: 0, n_different: 2, examples: [], problem,
});
const asked = (): Preview => host.all("preview").at(-1) as Preview;
/** Wait until the host is asked again, and answer as it would. */
async function look(problem = ""): Promise<void> {
  const before = answered;
  await vi.waitFor(() => expect(host.all("preview").length).toBeGreaterThan(before));
  answered = host.all("preview").length;
  const { id, data = {} } = asked();
  const types = (data.types ?? {}) as Record<string, string>;
  const guess = { target: "y", kind: "classification", features: ["zip", "size"], missing: "error", ...data, types };
  const document = {
    name: "mine.csv", n_columns: 4, n_rows: 2, rows: [["01234", "1", "", "p"], ["90210", "2", "", "q"]],
    columns: [
      column("zip", "number", types, problem), column("size", "number", types),
      column("note", "empty", types, "Every cell is a gap."), column("y", "category", types),
    ],
    guess, notes: [], problems: [],
  };
  await act(async () => host.tell({ type: "done", id, document, name: "", media: "" } as never));
}
let answered = 0;
beforeEach(() => {
  answered = 0;
});
async function drop(): Promise<void> {
  const input = root.querySelector<HTMLInputElement>("input[type=file]") as HTMLInputElement;
  const bytes = new TextEncoder().encode(CSV);
  const file = { name: "mine.csv", size: bytes.length, arrayBuffer: () => Promise.resolve(bytes.buffer) };
  Object.defineProperty(input, "files", { value: [file], configurable: true });
  await act(async () => {
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
const typeFor = (name: string, label = `Type of ${name}`): HTMLSelectElement | null =>
  root.querySelector(`select[aria-label="${label}"]`);
function set(select: HTMLSelectElement | null, value: string): void {
  if (select === null) throw new Error("no such column");
  act(() => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
const use = (): void => void act(() => {
  const buttons = [...root.querySelectorAll("button")];
  buttons.find((each) => each.textContent?.includes(t("table.use")))?.click();
});

test("every feature that holds something has a type with a name of its own", async () => {
  await drop();
  await look();
  expect(typeFor("zip")?.value).toBe("number");
  expect([...(typeFor("zip")?.options ?? [])].map((each) => each.text)).toEqual(["number", "category"]);
  expect(typeFor("note")).toBeNull(); // empty: there is nothing to read
  expect(typeFor("y")).toBeNull(); // the target has a kind
  expect(root.textContent).not.toContain("guessed");
});

test("a corrected type is asked for, shown beside the guess, and goes into the experiment", async () => {
  await drop();
  await look();
  set(typeFor("zip"), "category");
  expect(typeFor("zip")?.value).toBe("category"); // at once, before the host has answered
  await look();
  expect(asked().data).toMatchObject({ types: { zip: "category" }, features: ["zip", "size"] });
  expect(typeFor("zip")?.value).toBe("category");
  expect(root.textContent).toContain("guessed: number");
  use();
  expect(valueAt(store.state.session?.experiment, "data.types")).toEqual({ zip: "category" });
  set(typeFor("zip"), "number"); // as it was guessed: nothing needs to be said
  await look();
  expect(asked().data?.types).toEqual({});
  use();
  expect(valueAt(store.state.session?.experiment, "data")).not.toHaveProperty("types");
});

test("a column that becomes the target loses its type", async () => {
  await drop();
  await look();
  set(typeFor("size"), "category");
  await look();
  set(root.querySelector<HTMLSelectElement>("select:not([aria-label])"), "size");
  await look();
  expect(asked().data).toMatchObject({ target: "size", types: {} });
});

test("a feature that cannot be read as said can be left out or read otherwise", async () => {
  await drop();
  await look();
  set(typeFor("zip"), "category");
  await look("Line 2: no.");
  const box = root.querySelector<HTMLInputElement>(".sh-columns input") as HTMLInputElement;
  expect([box.checked, box.disabled]).toEqual([true, false]);
  expect(typeFor("zip")?.disabled).toBe(false);
});

test("the file of the setting dropped again, as after a reload, keeps what was chosen", async () => {
  await drop();
  await look();
  set(typeFor("zip"), "category");
  await look();
  use();
  await drop();
  await look();
  expect(asked().data).toMatchObject({ types: { zip: "category" }, target: "y" });
  expect(typeFor("zip")?.value).toBe("category");
});

test.each([["en", "Type of zip"], ["ja", "zip の型"], ["ko", "zip의 유형"]] as const)(
  "is in order for axe, in %s", async (language, label) => {
    speak(language);
    await drop();
    await look();
    expect(typeFor("zip", label)).not.toBeNull();
    const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
    const { violations } = await axe.run(root, { rules });
    expect(violations.map(({ id }) => id)).toEqual([]);
    const focusable = [...root.querySelectorAll("button, input, select, [tabindex]")];
    expect(focusable.filter((each) => !each.hasAttribute("data-lm-suppress-shortcuts"))).toEqual([]);
  });

test("columns with the names of what every object has", () => {
  const preview = readPreview({ columns: [column("constructor", "number", { constructor: "number" } as never)] });
  const [each] = preview.columns;
  if (each === undefined) throw new Error("no column");
  expect(typeOf({}, each)).toBe("number");
  expect(withType({}, each, "category")).toEqual({ constructor: "category" });
  expect(withoutType({ constructor: "category" }, "constructor")).toEqual({});
});
