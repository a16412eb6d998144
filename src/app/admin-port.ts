/**
 * How the port that people ask is opened: as the flags say. Tokens and certificates are read again while
 * it is open, and what does not fit changes nothing.
 */
import type { Logger } from "pino";
import { Access } from "../admin/access/access.ts";
import { readTokens, type TokenFile } from "../admin/access/read-tokens.ts";
import { type AdminServer, startAdminServer } from "../admin/server.ts";
import type { AdminSources } from "../admin/sources.ts";
import type { ServeConfig } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { readTls, type TlsContext, watchTls } from "../config/tls.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { isLoopback } from "../lib/loopback.ts";
import { reread } from "../lib/reread.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";

export type AdminPortConfig = Pick<ServeConfig, "adminListen"> &
  Partial<Pick<ServeConfig, "adminTokens" | "adminTls">>;

export interface AdminSurroundings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock?: Clock;
}

interface AdminFiles {
  readonly tokens: TokenFile | undefined;
  readonly tls: TlsContext | undefined;
}

/** What is wrong with the files, in one sentence that names one of them; undefined: nothing. */
export async function adminFilesProblem(config: AdminPortConfig): Promise<string | undefined> {
  const files = await readFiles(config);
  return files.ok ? undefined : files.error;
}

async function readFiles(config: AdminPortConfig): Promise<Result<AdminFiles, string>> {
  const { adminTokens, adminTls } = config;
  const tokens = adminTokens === undefined ? undefined : await readTokens(adminTokens);
  if (tokens?.ok === false) return err(`tokens of the admin API: ${tokens.error}`);
  const tls = adminTls && (await readTls(adminTls));
  if (tls?.ok === false) return err(`TLS for the admin API: ${tls.error}`);
  return ok({ tokens: tokens?.value, tls: tls?.value });
}

/** Fails with one sentence. */
export async function openAdminPort(
  sources: AdminSources,
  config: AdminPortConfig,
  { logger, metrics, clock = systemClock }: AdminSurroundings,
): Promise<Result<AdminServer, string>> {
  const files = await readFiles(config);
  if (!files.ok) return files;
  let { tokens } = files.value;
  const { tls } = files.value;
  const access = new Access({ tokens: () => tokens?.tokens, clock, logger, metrics });
  const { adminListen: listen, adminTokens, adminTls } = config;
  const port = { listen, access, tls: tls?.options };
  const server = await startAdminServer(sources, port, metrics, logger);
  if (!server.ok) return server;
  const stops: (() => void)[] = [];
  if (adminTokens !== undefined && tokens !== undefined) {
    metrics.adminTokensRead(true);
    for (const doubt of doubtsOf(config, tokens)) logger.warn({ admin: listen }, doubt);
    const onChange = (read: Result<TokenFile, string>): void => {
      if (read.ok) tokens = read.value;
      metrics.adminTokensRead(read.ok);
      tellTokens(read, logger);
    };
    const watch = { clock, everyMs: limits.access.readMs, read: () => readTokens(adminTokens) };
    stops.push(reread({ ...watch, onChange }, tokens.content));
  }
  if (adminTls !== undefined && tls !== undefined) {
    const onChange = (read: Result<TlsContext, string>): void => {
      if (read.ok) server.value.replaceTls(read.value.options);
      tellTls(read, logger);
    };
    const watch = { files: adminTls, clock, everyMs: limits.xds.certificateReadMs, onChange };
    stops.push(watchTls(watch, tls));
  }
  const close = (): Promise<void> => {
    for (const stop of stops) stop();
    return server.value.close();
  };
  return ok({ ...server.value, close });
}

/** What is as the flags say, and may not be what is meant. */
export function doubtsOf(
  { adminListen, adminTls }: AdminPortConfig,
  { tokens }: Pick<TokenFile, "tokens">,
): readonly string[] {
  const isClear = adminTls === undefined && !isLoopback(adminListen.host);
  return [
    ...(isClear
      ? ["tokens travel in the clear: give the admin API a certificate by --admin-tls-cert"]
      : []),
    ...(tokens.length === 0 ? ["the file of tokens is empty: it lets nobody in"] : []),
  ];
}

function tellTokens(read: Result<TokenFile, string>, logger: Logger): void {
  if (read.ok) logger.info({ tokens: read.value.tokens.length }, "new tokens for the admin API");
  else logger.error({ reason: read.error }, "tokens not taken, the old ones stay");
}

function tellTls(read: Result<TlsContext, string>, logger: Logger): void {
  if (read.ok) logger.info({ notAfter: read.value.notAfter }, "new certificate for the admin API");
  else logger.error({ reason: read.error }, "certificate for the admin API not taken");
}
