/** Plugins of APISIX that are filters, or splits, of a rule. */
import { err, ok, type Result } from "../../lib/result.ts";
import type { Reader } from "../reader.ts";
import { isFields } from "../reader.ts";
import { closedInstead, type JsonFields, present } from "../report.ts";
import type { ApisixUpstreams } from "./upstreams.ts";
import { varsMatch } from "./vars.ts";

/** A part of a route's requests. */
export interface Split {
  /** What it asks for besides the route's own matches; any of them. */
  readonly matches: readonly JsonFields[];
  readonly backendRefs: readonly JsonFields[];
}

/** `undefined` for the upstream of the route itself. */
export function trafficSplit(
  reader: Reader,
  upstreams: ApisixUpstreams,
  own: string | undefined,
  routeName: string,
): readonly Split[] {
  const splits = reader.readers("rules").flatMap((rule, at) => {
    const conditions = conditionsOf(rule);
    const backendRefs = rule.readers("weighted_upstreams").flatMap((each, n) => {
      const weight = each.number("weight") ?? 1;
      const id = each.text("upstream_id");
      const inline = each.reader("upstream");
      each.end();
      const name =
        inline !== undefined
          ? upstreams.inline(inline, `${routeName}-${at}-${n}`)
          : id === undefined
            ? own
            : upstreams.byId(id);
      if (name === undefined) each.lost("upstream_id", "there is no such upstream");
      return name === undefined ? [] : [{ name, weight }];
    });
    rule.end();
    if (!conditions.ok) {
      rule.lost("match", `${conditions.error}; this split is left out`);
      return [];
    }
    return [{ matches: conditions.value, backendRefs }];
  });
  reader.end();
  return splits;
}

function conditionsOf(rule: Reader): Result<readonly JsonFields[], string> {
  const all: JsonFields[] = [];
  for (const each of rule.list("match")) {
    const vars = isFields(each) ? (each["vars"] ?? []) : undefined;
    if (!Array.isArray(vars)) return err("a condition that cannot be read");
    const made = varsMatch(vars);
    if (!made.ok) return err(made.error);
    all.push(made.value);
  }
  return ok(all.length === 0 ? [{}] : all);
}

/** Filters of those plugins that are filters here. Undefined: requests would reach what they are led away from. */
export function filtersOf(plugins: Reader): readonly JsonFields[] | undefined {
  let isWhole = true;
  const filters: JsonFields[] = [];
  const rewrite = plugins.reader("proxy-rewrite");
  if (rewrite !== undefined) filters.push(...rewriteFilters(rewrite));
  const redirect = plugins.reader("redirect");
  if (redirect !== undefined) {
    const toHttps = redirect.truth("http_to_https") === true;
    const uri = redirect.text("uri");
    const statusCode = redirect.number("ret_code") ?? (toHttps ? 301 : 302);
    redirect.end();
    if (toHttps) {
      filters.push({ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode } });
    } else if (uri?.startsWith("/") === true && !uri.includes("$")) {
      const path = { type: "ReplaceFullPath", replaceFullPath: uri };
      filters.push({ type: "RequestRedirect", requestRedirect: { path, statusCode } });
    } else {
      redirect.lost("uri", `a redirect that serin has not: ${closedInstead}`);
      isWhole = false;
    }
  }
  const response = plugins.reader("response-rewrite");
  if (response !== undefined) {
    const modifier = modifierOf(response.reader("headers"));
    response.end();
    if (modifier !== undefined) {
      filters.push({ type: "ResponseHeaderModifier", responseHeaderModifier: modifier });
    }
  }
  return isWhole ? filters : undefined;
}

function rewriteFilters(reader: Reader): readonly JsonFields[] {
  const hostname = reader.text("host");
  const uri = reader.text("uri");
  const modifier = modifierOf(reader.reader("headers"));
  reader.end();
  const path =
    uri === undefined || uri.includes("$")
      ? undefined
      : { type: "ReplaceFullPath", replaceFullPath: uri };
  if (uri?.includes("$") === true) reader.lost("uri", "a path that is made of variables");
  const urlRewrite = present({ hostname, path });
  return [
    ...(Object.keys(urlRewrite).length > 0 ? [{ type: "URLRewrite", urlRewrite }] : []),
    ...(modifier === undefined
      ? []
      : [{ type: "RequestHeaderModifier", requestHeaderModifier: modifier }]),
  ];
}

/** `{set, add, remove}`, or names with values. */
function modifierOf(reader: Reader | undefined): JsonFields | undefined {
  if (reader === undefined) return undefined;
  const named = (part: Reader | undefined) => {
    const pairs = part?.names.map((name) => ({ name, value: part.text(name) ?? "" }));
    return pairs?.filter(({ name, value }) => {
      const isPlain = value !== "" && !value.includes("$");
      if (!isPlain) part?.lost(name, "a value that is empty, or made of variables");
      return isPlain;
    });
  };
  const isParted = reader.names.every((name) => ["set", "add", "remove"].includes(name));
  const modifier = isParted
    ? {
        set: named(reader.reader("set")),
        add: named(reader.reader("add")),
        remove: reader.texts("remove"),
      }
    : { set: named(reader), add: undefined, remove: [] };
  reader.end();
  const some = <T>(list: readonly T[] | undefined) => (list?.length ? list : undefined);
  return present({
    set: some(modifier.set),
    add: some(modifier.add),
    remove: some(modifier.remove),
  });
}
