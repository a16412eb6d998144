/** The worst of a proxy's types is how the proxy is. */
import type { ProxyStatus, TypeStatus } from "../../../api/proxies.ts";
import type { Tone } from "../service/verdict.ts";

export type SyncWord = TypeStatus["status"];

const worst: readonly SyncWord[] = ["NACKED", "STALE", "PENDING", "SYNCED"];

export const syncOf = ({ types }: ProxyStatus): SyncWord =>
  worst.find((word) => types.some(({ status }) => status === word)) ?? "SYNCED";

export const byTrouble = (a: ProxyStatus, b: ProxyStatus): number =>
  worst.indexOf(syncOf(a)) - worst.indexOf(syncOf(b)) || (a.node < b.node ? -1 : 1);

export const syncTone: Readonly<Record<SyncWord, Tone>> = {
  SYNCED: "good",
  PENDING: "busy",
  STALE: "warn",
  NACKED: "bad",
};
