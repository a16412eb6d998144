import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { FindingJson, VersionVerdictJson } from "../../../src/api/verdicts.ts";
import { envoyBootstrap } from "../../../src/cli/bootstrap-template.ts";
import { verdictLine, verdictsText } from "../../../src/cli/verdicts.ts";
import { limits } from "../../../src/config/limits.ts";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { readProjectFile } from "../../support/tracked.ts";

const canary = { stableSubset: "v1", canarySubset: "v2", steps: [{ setWeight: 5 }, { pause: {} }] };

let lab: AdminLab;

beforeEach(async () => {
  const objects = {
    ...webObjects,
    "services/web": { healthCheck: {} },
    "rollouts/web": { strategy: { canary } },
  };
  lab = await adminLab({ objects });
  await lab.app.started;
});
afterEach(() => lab.close());

const say = (...words: readonly string[]) => cli([...words, "--admin", lab.url]);

function tell(proxy: string, healthy: number, ejected = 0): void {
  const { board, nowMs } = lab.app.verdicts();
  const found = (cluster: string, total: number, well: number, out: number) => ({
    ...{ cluster, total, healthy: well, ejected: out },
  });
  board.report(proxy, [found("web/v1", 1, 1, 0), found("web/v2", 2, healthy, ejected)], nowMs);
}

describe("serin verdicts", () => {
  it("says that nobody tells, and what has to be done for it", async () => {
    const { code, out } = await say("verdicts");
    expect(code).toBe(0);
    expect(out).toContain(
      "no proxy tells this replica what it finds: see serin bootstrap --verdicts",
    );
  });

  it("shows nothing where all is well", async () => {
    tell("edge-1", 2);
    expect((await say("verdicts")).out).toMatch(
      /^proxies that tell what they find: 1, heard within \d+m?s\nnothing is unwell\n$/,
    );
  });

  it("shows who finds what of a version, and of all versions of a service", async () => {
    tell("edge-1", 1, 1);
    tell("edge-2", 2);
    const rows = (out: string) =>
      out.split("\n").flatMap((line) => {
        const cells = line.split(/ {2,}/);
        return cells[0] === "web" ? [[...cells.slice(1, 7), cells.at(-1)].join(" | ")] : [];
      });
    const v2 = ["v2 | 1 | 1 | 1 of 2 | 1 | 0 | edge-1", "v2 | 1 | 1 | 2 of 2 | 0 | 0 | edge-2"];
    expect(rows((await say("verdicts")).out)).toEqual(v2);
    const v1 = "v1 | 1 | 2 | 1 of 1 | 0 | 0 | edge-1, edge-2";
    expect(rows((await say("verdicts", "web")).out)).toEqual([v1, ...v2]);
    const json = JSON.parse((await say("verdicts", "web", "-o", "json")).out);
    expect(json).toMatchObject({ reporters: 2, versions: [{ subset: "v1" }, { unwell: true }] });
    expect(await say("verdicts", "shop")).toMatchObject({ code: 1 });
    expect(await say("verdicts", "no/name")).toMatchObject({ code: 2 });
  });

  it("names some of many proxies, and the count of the others", async () => {
    const more = 3;
    for (let n = 0; n < limits.verdict.listedProxies + more; n += 1) tell(`edge-${n}\u001b`, 1);
    const { out } = await say("verdicts");
    expect(out).toContain(`and ${more} more\n`);
    expect(out).not.toContain("\u001b");
  });

  it("is one line of a release whose canary is found unwell", async () => {
    tell("edge-2", 2);
    expect((await say("rollout", "get", "web")).out).not.toContain("PROXIES");
    tell("edge-1", 0, 1);
    expect((await say("rollout", "get", "web")).out.replaceAll(/ +/g, " ")).toMatch(
      /\nPROXIES 1 of 2 find v2 unwell: 0 of 2 well, 1 ejected, 1 failing health checks, for \d+m?s\n/,
    );
  });

  it("is counted, without a name", async () => {
    tell("edge-1", 1, 1);
    tell("edge-2", 1);
    const { text } = await lab.get("/metrics");
    expect(text).toMatch(/^serin_verdict_reporters 2$/m);
    expect(text).toMatch(/^serin_unwell_versions 1$/m);
  });
});

const finding = (more: Partial<FindingJson>): FindingJson => ({
  ...{ proxies: 1, names: ["edge-2"], total: 2, healthy: 2, ejected: 0, failing: 0 },
  ...{ unwellForMs: null, ageMs: 2_000 },
  ...more,
});
const version = (subset: string, ...findings: readonly FindingJson[]): VersionVerdictJson => ({
  ...{ service: "web", subset, instances: 2, looksAtHealth: true, unwell: findings.length > 1 },
  findings,
});

describe("the text", () => {
  it("is as docs/health.md shows it", () => {
    const v1 = finding({ proxies: 3, names: ["edge-1", "edge-2", "edge-3"], ageMs: 4_000 });
    const out = finding({ healthy: 1, ejected: 1, unwellForMs: 40_000 });
    const well = finding({ proxies: 2, names: ["edge-1", "edge-3"], ageMs: 4_000 });
    const versions = [version("v1", v1), version("v2", out, well)];
    const text = verdictsText({ reporters: 3, ageMs: 4_000, leftOut: 0, versions });
    const shown = text.split("\n").map((line) => (line === "" ? "" : `    ${line}`));
    expect(readProjectFile("docs/health.md")).toContain(shown.join("\n"));
  });

  it("says where nobody looks, and where nobody has told", () => {
    const blind = { ...version("v1"), looksAtHealth: false };
    const text = verdictsText({
      reporters: 1,
      ageMs: 1,
      leftOut: 0,
      versions: [blind, version("v2")],
    });
    const [, ...rows] = text.replaceAll(/ +/g, " ").split("\n");
    expect(rows.slice(0, 2)).toEqual(["web v1 2 - not looked at", "web v2 2 0"]);
  });

  it("has no line of a release for what is well", () => {
    expect(verdictLine(version("v2"))).toBeUndefined();
    expect(verdictLine(version("v2", finding({})))).toBeUndefined();
  });
});

describe("serin bootstrap --verdicts", () => {
  it("adds the sink, with the id of the node, and changes nothing else", async () => {
    const { code, out } = await cli(["bootstrap", "--node-id", "edge-7", "--verdicts"]);
    expect(code).toBe(0);
    expect(out).toContain("--delta --verdicts\n");
    const { stats_sinks: sinks, ...rest } = parse(out);
    const servers = [{ host: "127.0.0.1", port: 18_000 }];
    expect(rest).toEqual(
      envoyBootstrap({ nodeId: "edge-7", cluster: "edge", mode: "delta", servers }),
    );
    expect(sinks).toHaveLength(1);
    const { resource_detectors: detectors, grpc_service: service } = sinks[0].typed_config;
    expect(detectors[0].typed_config.attributes).toEqual({ "service.instance.id": "edge-7" });
    expect(service.envoy_grpc.cluster_name).toBe("serin");
  });

  it("is refused for gRPC clients", async () => {
    const refused = await cli(["bootstrap", "--node-id", "a", "--grpc", "--verdicts"]);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining("--verdicts is Envoy's"),
    });
  });
});
