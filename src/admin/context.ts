import type { Hono } from "hono";
import type { Logger } from "pino";
import type { HostPort } from "../config/config.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Access } from "./access/access.ts";
import type { Turns } from "./live/turns.ts";
import type { AdminSources } from "./sources.ts";

/** What every group of routes is made from. */
export interface AdminContext {
  readonly sources: AdminSources;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly listen: HostPort;
  readonly access: Access;
  /** Of what is supposed of the store's content, or made of its past: it takes long. */
  readonly turns: Turns;
  /** Aborted when the server closes: requests that wait end then. */
  readonly closing: AbortSignal;
  /** Is told of every answer that the contract does not allow: tests listen. */
  readonly onBroken?: ((what: string) => void) | undefined;
}

/** Adds a group of routes. */
export type Routes = (app: Hono, context: AdminContext) => void;
