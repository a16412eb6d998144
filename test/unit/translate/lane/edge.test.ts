import { describe, expect, it } from "vitest";
import type { Lane } from "../../../../src/model/lane.ts";
import type { GatewayName } from "../../../../src/model/names.ts";
import { edgeOf, noEdge } from "../../../../src/translate/lane/edge.ts";
import { entry, lane } from "./lanes.ts";

const at = (gateway: string, ...lanes: readonly Lane[]) =>
  edgeOf(gateway as GatewayName, lanes, 256);

describe("a gateway", () => {
  it("that no entry names is no edge", () => {
    expect(at("mesh", lane("gray", { entries: [entry()] }))).toBe(noEdge);
    expect(at("edge", lane("gray"))).toBe(noEdge);
  });

  it("is an edge to an entry that names none", () => {
    const { entries, stripped } = at(
      "any",
      lane("gray", { entries: [entry({ gateways: undefined })] }),
    );
    expect(entries).toHaveLength(1);
    expect(stripped).toEqual(["x-lane"]);
  });

  it("takes the header away, and baggage where that counts", () => {
    const gray = lane("gray", { baggage: "x-lane", entries: [entry()] });
    const blue = lane("blue", { header: "x-blue", entries: [entry(), entry()] });
    expect(at("edge", gray, blue).stripped).toEqual(["baggage", "x-blue", "x-lane"]);
  });

  it("takes nothing away of a lane that trusts clients there", () => {
    const entries = [entry(), entry({ trustClient: true })];
    expect(at("edge", lane("gray", { baggage: "x-lane", entries })).stripped).toEqual([]);
  });

  it("that trusts for one lane takes away for another one that shares the header", () => {
    const gray = lane("gray", { entries: [entry({ trustClient: true })] });
    const blue = lane("blue", { entries: [entry()] });
    expect(at("edge", blue, gray).stripped).toEqual(["x-lane"]);
  });

  it("knows its entries by lane and place", () => {
    const gray = lane("gray", { entries: [entry({ gateways: ["other"] }), entry()] });
    expect(at("edge", gray).entries.map(({ index }) => index)).toEqual([1]);
  });
});
