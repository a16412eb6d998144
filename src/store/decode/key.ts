/** What a store key is about. Keys are relative to the prefix: `endpoints/web/a`. */
import { limits } from "../../config/limits.ts";
import { didYouMean } from "../../lib/did-you-mean.ts";
import {
  type GatewayName,
  type InstanceId,
  isName,
  type LaneName,
  type SecretName,
  type ServiceName,
  type TemplateName,
} from "../../model/names.ts";
import { resourceTypeNames, resourceTypeUrl } from "../schema/resource.ts";
import { guardStatusFolder, healthStatusFolder, rolloutStatusFolder } from "../status-keys.ts";
import { clip, type Problem, problem, warning } from "./problem.ts";

export type ObjectKey =
  | { readonly kind: "services"; readonly service: ServiceName }
  | { readonly kind: "weights"; readonly service: ServiceName }
  | { readonly kind: "endpoints"; readonly service: ServiceName; readonly id: InstanceId }
  | { readonly kind: "routes"; readonly route: string }
  | { readonly kind: "grpcroutes"; readonly route: string }
  | { readonly kind: "tcproutes"; readonly route: string }
  | { readonly kind: "tlsroutes"; readonly route: string }
  | { readonly kind: "gateways"; readonly gateway: GatewayName }
  | { readonly kind: "lanes"; readonly lane: LaneName }
  | { readonly kind: "rollouts"; readonly service: ServiceName }
  | { readonly kind: "analysistemplates"; readonly template: TemplateName }
  | { readonly kind: "secrets"; readonly secret: SecretName }
  | { readonly kind: "snapshots"; readonly nodeId: string }
  | {
      readonly kind: "resources";
      readonly gateway: GatewayName | "*";
      readonly typeUrl: string;
      readonly name: string;
    };

export type KeyReading =
  | { readonly kind: "object"; readonly object: ObjectKey }
  /**
   * Written by serin itself, and of what proxies get as well: which versions of the service guards have
   * taken out, and how far its release is.
   */
  | { readonly kind: "guardStatus" | "rolloutStatus"; readonly service: ServiceName }
  /** Likewise, for gRPC clients alone: which instances of the service serin's probes find sick. */
  | { readonly kind: "healthStatus"; readonly service: ServiceName }
  /** Written by serin itself, or read by another stage. */
  | { readonly kind: "ignored" }
  | { readonly kind: "wrong"; readonly problem: Problem };

const ignoredFolders: ReadonlySet<string> = new Set(["status", "history", "audit", "overrides"]);

/** First parts of keys. */
export const objectFolders: readonly ObjectKey["kind"][] = [
  "services",
  "endpoints",
  "weights",
  "routes",
  "grpcroutes",
  "tcproutes",
  "tlsroutes",
  "gateways",
  "lanes",
  "rollouts",
  "analysistemplates",
  "secrets",
  "snapshots",
  "resources",
];

/** Name of the object, as `metadata.name` of the long form would give it. */
export function objectName(key: ObjectKey): string {
  switch (key.kind) {
    case "services":
    case "weights":
    case "rollouts":
      return key.service;
    case "endpoints":
      return key.id;
    case "routes":
    case "grpcroutes":
    case "tcproutes":
    case "tlsroutes":
      return key.route;
    case "gateways":
      return key.gateway;
    case "lanes":
      return key.lane;
    case "analysistemplates":
      return key.template;
    case "secrets":
      return key.secret;
    case "snapshots":
      return key.nodeId;
    case "resources":
      return key.name;
  }
}

export function readKey(key: string): KeyReading {
  const status = statusReading(key);
  if (status !== undefined) return status;
  const slash = key.indexOf("/");
  const folder = slash === -1 ? key : key.slice(0, slash);
  if (ignoredFolders.has(folder) && slash !== -1) return { kind: "ignored" };
  const rest = slash === -1 ? undefined : key.slice(slash + 1);
  const kind = objectFolders.find((each) => each === folder);
  if (kind === undefined || rest === undefined) return unknownFolder(folder, rest !== undefined);
  switch (kind) {
    case "endpoints":
      return readEndpointKey(rest);
    case "snapshots":
      return readSnapshotKey(rest);
    case "resources":
      return readResourceKey(rest);
    default:
      if (!isName(rest)) return wrong(`the name after the first "/" ${nameRule}`);
      return { kind: "object", object: namedKey(kind, rest) };
  }
}

const statusFolders = [
  ["guardStatus", guardStatusFolder],
  ["rolloutStatus", rolloutStatusFolder],
  ["healthStatus", healthStatusFolder],
] as const;

/** Of what serin writes itself, these alone change what proxies get. */
function statusReading(key: string): KeyReading | undefined {
  for (const [kind, folder] of statusFolders) {
    const service = key.startsWith(folder) ? key.slice(folder.length) : "";
    if (isName(service)) return { kind, service: service as ServiceName };
  }
  return undefined;
}

type NamedFolder = Exclude<ObjectKey["kind"], "endpoints" | "snapshots" | "resources">;

function namedKey(kind: NamedFolder, name: string): ObjectKey {
  switch (kind) {
    case "services":
    case "weights":
    case "rollouts":
      return { kind, service: name as ServiceName };
    case "gateways":
      return { kind, gateway: name as GatewayName };
    case "lanes":
      return { kind, lane: name as LaneName };
    case "analysistemplates":
      return { kind, template: name as TemplateName };
    case "secrets":
      return { kind, secret: name as SecretName };
    default:
      return { kind, route: name };
  }
}

const wrong = (message: string): KeyReading => ({
  kind: "wrong",
  problem: problem("KEY_INVALID", [], message),
});

function unknownFolder(folder: string, hasSlash: boolean): KeyReading {
  const known = [...objectFolders, ...ignoredFolders].map((name) => `${name}/`);
  const written = hasSlash ? `${folder}/` : folder;
  const hint = didYouMean(written, known);
  const message = `"${clip(written)}" is no kind of object${hint}; the key is ignored`;
  return { kind: "wrong", problem: warning("KEY_UNKNOWN", [], message) };
}

const nameRule =
  "must consist of letters, digits, '-', '_' and '.', at most 253, with a letter or digit at the ends";

/** Ids come from registries too, and may be `10.0.0.1:8081` or a lease: all but "/" and controls. */
function readEndpointKey(rest: string): KeyReading {
  const [service = "", id = "", ...deeper] = rest.split("/");
  if (id === "" || deeper.length > 0) return wrong('expected "endpoints/<service>/<id>"');
  if (!isName(service)) return wrong(`the service's name ${nameRule}`);
  if (!isPlain(id, 253)) {
    return wrong("the instance's id must have at most 253 characters and no control characters");
  }
  const object = {
    kind: "endpoints",
    service: service as ServiceName,
    id: id as InstanceId,
  } as const;
  return { kind: "object", object };
}

/** As the proxies call themselves: `sidecar~10.0.0.1~web`. */
function readSnapshotKey(nodeId: string): KeyReading {
  if (nodeId === "" || nodeId.includes("/")) return wrong('expected "snapshots/<node id>"');
  if (!isPlain(nodeId, 253)) {
    return wrong("the node's id must have at most 253 characters and no control characters");
  }
  return { kind: "object", object: { kind: "snapshots", nodeId } };
}

/** Names of resources may contain slashes. */
function readResourceKey(rest: string): KeyReading {
  const [gateway = "", type = "", ...parts] = rest.split("/");
  const name = parts.join("/");
  if (name === "") return wrong('expected "resources/<gateway or *>/<type>/<name>"');
  if (gateway !== "*" && !isName(gateway))
    return wrong(`the gateway's name ${nameRule}, or be "*"`);
  const typeUrl = resourceTypeUrl(type);
  if (typeUrl === undefined) {
    const hint = didYouMean(type, resourceTypeNames);
    return wrong(`"${clip(type)}" is no type of resource${hint}; use its full message name`);
  }
  if (!isPlain(name, limits.xds.nameBytes)) {
    return wrong("the resource's name is too long or has control characters");
  }
  const object = {
    kind: "resources",
    gateway: gateway as GatewayName | "*",
    typeUrl,
    name,
  } as const;
  return { kind: "object", object };
}

const isPlain = (text: string, most: number): boolean =>
  text.length <= most && /^[^\p{Cc}\p{Cs}]*$/u.test(text);
