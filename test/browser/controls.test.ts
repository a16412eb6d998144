/** Every control of every view is pressed, and does what the table says. One that is not in the table fails the run. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openedParts } from "../support/opened.ts";
import { startChromium } from "./support/chromium.ts";
import { effects } from "./support/effects.ts";
import { openPage, type WatchedPage } from "./support/watched-page.ts";
import { startWorld, views, type World } from "./support/world.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let world: World;
let tab: WatchedPage;
/** They are only there in other states of the page, and pressed in other files. */
const elsewhere: Readonly<Record<string, string>> = {
  "retry-link": "live.test.ts",
  "look-again": "writes.test.ts",
  token: "token.test.ts",
  "sign-in": "token.test.ts",
  "sign-out": "token.test.ts",
};

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  world = opened(await startWorld(), (part) => part.stop());
  tab = opened(await openPage(browser, world.base), (part) => part.close());
  await watchControls();
});

afterAll(() => stop());

/** Notes the names of controls from now on, also of those that are there for a moment; of one without a name its markup. */
const watchControls = (): Promise<void> =>
  tab.page.evaluate(() => {
    const names = new Set<string>();
    const selector = "button, a[href], input, select, textarea, summary, [tabindex='0']";
    const look = (): void => {
      for (const element of document.querySelectorAll(selector)) {
        if (element.matches(".table-scroll, .diff pre")) continue;
        names.add(element.getAttribute("data-control") ?? element.outerHTML);
      }
    };
    look();
    const attributes = { attributeFilter: ["data-control"] };
    new MutationObserver(look).observe(document.body, {
      ...attributes,
      childList: true,
      subtree: true,
    });
    Object.assign(window, { seenControls: names });
  });

const seen = (): Promise<readonly string[]> =>
  tab.page.evaluate(() => [
    ...((window as unknown as { seenControls: Set<string> }).seenControls ?? []),
  ]);

/** Names that the code of the page gives, where it gives them as they are. */
function namedInCode(): readonly string[] {
  const files = readdirSync("src/web", { recursive: true }).map(String);
  const code = files
    .filter((file) => file.endsWith(".tsx"))
    .map((file) => readFileSync(join("src/web", file), "utf8"))
    .join("\n");
  const forms = [/data-control="([\w-]+)"/g, /<Button\b[^>]*?\bname="([\w-]+)"/g];
  return forms.flatMap((form) => [...code.matchAll(form)].map(([, name = ""]) => name));
}

const arrive = async (hash: string): Promise<void> => {
  // By another view, so that nothing is left of what was pressed before.
  await tab.go(views.system);
  await tab.go(hash);
  await tab.page.getByText("Loading…").first().waitFor({ state: "detached" });
};

describe("the controls of the page", () => {
  it("are all in the table, as the code names them", () => {
    const known = new Set([...Object.keys(effects), ...Object.keys(elsewhere)]);
    const named = namedInCode();
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });

  it.each(Object.entries(effects))("%s", async (_name, effect) => {
    await arrive(effect.at);
    await effect.press({ tab, world });
  });

  it("were those of the table, each of them and no others, on every view", async () => {
    const hashes = new Set([...Object.values(views), "#/services/web", "#/services/mall"]);
    for (const hash of hashes) await arrive(hash);
    expect([...(await seen())].sort()).toEqual(Object.keys(effects).sort());
  });

  it.each(Object.entries(elsewhere))("%s is pressed in %s", (name, file) => {
    expect(effects).not.toHaveProperty(name);
    const test = readFileSync(join("test/browser", file), "utf8");
    expect(test).toMatch(new RegExp(`(?:press|control)\\(tab\\.page, "${name}"\\)`));
  });

  it("have broken nothing", () => {
    expect(tab.troubles).toEqual([]);
  });
});
