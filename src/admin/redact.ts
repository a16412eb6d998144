/**
 * Takes secrets out of a resource before it is shown. Whole Secret resources, and the fields that
 * Envoy's own config_dump leaves out because their protos mark them as sensitive.
 */
import type { ProtoJson } from "./resource-body.ts";

const redacted = "[redacted]";

const secretType = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

const sensitive: ReadonlySet<string> = new Set([
  "private_key",
  "pkcs12",
  "password",
  "keys",
  "secret",
  "token_secret",
  "hmac_secret",
  "client_secret",
  "auth_token",
  "access_token",
  "api_key",
  "service_account_key",
]);

/** `typeUrl` of the resource decides about its whole; names of fields about its parts. */
export function redact(typeUrl: string, body: ProtoJson): ProtoJson {
  if (typeUrl === secretType) return { name: body["name"], redacted };
  // Bytes of a type that nobody knows may hold anything.
  if (body["@type"] === typeUrl && typeof body["value"] === "string") {
    return { "@type": typeUrl, value: redacted };
  }
  return walk(body) as ProtoJson;
}

function walk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      isSensitive(field, inner) ? redacted : walk(inner),
    ]),
  );
}

/** A reference to a secret is none; a header or a path that happens to have such a name is shown. */
const isSensitive = (field: string, value: unknown): boolean =>
  sensitive.has(field) && !(typeof value === "object" && value !== null && "filename" in value);
