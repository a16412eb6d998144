/** Checked filters of rules and backends → the model, with the Gateway API's defaults filled in. */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { Mirror, PathRewrite, Redirect, Rewrite, RouteFilters } from "../../model/route.ts";
import type { Cors, HeaderModifier } from "../../model/traffic.ts";
import { targetProblem } from "../schema/backend-ref.ts";
import type { CorsValue } from "../schema/cors.ts";
import type { HeaderModifierValue } from "../schema/header-modifier.ts";
import { isWholeMirror, type MirrorValue } from "../schema/mirror.ts";
import type { PathModifierValue, RedirectValue, RewriteValue } from "../schema/path-modifier.ts";
import type { FilterValue } from "../schema/route-filter.ts";

type Filters = readonly FilterValue[] | undefined;

/** The field of the filter that has it; each but mirrors and extensions is there once at the most. */
function only<F extends keyof FilterValue>(filters: Filters, field: F): FilterValue[F] | undefined {
  return filters?.find((filter) => filter[field] !== undefined)?.[field];
}

export function toFilters(filters: Filters): RouteFilters {
  const redirect = only(filters, "requestRedirect");
  const rewrite = only(filters, "urlRewrite");
  const cors = only(filters, "cors");
  return {
    ...toHeaderFilters(filters),
    redirect: redirect === undefined ? undefined : toRedirect(redirect),
    rewrite: rewrite === undefined ? undefined : toRewrite(rewrite),
    mirrors: (filters ?? []).flatMap(({ requestMirror }) =>
      requestMirror !== undefined && canCopy(requestMirror) ? [toMirror(requestMirror)] : [],
    ),
    cors: cors === undefined ? undefined : toCors(cors),
    unsupported: (filters ?? []).flatMap(({ type, extensionRef }) => {
      if (type === "ExternalAuth") return [type];
      return extensionRef === undefined
        ? []
        : [`${type} ${extensionRef.kind}/${extensionRef.name}`];
    }),
  };
}

/** Those that a single backend may have, too. */
export function toHeaderFilters(
  filters: Filters,
): Pick<RouteFilters, "requestHeaders" | "responseHeaders"> {
  return {
    requestHeaders: toHeaderModifier(only(filters, "requestHeaderModifier")),
    responseHeaders: toHeaderModifier(only(filters, "responseHeaderModifier")),
  };
}

function toHeaderModifier(value: HeaderModifierValue | undefined): HeaderModifier | undefined {
  if (value === undefined) return undefined;
  const lower = (list: HeaderModifierValue["set"]) =>
    (list ?? []).map((header) => ({ name: header.name.toLowerCase(), value: header.value }));
  return {
    set: lower(value.set),
    add: lower(value.add),
    remove: (value.remove ?? []).map((name) => name.toLowerCase()),
  };
}

const toRedirect = ({ scheme, hostname, port, path, statusCode }: RedirectValue): Redirect => ({
  scheme,
  hostname: hostname?.toLowerCase(),
  port,
  path: toPathRewrite(path),
  status: statusCode ?? 302,
});

const toRewrite = ({ hostname, path }: RewriteValue): Rewrite => ({
  hostname: hostname?.toLowerCase(),
  path: toPathRewrite(path),
});

function toPathRewrite(modifier: PathModifierValue | undefined): PathRewrite | undefined {
  if (modifier === undefined) return undefined;
  const { type, replaceFullPath, replacePrefixMatch } = modifier;
  return type === "ReplaceFullPath"
    ? { kind: "full", value: replaceFullPath ?? "/" }
    : { kind: "prefix", value: replacePrefixMatch ?? "" };
}

const canCopy = (mirror: MirrorValue): boolean =>
  isWholeMirror(mirror) && targetProblem(mirror.backendRef) === undefined;

const million = 1_000_000;

function toMirror({ backendRef, percent = 100, fraction }: MirrorValue): Mirror {
  const { numerator, denominator = 100 } = fraction ?? { numerator: percent };
  const parts = Math.round((numerator / denominator) * million);
  return {
    service: backendRef.name as ServiceName,
    subset: backendRef.subset as SubsetName | undefined,
    // Little is more than nothing.
    perMillion: numerator === 0 ? 0 : Math.max(parts, 1),
  };
}

const defaultMaxAgeSeconds = 5;

function toCors(value: CorsValue): Cors {
  const lower = (names: readonly string[] | undefined) => [
    ...new Set((names ?? []).map((name) => name.toLowerCase())),
  ];
  return {
    allowOrigins: [...new Set(lower(value.allowOrigins).map(withoutDefaultPort))],
    allowCredentials: value.allowCredentials ?? false,
    allowMethods: [...new Set(value.allowMethods)],
    allowHeaders: lower(value.allowHeaders),
    exposeHeaders: lower(value.exposeHeaders),
    maxAgeSeconds: value.maxAge ?? defaultMaxAgeSeconds,
  };
}

/** As browsers write origins. https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin */
const withoutDefaultPort = (origin: string): string =>
  origin.replace(/^(http:.*):80$|^(https:.*):443$/, "$1$2");
