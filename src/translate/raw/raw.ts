/** One raw resource: checked, encoded, and wrapped like a generated one. */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import { decodeAny, decodeWith } from "../../proto/decode.ts";
import { encodeRawAny } from "../../proto/encode.ts";
import { fromJson, type JsonFault } from "../../proto/json.ts";
import { findMessageType } from "../../proto/message-type.ts";
import { officialRoot } from "../../proto/official.ts";
import { ourRoot } from "../../proto/root.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import { makeResource } from "../../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../../snapshot/type-url.ts";
import { rawReferences } from "./raw-references.ts";

export interface TranslatedRaw {
  readonly raw: RawResource;
  /** Undefined where the resource was refused. */
  readonly bundle: Bundle | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export const rawOwner = ({ origin }: RawResource): string => `raw/${origin}`;

/** An error: a refused resource is not served at all. A doubt about one that is: a warning. */
export function rawDiagnostic(
  { origin, revision }: RawResource,
  code: DiagnosticCode,
  path: string,
  message: string,
): Diagnostic {
  const severity = code === "REFERENCE_MISSING" ? "warning" : "error";
  return { severity, code, key: origin, revision, path, message };
}

export function translateRaw(raw: RawResource): TranslatedRaw {
  const checked = bytesOf(raw);
  if (!checked.ok) {
    return refusal(raw, checked.error.message, checked.error.path);
  }
  const typeUrl = raw.typeUrl as TypeUrl;
  const plain = plainForm(typeUrl, checked.value);
  if (!plain.ok) return refusal(raw, plain.error);
  const name = nameIn(typeUrl, plain.value);
  if (name !== undefined && name !== raw.name) {
    return refusal(raw, `is named ${JSON.stringify(name)}, but the key says ${raw.name}`);
  }
  const resource = makeResource({
    typeUrl,
    name: raw.name,
    any: encodeRawAny(typeUrl, checked.value),
    // Envoy would warn of a listener that is for gRPC clients, which ask by name.
    wildcard: !hasField(plain.value, "api_listener"),
    references: rawReferences(typeUrl, plain.value),
    origins: [raw.origin],
  });
  return { raw, bundle: { owner: rawOwner(raw), resources: [resource] }, diagnostics: [] };
}

const refusal = (raw: RawResource, message: string, path = ""): TranslatedRaw => ({
  raw,
  bundle: undefined,
  diagnostics: [rawDiagnostic(raw, "RESOURCE_INVALID", path, message)],
});

/** The encoded message, out of its JSON or its Any. */
function bytesOf({ typeUrl, name, body }: RawResource): Result<Uint8Array, JsonFault> {
  switch (body.kind) {
    case "json":
      return jsonBytes(typeUrl, withName(typeUrl, name, body.json));
    case "any":
      return anyBytes(typeUrl, body.bytes);
  }
}

/** A field that the official descriptors are too old for may be one of our own definitions. */
function jsonBytes(typeUrl: string, json: unknown): Result<Uint8Array, JsonFault> {
  const official = fromJson(officialRoot(), typeUrl, json);
  if (official.ok) return official;
  const own = fromJson(ourRoot(), typeUrl, json);
  return own.ok ? own : official;
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
function plainForm(typeUrl: string, bytes: Uint8Array): Result<unknown, string> {
  if (findMessageType(officialRoot(), typeUrl) === undefined) return ok(undefined);
  try {
    return ok(decodeWith(officialRoot(), typeUrl, bytes));
  } catch {
    return err(`expected an encoded ${typeUrl}`);
  }
}

/** The field that names a resource of this type; undefined where serin does not know it. */
function nameField(typeUrl: string): string | undefined {
  if (typeUrl === typeUrls.endpoint) return "cluster_name";
  return Object.values<string>(typeUrls).includes(typeUrl) ? "name" : undefined;
}

function nameIn(typeUrl: string, plain: unknown): string | undefined {
  const field = nameField(typeUrl);
  if (field === undefined || typeof plain !== "object" || plain === null) return undefined;
  const name = (plain as Readonly<Record<string, unknown>>)[field];
  return typeof name === "string" ? name : "";
}

/** The key says the name, so the value need not. */
function withName(typeUrl: string, name: string, json: unknown): unknown {
  const field = nameField(typeUrl);
  if (field === undefined || typeof json !== "object" || json === null) return json;
  if (hasField(json, field) || (field === "cluster_name" && hasField(json, "clusterName"))) {
    return json;
  }
  return { ...json, [field]: name };
}

const hasField = (value: unknown, field: string): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, field);
