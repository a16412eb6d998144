/** Messages of both variants as the recorder and the player look at them, from bytes and to bytes. */
import { contentHash } from "../../src/lib/hash.ts";
import { decodeAny, decodeMessage } from "../../src/proto/decode.ts";
import { encodeMessage } from "../../src/proto/encode.ts";
import { shortName, type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import type { NodeLine } from "./fixture.ts";

const discovery = "envoy.service.discovery.v3";

/** A request, in either variant; versions and nonces are as they were on the wire. */
export interface WireRequest {
  readonly type: string;
  readonly nonce: string;
  readonly version: string;
  readonly names: readonly string[];
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Name → version. */
  readonly initial: ReadonlyMap<string, string>;
  readonly error: string | undefined;
  readonly node: NodeLine | undefined;
}

export interface WireResponse {
  readonly type: string;
  readonly nonce: string;
  readonly version: string;
  /** Name → version; in the state of the world, the hash of the content. */
  readonly resources: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

const longOf = new Map(Object.values(typeUrls).map((typeUrl) => [shortName(typeUrl), typeUrl]));

/** The type URL of a short name. */
export function longName(short: string): TypeUrl {
  const typeUrl = longOf.get(short);
  if (typeUrl === undefined) throw new Error(`no type is called ${short}`);
  return typeUrl;
}

export function readRequest(variant: Variant, only: TypeUrl | undefined, bytes: Uint8Array) {
  return variant === "sotw" ? readSotw(only, bytes) : readDelta(only, bytes);
}

function readSotw(only: TypeUrl | undefined, bytes: Uint8Array): WireRequest {
  const message = decodeMessage(`${discovery}.DiscoveryRequest`, bytes);
  return {
    type: typeOf(message.type_url, only),
    nonce: message.response_nonce ?? "",
    version: message.version_info ?? "",
    names: message.resource_names ?? [],
    subscribe: [],
    unsubscribe: [],
    initial: new Map(),
    error: message.error_detail && errorOf(message.error_detail.message ?? ""),
    node: message.node && nodeOf(message.node),
  };
}

function readDelta(only: TypeUrl | undefined, bytes: Uint8Array): WireRequest {
  const message = decodeMessage(`${discovery}.DeltaDiscoveryRequest`, bytes);
  return {
    type: typeOf(message.type_url, only),
    nonce: message.response_nonce ?? "",
    version: "",
    names: [],
    subscribe: message.resource_names_subscribe ?? [],
    unsubscribe: message.resource_names_unsubscribe ?? [],
    initial: new Map(Object.entries(message.initial_resource_versions ?? {})),
    error: message.error_detail && errorOf(message.error_detail.message ?? ""),
    node: message.node && nodeOf(message.node),
  };
}

const typeOf = (typeUrl: string | undefined, only: TypeUrl | undefined): string =>
  shortName((typeUrl || only || "") as TypeUrl);

/** Not the whole text: it repeats resources, and its form differs from run to run. */
const errorOf = (message: string): string => message.replace(/\s+/g, " ").slice(0, 60).trim();

type NodeMessage = NonNullable<
  ReturnType<typeof decodeMessage<`${typeof discovery}.DiscoveryRequest`>>["node"]
>;

function nodeOf(node: NodeMessage): NodeLine {
  const { id = "", cluster = "", user_agent_name: agent = "", client_features: features } = node;
  return { id, cluster, agent, ...(features?.length ? { features } : {}) };
}

export function writeRequest(variant: Variant, request: WireRequest): Uint8Array {
  const { node, error } = request;
  const common = {
    type_url: longName(request.type),
    response_nonce: request.nonce,
    ...(error !== undefined && { error_detail: { code: 13, message: error } }),
    ...(node !== undefined && { node: nodeMessage(node) }),
  };
  if (variant === "sotw") {
    const { version: version_info, names: resource_names } = request;
    return encodeMessage(`${discovery}.DiscoveryRequest`, {
      ...common,
      version_info,
      resource_names,
    });
  }
  return encodeMessage(`${discovery}.DeltaDiscoveryRequest`, {
    ...common,
    resource_names_subscribe: request.subscribe,
    resource_names_unsubscribe: request.unsubscribe,
    initial_resource_versions: Object.fromEntries(request.initial),
  });
}

const nodeMessage = ({ id, cluster, agent, features = [] }: NodeLine): object => ({
  id,
  cluster,
  user_agent_name: agent,
  client_features: features,
});

export function readResponse(variant: Variant, bytes: Uint8Array): WireResponse {
  if (variant === "sotw") {
    const message = decodeMessage(`${discovery}.DiscoveryResponse`, bytes);
    const resources = (message.resources ?? []).map(
      (any) => [nameOfAny(any), contentHash(any)] as const,
    );
    const { version_info: version = "", nonce = "" } = message;
    return {
      type: typeOf(message.type_url, undefined),
      nonce,
      version,
      resources: new Map(resources),
      removed: [],
    };
  }
  const message = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, bytes);
  const resources = (message.resources ?? []).map((each) => {
    const { name = "", version = "" } = decodeMessage(`${discovery}.Resource`, each);
    return [name, version] as const;
  });
  const {
    system_version_info: version = "",
    nonce = "",
    removed_resources: removed = [],
  } = message;
  return {
    type: typeOf(message.type_url, undefined),
    nonce,
    version,
    resources: new Map(resources),
    removed,
  };
}

/** Of every type that a proxy is sent here, the name is the first field. */
function nameOfAny(any: Uint8Array): string {
  const { typeUrl, value } = decodeAny(any);
  const [tag, length] = [value[0], value[1] ?? 0];
  if (tag !== 0x0a || length > 0x7f) throw new Error(`no short name in a ${typeUrl}`);
  return Buffer.from(value.subarray(2, 2 + length)).toString();
}
