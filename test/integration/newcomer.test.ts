import { describe, expect, it } from "vitest";
import type { Step } from "../support/docs/page.ts";
import { runWorld } from "../support/docs/world.ts";
import { readProjectFile } from "../support/tracked.ts";

/** What README has for a newcomer, until it goes on to what is for developers. */
const [, part = ""] =
  /^## Three commands.*?\n(.*?)^(?: {4}npm ci && npm test|## )/ms.exec(
    readProjectFile("README.md"),
  ) ?? [];

/** Where README shows what `npm start` prints, the canary is there. */
const printedBlock = /^<!-- test: not run: a line of `npm start`[\s\S]*?-->\n\n(?: {4}.*\n)+/m;
const [toCanary = "", afterCanary = ""] = part.split(printedBlock);

/** All lines of blocks, whatever program they begin with. */
const commandLines = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /^(?: {4}|\t)(.*\S)/.exec(line)?.[1] ?? []);

/** Commands one by one; to go to a folder is none, and to put several into a line saves none. */
const commandsIn = (text: string): readonly string[] =>
  commandLines(text)
    .flatMap((line) => line.split(/\s*(?:&&|\|\||;|\|)\s*/))
    .filter((command) => !/^cd\s/.test(command));

const [failing = ""] = commandLines(afterCanary);
const [, mend = ""] = /`(curl -X PUT \S+\/fail\/0)`/.exec(part) ?? [];
const [, retry = ""] = /`(npx serin rollout retry web)`/.exec(part) ?? [];

/** Those of `npm start` but for the build, which comes before the tests. */
function startCommand(): string {
  const { scripts } = JSON.parse(readProjectFile("package.json")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const [build, start = "", ...more] = scripts["start"]?.split(" && ") ?? [];
  expect([build, more]).toEqual(["npm run --silent build", []]);
  return start;
}

const step = (text: string): Step => ({ kind: "command", line: 0, text, code: 0 });

/** Asked through the admin API, until a line of the answer is so. */
const until = (pattern: string): Step =>
  step(`until serin rollout get web | grep -q '${pattern}'; do sleep 0.5; done`);

describe("a newcomer's path", () => {
  it("has three commands from nothing to the canary, the clone among them", () => {
    expect(commandsIn(toCanary)).toEqual(["git clone ADDRESS serin", "npm ci", "npm start"]);
    expect(commandLines(afterCanary)).toEqual([
      expect.stringMatching(/^curl -X PUT \S+\/fail\/\d+$/),
    ]);
  });

  it("is counted whole: a fourth command is seen, whatever it is and wherever it stands", () => {
    const more = [
      "    npm ci\n    make tools",
      "    npm ci && npx serin dev",
      "    sudo apt-get install envoy\n    npm ci",
      "\tnpm ci; ./configure",
    ];
    for (const lines of more) {
      const longer = toCanary.replace("    npm ci", lines);
      expect(commandsIn(longer), lines).toHaveLength(4);
    }
  });

  it("leads to a canary that moves under a guard, is taken out, and comes back", async () => {
    const steps = [
      step(startCommand()),
      until("^WEIGHTS  v1=90 v2=10"),
      until("^http-5xx  v2 "),
      until("^WEIGHTS  v1=[56]0 v2=[45]0"),
      step(failing),
      until("^MESSAGE  aborted by guard http-5xx"),
      until("^WEIGHTS  .*v2=0$"),
      step("until grep '^\\[error\\] web: the release is aborted' .ran/1.out; do sleep 0.5; done"),
      step(mend),
      step(retry),
      until("^WEIGHTS  v1=0 v2=100"),
    ];
    expect(await runWorld({ scene: "none", steps }, { npx: "real" })).toEqual([]);
  }, 270_000);
});
