/** A value as a record tells it: whole where it is a short text, or else by its hash. */
import { createHash } from "node:crypto";
import { limits } from "../../config/limits.ts";

export type RecordedValue =
  | { readonly kind: "absent" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "hash"; readonly sha256: string; readonly bytes: number };

/** undefined: the key was not there. */
export function recordedValue(value: Uint8Array | undefined): RecordedValue {
  if (value === undefined) return { kind: "absent" };
  const isShort = value.byteLength <= limits.history.valueBytes;
  const text = isShort ? textOf(value) : undefined;
  return text === undefined ? hashed(value) : { kind: "text", text };
}

/** Takes less room; what it was can no longer be restored from it. */
export const byHash = (value: RecordedValue): RecordedValue =>
  value.kind === "text" ? hashed(Buffer.from(value.text)) : value;

export function sameValue(one: RecordedValue, other: RecordedValue): boolean {
  if (one.kind === "text" && other.kind === "text") return one.text === other.text;
  const [a, b] = [byHash(one), byHash(other)];
  if (a.kind === "hash" && b.kind === "hash") return a.sha256 === b.sha256;
  return a.kind === b.kind;
}

const hashed = (value: Uint8Array): RecordedValue => ({
  kind: "hash",
  sha256: createHash("sha256").update(value).digest("hex"),
  bytes: value.byteLength,
});

/** A mark of byte order is kept: the text must give the same bytes again. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(value: Uint8Array): string | undefined {
  try {
    return utf8.decode(value);
  } catch {
    return undefined;
  }
}
