/** A write holds only over what its dialog showed, and says truly what has become of it. */
import type { Browser, Route } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { openedParts } from "../support/opened.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";
import { startChromium } from "./support/chromium.ts";
import { control, openPage, press, type WatchedPage } from "./support/watched-page.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let etcd: Etcd;
let serin: Serin;
let tab: WatchedPage;

const canary = { stableSubset: "v1", canarySubset: "v2" };
const releaseTo = (weight: number) =>
  JSON.stringify({ strategy: { canary: { ...canary, steps: [{ setWeight: weight }] } } });

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  etcd = opened(await startEtcd(), (part) => part.stop());
  await etcd.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:1","version":"v1"}');
  await etcd.put("/serin/endpoints/web/b", '{"address":"127.0.0.1:2","version":"v2"}');
  serin = opened(await startSerin({ store: `etcd://${etcd.endpoint}` }), (part) => part.stop());
  tab = opened(await openPage(browser, base()), (part) => part.close());
});

beforeEach(async () => {
  await etcd.put("/serin/weights/web", '{"v1":75,"v2":25}');
  await etcd.put("/serin/rollouts/web", releaseTo(20));
  await tab.go("#/system");
});

afterAll(() => stop());

const base = (): string => `http://127.0.0.1:${serin.adminPort}`;
const put = async (path: string, body?: string): Promise<void> => {
  const response = await fetch(`${base()}${path}`, { method: "PUT", ...(body && { body }) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
};
const value = async (key: string): Promise<unknown> =>
  JSON.parse((await etcd.get(`/serin/${key}`))?.value ?? "null");
const said = (words: string) => tab.page.locator("dialog").getByText(words).waitFor();
const gone = () => tab.page.locator("dialog").waitFor({ state: "detached" });
const open = async (hash: string, name: string): Promise<void> => {
  await tab.go(hash);
  await press(tab.page, name);
  await tab.page.locator("dialog[open]").waitFor();
};
const changed = "It has changed since you read it";

/** Writes of objects meet this instead; the returned one takes it off. */
async function meet(how: (route: Route) => Promise<void>): Promise<() => Promise<void>> {
  const path = /\/v1\/objects\/weights\/web/;
  await tab.page.route(path, (route) =>
    route.request().method() === "PUT" ? how(route) : route.continue(),
  );
  return () => tab.page.unroute(path);
}

describe("a dialog before a write", () => {
  it("does not begin a release over another object than the one that it showed", async () => {
    await open("#/services/web/release", "review-release");
    const read = tab.page.waitForResponse(/\/v1\/objects\/rollouts\/web/);
    await etcd.put("/serin/rollouts/web", releaseTo(77));
    await read;
    await press(tab.page, "dialog-confirm");
    await said(changed);
    expect(await control(tab.page, "dialog-confirm").count()).toBe(0);
    expect(await value("rollouts/web")).toEqual(JSON.parse(releaseTo(77)));
    await press(tab.page, "look-again");
    await gone();
    await press(tab.page, "review-release");
    await press(tab.page, "dialog-confirm");
    await press(tab.page, "dialog-close");
    expect(await value("rollouts/web")).not.toEqual(JSON.parse(releaseTo(77)));
  });

  it("does not undo a change that came after the one that it showed", async () => {
    await put("/v1/weights/web", '{"v1":60,"v2":40}');
    await open("#/services/web/history", "undo");
    const read = tab.page.waitForResponse(/\/v1\/history\/web$/);
    await put("/v1/weights/web", '{"v1":50,"v2":50}');
    await read;
    await press(tab.page, "dialog-confirm");
    await said(changed);
    expect(await value("weights/web")).toEqual({ v1: 50, v2: 50 });
    await press(tab.page, "look-again");
    await gone();
    await press(tab.page, "undo");
    await press(tab.page, "dialog-confirm");
    await press(tab.page, "dialog-close");
    expect(await value("weights/web")).toEqual({ v1: 60, v2: 40 });
  });

  it("says nothing to a release that stands otherwise than it showed", async () => {
    await open("#/services/web", "command-abort");
    await put("/v1/rollouts/web/abort?by=ann");
    await tab.page.getByText("Aborted by ann").first().waitFor();
    await put("/v1/rollouts/web/retry?by=ann");
    await press(tab.page, "dialog-confirm");
    await said(changed);
    expect(await value("status/rollouts/web")).not.toHaveProperty("aborted");
    await press(tab.page, "look-again");
    await gone();
  });
});

describe("a write whose answer is lost", () => {
  const move = async (): Promise<void> => {
    await tab.go("#/services/web/weights");
    await tab.page.getByRole("button", { name: "All to v2" }).click();
    await press(tab.page, "review-weights");
  };

  it("is said to be written perhaps, and what is there is read again", async () => {
    const off = await meet(async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
    });
    await move();
    await press(tab.page, "dialog-confirm");
    await said("it may have been written");
    expect(await control(tab.page, "dialog-confirm").count()).toBe(0);
    await off();
    const read = tab.page.waitForResponse(/\/v1\/weights\/web$/);
    await press(tab.page, "look-again");
    await gone();
    await read;
    expect(await value("weights/web")).toEqual({ v1: 0, v2: 100 });
  });

  it("is not stopped by closing the dialog, which says so and what has become of it", async () => {
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const off = await meet(async (route) => {
      await held;
      await route.continue();
    });
    await move();
    await press(tab.page, "dialog-confirm");
    await said("closing this does not stop it");
    expect(await control(tab.page, "dialog-cancel").count()).toBe(0);
    await press(tab.page, "dialog-close");
    await gone();
    go();
    const announced = tab.page.locator('[data-announced="page"]');
    await eventually(async () => (await announced.textContent())?.startsWith("Written as"), {
      what: "the page to say what has become of the write",
    });
    await off();
    expect(await value("weights/web")).toEqual({ v1: 0, v2: 100 });
  });
});
