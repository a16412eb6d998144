import { describe, expect, it } from "vitest";
import type { Step } from "../support/docs/page.ts";
import { runWorld } from "../support/docs/world.ts";
import { readProjectFile } from "../support/tracked.ts";

/** The path of a newcomer, as README has it: its commands are counted, and run as they stand. */
const [, part = ""] =
  /^## Three commands.*?\n(.*?)^(?: {4}npm ci && npm test|## )/ms.exec(
    readProjectFile("README.md"),
  ) ?? [];
const commands = part
  .split("\n")
  .flatMap((line) => /^ {4}((?:npm|curl) .*)$/.exec(line)?.[1] ?? []);
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
  it("has three commands", () => {
    expect(commands).toEqual([
      "npm ci",
      "npm start",
      expect.stringMatching(/^curl -X PUT \S+\/fail\/\d+$/),
    ]);
  });

  it("leads to a canary that moves under a guard, is taken out, and comes back", async () => {
    const steps = [
      step(startCommand()),
      until("^WEIGHTS  v1=90 v2=10"),
      until("^http-5xx  v2 "),
      until("^WEIGHTS  v1=[56]0 v2=[45]0"),
      step(commands[2] ?? ""),
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
