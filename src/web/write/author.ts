/** Who writes and why, for the record: by name where serin knows it, and else as the page. */
import type { Me } from "../api/shapes.ts";

export const authorQuery = (me: Me | null, why: string): URLSearchParams =>
  new URLSearchParams({ by: me?.name || "web page", ...(why !== "" && { why }) });
