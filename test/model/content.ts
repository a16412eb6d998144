/** Contents of the model: a text that says all that a proxy can see of a resource. */
import { makeResource, type Resource } from "../../src/snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";

export const types = [
  typeUrls.cluster,
  typeUrls.endpoint,
  typeUrls.listener,
  typeUrls.route,
] as const;

/** For proxies that subscribe at will; mostly secrets, so that several are bad at the same time. */
export const typesWithSecrets = [
  typeUrls.secret,
  typeUrls.secret,
  typeUrls.secret,
  typeUrls.endpoint,
] as const;

/** One resource to a response: a rejection is of that one alone. */
export const isSeparate = (type: TypeUrl): boolean => type === typeUrls.secret;

/** Absence in a state-of-the-world response means removal; only these have a legacy wildcard. */
export const isFull = (type: TypeUrl): boolean =>
  type === typeUrls.cluster || type === typeUrls.listener;

const namesOf = new Map<TypeUrl, readonly string[]>([
  [typeUrls.cluster, ["c1", "c2", "c3", "c4"]],
  [typeUrls.endpoint, ["c1", "c2", "c3", "c4"]],
  // Two of them have the same hash, by FNV-1a of 32 bits.
  [typeUrls.listener, ["l1b38ro", "li8prc5", "l3"]],
  [typeUrls.route, ["r1", "r2", "r3"]],
  [typeUrls.secret, ["s1", "s2", "s3"]],
]);

export const names = (type: TypeUrl): readonly string[] => namesOf.get(type) ?? [];

const referred = new Map<TypeUrl, TypeUrl>([
  [typeUrls.cluster, typeUrls.endpoint],
  [typeUrls.listener, typeUrls.route],
  [typeUrls.route, typeUrls.cluster],
]);

export interface Content {
  readonly text: string;
  /** Whether a wildcard subscription sees it. */
  readonly wildcard: boolean;
}

/** `bits` chooses what the resource refers to. */
export function makeContent(
  type: TypeUrl,
  name: string,
  of: { revision: number; bad: boolean; wildcard: boolean; bits: number },
): Content {
  const targets = type === typeUrls.cluster ? [name] : names(referred.get(type) ?? type);
  const refersToNothing = type === typeUrls.endpoint || type === typeUrls.secret;
  const chosen = refersToNothing ? [] : targets.filter((_, i) => (of.bits >> i) & 1);
  const references = type === typeUrls.cluster ? [name] : chosen;
  const text = `${name} ${of.revision} ${of.bad ? "bad" : "good"} ${references.join(",")}`;
  return { text, wildcard: of.wildcard };
}

export const isBad = (text: string): boolean => text.split(" ")[2] === "bad";

export const referencesOf = (text: string): readonly string[] =>
  (text.split(" ")[3] ?? "").split(",").filter((name) => name !== "");

export function toResource(type: TypeUrl, name: string, { text, wildcard }: Content): Resource {
  const any = Buffer.from(text);
  return makeResource({ typeUrl: type, name, any, wildcard, references: referencesOf(text) });
}

export const textOf = (resource: Resource): string => Buffer.from(resource.any).toString();

/** What a proxy has asked for: the meaning of its requests so far, by the specification. */
export interface Interest {
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
}

export const nothing: Interest = { wildcard: false, names: new Set() };

export const covers = (interest: Interest, name: string): boolean =>
  interest.wildcard || interest.names.has(name);

export const seesContent = (
  interest: Interest,
  name: string,
  content: { readonly wildcard: boolean } | undefined,
): boolean =>
  content !== undefined && (interest.names.has(name) || (interest.wildcard && content.wildcard));

/** A request of either variant; only one half of it is used. */
export interface Request {
  readonly type: TypeUrl;
  /** Counts the requests of a stream. */
  readonly seq: number;
  readonly nonce: string;
  readonly versionInfo: string;
  readonly list: readonly string[];
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initial: ReadonlyMap<string, string>;
  /** Texts behind `initial`: for the oracle only. */
  readonly initialTexts: ReadonlyMap<string, string>;
  readonly error: string | undefined;
  /** What the proxy means by its requests up to this one: for the oracle only. */
  readonly interest: Interest;
}

export interface Response {
  readonly type: TypeUrl;
  readonly nonce: string;
  readonly version: string;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  /** Requests that the server had taken when it sent this: for the oracle only. */
  readonly taken: number;
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
