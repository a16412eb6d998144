/** Requests near a route set: most are aimed at one of its rules, and some of these miss it by little. */
import type { Aim, Condition } from "./conditions.ts";
import type { Dice } from "./dice.ts";
import type { MadeListener, MadeRoute, RouteSet } from "./objects.ts";

export interface MadeRequest {
  readonly listener: MadeListener;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** Each name once, in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function makeRequest(dice: Dice, set: RouteSet): MadeRequest {
  const { routes, listeners } = set;
  const route = dice.pick(routes);
  const match = dice.pick(dice.pick(route.rules).matches.concat({ json: {}, conditions: [] }));
  const missed = dice.chance(0.3) ? dice.below(match.conditions.length + 1) : -1;
  const aims = match.conditions.map((condition, index) => aimAt(dice, condition, index === missed));
  const isGrpc = route.grpc && !dice.chance(0.1);
  const query = aims.flatMap((aim) => aim.query ?? []).join("&");
  const path = aims.find((aim) => aim.path !== undefined)?.path ?? dice.pick(strayPaths);
  const fallback = isGrpc ? "POST" : dice.pick(["GET", "GET", "POST"]);
  return {
    listener: dice.pick(listeners),
    host: hostFor(dice, route, set.services),
    path: query === "" ? path : `${path}?${query}`,
    method: aims.find((aim) => aim.method !== undefined)?.method ?? fallback,
    headers: headersOf(dice, aims, isGrpc),
  };
}

const strayPaths = [
  ...["/", "/", "/stray", "/cart", "/cart/x", "/api/v1/x", "/v1/x", "/shop/1"],
  ...["//twice", "/a%2Fb", "/shop/a%5Cb"],
];

const aimAt = (dice: Dice, { hits, misses }: Condition, missed: boolean): Aim =>
  dice.pick(missed ? misses : hits);

function hostFor(dice: Dice, { hostnames }: MadeRoute, services: readonly string[]): string {
  if (dice.chance(0.18)) return dice.pick([...services, "no.test"]);
  const hostname = hostnames.length === 0 ? "*" : dice.pick(hostnames);
  const host = hostname === "*" ? "any.test" : hostname.replace(/^\*/, dice.pick(["a", "a.b"]));
  const written = dice.chance(0.1) ? host.toUpperCase() : host;
  return dice.chance(0.15) ? `${written}:${dice.pick([80, 8080])}` : written;
}

/** What lanes, releases and splits look at. */
const extras: readonly (readonly [name: string, values: readonly string[], chance: number])[] = [
  ["X-User-Id", Array.from({ length: 40 }, (_, n) => `user-${n}`), 0.6],
  ["x-shop", ["1", "2", "berlin"], 0.3],
  ["x-lane", ["gray", "gray", "blue"], 0.3],
  ["x-beta", ["yes", "yes", "no"], 0.3],
  ["x-tester", ["1", "1", "2"], 0.35],
  ["x-region", ["eu-west", "us"], 0.1],
  ["baggage", ["x-lane=gray", "a=b,x-lane=gray;p=1"], 0.1],
  ["user-agent", ["probe/7", "curl/8"], 0.15],
  ["x-ver", ["7"], 0.1],
];

function headersOf(dice: Dice, aims: readonly Aim[], isGrpc: boolean): MadeRequest["headers"] {
  const cookies = aims.flatMap(({ cookie }) => cookie ?? []);
  const written = new Map<string, readonly [string, string]>();
  const all: readonly (readonly [string, string])[] = [
    ...aims.flatMap(({ header }) => (header === undefined ? [] : [header])),
    ...(cookies.length > 0 ? [["cookie", cookies.join("; ")] as const] : []),
    ...(isGrpc ? [["content-type", "application/grpc"] as const] : []),
    ...extras.flatMap(([name, values, chance]) =>
      dice.chance(chance) ? [[name, dice.pick(values)] as const] : [],
    ),
  ];
  for (const header of all) {
    const key = header[0].toLowerCase();
    if (!written.has(key)) written.set(key, header);
  }
  return [...written.values()];
}
