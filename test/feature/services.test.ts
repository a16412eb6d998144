import { describe, expect, it } from "vitest";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { type DeltaResponse, namesOf } from "./client.ts";
import type { ServiceName } from "./official.ts";
import { type Content, withLab } from "./support.ts";

const routerConfig = {
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
};

interface Story {
  readonly service: ServiceName;
  readonly typeUrl: string;
  /** Of the key. */
  readonly type: string;
  readonly first: object;
  readonly later: object;
}

const stories: readonly Story[] = [
  {
    service: "SDS",
    typeUrl: typeUrls.secret,
    type: "secrets",
    first: { generic_secret: { secret: { inline_string: "one" } } },
    later: { generic_secret: { secret: { inline_string: "two" } } },
  },
  {
    service: "RTDS",
    typeUrl: typeUrls.runtime,
    type: "runtimes",
    first: { layer: { key: 1 } },
    later: { layer: { key: 2 } },
  },
  {
    service: "ECDS",
    typeUrl: typeUrls.extensionConfig,
    type: "extension-configs",
    first: routerConfig,
    later: { typed_config: { ...routerConfig.typed_config, suppress_envoy_headers: true } },
  },
  {
    service: "SRDS",
    typeUrl: typeUrls.scopedRoute,
    type: "scoped-routes",
    first: {
      route_configuration_name: "a",
      key: { fragments: [{ string_key: "x" }] },
    },
    later: {
      route_configuration_name: "b",
      key: { fragments: [{ string_key: "x" }] },
    },
  },
  {
    service: "VHDS",
    typeUrl: typeUrls.virtualHost,
    type: "virtual-hosts",
    first: { domains: ["a"] },
    later: { domains: ["b"] },
  },
];

const keyOf = ({ type }: Story, name = "one"): string => `resources/*/${type}/${name}`;
const contentOf = (story: Story): Content => ({ [keyOf(story)]: story.first });

describe("a service of its own", () => {
  it.each(stories)("is there for $service, delta", (story) =>
    withLab(contentOf(story), async (lab) => {
      const client = lab.delta("n", story.service);
      // Secrets come one by one.
      const responses = story.service === "SDS" ? 2 : 1;
      const answers = async (first: DeltaResponse): Promise<readonly DeltaResponse[]> =>
        responses === 1 ? [first] : [first, await client.accept(story.typeUrl)];
      const first = await answers(await client.fetch(story.typeUrl, ["one", "two"]));
      expect(first.flatMap(namesOf)).toEqual(["one"]);
      expect(first.flatMap(({ removed_resources = [] }) => removed_resources)).toEqual(["two"]);
      await lab.put({ [keyOf(story)]: story.later, [keyOf(story, "two")]: story.first });
      const then = await answers(await client.accept(story.typeUrl));
      expect(then.flatMap(namesOf).toSorted()).toEqual(["one", "two"]);
      await lab.put({ [keyOf(story)]: undefined });
      expect((await client.accept(story.typeUrl)).removed_resources).toEqual(["one"]);
    }),
  );

  const sotw = stories.filter(({ service }) => service !== "VHDS");
  it.each(sotw)("is there for $service, state of the world", (story) =>
    withLab(contentOf(story), async (lab) => {
      const client = lab.sotw("n", story.service);
      const first = await client.fetch(story.typeUrl, ["one"]);
      expect(first.resources).toEqual([expect.objectContaining({ "@type": story.typeUrl })]);
      await lab.put({ [keyOf(story)]: story.later });
      const then = await client.accept(story.typeUrl);
      expect(namesOf(then)).toEqual(["one"]);
      expect(then.version_info).not.toBe(first.version_info);
    }),
  );

  it("takes no other type", () =>
    withLab({}, async (lab) => {
      const client = lab.sotw("n", "SDS");
      client.request(typeUrls.cluster);
      expect((await client.ended()).code).toBe("INVALID_ARGUMENT");
    }));
});
