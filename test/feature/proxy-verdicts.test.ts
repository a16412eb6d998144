/** What proxies find of instances, from the call that brings it to the API that shows it. */

import { Client, credentials, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { Turns } from "../../src/admin/live/turns.ts";
import { adminApp } from "../../src/admin/server.ts";
import type { VerdictsJson } from "../../src/api/verdicts.ts";
import { limits } from "../../src/config/limits.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { reasons } from "../../src/xds/end-reason.ts";
import { openAccess } from "../support/access.ts";
import { messageOf, stats, statsPath } from "../support/otlp.ts";
import { CDS, nodeOf } from "./client.ts";
import { type Content, type Lab, web, withLab } from "./support.ts";

const looked: Content = { ...web, "services/web": { healthCheck: {} } };

/** One call with these bytes: the status that it ended with, and why. */
function send(client: Client, bytes: Buffer): Promise<readonly [string | undefined, string]> {
  return new Promise((resolve) => {
    const same = (each: Buffer): Buffer => each;
    const ended = (error: ServiceError | null): void => {
      const { code, details } = error ?? { code: grpcStatus.OK, details: "" };
      resolve([grpcStatus[code], details]);
    };
    client.makeUnaryRequest(statsPath, same, same, bytes, { deadline: Date.now() + 5_000 }, ended);
  });
}

/** With a client that is closed whatever happens. */
function withClient(
  content: Content,
  story: (lab: Lab, tell: (bytes: Buffer) => ReturnType<typeof send>) => Promise<void>,
): Promise<void> {
  return withLab(content, async (lab) => {
    const client = new Client(`127.0.0.1:${lab.port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_send_message_length": -1,
    });
    try {
      await story(lab, (bytes) => send(client, bytes));
    } finally {
      client.close();
    }
  });
}

async function shown(lab: Lab, query = ""): Promise<VerdictsJson> {
  const admin = adminApp({
    turns: new Turns(systemClock),
    sources: lab.app,
    metrics: createMetrics(),
    logger: pino({ level: "silent" }),
    listen: { host: "127.0.0.1", port: 1 },
    access: openAccess(),
    closing: new AbortController().signal,
  });
  const answer = await admin.request(`http://127.0.0.1:1/v1/verdicts${query}`, {
    headers: { host: "127.0.0.1:1" },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as VerdictsJson;
}

const well = { total: 1, healthy: 1 };
const out = { total: 1, healthy: 0, ejected: 1 };
const ok = ["OK", ""] as const;

describe("what proxies find", () => {
  it("is summed up over those that agree, and goes when they find something else", () =>
    withClient(looked, async (lab, tell) => {
      for (const node of ["edge-3", "edge-1"]) {
        expect(await tell(stats(node, { "web/v1": well, "web/v2": well }))).toEqual(ok);
      }
      lab.clock.advance(5_000);
      expect(await tell(stats("edge-2", { "web/v1": well, "web/v2": out }))).toEqual(ok);
      lab.clock.advance(2_000);
      const bad = {
        ...{ proxies: 1, names: ["edge-2"], ...out, failing: 0, unwellForMs: 2_000, ageMs: 2_000 },
      };
      const good = {
        ...{ proxies: 2, names: ["edge-1", "edge-3"], ...well, ejected: 0, failing: 0 },
        ...{ unwellForMs: null, ageMs: 7_000 },
      };
      const v2 = {
        ...{ service: "web", subset: "v2", instances: 1, looksAtHealth: true, unwell: true },
        findings: [bad, good],
      };
      const head = { reporters: 3, ageMs: 7_000, leftOut: 0 };
      expect(await shown(lab)).toEqual({ ...head, versions: [v2] });
      const { versions } = await shown(lab, "?service=web");
      expect(versions).toMatchObject([{ subset: "v1", unwell: false }, v2]);
      await tell(stats("edge-2", { "web/v1": well, "web/v2": well }));
      expect((await shown(lab)).versions).toEqual([]);
    }));

  it("goes with a proxy that says nothing any more", () =>
    withClient(looked, async (lab, tell) => {
      await tell(stats("edge-1", { "web/v2": out }));
      lab.clock.advance(limits.verdict.silentMs - 1);
      expect((await shown(lab)).versions).toHaveLength(1);
      lab.clock.advance(1);
      expect(await shown(lab)).toEqual({ reporters: 0, ageMs: null, leftOut: 0, versions: [] });
    }));

  it("is nothing of versions whose health nobody looks at, nor of clusters that are not serin's", () =>
    withClient(web, async (lab, tell) => {
      await tell(stats("edge-1", { "web/v2": { total: 2, healthy: 1 }, serin: out, "a/b": out }));
      expect((await shown(lab)).versions).toEqual([]);
      const { versions } = await shown(lab, "?service=web");
      expect(versions.map(({ looksAtHealth, unwell }) => [looksAtHealth, unwell])).toEqual([
        [false, false],
        [false, false],
      ]);
    }));
});

describe("calls that bring something else", () => {
  it("end alone: streams of discovery and other calls go on", () =>
    withClient(looked, async (lab, tell) => {
      const proxy = lab.sotw("edge-1", "ADS", nodeOf("edge-1", { user_agent_name: "envoy" }));
      await proxy.fetch(CDS);
      await tell(stats("edge-1", { "web/v2": out }));
      const many = Array.from({ length: limits.stats.metrics + 1 }, () => ({}));
      const longName = { [`web/${"v".repeat(limits.xds.nameBytes)}`]: well };
      const hostile: readonly (readonly [Buffer, object])[] = [
        [Buffer.alloc(1_000, 0xff), reasons.malformedStats],
        [Buffer.alloc(0), reasons.noStatsNode],
        [stats("", {}), reasons.noStatsNode],
        [stats("n".repeat(limits.xds.nameBytes + 1), {}), reasons.statsNameTooLong],
        [stats("edge-1", { "web/v2": { total: -1, healthy: 0 } }), reasons.malformedStats],
        [stats("edge-1", longName), reasons.statsNameTooLong],
        [messageOf("edge-1", many), reasons.tooManyStats],
        [Buffer.alloc(limits.xds.requestBytes + 1), reasons.requestTooLarge],
      ];
      const codes = {
        invalid_argument: "INVALID_ARGUMENT",
        resource_exhausted: "RESOURCE_EXHAUSTED",
      };
      for (const [bytes, reason] of hostile) {
        const { code, message } = reason as { code: keyof typeof codes; message: string };
        // What comes at the very same moment is not read again.
        lab.clock.advance(5_000);
        expect(await tell(bytes)).toEqual([codes[code], message]);
      }
      expect((await shown(lab)).versions).toMatchObject([{ subset: "v2", unwell: true }]);
      expect(lab.closed).toEqual([]);
      expect(await tell(stats("edge-2", { "web/v2": well }))).toEqual(ok);
    }));
});
