import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The file of the browser; throws with what to install. A run without it would prove nothing. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env["SERIN_CHROMIUM"];
  const folders = (env["PATH"] ?? "").split(delimiter);
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const found = [...(asked === undefined ? onPath : [asked]), "/usr/bin/chromium"].find(isProgram);
  if (found !== undefined && (asked === undefined || found === asked)) return found;
  throw new Error(
    `the tests of the page need Chromium: apt-get install chromium, or SERIN_CHROMIUM=/path/to/it` +
      (asked === undefined ? "" : ` (${asked} is no program)`),
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Headless, with a profile of its own that goes with it. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), args });
