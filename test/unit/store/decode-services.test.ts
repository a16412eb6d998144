import { describe, expect, it } from "vitest";
import { defaultSettings, type ServiceSettings } from "../../../src/model/service.ts";
import { caseOf, decodeOne, expectCase, invalid, unknownField } from "./decode-entries.ts";

const key = "services/web";

function settingsOf(value: unknown): ServiceSettings | undefined {
  const [service] = decodeOne(key, value).state.services.values();
  return service?.settings;
}

describe("settings of a service", () => {
  it("have defaults for all that is left out", () => {
    expect(settingsOf({})).toEqual(defaultSettings);
    expect(settingsOf({ port: 80, lbPolicy: {}, circuitBreakers: {} })).toEqual(defaultSettings);
    expect(settingsOf({ healthCheck: {}, outlierDetection: {}, tls: {}, retry: {} })).toEqual({
      ...defaultSettings,
      healthCheck: {
        check: { kind: "http", path: "/health", host: undefined, expectedStatuses: [200] },
        intervalMs: 5_000,
        timeoutMs: 1_000,
        unhealthyThreshold: 3,
        healthyThreshold: 1,
      },
      outlierDetection: {
        consecutive5xx: 5,
        intervalMs: 10_000,
        baseEjectionMs: 30_000,
        maxEjectionPercent: 100,
      },
      tls: { sni: undefined, ca: undefined, subjectAltNames: [], certificate: undefined },
      retry: { attempts: 1, backoffMs: undefined, perTryMs: undefined, codes: [] },
    });
  });

  it("are all read", () => {
    const settings = settingsOf({
      appProtocol: "kubernetes.io/h2c",
      healthCheck: {
        http: { path: "/up?x=1", host: "web.local", expectedStatuses: [204, 200, 204] },
        interval: "10ms",
        timeout: "2s",
        unhealthyThreshold: 1,
        healthyThreshold: 100,
      },
      outlierDetection: {
        consecutive5xx: 1,
        interval: "1s",
        baseEjectionTime: "1m",
        maxEjectionPercent: 0,
      },
      lbPolicy: { type: "RingHash", affinity: { cookie: { name: "S", ttl: "0s" } } },
      circuitBreakers: { maxConnections: 1, maxRetries: 0 },
      tls: {
        sni: "Web.Example",
        ca: "roots",
        subjectAltNames: ["a", "b", "a"],
        certificate: "own",
      },
      retry: { attempts: 0, codes: [503, 500], backoff: "25ms", perTry: "1s" },
      rateLimit: { requests: 10, per: "1m", burst: 20 },
      localities: [{ zone: "a" }, { zone: "b", weight: 3, priority: 7 }],
      servedVersionHeader: "X-Version",
    });
    expect(settings).toEqual({
      ...defaultSettings,
      appProtocol: "http2",
      healthCheck: {
        check: { kind: "http", path: "/up?x=1", host: "web.local", expectedStatuses: [200, 204] },
        intervalMs: 10,
        timeoutMs: 2_000,
        unhealthyThreshold: 1,
        healthyThreshold: 100,
      },
      outlierDetection: {
        consecutive5xx: 1,
        intervalMs: 1_000,
        baseEjectionMs: 60_000,
        maxEjectionPercent: 0,
      },
      loadBalancing: {
        policy: "ringHash",
        affinity: { kind: "cookie", name: "S", ttlMs: 0 },
        slowStartMs: undefined,
      },
      circuitBreakers: {
        maxConnections: 1,
        maxPendingRequests: undefined,
        maxRequests: undefined,
        maxRetries: 0,
      },
      tls: { sni: "web.example", ca: "roots", subjectAltNames: ["a", "b"], certificate: "own" },
      retry: { attempts: 0, backoffMs: 25, perTryMs: 1_000, codes: [500, 503] },
      rateLimit: { requests: 10, perMs: 60_000, burst: 20 },
      localities: [
        { zone: "a", weight: undefined, priority: 0 },
        { zone: "b", weight: 3, priority: 7 },
      ],
      servedVersionHeader: "x-version",
    });
  });

  it.each([
    ["http", "http"],
    ["http2", "http2"],
    ["grpc", "http2"],
    ["kubernetes.io/ws", "http"],
  ])("know the protocol %s as %s", (appProtocol, known) => {
    expect(settingsOf({ appProtocol })?.appProtocol).toBe(known);
  });

  it.each([
    ["RoundRobin", { policy: "roundRobin" }],
    ["Maglev", { policy: "maglev" }],
    [
      { type: "LeastRequest", slowStart: "30s" },
      { policy: "leastRequest", slowStartMs: 30_000 },
    ],
    [{ slowStart: "30s" }, { policy: "roundRobin", slowStartMs: 30_000 }],
    [{ type: "Random" }, { policy: "random" }],
    [
      { type: "Maglev", affinity: { header: "X-User" } },
      { policy: "maglev", affinity: { kind: "header", name: "x-user" } },
    ],
    [
      { type: "RingHash", affinity: { cookie: { name: "S" } } },
      { policy: "ringHash", affinity: { kind: "cookie", name: "S", ttlMs: undefined } },
    ],
    [
      { type: "RingHash", affinity: { sourceIp: true } },
      { policy: "ringHash", affinity: { kind: "sourceIp" } },
    ],
    [
      { type: "RingHash", affinity: { queryParam: "u" } },
      { policy: "ringHash", affinity: { kind: "queryParam", name: "u" } },
    ],
  ])("balance by %j", (lbPolicy, expected) => {
    const base = { affinity: undefined, slowStartMs: undefined };
    expect(settingsOf({ lbPolicy })?.loadBalancing).toEqual({ ...base, ...expected });
  });

  it("probe by gRPC and TCP", () => {
    const checkOf = (healthCheck: unknown, appProtocol = "grpc") =>
      settingsOf({ appProtocol, healthCheck })?.healthCheck?.check;
    expect(checkOf({ grpc: {} })).toEqual({ kind: "grpc", serviceName: "" });
    expect(checkOf({ grpc: { serviceName: "a.B" } })).toEqual({ kind: "grpc", serviceName: "a.B" });
    expect(checkOf({ grpc: {} }, "http2")).toEqual({ kind: "grpc", serviceName: "" });
    expect(checkOf({ grpc: {} }, "kubernetes.io/h2c")).toEqual({ kind: "grpc", serviceName: "" });
    expect(checkOf({ tcp: {} }, "http")).toEqual({ kind: "tcp" });
  });

  it("tell the version in the usual header", () => {
    expect(settingsOf({ servedVersionHeader: true })?.servedVersionHeader).toBe("x-served-version");
  });
});

const policies = '"RoundRobin", "LeastRequest", "Random", "RingHash", "Maglev"';
const unsettable =
  "host (which a URLRewrite changes) and headers of the connection and the message's length cannot be set";
const later = "this field is known but not in force yet, and has no effect";

describe("settings that are wrong", () => {
  it.each([
    caseOf(
      key,
      { healthCheck: 7, outlierDetection: [] },
      invalid("healthCheck", "expected an object, got 7"),
      invalid("outlierDetection", "expected an object, got an empty list"),
    ),
    caseOf(
      key,
      { healthCheck: { http: {}, tcp: {}, intervall: "5s" } },
      invalid("healthCheck", "expected one of http, grpc and tcp"),
      unknownField(
        "healthCheck.intervall",
        'this field is not known (did you mean "interval"?), and has no effect',
      ),
    ),
    caseOf(
      key,
      { healthCheck: { interval: "9ms", timeout: "2h", unhealthyThreshold: 0 } },
      invalid("healthCheck.interval", 'expected a duration from 10ms to 1h, got "9ms"'),
      invalid("healthCheck.timeout", 'expected a duration from 10ms to 1h, got "2h"'),
      invalid("healthCheck.unhealthyThreshold", "expected an integer from 1 to 100, got 0"),
    ),
    caseOf(
      key,
      { healthCheck: { http: { path: "health", expectedStatuses: [] } } },
      invalid("healthCheck.http.path", 'expected a URL path that starts with "/", got "health"'),
      invalid(
        "healthCheck.http.expectedStatuses",
        "expected at least one status, got an empty list",
      ),
    ),
    ...[{}, { appProtocol: "http" }, { appProtocol: "kubernetes.io/ws" }].map((protocol) =>
      caseOf(
        key,
        { ...protocol, healthCheck: { grpc: {} } },
        invalid("healthCheck.grpc", "a gRPC check needs appProtocol grpc or http2"),
      ),
    ),
    caseOf(
      key,
      { outlierDetection: { consecutive5xx: 0, maxEjectionPercent: 101 } },
      invalid("outlierDetection.consecutive5xx", "expected an integer from 1 to 1000, got 0"),
      invalid("outlierDetection.maxEjectionPercent", "expected an integer from 0 to 100, got 101"),
    ),
    ...[7, "roundrobin"].map((lbPolicy) =>
      caseOf(
        key,
        { lbPolicy },
        invalid(
          "lbPolicy",
          `expected one of ${policies}, or an object, got ${JSON.stringify(lbPolicy)}`,
        ),
      ),
    ),
    caseOf(
      key,
      { lbPolicy: { type: "Fair", slowStart: "1 s", slowstart: 1 } },
      invalid("lbPolicy.type", `expected one of ${policies}, got "Fair"`),
      invalid(
        "lbPolicy.slowStart",
        'expected a duration such as "5s", "100ms" or "1h30m", got "1 s"',
      ),
      unknownField(
        "lbPolicy.slowstart",
        'this field is not known (did you mean "slowStart"?), and has no effect',
      ),
    ),
    caseOf(
      key,
      { lbPolicy: { type: "Random", slowStart: "5s", affinity: { sourceIp: true } } },
      invalid("lbPolicy.affinity", "only RingHash and Maglev have affinity"),
      invalid("lbPolicy.slowStart", "only RoundRobin and LeastRequest have a slow start"),
    ),
    ...[{}, { header: "a", sourceIp: true }].map((affinity) =>
      caseOf(
        key,
        { lbPolicy: { type: "Maglev", affinity } },
        invalid("lbPolicy.affinity", "expected one of header, cookie, sourceIp and queryParam"),
      ),
    ),
    caseOf(
      key,
      { circuitBreakers: { maxConnections: 0, maxRequests: 2 ** 32 } },
      invalid("circuitBreakers.maxConnections", "expected an integer from 1 to 4294967295, got 0"),
      invalid(
        "circuitBreakers.maxRequests",
        "expected an integer from 1 to 4294967295, got 4294967296",
      ),
    ),
    caseOf(
      key,
      { tls: { sni: "*.a", ca: "a/b" } },
      invalid("tls.sni", 'expected a hostname without a wildcard, got "*.a"'),
      invalid(
        "tls.ca",
        "expected a name of letters, digits, '-', '_' and '.', at most 253 characters, letter or digit at the ends, got \"a/b\"",
      ),
    ),
    caseOf(
      key,
      { retry: { attempts: 11, codes: [200], backoff: "0s" } },
      invalid("retry.attempts", "expected an integer from 0 to 10, got 11"),
      invalid("retry.codes[0]", "expected an integer from 400 to 599, got 200"),
      invalid("retry.backoff", 'expected a duration from 1ms to 1m, got "0s"'),
    ),
    caseOf(
      key,
      { rateLimit: { per: "10ms" } },
      invalid("rateLimit.requests", "expected an integer from 1 to 4000000000, but it is missing"),
      invalid("rateLimit.per", 'expected a duration from 50ms to 24h, got "10ms"'),
    ),
    caseOf(
      key,
      { rateLimit: { requests: 10, burst: 9 } },
      invalid(
        "rateLimit.burst",
        "a burst of fewer than requests would be the rate: give fewer in a shorter per",
      ),
    ),
    caseOf(
      key,
      { localities: [{ zone: "a" }, { zone: "a", weight: 0, priority: 8 }, {}] },
      invalid("localities[1].weight", "expected an integer from 1 to 1000000, got 0"),
      invalid("localities[1].priority", "expected an integer from 0 to 7, got 8"),
      invalid(
        "localities[2].zone",
        "expected a string of 1 to 253 characters without control characters, but it is missing",
      ),
    ),
    caseOf(
      key,
      { localities: [{ zone: "a" }, { zone: "a" }] },
      invalid("localities[1].zone", "names a zone twice"),
    ),
    caseOf(
      key,
      { servedVersionHeader: 1 },
      invalid("servedVersionHeader", "expected true, false or a header name, got 1"),
    ),
    ...["Host", "content-length", "Transfer-Encoding", "connection"].map((servedVersionHeader) =>
      caseOf(
        key,
        { servedVersionHeader },
        invalid("servedVersionHeader", `${unsettable}, got "${servedVersionHeader}"`),
      ),
    ),
    caseOf(
      key,
      { servedVersionHeader: ":status" },
      invalid("servedVersionHeader", 'expected a header name, got ":status"'),
    ),
    caseOf(key, { guard: [], sources: {}, port: 80 }, unknownField("sources", later)),
  ])("$value", expectCase);
});
