/**
 * The long form of an object, as Kubernetes writes it: `apiVersion`, `kind`, `metadata`, `spec`. The
 * key already says what the short form leaves out, so the two must agree.
 */
import { type ObjectKey, objectName } from "./key.ts";
import { type Path, type Problem, problem } from "./problem.ts";

export interface Unwrapped {
  readonly spec: unknown;
  /** Where the spec lies in the value. */
  readonly at: Path;
  readonly problems: readonly Problem[];
}

const kinds: Readonly<Record<ObjectKey["kind"], string>> = {
  services: "Service",
  endpoints: "Endpoint",
  weights: "Weights",
  routes: "HTTPRoute",
  gateways: "Gateway",
  resources: "Resource",
};

const ownApi = /^serin\/v1(?:(?:alpha|beta)[0-9]+)?$/;
const gatewayApi = /^gateway\.networking\.k8s\.io\/v[0-9a-z]+$/;

/** Gives the spec of the long form, or the value itself where it is the short one. */
export function unwrap(value: unknown, key: ObjectKey): Unwrapped {
  if (!isLongForm(value)) return { spec: value, at: [], problems: [] };
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) =>
    problems.push(problem("VALUE_INVALID", path, message));
  const expectedKind = kinds[key.kind];
  if (value["kind"] !== expectedKind) {
    refuse(["kind"], `expected "${expectedKind}", which the key asks for`);
  }
  if (!fitsApi(value["apiVersion"], key.kind)) {
    const gatewayVersion = isGatewayApi(key.kind) ? ' or "gateway.networking.k8s.io/v1"' : "";
    refuse(["apiVersion"], `expected "serin/v1"${gatewayVersion}`);
  }
  const name = nameOf(value["metadata"]);
  if (name !== undefined && name !== objectName(key)) {
    refuse(["metadata", "name"], "disagrees with the name in the key");
  }
  if (value["spec"] === undefined) refuse(["spec"], "expected an object, but it is missing");
  return { spec: value["spec"], at: ["spec"], problems };
}

/** No field of a spec is called apiVersion, and only the long form has a `kind` that is text. */
function isLongForm(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const has = (field: string) =>
    Object.hasOwn(value, field) && typeof Reflect.get(value, field) === "string";
  return has("apiVersion") || (has("kind") && !Object.hasOwn(value, "@type"));
}

const isGatewayApi = (kind: ObjectKey["kind"]): boolean => kind === "routes" || kind === "gateways";

function fitsApi(apiVersion: unknown, kind: ObjectKey["kind"]): boolean {
  if (apiVersion === undefined) return true;
  if (typeof apiVersion !== "string") return false;
  return ownApi.test(apiVersion) || (isGatewayApi(kind) && gatewayApi.test(apiVersion));
}

function nameOf(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  return Object.hasOwn(metadata, "name") ? Reflect.get(metadata, "name") : undefined;
}
