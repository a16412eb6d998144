/** What an example claims, as `test/integration/examples/<name>.yaml` says it; unknown fields fail. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const port = z.int().min(1).max(65_535);
const share = z.number().min(0).max(1);
const texts = z.record(z.string(), z.string());
/** null: must not be there. */
const optionalTexts = z.record(z.string(), z.string().nullable());

/** One instance. Ports are those of the example's objects; free ones are put in their place. */
const backend = z.strictObject({
  kind: z.enum(["http", "h2c", "tls", "tcp", "grpc"]).default("http"),
  version: z.string().optional(),
  instance: z.string().optional(),
  /** Asks another service through the proxy before it answers, and passes these headers on. */
  relay: z.strictObject({ host: z.string(), at: port, headers: z.array(z.string()) }).optional(),
  /** Of the kind tls; one that nobody knows by default. With a `clientCa` clients need one too. */
  tls: z
    .strictObject({ certificate: z.string(), privateKey: z.string(), clientCa: z.string() })
    .optional(),
});

const behaviour = z.strictObject({
  healthy: z.boolean().optional(),
  /** Evenly spread: 0.5 is every second request. */
  failShare: share.optional(),
  delayMs: z.int().optional(),
});

/** `{n}` in paths and headers is the number of the request, from 0. */
const ask = z.strictObject({
  times: z.int().min(1).default(1),
  concurrency: z.int().min(1).default(8),
  as: z.enum(["http", "https", "h2c", "tcp", "grpc"]).default("http"),
  at: port.default(10_000),
  /** Of several each is asked, and the versions are joined: `v1+v2`. */
  host: z.union([z.string(), z.array(z.string())]).default("web"),
  path: z.string().default("/"),
  /** Of gRPC: `Say` or `Shout`. */
  method: z.string().default("GET"),
  headers: texts.default({}),
  /** The secret whose certificate the server must show; none: any is taken. */
  trust: z.string().optional(),
});

/** Everything given must hold. What is said of one answer must hold for all. */
const expectation = z.strictObject({
  /** Default 200. */
  status: z.int().optional(),
  /** How many requests ended with which status. */
  statuses: z.record(z.string(), z.int()).optional(),
  /** By what the answers are counted. */
  by: z.enum(["version", "instance"]).default("version"),
  every: z.string().optional(),
  /** Within the binomial 99.9 % interval, counted twice before it fails. */
  shares: z.record(z.string(), share).optional(),
  atMost: z.record(z.string(), share).optional(),
  atLeast: z.record(z.string(), share).optional(),
  /** How many different ones have answered. */
  different: z.int().optional(),
  /** Asked once more, the n-th request gets the same one. */
  sticky: z.literal(true).optional(),
  /**
   * `{version}` is the version that has answered, `{port}` the port that was asked, `{port:8443}`
   * the one in place of 8443.
   */
  headers: optionalTexts.optional(),
  /** What the backend has received. */
  received: z
    .strictObject({
      path: z.string().optional(),
      host: z.string().optional(),
      method: z.string().optional(),
      httpVersion: z.string().optional(),
      headers: optionalTexts.optional(),
    })
    .optional(),
  /** Share of the requests that the backend at this port has received, answered or not. */
  reached: z.record(z.string(), share).optional(),
  withinMs: z.int().optional(),
});

const step = z.union([
  z.strictObject({ ask, expect: expectation }),
  /** Asked again until it holds; `meanwhile` holds all the time. */
  z.strictObject({ until: ask, expect: expectation, meanwhile: expectation.optional() }),
  /** Objects by key, as YAML texts or values. */
  z.strictObject({ put: z.record(z.string(), z.unknown()) }),
  z.strictObject({ remove: z.string() }),
  z.strictObject({ backend: port, set: behaviour }),
  /** For what has no event: how long, and why. */
  z.strictObject({ pauseMs: z.int().max(10_000), why: z.string() }),
]);

const claim = z.strictObject({
  claim: z.string().max(200),
  /** Besides the proxy `edge-1` of the cluster `edge`. */
  proxies: z.array(z.strictObject({ node: z.string(), cluster: z.string() })).default([]),
  /** By port; each address in the example's endpoints has one, with the version given there. */
  backends: z.record(z.string(), backend).default({}),
  steps: z.array(step).min(1),
});

export type Claim = z.infer<typeof claim>;
export type Step = Claim["steps"][number];
export type Ask = z.infer<typeof ask>;
export type Expectation = z.infer<typeof expectation>;
export type Behaviour = z.infer<typeof behaviour>;
export type BackendClaim = z.infer<typeof backend>;

export const plainBackend: BackendClaim = { kind: "http" };

export function readClaim(example: string): Claim {
  const file = new URL(`${example}.yaml`, import.meta.url);
  return claim.parse(parse(readFileSync(file, "utf8")));
}
