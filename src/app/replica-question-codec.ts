/** `status/replicas/<replica>`: what one replica asks the others and answers them. Pure. */

import type { ReplicaProgress } from "../admin/replicas.ts";
import type { BehindJson } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";

export interface ReplicaWords {
  /** Revisions that it wants to know of how far the proxies of all others are with them. */
  readonly asks: readonly bigint[];
  /** Of those that others ask for. */
  readonly answers: ReadonlyMap<bigint, ReplicaProgress>;
}

export const encodeWords = ({ asks, answers }: ReplicaWords): string =>
  JSON.stringify({
    asks: asks.map(String),
    answers: Object.fromEntries([...answers].map(([of, answer]) => [String(of), answer])),
  });

type Fields = Readonly<Record<string, unknown>>;

/** Total: what cannot be read was not said. */
export function decodeWords(value: Uint8Array): ReplicaWords {
  const read = fieldsOf(parsedJson(value));
  const most = limits.replicas.questions;
  const asks = arrayOf(read["asks"]).slice(0, most).flatMap(revisionOf);
  const answers = Object.entries(fieldsOf(read["answers"])).slice(0, most);
  return {
    asks,
    answers: new Map(
      answers.flatMap(([key, answer]) =>
        revisionOf(key).flatMap((revision) => {
          const progress = progressOf(fieldsOf(answer));
          return progress === undefined ? [] : [[revision, progress] as const];
        }),
      ),
    ),
  };
}

function progressOf(fields: Fields): ReplicaProgress | undefined {
  const { progress, proxies, accepted, behind, omitted } = fields;
  if (progress !== "applied" && progress !== "pending" && progress !== "rejected") return undefined;
  const list = arrayOf(behind).slice(0, limits.replicas.behind);
  return {
    progress,
    proxies: countOf(proxies),
    accepted: countOf(accepted),
    behind: list.map((each) => behindOf(fieldsOf(each))),
    omitted: countOf(omitted),
  };
}

function behindOf({ node, peer, type, status, message, ...more }: Fields): BehindJson {
  return {
    node: textOf(node) ?? "",
    peer: textOf(peer) ?? "",
    type: textOf(type),
    status: textOf(status) ?? "PENDING",
    versionSent: textOf(more["versionSent"]),
    versionAcked: textOf(more["versionAcked"]),
    message: textOf(message),
  };
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;

const revisionOf = (value: unknown): readonly bigint[] =>
  typeof value === "string" && /^\d{1,19}$/.test(value) ? [BigInt(value)] : [];
