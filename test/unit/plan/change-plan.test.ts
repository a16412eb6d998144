import { describe, expect, it } from "vitest";
import { planText } from "../../../src/cli/plan-text.ts";
import { unifiedDiff } from "../../../src/cli/unified-diff.ts";
import { limits } from "../../../src/config/limits.ts";
import { changePlan } from "../../../src/plan/change-plan.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { webObjects } from "../../support/admin.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const bytes = (value: object) => Buffer.from(JSON.stringify(value));
const options = { defaultGateway: builtInGateway({ host: "127.0.0.1", port: 10_000 }) };

function planOf(there: Readonly<Record<string, object>>, wanted: Readonly<Record<string, object>>) {
  const entries = Object.entries(there).map(
    ([key, value]) =>
      [key, { key, value: bytes(value), modRevision: 1n, createRevision: 1n }] as const,
  );
  const values = Object.entries(wanted).map(([key, value]) => [key, bytes(value)] as const);
  return changePlan({ revision: 1n, entries: new Map(entries) }, new Map(values), options);
}

const gateway = {
  nodeSelector: { cluster: "edge" },
  listeners: [{ name: "http", port: 8080, protocol: "HTTP" }],
};

describe("a plan", () => {
  it("tells the weights of each version, and the resources that carry them, by gateway", () => {
    const plan = planOf(
      { ...webObjects, "gateways/edge": gateway },
      { "weights/web": { v1: 80, v2: 20 } },
    );
    expect(plan.objects).toEqual([{ key: "weights/web", result: "configured" }]);
    expect(plan.weights).toEqual([
      { service: "web", before: { v1: 90, v2: 10 }, after: { v1: 80, v2: 20 } },
    ]);
    const changed = plan.resources.map(({ place, type, changed: names }) => [place, type, names]);
    expect(changed).toEqual([
      ["gateways/default", "RDS", ["default/http"]],
      ["gateways/edge", "RDS", ["edge/http"]],
      ["shared", "RDS", ["web"]],
    ]);
    expect(plan.resources.every(({ added, removed }) => added.length + removed.length === 0)).toBe(
      true,
    );
    expect(plan.diagnostics).toEqual([]);
    expect(planText(plan)).toBe(`OBJECT       CHANGE
weights/web  configured

SERVICE  WEIGHTS
web      v1 90 % -> 80 %, v2 10 % -> 20 %

PLACE             TYPE  RESOURCES
gateways/default  RDS   ~ default/http
gateways/edge     RDS   ~ edge/http
shared            RDS   ~ web

1 object, weights of 1 service, 3 resources would change
`);
  });

  it("tells what comes: a service, its clusters, and what is doubted of it", () => {
    const plan = planOf(webObjects, {
      "endpoints/api/a": { address: "127.0.0.1:1", version: "v1" },
      "weights/web": { v1: 90, v3: 10 },
    });
    expect(plan.weights).toEqual([
      { service: "api", before: null, after: { v1: 100 } },
      { service: "web", before: { v1: 90, v2: 10 }, after: { v1: 100, v2: 0, v3: 0 } },
    ]);
    const clusters = plan.resources.find(({ type }) => type === "CDS");
    expect(clusters).toMatchObject({ place: "shared", added: ["api/v1", "web/v3"], removed: [] });
    expect(plan.diagnostics).toMatchObject([{ code: "SPLIT_UNKNOWN_SUBSET", key: "weights/web" }]);
    expect(planText(plan)).toContain("api      v1 none -> 100 %\n");
    expect(planText(plan)).toContain("warning: weights/web: v3: ");
  });

  it("tells what goes: the listener of a gateway that moves", () => {
    const moved = { ...gateway, listeners: [{ name: "other", port: 8081, protocol: "HTTP" }] };
    const plan = planOf({ ...webObjects, "gateways/edge": gateway }, { "gateways/edge": moved });
    expect(plan.weights).toEqual([]);
    expect(plan.resources.map(({ type, added, removed }) => [type, added, removed])).toEqual([
      ["LDS", ["edge/other"], ["edge/http"]],
      ["RDS", ["edge/other"], ["edge/http"]],
    ]);
  });

  it("is empty where the same is said again", () => {
    const plan = planOf(webObjects, { "weights/web": { v2: 10, v1: 90 } });
    expect(plan).toMatchObject({ weights: [], resources: [], diagnostics: [] });
    expect(planText(plan)).toBe("nothing would change\n");
  });
});

/** What a patch of these lines makes of `before`. */
function patched(before: readonly string[], diff: string): readonly string[] {
  const after: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(0, -1)) {
    const [, start, length] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (start !== undefined) {
      const from = length === "0" ? Number(start) : Number(start) - 1;
      while (at < from) after.push(before[at++] ?? "");
    } else if (line.startsWith("+")) {
      after.push(line.slice(1));
    } else {
      expect(before[at]).toBe(line.slice(1));
      if (line.startsWith(" ")) after.push(line.slice(1));
      at++;
    }
  }
  return [...after, ...before.slice(at)];
}

describe("a unified diff", () => {
  it("shows hunks with context", () => {
    const lines = Array.from({ length: 12 }, (_, n) => `line ${n}`);
    const text = `${lines.join("\n")}\n`;
    expect(unifiedDiff(text, text)).toBe("");
    expect(unifiedDiff(text, text.replace("line 1\n", "one\n"))).toBe(
      "@@ -1,5 +1,5 @@\n line 0\n-line 1\n+one\n line 2\n line 3\n line 4\n",
    );
    expect(unifiedDiff("", "a\n")).toBe("@@ -0,0 +1 @@\n+a\n");
    expect(unifiedDiff("a\n", "")).toBe("@@ -1 +0,0 @@\n-a\n");
    const twice = text.replace("line 0\n", "").replace("line 11\n", "");
    expect(unifiedDiff(text, twice).match(/^@@/gm)).toHaveLength(2);
  });

  it("makes the one of the other, of any two texts", () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    for (let run = 0; run < 200; run++) {
      const some = () =>
        Array.from({ length: Math.floor(random() * 12) }, () => (random() < 0.5 ? "a" : "b"));
      const [before, after] = [some(), some()];
      const diff = unifiedDiff(before.join("\n"), after.join("\n"));
      expect(patched(before, diff), `seed ${seed}, run ${run}`).toEqual(after);
    }
  });

  it("of texts that are too long for it is whole", () => {
    const lines = Math.ceil(Math.sqrt(limits.cli.diffSteps)) + 1;
    const text = (mark: string) =>
      Array.from({ length: lines }, (_, n) => `${mark}${n}\n`).join("");
    expect(unifiedDiff(text("a"), text("b")).split("\n")).toHaveLength(2 * lines + 2);
  });
});
