import { describe, expect, it } from "vitest";
import type { Lane } from "../../../../src/model/lane.ts";
import type { Service } from "../../../../src/model/service.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { gateway, service, state } from "../states.ts";
import { byUser, entry, exactly, lane, laneMatch } from "./lanes.ts";

const inGray = { version: "v1", labels: { lane: "gray" } };
const inBlue = { version: "v1", labels: { lane: "blue" } };
const web = service("web", { instances: [{ version: "v1" }, inGray, inBlue] });

function told(lanes: readonly Lane[], services: readonly Service[] = [web]): readonly string[] {
  const gateways = [gateway("edge"), gateway("mesh")];
  const base = state({ services, gateways });
  const wanted = { ...base, lanes: new Map(lanes.map((each) => [each.name, each])) };
  return createTranslator({ defaultGateway: undefined })(wanted)
    .diagnostics.filter(({ key }) => key.startsWith("lanes/"))
    .map(({ code, key, path, message }) => `${code} ${key} ${path}: ${message}`);
}

const cookie = laneMatch({ cookies: [exactly("tester", "1")] });

describe("of a lane it is told", () => {
  it("nothing where all is well", () => {
    const entries = [entry({ matches: [cookie] }), entry({ share: 1_000 })];
    expect(told([lane("gray", { entries }), lane("blue", { entries })])).toEqual([]);
  });

  it("that it has no member, and what becomes of its requests", () => {
    expect(told([lane("red")])).toEqual([
      "SPLIT_NO_ENDPOINTS lanes/red labels: no instance is in the lane (lane=red): the baseline answers",
    ]);
    expect(told([lane("red", { mode: "strict" })])).toEqual([
      "SPLIT_NO_ENDPOINTS lanes/red labels: no instance is in the lane (lane=red): its requests fail with 503",
    ]);
    expect(told([lane("gray", { services: ["web"] })])).toEqual([]);
    expect(told([lane("gray")], [])).toHaveLength(1);
  });

  it("that it leaves a service no other instance", () => {
    const all = lane("all", { labels: { version: "v1" } });
    expect(told([all])).toEqual([
      "LANE_TAKES_ALL lanes/all labels: every instance of web is in a lane: requests outside of it fail with 503",
    ]);
    const many = ["a", "b", "c", "d", "e"].map((name) => service(name, { instances: [inGray] }));
    expect(told([lane("gray")], many)).toEqual([
      "LANE_TAKES_ALL lanes/gray labels: every instance of a, b, c and 2 more is in a lane: requests outside of it fail with 503",
    ]);
  });

  it("that it names what is not there", () => {
    const entries = [entry({ gateways: ["edge", "gone"] })];
    expect(told([lane("gray", { services: ["web", "gone"], entries })])).toEqual([
      "REFERENCE_MISSING lanes/gray services[1]: no service gone",
      "REFERENCE_MISSING lanes/gray entries[0].gateways[1]: no gateway gone: nobody enters the lane there",
    ]);
  });

  it("that another lane has its mark", () => {
    expect(told([lane("blue", { value: "x" }), lane("gray", { value: "x" })])).toEqual([
      "LANE_CLASH lanes/gray value: requests with x-lane: x are in lane blue, wherever it has instances",
    ]);
  });

  it("that its trust in clients is undone by another lane", () => {
    const gray = lane("gray", { entries: [entry({ trustClient: true, matches: [cookie] })] });
    const blue = lane("blue", { entries: [entry({ matches: [cookie, cookie] })] });
    expect(told([blue, gray])).toEqual([
      "LANE_STRIPPED lanes/gray entries[0].trustClient: gateway edge takes x-lane away from clients, because of blue",
    ]);
  });

  it("that an entry for every gateway breaks the chain", () => {
    const [one, ...more] = told([lane("gray", { entries: [entry({ gateways: undefined })] })]);
    expect(one).toContain("LANE_STRIPPED lanes/gray entries[0]: the entry names no gateway");
    expect(more).toEqual([]);
    const trusting = entry({ gateways: undefined, trustClient: true });
    expect(told([lane("gray", { entries: [trusting] })])).toEqual([]);
  });

  it("that an entry before it takes all", () => {
    const blue = lane("blue", { entries: [entry()] });
    const gray = lane("gray", { entries: [entry({ share: 1_000 })] });
    expect(told([blue, gray])).toEqual([
      "LANE_CLASH lanes/gray entries[0]: all requests at gateway edge are decided on by an entry of lane blue before this one",
    ]);
  });

  it("that a share drawn by chance leaves nothing to one by hash", () => {
    const blue = lane("blue", { entries: [entry({ share: 500 })] });
    const gray = lane("gray", { entries: [entry({ share: 1_000, hashSplit: byUser })] });
    expect(told([blue, gray])).toHaveLength(1);
  });

  it("that the shares are more than the whole", () => {
    const blue = lane("blue", { entries: [entry({ share: 7_000 })] });
    const gray = lane("gray", { entries: [entry({ share: 4_000 })] });
    expect(told([blue, gray])).toEqual([
      "LANE_CLASH lanes/gray entries[0]: shares at gateway edge are more than 100 % together: 30 % is left for this one",
    ]);
  });
});
