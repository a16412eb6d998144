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
