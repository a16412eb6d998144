/**
 * A request taken apart, not decoded: a reconnecting proxy sends its names by the ten thousand, and
 * what is made of them should be made once for all that send the same.
 */
import { FieldScanner, lengthDelimited } from "../proto/scan.ts";

type FieldName = "node" | "typeUrl" | "version" | "nonce" | "error";
type RunName = "names" | "unsubscribed" | "versions";

/** Field numbers of envoy.service.discovery.v3.DiscoveryRequest. */
export const sotwFields: ReadonlyMap<number, FieldName | RunName> = new Map([
  [1, "version"],
  [2, "node"],
  [3, "names"],
  [4, "typeUrl"],
  [5, "nonce"],
  [6, "error"],
]);

/** Field numbers of envoy.service.discovery.v3.DeltaDiscoveryRequest. */
export const deltaFields: ReadonlyMap<number, FieldName | RunName> = new Map([
  [1, "node"],
  [2, "typeUrl"],
  [3, "names"],
  [4, "unsubscribed"],
  [5, "versions"],
  [6, "nonce"],
  [7, "error"],
]);

/** Payloads of single fields; elements of repeated ones with their tags. */
export type Fields = Readonly<
  Record<FieldName, Uint8Array | undefined> & Record<RunName, Uint8Array>
>;

const runs: ReadonlySet<string> = new Set<RunName>(["names", "unsubscribed", "versions"]);
const messages: ReadonlySet<string> = new Set<FieldName>(["node", "error"]);

/** Throws a RangeError where the bytes are no message. */
export function fieldsOf(
  bytes: Uint8Array,
  numbers: ReadonlyMap<number, FieldName | RunName>,
): Fields {
  const spans = new Map<FieldName | RunName, number[]>();
  const field = new FieldScanner(bytes);
  let run: { readonly number: number; readonly spans: number[] } | undefined;
  while (field.next()) {
    if (field.wireType !== lengthDelimited) continue;
    // The next one of a run: ten thousand of them come one after another.
    if (field.number === run?.number && field.tagAt === run.spans.at(-1)) {
      run.spans[run.spans.length - 1] = field.to;
      continue;
    }
    const name = numbers.get(field.number);
    if (name === undefined) continue;
    const known = spansOf(spans, name);
    known.push(runs.has(name) ? field.tagAt : field.from, field.to);
    run = runs.has(name) ? { number: field.number, spans: known } : undefined;
  }
  const take = (name: FieldName | RunName): Uint8Array | undefined =>
    joined(bytes, spans.get(name));
  return {
    node: take("node"),
    typeUrl: take("typeUrl"),
    version: take("version"),
    nonce: take("nonce"),
    error: take("error"),
    names: take("names") ?? none,
    unsubscribed: take("unsubscribed") ?? none,
    versions: take("versions") ?? none,
  };
}

/** Of a text that comes twice the last one counts; what else comes twice is put together. */
function spansOf(spans: Map<FieldName | RunName, number[]>, name: FieldName | RunName): number[] {
  const isJoined = runs.has(name) || messages.has(name);
  const known = (isJoined ? spans.get(name) : undefined) ?? [];
  spans.set(name, known);
  return known;
}

const none = new Uint8Array();

/** The encodings of a message one after another are the encoding of both, merged. */
function joined(bytes: Uint8Array, spans: readonly number[] | undefined): Uint8Array | undefined {
  if (spans === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < spans.length; at += 2)
    pieces.push(bytes.subarray(spans[at], spans[at + 1]));
  const [first] = pieces;
  return pieces.length === 1 ? first : Buffer.concat(pieces);
}

export const textOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined
    ? ""
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
