/**
 * Which route configuration a request gets where the listener has them in scopes: that of the scope
 * whose key equals what the listener builds from the request, byte by byte.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#route-scope
 */
import type {
  HttpConnectionManager,
  RouteConfiguration,
  ScopedRouteConfigurationKey,
  ScopedRoutes,
} from "../proto/messages.ts";
import { bytesOf, lowerAscii, type RouterRequest } from "./request.ts";

/** undefined: a part of the key is not in the request, so no scope is for it. */
export function scopeKeyOf(
  { scope_key_builder: builder = {} }: ScopedRoutes,
  { headers }: RouterRequest,
): readonly string[] | undefined {
  const key: string[] = [];
  for (const { header_value_extractor: extractor = {} } of builder.fragments ?? []) {
    // Of several values Envoy looks at the first.
    const value = headers.get(lowerAscii(extractor.name ?? ""))?.[0];
    const part = value === undefined ? undefined : partOf(value, extractor);
    if (part === undefined) return undefined;
    key.push(part);
  }
  return key;
}

type Fragments = NonNullable<NonNullable<ScopedRoutes["scope_key_builder"]>["fragments"]>;
type Extractor = NonNullable<Fragments[number]["header_value_extractor"]>;

function partOf(
  value: string,
  { element_separator: separator = "", element, index = 0 }: Extractor,
): string | undefined {
  const elements = separator === "" ? [value] : value.split(bytesOf(separator));
  if (element === undefined) return elements[index];
  const start = `${bytesOf(element.key ?? "")}${bytesOf(element.separator ?? "")}`;
  return elements.find((each) => each.startsWith(start))?.slice(start.length);
}

export function isKey(
  { fragments = [] }: ScopedRouteConfigurationKey,
  key: readonly string[],
): boolean {
  return (
    fragments.length === key.length &&
    fragments.every(({ string_key: text = "" }, i) => bytesOf(text) === key[i])
  );
}

/** Headers that the listener sets for its own scopes: they come from no client, and go to no backend. */
export function ownMarks(manager: HttpConnectionManager): ReadonlySet<string> {
  const fragments = manager.scoped_routes?.scope_key_builder?.fragments ?? [];
  const names = fragments.map((each) => lowerAscii(each.header_value_extractor?.name ?? ""));
  return new Set(names.filter((name) => !name.startsWith(":")));
}

/** Nothing is told of marks. */
export function withoutMarks(
  configuration: RouteConfiguration,
  marks: ReadonlySet<string>,
): RouteConfiguration {
  const removed = configuration.request_headers_to_remove;
  if (removed === undefined || marks.size === 0) return configuration;
  const told = removed.filter((name) => !marks.has(lowerAscii(name)));
  return { ...configuration, request_headers_to_remove: told };
}
