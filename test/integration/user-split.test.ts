/**
 * Who is in the canary: 10,000 users asked through a real Envoy while the release grows in etcd, and
 * what `serin explain` says of each of them.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExplainJson } from "../../src/api/explain.ts";
import { bytesOf } from "../../src/explain/request.ts";
import { binomialInterval } from "../support/binomial.ts";
import { cli } from "../support/cli.ts";
import { clusterOf, offlineExplain } from "../support/offline.ts";
import { rawHttp } from "../support/raw-http.ts";
import { type Scene, startScene } from "../support/scene.ts";

type Headers = readonly (readonly [name: string, value: string])[];

/** Of an id that may be missing. */
const userId = (id: string | undefined): Headers =>
  id === undefined ? [] : [["X-User-Id", id] as const];

const uuid = (n: number): string => {
  const hex = (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32);
  return hex.padStart(32, "0").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const kinds: readonly ((n: number) => string)[] = [
  (n) => String(n),
  (n) => String(100 * n),
  uuid,
  (n) => `person.${n}@example.org`,
  (n) => `użytkownik-${n}-用户-😀`,
  (n) => `${"very-long-".repeat(n % 60 === 5 ? 400 : 20)}${n}`,
];

/** No two alike. */
const idsOf = (count: number): readonly string[] => {
  const ids = new Set<string>();
  for (let n = 1; ids.size < count; n++) ids.add(kinds[n % kinds.length]?.(n) ?? "");
  return [...ids];
};

const hashSplit = (salt: string, ...headers: readonly string[]) => ({
  headers: (headers.length === 0 ? ["X-User-Id"] : headers).map((name) => ({ name })),
  salt,
});

const parts = (v2: number) => [
  { name: "web", subset: "v1", weight: 100 - v2 },
  { name: "web", subset: "v2", weight: v2 },
];

/** The smallest example of the design; the split in it grows. */
const webRoutes = (v2: number) => ({
  hostnames: ["web"],
  rules: [
    {
      matches: [{ headers: [{ name: "X-Release-Stage", value: "canary" }] }],
      backendRefs: [{ name: "web", subset: "v2" }],
    },
    {
      matches: [{ headers: [{ name: "X-User-Id", type: "RegularExpression", value: ".+" }] }],
      hashSplit: hashSplit("web-7"),
      backendRefs: parts(v2),
    },
    { backendRefs: [{ name: "web", subset: "v1" }] },
  ],
});

/** One rule for everybody; `weights/<service>` decides how many. */
const ownSplit = (service: string, salt: string, ...headers: readonly string[]) => ({
  hostnames: [service],
  rules: [{ hashSplit: hashSplit(salt, ...headers), backendRefs: [{ name: service }] }],
});

const variants = [
  { variant: "delta", users: 10_000, steps: [1, 5, 10, 20, 50, 100] },
  { variant: "sotw", users: 2_000, steps: [5, 20, 100] },
] as const;

describe.each(variants)("the users of a canary over $variant ADS", ({ variant, users, steps }) => {
  const ids = idsOf(users);
  // For what does not need them all.
  const few = ids.slice(0, 2_000);
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene({ variant });
    for (const service of ["shop", "pay", "both"]) {
      for (const { version, port } of [scene.v1, scene.v2]) {
        await scene.put(`endpoints/${service}/${version}`, {
          address: `127.0.0.1:${port}`,
          version,
        });
      }
      await scene.put(`weights/${service}`, { v1: 90, v2: 10 });
    }
    await scene.put("routes/shop", ownSplit("shop", "shop-1"));
    await scene.put("routes/pay", ownSplit("pay", "web-7"));
    await scene.put("routes/both", ownSplit("both", "both-1", "X-User-Id", "X-Device"));
    await scene.apply("routes/web", webRoutes(10));
  });
  afterAll(() => scene?.stop());

  const versionsOf = async (
    host: string,
    each: readonly Headers[],
  ): Promise<readonly (string | undefined)[]> => {
    const requests = each.map((headers) => ({
      host,
      path: "/",
      headers: headers.map(([name, value]) => [name, bytesOf(value)] as const),
    }));
    const answers = await rawHttp(scene.port, requests, 32);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    return answers.map(({ headers }) => headers.get("x-served-by"));
  };

  const inV2 = (
    asked: readonly string[],
    versions: readonly (string | undefined)[],
  ): ReadonlySet<string> => new Set(asked.filter((_, index) => versions[index] === "v2"));

  /** Asks for every user, and holds each answer against explain's. */
  const canaryUsers = async (
    host: string,
    asked: readonly string[],
    headersOf: (id: string) => Headers = userId,
  ): Promise<ReadonlySet<string>> => {
    const versions = await versionsOf(host, asked.map(headersOf));
    const explain = await offlineExplain(scene.etcd, scene.servers[0]?.gatewayPort ?? 0);
    const wrong = asked.flatMap((id, index) => {
      const told = clusterOf(explain({ host, headers: headersOf(id) }));
      const seen = `${host}/${versions[index]}`;
      return told === seen ? [] : [`${id}: Envoy ${seen}, explain ${told}`];
    });
    expect(wrong).toEqual([]);
    return inV2(asked, versions);
  };

  const lost = (before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] =>
    [...before].filter((id) => !after.has(id));

  it("are as many as the weight says, stay while it grows, and are the same when it shrinks", async () => {
    let before: ReadonlySet<string> = new Set();
    const byStep = new Map<number, ReadonlySet<string>>();
    for (const step of steps) {
      await scene.apply("routes/web", webRoutes(step));
      const now = await canaryUsers("web", ids);
      const tolerance = users === 10_000 ? 0.01 : 0.03;
      expect(Math.abs(now.size / users - step / 100), `at ${step} %`).toBeLessThan(tolerance);
      expect(lost(before, now), `left at ${step} %`).toEqual([]);
      byStep.set(step, now);
      before = now;
    }
    expect(before.size).toBe(users);
    const [from = 0, to = 0] = users === 10_000 ? [50, 10] : [20, 5];
    const again = async () => inV2(ids, await versionsOf("web", ids.map(userId)));
    await scene.apply("routes/web", webRoutes(from));
    expect(await again()).toEqual(byStep.get(from));
    await scene.apply("routes/web", webRoutes(to));
    expect(await again()).toEqual(byStep.get(to));
    // Once more, with nothing changed between.
    expect(await again()).toEqual(byStep.get(to));
  }, 300_000);

  it("are others with another salt, and the same with the same", async () => {
    await scene.apply("routes/web", webRoutes(20));
    for (const service of ["shop", "pay"])
      await scene.apply(`weights/${service}`, { v1: 80, v2: 20 });
    const web = await canaryUsers("web", ids);
    expect(await canaryUsers("pay", few)).toEqual(new Set(few.filter((id) => web.has(id))));
    const shop = await canaryUsers("shop", ids);
    const both = [...web].filter((id) => shop.has(id)).length;
    const { low, high } = binomialInterval(users, 0.2 * 0.2, 0.999);
    expect(both).toBeGreaterThanOrEqual(low);
    expect(both).toBeLessThanOrEqual(high);
  });

  it("stay when weights/<service> moves, in any unit", async () => {
    let before: ReadonlySet<string> = new Set();
    for (const weights of [
      { v1: 95, v2: 5 },
      { v1: 9, v2: 1 },
      { v1: 800, v2: 200 },
    ]) {
      await scene.apply("weights/shop", weights);
      const now = await canaryUsers("shop", few);
      expect(lost(before, now)).toEqual([]);
      before = now;
    }
  });

  it("are told apart by two headers", async () => {
    const device = (id: string): Headers => [
      ...userId(id),
      ["X-Device", `${id.length % 3}`] as const,
    ];
    await scene.apply("weights/both", { v1: 80, v2: 20 });
    const first = await canaryUsers("both", few, device);
    expect(Math.abs(first.size / few.length - 0.2)).toBeLessThan(0.03);
    await scene.apply("weights/both", { v1: 50, v2: 50 });
    expect(lost(first, await canaryUsers("both", few, device))).toEqual([]);
    const other = await canaryUsers("both", few, (id) => [
      ...userId(id),
      ["X-Device", "other"] as const,
    ]);
    expect(lost(first, other).length).toBeGreaterThan(first.size / 4);
  });

  it("have an id: without one, or with an empty one, it is v1", async () => {
    await scene.apply("routes/web", webRoutes(50));
    const nobody = [userId(undefined), userId("")];
    const asked = Array.from({ length: 400 }, (_, n) => nobody[n % 2] ?? []);
    for (const host of ["web", "shop", "both"]) {
      if (host !== "web") await scene.apply(`weights/${host}`, { v1: 50, v2: 50 });
      expect(new Set(await versionsOf(host, asked)), host).toEqual(new Set(["v1"]));
    }
    // One header of two is no identity either.
    const halves: readonly Headers[] = ids
      .slice(0, 100)
      .flatMap((id) => [
        userId(id),
        [["X-Device", id]],
        [...userId(id), ["X-Device", ""]],
        [...userId(""), ["X-Device", id]],
      ]);
    expect(new Set(await versionsOf("both", halves))).toEqual(new Set(["v1"]));
    const canary = asked.map((headers) => [...headers, ["X-Release-Stage", "canary"] as const]);
    expect(new Set(await versionsOf("web", canary))).toEqual(new Set(["v2"]));
    // With nothing left in v1, nobody stays behind.
    await scene.apply("weights/shop", { v1: 0, v2: 100 });
    expect(new Set(await versionsOf("shop", asked))).toEqual(new Set(["v2"]));
  });

  it("are known to serin explain, asked of the server and of etcd", async () => {
    await scene.apply("routes/web", webRoutes(50));
    const some = ids.slice(0, 20);
    const versions = await versionsOf("web", some.map(userId));
    const [server] = scene.servers;
    const sources = [
      ["--admin", `http://127.0.0.1:${server?.adminPort}`],
      ["--store", `etcd://${scene.etcd.endpoint}`],
    ];
    for (const source of sources) {
      for (const [index, id] of some.entries()) {
        const argv = ["explain", "web", "-H", `X-User-Id: ${id}`, "-o", "json", ...source];
        const { code, out, err } = await cli(argv);
        expect(code, err).toBe(0);
        const explanation = (JSON.parse(out) as ExplainJson).answers[0]?.explanation;
        if (explanation == null) throw new Error(out);
        expect(clusterOf(explanation), id).toBe(`web/${versions[index]}`);
      }
    }
  });
});
