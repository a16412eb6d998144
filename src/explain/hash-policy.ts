/**
 * The hash that a route's policies make of a request, bit for bit as Envoy's.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routeaction-hashpolicy
 */
import type { RouteActionHashPolicy, RouteActionHashPolicyHeader } from "../proto/messages.ts";
import { rotateLeft, xxHash64 } from "./hash.ts";
import {
  bytesOf,
  cookie,
  lowerAscii,
  queryParameter,
  type RouterRequest,
  textOf,
} from "./request.ts";
import { rewrite } from "./text-match.ts";

export interface RequestHash {
  /** undefined: no policy found what it names; Envoy then goes by chance. */
  readonly hash: bigint | undefined;
  /** What was hashed, for people: `header x-user-id "svc:alice"`. */
  readonly of: readonly string[];
  /** A policy that names what only the proxy knows. */
  readonly unknown: string | undefined;
}

/** Policies are combined in their order; a terminal one ends it where there is a hash by then. */
export function hashRequest(
  policies: readonly RouteActionHashPolicy[],
  request: RouterRequest,
): RequestHash {
  const of: string[] = [];
  let hash: bigint | undefined;
  let unknown: string | undefined;
  for (const policy of policies) {
    const found = partOf(policy, request);
    if (found.kind === "unknown") unknown ??= found.what;
    if (found.kind === "values") {
      hash = (hash === undefined ? 0n : rotateLeft(hash, 1n)) ^ hashOf(found.values);
      of.push(`${found.what} ${found.values.map((value) => JSON.stringify(textOf(value))).join()}`);
    }
    if (policy.terminal === true && hash !== undefined) break;
  }
  return { hash, of, unknown };
}

/** The hash of one value is the seed of the next. */
const hashOf = (values: readonly string[]): bigint =>
  values.reduce((seed, value) => xxHash64(value, seed), 0n);

type Part =
  | { readonly kind: "values"; readonly what: string; readonly values: readonly string[] }
  | { readonly kind: "missing" }
  | { readonly kind: "unknown"; readonly what: string };

function partOf(policy: RouteActionHashPolicy, request: RouterRequest): Part {
  const { header, cookie: named, query_parameter: parameter } = policy;
  if (header !== undefined) {
    const values = headerValues(header, request);
    const what = `header ${header.header_name ?? ""}`;
    return values === undefined ? { kind: "missing" } : { kind: "values", what, values };
  }
  if (parameter !== undefined) {
    const name = parameter.name ?? "";
    return part(`query parameter ${name}`, queryParameter(request, bytesOf(name)));
  }
  if (named !== undefined) {
    const value = cookie(request, bytesOf(named.name ?? ""));
    return part(`cookie ${named.name ?? ""}`, value === "" ? undefined : value);
  }
  if (policy.connection_properties?.source_ip === true) {
    return { kind: "unknown", what: "the client's address" };
  }
  return policy.filter_state === undefined
    ? { kind: "missing" }
    : { kind: "unknown", what: `filter state ${policy.filter_state.key ?? ""}` };
}

const part = (what: string, value: string | undefined): Part =>
  value === undefined ? { kind: "missing" } : { kind: "values", what, values: [value] };

/** The order of several values of a header does not count. */
function headerValues(
  { header_name: name = "", regex_rewrite: rewriting }: RouteActionHashPolicyHeader,
  { headers }: RouterRequest,
): readonly string[] | undefined {
  const values = headers.get(lowerAscii(bytesOf(name)));
  const rewritten = values?.map((value) =>
    rewriting === undefined ? value : rewrite(rewriting, value),
  );
  return rewritten?.sort();
}
