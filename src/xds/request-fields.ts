/**
 * A request taken apart, not decoded: a reconnecting proxy sends its names by the ten thousand, and
 * what is made of them should be made once for all that send the same.
 */
import { limits } from "../config/limits.ts";
import { FieldScanner, lengthDelimited } from "../proto/scan.ts";
import { checkKnown } from "./known-versions.ts";

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

/** The elements of a repeated field, tags included, and how many and how long they are. */
export interface Run {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Bytes of the longest element, without its tag. */
  readonly longest: number;
}

/** Payloads of single fields. */
export type Fields = Readonly<
  Record<FieldName, Uint8Array | undefined> & Record<RunName, Run | undefined>
>;

type Draft = {
  -readonly [K in keyof Fields]: K extends RunName ? RunDraft | undefined : Fields[K];
};

/** Throws a RangeError where the bytes are no message. */
export function fieldsOf(
  bytes: Uint8Array,
  numbers: ReadonlyMap<number, FieldName | RunName>,
): Fields {
  const draft: Draft = {
    node: undefined,
    typeUrl: undefined,
    version: undefined,
    nonce: undefined,
    error: undefined,
    names: undefined,
    unsubscribed: undefined,
    versions: undefined,
  };
  const field = new FieldScanner(bytes);
  let fields = 0;
  let run: RunDraft | undefined;
  let runNumber = 0;
  let runEnd = 0;
  while (field.next()) {
    if (field.wireType !== lengthDelimited) continue;
    // The next one of a run: ten thousand of them come one after another.
    if (field.number === runNumber && field.tagAt === runEnd) {
      runEnd = field.to;
      run?.add(field.from, field.to);
      continue;
    }
    fields += 1;
    if (fields > limits.xds.requestFields) throw new RangeError("too many fields");
    const name = numbers.get(field.number);
    // Of a field that is not known, all that come together count as one, too.
    const isOne = name !== undefined && !isRun(name);
    run = isOne ? undefined : begun(draft, name, field);
    runNumber = isOne ? 0 : field.number;
    runEnd = field.to;
    if (isOne) draft[name] = merged(name, draft[name], bytes.subarray(field.from, field.to));
  }
  return draft;
}

const isRun = (name: FieldName | RunName): name is RunName =>
  name === "names" || name === "unsubscribed" || name === "versions";

function begun(draft: Draft, name: RunName | undefined, field: FieldScanner): RunDraft | undefined {
  if (name === undefined) return undefined;
  const run = draft[name] ?? new RunDraft(field.bytes, name);
  draft[name] = run;
  run.begin(field);
  return run;
}

/**
 * Of a text that comes twice the last one counts; the encodings of a message one after another are
 * the encoding of both, merged.
 */
const merged = (name: FieldName, first: Uint8Array | undefined, next: Uint8Array): Uint8Array =>
  first !== undefined && (name === "node" || name === "error")
    ? Buffer.concat([first, next])
    : next;

/** A run while it is read. */
class RunDraft implements Run {
  count = 0;
  longest = 0;
  readonly #message: Uint8Array;
  readonly #isVersions: boolean;
  /** Those before the present part, which goes from `from` to `to`. */
  #parts: Uint8Array[] = none;
  #from = 0;
  #to = 0;

  constructor(message: Uint8Array, name: RunName) {
    this.#message = message;
    this.#isVersions = name === "versions";
  }

  begin({ tagAt, from, to }: FieldScanner): void {
    if (this.count > 0) this.#parts = [...this.#parts, this.#part()];
    this.#from = tagAt;
    this.add(from, to);
  }

  add(from: number, to: number): void {
    this.count += 1;
    if (to - from > this.longest) this.longest = to - from;
    this.#to = to;
    if (this.#isVersions) checkKnown(this.#message, from, to);
  }

  get bytes(): Uint8Array {
    return this.#parts.length === 0 ? this.#part() : Buffer.concat([...this.#parts, this.#part()]);
  }

  #part(): Uint8Array {
    return this.#message.subarray(this.#from, this.#to);
  }
}

const none: Uint8Array[] = [];

export const textOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined
    ? ""
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
