/** The bounds of a transport: those of limits.ts, unless a user of the library sets others. */
import { limits } from "../../config/limits.ts";

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
  readonly keepAliveTimeMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly handshakeMs: number;
  readonly idleConnectionMs: number;
  /** 0: a connection lives as long as its client likes. */
  readonly connectionAgeMs: number;
  readonly connectionAgeJitter: number;
  readonly connectionAgeGraceMs: number;
  readonly certificateReadMs: number;
  readonly drainMs: number;
  readonly stopGraceMs: number;
}

export const defaultBounds: WireBounds = limits.xds;
