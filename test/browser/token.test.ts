/** Where serin asks for tokens: the page asks for one, keeps it in the tab alone, and says what a role may not. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEtcd } from "../support/etcd.ts";
import { openedParts } from "../support/opened.ts";
import { startSerin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";
import { seriousFindings } from "./support/axe.ts";
import { startChromium } from "./support/chromium.ts";
import { control, openPage, press, type WatchedPage } from "./support/watched-page.ts";

const { opened, stop } = openedParts();
let browser: Browser;
let tab: WatchedPage;
const tokens = new Map<string, string>();

beforeAll(async () => {
  browser = opened(await startChromium(), (part) => part.close());
  const etcd = opened(await startEtcd(), (part) => part.stop());
  await etcd.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:1","version":"v1"}');
  await etcd.put("/serin/endpoints/web/b", '{"address":"127.0.0.1:2","version":"v2"}');
  await etcd.put("/serin/weights/web", '{"v1":90,"v2":10}');
  const file = join(freshFolder("tokens"), "admin-tokens.yaml");
  for (const role of ["viewer", "operator"]) {
    const asked = ["token", "create", "--name", `ann-${role}`, "--role", role, "--file", file];
    tokens.set(
      role,
      execFileSync(process.execPath, ["dist/main.js", ...asked])
        .toString()
        .trim(),
    );
  }
  const args = ["--admin-tokens", file];
  const serin = opened(await startSerin({ store: `etcd://${etcd.endpoint}`, args }), (part) =>
    part.stop(),
  );
  const base = `http://127.0.0.1:${serin.adminPort}`;
  const hash = "#/services/web/weights";
  tab = opened(await openPage(browser, base, { hash }), (part) => part.close());
});

afterAll(() => stop());

const signIn = async (token: string): Promise<void> => {
  await control(tab.page, "token").fill(token);
  await press(tab.page, "sign-in");
};

const kept = (): Promise<readonly string[]> =>
  tab.page.evaluate(() => [
    JSON.stringify(sessionStorage),
    JSON.stringify(localStorage),
    document.cookie,
  ]);

describe("the page of a serin that asks for tokens", () => {
  it("asks for one before it shows anything, and does not take a wrong one", async () => {
    await tab.page.getByRole("heading", { name: "A token is needed" }).waitFor();
    expect(await seriousFindings(tab.page)).toEqual([]);
    await tab.shot("token");
    await signIn("not-a-token");
    await tab.page.getByText("This token was not taken.").first().waitFor();
    expect((await kept()).join()).not.toContain("not-a-token");
  });

  it("says that serin is away where it is, and nothing of the token", async () => {
    await tab.page.route("**/v1/me", (route) => route.abort());
    await signIn(tokens.get("viewer") ?? "");
    await tab.page.getByText("The token could not be tried.").waitFor();
    expect(await tab.page.getByText("This token was not taken.").count()).toBe(0);
    await tab.page.unroute("**/v1/me");
  });

  it("shows all to a viewer, and says why he may not write", async () => {
    await signIn(tokens.get("viewer") ?? "");
    await tab.page.getByText("ann-viewer (viewer)").waitFor();
    await control(tab.page, "share-slider").first().fill("60");
    const write = control(tab.page, "review-weights");
    await write.hover();
    await tab.page
      .getByText("takes the role operator, and your token has the role viewer")
      .waitFor();
    expect(await write.getAttribute("aria-disabled")).toBe("true");
    // He may see what would come of it all the same.
    await tab.page.locator(".share-change table").waitFor();
    await tab.shot("token-viewer");
    await write.click({ force: true });
    expect(await tab.page.locator("dialog").count()).toBe(0);
  });

  it("keeps the token in the tab alone, and over a reload", async () => {
    const [session, local, cookie] = await kept();
    const token = tokens.get("viewer") ?? "";
    expect(session).toContain(token);
    expect([local, cookie].join()).not.toContain(token);
    await tab.page.reload();
    await tab.page.getByText("ann-viewer (viewer)").waitFor();
  });

  it("forgets it when told, and lets an operator write in his own name", async () => {
    await press(tab.page, "sign-out");
    await tab.page.getByRole("heading", { name: "A token is needed" }).waitFor();
    expect((await kept()).join()).not.toContain(tokens.get("viewer"));
    await signIn(tokens.get("operator") ?? "");
    await control(tab.page, "share-slider").first().fill("60");
    await press(tab.page, "review-weights");
    await press(tab.page, "dialog-confirm");
    await tab.page.locator('[data-acknowledged="all"]').waitFor();
    await press(tab.page, "dialog-close");
    await press(tab.page, "tab-history");
    await tab.page.getByText(/by ann-operator/).waitFor();
  });

  it("has had nothing to complain of but what was refused", () => {
    const others = tab.troubles.filter((each) => !/status of 401|net::ERR_FAILED/.test(each));
    expect(others).toEqual([]);
  });
});
