/** A checked node snapshot → the model. */
import { assert } from "../../lib/assert.ts";
import type { NodeResource } from "../../model/node-snapshot.ts";
import { durationMs } from "../schema/duration.ts";
import {
  elementTypeUrl,
  type NodeSnapshotValue,
  type SnapshotElement,
  snapshotTypeUrl,
} from "../schema/node-snapshot.ts";
import type { Content, KeyOf } from "./content.ts";

export function toNodeSnapshot(
  value: NodeSnapshotValue,
  key: KeyOf<"snapshots">,
  origin: string,
  revision: bigint,
): Content {
  const versions = new Map(
    Object.entries(value.versions ?? {}).map(([type, version]) => [snapshotTypeUrl(type), version]),
  );
  const resources = value.resources.map((one) => toNodeResource(one, versions));
  return { kind: "nodeSnapshot", snapshot: { nodeId: key.nodeId, resources, origin, revision } };
}

function toNodeResource(
  one: SnapshotElement,
  versions: ReadonlyMap<string | undefined, string>,
): NodeResource {
  const typeUrl = elementTypeUrl(one);
  assert(typeUrl !== undefined, "the schema has checked the type");
  return {
    typeUrl,
    name: one.name,
    version: one.version ?? versions.get(typeUrl),
    ttlMs: one.ttl === undefined ? undefined : durationMs(one.ttl),
    body:
      one.any === undefined
        ? { kind: "json", json: withoutType(one.resource ?? {}) }
        : { kind: "any", bytes: new Uint8Array(Buffer.from(one.any, "base64")) },
  };
}

function withoutType({ "@type": _, ...json }: Readonly<Record<string, unknown>>): unknown {
  return json;
}
