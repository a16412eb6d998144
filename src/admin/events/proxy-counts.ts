/** Connected proxies in five numbers. */
import type { EventBodies } from "../../api/events.ts";
import type { TypeStatusWord } from "../../api/proxies.ts";
import type { StreamStatus } from "../../index.ts";
import { proxyStatus } from "../proxy-status.ts";

/** Worst first. */
const words: readonly TypeStatusWord[] = ["NACKED", "STALE", "PENDING"];

export function proxyCounts(streams: readonly StreamStatus[]): EventBodies["proxies"] {
  const counts = { connected: 0, SYNCED: 0, PENDING: 0, STALE: 0, NACKED: 0 };
  for (const stream of streams) {
    if (stream.node === undefined) continue;
    const found = new Set(proxyStatus(stream).types.map(({ status }) => status));
    counts.connected += 1;
    counts[words.find((word) => found.has(word)) ?? "SYNCED"] += 1;
  }
  const { connected, SYNCED: synced, PENDING: pending, STALE: stale, NACKED: nacked } = counts;
  return { connected, synced, pending, stale, nacked };
}
