// A setting that no branch can have begins the run anew: the branches go, and that is said.
import { expect, test } from "vitest";
import { createStore } from "../src/state/store";
import { FakeFrames, FakeHost, catalogue } from "./fake";

test("branches that go are told of, and come back by undo", () => {
  const host = new FakeHost();
  const store = createStore(host, { frames: new FakeFrames() });
  host.be("open");
  host.tell(catalogue());
  host.open();
  host.frame();
  store.act.seek(20);
  store.act.change("training.epochs", 7);
  expect(store.state.session?.branches).toHaveLength(1);
  expect(store.state.notice).toBeNull();
  store.act.change("training.batch_size", 4);
  expect(store.state.session?.branches).toEqual([]);
  expect(store.state.notice?.text).toContain("branches are gone");
  store.act.undo();
  expect(store.state.session?.branches).toHaveLength(1);
  store.close();
});
