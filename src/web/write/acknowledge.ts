/**
 * After a write: how many proxies have acknowledged it, of this replica and of all others, asked until all have, one
 * rejects it, or the time is over. `/v1/wait` is who decides and who counts.
 */
import type { Api } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";

interface Counts {
  readonly count: number;
  readonly total: number;
}

export type Acknowledged =
  | (Counts & { readonly kind: "waiting" | "late" | "rejected" })
  | { readonly kind: "all"; readonly total: number };

/** One question to the server waits for this long. */
const askMs = 1_000;
const mostMs = 60_000;

export async function watchAcknowledged(
  api: Pick<Api, "call">,
  revision: number,
  tell: (said: Acknowledged) => void,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = Date.now() + mostMs;
  let counts: Counts = { count: 0, total: 0 };
  while (!signal.aborted) {
    const query = { revision, timeoutMs: askMs };
    const waited = await api.call("GET /v1/wait", { query }, { signal });
    if (signal.aborted) return;
    if (waited.ok) return tell({ kind: "all", total: waited.value.proxies });
    const { code, members } = waited.problem;
    counts = countsIn(members) ?? counts;
    if (code === "rejected") return tell({ kind: "rejected", ...counts });
    if (Date.now() > untilMs) return tell({ kind: "late", ...counts });
    tell({ kind: "waiting", ...counts });
    // Anything but "not yet" comes at once, and would be asked again as quickly.
    if (code !== "not-applied") await new Promise((resolve) => setTimeout(resolve, askMs));
  }
}

/** What a wait that ends in vain says of the proxies; others of its problems say nothing. */
function countsIn({ accepted, proxies }: Problem["members"]): Counts | undefined {
  return typeof accepted === "number" && typeof proxies === "number"
    ? { count: accepted, total: proxies }
    : undefined;
}
