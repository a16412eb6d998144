/**
 * A request as Envoy's router sees it. Envoy compares and hashes bytes, so every text here is one:
 * a character for each byte of UTF-8 (`bytesOf`), on the side of the rules as well.
 */

/** A request as people write it. */
export interface AskedRequest {
  /** With or without a port. */
  readonly host: string;
  /** With the query: `/cart?a=1`. */
  readonly path: string;
  readonly method: string;
  /** Names in any case; one name may occur more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly scheme: "http" | "https";
}

export interface RouterRequest {
  readonly authority: string;
  /** With the query. */
  readonly target: string;
  /** Without query and fragment. */
  readonly path: string;
  readonly scheme: "http" | "https";
  /** Values by name in lower case, the pseudo headers among them. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** UTF-8, a character for each byte. */
export const bytesOf = (text: string): string =>
  /[^\0-\x7f]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;

/** The reverse of `bytesOf`, for display. */
export const textOf = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

/** Envoy folds no other letters. */
export const lowerAscii = (text: string): string =>
  /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;

export function routerRequest(asked: AskedRequest): RouterRequest {
  const { host, path, method, scheme } = asked;
  const headers = new Map<string, string[]>();
  for (const [name, value] of asked.headers) {
    const key = lowerAscii(bytesOf(name));
    const values = headers.get(key) ?? [];
    values.push(trimmed(bytesOf(value)));
    headers.set(key, values);
  }
  const target = bytesOf(path === "" ? "/" : path);
  const authority = headers.get("host")?.[0] ?? bytesOf(host);
  // Envoy knows Host by its name in HTTP/2, and answers to both.
  for (const name of [":authority", "host"]) headers.set(name, [authority]);
  headers.set(":path", [target]);
  headers.set(":method", [bytesOf(method)]);
  headers.set(":scheme", [scheme]);
  headers.set("x-forwarded-proto", [scheme]);
  return { authority, target, path: target.replace(/[?#].*$/s, ""), scheme, headers };
}

export const isGrpc = ({ headers }: RouterRequest): boolean =>
  /^application\/grpc(?:\+|$)/.test(headers.get("content-type")?.[0] ?? "");

/** What HTTP does not count as part of a value. */
const trimmed = (value: string): string => value.replaceAll(/^[ \t]+|[ \t]+$/g, "");

/** First value of a parameter as it is written, not decoded; undefined where it is missing. */
export function queryParameter({ target }: RouterRequest, name: string): string | undefined {
  const start = target.indexOf("?");
  if (start === -1) return undefined;
  for (const pair of target.slice(start + 1).split("&")) {
    const [key, value] = cut(pair, "=");
    if (key === name) return value ?? "";
  }
  return undefined;
}

/** First value of a cookie, without quotes around it; undefined where it is missing. */
export function cookie({ headers }: RouterRequest, name: string): string | undefined {
  for (const pair of (headers.get("cookie") ?? []).flatMap((line) => line.split(";"))) {
    const [key, value] = cut(pair.replace(/^ +/, ""), "=");
    if (key === name && value !== undefined) return value.replace(/^"(.*)"$/s, "$1");
  }
  return undefined;
}

function cut(text: string, at: string): readonly [string, string | undefined] {
  const index = text.indexOf(at);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
