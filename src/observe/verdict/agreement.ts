/** Proxies that find the same of a cluster, summed up. */
import { compareText } from "../../lib/compare-text.ts";
import type { ProxyFinding } from "./board.ts";

export interface Agreement {
  readonly total: number;
  readonly healthy: number;
  readonly ejected: number;
  /**
   * Neither healthy nor ejected: they fail their health checks, or have not passed one yet. Of an instance
   * that is both, a proxy tells the ejection.
   */
  readonly failing: number;
  /** In the order of their names. */
  readonly proxies: readonly string[];
  /** Since when the first of them does not find every instance healthy; undefined: all do. */
  readonly sinceMs: number | undefined;
  /** When the one of them was heard that has been silent for longest. */
  readonly heardMs: number;
}

/** Those that find fewer healthy come first. */
export function agreements(findings: readonly ProxyFinding[]): readonly Agreement[] {
  const groups = new Map<string, ProxyFinding[]>();
  for (const each of findings) {
    const key = `${each.total} ${each.healthy} ${each.ejected}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [each]);
    else known.push(each);
  }
  return [...groups.values()].flatMap(agreement).sort(byHealth);
}

function agreement(group: readonly ProxyFinding[]): readonly Agreement[] {
  const [first] = group;
  if (first === undefined) return [];
  const { total, healthy, ejected } = first;
  const since = group.flatMap(({ sinceMs }) => sinceMs ?? []);
  return [
    {
      ...{ total, healthy, ejected },
      failing: Math.max(0, total - healthy - ejected),
      proxies: group.map(({ proxy }) => proxy).sort(compareText),
      sinceMs: since.length === 0 ? undefined : Math.min(...since),
      heardMs: Math.min(...group.map(({ heardMs }) => heardMs)),
    },
  ];
}

const byHealth = (a: Agreement, b: Agreement): number =>
  missing(b) - missing(a) || a.total - b.total || a.ejected - b.ejected;

const missing = ({ total, healthy }: Agreement): number => total - healthy;
