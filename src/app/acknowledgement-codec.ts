/** `status/acks/<replica>`: how far the proxies of one replica are, to the store and back. Pure. */
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import type { Acknowledgement } from "../rollout/release/decision.ts";

export interface ReplicaAcks {
  /** Whether any proxy is connected to it. */
  readonly connected: boolean;
  /** Of each release under way, with the revision that it is about. */
  readonly services: ReadonlyMap<
    string,
    { readonly revision: bigint; readonly acked: Acknowledgement }
  >;
}

export const encodeAcks = ({ connected, services }: ReplicaAcks): string =>
  JSON.stringify({
    connected,
    services: Object.fromEntries(
      [...services].map(([service, { revision, acked }]) => [
        service,
        { revision: String(revision), kind: acked.kind, names: namesOf(acked) },
      ]),
    ),
  });

function namesOf(acked: Acknowledgement): readonly string[] {
  const most = limits.rollout.behindNames;
  if (acked.kind === "pending") return acked.behind.toSorted().slice(0, most);
  return acked.kind === "rejected" ? acked.by.toSorted().slice(0, most) : [];
}

/** Total; undefined: it is not what a replica writes. */
export function decodeAcks(value: Uint8Array): ReplicaAcks | undefined {
  const read = parsedJson(value) as { connected?: unknown; services?: unknown } | null | undefined;
  if (typeof read?.connected !== "boolean") return undefined;
  if (typeof read.services !== "object" || read.services === null) return undefined;
  const services = new Map<string, { revision: bigint; acked: Acknowledgement }>();
  for (const [service, told] of Object.entries(read.services)) {
    const { revision, kind, names } = (told ?? {}) as Readonly<Record<string, unknown>>;
    const acked = toAcked(kind, names);
    if (typeof revision !== "string" || !/^\d{1,20}$/.test(revision)) return undefined;
    if (acked === undefined) return undefined;
    services.set(service, { revision: BigInt(revision), acked });
  }
  return { connected: read.connected, services };
}

function toAcked(kind: unknown, names: unknown): Acknowledgement | undefined {
  if (!Array.isArray(names)) return undefined;
  const told = names.filter((each) => typeof each === "string");
  switch (kind) {
    case "applied":
    case "none":
      return { kind };
    case "pending":
      return { kind, behind: told };
    case "rejected":
      return { kind, by: told };
    default:
      return undefined;
  }
}
