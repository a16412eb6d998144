/** How `npm run bench` may be asked. */
import { parseArgs } from "node:util";
import { err, ok, type Result } from "../src/lib/result.ts";
import type { Cell } from "./cell.ts";
import { type ServerName, serverNames } from "./servers.ts";

export const usage = `\
npm run bench -- [flags]        serin and its peers in turns; the tables go into bench/RESULTS.md

  --clusters 100,1000           sizes, one after the other
  --streams 1000                proxies
  --peers linear,snapshot       of ${serverNames.join(", ")}
  --shape own                   own, one, views: how listeners are laid out (bench/README.md)
  --proto delta                 delta, sotw
  --rounds 3                    turns of each server
  --only warm,change,reconnect,churn
  --changes 20                  measured one by one
  --churn-for 10                seconds
  --views 50                    node clusters of --shape views
  --tls                         serin with TLS besides
  --layers, --scopes            weights as runtime keys, routes in scopes; with --shape one
  --envoy                       in place of all that: a real Envoy, one listener
  --soak MINUTES --rate 10      ... or serin alone for long, so many changes a second
  --stopped CLIENTS             ... or serin beside clients that hang
  --help

It takes minutes for each size, and wants a machine that does nothing else. Go builds the load
generator and go-control-plane; for --peers java also a JDK and Maven. For counts within seconds:
npm run bench:quick.
`;

const flags = {
  clusters: { type: "string", default: "100,1000" },
  streams: { type: "string", default: "1000" },
  peers: { type: "string", default: "linear,snapshot" },
  shape: { type: "string", default: "own" },
  proto: { type: "string", default: "delta" },
  rounds: { type: "string", default: "3" },
  only: { type: "string", default: "warm,change,reconnect,churn" },
  changes: { type: "string", default: "20" },
  "churn-for": { type: "string", default: "10" },
  views: { type: "string", default: "50" },
  tls: { type: "boolean", default: false },
  layers: { type: "boolean", default: false },
  scopes: { type: "boolean", default: false },
  soak: { type: "string" },
  rate: { type: "string", default: "10" },
  envoy: { type: "boolean", default: false },
  stopped: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

export interface BenchOptions {
  /** One for each size. */
  readonly cells: readonly [Cell, ...Cell[]];
  readonly servers: readonly ServerName[];
  readonly rounds: number;
  readonly tls: boolean;
  /** The others are not run where one of these is asked for. */
  readonly instead:
    | { readonly kind: "soak"; readonly minutes: number; readonly rate: number }
    | { readonly kind: "stopped"; readonly clients: number }
    | { readonly kind: "envoy" }
    | undefined;
}

/** What is wrong, in one sentence. */
class Wrong extends Error {}

export function parseOptions(args: readonly string[]): Result<BenchOptions | "help", string> {
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    return ok(values.help ? "help" : optionsOf(values));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (error instanceof Wrong || code.startsWith("ERR_PARSE_ARGS_")) {
      return err((error as Error).message);
    }
    throw error;
  }
}

type Values = ReturnType<typeof parseArgs<{ readonly options: typeof flags }>>["values"];

function optionsOf(values: Values): BenchOptions {
  const [first, ...more] = cellsOf(values);
  if (first === undefined) throw new Wrong("--clusters names no size");
  const peers = list(values.peers).map((peer) => oneOf("peers", peer, serverNames));
  return {
    cells: [first, ...more],
    servers: ["serin", ...(values.tls ? (["serin-tls"] as const) : []), ...peers],
    rounds: count("rounds", values.rounds),
    tls: values.tls,
    instead: insteadOf(values),
  };
}

function cellsOf(values: Values): readonly Cell[] {
  const phases = ["warm", "change", "reconnect", "churn"] as const;
  return list(values.clusters).map((clusters) => ({
    clusters: count("clusters", clusters),
    streams: count("streams", values.streams),
    shape: oneOf("shape", values.shape, ["own", "one", "views"]),
    proto: oneOf("proto", values.proto, ["delta", "sotw"]),
    only: list(values.only).map((phase) => oneOf("only", phase, phases)),
    changes: count("changes", values.changes),
    churnS: count("churn-for", values["churn-for"]),
    views: count("views", values.views),
    loadFlags: [...(values.layers ? ["--layers"] : []), ...(values.scopes ? ["--scopes"] : [])],
  }));
}

function insteadOf({ soak, rate, stopped, envoy }: Values): BenchOptions["instead"] {
  if (soak !== undefined) {
    return { kind: "soak", minutes: count("soak", soak), rate: count("rate", rate) };
  }
  if (stopped !== undefined) return { kind: "stopped", clients: count("stopped", stopped) };
  return envoy ? { kind: "envoy" } : undefined;
}

const list = (text: string): readonly string[] => text.split(",").filter((part) => part !== "");

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new Wrong(`--${name} ${value}: expected one of ${allowed.join(", ")}`);
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Wrong(`--${name} ${text}: expected a whole number from 1`);
}
