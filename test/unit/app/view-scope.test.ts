import { describe, expect, it } from "vitest";
import { scopeOf, secretBundle } from "../../../src/app/view-scope.ts";
import type { Bundle } from "../../../src/snapshot/bundle.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { indexedMap } from "../../../src/translate/layered-map.ts";

const { cluster, endpoint, listener, route, secret } = typeUrls;
const any = Buffer.from("");

const clusterOf = (name: string, ...secrets: readonly string[]): Resource =>
  makeResource({
    typeUrl: cluster,
    name,
    any,
    references: [name],
    needs: secrets.map((each) => ({ typeUrl: secret, name: each })),
  });
const assignmentOf = (name: string): Resource => makeResource({ typeUrl: endpoint, name, any });
const routesTo = (...references: readonly string[]): Resource =>
  makeResource({ typeUrl: route, name: "edge/http", any, references });

/** Two versions, their aggregate, and what gRPC clients ask for. */
const bundleOf = (service: string): Bundle => ({
  owner: `service/${service}`,
  resources: [
    clusterOf(`${service}/v1`),
    assignmentOf(`${service}/v1`),
    clusterOf(`${service}/v2`),
    assignmentOf(`${service}/v2`),
    makeResource({
      typeUrl: cluster,
      name: `${service}/v2+v1`,
      any,
      needs: ["v2", "v1"].map((version) => ({ typeUrl: cluster, name: `${service}/${version}` })),
    }),
    makeResource({ typeUrl: listener, name: service, any, wildcard: false, references: [service] }),
    makeResource({ typeUrl: route, name: service, any, references: [`${service}/v1`] }),
  ],
});
const servicesOf = (...bundles: readonly Bundle[]) =>
  indexedMap(new Map(bundles.map((bundle) => [bundle.owner, bundle])));

const web = bundleOf("web");
const shop = bundleOf("shop");
const services = servicesOf(shop, web);

const names = (scope: ReturnType<typeof scopeOf>): readonly string[] =>
  [...scope.kept.values()].flatMap(({ resources }) => resources.map(({ name }) => name));

describe("the scope of a view", () => {
  it("keeps what is named, and what that needs in turn", () => {
    expect(names(scopeOf(services, [routesTo("web/v1")], undefined))).toEqual(["web/v1", "web/v1"]);
    expect(names(scopeOf(services, [routesTo("web/v2+v1")], undefined))).toEqual([
      ...["web/v1", "web/v1", "web/v2", "web/v2", "web/v2+v1"],
    ]);
    expect(names(scopeOf(services, [], undefined))).toEqual([]);
  });

  it("looks only into what changed, while the same is named", () => {
    const roots = [routesTo("web/v1")];
    const first = scopeOf(services, roots, undefined);
    expect(scopeOf(services, roots, first)).toBe(first);
    const other = { ...shop, resources: [...shop.resources] };
    const second = scopeOf(
      servicesOf(other, web),
      [{ ...routesTo("web/v1"), references: roots[0]?.references ?? [] }],
      first,
    );
    expect([...second.kept]).toEqual([...first.kept]);
    for (const [owner, bundle] of second.kept) expect(bundle).toBe(first.kept.get(owner));
  });

  it("follows what is named, and shares what two views keep alike", () => {
    const first = scopeOf(services, [routesTo("web/v1")], undefined);
    const second = scopeOf(services, [routesTo("shop/v1")], first);
    expect(names(second)).toEqual(["shop/v1", "shop/v1"]);
    const elsewhere = scopeOf(services, [routesTo("shop/v1", "web/v1")], undefined);
    expect(elsewhere.kept.get("service/web")).toBe(first.kept.get("service/web"));
  });

  it("follows services that come and go", () => {
    const roots = [routesTo("web/v1", "new/v1")];
    const first = scopeOf(services, roots, undefined);
    const more = scopeOf(servicesOf(bundleOf("new"), web), roots, first);
    expect(names(more)).toEqual(["new/v1", "new/v1", "web/v1", "web/v1"]);
    expect(more.kept.get("service/web")).toBe(first.kept.get("service/web"));
    expect([...more.kept.keys()]).toEqual(["service/new", "service/web"]);
  });
});

describe("the secrets of a view", () => {
  const secrets = new Map(
    ["secret/a", "secret/b"].map((name) => [name, makeResource({ typeUrl: secret, name, any })]),
  );
  const user: Bundle = {
    owner: "service/x",
    resources: [clusterOf("x/v1", "secret/b", "secret/c")],
  };

  it("are those that something in it names, and that are there", () => {
    const made = secretBundle([web, user], secrets, undefined);
    expect(made?.resources.map(({ name }) => name)).toEqual(["secret/b"]);
    expect(secretBundle([web, user], secrets, made)).toBe(made);
    expect(secretBundle([web], secrets, undefined)).toBeUndefined();
  });
});
