import { describe, expect, it } from "vitest";
import type { GatewayName, SecretName } from "../../../../src/model/names.ts";
import type { RawResource } from "../../../../src/model/raw-resource.ts";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import { encodeAny } from "../../../../src/proto/encode.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { translateRaw } from "../../../../src/translate/raw/raw.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { gateway, service, state } from "../states.ts";

const clusterType = "envoy.config.cluster.v3.Cluster";

function raw(typeUrl: string, name: string, body: RawResource["body"], at = "*"): RawResource {
  const origin = `resources/${at}/x/${typeUrl.slice(typeUrl.lastIndexOf(".") + 1)}/${name}`;
  return { gateway: at as GatewayName | "*", typeUrl, name, body, origin, revision: 3n };
}

const json = (value: unknown): RawResource["body"] => ({ kind: "json", json: value });
const any = (bytes: Uint8Array): RawResource["body"] => ({ kind: "any", bytes });

describe("a raw resource in JSON", () => {
  it("takes its name from the key, and both kinds of field names", () => {
    const { bundle } = translateRaw(
      raw(typeUrls.cluster, "legacy", json({ connectTimeout: "1.5s", lb_policy: "RANDOM" })),
    );
    const [resource] = bundle?.resources ?? [];
    const { typeUrl, value } = decodeAny(resource?.any ?? new Uint8Array());
    expect(typeUrl).toBe(typeUrls.cluster);
    expect(decodeMessage(clusterType, value)).toEqual({
      name: "legacy",
      connect_timeout: { seconds: 1, nanos: 500_000_000 },
      lb_policy: "RANDOM",
    });
    expect(bundle?.owner).toBe("raw/resources/*/x/Cluster/legacy");
  });

  it("may use a field that only our own, newer definitions have", () => {
    const match = { prefix: "/", cookies: [{ name: "canary", string_match: { exact: "always" } }] };
    const host = { name: "h", domains: ["*"], routes: [{ match, route: { cluster: "c" } }] };
    const made = translateRaw(raw(typeUrls.route, "r", json({ virtual_hosts: [host] })));
    expect(made.diagnostics).toEqual([]);
    expect(made.bundle?.resources[0]?.references).toEqual(["c"]);
  });

  it.each([
    ["an unknown field", { conect_timeout: "1s" }, "conect_timeout"],
    ["a wrong value", { connect_timeout: "soon" }, "connect_timeout"],
    ["no object", 5, ""],
  ])("is refused for %s, with its path", (_, value, path) => {
    const { bundle, diagnostics } = translateRaw(raw(typeUrls.cluster, "c", json(value)));
    expect(bundle).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { severity: "error", code: "RESOURCE_INVALID", revision: 3n, path },
    ]);
  });

  it("is refused where it has another name, or a type that nobody knows", () => {
    const codes = (each: RawResource) => translateRaw(each).diagnostics.map(({ code }) => code);
    expect(codes(raw(typeUrls.cluster, "c", json({ name: "d" })))).toEqual(["RESOURCE_INVALID"]);
    expect(codes(raw("type.googleapis.com/x.Y", "c", json({})))).toEqual(["RESOURCE_INVALID"]);
  });
});

describe("a raw resource as bytes", () => {
  const bytes = encodeAny(clusterType, { name: "c", type: "EDS" });

  it("passes through unchanged, and needs its load assignment", () => {
    const { bundle } = translateRaw(raw(typeUrls.cluster, "c", any(bytes)));
    expect(Buffer.compare(bundle?.resources[0]?.any ?? new Uint8Array(), bytes)).toBe(0);
    expect(bundle?.resources[0]?.references).toEqual(["c"]);
  });

  it("is refused under another name or type, or where it is no such message", () => {
    const refused = (each: RawResource) => translateRaw(each).bundle === undefined;
    expect(refused(raw(typeUrls.cluster, "d", any(bytes)))).toBe(true);
    expect(refused(raw(typeUrls.listener, "c", any(bytes)))).toBe(true);
    expect(refused(raw(typeUrls.cluster, "c", any(Uint8Array.of(10, 200))))).toBe(true);
  });

  it("passes through unseen where the type is not known", () => {
    const typeUrl = "type.googleapis.com/acme.Thing";
    const body = any(Uint8Array.of(10, typeUrl.length, ...Buffer.from(typeUrl)));
    const { bundle, diagnostics } = translateRaw(raw(typeUrl, "t", body));
    expect(diagnostics).toEqual([]);
    expect(bundle?.resources[0]?.name).toBe("t");
  });
});

describe("the place of a raw resource", () => {
  const translate = createTranslator({ defaultGateway: gateway("default") });
  const listener = (name: string, at: string, value: object = {}) =>
    raw(typeUrls.listener, name, json(value), at);

  it("is every proxy's, or one gateway's", () => {
    const all = raw(typeUrls.cluster, "c", json({ type: "STATIC" }));
    const { shared, gateways } = translate(
      state({ rawResources: [all, listener("tcp", "default")] }),
    );
    expect([...shared.keys()]).toEqual([`raw/${all.origin}`]);
    const names = gateways.get("default" as GatewayName)?.bundle.resources.map((each) => each.name);
    expect(names).toEqual(["default/http", "default/http", "tcp"]);
  });

  it("is not that of a generated one, nor of another raw one", () => {
    const rawResources = [
      listener("default/http", "*"),
      listener("web", "default"),
      listener("tcp", "*"),
      listener("tcp", "default"),
    ];
    const { diagnostics } = translate(state({ services: [service("web")], rawResources }));
    const clashes = diagnostics.filter(({ code }) => code === "NAME_CLASH");
    expect(clashes.map(({ key }) => key)).toEqual([
      "resources/*/x/Listener/default/http",
      "resources/default/x/Listener/tcp",
      "resources/default/x/Listener/web",
    ]);
  });

  it("is no socket that another listener has", () => {
    const at = (port_value: number): object => ({
      address: { socket_address: { address: "0.0.0.0", port_value } },
    });
    const { port } = gateway("default").listeners[0] ?? { port: 0 };
    const rawResources = [
      listener("everywhere", "*", at(7001)),
      listener("generated", "default", at(port)),
      listener("second", "default", at(7001)),
      listener("third", "default", at(7002)),
      listener("twin", "default", at(7002)),
      listener("too", "*", at(port)),
    ];
    const { diagnostics, gateways } = translate(state({ rawResources }));
    expect(diagnostics.map(({ code, key, message }) => [code, key, message])).toEqual([
      [
        "LISTENER_CLASH",
        "resources/*/x/Listener/too",
        `listener too at 0.0.0.0:${port} clashes with gateway default; it is left out`,
      ],
      [
        "LISTENER_CLASH",
        "resources/default/x/Listener/generated",
        `listener generated at 0.0.0.0:${port} clashes with gateway default; it is left out`,
      ],
      [
        "LISTENER_CLASH",
        "resources/default/x/Listener/second",
        "listener second at 0.0.0.0:7001 clashes with listener everywhere (resources/*/x/Listener/everywhere); it is left out",
      ],
      [
        "LISTENER_CLASH",
        "resources/default/x/Listener/twin",
        "listener twin at 0.0.0.0:7002 clashes with listener third (resources/default/x/Listener/third); it is left out",
      ],
    ]);
    const names = gateways.get("default" as GatewayName)?.bundle.resources.map((each) => each.name);
    expect(names).toContain("third");
    expect(names).not.toContain("twin");
  });

  it("is no socket that another one has in another spelling", () => {
    const at = (address: string): object => ({
      address: { socket_address: { address, port_value: 7001 } },
    });
    const rawResources = [listener("a", "*", at("::1")), listener("b", "*", at("0:0:0::0:1"))];
    const { diagnostics } = createTranslator({ defaultGateway: undefined })(
      state({ rawResources }),
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "listener b at [::1]:7001 clashes with listener a (resources/*/x/Listener/a); it is left out",
    ]);
  });

  it("may name a secret that serin makes, and not take its name", () => {
    const name = "cert" as SecretName;
    const content = { kind: "inline", certificate: "c", privateKey: "k", ca: "" } as const;
    const secrets = new Map([[name, { name, content, origin: "secrets/cert" }]]);
    const common_tls_context = {
      tls_certificate_sds_secret_configs: [
        { name: "secret/cert", sds_config: { ads: {} } },
        { name: "secret/other", sds_config: { ads: {} } },
      ],
    };
    const typed_config = {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context,
    };
    const rawResources = [
      raw(typeUrls.cluster, "c", json({ transport_socket: { name: "tls", typed_config } })),
      raw(typeUrls.secret, "secret/cert", json({})),
    ];
    const { diagnostics } = translate({ ...state({ rawResources }), secrets });
    expect(diagnostics).toMatchObject([
      { code: "NAME_CLASH", key: "resources/*/x/Secret/secret/cert" },
      {
        code: "REFERENCE_MISSING",
        message: "names secret/other, but there is no such SDS resource",
      },
    ]);
  });

  it("leaves a listener for gRPC out of a wildcard subscription", () => {
    const { bundle } = translateRaw(listener("grpc", "*", { api_listener: {} }));
    expect(bundle?.resources[0]?.wildcard).toBe(false);
  });
});

describe("a raw resource that was good once", () => {
  const socket = (port_value: number): object => ({
    address: { socket_address: { address: "0.0.0.0", port_value } },
  });
  const listener = (name: string, value: object, revision = 3n): RawResource => ({
    ...raw(typeUrls.listener, name, json(value), "default"),
    revision,
  });
  /** The states one after another: sockets of raw listeners in the end, and what is said of them. */
  function inTurn(...states: readonly (readonly RawResource[])[]) {
    const translate = createTranslator({ defaultGateway: gateway("default") });
    let last = translate(state({}));
    for (const rawResources of states) last = translate(state({ rawResources }));
    const all = last.gateways.get("default" as GatewayName)?.bundle.resources ?? [];
    return {
      sockets: all
        .filter(({ origins }) => origins[0]?.startsWith("resources/"))
        .flatMap(({ name, sockets }) => sockets.map((at) => `${name} ${at}`)),
      messages: last.diagnostics.map(({ message, revision }) => `${revision}: ${message}`),
    };
  }

  it("stays in force while its new content is refused, for itself or for its place", () => {
    const typo = { address: { socket_adress: { port_value: 7001 } } };
    const first = [listener("a", socket(7001)), listener("b", socket(7002))];
    const wrong = inTurn(first, [listener("a", typo, 4n), listener("b", socket(7002))]);
    expect(wrong.sockets).toEqual(["a 0.0.0.0:7001", "b 0.0.0.0:7002"]);
    expect(wrong.messages).toHaveLength(1);
    expect(wrong.messages[0]).toMatch(/^4: .*; revision 3 stays in force$/);
    const taken = inTurn(first, [listener("a", socket(7001)), listener("b", socket(7001), 5n)]);
    expect(taken.sockets).toEqual(["a 0.0.0.0:7001", "b 0.0.0.0:7002"]);
    expect(taken.messages).toEqual([
      "5: listener b at 0.0.0.0:7001 clashes with listener a (resources/default/x/Listener/a); revision 3 stays in force",
    ]);
  });

  it("has no right to a place that another one has by now", () => {
    const first = [listener("a", socket(7001)), listener("b", socket(7002))];
    const { sockets, messages } = inTurn(first, [
      listener("a", socket(7002), 4n),
      listener("b", { address: 5 }, 4n),
    ]);
    expect(sockets).toEqual(["a 0.0.0.0:7002"]);
    expect(messages.join()).not.toContain("in force");
  });

  it("is forgotten with its key", () => {
    const bad = [listener("a", { address: 5 })];
    expect(inTurn([listener("a", socket(7001))], [], bad).sockets).toEqual([]);
    expect(inTurn([listener("a", socket(7001))], bad, bad).sockets).toEqual(["a 0.0.0.0:7001"]);
  });
});
