/** What README promises a newcomer: `npm start`, and the page at the address that it prints shows a release under a guard. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Child, startChild } from "../../src/dev/child.ts";
import { unwrap } from "../support/binaries.ts";
import { openedParts } from "../support/opened.ts";
import { freePort } from "../support/ports.ts";
import { projectFolder } from "../support/tracked.ts";
import { startChromium } from "./support/chromium.ts";
import { openPage, type WatchedPage } from "./support/watched-page.ts";

const { opened, stop } = openedParts();
let dev: Child;
let tab: WatchedPage;

/** A line of `npm start`, and what it is about. */
const printed = async (pattern: RegExp): Promise<string> =>
  pattern.exec(unwrap(await dev.waitForLine(pattern, 40_000)))?.[1] ?? "";

beforeAll(async () => {
  const browser: Browser = opened(await startChromium(), (part) => part.close());
  const args = ["dist/main.js", "dev", "--port", String(await freePort())];
  const command = { name: "serin dev", command: process.execPath, args, cwd: projectFolder };
  dev = opened(unwrap(await startChild(command)), (part) => part.stop());
  const base = await printed(/the page: +(http:\S+)\/$/);
  tab = opened(await openPage(browser, base, { hash: "#/services/web" }), (part) => part.close());
});

afterAll(() => stop());

/** A bar that says how the requests are split now. */
const split = (words: RegExp) =>
  tab.page.getByRole("img", { name: words }).first().waitFor({ timeout: 60_000 });

describe("a newcomer, in the page", () => {
  it("sees v2 get its traffic step by step, under a guard", async () => {
    await split(/v1 90 %, v2 10 %/);
    await tab.page.getByText("http-5xx").first().waitFor();
    await tab.shot("newcomer-canary");
    await split(/v1 50 %, v2 50 %/);
  });

  it("sees the guard take v2 out when it fails", async () => {
    await fetch(await printed(/make v2 fail: +curl -X PUT (\S+)$/), { method: "PUT" });
    await split(/v1 100 %/);
    await tab.page
      .getByText(/aborted by guard http-5xx/)
      .first()
      .waitFor({ timeout: 30_000 });
    await tab.shot("newcomer-taken-out");
    expect(tab.troubles).toEqual([]);
  });
});
