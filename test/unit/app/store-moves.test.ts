import { expect, it } from "vitest";
import { App } from "../../../src/app/app.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { StoreSink, Watch } from "../../../src/store/store.ts";
import { silentObserver } from "../../../src/xds/observer.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Its sink is at hand, to say how contact is. */
class TellingStore extends MemoryStore {
  sink: StoreSink | undefined;

  override watch(sink: StoreSink): Watch {
    this.sink = sink;
    return super.watch(sink);
  }
}

it("tells whoever follows when contact with the store is lost, and is there again", async () => {
  const clock = new FakeClock();
  const store = new TellingStore({ clock });
  const app = new App({
    ...{ store, clock, version: "test", controlPlane: "test", defaultGateway: undefined },
    observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
  });
  await app.started;
  const seen: boolean[] = [];
  const nothing = { built: () => {}, stepped: () => {}, proxiesMoved: () => {} };
  app.changes.add({
    ...{ ...nothing, alerted: () => {}, touched: () => {} },
    storeMoved: () => seen.push(app.storeHealth().connected),
  });
  store.sink?.health({ connected: false, message: "away" });
  store.sink?.health({ connected: true, message: "watching" });
  expect(seen).toEqual([false, true]);
  await app.close();
});
