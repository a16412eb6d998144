/**
 * What a listener does before it routes: it picks a filter chain by the name in the TLS handshake,
 * takes away or sets headers, and brings the path into its normal form.
 */
import type {
  Filter,
  FilterChain,
  HeaderMutation,
  HttpConnectionManager,
  Listener,
  RouteConfiguration,
  TcpProxy,
} from "../proto/messages.ts";
import { headerText, plainValue } from "./changes.ts";
import { bytesOf, isGrpc, lowerAscii, type RouterRequest } from "./request.ts";
import { ownMarks } from "./scopes.ts";
import { withoutPort } from "./virtual-host.ts";

const managerUrl =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const tcpProxyUrl = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const mutationUrl =
  "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";

export type ListenerRouting =
  | {
      readonly kind: "http";
      /** By name, in the listener itself, or `undefined`: in the scopes of the manager. */
      readonly routes: string | RouteConfiguration | undefined;
      readonly manager: HttpConnectionManager;
      readonly tls: boolean;
    }
  | { readonly kind: "tcp"; readonly proxy: TcpProxy }
  /** No filter chain is for this host, or its filters are of kinds that are not known here. */
  | { readonly kind: "none"; readonly reason: string };

/** `host` is taken as the name in the handshake as well. */
export function listenerRouting(listener: Listener, host: string): ListenerRouting {
  const api = listener.api_listener?.api_listener;
  if (api !== undefined && isManager(api)) return managed(api, false);
  const chain = chainFor(listener, lowerAscii(withoutPort(host)));
  if (chain === undefined) return { kind: "none", reason: "no filter chain is for this host" };
  for (const { typed_config: config } of chain.filters ?? []) {
    if (config === undefined || !("@type" in config)) continue;
    if (isManager(config)) return managed(config, chain.transport_socket !== undefined);
    if (config["@type"] === tcpProxyUrl) return { kind: "tcp", proxy: config as TcpProxy };
  }
  return { kind: "none", reason: "its filters are not known here" };
}

const isManager = (config: NonNullable<Filter["typed_config"]>): config is Managed =>
  "@type" in config && config["@type"] === managerUrl;

type Managed = { readonly "@type": typeof managerUrl } & HttpConnectionManager;

function managed(manager: HttpConnectionManager, tls: boolean): ListenerRouting {
  const routes = manager.rds?.route_config_name ?? manager.route_config;
  if (routes === undefined && manager.scoped_routes === undefined) {
    return { kind: "none", reason: "it names no route configuration" };
  }
  return { kind: "http", routes, manager, tls };
}

/** The exact name, the longest wildcard, then a chain without names. */
function chainFor(listener: Listener, host: string): FilterChain | undefined {
  let best: { readonly chain: FilterChain; readonly rank: number } | undefined;
  for (const chain of listener.filter_chains ?? []) {
    const names = chain.filter_chain_match?.server_names ?? [];
    const rank = Math.max(names.length === 0 ? 0 : -1, ...names.map((name) => rankOf(name, host)));
    if (rank > (best?.rank ?? -1)) best = { chain, rank };
  }
  return best?.chain ?? listener.default_filter_chain;
}

function rankOf(name: string, host: string): number {
  if (name === host) return 1_000_000;
  return name.startsWith("*.") && host.endsWith(name.slice(1)) ? name.length : -1;
}

/** The request as the router gets it. */
export interface Arrived {
  readonly request: RouterRequest;
  /** What was changed, one line each. */
  readonly changes: readonly string[];
  /** Where the client is sent (307) in place of being routed, for escaped slashes in the path. */
  readonly redirect: string | undefined;
  /** Whether it is answered with 400 for them: no client of gRPC follows a redirect. */
  readonly refused: boolean;
}

export function arrive(manager: HttpConnectionManager, request: RouterRequest): Arrived {
  const headers = new Map(request.headers);
  const changes: string[] = [];
  const marks = ownMarks(manager);
  for (const mutation of earlyMutations(manager)) {
    const lines = mutate(headers, mutation);
    if (!marks.has(lowerAscii(mutation.append?.header?.key ?? ""))) changes.push(...lines);
  }
  const escaped = /^[^?#]*%(?:2f|5c)/i.test(request.target);
  const slashes = manager.path_with_escaped_slashes_action ?? "KEEP_UNCHANGED";
  const redirects = escaped && slashes === "UNESCAPE_AND_REDIRECT";
  const refused = escaped && (slashes === "REJECT_REQUEST" || (redirects && isGrpc(request)));
  const unescapes = escaped && !refused && slashes.startsWith("UNESCAPE");
  const target = normalTarget(manager, request.target, unescapes);
  if (target !== request.target) changes.push(`normalise the path to ${target}`);
  headers.set(":path", [target]);
  const path = target.replace(/[?#].*$/s, "");
  const redirect = redirects && !refused ? target : undefined;
  return { request: { ...request, headers, target, path }, changes, redirect, refused };
}

function* earlyMutations(manager: HttpConnectionManager): Iterable<HeaderMutation> {
  for (const { typed_config: config } of manager.early_header_mutation_extensions ?? []) {
    if (config === undefined || !("@type" in config) || config["@type"] !== mutationUrl) continue;
    yield* config.mutations ?? [];
  }
}

function mutate(headers: Map<string, readonly string[]>, mutation: HeaderMutation) {
  const { remove, append } = mutation;
  if (remove !== undefined) {
    return headers.delete(lowerAscii(bytesOf(remove))) ? [`remove header ${remove}`] : [];
  }
  if (append === undefined) return [];
  const name = lowerAscii(bytesOf(append.header?.key ?? ""));
  const before = headers.get(name);
  const action = append.append_action ?? "APPEND_IF_EXISTS_OR_ADD";
  const left = { ADD_IF_ABSENT: before !== undefined, OVERWRITE_IF_EXISTS: before === undefined };
  if (action in left && left[action as keyof typeof left]) return [];
  const kept = action === "APPEND_IF_EXISTS_OR_ADD" ? (before ?? []) : [];
  headers.set(name, [...kept, bytesOf(plainValue(append.header?.value ?? ""))]);
  return [headerText(append)];
}

/** As `normalize_path` and `merge_slashes`. https://datatracker.ietf.org/doc/html/rfc3986#section-6 */
function normalTarget(manager: HttpConnectionManager, target: string, unescapes: boolean): string {
  const at = target.search(/[?#]/);
  const [path, rest] = at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at)];
  let normal = unescapes ? path.replaceAll(/%2f/gi, "/").replaceAll(/%5c/gi, "\\") : path;
  if (manager.normalize_path?.value === true && URL.canParse(`http://a${normal}`)) {
    normal = new URL(`http://a${normal}`).pathname.replaceAll(unreserved, (escaped) =>
      String.fromCharCode(Number.parseInt(escaped.slice(1), 16)),
    );
  }
  if (manager.merge_slashes === true) normal = normal.replaceAll(/\/{2,}/g, "/");
  return normal + rest;
}

/** Escapes of characters that need none. */
const unreserved = /%(?:2d|2e|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi;
