/** What a proxy does to a request on its way, and to the answer: for people, one line each. */
import type {
  HeaderValueOption,
  Route,
  RouteAction,
  RouteActionRequestMirrorPolicy,
  RouteConfiguration,
  VirtualHost,
  WeightedClusterClusterWeight,
} from "../proto/messages.ts";
import { attemptLines } from "./attempts.ts";
import { filterLines } from "./filters.ts";
import { rewrittenTarget } from "./redirect.ts";
import { type RouterRequest, textOf } from "./request.ts";
import { rewrite } from "./text-match.ts";

interface HeaderChanges {
  readonly request_headers_to_add?: readonly HeaderValueOption[];
  readonly request_headers_to_remove?: readonly string[];
  readonly response_headers_to_add?: readonly HeaderValueOption[];
  readonly response_headers_to_remove?: readonly string[];
}

/** Where a request has come to. */
export interface Place {
  readonly configuration: RouteConfiguration;
  readonly virtualHost: VirtualHost;
  readonly route: Route;
  /** Place of the part that was picked out of a split; undefined where that is not settled. */
  readonly part: number | undefined;
}

export function requestChanges(place: Place, request: RouterRequest): readonly string[] {
  const { configuration, virtualHost, route, part } = place;
  const { route: action } = route;
  const parts = action?.weighted_clusters?.clusters ?? [];
  const picked = part === undefined ? undefined : parts[part];
  // Envoy goes from the inside out.
  const outer = [route, virtualHost, configuration];
  const filters = [picked, route, virtualHost, configuration].filter((each) => each !== undefined);
  const limits = filterLines(filters.map((each) => each.typed_per_filter_config ?? {}));
  if (action === undefined) return [...limits, ...outer.flatMap(answerHeaders)];
  const mirrors =
    action.request_mirror_policies ??
    virtualHost.request_mirror_policies ??
    configuration.request_mirror_policies ??
    [];
  const host = picked?.host_rewrite_literal;
  return [
    ...limits,
    ...(picked === undefined ? partLines(parts) : headerChanges(picked)),
    ...outer.flatMap(headerChanges),
    ...pathLines(place.route, action, request),
    ...(host === undefined ? hostLines(action, request) : [`rewrite the host to ${host}`]),
    ...mirrors.map(mirrorText),
    ...attemptLines(action, action.retry_policy ?? virtualHost.retry_policy),
  ];
}

/**
 * Where chance picks, each cluster is told for itself. One that is listed twice is told once, or where
 * its parts differ, each by its place.
 */
function partLines(parts: readonly WeightedClusterClusterWeight[]): readonly string[] {
  const weighed = parts.flatMap((part, index) =>
    part.weight?.value ? [{ name: part.name ?? "", index, lines: headerChanges(part) }] : [],
  );
  const isAlone = (name: string): boolean =>
    new Set(weighed.filter((each) => each.name === name).map(({ lines }) => lines.join("\n")))
      .size === 1;
  const told = weighed.flatMap(({ name, index, lines }) => {
    const at = isAlone(name) ? name : `${name} (share ${index + 1} of ${parts.length})`;
    return lines.map((text) => `at ${at}: ${text}`);
  });
  return [...new Set(told)];
}

const headerChanges = (changes: HeaderChanges): readonly string[] => [
  ...(changes.request_headers_to_remove ?? []).map((name) => `remove header ${name}`),
  ...(changes.request_headers_to_add ?? []).map(headerText),
  ...answerHeaders(changes),
];

const answerHeaders = (changes: HeaderChanges): readonly string[] =>
  [
    ...(changes.response_headers_to_remove ?? []).map((name) => `remove header ${name}`),
    ...(changes.response_headers_to_add ?? []).map(headerText),
  ].map((text) => `in the answer, ${text}`);

/** `set header x-lane: gray`. */
export function headerText({ header, append_action: action }: HeaderValueOption): string {
  const verb = verbs[action ?? "APPEND_IF_EXISTS_OR_ADD"];
  return `${verb} header ${header?.key ?? ""}: ${plainValue(header?.value ?? "")}`;
}

/** The value that Envoy makes of it: two signs of per cent stand for one; commands stay as they are. */
export const plainValue = (format: string): string =>
  format.replaceAll(/%%|%[^%]+%/g, (part) => (part === "%%" ? "%" : part));

const verbs = {
  APPEND_IF_EXISTS_OR_ADD: "add",
  ADD_IF_ABSENT: "set, where it is missing,",
  OVERWRITE_IF_EXISTS_OR_ADD: "set",
  OVERWRITE_IF_EXISTS: "set, where it is present,",
} as const;

function pathLines(route: Route, action: RouteAction, request: RouterRequest): readonly string[] {
  const target = rewrittenTarget(action, route.match ?? {}, request);
  return target === request.target ? [] : [`rewrite the path to ${textOf(target)}`];
}

function hostLines(action: RouteAction, { path }: RouterRequest): readonly string[] {
  const { host_rewrite_literal: host, host_rewrite_header: from } = action;
  const { auto_host_rewrite: auto, host_rewrite_path_regex: regex } = action;
  return [
    ...(host === undefined ? [] : [`rewrite the host to ${host}`]),
    ...(from === undefined ? [] : [`rewrite the host to header ${from}`]),
    ...(auto?.value === true ? ["rewrite the host to the name of the instance"] : []),
    ...(regex === undefined ? [] : [`rewrite the host to ${textOf(rewrite(regex, path))}`]),
  ];
}

function mirrorText({ cluster = "", runtime_fraction: fraction }: RouteActionRequestMirrorPolicy) {
  const value = fraction?.default_value;
  if (value === undefined) return `copy every request to ${cluster}`;
  const of = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;
  const percent = (100 * (value.numerator ?? 0)) / of[value.denominator ?? "HUNDRED"];
  return `copy ${Math.min(100, percent)} % of the requests to ${cluster}`;
}
