/** How `npm run simulate` may be asked. */
import { parseArgs } from "node:util";
import { parseCondition } from "../../src/lib/condition/parse.ts";
import { err, ok, type Result } from "../../src/lib/result.ts";
import type { Guard } from "../../src/model/guard.ts";
import { comparison, defaultGuard } from "./default-guard.ts";
import type { Simulation } from "./tables.ts";

const seconds = (ms: number): string => String(ms / 1_000);

const { hardTrip } = defaultGuard;
const { judge } = comparison;

/** What is judged, as a flag says it. */
const rules = {
  condition: defaultGuard.failureCondition.text,
  interval: seconds(defaultGuard.intervalMs),
  lookback: seconds(defaultGuard.lookbackMs),
  "min-requests": String(defaultGuard.minRequests),
  confidence: String(defaultGuard.confidence),
  "failure-limit": String(defaultGuard.failureLimit),
  "hard-trip": hardTrip === undefined ? "off" : `${hardTrip.minRequests}:${hardTrip.ratio}`,
  "max-delta": judge.kind === "compare" ? String(judge.maxDelta) : "0",
  "compare-interval": seconds(comparison.intervalMs),
  "compare-lookback": seconds(comparison.lookbackMs),
  "compare-confidence": String(comparison.confidence),
};

export const usage = `\
npm run simulate -- [flags]     releases by chance, judged as serin judges them; prints tables

  --runs 300                    of each cell
  --seed 20261124
  --minutes 10                  of each run
  --rates 0.5,2,10              requests per second to the canary
  --errors 0,1,3,10,30,100      per cent of them that fail; above 1 also with a late onset
  --bursts 1,5                  failures in rows of so many requests in the mean; 1: independent
  --report 2                    seconds between the proxies' reports

the guard
  ${line("condition")}
  ${line("interval", "seconds between looks")}
  ${line("lookback", "seconds")}
  ${line("min-requests")}
  ${line("confidence")}
  ${line("failure-limit")}
  ${line("hard-trip", "requests and share of failures; or off")}

the comparison with the stable version, which fails 1 %
  ${line("max-delta")}
  --stable-times 9              its requests, as a multiple of the canary's
  ${line("compare-interval", "seconds")}
  ${line("compare-lookback", "seconds")}
  ${line("compare-confidence")}
  --help

Times are from the onset to the report that decides. Until the weight is written, and the proxies
have it, takes a second or two more.
`;

function line(flag: keyof typeof rules, meaning = ""): string {
  const value = rules[flag];
  const said = `--${flag} ${value.includes(" ") ? `'${value}'` : value}`;
  return meaning === "" ? said : `${said.padEnd(29)} ${meaning}`;
}

const text = (value: string) => ({ type: "string", default: value }) as const;

const flags = {
  runs: text("300"),
  seed: text("20261124"),
  minutes: text("10"),
  rates: text("0.5,2,10"),
  errors: text("0,1,3,10,30,100"),
  bursts: text("1,5"),
  report: text("2"),
  condition: text(rules.condition),
  interval: text(rules.interval),
  lookback: text(rules.lookback),
  "min-requests": text(rules["min-requests"]),
  confidence: text(rules.confidence),
  "failure-limit": text(rules["failure-limit"]),
  "hard-trip": text(rules["hard-trip"]),
  "max-delta": text(rules["max-delta"]),
  "stable-times": text("9"),
  "compare-interval": text(rules["compare-interval"]),
  "compare-lookback": text(rules["compare-lookback"]),
  "compare-confidence": text(rules["compare-confidence"]),
  help: { type: "boolean", short: "h", default: false },
} as const;

type Flag = Exclude<keyof typeof flags, "help">;

/** What is wrong, in one sentence. */
class Wrong extends Error {}

export function parseOptions(args: readonly string[]): Result<Simulation | "help", string> {
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    return ok(values.help ? "help" : simulationOf((flag) => values[flag]));
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function simulationOf(value: (flag: Flag) => string): Simulation {
  const number = (flag: Flag, low: number, high: number): number =>
    numberIn(flag, value(flag), low, high);
  const numbers = (flag: Flag, low: number, high: number): readonly number[] =>
    value(flag)
      .split(",")
      .map((each) => numberIn(flag, each, low, high));
  const ms = (flag: Flag): number => Math.round(number(flag, 0.1, 86_400) * 1000);
  return {
    runs: Math.floor(number("runs", 1, 1e6)),
    seed: Math.floor(number("seed", 0, 2 ** 32 - 1)),
    minutes: number("minutes", 1, 1440),
    reportMs: ms("report"),
    rates: numbers("rates", 0.001, 1e4),
    ratios: numbers("errors", 0, 100).map((each) => each / 100),
    bursts: numbers("bursts", 1, 1000),
    guard: {
      ...defaultGuard,
      failureCondition: conditionIn(value("condition")),
      intervalMs: ms("interval"),
      lookbackMs: ms("lookback"),
      minRequests: number("min-requests", 0, 1e6),
      confidence: number("confidence", 0.5, 0.999_999),
      failureLimit: number("failure-limit", 0, 1000),
      hardTrip: hardTripIn(value("hard-trip")),
    },
    comparison: {
      ...comparison,
      judge: { kind: "compare", maxDelta: number("max-delta", 0, 0.99) },
      intervalMs: ms("compare-interval"),
      lookbackMs: ms("compare-lookback"),
      confidence: number("compare-confidence", 0.5, 0.999_999),
    },
    stableTimes: number("stable-times", 0.01, 1000),
  };
}

function numberIn(flag: string, written: string, low: number, high: number): number {
  const value = written.trim() === "" ? Number.NaN : Number(written);
  if (value >= low && value <= high) return value;
  throw new Wrong(`--${flag} ${written}: expected a number from ${low} to ${high}`);
}

function conditionIn(written: string): Guard["failureCondition"] {
  const parsed = parseCondition(written);
  if (parsed.ok) return parsed.value;
  throw new Wrong(`--condition: ${parsed.error}`);
}

function hardTripIn(written: string): Guard["hardTrip"] {
  if (written === "off") return undefined;
  const [requests = "", share = "", ...more] = written.split(":");
  if (more.length > 0) throw new Wrong(`--hard-trip ${written}: expected 10:0.5 or off`);
  return {
    minRequests: numberIn("hard-trip", requests, 1, 1e6),
    ratio: numberIn("hard-trip", share, 0.01, 1),
  };
}
