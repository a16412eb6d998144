import { describe, it } from "vitest";
import { caseOf, expectCase, invalid } from "./decode-entries.ts";

const gatewayApi = "gateway.networking.k8s.io";
const metadata = { namespace: "a", labels: {}, annotations: {}, creationTimestamp: null };

/** As `kubectl get -o yaml` prints it. */
const document = (apiVersion: string, kind: string): object => ({
  apiVersion: `${gatewayApi}/${apiVersion}`,
  kind,
  metadata: { ...metadata, name: "web", generation: 1, resourceVersion: "7", uid: "8d3b" },
  spec: { rules: [{ backendRefs: [{ name: "web", port: 80 }] }] },
  status: { parents: [] },
});

describe("the long form of routes", () => {
  it.each([
    caseOf("routes/web", document("v1", "HTTPRoute")),
    caseOf("grpcroutes/web", document("v1", "GRPCRoute")),
    caseOf("tcproutes/web", document("v1alpha2", "TCPRoute")),
    caseOf("tlsroutes/web", document("v1alpha3", "TLSRoute")),
    ...[
      ["GRPCRoute", "grpcroutes"],
      ["TCPRoute", "tcproutes"],
      ["TLSRoute", "tlsroutes"],
      ["TrafficLane", "lanes"],
    ].map(([kind = "", folder]) =>
      caseOf(
        "routes/web",
        document("v1", kind),
        invalid(
          "kind",
          `expected "HTTPRoute", which the key asks for; a ${kind} goes under "${folder}/"`,
        ),
      ),
    ),
    caseOf(
      "tlsroutes/web",
      document("v1", "UDPRoute"),
      invalid("kind", 'expected "TLSRoute", which the key asks for'),
    ),
    caseOf(
      "grpcroutes/web",
      { ...document("v1", "GRPCRoute"), apiVersion: "v1" },
      invalid("apiVersion", 'expected "serin/v1" or "gateway.networking.k8s.io/v1"'),
    ),
    caseOf(
      "secrets/web",
      { apiVersion: `${gatewayApi}/v1`, kind: "Secret", spec: { files: { ca: "/a" } } },
      invalid("apiVersion", 'expected "serin/v1" or "v1"'),
    ),
  ])("$key $value.kind", expectCase);
});
