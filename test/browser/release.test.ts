/**
 * A whole release by the page alone: a person starts it, a guard takes the canary out, it is mended and tried again,
 * gets all traffic, and is undone. A real etcd, serin, Envoy, two versions and their users.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import { openedParts } from "../support/opened.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { startChromium } from "./support/chromium.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { control, openPage, press, type WatchedPage } from "./support/watched-page.ts";

const { opened, stop } = openedParts();
const users = { host: "web" };
let browser: Browser;
let scene: Scene;
let receiver: Receiver;
let load: Load;
let tab: WatchedPage;

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  receiver = opened(await startReceiver(), (part) => part.close());
  scene = opened(await startScene({ variant: "delta" }), (part) => part.stop());
  await scene.apply("services/web", {
    subsets: [{ name: "v1" }, { name: "v2", fallback: "v1" }],
  });
  await scene.apply("weights/web", { v1: 100, v2: 0 });
  load = opened(startLoad({ port: scene.port, headers: users, rate: 100 }), (part) => part.stop());
  const admin = `http://127.0.0.1:${scene.servers[0]?.adminPort}`;
  tab = opened(await openPage(browser, admin, { hash: "#/services/web" }), (part) => part.close());
});

afterAll(() => stop());

const patient = { timeout: 60_000 };

const split = (words: string) =>
  tab.page
    .getByRole("img", { name: `Traffic now: ${words}`, exact: true })
    .first()
    .waitFor(patient);

const says = (words: string | RegExp) =>
  tab.page.locator(".standing").getByText(words).first().waitFor(patient);

/** Answers the dialog that is open, and waits until every proxy has acknowledged what it wrote. */
async function confirm(why: string, shot?: string): Promise<void> {
  await control(tab.page, "why").fill(why);
  if (shot !== undefined) await tab.shot(shot, false);
  await press(tab.page, "dialog-confirm");
  await tab.page.locator('[data-acknowledged="all"]').waitFor(patient);
  expect(await tab.page.locator("[data-acknowledged]").textContent()).toBe(
    "Accepted by 1 of 1 proxies: by all.",
  );
  if (shot !== undefined) await tab.shot(`${shot}-acknowledged`, false);
  await press(tab.page, "dialog-close");
}

const answersOfV2 = async (): Promise<number> =>
  (await runLoad({ port: scene.port, headers: users, total: 200 })).byVersion["v2"] ?? 0;

describe("a release, driven by the page alone", () => {
  it("begins with the form, and goes as far as it may by itself", async () => {
    await split("v1 100 %, v2 0 %");
    await tab.shot("release-1-before");
    await press(tab.page, "start-release");
    await control(tab.page, "canary").selectOption("v2");
    await press(tab.page, "preset-standard");
    await control(tab.page, "step-pause").first().selectOption("promote");
    await control(tab.page, "threshold").fill("5");
    await control(tab.page, "lookback").fill("20");
    await control(tab.page, "webhook").fill(receiver.url);
    await tab.page.getByText("serin would say nothing against it.").waitFor();
    await tab.shot("release-2-form");
    await press(tab.page, "review-release");
    await confirm("v2 of the shop", "release-3-confirm");
    await split("v1 90 %, v2 10 %");
    await says(/waits for somebody/);
    await tab.page.getByText("Waits for a person").first().waitFor();
    await tab.shot("release-4-first-step");
    expect(await answersOfV2()).toBeLessThan(60);
  });

  it("goes on when somebody promotes it", async () => {
    await press(tab.page, "command-promote");
    await confirm("ten percent are well", "release-5-promote");
    // The guard must have passed the canary before it gets a half.
    await split("v1 50 %, v2 50 %");
    await tab.shot("release-5-promoted");
    expect(await answersOfV2()).toBeGreaterThan(50);
  });

  it("shows how a guard takes the canary out: the latch, its evidence, the alert", async () => {
    scene.v2.failShare(0.6);
    await tab.page.locator('[data-latched="v2"]').waitFor(patient);
    await split("v1 100 %, v2 0 %");
    const note = await tab.page.locator('[data-latched="v2"]').textContent();
    expect(note).toMatch(/v2 was taken out.*http-5xx.*\d+ of \d+ requests failed/s);
    await tab.page.getByText("Taken out by a guard").first().waitFor();
    await says(/aborted by guard http-5xx/);
    await tab.shot("release-6-guard-trip");
    expect(await answersOfV2()).toBe(0);
    await tab.go("#/alerts");
    await tab.page.getByText("delivered").waitFor(patient);
    await tab.shot("release-7-alerts");
    expect(receiver.alerts).toMatchObject([{ service: "web", severity: "error" }]);
    await tab.go("#/services/web");
  });

  it("begins again by retry when v2 is mended", async () => {
    scene.v2.failShare(0);
    // The proxy still has failures to report of the moment before.
    const figures = tab.page.getByRole("row").filter({ hasText: /^v2/ }).first();
    await figures.getByRole("cell").nth(3).filter({ hasText: /^0$/ }).waitFor(patient);
    await press(tab.page, "command-retry");
    await confirm("fixed in v2.1", "release-8-retry");
    await tab.page.locator('[data-latched="v2"]').waitFor({ state: "detached" });
    await split("v1 90 %, v2 10 %");
    await says(/waits for somebody/);
    await tab.shot("release-9-again");
  });

  it("gets all traffic by full promotion", async () => {
    await press(tab.page, "command-full");
    await confirm("looks good");
    await split("v1 0 %, v2 100 %");
    await says(/the release is complete/);
    await tab.shot("release-10-complete");
    expect(await answersOfV2()).toBe(200);
  });

  it("is undone, and the history tells of all of it", async () => {
    await press(tab.page, "command-undo");
    await confirm("wrong prices", "release-11-undo");
    await split("v1 100 %, v2 0 %");
    await tab.page.getByText(/Aborted by/).waitFor();
    await tab.shot("release-12-undone");
    expect(await answersOfV2()).toBe(0);
    await press(tab.page, "tab-history");
    await tab.page.getByText("wrong prices").first().waitFor();
    await tab.shot("release-13-history");
    for (const why of [
      "v2 of the shop",
      "ten percent are well",
      "fixed in v2.1",
      "looks good",
      "wrong prices",
    ]) {
      expect(await tab.page.getByText(why).count()).toBeGreaterThan(0);
    }
  });

  it("has had nothing to complain of", async () => {
    expect(tab.troubles).toEqual([]);
    expect((await load.stop()).total).toBeGreaterThan(1_000);
  });
});
