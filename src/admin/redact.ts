/**
 * Takes secrets out of a resource before it is shown. Whole Secret resources, and the fields that
 * Envoy's own config_dump leaves out because their protos mark them as sensitive.
 */
import type { ProtoJson } from "./resource-body.ts";

/** Stands in the place of what is not shown. */
export const redacted = "[redacted]";

const secretType = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

/** Fields that the protos mark as sensitive; a test compares them with the official ones. */
const marked = [
  "auth_password",
  "auth_passwords",
  "auth_username",
  "backend_token",
  "context_extensions",
  "downstream_auth_password",
  "downstream_auth_passwords",
  "downstream_auth_username",
  "keys",
  "password",
  "pkcs12",
  "private_key",
  // The mark is on its `typed_config`, a name that says nothing anywhere else.
  "private_key_provider",
  "secret",
  "secret_data",
  "users",
];

/** What is as secret, though unmarked or in a newer Envoy only. */
const unmarked = [
  "access_token",
  "api_key",
  "auth_token",
  "client_secret",
  "credentials",
  "generic_secret",
  "google_refresh_token",
  "hmac_secret",
  "json_key",
  "json_web_token",
  // It may hold symmetric keys.
  "local_jwks",
  "refresh_token",
  "secret_access_key",
  "service_account_key",
  "session_ticket_keys",
  "session_token",
  "shared_secret",
  "token_secret",
];

const sensitive: ReadonlySet<string> = new Set([...marked, ...unmarked]);

/**
 * `typeUrl` of the resource decides about its whole; names of fields about its parts. Of proto JSON that
 * people wrote, names may be in camel case as well.
 */
export function redact(typeUrl: string, body: ProtoJson): ProtoJson {
  if (typeUrl === secretType) return { name: body["name"], redacted };
  return walk(body) as ProtoJson;
}

/** What a proxy said of a resource it rejected: Envoy may repeat all of it. */
export const redactRejection = (typeUrl: string, message: string): string =>
  typeUrl === secretType ? `${redacted}: it may repeat the secret` : message;

function walk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== "object" || value === null) return value;
  const type: unknown = Reflect.get(value, "@type");
  if (type === secretType) return { "@type": type, redacted };
  if (isOpaque(type, value)) return { "@type": type, value: redacted };
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      isSensitive(field, inner) ? redacted : walk(inner),
    ]),
  );
}

/** The same body without the fields; undefined where something in it cannot be looked into. */
export function withoutSecrets(body: ProtoJson): ProtoJson | undefined {
  const rest = stripped(body);
  return rest === opaque ? undefined : (rest as ProtoJson);
}

const opaque = Symbol("opaque");

function stripped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const elements = value.map(stripped);
    return elements.includes(opaque) ? opaque : elements;
  }
  const type: unknown = Reflect.get(value, "@type");
  if (type === secretType || isOpaque(type, value)) return opaque;
  const fields = Object.entries(value)
    .filter(([field, inner]) => !isSensitive(field, inner))
    .map(([field, inner]) => [field, stripped(inner)] as const);
  return fields.some(([, inner]) => inner === opaque) ? opaque : Object.fromEntries(fields);
}

/** Bytes of a type that nobody knows may hold anything; Google's own are values by themselves. */
const isOpaque = (type: unknown, value: object): boolean =>
  typeof type === "string" &&
  !type.startsWith("type.googleapis.com/google.protobuf.") &&
  typeof Reflect.get(value, "value") === "string" &&
  Object.keys(value).length === 2;

/** A reference to a secret is none; a header or a path that happens to have such a name is shown. */
const isSensitive = (field: string, value: unknown): boolean =>
  sensitive.has(snakeCase(field)) &&
  !(typeof value === "object" && value !== null && "filename" in value);

const snakeCase = (field: string): string =>
  field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
