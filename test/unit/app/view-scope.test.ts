import { describe, expect, it } from "vitest";
import { changedBundles, scopeOf, secretsIn } from "../../../src/app/view-scope.ts";
import type { Bundle } from "../../../src/snapshot/bundle.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { indexedMap, patchedMap } from "../../../src/translate/layered-map.ts";

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

const rootsOf = (...resources: readonly Resource[]): readonly Bundle[] => [
  { owner: "gateway/edge", resources },
];

describe("the scope of a view", () => {
  it("keeps what is named, and what that needs in turn", () => {
    expect(names(scopeOf(services, rootsOf(routesTo("web/v1")), undefined))).toEqual([
      "web/v1",
      "web/v1",
    ]);
    expect(names(scopeOf(services, rootsOf(routesTo("web/v2+v1")), undefined))).toEqual([
      ...["web/v1", "web/v1", "web/v2", "web/v2", "web/v2+v1"],
    ]);
    expect(names(scopeOf(services, [], undefined))).toEqual([]);
  });

  it("looks only into what changed, while the same is named", () => {
    const roots = rootsOf(routesTo("web/v1"));
    const first = scopeOf(services, roots, undefined);
    expect(scopeOf(services, roots, first)).toBe(first);
    const other = { ...shop, resources: [...shop.resources] };
    const second = scopeOf(servicesOf(other, web), rootsOf(routesTo("web/v1")), first);
    expect([...second.kept]).toEqual([...first.kept]);
    for (const [owner, bundle] of second.kept) expect(bundle).toBe(first.kept.get(owner));
  });

  it("follows what is named, and shares what two views keep alike", () => {
    const first = scopeOf(services, rootsOf(routesTo("web/v1")), undefined);
    const second = scopeOf(services, rootsOf(routesTo("shop/v1")), first);
    expect(names(second)).toEqual(["shop/v1", "shop/v1"]);
    const elsewhere = scopeOf(services, rootsOf(routesTo("shop/v1", "web/v1")), undefined);
    expect(elsewhere.kept.get("service/web")).toBe(first.kept.get("service/web"));
  });

  it("tells services that route configurations name from those that only scopes do", () => {
    const needs = [{ typeUrl: cluster, name: "shop/v1" }];
    const scoped = makeResource({ typeUrl: typeUrls.scopedRoute, name: "shop", any, needs });
    const scope = scopeOf(services, rootsOf(routesTo("web/v1"), scoped), undefined);
    expect([...scope.routed]).toEqual(["service/web"]);
    expect([...scope.kept.keys()].sort()).toEqual(["service/shop", "service/web"]);
  });

  it("follows services that come and go", () => {
    const roots = rootsOf(routesTo("web/v1", "new/v1"));
    const first = scopeOf(services, roots, undefined);
    const more = scopeOf(servicesOf(bundleOf("new"), web), roots, first);
    expect(names(more)).toEqual(["new/v1", "new/v1", "web/v1", "web/v1"]);
    expect(more.kept.get("service/web")).toBe(first.kept.get("service/web"));
    expect([...scopeOf(servicesOf(bundleOf("new")), roots, more).kept.keys()]).toEqual([
      "service/new",
    ]);
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
    const first = secretsIn([web, user], services, secrets, undefined);
    expect(first.bundle?.resources.map(({ name }) => name)).toEqual(["secret/b"]);
    expect(secretsIn([web, user], services, secrets, first).bundle).toBe(first.bundle);
    expect(secretsIn([web], services, secrets, first).bundle).toBeUndefined();
    expect(secretsIn([web], services, secrets, undefined).bundle).toBeUndefined();
  });

  it("follow what services name, and what is there", () => {
    const none = secretsIn([], services, secrets, undefined);
    const named = { owner: "service/web", resources: user.resources };
    const first = secretsIn([], servicesOf(shop, named), secrets, none);
    expect(first.bundle?.resources.map(({ name }) => name)).toEqual(["secret/b"]);
    const other = { ...named, resources: [...named.resources] };
    const second = secretsIn([], servicesOf(shop, other), secrets, first);
    expect(second.names).toBe(first.names);
    expect(second.bundle).toBe(first.bundle);
    expect(secretsIn([], servicesOf(shop, other), new Map(), second).bundle).toBeUndefined();
    expect(secretsIn([], servicesOf(shop), secrets, second).bundle).toBeUndefined();
  });
});

describe("the cost of a change", () => {
  const count = 500;
  const many = Array.from({ length: count }, (_, n) => bundleOf(`s${n}`));
  const all = servicesOf(...many);
  const views = Array.from({ length: 50 }, (_, n) => {
    const roots = rootsOf(routesTo(`s${n}/v1`, `s${n + 1}/v2`));
    return { roots, scope: scopeOf(all, roots, undefined) };
  });

  /** `all` with another bundle of one owner, and how often it was asked for an owner. */
  function changed(owner: string) {
    const at = all.indexed.index.get(owner) ?? -1;
    const last = many[at];
    const next: Bundle = { owner, resources: [...(last?.resources ?? [])].reverse() };
    const patched = patchedMap(all, new Map([[owner, next]]));
    const asked: string[] = [];
    const counted: typeof all = {
      ...patched,
      get: (key) => {
        asked.push(key);
        return patched.get(key);
      },
    };
    return { counted, asked };
  }

  it("outside of every view is one comparison for all of them", () => {
    const { counted, asked } = changed("service/s400");
    for (const { roots, scope } of views) {
      expect(scopeOf(counted, roots, scope).kept).toBe(scope.kept);
    }
    expect(asked).toEqual([]);
    expect(changedBundles(all, counted)).toBe(changedBundles(all, counted));
  });

  it("inside of two views is that of looking into them", () => {
    const { counted, asked } = changed("service/s7");
    const others = views.filter(
      ({ roots, scope }) => scopeOf(counted, roots, scope).kept !== scope.kept,
    );
    expect(others).toEqual([views[6], views[7]]);
    expect(asked).toEqual(["service/s7", "service/s7"]);
  });

  it("holds nothing of services that a view does not need", () => {
    expect(views.map(({ scope }) => scope.kept.size)).toEqual(views.map(() => 2));
  });
});
