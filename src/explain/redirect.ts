/**
 * Where a redirect sends the client.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-redirectaction
 */
import type { RedirectAction, Route, RouteMatch } from "../proto/messages.ts";
import { bytesOf, type RouterRequest, textOf } from "./request.ts";
import { rewrite } from "./text-match.ts";

export interface Redirection {
  readonly status: number;
  readonly to: string;
}

const statuses = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const;

export function redirection(
  redirect: RedirectAction,
  match: RouteMatch,
  request: RouterRequest,
): Redirection {
  const scheme =
    redirect.https_redirect === true ? "https" : (redirect.scheme_redirect ?? request.scheme);
  const to = `${scheme}://${hostOf(redirect, request)}${targetOf(redirect, match, request)}`;
  return { status: statuses[redirect.response_code ?? "MOVED_PERMANENTLY"], to: textOf(to) };
}

/** Where the scheme changes, the old one's own port is not taken along. */
function hostOf(redirect: RedirectAction, { authority, scheme }: RouterRequest): string {
  const { host_redirect: host = "", port_redirect: port = 0 } = redirect;
  const changes = redirect.https_redirect === true || redirect.scheme_redirect !== undefined;
  const own = scheme === "http" ? /:80$/ : /:443$/;
  const kept = changes ? authority.replace(own, "") : authority;
  const name = host === "" ? kept : bytesOf(host);
  return port === 0 ? name : `${name.replace(/:\d+$/, "")}:${port}`;
}

function targetOf(redirect: RedirectAction, match: RouteMatch, request: RouterRequest): string {
  const { path, target } = request;
  const query = redirect.strip_query === true ? "" : target.slice(path.length);
  const { path_redirect: whole = "" } = redirect;
  if (whole !== "") return whole.includes("?") ? bytesOf(whole) : bytesOf(whole) + query;
  return rewrittenPath(redirect, match, path) + query;
}

/** Of redirects and of routes alike. */
type Rewrites = Pick<RedirectAction, "prefix_rewrite" | "regex_rewrite">;

/** The path with the query, as the instance gets it. */
export const rewrittenTarget = (
  rewrites: Rewrites,
  match: RouteMatch,
  { path, target }: RouterRequest,
): string => rewrittenPath(rewrites, match, path) + target.slice(path.length);

function rewrittenPath(
  { prefix_rewrite: prefix, regex_rewrite: regex }: Rewrites,
  match: RouteMatch,
  path: string,
): string {
  if (regex !== undefined) return rewrite(regex, path);
  if (prefix === undefined || prefix === "") return path;
  return bytesOf(prefix) + path.slice(matchedLength(match, path));
}

/**
 * Whether serin has set a redirect before another of the same name, for requests whose Host names a
 * port that is not to be written (`translate/route/redirect.ts`).
 */
export const isForHostWithPort = ({ match, redirect }: Route): boolean =>
  redirect?.port_redirect !== undefined &&
  (match?.headers ?? []).some(
    ({ name, string_match: text }) =>
      name === ":authority" && text?.safe_regex?.regex === ".+:[0-9]+",
  );

function matchedLength(match: RouteMatch, path: string): number {
  const { prefix, path_separated_prefix: segments } = match;
  const matched = prefix ?? segments;
  return matched === undefined ? path.length : bytesOf(matched).length;
}
