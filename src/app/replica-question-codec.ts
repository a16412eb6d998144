/** `status/replicas/<replica>`: what one replica asks the others and answers them. Pure. */

import type { ReplicaProgress } from "../admin/replicas.ts";
import type { BehindJson } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";

/** "How far are your proxies with this revision?"; a later question of one replica has a greater number. */
export interface Asked {
  readonly revision: bigint;
  readonly number: number;
}

/** Given after it was asked, and not before. */
export interface Answer extends ReplicaProgress {
  /** By replica, the question that it answers; earlier ones as well. */
  readonly to: ReadonlyMap<string, number>;
}

export interface ReplicaWords {
  /** Of all others, the oldest one first. */
  readonly asks: readonly Asked[];
  /** By revision. */
  readonly answers: ReadonlyMap<bigint, Answer>;
}

export const encodeWords = ({ asks, answers }: ReplicaWords): string =>
  JSON.stringify({
    asks: asks.map(({ revision, number }) => [String(revision), number]),
    answers: Object.fromEntries(
      [...answers].map(([of, { to, ...answer }]) => [
        String(of),
        { ...answer, to: Object.fromEntries(to) },
      ]),
    ),
  });

type Fields = Readonly<Record<string, unknown>>;

/** Total: what cannot be read was not said. */
export function decodeWords(value: Uint8Array): ReplicaWords {
  const read = fieldsOf(parsedJson(value));
  const most = limits.replicas.questions;
  const asks = arrayOf(read["asks"]).slice(0, most).flatMap(askedOf);
  const answers = Object.entries(fieldsOf(read["answers"])).slice(0, most);
  return {
    asks,
    answers: new Map(
      answers.flatMap(([key, answer]) =>
        revisionOf(key).flatMap((revision) => {
          const read = answerOf(fieldsOf(answer));
          return read === undefined ? [] : [[revision, read] as const];
        }),
      ),
    ),
  };
}

function askedOf(value: unknown): readonly Asked[] {
  const [of, number] = arrayOf(value);
  return revisionOf(of).map((revision) => ({ revision, number: countOf(number) }));
}

function answerOf(fields: Fields): Answer | undefined {
  const { progress, proxies, accepted, behind, omitted } = fields;
  if (progress !== "applied" && progress !== "pending" && progress !== "rejected") return undefined;
  const list = arrayOf(behind).slice(0, limits.replicas.behind);
  const to = Object.entries(fieldsOf(fields["to"])).map(
    ([replica, number]) => [replica, countOf(number)] as const,
  );
  return {
    to: new Map(to),
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
