/** Every control of the page by its name: where it is, and what must come of pressing it. */
import { expect } from "vitest";
import { eventually } from "../../support/wait.ts";
import { control, press, type WatchedPage } from "./watched-page.ts";
import { views, type World } from "./world.ts";

export interface Pressed {
  readonly tab: WatchedPage;
  readonly world: World;
}

export interface Effect {
  /** The hash where it is. */
  readonly at: string;
  press(pressed: Pressed): Promise<void>;
}

const heading = (tab: WatchedPage, name: string) =>
  tab.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

/** A link of the head, or of a view, to a view. */
const leadsTo = (at: string, name: string, title: string): Effect => ({
  at,
  press: async ({ tab }) => {
    await press(tab.page, name);
    await heading(tab, title);
  },
});

/** A part of a service. */
const leadsToTab = (name: string, hash: string): Effect => ({
  at: name === "overview" ? views.weights : views.service,
  press: async ({ tab }) => {
    await press(tab.page, `tab-${name}`);
    await eventually(async () => new URL(tab.page.url()).hash.endsWith(hash), { what: hash });
    await tab.page.locator(`[data-control="tab-${name}"][aria-current="page"]`).waitFor();
  },
});

async function confirm({ tab }: Pressed, why: string): Promise<void> {
  await control(tab.page, "why").fill(why);
  await press(tab.page, "dialog-confirm");
  await press(tab.page, "dialog-close");
  await tab.page.locator("dialog").waitFor({ state: "detached" });
}

const objectIn = async ({ world }: Pressed, key: string): Promise<Record<string, unknown>> =>
  JSON.parse((await world.scene.etcd.get(`/serin/${key}`))?.value ?? "{}");

/**
 * A command holds only upon what the page shows: it has heard what serin knows, and the release has come to rest after
 * what was said to it before.
 */
async function isAtRest({ tab, world }: Pressed): Promise<void> {
  let last: string | null = null;
  let same = 0;
  await eventually(
    async () => {
      const response = await fetch(`${world.base}/v1/services/shop`);
      const { state } = (await response.json()) as { readonly state: string };
      const shown = await tab.page.locator(".commands").getAttribute("data-state");
      same = shown === state && shown === last ? same + 1 : 0;
      last = shown;
      return same >= 4;
    },
    { what: "the release to rest", timeoutMs: 15_000, intervalMs: 250 },
  );
}

/** What is said to the release of `shop`, and what its status is then. */
const tells = (name: string, isDone: (status: Record<string, unknown>) => boolean): Effect => ({
  at: views.service,
  press: async (pressed) => {
    await isAtRest(pressed);
    await press(pressed.tab.page, `command-${name}`);
    await confirm(pressed, `${name} by hand`);
    await eventually(async () => isDone(await objectIn(pressed, "status/rollouts/shop")), {
      what: `the release to be told ${name}`,
    });
  },
});

/** A field of the form of a release, and the fault that shows where it is wrong; it is put back then. */
const isJudged = (name: string, wrong: string, fault: string): Effect => ({
  at: views.release,
  press: async ({ tab }) => {
    const field = control(tab.page, name).first();
    const before = await field.inputValue();
    await field.fill(wrong);
    await tab.page.getByText(fault).first().waitFor();
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    await field.fill(before);
    await tab.page.getByText(fault).first().waitFor({ state: "detached" });
  },
});

const steps = (tab: WatchedPage): Promise<number> => tab.page.locator(".step-row").count();

const preset = (name: string, count: number): Effect => ({
  at: views.release,
  press: async ({ tab }) => {
    await press(tab.page, `preset-${name}`);
    expect(await steps(tab)).toBe(count);
  },
});

const opensDialog = async ({ tab }: Pressed, name: string): Promise<void> => {
  await press(tab.page, name);
  await tab.page.locator("dialog[open]").waitFor();
};

/** A link that leads out of the page: what is there. */
const answers = (name: string, part: string): Effect => ({
  at: views.system,
  press: async ({ tab, world }) => {
    const href = await control(tab.page, name).getAttribute("href");
    const response = await fetch(`${world.base}${href}`);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(part)]);
  },
});

const shares = async (tab: WatchedPage): Promise<readonly string[]> =>
  Promise.all((await control(tab.page, "share-number").all()).map((field) => field.inputValue()));

const explains: Effect["press"] = async ({ tab }) => {
  await control(tab.page, "explain-host").fill("shop.example");
  await control(tab.page, "explain-path").fill("/cart/1");
  await control(tab.page, "explain-method").selectOption("POST");
  await control(tab.page, "explain-headers").fill("x-tester: 1");
  await press(tab.page, "explain-ask");
  await tab.page.locator("[data-explained]").getByText("routes/shop").first().waitFor();
  // The guard has taken v2 out, and v1 stands in for it.
  await tab.page.locator(".gets").first().getByText("cart/v").waitFor();
  await control(tab.page, "explain-headers").fill("no colon");
  await tab.page.getByText("A header is of the form Name: value.").waitFor();
};

/** In the order in which they are pressed: a release has to be held before it can be resumed. */
export const effects: Readonly<Record<string, Effect>> = {
  skip: {
    at: views.services,
    press: async ({ tab }) => {
      await control(tab.page, "skip").focus();
      await tab.page.keyboard.press("Enter");
      expect(await tab.page.evaluate(() => document.activeElement?.id)).toBe("content");
    },
  },
  brand: leadsTo(views.routes, "brand", "Services"),
  "nav-services": leadsTo(views.routes, "nav-services", "Services"),
  "nav-routes": leadsTo(views.services, "nav-routes", "Routes"),
  "nav-proxies": leadsTo(views.services, "nav-proxies", "Proxies"),
  "nav-alerts": leadsTo(views.services, "nav-alerts", "Alerts"),
  "nav-diagnostics": leadsTo(views.services, "nav-diagnostics", "Diagnostics"),
  "nav-system": leadsTo(views.services, "nav-system", "System"),
  "to-services": leadsTo(views.nowhere, "to-services", "Services"),
  language: {
    at: views.services,
    press: async ({ tab }) => {
      await control(tab.page, "language").selectOption("zh");
      await heading(tab, "服务");
      await control(tab.page, "language").selectOption("en");
      await heading(tab, "Services");
    },
  },
  theme: {
    at: views.services,
    press: async ({ tab }) => {
      await control(tab.page, "theme").selectOption("dark");
      await tab.page.locator('html[data-theme="dark"]').waitFor();
      await control(tab.page, "theme").selectOption("auto");
    },
  },
  filter: {
    at: views.services,
    press: async ({ tab }) => {
      await control(tab.page, "filter").fill("sho");
      await eventually(async () => (await control(tab.page, "open-service").count()) === 1, {
        what: "one service",
      });
    },
  },
  "open-service": leadsTo(views.services, "open-service", "cart"),
  "tab-weights": leadsToTab("weights", "/shop/weights"),
  "tab-release": leadsToTab("release", "/shop/release"),
  "tab-history": leadsToTab("history", "/shop/history"),
  "tab-instances": leadsToTab("instances", "/shop/instances"),
  "tab-overview": leadsToTab("overview", "/services/web"),
  "to-routes": leadsTo(views.instances, "to-routes", "Routes"),
  "to-alerts": leadsTo("#/services/mail", "to-alerts", "Alerts"),
  "to-diagnostics": leadsTo("#/services/mall", "to-diagnostics", "Diagnostics"),
  reload: {
    at: views.services,
    press: async ({ tab }) => {
      const { page } = tab;
      // Something between the page and serin answers in its place.
      const path = /\/v1\/diagnostics$/;
      await page.route(path, (route) => route.fulfill({ contentType: "text/html", body: "busy" }));
      await tab.go(views.diagnostics);
      await control(page, "reload").waitFor();
      const asked = page.waitForRequest(path);
      await press(page, "reload");
      await asked;
      await page.unroute(path);
      await tab.go(views.services);
      await tab.go(views.diagnostics);
      await page.locator("main table").waitFor();
    },
  },
  "alert-service": {
    at: views.alerts,
    press: async ({ tab }) => {
      // Which alert is the newest is for the guards to decide.
      const service = await control(tab.page, "alert-service").first().textContent();
      await press(tab.page, "alert-service");
      await heading(tab, service ?? "");
    },
  },
  "start-release": {
    at: "#/services/web",
    press: async ({ tab }) => {
      await press(tab.page, "start-release");
      await control(tab.page, "review-release").waitFor();
    },
  },
  "plot-table": {
    at: views.service,
    press: async ({ tab }) => {
      await press(tab.page, "plot-table");
      await tab.page.locator("figure table").first().waitFor();
    },
  },
  "dialog-cancel": {
    at: views.service,
    press: async (pressed) => {
      await opensDialog(pressed, "command-abort");
      await press(pressed.tab.page, "dialog-cancel");
      await pressed.tab.page.locator("dialog").waitFor({ state: "detached" });
      expect(await objectIn(pressed, "status/rollouts/shop")).not.toHaveProperty("aborted");
    },
  },
  "command-pause": tells("pause", ({ held }) => held === true),
  "command-resume": tells("resume", ({ held }) => held === false),
  "command-promote": tells(
    "promote",
    ({ step, promoted }) => promoted !== "no" || Number(step) >= 2,
  ),
  "command-abort": tells("abort", ({ aborted }) => aborted !== undefined),
  "command-retry": tells("retry", ({ aborted }) => aborted === undefined),
  "command-full": tells("full", ({ step, promoted }) => promoted !== "no" || Number(step) >= 3),
  "command-undo": tells("undo", ({ aborted }) => aborted !== undefined),
  "share-slider": {
    at: views.weights,
    press: async ({ tab }) => {
      await control(tab.page, "share-slider").first().fill("70");
      expect(await shares(tab)).toEqual(["70", "30"]);
    },
  },
  "share-number": {
    at: views.weights,
    press: async ({ tab }) => {
      const field = control(tab.page, "share-number").last();
      await field.fill("0.5");
      await field.press("Tab");
      expect(await shares(tab)).toEqual(["99.5", "0.5"]);
      await field.fill("");
      await field.press("Tab");
      expect(await shares(tab)).toEqual(["99.5", "0.5"]);
    },
  },
  "all-to": {
    at: views.weights,
    press: async ({ tab }) => {
      await control(tab.page, "all-to").last().click();
      expect(await shares(tab)).toEqual(["0", "100"]);
    },
  },
  "reset-weights": {
    at: views.weights,
    press: async ({ tab }) => {
      await control(tab.page, "all-to").last().click();
      await press(tab.page, "reset-weights");
      expect(await shares(tab)).toEqual(["90", "10"]);
    },
  },
  "review-weights": {
    at: views.weights,
    press: async (pressed) => {
      await control(pressed.tab.page, "share-slider").first().fill("60");
      await opensDialog(pressed, "review-weights");
      await press(pressed.tab.page, "dialog-cancel");
      expect(await objectIn(pressed, "weights/web")).toEqual({ v1: 90, v2: 10 });
    },
  },
  "dialog-confirm": {
    at: views.weights,
    press: async (pressed) => {
      await control(pressed.tab.page, "share-slider").first().fill("60");
      await opensDialog(pressed, "review-weights");
      await confirm(pressed, "half and more");
      expect(await objectIn(pressed, "weights/web")).toEqual({ v1: 60, v2: 40 });
    },
  },
  "take-newest": {
    at: views.weights,
    press: async ({ tab, world }) => {
      await control(tab.page, "share-slider").first().fill("55");
      await world.scene.put("weights/web", { v1: 20, v2: 80 });
      await press(tab.page, "take-newest");
      expect(await shares(tab)).toEqual(["20", "80"]);
      await world.scene.put("weights/web", { v1: 90, v2: 10 });
    },
  },
  why: {
    at: views.weights,
    press: async (pressed) => {
      const { page } = pressed.tab;
      await control(page, "share-slider").first().fill("75");
      await opensDialog(pressed, "review-weights");
      await confirm(pressed, "because of the sale");
      await press(page, "tab-history");
      const reason = page.getByText("because of the sale").first();
      // In no language that serin knows.
      expect(
        await reason.evaluate((element) => element.closest("[lang]")?.getAttribute("lang")),
      ).toBe("");
    },
  },
  "show-diff": {
    at: "#/services/web/history",
    press: async ({ tab }) => {
      await control(tab.page, "show-diff").first().click();
      await tab.page.locator(".diff .added").first().waitFor();
    },
  },
  undo: {
    at: "#/services/web/history",
    press: async (pressed) => {
      await press(pressed.tab.page, "undo");
      await confirm(pressed, "back again");
      expect(await objectIn(pressed, "weights/web")).toEqual({ v1: 90, v2: 10 });
    },
  },
  "go-back": {
    at: "#/services/web/history",
    press: async (pressed) => {
      // The one below the newest is that before the undo.
      await press(pressed.tab.page, "go-back");
      await confirm(pressed, "and forth");
      expect(await objectIn(pressed, "weights/web")).toEqual({ v1: 75, v2: 25 });
    },
  },
  "dialog-close": {
    at: views.weights,
    press: async (pressed) => {
      const { page } = pressed.tab;
      await control(page, "share-slider").first().fill("80");
      await opensDialog(pressed, "review-weights");
      await press(page, "dialog-confirm");
      await press(page, "dialog-close");
      await page.locator("dialog").waitFor({ state: "detached" });
    },
  },
  stable: {
    at: views.release,
    press: async ({ tab }) => {
      await control(tab.page, "stable").selectOption("v2");
      await tab.page.getByText("The canary must be another version").waitFor();
    },
  },
  canary: {
    at: views.release,
    press: async ({ tab }) => {
      await control(tab.page, "canary").selectOption("");
      await tab.page.getByText("Choose the canary.").waitFor();
    },
  },
  "preset-careful": preset("careful", 4),
  "preset-standard": preset("standard", 2),
  "preset-quick": preset("quick", 1),
  "add-step": {
    at: views.release,
    press: async ({ tab }) => {
      const before = await steps(tab);
      await press(tab.page, "add-step");
      expect(await steps(tab)).toBe(before + 1);
    },
  },
  "remove-step": {
    at: views.release,
    press: async ({ tab }) => {
      const before = await steps(tab);
      await press(tab.page, "remove-step");
      expect(await steps(tab)).toBe(before - 1);
    },
  },
  "step-pause": {
    at: views.release,
    press: async ({ tab }) => {
      const before = await control(tab.page, "step-duration").count();
      await control(tab.page, "step-pause").first().selectOption("none");
      expect(await control(tab.page, "step-duration").count()).toBe(before - 1);
    },
  },
  "step-weight": isJudged("step-weight", "101", "A number from 0 to 100."),
  "step-duration": isJudged("step-duration", "soon", "A time such as 30s, 5m or 1h."),
  threshold: isJudged("threshold", "0", "A number above 0, to 99."),
  lookback: isJudged("lookback", "1", "A number from 10 to 3600."),
  webhook: isJudged("webhook", "ftp://x", "An address that begins with"),
  guarded: {
    at: views.release,
    press: async ({ tab }) => {
      await control(tab.page, "guarded").uncheck();
      await control(tab.page, "threshold").waitFor({ state: "detached" });
    },
  },
  "review-release": {
    at: views.release,
    press: async (pressed) => {
      await opensDialog(pressed, "review-release");
      await confirm(pressed, "v2 for all");
      expect(await objectIn(pressed, "rollouts/web")).toMatchObject({
        strategy: { canary: { stableSubset: "v1", canarySubset: "v2" } },
      });
      // It leads to the release that has begun.
      await control(pressed.tab.page, "command-promote").waitFor();
    },
  },
  "explain-host": { at: views.routes, press: explains },
  "explain-path": { at: views.routes, press: explains },
  "explain-method": { at: views.routes, press: explains },
  "explain-headers": { at: views.routes, press: explains },
  "explain-ask": { at: views.routes, press: explains },
  openapi: answers("openapi", '"openapi"'),
  metrics: answers("metrics", "serin_"),
};
