/**
 * A recorded story, one JSON object a line. Nonces, versions and contents are symbols, numbered as
 * they come, so that two recordings of the same behaviour are the same file.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Variant } from "../../src/xds/stream-state.ts";
import type { SceneName } from "./scenes.ts";

export interface HeadLine {
  /** The proxy and its version. */
  readonly proxy: string;
  readonly scene: SceneName;
}

/** A step of the scene; what follows, up to the next one, is what came of it. */
export interface StepLine {
  readonly step: string;
}

export interface OpenLine {
  /** Streams are numbered as they open. */
  readonly stream: number;
  readonly open: Variant;
  /** Of a stream that is not aggregated. */
  readonly only?: string;
}

export interface EndLine {
  readonly stream: number;
  readonly end: "proxy" | "server";
}

export interface RequestLine {
  readonly stream: number;
  /** Short name of the type. */
  readonly ask: string;
  /** `n1`; none in a request that answers nothing. */
  readonly nonce?: string;
  /** State of the world: `v1`, the version that the proxy says it has. */
  readonly version?: string;
  readonly names?: readonly string[];
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  /** Delta: `name@1` for what the proxy says it has. */
  readonly initial?: readonly string[];
  /** The beginning of what a NACK says. */
  readonly error?: string;
  /** `again`: the one of the request before that had one. */
  readonly node?: NodeLine | "again";
}

/** A node without what differs between machines, and without extensions. */
export interface NodeLine {
  readonly id: string;
  readonly cluster: string;
  readonly agent: string;
  readonly features?: readonly string[];
}

export interface ResponseLine {
  readonly stream: number;
  readonly send: string;
  readonly nonce: string;
  /** State of the world. */
  readonly version?: string;
  /** `name@2`: the second content that this name has had. */
  readonly resources: readonly string[];
  readonly removed?: readonly string[];
}

export type EventLine = OpenLine | EndLine | RequestLine | ResponseLine;
export type Line = StepLine | EventLine;

export interface Fixture {
  readonly head: HeadLine;
  readonly lines: readonly Line[];
}

const folder = fileURLToPath(new URL("./fixtures/", import.meta.url));

export const fixturePath = (name: string): string => `${folder}${name}.jsonl`;

export const fixtureNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => file.slice(0, -".jsonl".length))
    .sort();

export function readFixture(name: string): Fixture {
  const [head, ...lines] = readFileSync(fixturePath(name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
  return { head: head as HeadLine, lines: lines as readonly Line[] };
}
