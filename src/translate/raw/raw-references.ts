/** Which resources a raw one needs, read from its JSON form, by the few fields that say so. */
import { type TypeUrl, typeUrls } from "../../snapshot/type-url.ts";

/** Type of the resources that `Resource.references` of a type are names of. */
export function referencedType(typeUrl: string): TypeUrl | undefined {
  switch (typeUrl) {
    case typeUrls.cluster:
      return typeUrls.endpoint;
    case typeUrls.listener:
      return typeUrls.route;
    case typeUrls.route:
    case typeUrls.virtualHost:
      return typeUrls.cluster;
    default:
      return undefined;
  }
}

/** `json`: proto JSON in snake case. Names that the resource refers to, in no order. */
export function rawReferences(typeUrl: string, json: unknown): readonly string[] {
  switch (typeUrl) {
    case typeUrls.cluster:
      return clusterReferences(json);
    case typeUrls.listener:
      return walk(json).flatMap(([key, value]) =>
        key === "rds" ? texts(field(value, "route_config_name")) : [],
      );
    case typeUrls.route:
    case typeUrls.virtualHost:
      return walk(json).flatMap(routeReferences);
    default:
      return [];
  }
}

function clusterReferences(json: unknown): readonly string[] {
  if (field(json, "type") !== "EDS") return [];
  const serviceName = texts(field(field(json, "eds_cluster_config"), "service_name"));
  return serviceName.length > 0 ? serviceName : texts(field(json, "name"));
}

function routeReferences([key, value]: readonly [string, unknown]): readonly string[] {
  if (key === "cluster") return texts(value);
  const clusters = key === "weighted_clusters" ? field(value, "clusters") : undefined;
  return Array.isArray(clusters) ? clusters.flatMap((each) => texts(field(each, "name"))) : [];
}

/** Every field below `value` with its name, arrays looked through. */
function walk(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap(walk);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key, inner] as const, ...walk(inner)]);
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const texts = (value: unknown): readonly string[] =>
  typeof value === "string" && value !== "" ? [value] : [];
