/**
 * `GET /v1/wait?revision=R&timeoutMs=T&minProxies=N`: answers when at least N proxies are connected,
 * and every one has accepted everything as of store revision R. It ends early when all that is
 * missing was rejected, as that will not mend by itself. What was rejected before R and is none of
 * what R changed is told, and no reason to fail.
 */
import { setTimeout as pause } from "node:timers/promises";
import { limits } from "../config/limits.ts";
import { shortName } from "../snapshot/type-url.ts";
import type { XdsStream } from "../xds/stream.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { lagAt, proxyStatus, proxyStreams } from "./proxy-status.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import type { AdminSources } from "./sources.ts";

export interface WaitJson {
  readonly revision: number;
  /** Connected proxies, all of which have accepted it. */
  readonly proxies: number;
  readonly waitedMs: number;
  /** Rejections that stand from before. */
  readonly standing: readonly BehindJson[];
  /** How many more of them there are. */
  readonly omitted: number;
}

/** A proxy and a type that a wait was for in vain. */
export interface BehindJson {
  readonly node: string;
  readonly peer: string;
  /** null where the proxy has no view of that revision yet. */
  readonly type: string | null;
  readonly status: string;
  readonly versionSent: string | null;
  readonly versionAcked: string | null;
  /** What the proxy said of what it rejected. */
  readonly message: string | null;
}

export const waitRoutes: Routes = (app, { sources, closing }) => {
  let waits = 0;
  app.get("/v1/wait", async (c) => {
    const revision = parseRevision(c.req.query("revision"));
    const timeoutMs = parseTimeout(c.req.query("timeoutMs"));
    const minProxies = parseCount(c.req.query("minProxies"));
    if (revision === undefined || timeoutMs === undefined || minProxies === undefined) {
      const most = limits.admin.waitMaxMs;
      const detail = `expected revision=NUMBER, timeoutMs=0 to ${most} and minProxies=NUMBER`;
      return problem(400, "bad-request", detail);
    }
    if (waits >= limits.admin.waits) {
      return problem(429, "too-many-waits", `${waits} requests are waiting already`);
    }
    waits += 1;
    try {
      const signal = AbortSignal.any([closing, c.req.raw.signal]);
      return await wait(sources, { revision, timeoutMs, minProxies }, signal);
    } finally {
      waits -= 1;
    }
  });
};

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return limits.admin.waitMs;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return ms <= limits.admin.waitMaxMs ? ms : undefined;
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

interface Wanted {
  readonly revision: bigint;
  readonly timeoutMs: number;
  readonly minProxies: number;
}

async function wait(sources: AdminSources, wanted: Wanted, signal: AbortSignal): Promise<Response> {
  const { revision, timeoutMs } = wanted;
  const began = performance.now();
  for (;;) {
    const state = progress(sources, wanted);
    const waitedMs = Math.round(performance.now() - began);
    if (state.kind === "applied") {
      const { streams } = state;
      const { behind: standing, omitted } = behind(sources, streams, revision);
      const proxies = streams.length;
      const head = { revision: revisionNumber(revision), proxies, waitedMs };
      return Response.json({ ...head, standing, omitted } satisfies WaitJson);
    }
    if (state.kind === "rejected") {
      const detail = "proxies rejected it; nothing is sent again until it is changed";
      return problem(409, "rejected", detail, behind(sources, state.streams, revision));
    }
    if (waitedMs >= timeoutMs || signal.aborted) return notApplied(sources, wanted, waitedMs);
    const left = Math.min(limits.admin.waitPollMs, timeoutMs - waitedMs);
    // An abort is looked at in the next turn.
    await pause(left, undefined, { signal }).catch(() => undefined);
  }
}

type Progress =
  | { readonly kind: "applied" | "rejected"; readonly streams: readonly XdsStream[] }
  | { readonly kind: "pending" };

function progress(sources: AdminSources, { revision, minProxies }: Wanted): Progress {
  if ((sources.revision() ?? -1n) < revision) return { kind: "pending" };
  const streams = proxyStreams(sources.hub.streams);
  if (streams.length < minProxies) return { kind: "pending" };
  const lags = streams.map((stream) => lagAt(stream, revision));
  if (lags.every((lag) => lag?.every(({ standing }) => standing))) {
    return { kind: "applied", streams };
  }
  const final = lags.every((lag) => lag?.every(({ rejected }) => rejected));
  return final ? { kind: "rejected", streams } : { kind: "pending" };
}

function notApplied(sources: AdminSources, wanted: Wanted, waitedMs: number): Response {
  const { revision } = wanted;
  const streams = proxyStreams(sources.hub.streams);
  const detail = `${whyNot(sources, wanted, streams.length)} within ${waitedMs} ms`;
  return problem(504, "not-applied", detail, behind(sources, streams, revision));
}

function whyNot(
  sources: AdminSources,
  { revision, minProxies }: Wanted,
  connected: number,
): string {
  const inForce = sources.revision();
  if ((inForce ?? -1n) < revision) {
    return `revision ${revision} did not come into force (in force is ${inForce ?? "none"})`;
  }
  if (connected >= minProxies) return `not every proxy has accepted revision ${revision}`;
  if (connected === 0) return "no proxy is connected: none came";
  return `only ${connected} of ${minProxies} proxies connected`;
}

function behind(
  sources: AdminSources,
  streams: readonly XdsStream[],
  revision: bigint,
): { readonly behind: readonly BehindJson[]; readonly omitted: number } {
  const all = streams.flatMap((stream) => behindOf(stream, revision, sources.hub.wallMs()));
  const kept = all.slice(0, limits.admin.problemEntries);
  return { behind: kept, omitted: all.length - kept.length };
}

function behindOf(stream: XdsStream, revision: bigint, nowMs: number): readonly BehindJson[] {
  const { node, peer, types } = proxyStatus(stream, nowMs);
  const lags = lagAt(stream, revision);
  if (lags === undefined) {
    const unknown = { type: null, status: "PENDING", versionSent: null, versionAcked: null };
    return [{ node, peer, ...unknown, message: null }];
  }
  return lags.flatMap(({ typeUrl }) => {
    const type = types.find((each) => each.typeUrl === typeUrl);
    if (type === undefined) return [];
    const { status, versionSent, versionAcked, nack } = type;
    const message = nack?.message ?? null;
    return [{ node, peer, type: shortName(typeUrl), status, versionSent, versionAcked, message }];
  });
}
