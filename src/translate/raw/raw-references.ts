/**
 * Which resources a raw one needs, read from its plain form by the few fields that say so. What
 * comes from a file, or from the bootstrap, is not serin's and is not named here.
 */
import type { Reference, Resource } from "../../snapshot/resource.ts";
import { shortName, type TypeUrl, typeUrls } from "../../snapshot/type-url.ts";
import { field, fieldAt, list, texts, walk } from "./plain-form.ts";

/** Type of the resources that `Resource.references` of a type are names of. */
function referencedType(typeUrl: TypeUrl): TypeUrl | undefined {
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

/** Everything that a resource needs, with its type. */
export function neededBy({ typeUrl, references, needs }: Resource): readonly Reference[] {
  const target = referencedType(typeUrl);
  if (target === undefined) return needs;
  return [...references.map((name) => ({ typeUrl: target, name })), ...needs];
}

/** What to say of something that is needed and not there. */
export const missing = ({ typeUrl, name }: Reference): string =>
  `names ${name}, but there is no such ${shortName(typeUrl)} resource`;

/** Names for `Resource.references`, in no order. */
export function rawReferences(typeUrl: string, plain: unknown): readonly string[] {
  switch (typeUrl) {
    case typeUrls.cluster:
      return assignmentsNamed(plain);
    case typeUrls.listener:
      return walk(plain).flatMap(routesNamed);
    case typeUrls.route:
    case typeUrls.virtualHost:
      return clustersNamed(plain);
    default:
      return [];
  }
}

/** What else is needed, for `Resource.needs`. */
export function rawNeeds(typeUrl: string, plain: unknown): readonly Reference[] {
  const needs: Reference[] = [];
  const add = (target: TypeUrl, names: readonly string[]): void => {
    for (const name of new Set(names)) needs.push({ typeUrl: target, name });
  };
  add(typeUrls.secret, objectsBelow(plain).flatMap(secretNamed));
  add(typeUrls.extensionConfig, objectsBelow(plain).flatMap(extensionNamed));
  if (typeUrl === typeUrls.cluster) add(typeUrls.cluster, membersOf(plain));
  if (typeUrl === typeUrls.scopedRoute) {
    add(typeUrls.route, texts(field(plain, "route_configuration_name")));
  }
  if (namesClustersBeside.has(typeUrl)) add(typeUrls.cluster, clustersNamed(plain));
  return needs;
}

/** Types that name clusters, though their references are of another type. */
const namesClustersBeside: ReadonlySet<string> = new Set([
  typeUrls.listener,
  typeUrls.scopedRoute,
  typeUrls.extensionConfig,
]);

function assignmentsNamed(cluster: unknown): readonly string[] {
  if (field(cluster, "type") !== "EDS") return [];
  const eds = field(cluster, "eds_cluster_config");
  if (isFile(field(eds, "eds_config"))) return [];
  const serviceName = texts(field(eds, "service_name"));
  return serviceName.length > 0 ? serviceName : texts(field(cluster, "name"));
}

/** Of an aggregate cluster. */
const membersOf = (cluster: unknown): readonly string[] =>
  list(fieldAt(cluster, "cluster_type", "typed_config", "clusters")).flatMap(texts);

function routesNamed([key, value]: readonly [string, unknown]): readonly string[] {
  // Of scopes that stand in the listener itself.
  if (key === "route_configuration_name") return texts(value);
  if (key !== "rds" || isFile(field(value, "config_source"))) return [];
  return texts(field(value, "route_config_name"));
}

const clustersNamed = (plain: unknown): readonly string[] =>
  walk(plain).flatMap(([key, value]) => {
    // TCP proxies and routes; then services that filters ask.
    if (key === "cluster") return texts(value);
    if (key === "envoy_grpc") return texts(field(value, "cluster_name"));
    if (key !== "weighted_clusters") return [];
    return list(field(value, "clusters")).flatMap((each) => texts(field(each, "name")));
  });

/** Without a source the secret is the bootstrap's. */
function secretNamed(config: object): readonly string[] {
  const source = field(config, "sds_config");
  return source === undefined || isFile(source) ? [] : texts(field(config, "name"));
}

function extensionNamed(filter: object): readonly string[] {
  const discovery = field(filter, "config_discovery");
  if (discovery === undefined || isFile(field(discovery, "config_source"))) return [];
  return texts(field(filter, "name"));
}

const isFile = (source: unknown): boolean =>
  field(source, "path") !== undefined || field(source, "path_config_source") !== undefined;

const objectsBelow = (plain: unknown): readonly object[] =>
  walk(plain).flatMap(([, value]) =>
    (Array.isArray(value) ? value : [value]).filter(
      (each): each is object => typeof each === "object" && each !== null,
    ),
  );
