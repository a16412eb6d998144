/**
 * After a write: how many proxies have acknowledged it, asked until all have, one rejects it, or the time is
 * over. `/v1/wait` is who decides; the count comes of `/v1/proxies`.
 */
import type { Api } from "../api/api.ts";

export type Acknowledged =
  | {
      readonly kind: "waiting" | "late" | "rejected";
      readonly count: number;
      readonly total: number;
    }
  | { readonly kind: "all"; readonly total: number };

/** One question to the server waits for this long. */
const askMs = 1_000;
const mostMs = 60_000;

export async function watchAcknowledged(
  api: Api,
  revision: number,
  tell: (said: Acknowledged) => void,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = Date.now() + mostMs;
  while (!signal.aborted) {
    const query = { revision, timeoutMs: askMs };
    const waited = await api.call("GET /v1/wait", { query }, { signal });
    if (signal.aborted) return;
    if (waited.ok) return tell({ kind: "all", total: waited.value.proxies });
    const { status } = waited.problem;
    const listed = await api.call("GET /v1/proxies", { query: { revision } }, { signal });
    if (signal.aborted) return;
    const proxies = listed.ok ? listed.value : [];
    const count = proxies.filter(({ applied }) => applied === true).length;
    const counts = { count, total: proxies.length };
    if (status === 409) return tell({ kind: "rejected", ...counts });
    if (Date.now() > untilMs) return tell({ kind: "late", ...counts });
    tell({ kind: "waiting", ...counts });
    // Anything but "not yet" comes at once, and would be asked again as quickly.
    if (status !== 504) await new Promise((resolve) => setTimeout(resolve, askMs));
  }
}
