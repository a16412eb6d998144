/**
 * `GET /v1/wait?revision=R&timeoutMs=T&minProxies=N`: answers when at least N proxies are connected,
 * and every one has accepted everything as of store revision R. It ends early when all that is
 * missing was rejected, as that will not mend by itself. What was rejected before R and is none of
 * what R changed is told, and no reason to fail.
 */
import { limits } from "../config/limits.ts";
import { type Applied, type Behind, shortName } from "../index.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { inOrderOfNodes, proxyStatus } from "./proxy-status.ts";
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
  const { revision, timeoutMs, minProxies } = wanted;
  const began = performance.now();
  const applied = await sources.xds.applied(undefined, {
    revision,
    timeoutMs,
    signal,
    streams: minProxies,
    when: () => (sources.revision() ?? -1n) >= revision,
  });
  const waitedMs = Math.round(performance.now() - began);
  const { behind, omitted } = listed(applied);
  switch (applied.outcome) {
    case "applied": {
      const head = { revision: revisionNumber(revision), proxies: applied.streams, waitedMs };
      return Response.json({ ...head, standing: behind, omitted } satisfies WaitJson);
    }
    case "rejected": {
      const detail = "proxies rejected it; nothing is sent again until it is changed";
      return problem(409, "rejected", detail, { behind, omitted });
    }
    case "pending": {
      const detail = `${whyNot(sources, wanted, applied.streams)} within ${waitedMs} ms`;
      return problem(504, "not-applied", detail, { behind, omitted });
    }
  }
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

function listed({ behind: streams }: Applied): {
  readonly behind: readonly BehindJson[];
  readonly omitted: number;
} {
  const sorted = streams.toSorted((a, b) => inOrderOfNodes(a.stream, b.stream));
  const all = sorted.flatMap(behindOf);
  const kept = all.slice(0, limits.admin.problemEntries);
  return { behind: kept, omitted: all.length - kept.length };
}

function behindOf({ stream, types: lags }: Behind): readonly BehindJson[] {
  const { node, peer, types } = proxyStatus(stream);
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
