import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CallCommand, CallReport } from "../support/grpc-client.ts";
import { buildClients, languages } from "../support/grpc-client-build.ts";
import { startEchoServer } from "../support/grpc-echo-server.ts";
import { type Caller, callers, type GrpcScene, startGrpcScene } from "../support/grpc-scene.ts";
import { eventually } from "../support/wait.ts";

/** Compilers and downloads, where the cache is empty. */
const buildMs = 600_000;
const testMs = 180_000;
const service = "serin.test.Echo";

describe("routes in gRPC clients without a proxy, and in an Envoy", { timeout: testMs }, () => {
  let scene: GrpcScene;
  const put = new Set<string>();
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    await buildClients();
    scene = await startGrpcScene();
    for (const caller of callers) await ask(caller, { deadlineMs: 30_000 });
  }, buildMs);
  afterAll(() => scene?.stop());
  afterEach(async () => {
    for (const key of put) {
      if (key === "services/web") await scene.apply(key, { appProtocol: "grpc" });
      else await scene.remove(key);
    }
    put.clear();
    for (const close of closers.splice(0)) await close();
    await scene.apply("weights/web", { v1: 100, v2: 0 });
  });

  const ask = (caller: Caller, command: CallCommand): Promise<CallReport> =>
    scene.clients[caller].call(command);

  async function apply(key: string, value: unknown): Promise<void> {
    put.add(key);
    await scene.apply(key, value);
  }

  /** An acknowledged change is in use a moment later. */
  const answered = (caller: Caller, command: CallCommand, expected: Partial<CallReport>) =>
    eventually(
      async () => {
        const { counts, errors } = await ask(caller, { calls: 30, ...command });
        expect({ counts, errors }).toEqual({ counts: {}, errors: {}, ...expected });
        return true;
      },
      { what: `${caller} to get ${JSON.stringify(expected)}`, timeoutMs: 20_000 },
    );

  it("a GRPCRoute sends one method elsewhere", async () => {
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [
        {
          matches: [{ method: { service, method: "Shout" } }],
          backendRefs: [{ name: "web", subset: "v2" }],
        },
        { matches: [{ method: { service } }], backendRefs: [{ name: "web" }] },
      ],
    });
    for (const caller of callers) {
      await answered(caller, { method: "Shout" }, { counts: { v2: 30 } });
      await answered(caller, {}, { counts: { v1: 30 } });
    }
  });

  it("a route whose parent is the service is one of clients without a proxy alone", async () => {
    await apply("grpcroutes/web", {
      parentRefs: [{ kind: "Service", name: "web" }],
      rules: [{ backendRefs: [{ name: "web", subset: "v2" }] }],
    });
    for (const language of languages) await answered(language, {}, { counts: { v2: 30 } });
    await answered("envoy", {}, { counts: { v1: 30 } });
  });

  it("calls fail that no route takes, and those of a rule without a backend", async () => {
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [
        { matches: [{ method: { service, method: "Shout" } }], backendRefs: [] },
        {
          matches: [{ headers: [{ name: "x-known", value: "yes" }] }],
          backendRefs: [{ name: "web" }],
        },
      ],
    });
    const known = { "x-known": "yes" };
    for (const caller of callers) {
      await answered(caller, { headers: known, method: "Shout" }, { errors: { UNAVAILABLE: 30 } });
      await answered(caller, { headers: known }, { counts: { v1: 30 } });
      const errors = caller === "envoy" ? { UNIMPLEMENTED: 30 } : { UNAVAILABLE: 30 };
      await answered(caller, {}, { errors });
    }
  });

  it("what one of them could not do leaves the rest of the routes alone", async () => {
    await apply("routes/web", {
      hostnames: ["web"],
      rules: [
        {
          matches: [{ queryParams: [{ name: "a", value: "1" }] }],
          backendRefs: [{ name: "web", subset: "v2" }],
        },
        {
          matches: [{ headers: [{ name: "cookie", value: "no" }], method: "GET" }],
          filters: [{ type: "RequestRedirect", requestRedirect: { statusCode: 302 } }],
        },
        {
          matches: [{ path: { type: "PathPrefix", value: `/${service}` } }],
          filters: [
            {
              type: "RequestHeaderModifier",
              requestHeaderModifier: { set: [{ name: "x-a", value: "b" }] },
            },
            { type: "RequestMirror", requestMirror: { backendRef: { name: "web" } } },
          ],
          rateLimit: { requests: 1_000_000, per: "1s" },
          backendRefs: [{ name: "web", subset: "v2" }],
        },
        { matches: [{ path: { type: "Exact", value: "/old" } }], backendRefs: [] },
      ],
    });
    for (const caller of callers) await answered(caller, {}, { counts: { v2: 30 } });
    const diagnostics =
      await scene.serin.api<readonly { readonly code: string }[]>("/v1/diagnostics");
    expect(diagnostics.filter(({ code }) => code === "GRPC_UNSUPPORTED")).toMatchObject([
      { key: "routes/web", severity: "warning" },
    ]);
  });

  it("a lane has its calls, by header and by baggage", async () => {
    const gray = { address: `127.0.0.1:${scene.v2.port}`, labels: { version: "v1", lane: "gray" } };
    await apply("endpoints/web/g", gray);
    await apply("lanes/gray", { header: "X-Lane", baggage: "lane" });
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [{ matches: [{ method: { service } }], backendRefs: [{ name: "web" }] }],
    });
    for (const caller of callers) {
      await answered(caller, { headers: { "x-lane": "gray" } }, { counts: { v2: 30 } });
      await answered(caller, { headers: { baggage: "a=b, lane=gray" } }, { counts: { v2: 30 } });
      await answered(caller, { headers: { "x-lane": "blue" } }, { counts: { v1: 30 } });
      await answered(caller, {}, { counts: { v1: 30 } });
    }
  });

  it("a release sends testers to its canary, and takes that back", async () => {
    const match = [{ headerName: "X-Tester", headerValue: { exact: "1" } }];
    const copied = [{ headers: { "X-Tester": { exact: "1" } } }];
    const steps = [
      { setMirrorRoute: { name: "copies", match: copied } },
      { setHeaderRoute: { name: "testers", match } },
      { pause: {} },
    ];
    const canary = { stableSubset: "v1", canarySubset: "v2", steps };
    put.add("status/rollouts/web");
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [{ matches: [{ method: { service } }], backendRefs: [{ name: "web" }] }],
    });
    await apply("rollouts/web", { strategy: { canary } });
    const testers = { headers: { "x-tester": "1" } };
    for (const language of languages) {
      await answered(language, testers, { counts: { v2: 30 } });
      await answered(language, { headers: { "x-tester": "2" } }, { counts: { v1: 30 } });
      await answered(language, {}, { counts: { v1: 30 } });
    }
    // A proxy has the mirror, which was set first and so gets these calls.
    await answered("envoy", testers, { counts: { v1: 30 } });
    const diagnostics =
      await scene.serin.api<readonly { readonly code: string }[]>("/v1/diagnostics");
    expect(diagnostics.filter(({ code }) => code === "GRPC_UNSUPPORTED")).toMatchObject([
      { key: "rollouts/web", severity: "warning" },
    ]);
    await scene.remove("rollouts/web");
    for (const language of languages) await answered(language, testers, { counts: { v1: 30 } });
  });

  it("a timeout ends the call, and none is cut short", async () => {
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [
        {
          matches: [{ method: { service, method: "Shout" } }],
          timeouts: { request: "3s" },
          backendRefs: [{ name: "web" }],
        },
        { timeouts: { request: "1s" }, backendRefs: [{ name: "web" }] },
      ],
    });
    const slow = { request: { waitMs: 8_000 }, deadlineMs: 20_000, calls: 8 };
    for (const caller of callers) {
      const errors = { [caller === "envoy" ? "UNAVAILABLE" : "DEADLINE_EXCEEDED"]: 8 };
      await answered(caller, { ...slow, method: "Shout" }, { errors });
      const quick = { request: { waitMs: 300 }, deadlineMs: 20_000 };
      await answered(caller, { ...quick, method: "Shout" }, { counts: { v1: 30 } });
      await answered(caller, quick, { counts: { v1: 30 } });
    }
  });

  it("a call that is UNAVAILABLE is tried again, as often as the route says", async () => {
    await apply("grpcroutes/web", {
      hostnames: ["web"],
      rules: [{ retry: { attempts: 2, backoff: "10ms" }, backendRefs: [{ name: "web" }] }],
    });
    const failing = (code: number, times: number) => ({ request: { fail: { code, times } } });
    for (const language of languages) {
      await answered(language, failing(14, 2), { counts: { v1: 30 } });
      await answered(language, failing(14, 3), { errors: { UNAVAILABLE: 30 } });
      await answered(language, failing(9, 1), { errors: { FAILED_PRECONDITION: 30 } });
    }
  });

  it.each(["LeastRequest", "Random", "Maglev"])(
    "clients that refuse %s have what they know in its place",
    async (lbPolicy) => {
      put.add("services/web");
      // Clients that have the cluster may refuse it until their routes name the other one.
      const settings = JSON.stringify({ appProtocol: "grpc", lbPolicy });
      await scene.etcd.put("/serin/services/web", settings);
      await scene.etcd.put("/serin/weights/web", JSON.stringify({ v1: 0, v2: 100 }));
      for (const caller of callers) await answered(caller, {}, { counts: { v2: 30 } });
      await eventually(
        async () => {
          const proxies = await scene.serin.proxies();
          const states = proxies.flatMap(({ types }) => types.map(({ status }) => status));
          return states.every((status) => status === "SYNCED");
        },
        { what: "all to have taken everything", timeoutMs: 15_000 },
      );
    },
  );

  const rule = { backendRefs: [{ name: "web" }] };
  const byUser = { headers: [{ name: "X-User-Id" }] };
  const canary = { matches: [{ headers: [{ name: "x-user-id", value: "1" }] }], ...rule };
  const toV2 = { ...canary, backendRefs: [{ name: "web", subset: "v2" }] };

  it.each([
    {
      what: "routes come and go",
      those: callers,
      rules: [[rule], [toV2, rule], [{ ...rule, hashSplit: byUser }]],
    },
    {
      // Go chooses the new cluster a moment before it can pick from it.
      what: "users are kept, and no longer",
      those: callers.filter((caller) => caller !== "go"),
      rules: [[rule], [{ ...rule, hashSplit: { ...byUser, grpc: true } }]],
    },
  ])("no call fails while $what", async ({ those, rules }) => {
    let changing = true;
    const totals = those.map(async (caller) => {
      const failures: Record<string, number> = {};
      const users = { header: "x-user-id", from: 0, to: 20 };
      while (changing) {
        const { errors } = await ask(caller, { users, parallel: 2, deadlineMs: 10_000 });
        for (const [status, count] of Object.entries(errors)) {
          failures[status] = (failures[status] ?? 0) + count;
        }
      }
      return failures;
    });
    for (let change = 1; change <= 5; change += 1) {
      await scene.apply("weights/web", { v1: 100 - 10 * change, v2: 10 * change });
      for (const each of rules) await apply("routes/web", { hostnames: ["web"], rules: each });
      await scene.remove("routes/web");
    }
    changing = false;
    expect(await Promise.all(totals)).toEqual(those.map(() => ({})));
  });

  it.each(["", "release-7"])(
    "users stay while the canary grows, with the salt '%s'",
    async (salt) => {
      const total = 400;
      const users = { header: "x-user-id", from: 0, to: total };
      await apply("routes/web", {
        hostnames: ["web"],
        rules: [
          {
            hashSplit: { headers: [{ name: "X-User-Id" }], salt, grpc: true },
            backendRefs: [{ name: "web" }],
          },
        ],
      });
      const second = await startEchoServer({ version: "v2", instance: "c" });
      closers.push(() => second.close());
      await apply("endpoints/web/c", { address: `127.0.0.1:${second.port}`, version: "v2" });
      const canaries = new Map<Caller, ReadonlySet<string>>();
      for (const percent of [10, 11, 20, 50, 100]) {
        await scene.apply("weights/web", { v1: 100 - percent, v2: percent });
        for (const caller of callers) {
          const { byUser } = await eventually(() => settled(caller, users, percent / 100), {
            what: `${caller} to have ${percent} percent of its users in v2`,
            timeoutMs: 30_000,
          });
          const now = new Set(Object.keys(byUser).filter((user) => byUser[user] === "v2"));
          const fell = [...(canaries.get(caller) ?? [])].filter((user) => !now.has(user));
          expect(fell, `${caller} at ${percent} percent`).toEqual([]);
          expect((await ask(caller, { users })).byUser).toEqual(byUser);
          canaries.set(caller, now);
          if (percent === 100) continue;
          expect((await ask(caller, { calls: 30 })).counts).toEqual({ v1: 30 });
        }
      }
    },
  );

  /** Asked until the share is that of the weights, as well as a ring of 4,096 places can have it. */
  async function settled(
    caller: Caller,
    users: NonNullable<CallCommand["users"]>,
    share: number,
  ): Promise<CallReport | undefined> {
    const report = await ask(caller, { users });
    expect(report.errors).toEqual({});
    const total = users.to - users.from;
    const ring = 4_096;
    const sd = total * Math.sqrt(share * (1 - share) * (1 / total + 1 / ring));
    const off = Math.abs((report.counts["v2"] ?? 0) - total * share);
    return off <= 4 * sd ? report : undefined;
  }
});
