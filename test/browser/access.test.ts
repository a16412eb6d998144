/** Whoever uses the page, by whatever: every view in both colours and languages, on a telephone, and by the keyboard alone. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { texts } from "../../src/web/text/texts.ts";
import { openedParts } from "../support/opened.ts";
import { eventually } from "../support/wait.ts";
import { seriousFindings } from "./support/axe.ts";
import { startChromium } from "./support/chromium.ts";
import { control, openPage, type WatchedPage } from "./support/watched-page.ts";
import { startWorld, type ViewName, views, type World } from "./support/world.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  world = opened(await startWorld(), (part) => part.stop());
});

afterAll(() => stop());

const names = Object.keys(views) as readonly ViewName[];

/** What tells that a view has all that it asks for. */
async function settled({ page }: WatchedPage): Promise<void> {
  await page.locator('[data-link="live"]').waitFor();
  const { en, zh } = texts;
  const loading = page.getByText(new RegExp(`${en.page.loading}|${zh.page.loading}`));
  await loading.first().waitFor({ state: "detached" });
}

const looks = [
  { language: "en-GB", scheme: "light" },
  { language: "en-GB", scheme: "dark" },
  { language: "zh-CN", scheme: "light" },
  { language: "zh-CN", scheme: "dark" },
] as const;

describe.each(looks)("every view, $language and $scheme", (look) => {
  it("has no serious finding of axe, and nothing to complain of", async () => {
    const tab = await openPage(browser, world.base, look);
    const findings: string[] = [];
    for (const name of names) {
      await tab.go(views[name]);
      await settled(tab);
      await tab.shot(`view-${name}-${look.language.slice(0, 2)}-${look.scheme}`);
      findings.push(...(await seriousFindings(tab.page)).map((each) => `${name}: ${each}`));
    }
    await tab.close();
    expect(findings).toEqual([]);
    expect(tab.troubles).toEqual([]);
  });
});

describe("dialogs", () => {
  it("have no serious finding either", async () => {
    for (const scheme of ["light", "dark"] as const) {
      const tab = await openPage(browser, world.base, { scheme, hash: views.service });
      await control(tab.page, "command-abort").click();
      await tab.page.locator("dialog[open]").waitFor();
      expect(await seriousFindings(tab.page)).toEqual([]);
      await tab.shot(`dialog-${scheme}`, false);
      await tab.close();
    }
  });
});

describe("on a telephone of 360 px", () => {
  it("no view is wider than the screen", async () => {
    for (const language of ["en-GB", "zh-CN"] as const) {
      const tab = await openPage(browser, world.base, { width: 360, height: 740, language });
      const wide: string[] = [];
      for (const name of names) {
        await tab.go(views[name]);
        await settled(tab);
        const width = await tab.page.evaluate(() => document.documentElement.scrollWidth);
        if (width > 360) wide.push(`${name}: ${width}`);
        await tab.shot(`phone-${name}-${language.slice(0, 2)}`);
      }
      await tab.close();
      expect(wide).toEqual([]);
    }
  });
});

describe("language and colours", () => {
  it("are those of the browser, and can be chosen; the choice is kept", async () => {
    const tab = await openPage(browser, world.base, { language: "zh-CN", hash: "#/services" });
    await tab.page.getByRole("heading", { level: 1, name: texts.zh.views.services }).waitFor();
    expect(await tab.page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await control(tab.page, "language").selectOption("en");
    await tab.page.getByRole("heading", { level: 1, name: "Services" }).waitFor();
    const ground = (): Promise<string> =>
      tab.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await control(tab.page, "theme").selectOption("dark");
    await tab.page.locator('html[data-theme="dark"]').waitFor();
    expect(await ground()).not.toBe(light);
    await tab.page.reload();
    await tab.page.getByRole("heading", { level: 1, name: "Services" }).waitFor();
    await tab.page.locator('html[data-theme="dark"]').waitFor();
    expect(await ground()).not.toBe(light);
    await tab.close();
  });

  it("leave no key untranslated on any view in Chinese", async () => {
    const tab = await openPage(browser, world.base, { language: "zh-CN" });
    const english: string[] = [];
    for (const name of names) {
      await tab.go(views[name]);
      await settled(tab);
      english.push(...(await englishWords(tab.page)).map((words) => `${name}: ${words}`));
    }
    await tab.close();
    expect(english).toEqual([]);
  });
});

/** Texts of the page in more than one English word, that are not marked as English and are no code or name. */
const englishWords = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? "";
      const isMeant =
        node.parentElement?.closest('[lang="en"], [lang=""], code, pre, noscript, script') !== null;
      if (!isMeant && /[a-z]{3,} [a-z]{2,}/i.test(text) && !/\p{Script=Han}/u.test(text)) {
        found.push(text);
      }
    }
    return found;
  });

describe("by the keyboard alone", () => {
  it("weights are changed, from the first Tab to the last Enter", async () => {
    const tab = await openPage(browser, world.base, { hash: views.weights });
    const { page } = tab;
    await settled(tab);
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute("data-control") ?? "");
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 60; presses += 1) {
        await keyboard.press("Tab");
        if ((await focused()) === name) return;
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    await keyboard.press("Tab");
    expect(await focused()).toBe("skip");
    await keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await tabTo("share-slider");
    for (let presses = 0; presses < 5; presses += 1) await keyboard.press("ArrowLeft");
    await page.getByText(/^[1-9]\d* (?:proxy gets|proxies get) it\.$/).waitFor();
    const outline = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(
        document.activeElement ?? document.body,
      );
      return `${outlineStyle} ${outlineWidth}`;
    });
    expect(outline).toBe("solid 3px");
    await tabTo("review-weights");
    await keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    // The focus is inside, and stays there.
    const isInside = () => page.evaluate(() => document.activeElement?.closest("dialog") !== null);
    await tabTo("why");
    await keyboard.type("by the keyboard");
    for (let presses = 0; presses < 3; presses += 1) {
      await tabTo("dialog-confirm");
      expect(await isInside()).toBe(true);
    }
    await keyboard.press("Enter");
    await page.locator('[data-acknowledged="all"]').waitFor();
    await tabTo("dialog-close");
    await keyboard.press("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
    // And back where one was.
    await eventually(async () => (await focused()) === "review-weights", {
      what: "the focus to be back",
    });
    const written = (await world.scene.etcd.get("/serin/weights/web"))?.value;
    expect(JSON.parse(written ?? "{}")).toEqual({ v1: 85, v2: 15 });
    await tab.close();
  });

  it("a dialog closes by Escape and writes nothing", async () => {
    const tab = await openPage(browser, world.base, { hash: views.service });
    const button = control(tab.page, "command-abort");
    await button.focus();
    await tab.page.keyboard.press("Enter");
    await tab.page.locator("dialog[open]").waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.locator("dialog").waitFor({ state: "detached" });
    await eventually(() => button.evaluate((element) => element === document.activeElement), {
      what: "the focus to be back",
    });
    await tab.close();
  });
});
