/**
 * A redirect instead of a backend.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprequestredirectfilter
 */
import type { PathMatch, Redirect } from "../../model/route.ts";
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

export function redirectAction(redirect: Redirect, match: PathMatch, at: ListenerContext) {
  const { scheme, hostname, status } = redirect;
  const port = portOf(redirect, at);
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

/**
 * The given one; else that of a given scheme; else the listener's. One that the scheme implies is
 * not written.
 */
function portOf({ port, scheme }: Redirect, at: ListenerContext): number | undefined {
  const chosen = port ?? (scheme === undefined ? at.port : wellKnown[scheme]);
  return chosen === wellKnown[scheme ?? at.scheme] && port === undefined ? undefined : chosen;
}

/** Whether the same redirect is another one at another listener. */
export const dependsOnListener = ({ port, scheme }: Redirect): boolean =>
  port === undefined && scheme === undefined;
