/** What a route changes of a request, and who else gets a copy: for people, one line each. */
import type {
  HeaderValueOption,
  Route,
  RouteAction,
  RouteActionRequestMirrorPolicy,
  RouteConfiguration,
  VirtualHost,
} from "../proto/messages.ts";

interface HeaderChanges {
  readonly request_headers_to_add?: readonly HeaderValueOption[];
  readonly request_headers_to_remove?: readonly string[];
}

/** `cluster`: the one that was picked out of a split; undefined where that is not settled. */
export function requestChanges(
  configuration: RouteConfiguration,
  virtualHost: VirtualHost,
  route: Route,
  cluster: string | undefined,
): readonly string[] {
  const { route: action } = route;
  const parts = action?.weighted_clusters?.clusters ?? [];
  const picked = parts.find(({ name }) => name === cluster);
  const mirrors =
    action?.request_mirror_policies ??
    virtualHost.request_mirror_policies ??
    configuration.request_mirror_policies ??
    [];
  // Envoy goes from the inside out.
  const levels: readonly (HeaderChanges | undefined)[] = [
    picked,
    route,
    virtualHost,
    configuration,
  ];
  return [
    ...levels.flatMap((level) => (level === undefined ? [] : headerChanges(level))),
    ...(action === undefined ? [] : rewrites(action)),
    ...mirrors.map(mirrorText),
  ];
}

const headerChanges = (changes: HeaderChanges): readonly string[] => [
  ...(changes.request_headers_to_remove ?? []).map((name) => `remove header ${name}`),
  ...(changes.request_headers_to_add ?? []).map(headerText),
];

/** `set header x-lane: gray`. */
export function headerText({ header, append_action: action }: HeaderValueOption): string {
  const verb = verbs[action ?? "APPEND_IF_EXISTS_OR_ADD"];
  return `${verb} header ${header?.key ?? ""}: ${header?.value ?? ""}`;
}

const verbs = {
  APPEND_IF_EXISTS_OR_ADD: "add",
  ADD_IF_ABSENT: "set, where it is missing,",
  OVERWRITE_IF_EXISTS_OR_ADD: "set",
  OVERWRITE_IF_EXISTS: "set, where it is present,",
} as const;

function rewrites(action: RouteAction): readonly string[] {
  const { prefix_rewrite: prefix, host_rewrite_literal: host, host_rewrite_header: from } = action;
  return [
    ...(prefix === undefined ? [] : [`rewrite the matched prefix to ${prefix}`]),
    ...(host === undefined ? [] : [`rewrite the host to ${host}`]),
    ...(from === undefined ? [] : [`rewrite the host to header ${from}`]),
  ];
}

function mirrorText({ cluster = "", runtime_fraction: fraction }: RouteActionRequestMirrorPolicy) {
  const value = fraction?.default_value;
  if (value === undefined) return `copy every request to ${cluster}`;
  const of = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;
  const percent = (100 * (value.numerator ?? 0)) / of[value.denominator ?? "HUNDRED"];
  return `copy ${Math.min(100, percent)} % of the requests to ${cluster}`;
}
