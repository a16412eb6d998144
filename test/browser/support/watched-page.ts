import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { reportFolder } from "./report.ts";

/** A tab with the page, which remembers everything that should not be: errors, console, broken policy. */
export interface WatchedPage {
  readonly page: Page;
  /** Messages of the console, errors and violations of the policy, in their order. */
  readonly troubles: readonly string[];
  go(hash: string): Promise<void>;
  /** Of the whole page, or of what is on the screen, to test-report/page/<name>.png. */
  shot(name: string, fullPage?: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly language?: "en-GB" | "zh-CN";
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: "reduce" | "no-preference";
  readonly hash?: string;
}

export async function openPage(
  browser: Browser,
  base: string,
  options: WatchOptions = {},
): Promise<WatchedPage> {
  const { language = "en-GB", scheme = "light", width = 1_280, height = 900 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language,
    colorScheme: scheme,
    // Screenshots show what is, and not what moves.
    reducedMotion: options.reducedMotion ?? "reduce",
    timezoneId: "UTC",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  // Chromium tells the console of what the policy refuses.
  page.on("console", (message) => {
    const { url } = message.location();
    troubles.push(`console ${message.type()}: ${message.text()} (${url})`);
  });
  await page.goto(`${base}/${options.hash ?? ""}`);
  return {
    page,
    troubles,
    go: async (hash) => {
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      await page.locator("main h1").waitFor();
    },
    shot: async (name, fullPage = true) => {
      await page.screenshot({ path: join(reportFolder, `${name}.png`), fullPage });
    },
    close: () => context.close(),
  };
}

/** The control of that name, by which the page's own code calls it. */
export const control = (page: Page, name: string) => page.locator(`[data-control="${name}"]`);

/** Presses a control of the page, and waits until it may be pressed. */
export async function press(page: Page, name: string): Promise<void> {
  await page.locator(`[data-control="${name}"]:not([aria-disabled="true"])`).first().click();
}
