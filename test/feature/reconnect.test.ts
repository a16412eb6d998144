import { describe, expect, it } from "vitest";
import {
  CDS,
  type DeltaClient,
  type DeltaResponse,
  EDS,
  LDS,
  namesOf,
  nodeOf,
  RDS,
} from "./client.ts";
import { type Content, gateway, type Lab, web, withLab } from "./support.ts";

const content: Content = {
  ...web,
  "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" },
  "gateways/edge": gateway(8080),
  "resources/*/clusters/static": { type: "STATIC" },
};

const subscriptions: readonly (readonly [string, readonly string[]])[] = [
  [CDS, []],
  [EDS, ["web/v1", "web/v2", "shop/v1"]],
  [LDS, []],
  [RDS, ["edge/http"]],
];

type Held = ReadonlyMap<string, DeltaResponse>;

async function sync(client: DeltaClient): Promise<Held> {
  const held = new Map<string, DeltaResponse>();
  for (const [typeUrl, names] of subscriptions)
    held.set(typeUrl, await client.fetch(typeUrl, names));
  await client.quiet();
  return held;
}

const versions = (response: DeltaResponse | undefined): Record<string, string> =>
  Object.fromEntries((response?.resources ?? []).map(({ name, version }) => [name, version]));

/** What a proxy sends when it connects again, with names as Envoy does. */
function resume(lab: Lab, held: Held, user_agent_name = "test"): DeltaClient {
  const client = lab.delta("envoy-1", "ADS", nodeOf("envoy-1", { user_agent_name }));
  for (const [typeUrl, names] of subscriptions) {
    client.subscribe(typeUrl, names, { initial_resource_versions: versions(held.get(typeUrl)) });
  }
  return client;
}

const withTwo = (first: Content, second: Content, story: (a: Lab, b: Lab) => Promise<void>) =>
  withLab(first, (a) => withLab(second, (b) => story(a, b)));

describe("a proxy that connects to another replica, or to a server started again", () => {
  it("is sent no resource that it has, delta", () =>
    withTwo(content, content, async (first, second) => {
      const held = await sync(first.delta("envoy-1"));
      const client = resume(second, held);
      for (const typeUrl of [CDS, LDS]) {
        // Wildcards are answered even so: who knows whether it waits.
        const answer = await client.accept(typeUrl);
        expect(answer.resources ?? []).toEqual([]);
        expect(answer.removed_resources ?? []).toEqual([]);
        expect(answer.system_version_info).toBe(held.get(typeUrl)?.system_version_info);
      }
      await client.quiet();
    }));

  it("is sent nothing at all where it is an Envoy, until something changes", () =>
    withTwo(content, content, async (first, second) => {
      const envoy = nodeOf("envoy-1", { user_agent_name: "envoy" });
      const held = await sync(first.delta("envoy-1", "ADS", envoy));
      const client = resume(second, held, "envoy");
      await client.quiet();
      const types = second.app.xds.streams()[0]?.types ?? [];
      const acked = types.filter(({ state }) => state === "acked").map(({ typeUrl }) => typeUrl);
      expect(acked).toEqual(expect.arrayContaining(subscriptions.map(([typeUrl]) => typeUrl)));
      await second.put({ "services/new": {}, "endpoints/new/a": { address: "10.2.0.1:80" } });
      expect(namesOf(await client.accept(CDS))).toEqual(["new/default"]);
    }));

  it("gets the same versions when it has nothing", () =>
    withTwo(content, content, async (first, second) => {
      // The order in which the objects were written must not matter.
      const reversed = Object.fromEntries(Object.entries(content).toReversed());
      await withLab(reversed, async (third) => {
        const all = [first, second, third].map(async (lab) => [
          ...(await sync(lab.delta("envoy-1"))).values(),
        ]);
        const [a, b, c] = (await Promise.all(all)).map((each) => each.map(versions));
        expect(b).toEqual(a);
        expect(c).toEqual(a);
      });
    }));

  it("gets the differences only, delta", () => {
    const { "endpoints/shop/a": _gone, ...rest } = content;
    const later = { ...rest, "weights/web": { v1: 0, v2: 100 } };
    return withTwo(content, later, async (first, second) => {
      const held = await sync(first.delta("envoy-1"));
      const client = resume(second, held);
      const clusters = await client.accept(CDS);
      expect(clusters.resources ?? []).toEqual([]);
      expect(clusters.removed_resources).toEqual(["shop/v1"]);
      const seen = [await client.accept(EDS), await client.accept(LDS), await client.accept(RDS)];
      expect(seen.map((each) => [each.type_url, namesOf(each), each.removed_resources])).toEqual([
        [EDS, [], ["shop/v1"]],
        [LDS, [], undefined],
        [RDS, ["edge/http"], undefined],
      ]);
      await client.quiet();
    });
  });

  it("is sent equal versions, state of the world", () =>
    withTwo(content, content, async (first, second) => {
      const before = first.sotw("envoy-1");
      const after = second.sotw("envoy-1");
      for (const [typeUrl, names] of subscriptions) {
        const held = await before.fetch(typeUrl, names);
        after.request(typeUrl, names, { version_info: held.version_info });
        const again = await after.accept(typeUrl);
        expect(again.version_info).toBe(held.version_info);
        expect(again.resources).toEqual(held.resources);
      }
      await after.quiet();
    }));
});
