/**
 * What each proxy found last of the instances of each cluster, for as long as it goes on saying so. A
 * proxy names all of its clusters each time, so what it does not name any more is gone at once.
 */

/** One cluster, as one proxy has it. */
export interface Finding {
  readonly total: number;
  /** Of these, those that it sends requests to. */
  readonly healthy: number;
  /** Taken out by the answers to requests; some of them may fail their health checks as well. */
  readonly ejected: number;
  /** Since when some are not healthy, by the monotonic clock; undefined: all are. */
  readonly sinceMs: number | undefined;
}

export type FoundCluster = Omit<Finding, "sinceMs"> & { readonly cluster: string };

export interface ProxyFinding extends Finding {
  /** Id of its node; it is what the proxy says. */
  readonly proxy: string;
  readonly heardMs: number;
}

export interface BoardBounds {
  /** Findings of all proxies. */
  readonly findings: number;
  /** Beyond so many a proxy's are kept only where not all is well. */
  readonly wellFindings: number;
  /** Characters of their clusters' names, all together. */
  readonly chars: number;
  /** A proxy that says nothing for so long is not counted any more, ms. */
  readonly silentMs: number;
}

interface Proxy {
  readonly heardMs: number;
  readonly clusters: ReadonlyMap<string, Finding>;
  /** Those of them that are not well: few of many. */
  readonly unwell: readonly string[];
  /** Of the names of its clusters. */
  readonly chars: number;
}

export class VerdictBoard {
  readonly #bounds: BoardBounds;
  /** Those that were heard longest ago are the first ones. How many there are, the xDS port bounds. */
  readonly #proxies = new Map<string, Proxy>();
  #findings = 0;
  #chars = 0;
  #leftOut = 0;

  constructor(bounds: BoardBounds) {
    this.#bounds = bounds;
  }

  /** Findings that had no room when they came; first of all those of good health. */
  get leftOut(): number {
    return this.#leftOut;
  }

  report(proxy: string, found: readonly FoundCluster[], atMs: number): void {
    this.#forget(atMs);
    const before = this.#proxies.get(proxy)?.clusters;
    this.#remove(proxy);
    const clusters = new Map<string, Finding>();
    const unwell: string[] = [];
    let chars = 0;
    for (const each of found) {
      const isWell = each.healthy >= each.total;
      const { findings, wellFindings, chars: most } = this.#bounds;
      const isFull = this.#findings + clusters.size >= (isWell ? wellFindings : findings);
      if (isFull || this.#chars + chars + each.cluster.length > most) {
        this.#leftOut += 1;
        continue;
      }
      chars += each.cluster.length;
      if (!isWell) unwell.push(each.cluster);
      clusters.set(each.cluster, finding(each, isWell, before?.get(each.cluster), atMs));
    }
    this.#proxies.set(proxy, { heardMs: atMs, clusters, unwell, chars });
    this.#findings += clusters.size;
    this.#chars += chars;
  }

  /** What the proxies that have the cluster find of it. */
  of(cluster: string, nowMs: number): readonly ProxyFinding[] {
    this.#forget(nowMs);
    return [...this.#proxies].flatMap(([proxy, { heardMs, clusters }]) => {
      const found = clusters.get(cluster);
      return found === undefined ? [] : [{ ...found, proxy, heardMs }];
    });
  }

  /** Clusters of which some proxy does not find every instance healthy. */
  unwell(nowMs: number): ReadonlySet<string> {
    this.#forget(nowMs);
    return new Set([...this.#proxies.values()].flatMap(({ unwell }) => unwell));
  }

  /** Proxies that say what they find, and when the one was heard that has been silent for longest. */
  reporters(nowMs: number): { readonly count: number; readonly oldestMs: number | undefined } {
    this.#forget(nowMs);
    const [first] = this.#proxies.values();
    return { count: this.#proxies.size, oldestMs: first?.heardMs };
  }

  #forget(nowMs: number): void {
    for (const [name, { heardMs }] of this.#proxies) {
      if (nowMs - heardMs < this.#bounds.silentMs) return;
      this.#remove(name);
    }
  }

  #remove(proxy: string): void {
    const known = this.#proxies.get(proxy);
    this.#findings -= known?.clusters.size ?? 0;
    this.#chars -= known?.chars ?? 0;
    this.#proxies.delete(proxy);
  }
}

function finding(
  { total, healthy, ejected }: FoundCluster,
  isWell: boolean,
  before: Finding | undefined,
  atMs: number,
): Finding {
  const sinceMs = isWell ? undefined : (before?.sinceMs ?? atMs);
  const isSame =
    before !== undefined &&
    before.total === total &&
    before.healthy === healthy &&
    before.ejected === ejected;
  return isSame ? before : { total, healthy, ejected, sinceMs };
}
