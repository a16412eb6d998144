import { describe, expect, it } from "vitest";
import { missingReferences } from "../../../src/snapshot/consistency.ts";
import { makeResource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { View } from "../../../src/snapshot/view.ts";
import { bundle, bundles, CDS, EDS, LDS, RDS, resource } from "./resources.ts";

const viewOf = (...resources: Parameters<typeof bundle>[1][]): View => {
  const view = new View("v", { changeLogEntries: 10, milestones: 1 });
  view.apply(1n, bundles(bundle("all", ...resources)), 0);
  return view;
};

describe("missingReferences", () => {
  const whole = [
    resource(LDS, "l", "", ["r"]),
    resource(RDS, "r", "", ["c"]),
    resource(CDS, "c", "", ["c"]),
    resource(EDS, "c"),
  ];

  it("is empty when all that is named is there", () => {
    expect(missingReferences(viewOf(...whole).resources())).toEqual([]);
    expect(missingReferences(viewOf().resources())).toEqual([]);
  });

  it.each([
    [RDS, { typeUrl: LDS, name: "l", missingTypeUrl: RDS, missing: "r" }],
    [CDS, { typeUrl: RDS, name: "r", missingTypeUrl: CDS, missing: "c" }],
    [EDS, { typeUrl: CDS, name: "c", missingTypeUrl: EDS, missing: "c" }],
  ])("names both ends when there is no %s", (typeUrl, gap) => {
    const rest = whole.filter((each) => each.typeUrl !== typeUrl);
    expect(missingReferences(viewOf(...rest).resources())).toEqual([gap]);
  });

  it("tells of what is needed beside", () => {
    const needs = [{ typeUrl: typeUrls.secret, name: "s" }];
    const any = Buffer.from("l");
    const view = viewOf(makeResource({ typeUrl: LDS, name: "l", any, needs }));
    expect(missingReferences(view.resources())).toEqual([
      { typeUrl: LDS, name: "l", missingTypeUrl: typeUrls.secret, missing: "s" },
    ]);
  });
});
