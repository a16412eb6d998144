/** The page lives: what changes in the store shows without a reload, and a server that goes away is told of. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { openedParts } from "../support/opened.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { startChromium } from "./support/chromium.ts";
import { openPage, press, type WatchedPage } from "./support/watched-page.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let etcd: Etcd;
let serin: Serin;
let tab: WatchedPage;

const start = (): Promise<Serin> =>
  startSerin({
    store: `etcd://${etcd.endpoint}`,
    ...(serin && { ports: serin }),
  });

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  etcd = opened(await startEtcd(), (part) => part.stop());
  await etcd.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:1","version":"v1"}');
  await etcd.put("/serin/endpoints/web/b", '{"address":"127.0.0.1:2","version":"v2"}');
  serin = await start();
  opened(serin, () => serin.stop());
  tab = opened(await openPage(browser, `http://127.0.0.1:${serin.adminPort}`), (part) =>
    part.close(),
  );
});

afterAll(() => stop());

const link = (kind: string) => tab.page.locator(`[data-link="${kind}"]`).first().waitFor();
const split = (words: string) =>
  tab.page
    .getByRole("img", { name: `Traffic now: ${words}`, exact: true })
    .first()
    .waitFor();

describe("the page", () => {
  it("shows the services of the store, and says that it is live", async () => {
    await link("live");
    await tab.page.getByRole("link", { name: "web", exact: true }).waitFor();
    await split("v1 50 %, v2 50 %");
    await tab.shot("services-first");
    expect(await tab.page.title()).toBe("Services · serin");
  });

  it("shows weights that somebody writes to the store, and a service that comes and goes", async () => {
    await etcd.put("/serin/weights/web", '{"v1":75,"v2":25}');
    await split("v1 75 %, v2 25 %");
    await etcd.put("/serin/endpoints/shop/a", '{"address":"127.0.0.1:3","version":"v1"}');
    const shop = tab.page.getByRole("link", { name: "shop", exact: true });
    await shop.waitFor();
    await etcd.del("/serin/endpoints/shop/a");
    await shop.waitFor({ state: "detached" });
  });

  it("has had nothing to complain of", () => {
    expect(tab.troubles).toEqual([]);
  });

  it("says that it is not live when the server goes, and is live again when it is back", async () => {
    await serin.kill();
    await link("lost");
    await tab.page.getByText("Not live since").waitFor();
    await tab.shot("not-live");
    // What it knew last is still there.
    await split("v1 75 %, v2 25 %");
    const asked = tab.page.waitForRequest(/\/v1\/events$/);
    await press(tab.page, "retry-link");
    await asked;
    await etcd.put("/serin/weights/web", '{"v1":10,"v2":90}');
    serin = await start();
    await link("live");
    await split("v1 10 %, v2 90 %");
    expect(await tab.page.locator('[data-announced="link"]').textContent()).toBe("Live again.");
  });
});
