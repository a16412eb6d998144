/**
 * Generated route sets: objects as people write them, of a few services, that lead requests through
 * everything serin can make of them. The instances are real ones.
 */
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { createDice, type Dice } from "./dice.ts";
import { hashSplit, type MadeRule, makeRule } from "./rules.ts";

export type Objects = Readonly<Record<string, unknown>>;

export interface MadeRoute {
  readonly grpc: boolean;
  readonly hostnames: readonly string[];
  readonly rules: readonly MadeRule[];
}

/** Where a proxy listens: a name of its gateway's, or the built-in one's. */
export interface MadeListener {
  /** `edge/http`. */
  readonly name: string;
  readonly port: number;
}

export interface RouteSet {
  readonly index: number;
  readonly objects: Objects;
  readonly routes: readonly MadeRoute[];
  readonly listeners: readonly MadeListener[];
  /** Hosts that are names of services. */
  readonly services: readonly string[];
}

/** `web/v1/a`. */
export type InstanceId = string;

const versions = ["v1", "v2", "v3"] as const;

/** All that there are to make endpoints of; `g` is in the lane. */
export const instanceIds: readonly InstanceId[] = ["web", "api", "shop"].flatMap((service) =>
  versions.flatMap((version) => ["a", "b", "g"].map((id) => `${service}/${version}/${id}`)),
);

export interface Surroundings {
  addressOf(instance: InstanceId): string;
  readonly builtIn: number;
  /** Two for each set. */
  readonly ports: readonly number[];
}

export function makeRouteSet(seed: number, index: number, around: Surroundings): RouteSet {
  const dice = createDice(seed * 1_000 + index);
  const [port = 0, other = 0] = around.ports.slice(2 * index);
  const gateway = dice.chance(0.55) ? gatewayOf(dice, port, other) : undefined;
  const routes = [
    ...Array.from({ length: 1 + dice.below(4) }, (_, n) => routeOf(dice, `r${n}`, false)),
    ...(dice.chance(0.5) ? [routeOf(dice, "g0", true)] : []),
  ];
  const sections = gateway?.sections ?? [];
  const named = routes.map(({ name, ...route }) => {
    const json = {
      ...(route.hostnames.length > 0 && { hostnames: route.hostnames }),
      ...parents(dice, sections),
      rules: route.rules.map(({ json: rule }) => rule),
    };
    return [`${route.grpc ? "grpcroutes" : "routes"}/${name}`, json] as const;
  });
  const objects = {
    ...instances(dice, around),
    ...services(dice),
    ...(gateway && { "gateways/edge": gateway.json }),
    ...Object.fromEntries(named),
    ...lane(dice),
    ...release(dice),
    "routes/ready": readyRoute(index),
  };
  const builtIn = { name: "default/http", port: around.builtIn };
  const own = (name: string): string => `${name}-${index}`;
  return {
    index,
    objects: renamed(objects, own),
    routes: routes.map((route) => ({
      ...route,
      hostnames: route.hostnames.map((host) => (names.has(host) ? own(host) : host)),
    })),
    listeners: gateway?.listeners ?? [builtIn],
    services: [...names].map(own),
  };
}

const names: ReadonlySet<string> = new Set(["web", "api", "shop", "nobody"]);

/**
 * Each set has services of its own names: load assignments of one that came before stay a while, for
 * requests that are on their way.
 */
function renamed(objects: Objects, own: (name: string) => string): Objects {
  const name = (text: string): string => (names.has(text) ? own(text) : text);
  const value = (each: unknown): unknown => {
    if (typeof each === "string") return name(each);
    if (Array.isArray(each)) return each.map(value);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([field, inner]) => [field, value(inner)]));
  };
  return Object.fromEntries(
    Object.entries(objects).map(([key, each]) => [key.split("/").map(name).join("/"), value(each)]),
  );
}

/** Tells that a listener has this set. */
export const readyHost = "ready.test";

export const readyRoute = (index: number): object => ({
  hostnames: [readyHost],
  rules: [
    {
      filters: [{ type: "RequestRedirect", requestRedirect: { hostname: `set-${index}.test` } }],
    },
  ],
});

const hostnameLists = [
  ["shop.example"],
  ["shop.example", "a.shop.example"],
  ["*.shop.example"],
  ["*.example"],
  ["web"],
  ["api", "api.example"],
  ["*"],
  [],
] as const;

const grpcHostnames = [["grpc.example"], ["*.grpc.example", "grpc.example"], ["shop.example"]];

interface NamedRoute extends MadeRoute {
  readonly name: string;
}

function routeOf(dice: Dice, name: string, grpc: boolean): NamedRoute {
  const hostnames = dice.pick<readonly string[]>(grpc ? grpcHostnames : hostnameLists);
  const count = 1 + dice.below(4);
  const rules = Array.from({ length: count }, (_, n) =>
    makeRule(dice, { grpc, mark: `${name}/${n}` }),
  );
  return { name, grpc, hostnames, rules };
}

function parents(dice: Dice, sections: readonly string[]): object {
  if (sections.length === 0 || dice.chance(0.6)) return {};
  const section = dice.chance(0.5) ? { sectionName: dice.pick(sections) } : {};
  return { parentRefs: [{ name: "edge", ...section }] };
}

interface MadeGateway {
  readonly json: object;
  readonly sections: readonly string[];
  readonly listeners: readonly MadeListener[];
}

function gatewayOf(dice: Dice, port: number, other: number): MadeGateway {
  const services = dice.pick(["All", "All", "All", "None", ["web"]]);
  const isScoped = dice.chance(0.3);
  const first = {
    name: "http",
    port,
    ...(services !== "All" && { services }),
    ...(isScoped && { routeDelivery: "Scoped" }),
  };
  const second = { name: "more", port: other, services: "None" };
  const list = dice.chance(0.4) ? [first, second] : [first];
  return {
    json: {
      nodeSelector: { cluster: "edge" },
      addresses: [{ value: "127.0.0.1" }],
      listeners: list,
    },
    sections: list.map(({ name }) => name),
    listeners: list.map((each) => ({ name: `edge/${each.name}`, port: each.port })),
  };
}

function instances(dice: Dice, { addressOf }: Surroundings): Objects {
  const there = instanceIds.filter((id) => {
    const [service, version, letter] = id.split("/");
    if (letter === "g") return service !== "shop" && version === "v1" && dice.chance(0.8);
    if (letter === "b") return dice.chance(0.3);
    if (service === "shop") return version === "v1" && dice.chance(0.6);
    return version !== "v3" || dice.chance(0.5);
  });
  return Object.fromEntries(
    there.map((id) => {
      const [service, version, letter] = id.split("/");
      const labels = letter === "g" ? { labels: { lane: "gray" } } : {};
      const weight = letter === "b" && dice.chance(0.4) ? { weight: dice.pick([0, 5]) } : {};
      const key = `endpoints/${service}/${version}${letter}`;
      return [key, { address: addressOf(id), version, ...labels, ...weight }] as const;
    }),
  );
}

const webSubsets = [{ name: "v1" }, { name: "v2", fallback: "v1" }, { name: "v3", fallback: "v2" }];

function services(dice: Dice): Objects {
  const web = {
    subsets: dice.chance(0.5) ? webSubsets : webSubsets.slice(0, 2),
    ...(dice.chance(0.3) && { servedVersionHeader: true }),
    ...(dice.chance(0.2) && { lbPolicy: "LeastRequest" }),
  };
  const weights = dice.pick<object>([
    { v1: 90, v2: 10 },
    { v1: 0, v2: 100 },
    { v1: 100, v2: 0 },
    { v1: 1, v2: 1, v3: 1 },
    { v1: 99.9, v2: 0.1 },
  ]);
  return {
    ...(dice.chance(0.7) && { "services/web": web }),
    ...(dice.chance(0.75) && { "weights/web": weights }),
    ...(dice.chance(0.4) && { "weights/api": { v1: dice.pick([0, 50]), v2: 50 } }),
    ...(dice.chance(0.5) && { "services/shop": { timeouts: { request: "5s" } } }),
  };
}

const entryMatches = [
  [{ headers: [{ name: "x-beta", value: "yes" }] }],
  [{ cookies: [{ name: "group", type: "RegularExpression", value: "beta|alpha" }] }],
  [
    { headers: [{ name: "x-beta", value: "yes" }] },
    { queryParams: [{ name: "gray", value: "1" }] },
  ],
] as const;

function lane(dice: Dice): Objects {
  if (!dice.chance(0.6)) return {};
  const entry = {
    ...(dice.chance(0.5) && { trustClient: true }),
    ...(dice.chance(0.7) && { matches: dice.pick<readonly object[]>(entryMatches) }),
    ...(dice.chance(0.6) && { percent: dice.pick([0, 25, 100, 100]), hashSplit: hashSplit(dice) }),
  };
  return {
    "lanes/gray": {
      ...(dice.chance(0.3) && { baggage: true }),
      ...(dice.chance(0.3) && { mode: "strict" }),
      ...(dice.chance(0.3) && { services: ["web"] }),
      ...(dice.chance(0.8) && { entries: [entry] }),
    },
  };
}

const testers = {
  name: "testers",
  match: [
    { headerName: "X-Tester", headerValue: { exact: "1" } },
    { headerName: "User-Agent", headerValue: { prefix: "probe/" } },
    { headerName: "x-region", headerValue: { regex: "eu-.+" } },
  ],
};

const copies = {
  name: "copies",
  percentage: 100,
  match: [{ method: { exact: "GET" }, path: { prefix: "/cart" } }],
};

/** Under way, and waiting behind its routes. */
function release(dice: Dice): Objects {
  if (!dice.chance(0.5)) return {};
  const steps = [
    { setHeaderRoute: testers },
    ...(dice.chance(0.5) ? [{ setMirrorRoute: copies }] : []),
    { pause: {} },
  ];
  const canary = { stableSubset: "v1", canarySubset: "v2", steps };
  const rollout = { strategy: { canary } };
  return {
    "rollouts/web": rollout,
    "status/rollouts/web": {
      specHash: specHashOf(rollout),
      phase: "Paused",
      step: steps.length - 1,
      stepStartedMs: 1_700_000_000_000,
      writtenRevision: "1",
      writtenStep: steps.length - 2,
      reachedMs: 1_700_000_001_000,
      canaryPercent: 0,
      waits: { for: "CanaryPauseStep", sinceMs: 1_700_000_001_000 },
      idleMs: 0,
      held: false,
      promoted: "no",
      tallies: {},
      message: "it waits",
      operation: "1",
    },
  };
}

function specHashOf(rollout: object): string {
  const key = "rollouts/web";
  const value = Buffer.from(JSON.stringify(rollout));
  const entry = { key, value, modRevision: 1n, createRevision: 1n };
  const decoded = createDecoder().start({ revision: 1n, entries: new Map([[key, entry]]) });
  const [found] = decoded.state.rollouts.values();
  if (found === undefined) throw new Error(JSON.stringify(decoded.diagnostics[0]?.message));
  return found.specHash;
}
