/**
 * The long form of an object, as Kubernetes writes it: `apiVersion`, `kind`, `metadata`, `spec`. The
 * key already says what the short form leaves out, so the two must agree.
 */
import { type ObjectKey, objectFolders, objectName } from "./key.ts";
import { type Path, type Problem, problem } from "./problem.ts";

export interface Unwrapped {
  readonly spec: unknown;
  /** Where the spec lies in the value. */
  readonly at: Path;
  readonly problems: readonly Problem[];
}

const kinds: Readonly<Record<ObjectKey["kind"], readonly [string, ...string[]]>> = {
  services: ["Service"],
  endpoints: ["Endpoint"],
  weights: ["Weights"],
  routes: ["HTTPRoute"],
  grpcroutes: ["GRPCRoute"],
  tcproutes: ["TCPRoute"],
  tlsroutes: ["TLSRoute"],
  gateways: ["Gateway"],
  lanes: ["Lane", "TrafficLane"],
  rollouts: ["Rollout"],
  analysistemplates: ["AnalysisTemplate"],
  secrets: ["Secret"],
  snapshots: ["NodeSnapshot"],
  resources: ["Resource"],
};

const ownApi = /^serin\/v1(?:(?:alpha|beta)[0-9]+)?$/;
const gatewayApi = /^gateway\.networking\.k8s\.io\/v[0-9a-z]+$/;

/** Gives the spec of the long form, or the value itself where it is the short one. */
export function unwrap(value: unknown, key: ObjectKey): Unwrapped {
  if (!isLongForm(value)) return { spec: value, at: [], problems: [] };
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) =>
    problems.push(problem("VALUE_INVALID", path, message));
  const kindFault = kindProblem(value["kind"], key.kind);
  if (kindFault !== undefined) refuse(["kind"], kindFault);
  if (!fitsApi(value["apiVersion"], key.kind)) {
    refuse(["apiVersion"], `expected "serin/v1"${otherApi(key.kind)}`);
  }
  const name = nameOf(value["metadata"]);
  if (name !== undefined && name !== objectName(key)) {
    refuse(["metadata", "name"], "disagrees with the name in the key");
  }
  if (value["spec"] === undefined && key.kind === "secrets") {
    return { spec: withoutFrame(value), at: [], problems };
  }
  if (value["spec"] === undefined) refuse(["spec"], "expected an object, but it is missing");
  return { spec: value["spec"], at: ["spec"], problems };
}

/** The folder of a kind, by its name in the long form, or by the folder's own; undefined: there is none. */
export function folderOfKind(kind: string): ObjectKey["kind"] | undefined {
  const wanted = kind.toLowerCase();
  return objectFolders.find((folder) =>
    [folder, ...kinds[folder]].some((name) => {
      const known = name.toLowerCase();
      return known === wanted || known === `${wanted}s`;
    }),
  );
}

/** Key of an object in the long form; undefined where it does not follow from kind and name alone. */
export function longFormKey(value: unknown): string | undefined {
  if (!isLongForm(value)) return undefined;
  const folder = objectFolders.find((each) => kinds[each].some((kind) => kind === value["kind"]));
  const name = nameOf(value["metadata"]);
  if (folder === undefined || typeof name !== "string") return undefined;
  const hasMore = folder === "endpoints" || folder === "resources";
  return hasMore ? undefined : `${folder}/${name}`;
}

/** A wrong kind that another folder takes is told its folder. */
function kindProblem(kind: unknown, folder: ObjectKey["kind"]): string | undefined {
  const [expected, ...others] = kinds[folder];
  if (kind === expected || others.some((other) => other === kind)) return undefined;
  const right = Object.entries(kinds).find(([, names]) => names.some((name) => name === kind));
  const hint = right === undefined ? "" : `; a ${String(kind)} goes under "${right[0]}/"`;
  return `expected "${expected}", which the key asks for${hint}`;
}

/** A Secret of Kubernetes has no spec: its fields stand beside those of every object. */
function withoutFrame(value: Readonly<Record<string, unknown>>): unknown {
  const { apiVersion: _, kind: __, metadata: ___, immutable: ____, ...fields } = value;
  return fields;
}

/** No field of a spec is called apiVersion, and only the long form has a `kind` that is text. */
function isLongForm(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const has = (field: string) =>
    Object.hasOwn(value, field) && typeof Reflect.get(value, field) === "string";
  return has("apiVersion") || (has("kind") && !Object.hasOwn(value, "@type"));
}

const isGatewayApi = (kind: ObjectKey["kind"]): boolean =>
  kind === "gateways" || kind.endsWith("routes");

function otherApi(kind: ObjectKey["kind"]): string {
  if (kind === "secrets") return ' or "v1"';
  return isGatewayApi(kind) ? ' or "gateway.networking.k8s.io/v1"' : "";
}

function fitsApi(apiVersion: unknown, kind: ObjectKey["kind"]): boolean {
  if (apiVersion === undefined) return true;
  if (typeof apiVersion !== "string") return false;
  if (kind === "secrets" && apiVersion === "v1") return true;
  return ownApi.test(apiVersion) || (isGatewayApi(kind) && gatewayApi.test(apiVersion));
}

function nameOf(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  return Object.hasOwn(metadata, "name") ? Reflect.get(metadata, "name") : undefined;
}
