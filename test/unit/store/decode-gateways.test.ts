import { describe, expect, it } from "vitest";
import { type Gateway, plainListener } from "../../../src/model/gateway.ts";
import { caseOf, decodeOne, expectCase, invalid, unknownField } from "./decode-entries.ts";

const key = "gateways/edge";

function gatewayOf(value: unknown): Gateway | undefined {
  const [gateway] = decodeOne(key, value).state.gateways.values();
  return gateway;
}

const certificateRefs = [{ kind: "Secret", group: "", name: "edge", namespace: "shop" }];

/** As the documentation of the Gateway API has it, after an API server has filled in defaults. */
const upstream = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: {
    name: "edge",
    namespace: "infra",
    labels: { team: "edge" },
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    creationTimestamp: "2026-01-01T00:00:00Z",
    generation: 2,
    uid: "8d3b",
  },
  spec: {
    gatewayClassName: "serin",
    addresses: [{ type: "IPAddress", value: "10.0.0.1" }],
    listeners: [
      {
        name: "http",
        port: 80,
        protocol: "HTTP",
        hostname: "*.Example.com",
        allowedRoutes: { namespaces: { from: "Same" } },
      },
      {
        name: "https",
        port: 443,
        protocol: "HTTPS",
        tls: {
          mode: "Terminate",
          certificateRefs,
          frontendValidation: {
            caCertificateRefs: [{ kind: "ConfigMap", group: "", name: "clients" }],
          },
        },
        allowedRoutes: {
          namespaces: { from: "All" },
          kinds: [{ group: "gateway.networking.k8s.io", kind: "GRPCRoute" }, { kind: "HTTPRoute" }],
        },
      },
      { name: "tls", port: 8443, protocol: "TLS", tls: { mode: "Passthrough" } },
      { name: "db", port: 5432, protocol: "TCP", address: "::1", services: "None" },
      { name: "dbs", port: 5433, protocol: "TCP", tls: { certificateRefs }, services: ["a", "a"] },
    ],
  },
  status: { conditions: [{ type: "Accepted", status: "True" }] },
};

describe("a gateway", () => {
  it("is taken as the Gateway API writes it, without a warning", () => {
    expect(decodeOne(key, upstream).diagnostics).toEqual([]);
    const terminated = { mode: "terminate", certificates: ["edge"], clientCa: undefined };
    const base = { ...plainListener, address: "10.0.0.1" };
    expect(gatewayOf(upstream)).toEqual({
      name: "edge",
      nodeSelector: { id: undefined, cluster: undefined, metadata: new Map() },
      listeners: [
        { ...base, name: "http", port: 80, hostname: "*.example.com" },
        {
          ...base,
          name: "https",
          port: 443,
          protocol: "HTTPS",
          tls: { ...terminated, clientCa: "clients" },
          allowedKinds: ["grpc", "http"],
        },
        { ...base, name: "tls", port: 8443, protocol: "TLS", tls: { mode: "passthrough" } },
        { ...base, name: "db", port: 5432, protocol: "TCP", address: "::1", services: "none" },
        {
          ...base,
          name: "dbs",
          port: 5433,
          protocol: "TCP",
          tls: terminated,
          services: ["a"],
        },
      ],
      origin: key,
      createRevision: 1n,
    });
  });

  it("listens everywhere, and with all services, where it says nothing", () => {
    const [listener] = gatewayOf({ listeners: [{ name: "http", port: 80 }] })?.listeners ?? [];
    expect(listener).toEqual({ ...plainListener, name: "http", port: 80 });
  });

  it("takes no route where it allows only kinds that are not there", () => {
    const allowedRoutes = { kinds: [{ kind: "UDPRoute" }] };
    const [listener] =
      gatewayOf({ listeners: [{ name: "a", port: 80, allowedRoutes }] })?.listeners ?? [];
    expect(listener?.allowedKinds).toEqual([]);
  });
});

const one = (listener: object): object => ({ listeners: [{ name: "a", port: 1, ...listener }] });
const tls = { certificateRefs: [{ name: "edge" }] };
const strict = "this field is not known, and without it the rest may mean too much";

describe("TLS of a listener", () => {
  it.each([
    caseOf(key, one({ protocol: "HTTPS", tls })),
    caseOf(key, one({ protocol: "TLS", tls, hostname: "a.b" })),
    caseOf(
      key,
      one({ protocol: "HTTPS" }),
      invalid("listeners[0].tls", "a listener of HTTPS needs tls"),
    ),
    caseOf(
      key,
      one({ protocol: "TLS" }),
      invalid("listeners[0].tls", "a listener of TLS needs tls"),
    ),
    caseOf(key, one({ tls }), invalid("listeners[0].tls", "HTTP has no TLS; HTTPS has")),
    caseOf(
      key,
      one({ protocol: "HTTPS", tls: { certificateRefs: [] } }),
      invalid("listeners[0].tls.certificateRefs", "expected a certificate for Terminate"),
    ),
    caseOf(
      key,
      one({ protocol: "TCP", tls: { mode: "Passthrough" } }),
      invalid("listeners[0].tls.mode", "only listeners of TLS pass it through, not TCP"),
    ),
    caseOf(
      key,
      one({ protocol: "HTTPS", tls: { certificateRefs: [{ kind: "ConfigMap", name: "a" }] } }),
      invalid("listeners[0].tls.certificateRefs[0].kind", 'expected "Secret", got "ConfigMap"'),
    ),
    caseOf(
      key,
      one({ protocol: "HTTPS", tls: { ...tls, certificateRef: [] } }),
      invalid("listeners[0].tls.certificateRef", strict),
    ),
    caseOf(
      key,
      one({ protocol: "HTTPS", tls: { ...tls, frontendValidation: { caCertificateRefs: [] } } }),
      invalid(
        "listeners[0].tls.frontendValidation.caCertificateRefs",
        "expected exactly one authority: put several into its ca, got an empty list",
      ),
    ),
    caseOf(
      key,
      one({
        protocol: "TLS",
        tls: {
          mode: "Passthrough",
          frontendValidation: { caCertificateRefs: [{ name: "clients" }] },
        },
      }),
      invalid(
        "listeners[0].tls.frontendValidation",
        "TLS that is passed through shows no certificate of the client",
      ),
    ),
    caseOf(
      key,
      one({ protocol: "TLS", tls: { ...tls, mode: "Passthrough", options: { a: "b" } } }),
      unknownField(
        "listeners[0].tls.options",
        "this field is known but not in force yet, and has no effect",
      ),
      unknownField(
        "listeners[0].tls.certificateRefs",
        "TLS that is passed through needs no certificate: these have no effect",
      ),
    ),
  ])("$value", expectCase);
});

describe("what else a gateway says", () => {
  it.each([
    caseOf(
      key,
      one({ protocol: "TCP", hostname: "a.b" }),
      invalid("listeners[0].hostname", "connections of TCP name no host"),
    ),
    caseOf(
      key,
      one({ services: "Some" }),
      invalid("listeners[0].services", 'expected "All", "None" or a list of names, got "Some"'),
    ),
    caseOf(
      key,
      one({ allowedRoutes: { kind: [], namespaces: { from: "Selector", selector: {} } } }),
      invalid("listeners[0].allowedRoutes.kind", strict),
    ),
    caseOf(
      key,
      one({
        allowedRoutes: {
          namespaces: { from: "Selector", selector: {} },
          kinds: [{ kind: "UDPRoute" }, { kind: "TCPRoute" }, { kind: "HTTPRoute", group: "x" }],
        },
      }),
      unknownField(
        "listeners[0].allowedRoutes.namespaces.from",
        "names are flat: routes attach whatever their namespace",
      ),
      unknownField(
        "listeners[0].allowedRoutes.kinds[0]",
        "serin has no routes of this kind: it is left out",
      ),
      unknownField(
        "listeners[0].allowedRoutes.kinds[1]",
        "no TCPRoute attaches to a listener of HTTP",
      ),
      unknownField(
        "listeners[0].allowedRoutes.kinds[2]",
        "serin has no routes of this kind: it is left out",
      ),
    ),
    caseOf(
      key,
      { ...one({}), addresses: [{ value: "10.0.0.256" }] },
      invalid("addresses[0].value", 'expected an IP address, got "10.0.0.256"'),
    ),
    caseOf(
      key,
      { ...one({ address: "::ffff:127.0.0.1" }), addresses: [{ value: "::FFFF:7F00:1" }] },
      invalid(
        "listeners[0].address",
        'expected an IPv4 address in its own form, not in IPv6\'s, got "::ffff:127.0.0.1"',
      ),
      invalid(
        "addresses[0].value",
        'expected an IPv4 address in its own form, not in IPv6\'s, got "::FFFF:7F00:1"',
      ),
    ),
    caseOf(
      key,
      { ...one({}), addresses: [{ type: "Hostname", value: "a.b" }, { value: "10.0.0.1" }] },
      unknownField("addresses[0]", "only the first IP address is used: this one has no effect"),
    ),
    caseOf(
      key,
      { ...one({}), infrastructure: {} },
      unknownField("infrastructure", "this field is known but not in force yet, and has no effect"),
    ),
    caseOf(key, { ...one({}), listener: [] }, invalid("listener", strict)),
  ])("$value", expectCase);
});
