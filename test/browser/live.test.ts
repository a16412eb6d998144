/** The page lives: what changes in the store shows without a reload, and a server that goes away is told of. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { openedParts } from "../support/opened.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { startChromium } from "./support/chromium.ts";
import { control, openPage, press, type WatchedPage } from "./support/watched-page.ts";

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
  await etcd.put("/serin/status/alerts/1", alertOf("shop: a release waits"));
  serin = await start();
  opened(serin, () => serin.stop());
  tab = opened(await openPage(browser, `http://127.0.0.1:${serin.adminPort}`), (part) =>
    part.close(),
  );
});

afterAll(() => stop());

/** Nobody listens at its webhook: it stays on its way. */
const alertOf = (title: string): string =>
  JSON.stringify({
    ...{ service: "shop", atMs: Date.now(), severity: "warn", title, text: "look at it" },
    webhook: { url: "http://127.0.0.1:9/", format: "generic" },
  });

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

  it("counts alerts from the start, and says aloud those alone that come", async () => {
    const count = control(tab.page, "nav-alerts").locator(".count");
    await count.getByText("1", { exact: true }).waitFor();
    const aloud = tab.page.locator('[data-announced="alert"]');
    await tab.go("#/alerts");
    await tab.page.getByText("shop: a release waits").waitFor();
    expect(await aloud.textContent()).toBe("");
    await etcd.put("/serin/status/alerts/2", alertOf("shop: v2 was taken out"));
    await aloud.getByText("shop").waitFor();
    await count.getByText("2", { exact: true }).waitFor();
    await tab.page.getByText("shop: v2 was taken out").first().waitFor();
    await tab.go("#/services");
  });

  it("keeps the dialog of the first weights of a service", async () => {
    await etcd.put("/serin/endpoints/new/a", '{"address":"127.0.0.1:4","version":"v1"}');
    await etcd.put("/serin/endpoints/new/b", '{"address":"127.0.0.1:5","version":"v2"}');
    await tab.page.getByRole("link", { name: "new", exact: true }).waitFor();
    await tab.go("#/services/new/weights");
    await control(tab.page, "share-slider").first().fill("80");
    await press(tab.page, "review-weights");
    // Once the stream tells of the write, there is something to read.
    const read = tab.page.waitForResponse(/\/v1\/weights\/new$/);
    await press(tab.page, "dialog-confirm");
    await read;
    await tab.page.locator('dialog[open] [data-acknowledged="all"]').waitFor();
    await press(tab.page, "dialog-close");
    await tab.page.locator("dialog").waitFor({ state: "detached" });
    // It goes on from what was written.
    await tab.page.getByText(/^Based on revision/).waitFor();
    await control(tab.page, "share-slider").first().fill("70");
    await press(tab.page, "review-weights");
    await press(tab.page, "dialog-confirm");
    await tab.page.locator('dialog[open] [data-acknowledged="all"]').waitFor();
    await press(tab.page, "dialog-close");
    await tab.go("#/services");
  });

  it("says that the store is not to be had, as long as it is not", async () => {
    const bar = tab.page.getByText("serin has no connection to its store");
    etcd.pause();
    try {
      await bar.waitFor();
      await tab.shot("store-away");
      await split("v1 75 %, v2 25 %");
    } finally {
      etcd.resume();
    }
    await bar.waitFor({ state: "detached" });
    await link("live");
  });

  it("has had nothing to complain of", () => {
    expect(tab.troubles).toEqual([]);
  });

  it("says that it is not live when the server goes, and is live again when it is back", async () => {
    await etcd.put("/serin/endpoints/shop/a", '{"address":"127.0.0.1:3","version":"v1"}');
    const shop = tab.page.getByRole("link", { name: "shop", exact: true });
    await shop.waitFor();
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
    await etcd.del("/serin/endpoints/shop/a");
    serin = await start();
    await link("live");
    await split("v1 10 %, v2 90 %");
    // It went meanwhile, and nobody says so.
    await shop.waitFor({ state: "detached" });
    expect(await tab.page.locator('[data-announced="link"]').textContent()).toBe("Live again.");
  });
});
