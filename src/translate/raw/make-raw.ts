/** An Envoy resource that came whole: checked, encoded, and wrapped like a generated one. */
import { err, ok, type Result } from "../../lib/result.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import { decodeAny, decodeWith } from "../../proto/decode.ts";
import { encodeRawAny } from "../../proto/encode.ts";
import { fromJson, type JsonFault } from "../../proto/json.ts";
import { findMessageType } from "../../proto/message-type.ts";
import { officialRoot } from "../../proto/official.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { routeOfHost, type TypeUrl, typeUrls } from "../../snapshot/type-url.ts";
import { field, list, texts } from "./plain-form.ts";
import { hasUsableEndpoint } from "./raw-assignment.ts";
import { rawNeeds, rawReferences } from "./raw-references.ts";
import { socketsIn } from "./sockets.ts";

export interface RawParts {
  readonly typeUrl: string;
  /** undefined: the name that the resource itself gives. */
  readonly name: string | undefined;
  /** undefined: the hash of the content. */
  readonly version: string | undefined;
  /** undefined: none. */
  readonly ttlMs?: number | undefined;
  readonly body: RawResource["body"];
  readonly origins: readonly string[];
}

/** The resource; or where it is wrong and why, never with a value, which may be a secret. */
export function makeRaw(parts: RawParts): Result<Resource, JsonFault> {
  const bytes = bytesOf(parts);
  if (!bytes.ok) return bytes;
  const plain = plainForm(parts.typeUrl, bytes.value);
  if (!plain.ok) return plain;
  const name = nameOf(parts, plain.value);
  if (!name.ok) return name;
  return ok(resourceOf({ ...parts, name: name.value }, bytes.value, plain.value));
}

/** A resource of encoded bytes, and what its plain form tells of it. */
export function resourceOf(
  parts: Omit<RawParts, "body" | "name"> & { readonly name: string },
  bytes: Uint8Array,
  plain: unknown,
): Resource {
  const { name, version, ttlMs, origins } = parts;
  const typeUrl = parts.typeUrl as TypeUrl;
  return makeResource({
    typeUrl,
    name,
    any: encodeRawAny(typeUrl, bytes),
    // Envoy would warn of a listener that is for gRPC clients, which ask by name; and who asks for
    // every secret there is needs none of them.
    wildcard: typeUrl !== typeUrls.secret && field(plain, "api_listener") === undefined,
    references: rawReferences(typeUrl, plain),
    needs: rawNeeds(typeUrl, plain),
    serves: typeUrl !== typeUrls.endpoint || hasUsableEndpoint(plain),
    sockets: typeUrl === typeUrls.listener ? socketsIn(plain) : [],
    aliases: typeUrl === typeUrls.virtualHost ? hostAliases(name, plain) : [],
    vhds: typeUrl === typeUrls.route && field(plain, "vhds") !== undefined,
    origins,
    ...(version !== undefined && { version }),
    ...(ttlMs !== undefined && { ttlMs }),
  });
}

/** The encoded message, out of its JSON or its Any. */
function bytesOf({ typeUrl, name, body }: RawParts): Result<Uint8Array, JsonFault> {
  switch (body.kind) {
    case "json":
      return jsonBytes(typeUrl, withName(typeUrl, name, body.json));
    case "any":
      return anyBytes(typeUrl, body.bytes);
  }
}

function jsonBytes(typeUrl: string, json: unknown): Result<Uint8Array, JsonFault> {
  const bytes = fromJson(officialRoot(), typeUrl, json);
  return bytes.ok ? bytes : err(withAdvice(bytes.error));
}

/** Envoy may be newer than any definition here. */
function withAdvice({ path, message }: JsonFault): JsonFault {
  if (!/has no field of this name|no such type is known/.test(message)) return { path, message };
  const advice = "what is newer than serin's definitions has to come as bytes (any)";
  return { path, message: `${message}; ${advice}` };
}

function anyBytes(typeUrl: string, bytes: Uint8Array): Result<Uint8Array, JsonFault> {
  let any: ReturnType<typeof decodeAny>;
  try {
    any = decodeAny(bytes);
  } catch {
    return err({ path: "any", message: "expected an encoded google.protobuf.Any" });
  }
  if (any.typeUrl === typeUrl) return ok(any.value);
  const message = `holds ${JSON.stringify(any.typeUrl)}, but the key is for ${typeUrl}`;
  return err({ path: "any", message });
}

/** Undefined for a type that the official descriptors do not have: it passes through unseen. */
function plainForm(typeUrl: string, bytes: Uint8Array): Result<unknown, JsonFault> {
  if (findMessageType(officialRoot(), typeUrl) === undefined) return ok(undefined);
  try {
    return ok(decodeWith(officialRoot(), typeUrl, bytes));
  } catch {
    return err({ path: "", message: `expected an encoded ${typeUrl}` });
  }
}

function nameOf({ typeUrl, name }: RawParts, plain: unknown): Result<string, JsonFault> {
  const known = nameField(typeUrl);
  // A type that serin does not know may have a name all the same.
  const own = field(plain, known ?? "name");
  if (name === undefined) {
    if (typeof own === "string" && own !== "") return ok(own);
    return err({ path: known ?? "name", message: "expected a name" });
  }
  if (known === undefined || plain === undefined || own === name) return ok(name);
  const said = JSON.stringify(own ?? "");
  return err({ path: "", message: `is named ${said}, but the key says ${name}` });
}

/** The field that names a resource of this type; undefined where serin does not know it. */
export function nameField(typeUrl: string): string | undefined {
  if (typeUrl === typeUrls.endpoint) return "cluster_name";
  return Object.values<string>(typeUrls).includes(typeUrl) ? "name" : undefined;
}

/** The key says the name, so the value need not. */
function withName(typeUrl: string, name: string | undefined, json: unknown): unknown {
  const known = nameField(typeUrl);
  if (known === undefined || name === undefined) return json;
  if (typeof json !== "object" || json === null) return json;
  const isNamed =
    Object.hasOwn(json, known) || (known === "cluster_name" && Object.hasOwn(json, "clusterName"));
  return isNamed ? json : { ...json, [known]: name };
}

/** Names under which Envoy asks for a virtual host: of each of its domains, which it writes small. */
function hostAliases(name: string, plain: unknown): readonly string[] {
  const route = routeOfHost(name);
  const domains = list(field(plain, "domains")).flatMap(texts);
  const aliases = domains.map((domain) => `${route}/${domain.toLowerCase()}`);
  return [...new Set(aliases)].filter((alias) => alias !== name);
}
