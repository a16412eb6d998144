/**
 * Resources for users of the library. What one names, a route configuration its clusters, a listener
 * its route configurations and secrets, is read from the message, so that responses can go in an
 * order that breaks nothing.
 */
import { limits } from "../config/limits.ts";
import { badArgument, checkOptions, checkText, isObject } from "../lib/bad-argument.ts";
import { err, type Result } from "../lib/result.ts";
import { decodeWith } from "../proto/decode.ts";
import { encodeMessage, encodeRawAny } from "../proto/encode.ts";
import type { JsonFault } from "../proto/json.ts";
import type { MessageOf } from "../proto/messages.ts";
import { officialRoot } from "../proto/official.ts";
import type { Resource } from "../snapshot/resource.ts";
import { shortName, type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { makeRaw, nameField, resourceOf } from "../translate/raw/make-raw.ts";
import { field, walk } from "../translate/raw/plain-form.ts";

/** What is not in the message itself. */
export interface ResourceOptions {
  /** Your own version; default is the hash of the content, which changes when that does. */
  readonly version?: string | undefined;
  /** Default: the name in the message. For virtual hosts, which are asked for as `route/host`. */
  readonly name?: string | undefined;
  /**
   * The proxy drops the resource when it is not renewed for so long, from 1 s to 24 h in milliseconds;
   * the server renews it.
   */
  readonly ttlMs?: number | undefined;
}

/** Encodes one type of message. Throws a TypeError that names the resource and the field. */
export type Maker<N extends string> = (
  message: MessageOf<N>,
  options?: ResourceOptions,
) => Resource;

/**
 * Encodes a message of serin's own definitions, which are those parts of Envoy's API that it uses.
 * Throws a TypeError that names the resource and the field where a field is unknown, has the wrong
 * type, or the name is missing. What is beyond these definitions goes by `fromJson`.
 */
function maker<N extends string>(typeUrl: TypeUrl, _name: N): Maker<N> {
  const type = shortName(typeUrl);
  return (message, options = {}) => {
    if (!isObject(message)) throw badArgument(`${type} resource`, "a message, an object", message);
    const own = nameField(typeUrl) ?? "name";
    const name = options.name ?? field(message, own);
    if (typeof name !== "string" || name === "") {
      throw badArgument(`${type} resource: ${own}`, "a name", name);
    }
    const what = `${type} resource ${JSON.stringify(name)}`;
    checkResourceOptions(what, options);
    const bytes = encoded(typeUrl, message, what);
    const { version, ttlMs } = options;
    const parts = { typeUrl, name, version, ttlMs, origins: [] };
    return resourceOf(parts, bytes, hasBytes(message) ? plainOf(typeUrl, bytes) : message);
  };
}

function checkResourceOptions(what: string, options: ResourceOptions): void {
  checkOptions(what, options, ["version", "name", "ttlMs"]);
  const { version, name, ttlMs } = options;
  if (version !== undefined) checkText(`${what}: version`, version);
  if (name !== undefined) checkText(`${what}: name`, name);
  const { ttlMinMs: least, ttlMaxMs: most } = limits.library;
  if (ttlMs === undefined) return;
  if (Number.isFinite(ttlMs) && ttlMs >= least && ttlMs <= most) return;
  throw badArgument(`${what}: ttlMs`, `milliseconds from ${least} to ${most}`, ttlMs);
}

function encoded(typeUrl: TypeUrl, message: object, what: string): Uint8Array {
  try {
    return encodeMessage(typeUrl as string, message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${what}: ${inWordsOfUsers(typeUrl, reason)}`, { cause: error });
  }
}

/** To the encoder it is a bug of its caller, at a path that begins with the type. */
function inWordsOfUsers(typeUrl: TypeUrl, reason: string): string {
  const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const path = reason
    .replace(/^bug: /, "")
    .replace(type, "")
    .replace(/^[.:]\s*/, "");
  const isBeyond = /: no message |unknown field /.test(reason);
  return isBeyond ? `${path}; resource.fromJson takes all of Envoy's API` : path;
}

/** An Any that came encoded may name something as well. */
const hasBytes = (message: object): boolean => walk(message).some(([key]) => key === "type_url");

const plainOf = (typeUrl: TypeUrl, bytes: Uint8Array): unknown =>
  decodeWith(officialRoot(), typeUrl, bytes);

/** Makes resources: typed ones, and any others from JSON or from bytes. */
export const resource = {
  cluster: maker(typeUrls.cluster, "envoy.config.cluster.v3.Cluster"),
  loadAssignment: maker(typeUrls.endpoint, "envoy.config.endpoint.v3.ClusterLoadAssignment"),
  listener: maker(typeUrls.listener, "envoy.config.listener.v3.Listener"),
  routeConfiguration: maker(typeUrls.route, "envoy.config.route.v3.RouteConfiguration"),
  scopedRoute: maker(typeUrls.scopedRoute, "envoy.config.route.v3.ScopedRouteConfiguration"),
  virtualHost: maker(typeUrls.virtualHost, "envoy.config.route.v3.VirtualHost"),
  secret: maker(typeUrls.secret, "envoy.extensions.transport_sockets.tls.v3.Secret"),
  runtime: maker(typeUrls.runtime, "envoy.service.runtime.v3.Runtime"),
  extensionConfig: maker(typeUrls.extensionConfig, "envoy.config.core.v3.TypedExtensionConfig"),

  /**
   * Any message of Envoy's v3 API in proto JSON, field names in snake or camel case. An error says
   * where it is wrong and why, and never shows a value. The first call takes some 0.2 s.
   */
  fromJson(
    typeUrl: string,
    json: unknown,
    options: ResourceOptions = {},
  ): Result<Resource, JsonFault> {
    return made(typeUrl, options, { kind: "json", json });
  },

  /**
   * An encoded message of any type, also of one that serin does not know: then it is served as it
   * is, and what it names is not seen.
   */
  fromBytes(
    typeUrl: string,
    name: string,
    message: Uint8Array,
    options: Omit<ResourceOptions, "name"> = {},
  ): Result<Resource, JsonFault> {
    if (!(message instanceof Uint8Array)) {
      throw badArgument(`resource of ${typeUrl}`, "bytes, a Uint8Array", message);
    }
    const bytes = encodeRawAny(typeUrl, message);
    return made(typeUrl, { ...options, name }, { kind: "any", bytes });
  },
} as const;

function made(
  typeUrl: string,
  options: ResourceOptions,
  body: Parameters<typeof makeRaw>[0]["body"],
): Result<Resource, JsonFault> {
  checkResourceOptions(`resource of ${typeUrl}`, options);
  const { name, version, ttlMs } = options;
  if (/^type\.googleapis\.com\/[\w.]+$/.test(typeUrl)) {
    return makeRaw({ typeUrl, name, version, ttlMs, body, origins: [] });
  }
  const message = `expected a type URL like ${typeUrls.cluster}, got ${JSON.stringify(typeUrl)}`;
  return err({ path: "", message });
}
