import fc from "fast-check";
import type { Hono } from "hono";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { Access } from "../../../../src/admin/access/access.ts";
import { covers, roles } from "../../../../src/admin/access/role.ts";
import { ruleOf } from "../../../../src/admin/access/rules.ts";
import { Turns } from "../../../../src/admin/live/turns.ts";
import { adminApp } from "../../../../src/admin/server.ts";
import type { AdminSources } from "../../../../src/admin/sources.ts";
import type { Role } from "../../../../src/api/role.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { createMetrics } from "../../../../src/observe/metrics.ts";
import { heldToken } from "../../../support/access.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { seed } from "../../../support/seed.ts";

const held = {
  viewer: heldToken("v", "viewer"),
  operator: heldToken("o", "operator"),
  admin: heldToken("a", "admin"),
};

/** All routes; whoever reaches one touches what it is made from. */
function appLab() {
  const reached: string[] = [];
  let isMade = false;
  const touched = (name: string | symbol): void => {
    if (!isMade) return;
    reached.push(String(name));
    throw new Error("reached");
  };
  const part = (): object =>
    new Proxy(() => undefined, {
      get(_, name) {
        touched(name);
        return part();
      },
      apply: () => touched("call"),
    });
  const clock = new FakeClock();
  const metrics = createMetrics();
  const logger = pino({ level: "silent" });
  const expired = heldToken("old", "admin", clock.wallMs());
  const tokens = [expired, ...Object.values(held)].map(({ token }) => token);
  const app = adminApp({
    turns: new Turns(systemClock),
    sources: part() as AdminSources,
    metrics,
    logger,
    listen: { host: "127.0.0.1", port: 1 },
    access: new Access({ tokens: () => tokens, clock, logger, metrics }),
    closing: new AbortController().signal,
  });
  isMade = true;
  return { app, reached, expired };
}

interface Asked {
  readonly method: string;
  readonly pattern: string;
  readonly path: string;
}

const declared = (app: Hono): readonly Asked[] => {
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  const unique = new Map(routes.map((each) => [`${each.method} ${each.path}`, each]));
  return [...unique.values()].flatMap(({ method, path: pattern }) => {
    const keys = pattern.includes("{.+}")
      ? ["weights/web", "rollouts/web", "gateways/edge"]
      : ["web"];
    return keys.map((key) => ({
      method,
      pattern,
      path: pattern.replaceAll(/:\w+(\{\.\+\})?/g, key),
    }));
  });
};

const ask = async (
  app: Hono,
  { method, path }: Pick<Asked, "method" | "path">,
  headers: Record<string, string> = {},
) => {
  const answer = await app.request(`http://127.0.0.1:1${path}`, {
    method,
    headers: { host: "127.0.0.1:1", ...headers },
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

/** What each operation takes, in words of the documents. */
function neededFor({ method, pattern, path }: Asked): Role | "anyone" {
  if (["/healthz", "/readyz", "/"].includes(pattern) || pattern.startsWith("/assets/"))
    return "anyone";
  if (method === "GET" || path === "/v1/plan") return "viewer";
  const operators = [
    "/v1/weights/",
    "/v1/rollouts/",
    "/v1/history/",
    "/v1/objects/weights/",
    "/v1/objects/rollouts/",
  ];
  return operators.some((prefix) => path.startsWith(prefix)) ? "operator" : "admin";
}

describe("every route", () => {
  const { app, reached, expired } = appLab();
  const all = declared(app);

  it("is there", () => {
    expect(all.length).toBeGreaterThan(25);
    expect(all.map(neededFor)).toEqual(
      expect.arrayContaining(["anyone", "viewer", "operator", "admin"]),
    );
  });

  it("lets in each role that it takes, and no other", async () => {
    const wrong: string[] = [];
    for (const asked of all) {
      const needed = neededFor(asked);
      for (const role of roles) {
        const { status, text } = await ask(app, asked, bearer(held[role].text));
        const admitted = needed === "anyone" || covers(role, needed);
        if ((status !== 403) !== admitted)
          wrong.push(`${asked.method} ${asked.path} as ${role}: ${status}`);
        if (!admitted)
          expect(JSON.parse(text)).toMatchObject({
            type: "urn:serin:problem:forbidden",
            detail: `this takes the role ${needed}, and the token ${held[role].token.name} has ${role}`,
            ...{ role, needed },
          });
      }
    }
    expect(wrong).toEqual([]);
    // The lab does notice whoever gets through.
    expect(reached.length).toBeGreaterThan(all.length);
  });

  it("is not reached without a token that is good", async () => {
    const good = held.admin.text;
    const closed = all.filter((asked) => neededFor(asked) !== "anyone");
    const near = fc
      .oneof(
        fc
          .nat(good.length - 1)
          .map((at) => good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1)),
        fc.nat(good.length - 1).map((at) => good.slice(0, at)),
        fc
          .string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "=", "-", "0") })
          .map((more) => good + more),
        fc.constant(expired.text),
        fc.constant(Buffer.from(held.admin.token.hash).toString("base64url")),
      )
      .filter((text) => text !== good);
    const header = fc.oneof(
      fc.constant(undefined),
      near.map((text) => `Bearer ${text}`),
      fc.constantFrom(
        "",
        "Bearer",
        "Bearer ",
        good,
        `Basic ${good}`,
        `Token ${good}`,
        `Bearer ${good},x`,
        `Bearer "${good}"`,
      ),
      fc.string({ unit: fc.constantFrom(...'Bear 0az_-=~,"'), maxLength: 60 }),
    );
    reached.length = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...closed),
        fc.constantFrom("", "?token=x", "/", "//"),
        header,
        async (asked, tail, text) => {
          const sent = text === undefined ? {} : { authorization: text };
          const { status, headers } = await ask(app, { ...asked, path: asked.path + tail }, sent);
          expect(status).toBe(401);
          expect(headers.get("www-authenticate")).toMatch(
            /^Bearer realm="serin"(, error="invalid_token")?$/,
          );
          expect(reached).toEqual([]);
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });

  it("cannot be reached around its role by another spelling of the path", async () => {
    const spellings = [
      "/v1/objects/weights/../gateways/edge",
      "/v1/objects/weights/%2e%2e/gateways/edge",
      "/v1/objects/weights%2f..%2fgateways/edge",
      "/v1/objects/rollouts//../gateways/edge",
      "/v1/objects/WEIGHTS/web",
      "/v1/objects//weights/web",
      "/v1/objects/weightsx/web",
      "/v1/objects/%77eights/web",
    ];
    const { app: other, reached: there } = appLab();
    for (const path of spellings) {
      there.length = 0;
      await ask(other, { method: "PUT", path }, bearer(held.operator.text));
      // What goes on does so under a key that begins as the role says, or is none.
      const key = decodeURIComponent(new URL(`http://x${path}`).pathname).replace(
        "/v1/objects/",
        "",
      );
      if (!/^(?:weights|rollouts)\//.test(key)) expect([path, there]).toEqual([path, []]);
    }
  });

  it("that nobody has a rule for is an admin's, or a viewer's to read", () => {
    expect([
      ruleOf("GET", "/v1/new"),
      ruleOf("POST", "/v1/new"),
      ruleOf("GET", "/assets/*"),
    ]).toEqual(["viewer", "admin", "page"]);
  });

  it("that is not there is told to those only who are known", async () => {
    expect((await ask(app, { method: "GET", path: "/nothing" })).status).toBe(401);
    expect(
      (await ask(app, { method: "POST", path: "/v1/weights/web" }, bearer(held.viewer.text)))
        .status,
    ).toBe(405);
    expect((await ask(app, { method: "OPTIONS", path: "/v1/weights/web" })).status).toBe(401);
  });

  it("answers no page of another site, though the browser may bring a token", async () => {
    for (const site of ["cross-site", "same-site"]) {
      for (const asked of all.filter(
        ({ pattern }) => pattern !== "/" && !pattern.startsWith("/assets/"),
      )) {
        const headers = { ...bearer(held.admin.text), "sec-fetch-site": site };
        const { status, text } = await ask(app, asked, headers);
        expect([asked.path, status, JSON.parse(text).type]).toEqual([
          asked.path,
          403,
          "urn:serin:problem:cross-site",
        ]);
      }
    }
    const own = { ...bearer(held.viewer.text), "sec-fetch-site": "same-origin" };
    expect((await ask(app, { method: "GET", path: "/v1/me" }, own)).status).toBe(200);
  });
});
