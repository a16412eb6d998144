/** Valid values of the objects that are no routes, with as many fields as may be. */
import { selfSigned } from "./certificates.ts";

const pair = selfSigned("edge");

/** What one names of another is called as here. */
export const wellFormedObjects: Readonly<Record<string, unknown>> = {
  "services/web": {
    appProtocol: "http2",
    subsets: [
      { name: "v1", labels: { version: "v1" } },
      { name: "v2", fallback: "v1" },
    ],
    timeouts: { connect: "5s", request: "1h30m" },
    healthCheck: {
      http: { path: "/up", host: "web", expectedStatuses: [200, 204] },
      interval: "1s",
      timeout: "100ms",
      unhealthyThreshold: 2,
      healthyThreshold: 1,
    },
    outlierDetection: {
      consecutive5xx: 3,
      interval: "1s",
      baseEjectionTime: "5s",
      maxEjectionPercent: 50,
    },
    lbPolicy: { type: "RingHash", affinity: { cookie: { name: "S", ttl: "0s" } } },
    circuitBreakers: { maxConnections: 1, maxPendingRequests: 1, maxRequests: 1, maxRetries: 0 },
    tls: { sni: "a.b", ca: "edge", subjectAltNames: ["a.b"], certificate: "edge" },
    retry: { attempts: 2, codes: [503], backoff: "10ms", perTry: "1s" },
    rateLimit: { requests: 5, per: "1s", burst: 10 },
    localities: [{ zone: "a", weight: 1, priority: 0 }],
    servedVersionHeader: "x-version",
    guard: [
      {
        name: "errors",
        subset: "v2",
        interval: "5s",
        lookback: "2m",
        minRequests: 20,
        confidence: 0.99,
        hardTrip: { minRequests: 10, ratio: 0.5 },
        failureCondition: "result.ratio5xx > 0.05 || !(result.requests >= 1)",
        failureLimit: 1,
        provider: { envoy: {} },
        onFailure: {
          setWeight: 0.5,
          latch: false,
          alerts: [
            {
              severity: "warn",
              webhook: {
                url: "https://a.example/x?y",
                format: "slack",
                secretEnv: "SERIN_ALERT_1",
              },
            },
          ],
        },
      },
      {
        failureCondition: "result > 1e-3",
        provider: { web: { url: "http://127.0.0.1:9/", jsonPath: "$.a[0]" } },
        hardTrip: false,
      },
    ],
  },
  "gateways/edge": {
    nodeSelector: { cluster: "edge", metadata: { a: "b" } },
    addresses: [{ type: "IPAddress", value: "127.0.0.1" }],
    gatewayClassName: "serin",
    listeners: [
      {
        name: "http",
        port: 80,
        protocol: "HTTP",
        hostname: "*.a",
        address: "::1",
        services: ["web"],
        allowedRoutes: { namespaces: { from: "Same" }, kinds: [{ kind: "GRPCRoute" }] },
      },
      {
        name: "https",
        port: 443,
        protocol: "HTTPS",
        tls: {
          mode: "Terminate",
          certificateRefs: [{ kind: "Secret", name: "edge" }],
          frontendValidation: { caCertificateRefs: [{ name: "edge" }] },
        },
      },
    ],
  },
  "lanes/gray": {
    header: "x-env",
    value: "gray",
    baggage: "env",
    labels: { stage: "gray" },
    services: ["web"],
    mode: "strict",
    entries: [
      {
        gateway: "edge",
        trustClient: true,
        matches: [
          {
            headers: [{ name: "a", type: "RegularExpression", value: "b+" }],
            cookies: [{ name: "c", value: "d" }],
            queryParams: [{ name: "e", value: "f" }],
          },
        ],
        percent: 0.25,
        hashSplit: { headers: [{ name: "x-user" }], salt: "s" },
      },
    ],
  },
  "rollouts/web": {
    strategy: {
      canary: {
        stableSubset: "v1",
        canarySubset: "v2",
        maxTrafficWeight: 1_000,
        analysis: {
          metrics: [{ name: "errors", failureCondition: "result.ratio5xx > 0.05" }],
          startingStep: 1,
        },
        steps: [
          {
            setHeaderRoute: {
              name: "testers",
              match: [{ headerName: "x-tester", headerValue: { regex: "a+" } }],
            },
          },
          { setWeight: 50.5 },
          { pause: { duration: "10m" } },
          {
            setMirrorRoute: {
              name: "copies",
              percentage: 12.5,
              match: [{ path: { prefix: "/a" }, headers: { "x-a": { prefix: "b" } } }],
            },
          },
          { analysis: { metrics: [{ name: "vs", compare: { maxDelta: 0.02 }, count: 3 }] } },
          { setWeight: 1_000 },
        ],
      },
    },
    guard: [{ failureLimit: 2 }],
    paused: false,
    progressDeadlineSeconds: 600,
    progressDeadlineAbort: true,
    webhooks: [
      { name: "qa", type: "confirm-promotion", url: "http://127.0.0.1:9/", timeout: "5s" },
    ],
    alerts: [{ severity: "info", webhook: { url: "http://127.0.0.1:9/" } }],
    windows: [
      { kind: "deny", schedule: "0 18 * * FRI", duration: "62h", timeZone: "Europe/Berlin" },
    ],
  },
  "rollouts/shop": {
    strategy: { canary: { stableSubset: "v1", canarySubset: "v2" } },
    preset: "Canary10Percent5Minutes",
  },
  "analysistemplates/errors": {
    metrics: [
      {
        name: "ratio",
        provider: { prometheus: { address: "http://127.0.0.1:9090", query: "a / b" } },
        successCondition: "result < 1",
        failureCondition: "result >= 1",
        interval: "30s",
        initialDelay: "1m",
        count: 5,
        failureLimit: 1,
        inconclusiveLimit: 2,
        consecutiveErrorLimit: 3,
        dryRun: false,
      },
    ],
  },
  "secrets/edge": { ...pair, ca: pair.certificate },
  "snapshots/node-1": {
    versions: { cds: "v1" },
    resources: [
      { type: "cds", name: "a", version: "v2", resource: { name: "a", lb_policy: "RANDOM" } },
      { type: "eds", any: "AAECAw==" },
    ],
  },
};
