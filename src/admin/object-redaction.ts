/**
 * What is shown of an object's value. Secrets are whole secrets; resources and snapshots are redacted as
 * where they are served; and of the URLs of webhooks and providers, which are often tokens, the origin is
 * shown alone.
 */
import { type ObjectKey, readKey } from "../store/decode/key.ts";
import { parseValue } from "../store/decode/parse.ts";
import { elementTypeUrl, type SnapshotElement } from "../store/schema/node-snapshot.ts";
import { redact, redacted } from "./redact.ts";
import type { ProtoJson } from "./resource-body.ts";

/** `value` as parsed, in the short or the long form. */
export function shownValue(key: ObjectKey, value: unknown): unknown {
  switch (key.kind) {
    case "secrets":
      return { redacted };
    case "resources":
      return ofSpec(value, (spec) => redactResource(key.typeUrl, spec));
    case "snapshots":
      return ofSpec(value, redactSnapshot);
    default:
      return withoutUrls(value);
  }
}

/** Whether text of such an object may hold a secret even where it cannot be parsed. */
export const mayBeSecret = ({ kind }: ObjectKey): boolean =>
  kind === "secrets" || kind === "resources" || kind === "snapshots";

/**
 * The text of a value as it may be shown: as it is where it holds no secret; undefined where it cannot be
 * told. Not only objects have a text: records of history repeat those of others.
 */
export function shownText(key: string, text: string): string | undefined {
  const reading = readKey(key);
  if (reading.kind !== "object") return text;
  const parsed = parseValue(Buffer.from(text));
  if (!parsed.ok) return undefined;
  const shown = shownValue(reading.object, parsed.value);
  return JSON.stringify(shown) === JSON.stringify(parsed.value) ? text : JSON.stringify(shown);
}

/** Where `value` holds what is shown in a secret's place; undefined: nowhere. */
export function redactedPath(value: unknown, at = ""): string | undefined {
  if (typeof value === "string") return value.includes(redacted) ? at : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value)
    .map(([step, inner]) => redactedPath(inner, stepTo(at, step, Array.isArray(value))))
    .find((path) => path !== undefined);
}

function stepTo(at: string, step: string, isIndex: boolean): string {
  if (isIndex) return `${at}[${step}]`;
  return at === "" ? step : `${at}.${step}`;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The long form has a spec, and its metadata may repeat all of it (`last-applied-configuration`). */
function ofSpec(value: unknown, show: (spec: Fields) => unknown): unknown {
  if (!isFields(value)) return redacted;
  if (typeof value["kind"] !== "string" || !isFields(value["spec"])) return show(value);
  const { apiVersion, kind, metadata, spec } = value;
  const name = isFields(metadata) ? metadata["name"] : undefined;
  return { apiVersion, kind, metadata: { name }, spec: show(spec) };
}

/** Encoded bytes may hold anything. */
const withoutAny = (fields: Fields): Fields =>
  Object.hasOwn(fields, "any") ? { ...fields, any: redacted } : fields;

const redactResource = (typeUrl: string, spec: Fields): ProtoJson =>
  redact(typeUrl, withoutAny(spec));

function redactSnapshot(spec: Fields): unknown {
  const { resources } = spec;
  if (!Array.isArray(resources)) return { redacted };
  return { ...spec, resources: resources.map(redactElement) };
}

function redactElement(element: unknown): unknown {
  if (!isFields(element)) return redacted;
  const { type, resource } = element;
  const typeUrl = elementTypeUrl({
    ...(typeof type === "string" && { type }),
    ...(isFields(resource) && { resource }),
  } satisfies SnapshotElement);
  if (!isFields(resource)) return withoutAny({ ...element, resource });
  const shown = typeUrl === undefined ? { redacted } : redact(typeUrl, resource);
  return withoutAny({ ...element, resource: shown });
}

const urlFields: ReadonlySet<string> = new Set(["url", "address"]);

function withoutUrls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUrls);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const isUrl = urlFields.has(field) && typeof inner === "string";
      return [field, isUrl ? shownUrl(inner) : withoutUrls(inner)];
    }),
  );
}

function shownUrl(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  if (!URL.canParse(text)) return redacted;
  const { origin, pathname, search, hash, username } = new URL(text);
  const isBare = pathname === "/" && search === "" && hash === "" && username === "";
  return isBare ? text : `${origin}/${redacted}`;
}
