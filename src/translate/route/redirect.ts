/**
 * A redirect instead of a backend.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprequestredirectfilter
 */
import type { NamedMatch, PathMatch, Redirect, RouteMatch } from "../../model/route.ts";
import { pathRewrite } from "./path-rewrite.ts";

/** Where a route is attached, as far as its encoding depends on it. */
export interface ListenerContext {
  readonly scheme: "http" | "https";
  readonly port: number;
}

const codes = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
} as const;

const wellKnown = { http: 80, https: 443 } as const;

interface RedirectVariant {
  readonly match: RouteMatch;
  readonly action: ReturnType<typeof redirectAction>;
}

/**
 * A port that the scheme implies is not to be written. Envoy keeps that of the request's Host, so
 * a request that names one has a route of its own, where it is written all the same.
 */
export function redirectVariants(
  redirect: Redirect,
  match: RouteMatch,
  at: ListenerContext,
): readonly RedirectVariant[] {
  const port = portOf(redirect, at);
  const isImplied = port === wellKnown[redirect.scheme ?? at.scheme];
  const variant = (written: number | undefined, on: RouteMatch): RedirectVariant => ({
    match: on,
    action: redirectAction(redirect, on.path, written),
  });
  if (!isImplied) return [variant(port, match)];
  const plain = variant(undefined, match);
  if (redirect.hostname !== undefined) return [plain];
  return [variant(port, { ...match, headers: [...match.headers, hostWithPort] }), plain];
}

const hostWithPort: NamedMatch = { name: ":authority", kind: "regex", value: ".+:[0-9]+" };

function redirectAction(redirect: Redirect, match: PathMatch, port: number | undefined) {
  const { scheme, hostname, status } = redirect;
  return {
    redirect: {
      ...(scheme === undefined ? {} : { scheme_redirect: scheme }),
      ...(hostname === undefined ? {} : { host_redirect: hostname }),
      ...(port === undefined ? {} : { port_redirect: port }),
      ...path(redirect, match),
      response_code: codes[status],
    },
  };
}

function path({ path: rewrite }: Redirect, match: PathMatch) {
  return rewrite?.kind === "full" ? { path_redirect: rewrite.value } : pathRewrite(rewrite, match);
}

/** The given one; else that of a given scheme; else the listener's. */
const portOf = ({ port, scheme }: Redirect, at: ListenerContext): number =>
  port ?? (scheme === undefined ? at.port : wellKnown[scheme]);

/** Whether the same redirect is another one at another listener. */
export const dependsOnListener = ({ port, scheme }: Redirect): boolean =>
  port === undefined && scheme === undefined;
