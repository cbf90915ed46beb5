// What the address keeps: the session as its fragment, and nothing else.
import { afterEach, expect, test } from "vitest";
import { keepInAddress, SETTLED_MS } from "../src/state/remember";
import { createStore } from "../src/state/store";
import { decodeLink } from "../src/wire/fragment";
import { FakeFrames, FakeHost, catalogue } from "./fake";

afterEach(() => history.replaceState(null, "", "/"));

test("a question mark before the fragment goes, and the session is written behind a clean path", async () => {
  history.replaceState(null, "", "/?#1.abc");
  const host = new FakeHost();
  const store = createStore(host, { frames: new FakeFrames() });
  const stop = keepInAddress(store);
  expect(location.href).toBe(`${location.origin}/#1.abc`);
  host.tell(catalogue());
  await new Promise((later) => setTimeout(later, SETTLED_MS + 100));
  expect(location.search).toBe("");
  expect((await decodeLink(location.hash))?.session).toEqual(store.state.session);
  stop();
  store.close();
});
