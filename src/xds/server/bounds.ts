/** The bounds of a transport: those of limits.ts, unless a user of the library sets others. */

import { limits } from "../../config/limits.ts";
import { longestTimerMs } from "../../lib/clock.ts";

/** Units and reasons stand in limits.ts. */
export interface WireBounds {
  readonly requestBytes: number;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly streamBurst: number;
  readonly streamsPerSecond: number;
  readonly headerBytes: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly connectionMemoryMb: number;
  readonly turnMs: number;
  readonly requestsPerTurn: number;
  readonly requestBytesPerTurn: number;
  readonly waitingBytes: number;
  readonly keepAliveTimeMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly handshakeMs: number;
  readonly messageMs: number;
  readonly watches: number;
  readonly otherStreams: number;
  readonly idleConnectionMs: number;
  /** 0: a connection lives as long as its client likes. */
  readonly connectionAgeMs: number;
  readonly connectionAgeJitter: number;
  readonly connectionAgeGraceMs: number;
  readonly certificateReadMs: number;
  readonly drainMs: number;
  readonly stopGraceMs: number;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

const count: Range = { least: 1, most: longestTimerMs, whole: true };
/** At 0 it would be done over and over. */
const interval: Range = { least: 1, most: longestTimerMs, whole: false };
const amount: Range = { ...interval, least: 0 };

/** What each may be; more or less would switch it off, or stop the port. */
export const boundRanges: Readonly<Record<keyof WireBounds, Range>> = {
  requestBytes: count,
  connections: count,
  streamsPerConnection: count,
  streamBurst: count,
  streamsPerSecond: amount,
  headerBytes: count,
  streamWindowBytes: count,
  connectionWindowBytes: count,
  connectionMemoryMb: count,
  turnMs: interval,
  requestsPerTurn: count,
  requestBytesPerTurn: count,
  waitingBytes: amount,
  keepAliveTimeMs: interval,
  keepAliveTimeoutMs: interval,
  handshakeMs: interval,
  messageMs: interval,
  watches: count,
  otherStreams: count,
  idleConnectionMs: amount,
  connectionAgeMs: amount,
  connectionAgeJitter: { least: 0, most: 1, whole: false },
  connectionAgeGraceMs: amount,
  certificateReadMs: interval,
  drainMs: amount,
  stopGraceMs: amount,
};

const defaultBounds: WireBounds = limits.xds;

/** The defaults where nothing else is said; `undefined` says nothing. */
export function boundsWith(own: Partial<WireBounds> = {}): WireBounds {
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...defaultBounds, ...Object.fromEntries(said) };
}
