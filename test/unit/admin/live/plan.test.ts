import "../../../support/seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { changePlan, planFrom } from "../../../../src/plan/change-plan.ts";
import { createDecoder } from "../../../../src/store/decode/decoder.ts";
import type { Entry } from "../../../../src/store/store.ts";
import { builtInGateway } from "../../../../src/translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { type AdminLab, startedLab, webObjects } from "../../../support/admin.ts";
import { objects as worlds } from "../../../support/object-worlds.ts";

async function start(more: Readonly<Record<string, object>> = {}): Promise<AdminLab> {
  return startedLab({ objects: { ...webObjects, ...more } });
}

const plan = (at: AdminLab, ...objects: readonly object[]) =>
  at.put("/v1/plan", JSON.stringify({ objects }));

describe("PUT /v1/plan", () => {
  it("tells what a change would change, and writes nothing", async () => {
    const at = await start();
    const { status, json } = await plan(at, { key: "weights/web", value: { v1: 1, v2: 1 } });
    expect(status).toBe(200);
    expect(json).toEqual({
      objects: [{ key: "weights/web", result: "configured" }],
      weights: [{ service: "web", before: { v1: 90, v2: 10 }, after: { v1: 50, v2: 50 } }],
      resources: [
        {
          place: "gateways/default",
          type: "RDS",
          added: [],
          changed: ["default/http"],
          removed: [],
        },
        { place: "shared", type: "RDS", added: [], changed: ["web"], removed: [] },
      ],
      diagnostics: [],
      proxies: { connected: 0, affected: 0, nodes: [] },
    });
    expect((await at.get("/v1/weights/web")).json.weights).toEqual({ v1: 90, v2: 10 });
    const { json: service } = await at.get("/v1/services/web");
    expect(service.split[0].percent).toBe(90);
  });

  it("tells of what goes, and of what would be refused", async () => {
    const at = await start();
    const { json } = await plan(
      at,
      { key: "endpoints/web/b", delete: true },
      { key: "endpoints/web/none", delete: true },
      { key: "routes/r", value: { rules: 7 } },
      { key: "weights/web", value: { v1: 90, v2: 10 } },
    );
    expect(json.objects).toEqual([
      { key: "endpoints/web/b", result: "deleted" },
      { key: "endpoints/web/none", result: "unchanged" },
      { key: "routes/r", result: "created" },
      { key: "weights/web", result: "unchanged" },
    ]);
    expect(json.weights).toMatchObject([{ service: "web", after: { v1: 100, v2: 0 } }]);
    const said = json.diagnostics.map(({ key, severity }: Entry & { severity: string }) => [
      key,
      severity,
    ]);
    expect(said).toContainEqual(["routes/r", "error"]);
  });

  it("leaves the next change of the server as it would have been", async () => {
    const at = await start();
    await plan(
      at,
      { key: "weights/web", value: { v1: 7 } },
      { key: "endpoints/web/a", delete: true },
    );
    const revision = await at.write("weights/web", { v1: 30, v2: 70 });
    await plan(at, { key: "weights/web", value: { v1: 3, v2: 7 } });
    const { json } = await at.get("/v1/objects?prefix=weights/");
    expect(json).toMatchObject([{ key: "weights/web", modRevision: Number(revision) }]);
    const planned = await plan(at, { key: "weights/web", value: { v1: 90, v2: 10 } });
    expect(planned.json.weights[0].before).toEqual({ v1: 30, v2: 70 });
  });

  it("refuses what it does not take, and says where", async () => {
    const at = await start();
    const many = Array.from({ length: limits.live.planObjects + 1 }, (_, index) => ({
      key: `weights/s${index}`,
      value: {},
    }));
    for (const [objects, field, code = 400] of [
      [[{ key: "unheard/a", value: 1 }], "objects.0.key", 422],
      [[{ key: "weights/web" }], "objects.0"],
      [[{ key: "weights/web", value: 1, delete: true }], "objects.0"],
      [
        [
          { key: "weights/web", value: {} },
          { key: "weights/web", delete: true },
        ],
        "objects.1.key",
        422,
      ],
      [[], "objects"],
      [many, "objects"],
    ] as const) {
      const { status, json } = await plan(at, ...objects);
      expect({ status, field: json.field }).toMatchObject({ status: code, field });
    }
    const { json } = await plan(at, { key: "status/guards/web", value: {} });
    expect(json).toMatchObject({ status: 403, field: "objects.0.key" });
  });

  it("refuses a secret that was not shown, as a write does", async () => {
    const at = await start();
    const value = { certificate: "[redacted]", privateKey: "[redacted]" };
    const { status, json } = await plan(
      at,
      { key: "weights/web", value: { v1: 1 } },
      { key: "secrets/cert", value },
    );
    expect(status).toBe(422);
    expect(json).toMatchObject({
      field: "objects.1.value",
      diagnostics: [{ key: "secrets/cert", path: "certificate" }],
    });
    const written = await at.put("/v1/objects/secrets/cert", JSON.stringify(value));
    expect(json.diagnostics).toEqual(written.json.diagnostics);
  });

  it("does not tell what is secret in an object", async () => {
    const at = await start();
    const { text } = await plan(at, {
      key: "secrets/cert",
      value: { certificate: "hunter2", privateKey: "hunter2" },
    });
    expect(text).not.toContain("hunter2");
  });
});

describe("a plan by a server that has followed the store", () => {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const options = {
    defaultGateway: builtInGateway({ host: "127.0.0.1", port: 10_000 }),
    limits: limits.decode,
  };
  const stateOf = (objects: Readonly<Record<string, unknown>>) => ({
    revision: 1n,
    entries: new Map(
      Object.entries(objects).map(([key, value]) => [
        key,
        { key, value: bytes(value), modRevision: 1n, createRevision: 1n },
      ]),
    ),
  });

  it("is that of `serin plan`, and leaves no trace in the server", () => {
    fc.assert(
      fc.property(worlds, worlds, fc.array(fc.nat(20)), (there, wished, gone) => {
        const state = stateOf(there);
        const wanted = new Map<string, Uint8Array | undefined>(
          Object.entries(wished).map(([key, value]) => [key, bytes(value)]),
        );
        const keys = Object.keys(there);
        for (const at of gone) if (keys[at] !== undefined) wanted.set(keys[at], undefined);
        const decoder = createDecoder();
        const translate = createTranslator(options);
        const decoded = decoder.start(state);
        const before = translate(decoded.state);
        const fork = () => ({
          ...{ entries: state.entries, decoded },
          ...{ decoder: decoder.fork(), translate: translate.fork() },
        });
        const offline = changePlan(state, wanted, options);
        expect(planFrom(fork(), wanted)).toEqual(offline);
        expect(planFrom(fork(), wanted)).toEqual(offline);
        const nothing = decoder.change({ revision: 2n, puts: [], deletes: [] });
        expect(nothing.changed).toBe(false);
        expect(nothing.state).toEqual({ ...decoded.state, revision: 2n });
        const after = translate(nothing.state);
        expect(after.shared).toBe(before.shared);
        for (const [name, { bundle }] of after.gateways) {
          expect(bundle).toBe(before.gateways.get(name)?.bundle);
        }
      }),
      { numRuns: 30 },
    );
  });
});
