/**
 * `lanes/<name>`: full-chain gray release. A request in the lane carries a header (or a member of the
 * W3C baggage) from hop to hop, and each hop that has instances of the lane sends it to them.
 */
import type { LaneName, ServiceName } from "./names.ts";
import type { NamedMatch } from "./route.ts";
import type { HashSplit } from "./traffic.ts";

export interface Lane {
  readonly name: LaneName;
  /** Lower case. A request is in the lane when this header has this value ... */
  readonly header: string;
  readonly value: string;
  /** ... or the baggage has this member with the value; undefined: baggage does not count. */
  readonly baggage: string | undefined;
  /** Which instances are in the lane. They get no other traffic. At least one label. */
  readonly labels: ReadonlyMap<string, string>;
  /** Services that may have instances in the lane; undefined: all. */
  readonly services: readonly ServiceName[] | undefined;
  /** What a hop without usable instances of the lane does: the baseline answers, or 503. */
  readonly mode: "permissive" | "strict";
  readonly entries: readonly LaneEntry[];
  /** Store key. */
  readonly origin: string;
}

/**
 * Where requests come into the lane. Every gateway that an entry names is an edge: what clients send
 * as the lane's header or as baggage is taken away there first, unless `trustClient`.
 */
export interface LaneEntry {
  /** Names that may be of no gateway; undefined: all gateways. */
  readonly gateways: readonly string[] | undefined;
  readonly trustClient: boolean;
  /** Any may match; empty: every request. */
  readonly matches: readonly LaneMatch[];
  /** Share of the matching requests that comes into the lane, in hundredths of a percent: 0 to 10,000. */
  readonly share: number;
  /** Whom the share takes; undefined: each request by chance. */
  readonly hashSplit: HashSplit | undefined;
}

/** All given conditions must hold. */
export interface LaneMatch {
  readonly headers: readonly NamedMatch[];
  readonly cookies: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
}
