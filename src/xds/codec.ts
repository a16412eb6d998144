/**
 * Requests from bytes and responses to bytes. A response is spliced from resources that are encoded
 * already; what is encoded per message is the envelope.
 */

import { limits } from "../config/limits.ts";
import { withoutDump } from "../lib/rejection-text.ts";
import { decodeMessage } from "../proto/decode.ts";
import { encodeMessage, encodeRawAny } from "../proto/encode.ts";
import { FieldScanner, lengthDelimited } from "../proto/scan.ts";
import { duration } from "../proto/values.ts";
import type { Resource } from "../snapshot/resource.ts";
import { hasTtlInSotw, type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import type { DeltaRequest } from "./delta.ts";
import { type EndReason, reasons } from "./end-reason.ts";
import type { KnownVersions } from "./known-versions.ts";
import { type NameSet, nameSetOfBytes, noNameSet } from "./name-set.ts";
import type { NodeId, ProxyNode } from "./node.ts";
import type { BareResource, PushContent } from "./push.ts";
import {
  deltaFields,
  type Fields,
  fieldsOf,
  type Run,
  sotwFields,
  textOf,
} from "./request-fields.ts";
import type { SotwRequest } from "./sotw.ts";
import type { Variant } from "./stream-state.ts";

const discovery = "envoy.service.discovery.v3";

export interface Envelope<T> {
  /** Encoded: `readNode`, `nodeIdIn`. */
  readonly node: Uint8Array | undefined;
  readonly typeUrl: string;
  /** Where it is more than a stream may ask for; its names are left out then. */
  readonly excess: EndReason | undefined;
  readonly request: T;
}

/** Throws on bytes that are no DiscoveryRequest; the stream answers with INVALID_ARGUMENT. */
export function decodeSotwRequest(bytes: Uint8Array): Envelope<SotwRequest> {
  const fields = fieldsOf(bytes, sotwFields);
  const excess = excessOf(fields);
  return {
    node: fields.node,
    typeUrl: typeUrlOf(fields.typeUrl),
    excess,
    request: {
      versionInfo: textOf(fields.version),
      nonce: textOf(fields.nonce),
      names: namesOf(fields.names, excess),
      errorMessage: errorMessage(fields.error),
    },
  };
}

/** Throws on bytes that are no DeltaDiscoveryRequest. */
export function decodeDeltaRequest(bytes: Uint8Array): Envelope<Omit<DeltaRequest, "isServed">> {
  const fields = fieldsOf(bytes, deltaFields);
  const excess = excessOf(fields);
  return {
    node: fields.node,
    typeUrl: typeUrlOf(fields.typeUrl),
    excess,
    request: {
      nonce: textOf(fields.nonce),
      subscribe: namesOf(fields.names, excess),
      unsubscribe: namesOf(fields.unsubscribed, excess),
      initialVersions: fields.versions?.bytes ?? noVersions,
      errorMessage: errorMessage(fields.error),
    },
  };
}

const noVersions: KnownVersions = new Uint8Array();

const namesOf = (run: Run | undefined, excess: EndReason | undefined): NameSet =>
  run === undefined || excess !== undefined ? noNameSet : nameSetOfBytes(run.bytes);

/** Seen by numbers alone, before a string is made of what is too much. */
function excessOf({ typeUrl, names, unsubscribed, versions }: Fields): EndReason | undefined {
  const { nameBytes, subscriptionNames, knownResources } = limits.xds;
  if ((typeUrl?.length ?? 0) > nameBytes || (names?.longest ?? 0) > nameBytes)
    return reasons.nameTooLong;
  const listed = Math.max(names?.count ?? 0, unsubscribed?.count ?? 0);
  const isExcess = listed > subscriptionNames || (versions?.count ?? 0) > knownResources;
  return isExcess ? reasons.tooManyNames : undefined;
}

const known = Object.values(typeUrls).map((typeUrl) => ({ typeUrl, bytes: Buffer.from(typeUrl) }));

/** One string for all streams, which is found by identity, where the type is one that we know. */
function typeUrlOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "";
  for (const each of known) {
    // Few are of one length, and a comparison is a call out of JavaScript.
    if (each.bytes.length === bytes.length && each.bytes.equals(bytes)) return each.typeUrl;
  }
  return textOf(bytes);
}

/** What may be kept: Envoy repeats whole resources in it, with the keys that are in them. */
function errorMessage(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const { message = "" } = decodeMessage("google.rpc.Status", bytes);
  const text = withoutDump(message).slice(0, limits.xds.errorTextChars);
  // Through bytes, because a part of a string keeps all of it in memory.
  return Buffer.from(text).toString();
}

type NodeMessage = ReturnType<typeof decodeMessage<"envoy.config.core.v3.Node">>;

/** Throws on bytes that are no Node. */
export const readNode = (bytes: Uint8Array): ProxyNode =>
  toNode(decodeMessage("envoy.config.core.v3.Node", bytes));

const nodeId = 1;

/** Only the id of a node: "" where there is none. */
export function nodeIdIn(bytes: Uint8Array): string {
  let id: Uint8Array | undefined;
  const field = new FieldScanner(bytes);
  while (field.next()) {
    if (field.number === nodeId && field.wireType === lengthDelimited)
      id = bytes.subarray(field.from, field.to);
  }
  return textOf(id);
}

function toNode(node: NodeMessage): ProxyNode {
  const metadata = Object.entries(node.metadata ?? {})
    .filter((entry): entry is [string, string] => typeof entry[1] === "string")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id: (node.id ?? "") as NodeId,
    cluster: node.cluster ?? "",
    metadata: new Map(metadata),
    userAgent: userAgent(node),
  };
}

function userAgent(node: NodeMessage): string {
  const name = node.user_agent_name ?? "";
  const build = node.user_agent_build_version?.version;
  const version =
    build === undefined
      ? (node.user_agent_version ?? "")
      : `${build.major_number ?? 0}.${build.minor_number ?? 0}.${build.patch ?? 0}`;
  return version === "" ? name : `${name}/${version}`;
}

export interface ResponseParts {
  readonly variant: Variant;
  readonly typeUrl: TypeUrl;
  readonly nonce: string;
  /** undefined: left out, because the stream has had it. */
  readonly controlPlane: string | undefined;
  readonly content: PushContent;
}

export function encodeResponse(parts: ResponseParts): Uint8Array {
  const { content, typeUrl, nonce } = parts;
  const identified = parts.controlPlane !== undefined && {
    control_plane: { identifier: parts.controlPlane },
  };
  if (parts.variant === "sotw") {
    return encodeMessage(`${discovery}.DiscoveryResponse`, {
      version_info: content.version,
      resources: content.resources.map(sotwBytes),
      type_url: typeUrl,
      nonce,
      ...identified,
    });
  }
  return encodeMessage(`${discovery}.DeltaDiscoveryResponse`, {
    system_version_info: content.version,
    resources: [...content.resources.map(deltaBytes), ...(content.bare ?? []).map(bareBytes)],
    type_url: typeUrl,
    nonce,
    removed_resources: content.removed,
    ...identified,
  });
}

const deltaEncodings = new WeakMap<Resource, Uint8Array>();

/** A resource in the envelope that the delta variant puts around it, encoded once. */
function deltaBytes(resource: Resource): Uint8Array {
  const known = deltaEncodings.get(resource);
  if (known !== undefined) return known;
  const { name, version, any, aliases } = resource;
  const envelope = { name, version, resource: any, aliases, ...ttlOf(resource) };
  const bytes = encodeMessage(`${discovery}.Resource`, envelope);
  deltaEncodings.set(resource, bytes);
  return bytes;
}

const ttlOf = ({ ttlMs }: BareResource): { readonly ttl?: ReturnType<typeof duration> } =>
  ttlMs === undefined ? {} : { ttl: duration(ttlMs) };

function bareBytes(resource: BareResource): Uint8Array {
  const { name, version, aliases } = resource;
  return encodeMessage(`${discovery}.Resource`, { name, version, aliases, ...ttlOf(resource) });
}

/** In the state of the world an envelope is the exception: some gRPC clients reject it. */
const sotwBytes = (resource: Resource): Uint8Array =>
  resource.ttlMs !== undefined && hasTtlInSotw(resource.typeUrl)
    ? encodeRawAny(`${discovery}.Resource`, deltaBytes(resource))
    : resource.any;
