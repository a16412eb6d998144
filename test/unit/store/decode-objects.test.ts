import { describe, expect, it } from "vitest";
import {
  caseOf as at,
  expectCase as check,
  complaints,
  decodeOne,
  invalid,
  unknownField as unknown,
} from "./decode-entries.ts";

const nameRule =
  "expected a name of letters, digits, '-', '_' and '.', at most 253 characters, letter or digit at the ends";
const addressForm = 'expected "IP:port" such as 127.0.0.1:8081, or "[IPv6]:port"';
const later = "this field is known but not in force yet, and has no effect";

describe("endpoints", () => {
  const address = "10.0.0.1:80";
  const versionRule = "expected a version in the form of a name: letters, digits, '-', '_' and '.'";
  it.each([
    at("endpoints/web/a", { address }),
    at("endpoints/web/10.0.0.1:8081", { address: "[2001:db8::1]:80" }),
    at("endpoints/web/a", { address, weight: 0, version: "", labels: {}, zone: "", canary: true }),
    at("endpoints/web/a", { address, version: "v1", labels: { version: "v1" } }),
    at("endpoints/web/a", {}, invalid("address", "expected a string, but it is missing")),
    at("endpoints/web/a", [], invalid("", "expected an object, got an empty list")),
    at("endpoints/web/a", "null", invalid("", "expected an object, got null")),
    at(
      "endpoints/web/a",
      { address: "web.local:80" },
      invalid("address", `${addressForm}; host names are not resolved, got "web.local:80"`),
    ),
    at(
      "endpoints/web/a",
      { address: "10.0.0.1" },
      invalid("address", `${addressForm}, got "10.0.0.1"`),
    ),
    at(
      "endpoints/web/a",
      { address: "2001:db8::1" },
      invalid("address", 'expected a port: write an IPv6 address as [ip]:port, got "2001:db8::1"'),
    ),
    ...["0", "65536", "", "8o", "-1"].map((port) =>
      at(
        "endpoints/web/a",
        { address: `10.0.0.1:${port}` },
        invalid(
          "address",
          `expected a port from 1 to 65535 after the last colon, got "10.0.0.1:${port}"`,
        ),
      ),
    ),
    ...["[::ffff:127.0.0.1]:80", "[::FFFF:7F00:1]:80"].map((mapped) =>
      at(
        "endpoints/web/a",
        { address: mapped },
        invalid(
          "address",
          `expected an IPv4 address in its own form, not in IPv6's, got "${mapped}"`,
        ),
      ),
    ),
    at(
      "endpoints/web/a",
      { address: "10.0.0.256:80" },
      invalid("address", 'expected an IPv4 address before ":port", got "10.0.0.256:80"'),
    ),
    at(
      "endpoints/web/a",
      { address, weight: 1.5 },
      invalid("weight", "expected an integer from 0 to 1000000, got 1.5"),
    ),
    at(
      "endpoints/web/a",
      { address, weight: "abc" },
      invalid("weight", 'expected an integer from 0 to 1000000, got "abc"'),
    ),
    at(
      "endpoints/web/a",
      { address, weight: 1_000_001 },
      invalid("weight", "expected an integer from 0 to 1000000, got 1000001"),
    ),
    at(
      "endpoints/web/a",
      { address, version: "v/1" },
      invalid("version", `${versionRule}, got "v/1"`),
    ),
    at(
      "endpoints/web/a",
      { address, labels: { version: "v/1" } },
      invalid("labels.version", versionRule),
    ),
    at(
      "endpoints/web/a",
      { address, version: "v1", labels: { version: "v2" } },
      invalid("labels.version", "disagrees with the field version; give one of them"),
    ),
    at(
      "endpoints/web/a",
      { address, labels: { "a b": 1 } },
      invalid(
        'labels["a b"]',
        "expected a string of at most 4096 characters without control characters, got 1",
      ),
    ),
    at(
      "endpoints/web/a",
      { address, wieght: 5, quite_unlike: 1 },
      unknown("wieght", 'this field is not known (did you mean "weight"?), and has no effect'),
      unknown("quite_unlike", "this field is not known, and has no effect"),
    ),
    at(
      "endpoints/web/a",
      { address, constructor: 1, toString: 2 },
      unknown("constructor", "this field is not known, and has no effect"),
      unknown("toString", "this field is not known, and has no effect"),
    ),
    at(
      "endpoints/web/a",
      { address: "x".repeat(500) },
      invalid("address", `${addressForm}, got "${"x".repeat(63)}…"`),
    ),
  ])("$key $value", check);
});

describe("weights", () => {
  it.each([
    at("weights/web", { v1: 90, v2: 10 }),
    at("weights/web", { v1: 99.5, v2: 0.5, v3: 0 }),
    at("weights/web", { constructor: 1 }),
    at("weights/web", {}, invalid("", "expected at least one subset with its weight")),
    at("weights/web", { v1: 0 }, invalid("", "all weights are 0, so no subset would get traffic")),
    at(
      "weights/web",
      { v1: "90", v2: -1 },
      invalid("v1", 'expected a number from 0 to 1000000, got "90"'),
      invalid("v2", "expected a number from 0 to 1000000, got -1"),
    ),
    at(
      "weights/web",
      '{"v1": 1e999}',
      invalid("v1", "expected a number from 0 to 1000000, got Infinity"),
    ),
    at("weights/web", "v1: .nan", invalid("v1", "expected a number from 0 to 1000000, got NaN")),
    at(
      "weights/web",
      { "v 1": 1 },
      invalid('["v 1"]', `the field's own name is wrong: ${nameRule}, got "v 1"`),
    ),
  ])("$value", check);

  it("does not depend on the order of the fields", () => {
    const weights = (value: unknown) =>
      [...decodeOne("weights/web", value).state.services.values()][0]?.weights;
    expect(weights({ v2: 10, v1: 90 })).toEqual(weights({ v1: 90, v2: 10 }));
    expect(weights('{"v1": -0, "v2": 1}')).toEqual([
      { subset: "v1", weight: 0 },
      { subset: "v2", weight: 1 },
    ]);
  });
});

describe("services", () => {
  const v1 = { name: "v1" };
  it.each([
    at("services/web", {}),
    at("services/web", { appProtocol: "grpc", timeouts: { connect: "1h30m", request: "0s" } }),
    at("services/web", { guard: [], sources: {} }, unknown("sources", later)),
    at(
      "services/web",
      { appProtocol: "tcp" },
      invalid(
        "appProtocol",
        'expected one of "http", "http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/ws", got "tcp"',
      ),
    ),
    at(
      "services/web",
      { timeouts: { connect: "0s", request: "5 s", conect: "5s" } },
      invalid("timeouts.connect", 'expected a duration longer than 0, got "0s"'),
      invalid(
        "timeouts.request",
        'expected a duration such as "5s", "100ms" or "1h30m", got "5 s"',
      ),
      unknown(
        "timeouts.conect",
        'this field is not known (did you mean "connect"?), and has no effect',
      ),
    ),
    at("services/web", { subsets: [v1, v1] }, invalid("subsets[1].name", "names a subset twice")),
    at(
      "services/web",
      { subsets: [{ ...v1, fallback: "v9" }] },
      invalid("subsets[0].fallback", "names no subset of this list"),
    ),
    at(
      "services/web",
      { subsets: [{ ...v1, fallback: "v1" }] },
      invalid("subsets[0].fallback", "a subset cannot fall back to itself"),
    ),
    at(
      "services/web",
      { subsets: [{}] },
      invalid("subsets[0].name", `${nameRule}, but it is missing`),
    ),
  ])("$value", check);
});

describe("gateways", () => {
  const http = { name: "http", port: 80 };
  it.each([
    at("gateways/edge", { listeners: [http, { ...http, name: "b", hostname: "*.A.com" }] }),
    at(
      "gateways/edge",
      { listeners: [] },
      invalid("listeners", "expected at least one listener, got an empty list"),
    ),
    at("gateways/edge", {}, invalid("listeners", "expected a list, but it is missing")),
    at(
      "gateways/edge",
      { listeners: [http, http] },
      invalid("listeners[1].name", "names a listener twice"),
    ),
    at(
      "gateways/edge",
      { listeners: [{ ...http, port: 0, protocol: "UDP", address: "::g" }] },
      invalid("listeners[0].port", "expected an integer from 1 to 65535, got 0"),
      invalid("listeners[0].protocol", 'expected one of "HTTP", "HTTPS", "TLS", "TCP", got "UDP"'),
      invalid("listeners[0].address", 'expected an IP address, got "::g"'),
    ),
    at(
      "gateways/edge",
      { nodeSelector: { cluster: 1, metadata: { a: 1 }, ids: "x" }, listeners: [http] },
      invalid(
        "nodeSelector.cluster",
        "expected a string of 1 to 1024 characters without control characters, got 1",
      ),
      invalid(
        "nodeSelector.metadata.a",
        "expected a string of at most 4096 characters without control characters, got 1",
      ),
      invalid(
        "nodeSelector.ids",
        "this field is not known, and without it the rest may mean too much",
      ),
    ),
    ...["a..b", "a.*", "**.a", "a:80", "-a", "a.", ""].map((hostname) =>
      at(
        "gateways/edge",
        { listeners: [{ ...http, hostname }] },
        invalid(
          "listeners[0].hostname",
          `expected a hostname without a port, "*.suffix" or "*", got "${hostname}"`,
        ),
      ),
    ),
  ])("$value", check);
});

describe("resources", () => {
  const cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  it.each([
    at("resources/*/clusters/web/v1", { "@type": cluster, name: "web/v1", lb_policy: "RANDOM" }),
    at("resources/edge/envoy.config.cluster.v3.Cluster/a", { name: "a" }),
    at("resources/*/cds/a", { any: "AAECAw==" }),
    at(
      "resources/*/listeners/a",
      { "@type": cluster },
      invalid(
        '["@type"]',
        "disagrees with the key, which is for type.googleapis.com/envoy.config.listener.v3.Listener",
      ),
    ),
    at(
      "resources/*/clusters/a",
      { name: "b" },
      invalid("name", "disagrees with the name in the key"),
    ),
    at(
      "resources/*/eds/a",
      { clusterName: "b" },
      invalid("clusterName", "disagrees with the name in the key"),
    ),
    at(
      "resources/*/secrets/a",
      { any: "top secret" },
      invalid("any", "expected base64 of a google.protobuf.Any, got a string"),
    ),
    at(
      "resources/*/cds/a",
      { any: "AAAA", name: "a" },
      invalid("any", "expected no other field beside any"),
    ),
  ])("$key $value", check);
});

describe("keys", () => {
  const wrong = (key: string, message: string) => at(key, {}, `error KEY_INVALID : ${message}`);
  const nameForm =
    "must consist of letters, digits, '-', '_' and '.', at most 253, with a letter or digit at the ends";
  it.each([
    wrong("services/a/b", `the name after the first "/" ${nameForm}`),
    wrong("weights/", `the name after the first "/" ${nameForm}`),
    wrong("routes/__proto__", `the name after the first "/" ${nameForm}`),
    wrong("endpoints/web", 'expected "endpoints/<service>/<id>"'),
    wrong("endpoints/web/", 'expected "endpoints/<service>/<id>"'),
    wrong("endpoints/web/a/b", 'expected "endpoints/<service>/<id>"'),
    wrong("endpoints/-/a", `the service's name ${nameForm}`),
    wrong(
      "endpoints/web/a\u0000b",
      "the instance's id must have at most 253 characters and no control characters",
    ),
    wrong("resources/*/clusters", 'expected "resources/<gateway or *>/<type>/<name>"'),
    wrong(
      "resources/*/cluster/a",
      '"cluster" is no type of resource (did you mean "clusters"?); use its full message name',
    ),
  ])("$key", check);

  it("warns of keys that are no object of ours", () => {
    expect(complaints("service/web", {})).toEqual([
      'warning KEY_UNKNOWN : "service/" is no kind of object (did you mean "services/"?); the key is ignored',
    ]);
    expect(complaints("services", {})).toEqual([
      'warning KEY_UNKNOWN : "services" is no kind of object (did you mean "services/"?); the key is ignored',
    ]);
  });

  it.each(["status", "history", "audit", "overrides"])("leaves %s/ to other stages", (folder) => {
    const decoded = decodeOne(`${folder}/web`, "\u0000 no object");
    expect(decoded.diagnostics).toEqual([]);
    expect(decoded.changedKeys).toEqual([]);
  });
});

describe("the long form", () => {
  const document = (fields: object) => ({
    apiVersion: "serin/v1",
    kind: "Weights",
    metadata: { name: "web", labels: {} },
    spec: { v1: 1 },
    status: {},
    ...fields,
  });
  it.each([
    at("weights/web", document({})),
    at("routes/web", {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      spec: { rules: [] },
    }),
    at(
      "weights/web",
      document({ kind: "Service" }),
      invalid(
        "kind",
        'expected "Weights", which the key asks for; a Service goes under "services/"',
      ),
    ),
    at("weights/web", document({ apiVersion: "v1" }), invalid("apiVersion", 'expected "serin/v1"')),
    at(
      "weights/web",
      document({ metadata: { name: "shop" } }),
      invalid("metadata.name", "disagrees with the name in the key"),
    ),
    at(
      "weights/web",
      document({ spec: undefined }),
      invalid("spec", "expected an object, but it is missing"),
    ),
    at(
      "weights/web",
      document({ spec: { v1: true } }),
      invalid("spec.v1", "expected a number from 0 to 1000000, got true"),
    ),
  ])("$value", check);

  it("is not mistaken for weights of a subset called kind", () => {
    expect(complaints("weights/web", { kind: 1, spec: 2 })).toEqual([]);
  });
});
