/**
 * HTTPRoutes of Kubernetes. A route of serin's has the same fields, so that most of it is taken as it is,
 * and the schema says what of it has no effect here.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
import { checked } from "../checked.ts";
import { Names } from "../names.ts";
import { isFields, Reader } from "../reader.ts";
import {
  type Imported,
  type ImportedObject,
  type Json,
  type JsonFields,
  Report,
} from "../report.ts";

export function importHttpRoutes(documents: readonly unknown[]): Imported {
  const report = new Report();
  const names = new Names();
  const owners: Owners = new Map();
  const sources = new Map<string, string>();
  const objects: ImportedObject[] = [];
  for (const [at, document] of documents.flatMap(itemsOf).entries()) {
    const made = importOne(document, at, { names, owners, report });
    if (made === undefined) continue;
    sources.set(made.object.key, made.source);
    objects.push(made.object);
  }
  return checked(objects, sources, report);
}

/** As `kubectl get -o yaml` prints several. */
function itemsOf(document: unknown): readonly unknown[] {
  if (!isFields(document)) return [document];
  const { kind, items } = document;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)
    ? items
    : [document];
}

/** By kind and name, the namespace whose service or gateway it is here. */
type Owners = Map<string, string>;

interface Import {
  readonly names: Names;
  readonly owners: Owners;
  readonly report: Report;
}

function importOne(document: unknown, at: number, { names, owners, report }: Import) {
  if (!isFields(document)) {
    report.lost(`document ${at + 1}`, "", "expected an object of Kubernetes");
    return undefined;
  }
  const kind = typeof document["kind"] === "string" ? document["kind"] : "object without a kind";
  const meta = isFields(document["metadata"]) ? document["metadata"] : {};
  const own = textOf(meta["name"]);
  const namespace = textOf(meta["namespace"]);
  const source = `${kind} ${[namespace, own ?? "without a name"].filter((part) => part !== undefined).join("/")}`;
  const isRoute = /^gateway\.networking\.k8s\.io\//.test(textOf(document["apiVersion"]) ?? "");
  if (kind !== "HTTPRoute" || !isRoute || own === undefined) {
    report.lost(source, "", "only HTTPRoutes of gateway.networking.k8s.io are imported");
    return undefined;
  }
  const reader = new Reader(document, source, "", report);
  // What the cluster says of it is no part of what is wanted.
  reader.skip("apiVersion", "kind", "status");
  metadata(reader.reader("metadata"));
  const spec = isFields(document["spec"]) ? document["spec"] : undefined;
  reader.skip("spec");
  reader.end();
  if (spec === undefined) {
    report.lost(source, "spec", "expected an object");
    return undefined;
  }
  const name = names.pick(own, namespace === undefined ? own : `${namespace}-${own}`);
  if (name !== own) {
    report.note(source, "metadata.name", `is routes/${name} here: names have no namespaces`);
  }
  if (!Array.isArray(spec["parentRefs"]) || spec["parentRefs"].length === 0) {
    const message = "belongs to no gateway there, and to every gateway here";
    report.lost(source, "spec.parentRefs", message);
  }
  const where = { source, report, owners, namespace: namespace ?? "default" };
  const value = carried(spec, where, "spec") as JsonFields;
  return { object: { key: `routes/${name}`, value }, source };
}

function metadata(reader: Reader | undefined): void {
  if (reader === undefined) return;
  reader.skip("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp");
  reader.skip("managedFields", "selfLink", "ownerReferences", "finalizers");
  for (const field of ["labels", "annotations"]) {
    if (reader.any(field) !== undefined) reader.note(field, "objects of serin have none");
  }
  reader.end();
}

type Fields = Readonly<Record<string, unknown>>;

interface Where {
  readonly source: string;
  readonly report: Report;
  readonly owners: Owners;
  /** Of the route. */
  readonly namespace: string;
}

/** All of it, but for what names have in a cluster and not here. */
function carried(value: unknown, where: Where, path: string): Json {
  if (Array.isArray(value)) {
    return value.map((each, at) => carried(each, where, `${path}[${at}]`));
  }
  if (!isFields(value)) return value as Json;
  const isBackend = /backendRefs?(?:\[\d+\])?$/.test(path);
  const isParent = /parentRefs\[\d+\]$/.test(path);
  if (isBackend) tellNamesake("service", value, where, path);
  const fields = Object.entries(value).flatMap(([field, each]): [string, Json][] => {
    const at = `${path}.${field}`;
    if (field === "namespace" && (isBackend || isParent)) {
      where.report.note(where.source, at, "names have no namespaces: the name alone counts");
      return [];
    }
    if (field === "port" && isBackend) {
      where.report.note(where.source, at, "the port of each instance counts (endpoints/)");
      return [];
    }
    return [[field, carried(each, where, at)]];
  });
  if (isParent) {
    tellNamesake("gateway", value, where, path);
    const message = `belongs to gateways/${String(value["name"])}, which has to be there`;
    where.report.note(where.source, path, message);
  }
  return Object.fromEntries(fields);
}

/** Requests for one would go to the other as well, and those at one gateway come in at the other. */
function tellNamesake(
  kind: "service" | "gateway",
  named: Fields,
  { owners, namespace: own, report, source }: Where,
  path: string,
): void {
  const name = textOf(named["name"]);
  if (name === undefined) return;
  const namespace = textOf(named["namespace"]) ?? own;
  const first = owners.get(`${kind} ${name}`) ?? namespace;
  owners.set(`${kind} ${name}`, first);
  if (first === namespace) return;
  const both = `${first}/${name} and ${namespace}/${name}`;
  report.lost(source, path, `${both} are one ${kind} here: give one another name`);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
