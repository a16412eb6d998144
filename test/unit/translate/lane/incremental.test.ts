import { describe, expect, it } from "vitest";
import type { Lane } from "../../../../src/model/lane.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { shortName } from "../../../../src/snapshot/type-url.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { gateway, instance, route, service, state } from "../states.ts";
import { entry, lane } from "./lanes.ts";

const web = service("web", { instances: [{ version: "v1" }, { labels: { lane: "gray" } }] });
const others = Array.from({ length: 50 }, (_, n) =>
  service(`s${n}`, { instances: [{ version: "v1" }] }),
);
const base = state({
  services: [web, ...others],
  routes: [route("r", ["r.example"], [{ to: [{ service: "web" }] }])],
  gateways: [
    gateway("edge"),
    gateway("mesh", { listeners: [{ name: "http", port: 10_001 }] }),
    gateway("inner", { listeners: [{ name: "http", port: 10_002 }] }),
  ],
});

const allOf = ({ shared, gateways }: Translation): readonly Resource[] =>
  [...shared.values(), ...[...gateways.values()].map(({ bundle }) => bundle)].flatMap(
    ({ resources }) => resources,
  );

const having = (...lanes: readonly Lane[]) => ({
  ...base,
  lanes: new Map(lanes.map((each) => [each.name, each])),
});

/** Resources that the last of the states changes. */
function touched(states: readonly (typeof base)[]): readonly string[] {
  const translate = createTranslator({ defaultGateway: undefined });
  const made = states.map((each) => allOf(translate(each)).map(shown));
  const before = new Set(made.at(-2));
  return (made.at(-1) ?? [])
    .filter((each) => !before.has(each))
    .map((each) => each.replace(/ [^ ]*$/, ""));
}

const shown = ({ typeUrl, name, version }: Resource): string =>
  `${shortName(typeUrl)} ${name} ${version}`;

const share = (units: number): Lane => lane("gray", { entries: [entry({ share: units })] });

describe("of a lane", () => {
  it("a share that moves makes the routes of the edges, and nothing else", () => {
    expect(touched([having(share(1_000)), having(share(2_000))])).toEqual(["RDS edge/http"]);
  });

  it("an instance more makes a load assignment", () => {
    const more = instance("web", 9, { labels: { lane: "gray" } });
    const next = new Map(base.services).set(web.name, {
      ...web,
      instances: [...web.instances, more],
    });
    const first = having(share(1_000));
    expect(touched([first, { ...first, services: next }])).toEqual(["EDS web/~gray"]);
  });

  it("nothing is made twice where the lanes stay the same", () => {
    const first = having(share(1_000));
    expect(touched([first, { ...first, lanes: new Map(first.lanes) }])).toEqual([]);
  });
});
