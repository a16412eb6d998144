/**
 * A match for gRPC clients. The path of a call is `/<service>/<method>`, its method POST, and it has
 * no query. A condition that a client does not know it takes for fulfilled (Node.js does), so a match
 * with one is not sent at all.
 * https://github.com/grpc/proposal/blob/master/A28-xds-traffic-splitting-and-routing.md
 */
import type { PathMatch, RouteMatch } from "../../model/route.ts";
import { headerMatcher, pathSpecifier, trimmedPrefix } from "../route/match.ts";

export type GrpcMatch =
  | { readonly kind: "match"; readonly match: ReturnType<typeof matchMessage> }
  /** `why`: undefined where no call can fulfil it, whoever routes it. */
  | { readonly kind: "leftOut"; readonly why: string | undefined };

export function grpcMatch(match: RouteMatch): GrpcMatch {
  const { method, queryParams, cookies, headers } = match;
  const leftOut = (why: string | undefined): GrpcMatch => ({ kind: "leftOut", why });
  if (method !== undefined && method !== "POST") return leftOut(undefined);
  if (queryParams.length > 0) return leftOut("matches with query parameters are left out");
  if (cookies.length > 0) return leftOut("matches with cookies are left out");
  if (headers.some(({ name }) => name.startsWith(":"))) {
    return leftOut("matches with pseudo-headers are left out");
  }
  return { kind: "match", match: matchMessage(match) };
}

const matchMessage = ({ path, headers }: RouteMatch) => ({
  ...grpcPath(path),
  ...(headers.length === 0 ? {} : { headers: headers.map(headerMatcher) }),
});

/** None of the clients knows `path_separated_prefix`; a path has two segments, so none is needed. */
function grpcPath(path: PathMatch) {
  if (path.kind !== "prefix") return pathSpecifier(path);
  const trimmed = trimmedPrefix(path.value);
  const isWholePath = trimmed.indexOf("/", 1) !== -1;
  return isWholePath ? { path: trimmed } : { prefix: `${trimmed}/` };
}
