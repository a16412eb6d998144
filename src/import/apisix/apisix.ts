/**
 * APISIX's objects in etcd, as objects of serin's.
 * https://apisix.apache.org/docs/apisix/admin-api/
 */
import { parsedJson } from "../../lib/parsed-json.ts";
import { checked } from "../checked.ts";
import { Names } from "../names.ts";
import { isFields, Reader } from "../reader.ts";
import {
  closedInstead,
  closedRule,
  type Imported,
  type ImportedObject,
  type JsonFields,
  present,
  Report,
} from "../report.ts";
import { namedTwice } from "../traefik/matches.ts";
import { hostsOf, matchesOf } from "./conditions.ts";
import { globalGuard, isOff, keepsOut } from "./guards.ts";
import { filtersOf, type Split, trafficSplit } from "./plugins.ts";
import { ApisixUpstreams } from "./upstreams.ts";

/** `pairs`: keys without the root (`/apisix/`). */
export function importApisix(pairs: ReadonlyMap<string, string>): Imported {
  const report = new Report();
  const folders = foldersOf(pairs, report);
  const of = (name: string) => folders.get(name) ?? new Map<string, unknown>();
  const upstreams = new ApisixUpstreams(of("upstreams"), new Names(), report);
  const names = new Names();
  const guard = globalGuard(of("global_rules"), report);
  const routes = [...of("routes")].flatMap(([id, value]): readonly ImportedObject[] => {
    const source = `routes/${id}`;
    if (!isFields(value)) {
      report.lost(source, "", "expected an object");
      return [];
    }
    if (guard !== undefined) {
      report.lost(source, "", `serin cannot keep out whom ${guard} keeps out: it is left out`);
      return [];
    }
    const whole = wholeRoute(value, source, of, report);
    if (whole === undefined) return [];
    const name = names.pick(id);
    const reader = new Reader(whole.fields, source, "", report);
    const made = routeOf(reader, upstreams, name, whole.isClosed);
    if (made === undefined) return [];
    upstreams.sources.set(`routes/${name}`, source);
    return [{ key: `routes/${name}`, value: made }];
  });
  upstreams.all();
  return checked([...routes, ...upstreams.objects], upstreams.sources, report);
}

type Fields = Readonly<Record<string, unknown>>;

interface WholeRoute {
  readonly fields: Fields;
  /** Something of it keeps requests out, or may. */
  readonly isClosed: boolean;
}

/** With what its service and its plugin config say; undefined: one of them is not there. */
function wholeRoute(
  route: Fields,
  source: string,
  of: (folder: string) => ReadonlyMap<string, unknown>,
  report: Report,
): WholeRoute | undefined {
  const said: Fields[] = [];
  let isClosed = false;
  for (const [field, folder] of [
    ["service_id", "services"],
    ["plugin_config_id", "plugin_configs"],
  ] as const) {
    const id = route[field];
    const found = id === undefined || id === null ? {} : of(folder).get(String(id));
    if (!isFields(found)) {
      const message = `there is no ${folder}/${String(id)}, which may keep requests out`;
      report.lost(source, field, `${message}: the route is left out`);
      return undefined;
    }
    said.push(found);
    const reader = new Reader(found, `${folder}/${String(id)}`, "", report);
    reader.skip("id", "name", "desc", "labels", "create_time", "update_time");
    reader.skip("plugins", ...(folder === "services" ? ofService : []));
    if (reader.end().length === 0) continue;
    report.lost(source, field, `fields of ${folder}/${String(id)} may narrow it: ${closedInstead}`);
    isClosed = true;
  }
  const [service = {}, config = {}] = said;
  if ([service, config, route].some(({ plugins = {} }) => !isFields(plugins))) {
    report.lost(source, "plugins", "expected an object: the route is left out");
    return undefined;
  }
  for (const [whose, { script, script_id }] of [
    ["", route],
    [" of its service", service],
  ] as const) {
    if (script === undefined && script_id === undefined) continue;
    report.lost(source, "script", `the script${whose} may keep requests out: ${closedInstead}`);
    isClosed = true;
  }
  const { script: _, script_id: __, ...own } = route;
  // The route's own plugins go before those of its config, and these before the service's.
  return {
    fields: withService({ ...own, plugins: pluginsOf(config, route) }, service),
    isClosed,
  };
}

/** Its script shuts the route. */
const ofService = ["hosts", "upstream", "upstream_id", "script", "script_id", "enable_websocket"];

const pluginsOf = (...layers: readonly Fields[]): Fields =>
  Object.assign({}, ...layers.map(({ plugins }) => (isFields(plugins) ? plugins : {})));

function withService(route: Fields, service: Fields): Fields {
  const { upstream, upstream_id, hosts } = service;
  const hasUpstream = route["upstream"] !== undefined || route["upstream_id"] !== undefined;
  const hasHosts = route["hosts"] !== undefined || route["host"] !== undefined;
  const inherited = {
    ...(!hasUpstream && { upstream, upstream_id }),
    ...(!hasHosts && { hosts }),
  };
  const said = Object.entries(inherited).filter(([, each]) => each !== undefined);
  // One that is off stands in place of another layer's all the same.
  const plugins = Object.entries(pluginsOf(service, route)).filter(([, each]) => !isOff(each));
  return { ...Object.fromEntries(said), ...route, plugins: Object.fromEntries(plugins) };
}

const known = ["routes", "upstreams", "services", "plugin_configs", "global_rules"];

function foldersOf(
  pairs: ReadonlyMap<string, string>,
  report: Report,
): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const folders = new Map<string, Map<string, unknown>>();
  for (const [key, text] of pairs) {
    const [folder = "", ...rest] = key.split("/").filter((part) => part !== "");
    // What APISIX keeps of itself, and marks of folders.
    if (folder === "data_plane" || rest.length === 0 || text === "init_dir") continue;
    if (!known.includes(folder)) {
      report.lost(key, "", `only ${known.join(", ")} are read`);
      continue;
    }
    const value = parsedJson(text);
    if (value === undefined) report.lost(key, "", "it is no JSON");
    const all = folders.get(folder) ?? new Map<string, unknown>();
    folders.set(folder, all.set(rest.join("/"), value));
  }
  return folders;
}

function routeOf(
  reader: Reader,
  upstreams: ApisixUpstreams,
  name: string,
  isScripted: boolean,
): JsonFields | undefined {
  reader.skip("id", "name", "desc", "labels", "create_time", "update_time", "service_id");
  reader.skip("plugin_config_id");
  if (reader.number("status") === 0) {
    reader.note("status", "it is switched off, and left out");
    return undefined;
  }
  if ((reader.number("priority") ?? 0) !== 0) {
    reader.lost("priority", "the more specific match comes first, and nothing else counts");
  }
  reader.skip("enable_websocket");
  const matches = matchesOf(reader);
  const own = upstreamOf(reader, upstreams, name);
  const hosts = hostsOf(reader);
  const request = requestTimeout(reader.reader("timeout"));
  const plugins = reader.reader("plugins");
  const isGuarded = plugins !== undefined && keepsOut(plugins);
  const splitter = plugins?.reader("traffic-split");
  const splits = splitter === undefined ? [] : trafficSplit(splitter, upstreams, own, name);
  const filters = plugins === undefined ? [] : filtersOf(plugins);
  plugins?.end();
  const unknown = reader.end();
  for (const field of unknown) reader.lost(field, `it may narrow the route: ${closedInstead}`);
  if (matches === undefined || hosts === undefined) return undefined;
  const hostnames = hosts.length === 0 ? undefined : hosts;
  if (isScripted || isGuarded || unknown.length > 0 || filters === undefined) {
    return present({ hostnames, rules: [closedRule(matches)] });
  }
  const isRedirect = filters.some(({ type }) => type === "RequestRedirect");
  const common = present({
    filters: filters.length === 0 ? undefined : filters,
    timeouts: request,
  });
  const rules = rulesOf(matches, splits, own, reader).map((rule) =>
    isRedirect ? { matches: rule["matches"], ...common } : { ...rule, ...common },
  );
  return present({ hostnames, rules });
}

/** Undefined: it has none, or none that is there. */
function upstreamOf(reader: Reader, upstreams: ApisixUpstreams, name: string): string | undefined {
  const inline = reader.reader("upstream");
  const id = reader.text("upstream_id");
  const own = inline ? upstreams.inline(inline, name) : id ? upstreams.byId(id) : undefined;
  if (own === undefined && id !== undefined) {
    reader.lost("upstream_id", `there is no upstream ${id}`);
  }
  return own;
}

/** In seconds there. */
function requestTimeout(reader: Reader | undefined): JsonFields | undefined {
  const read = reader?.number("read");
  reader?.end();
  return read === undefined ? undefined : { request: `${Math.round(read * 1_000)}ms` };
}

/** The first split that a request fits has it; one without a condition has all that are left. */
function rulesOf(
  matches: readonly JsonFields[],
  splits: readonly Split[],
  own: string | undefined,
  reader: Reader,
): readonly JsonFields[] {
  const rules: JsonFields[] = [];
  for (const split of splits) {
    const both = matches.flatMap((match) =>
      split.matches.flatMap((more) => {
        const made = merged(match, more, reader);
        return made === undefined ? [] : [made];
      }),
    );
    // No matches would be every request.
    if (both.length > 0) rules.push({ matches: both, backendRefs: split.backendRefs });
    if (split.matches.some((more) => Object.keys(more).length === 0)) return rules;
  }
  const rest = own === undefined ? [] : [{ name: own }];
  return [...rules, { matches, backendRefs: rest }];
}

/** Undefined: no request fits both, or it cannot be said. */
function merged(a: JsonFields, b: JsonFields, reader: Reader): JsonFields | undefined {
  if (a["method"] !== undefined && b["method"] !== undefined && a["method"] !== b["method"]) {
    return undefined;
  }
  const list = (field: string): readonly JsonFields[] => [
    ...((a[field] ?? []) as readonly JsonFields[]),
    ...((b[field] ?? []) as readonly JsonFields[]),
  ];
  const both = ["headers", "queryParams", "cookies"].map((field) => [field, list(field)] as const);
  const lists = Object.fromEntries(both.filter(([, each]) => each.length > 0));
  const twice = namedTwice(lists);
  if (twice === undefined) return { ...a, ...b, ...lists };
  const message = `asks for ${twice} as the route does: serin has no such match, it is left out`;
  reader.lost("plugins.traffic-split", message);
  return undefined;
}
