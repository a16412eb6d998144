import { describe, expect, it } from "vitest";
import { groupGateways } from "../../../src/app/gateway-group.ts";
import { type Gateway, type GatewayListener, plainListener } from "../../../src/model/gateway.ts";
import type { GatewayName, ListenerName } from "../../../src/model/names.ts";
import type { Bundle } from "../../../src/snapshot/bundle.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { createTranslator, type GatewayTranslation } from "../../../src/translate/translate.ts";
import { CDS, LDS } from "../snapshot/resources.ts";
import {
  gatewayOf,
  type ListenerParts,
  secret,
  terminate,
  translated as translatedOf,
} from "../translate/gateway/parts.ts";
import { state } from "../translate/states.ts";

type Socket = readonly [name: string, port: number];

const gateway = (name: string, ...sockets: readonly Socket[]): Gateway => ({
  name: name as GatewayName,
  nodeSelector: { id: undefined, cluster: undefined, metadata: new Map() },
  listeners: sockets.map(
    ([listener, port]): GatewayListener => ({
      ...plainListener,
      name: listener as ListenerName,
      port,
    }),
  ),
  origin: `gateways/${name}`,
  createRevision: 1n,
});

function translated(...gateways: readonly Gateway[]): readonly GatewayTranslation[] {
  const translate = createTranslator({ defaultGateway: undefined });
  return [...translate(state({ gateways })).gateways.values()];
}

const raw = (name: string, origin: string): Resource =>
  makeResource({ typeUrl: CDS, name, any: Buffer.from(origin), origins: [origin] });

const withRaw = (each: GatewayTranslation, ...raws: readonly Resource[]): GatewayTranslation => ({
  ...each,
  bundle: { ...each.bundle, resources: [...each.bundle.resources, ...raws] },
});

const names = (bundles: readonly Bundle[]): readonly string[] =>
  bundles.flatMap(({ resources }) => resources.map(({ name }) => name));

describe("groupGateways", () => {
  it("keeps the bundles themselves where nothing clashes", () => {
    const gateways = translated(gateway("a", ["http", 80]), gateway("b", ["http", 81]));
    const { bundles, diagnostics } = groupGateways(gateways, []);
    expect(bundles).toEqual(gateways.map(({ bundle }) => bundle));
    expect(bundles.every((bundle, i) => bundle === gateways[i]?.bundle)).toBe(true);
    expect(diagnostics).toEqual([]);
  });

  it("leaves the second listener of a socket out, with its routes, and says so", () => {
    const gateways = translated(
      gateway("a", ["http", 80]),
      gateway("b", ["http", 80], ["more", 81]),
      gateway("c", ["http", 81], ["rest", 82]),
    );
    const { bundles, diagnostics } = groupGateways(gateways, []);
    const expected = ["a/http", "a/http", "b/more", "b/more", "c/rest", "c/rest"];
    expect(names(bundles)).toEqual(expected);
    expect(diagnostics.map(({ code, key }) => [code, key])).toEqual([
      ["LISTENER_CLASH", "gateways/b"],
      ["LISTENER_CLASH", "gateways/c"],
    ]);
  });

  it("gives a socket to the gateway that was there first, whatever the names", () => {
    const created = (each: Gateway, createRevision: bigint): Gateway => ({
      ...each,
      createRevision,
    });
    const old = created(gateway("z", ["http", 80]), 7n);
    const twin = created(gateway("y", ["http", 80]), 7n);
    const young = created(gateway("a", ["http", 80], ["more", 81]), 8n);
    expect(names(groupGateways(translated(young, old), []).bundles)).toEqual([
      ...["z/http", "z/http", "a/more", "a/more"],
    ]);
    const { bundles, diagnostics } = groupGateways(translated(young, old, twin), []);
    expect(names(bundles)).toEqual(["y/http", "y/http", "a/more", "a/more"]);
    expect(diagnostics.map(({ key }) => key)).toEqual(["gateways/z", "gateways/a"]);
  });

  it("a listener that is left out holds no socket", () => {
    // b's second listener clashes within b, so port 81 is c's.
    const gateways = translated(
      gateway("a", ["http", 80]),
      gateway("b", ["http", 80], ["http", 81]),
      gateway("c", ["http", 81]),
    );
    const { bundles } = groupGateways(gateways, []);
    expect(names(bundles)).toEqual(["a/http", "a/http", "c/http", "c/http"]);
  });

  it("a raw resource of a name that is taken is left out, under its own key", () => {
    const [a, b] = translated(gateway("a", ["http", 80]), gateway("b", ["http", 81]));
    if (a === undefined || b === undefined) throw new Error("no gateways");
    const first = withRaw(a, raw("x", "resources/a/clusters/x"));
    const second = withRaw(b, raw("x", "resources/b/clusters/x"), raw("y", "resources/b/y"));
    const { bundles, diagnostics } = groupGateways([first, second], []);
    expect(names(bundles)).toEqual(["a/http", "a/http", "x", "b/http", "b/http", "y"]);
    expect(diagnostics).toMatchObject([{ code: "NAME_CLASH", key: "resources/b/clusters/x" }]);
  });

  it("leaves a socket of several hostnames out whole", () => {
    const https = (hostname: string): ListenerParts => ({
      hostname,
      port: 443,
      protocol: "HTTPS",
      tls: terminate(["s"]),
    });
    const gateways = [
      gatewayOf("a", { one: https("a.example") }),
      gatewayOf("b", { one: https("b.example"), two: https("c.example"), http: {} }),
    ];
    const translation = translatedOf({ gateways, secrets: [secret("s", { certificate: "S" })] });
    const { bundles, diagnostics } = groupGateways([...translation.gateways.values()], []);
    expect(names(bundles)).toEqual(["a/one", "a/one", "b/http", "b/http"]);
    expect(diagnostics).toMatchObject([{ code: "LISTENER_CLASH", key: "gateways/b" }]);
  });

  it("makes the same bundle only once", () => {
    const gateways = translated(gateway("a", ["http", 80]), gateway("b", ["http", 80]));
    const first = groupGateways(gateways, []);
    const second = groupGateways(gateways, first.bundles);
    expect(second.bundles.every((bundle, i) => bundle === first.bundles[i])).toBe(true);
  });

  it("knows the sockets of raw listeners", () => {
    const [a, b] = translated(gateway("a", ["http", 80]), gateway("b", ["http", 81]));
    if (a === undefined || b === undefined) throw new Error("no gateway");
    const listener = (name: string, socket: string): Resource =>
      makeResource({
        typeUrl: LDS,
        name,
        any: Buffer.from(name),
        sockets: [socket],
        origins: [`resources/b/listeners/${name}`],
      });
    const theirs = [listener("x", "0.0.0.0:80"), listener("y", "0.0.0.0:82")];
    const { bundles, diagnostics } = groupGateways([a, withRaw(b, ...theirs)], []);
    expect(names(bundles)).not.toContain("x");
    expect(names(bundles)).toContain("y");
    expect(diagnostics).toMatchObject([{ code: "LISTENER_CLASH", key: "resources/b/listeners/x" }]);
  });
});
