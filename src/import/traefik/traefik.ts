/** Traefik's tree in a key-value store, as objects of serin's. */
import { checked } from "../checked.ts";
import { Names } from "../names.ts";
import { isFields, Reader } from "../reader.ts";
import {
  closedInstead,
  closedRule,
  type Imported,
  type ImportedObject,
  type JsonFields,
  Report,
} from "../report.ts";
import { ruleMatches } from "./matches.ts";
import { addMiddleware, middlewaresOf, type RuleParts } from "./middlewares.ts";
import { TraefikServices } from "./services.ts";
import { treeOf } from "./tree.ts";

/** `pairs`: keys without the root (`traefik/`). */
export function importTraefik(pairs: ReadonlyMap<string, string>): Imported {
  const report = new Report();
  const root = new Reader(treeOf(pairs), "traefik", "", report);
  const http = root.reader("http");
  for (const name of ["tcp", "udp", "tls"]) {
    if (root.any(name) !== undefined) root.lost(name, "only http/ is imported");
  }
  root.end();
  if (http === undefined) {
    report.lost("traefik", "http", "there are no routers and no services");
    return { objects: [], findings: report.findings };
  }
  const trees = (name: string) => fieldsOf(http.any(name));
  const services = new TraefikServices(trees("services"), new Names(), report);
  const middlewares = trees("middlewares");
  const routers = Object.entries(trees("routers")).flatMap(([name, tree]) => {
    const source = `http/routers/${name}`;
    if (isFields(tree)) return [{ name, reader: new Reader(tree, source, "", report) }];
    report.lost(source, "", "expected keys below it");
    return [];
  });
  http.end();
  const names = new Names();
  const routes = routers.flatMap(({ name, reader }) => {
    const made = routesOf(reader, services, middlewares);
    return made.map((value) => {
      const key = `routes/${names.pick(name)}`;
      services.sources.set(key, reader.source);
      return { key, value } satisfies ImportedObject;
    });
  });
  services.all();
  return checked([...routes, ...services.objects], services.sources, report);
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  isFields(value) ? value : {};

/** One for each set of hosts. */
function routesOf(
  reader: Reader,
  services: TraefikServices,
  middlewares: Readonly<Record<string, unknown>>,
): readonly JsonFields[] {
  const entryPoints = reader.texts("entrypoints");
  if (entryPoints.length > 0) {
    reader.note("entrypoints", "the route belongs to every gateway: name one in parentRefs");
  }
  const asks = tlsProblem(reader);
  if (reader.text("priority") !== undefined) {
    reader.lost("priority", "the more specific match comes first, and nothing else counts");
  }
  reader.skip("rulesyntax", "observability");
  const rule = reader.text("rule");
  const service = reader.text("service");
  const listed = reader.list("middlewares");
  const unknown = reader.end();
  const target = service === undefined ? undefined : services.target(service);
  if (service !== undefined && target === undefined) {
    reader.lost("service", `there is no service ${service}`);
  }
  const matched = rule === undefined ? undefined : ruleMatches(rule);
  if (matched?.ok !== true) {
    reader.lost("rule", matched === undefined ? "it has none" : matched.error);
    return [];
  }
  const { groups, left, notes } = matched.value;
  for (const why of left) {
    reader.lost("rule", `${why}; this alternative is left out, and a wider route may take it`);
  }
  for (const text of notes) reader.note("rule", text);
  const passed = middlewaresOf(middlewares, listed);
  if (!passed.ok) reader.lost("middlewares", `${passed.error}: ${closedInstead}`);
  for (const name of unknown) reader.lost(name, `it may narrow the router: ${closedInstead}`);
  if (!passed.ok || asks || unknown.length > 0) {
    return groups.map(({ hostnames, matches }) => routeFor(hostnames, closedRule(matches)));
  }
  return groups.map(({ hostnames, matches }) => {
    const parts: RuleParts = { filters: [...(target?.filters ?? [])], fields: {} };
    for (const each of passed.value) addMiddleware(each, matches, parts, reader.report);
    const redirects = parts.filters.some(({ type }) => type === "RequestRedirect");
    const made: JsonFields = {
      matches,
      ...parts.fields,
      ...(parts.filters.length > 0 && { filters: parts.filters }),
      ...(!redirects && target !== undefined && { backendRefs: target.backendRefs }),
    };
    return routeFor(hostnames, made);
  });
}

const routeFor = (hostnames: readonly string[], rule: JsonFields): JsonFields => ({
  ...(hostnames.length > 0 && { hostnames }),
  rules: [rule],
});

/** Whether its clients may have to show certificates. */
function tlsProblem(reader: Reader): boolean {
  const tls = reader.any("tls");
  if (tls === undefined) return false;
  const message =
    "certificates belong to listeners of gateways/; without TLS it takes requests too";
  reader.note("tls", message);
  const options = isFields(tls) ? tls["options"] : undefined;
  if (options === undefined || options === "default") return false;
  reader.lost("tls.options", `they may ask clients for certificates: ${closedInstead}`);
  return true;
}
