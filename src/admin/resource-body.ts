/**
 * A resource as proto JSON, for people and for a static Envoy. Resources that a user wrote may be of
 * any official type; the others are ours, whose definitions are newer.
 */
import { decodeAny } from "../proto/decode.ts";
import { toJson } from "../proto/json.ts";
import { findMessageType } from "../proto/message-type.ts";
import { officialRoot } from "../proto/official.ts";
import { ourRoot } from "../proto/root.ts";
import type { Resource } from "../snapshot/resource.ts";

export type ProtoJson = Readonly<Record<string, unknown>>;

/** Bytes of a type that nobody knows, or that do not fit it, are shown as base64. */
export function resourceBody(resource: Resource): ProtoJson {
  const { typeUrl, value } = decodeAny(resource.any);
  const root = isRaw(resource) ? officialRoot() : ourRoot();
  const encoded = { "@type": typeUrl, value: Buffer.from(value).toString("base64") };
  if (findMessageType(root, typeUrl) === undefined) return encoded;
  try {
    return toJson(root, typeUrl, value) as ProtoJson;
  } catch {
    // Raw bytes are the user's own; Envoy will say what is wrong with them.
    return encoded;
  }
}

/** Whether a user wrote it himself. */
export const isRaw = ({ origins }: Resource): boolean =>
  origins.some((origin) => /^(?:resources|snapshots)\//.test(origin));
