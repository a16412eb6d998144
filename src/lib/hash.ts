import { createHash } from "node:crypto";

/**
 * Content version of a resource: the first 16 hex digits (64 bits) of SHA-256 over its parts.
 * It depends on bytes alone, so it is equal across restarts and replicas.
 */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}

/** FNV-1a of a text's code units, 32 bits, signed: it spreads names over buckets and proves nothing. */
export function spreadHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}
