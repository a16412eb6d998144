/** What a route of APISIX asks of requests: all of it is said here, or the route is left out. */
import type { Reader } from "../reader.ts";
import { type Json, type JsonFields, present } from "../report.ts";
import { varsMatch } from "./vars.ts";

/** Undefined: they cannot be said, and without them it would take other requests. */
export function matchesOf(reader: Reader): readonly JsonFields[] | undefined {
  const uris = [...reader.texts("uris"), ...reader.texts("uri")];
  const vars = varsMatch(reader.list("vars"));
  const methods = methodsOf(reader, vars.ok ? vars.value["method"] : undefined);
  let isWhole = vars.ok;
  if (!vars.ok) reader.lost("vars", `${vars.error}; the route is left out`);
  for (const field of ["remote_addr", "remote_addrs", "filter_func"]) {
    if (reader.any(field) === undefined) continue;
    reader.lost(field, "serin has no such condition; the route is left out");
    isWhole = false;
  }
  const paths = uris.flatMap((uri) => {
    const path = pathOf(uri);
    if (path === undefined)
      reader.lost("uri", `${uri}: a pattern that serin has not; it is left out`);
    if (path?.type === "PathPrefix" && path.value !== "/") {
      reader.note("uri", `${uri}: a prefix takes whole segments here, and ${path.value} itself`);
    }
    return path === undefined ? [] : [path];
  });
  if (!vars.ok || !isWhole || methods === undefined || paths.length === 0) return undefined;
  const named = methods.length === 0 ? [undefined] : methods;
  return paths.flatMap((path) =>
    named.map((method) => present({ path: { ...path }, ...vars.value, ...(method && { method }) })),
  );
}

/** None: every host. */
export function hostsOf(reader: Reader): readonly string[] | undefined {
  const hosts = conditionTexts(reader, "hosts");
  const host = conditionTexts(reader, "host");
  return hosts && host && [...hosts, ...host];
}

/** None: any method. `wanted`: the one that the route's vars ask for besides. */
function methodsOf(reader: Reader, wanted: Json | undefined): readonly string[] | undefined {
  const listed = conditionTexts(reader, "methods");
  if (listed === undefined || wanted === undefined || listed.length === 0) return listed;
  const both = listed.filter((each) => each === wanted);
  if (both.length > 0) return both;
  reader.lost("vars", `no method of the route is ${String(wanted)}; the route is left out`);
  return undefined;
}

/** Undefined: one of them cannot be read. Without it the others, or none, would be all that is asked for. */
function conditionTexts(reader: Reader, field: string): readonly string[] | undefined {
  const texts = reader.texts(field);
  if (texts.length === reader.list(field).length) return texts;
  reader.lost(field, "a condition that cannot be read; the route is left out");
  return undefined;
}

function pathOf(uri: string): { readonly type: string; readonly value: string } | undefined {
  const isPrefix = uri.endsWith("*");
  const value = isPrefix ? uri.slice(0, -1) : uri;
  if (/[*:]/.test(value)) return undefined;
  if (!isPrefix) return { type: "Exact", value };
  if (!value.endsWith("/")) {
    const escaped = value.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return { type: "RegularExpression", value: `${escaped}.*` };
  }
  return { type: "PathPrefix", value: value === "/" ? value : value.slice(0, -1) };
}
