import type { Context } from "hono";

/** Address of whoever asks, without the port. */
export function peerOf(c: Context): string {
  const { peer } = (c.env ?? {}) as { readonly peer?: string };
  return peer ?? "unknown";
}
