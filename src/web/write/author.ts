/** Who writes and why, for the record: by name where serin knows it, and else as the page. */
import type { Me } from "../../api/events.ts";

export const authorQuery = (me: Me | null, why: string) => ({
  by: me?.name || "web page",
  ...(why !== "" && { why }),
});
