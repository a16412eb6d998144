/** The streams that a question of a user is about, and how far each is. */
import type { Progress } from "../snapshot/retirement.ts";
import type { SnapshotCache } from "./snapshot-cache.ts";
import type { XdsStream } from "./stream.ts";
import { type Lag, lagAt } from "./stream-status.ts";

/** What is asked for of which streams. */
export interface Asked {
  /** Undefined: of all groups. */
  readonly group: string | undefined;
  readonly typeUrl: string | undefined;
  /** Undefined: whatever is in force. */
  readonly revision: bigint | undefined;
}

export class AskedStreams {
  readonly #streams: ReadonlySet<XdsStream>;
  readonly #cache: SnapshotCache;

  constructor(streams: ReadonlySet<XdsStream>, cache: SnapshotCache) {
    this.#streams = streams;
    this.#cache = cache;
  }

  of(asked: Asked): readonly XdsStream[] {
    return [...this.#streams].filter((stream) => this.#isAsked(stream, asked));
  }

  /** Undefined where the stream is not asked. */
  progress(stream: XdsStream, asked: Asked): Progress | undefined {
    if (!this.#isAsked(stream, asked)) return undefined;
    const lags = this.lags(stream, asked);
    if (lags === undefined) return "pending";
    if (lags.every(({ standing }) => standing)) return "applied";
    return lags.every(({ rejected }) => rejected) ? "rejected" : "pending";
  }

  /** Undefined where the stream has not the content of its group as of the revision. */
  lags(stream: XdsStream, { group, revision, typeUrl }: Asked): readonly Lag[] | undefined {
    if (!this.#isCurrent(stream, group)) return undefined;
    const lags = lagAt(stream, revision ?? stream.view?.revision ?? 0n);
    return typeUrl === undefined ? lags : lags?.filter((lag) => lag.typeUrl === typeUrl);
  }

  /** Those of a group have its content, or wait for it. */
  #isAsked({ node, view }: XdsStream, { group }: Asked): boolean {
    if (node === undefined) return false;
    return group === undefined || view?.key === group || this.#cache.selectedGroup(node) === group;
  }

  /** A stream may be still to be selected for a group that has just come, also in place of another. */
  #isCurrent({ node, view }: XdsStream, group: string | undefined): boolean {
    const own = group ?? (node && this.#cache.selectedGroup(node)) ?? view?.key;
    const inForce = own === undefined ? undefined : this.#cache.snapshot(own);
    if (inForce !== undefined) return view === inForce;
    return group === undefined || view?.key === group;
  }
}
