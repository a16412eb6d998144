/** Every control of every view is pressed, and does what the table says. One that is not in the table fails the run. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openedParts } from "../support/opened.ts";
import { startChromium } from "./support/chromium.ts";
import { effects } from "./support/effects.ts";
import { openPage, press, type WatchedPage } from "./support/watched-page.ts";
import { startWorld, views, type World } from "./support/world.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let world: World;
let tab: WatchedPage;
/** All that any view has shown. */
const seen = new Set<string>();

/** They are only there in other states of the page, and pressed in other files. */
const elsewhere: Readonly<Record<string, string>> = {
  "retry-link": "live.test.ts",
  token: "token.test.ts",
  "sign-in": "token.test.ts",
  "sign-out": "token.test.ts",
};

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  world = opened(await startWorld(), (part) => part.stop());
  tab = opened(await openPage(browser, world.base), (part) => part.close());
});

afterAll(() => stop());

/** Names of the controls that are there now; of one without a name its markup. */
const controls = (): Promise<readonly string[]> =>
  tab.page.evaluate(() =>
    [
      ...document.querySelectorAll(
        "button, a[href], input, select, textarea, summary, [tabindex='0']",
      ),
    ]
      .filter((element) => !element.matches(".table-scroll, .diff pre"))
      .map((element) => element.getAttribute("data-control") ?? element.outerHTML),
  );

const arrive = async (hash: string): Promise<void> => {
  // By another view, so that nothing is left of what was pressed before.
  await tab.go(views.system);
  await tab.go(hash);
  await tab.page.getByText("Loading…").first().waitFor({ state: "detached" });
};

describe("the controls of the page", () => {
  it("are all in the table", async () => {
    const hashes = new Set([...Object.values(views), "#/services/web", "#/services/mall"]);
    for (const hash of hashes) {
      await arrive(hash);
      for (const name of await controls()) seen.add(name);
    }
    await arrive(views.service);
    await press(tab.page, "command-abort");
    for (const name of await controls()) seen.add(name);
    await press(tab.page, "dialog-cancel");
    const known = new Set([...Object.keys(effects), ...Object.keys(elsewhere)]);
    expect([...seen].filter((name) => !known.has(name))).toEqual([]);
    expect(seen.size).toBeGreaterThan(50);
  });

  it.each(Object.entries(effects))("%s", async (_name, effect) => {
    await arrive(effect.at);
    await effect.press({ tab, world });
    for (const name of await controls()) seen.add(name);
  });

  it("were all there, and none came that is in no table", () => {
    const known = [...Object.keys(effects), ...Object.keys(elsewhere)];
    expect([...seen].filter((name) => !known.includes(name))).toEqual([]);
  });

  it("have broken nothing", () => {
    expect(tab.troubles).toEqual([]);
  });
});
