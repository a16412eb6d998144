/**
 * What the layer `weights` of one view holds. A service that leaves it lingers: a route that takes
 * its weights from keys must never be without them, or it falls back to the weights at rest that
 * stand in it, which are nobody's. So keys go out before the routes that need them, and go when no
 * proxy can have such a route any more.
 */
import type { Progress } from "../index.ts";
import type { ServiceName } from "../model/names.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import type { MovingWeights } from "../translate/translate.ts";
import { weightsRuntime } from "../translate/weights/runtime.ts";
import type { SplitKeys } from "../translate/weights/split-keys.ts";

/** All by prefix. */
export interface WeightsLayer {
  /** Of services in motion that the view names. */
  readonly moving: ReadonlyMap<string, SplitKeys>;
  readonly lingering: ReadonlyMap<string, Lingering>;
  /** The same object for the same content. */
  readonly bundle: Bundle;
}

export interface Lingering {
  readonly keys: SplitKeys;
  /** undefined until the view has the routes that do without. */
  readonly since: Since | undefined;
}

/** How far the proxies of the view are with a generation of a table: the worst of them counts. */
export type ProgressOf = (typeUrl: TypeUrl, generation: number) => Progress;

export interface LingerTimes {
  /** How long keys stay in any case. */
  readonly drainMs: number;
  /** ... and for how much longer a proxy that does not answer holds them. */
  readonly maxMs: number;
}

/** `isNamed`: whether something in the view leads to the service. */
export function nextLayer(
  weights: MovingWeights,
  isNamed: (service: ServiceName) => boolean,
  before: WeightsLayer | undefined,
): WeightsLayer {
  const moving = new Map<string, SplitKeys>();
  for (const name of weights.inMotion) {
    const keys = isNamed(name) ? weights.splitOf(name) : undefined;
    if (keys !== undefined && keys.weights.size > 1) moving.set(keys.prefix, keys);
  }
  const lingering = new Map<string, Lingering>();
  const linger = (last: SplitKeys, since: Since | undefined): void => {
    if (moving.has(last.prefix)) return;
    const now = weights.splitOf(last.service);
    // Where the list of clusters is another one by now, routes that still have this one go on with
    // its last weights, and change over as a whole.
    lingering.set(last.prefix, { keys: now?.prefix === last.prefix ? now : last, since });
  };
  for (const keys of before?.moving.values() ?? []) linger(keys, undefined);
  for (const { keys, since } of before?.lingering.values() ?? []) linger(keys, since);
  return made(moving, lingering, before);
}

/** The keys of another view, whose proxies come here and may still have its routes. */
export function withLingering(layer: WeightsLayer, from: WeightsLayer): WeightsLayer {
  const lingering = new Map(layer.lingering);
  for (const keys of [...from.moving.values(), ...lingeringKeys(from)]) {
    if (!layer.moving.has(keys.prefix) && !lingering.has(keys.prefix)) {
      lingering.set(keys.prefix, { keys, since: undefined });
    }
  }
  return made(layer.moving, lingering, layer);
}

/** The view's tables as they are without the keys that have begun to linger. */
export interface AppliedAt {
  readonly sinceMs: number;
  readonly listenerGeneration: number;
  readonly routeGeneration: number;
}

interface Since extends AppliedAt {
  /** Whether all proxies were seen to have ACKed. */
  readonly acked: boolean;
}

/**
 * To be called when the view has taken the routes. Connections on a listener that Envoy drains go on
 * with the routes they had, so keys stay for as long, whoever has ACKed.
 */
export function lingeringFrom(layer: WeightsLayer, at: AppliedAt): WeightsLayer {
  const lingering = [...layer.lingering].map(([prefix, each]): [string, Lingering] => {
    const since = each.since ?? { ...at, acked: false };
    return [prefix, { ...each, since }];
  });
  return { ...layer, lingering: new Map(lingering) };
}

/** Without the keys whose time has come. */
export function sweptLayer(
  layer: WeightsLayer,
  progressOf: ProgressOf,
  nowMs: number,
  times: LingerTimes,
): WeightsLayer {
  const lingering = new Map<string, Lingering>();
  for (const [prefix, each] of layer.lingering) {
    const since = each.since && stillSince(each.since, progressOf, nowMs, times);
    if (since !== undefined || each.since === undefined) lingering.set(prefix, { ...each, since });
  }
  return made(layer.moving, lingering, layer);
}

/** undefined: the time has come. A proxy that rejected its routes lives on those it has. */
function stillSince(
  since: Since,
  progressOf: ProgressOf,
  nowMs: number,
  { drainMs, maxMs }: LingerTimes,
): Since | undefined {
  const found = [
    progressOf(typeUrls.listener, since.listenerGeneration),
    progressOf(typeUrls.route, since.routeGeneration),
  ];
  const acked = since.acked || found.every((each) => each === "applied");
  const waitedMs = nowMs - since.sinceMs;
  if (acked) return waitedMs < drainMs ? { ...since, acked } : undefined;
  return found.includes("rejected") || waitedMs < drainMs + maxMs ? since : undefined;
}

const lingeringKeys = ({ lingering }: Pick<WeightsLayer, "lingering">): readonly SplitKeys[] =>
  [...lingering.values()].map(({ keys }) => keys);

function made(
  moving: WeightsLayer["moving"],
  lingering: WeightsLayer["lingering"],
  before: WeightsLayer | undefined,
): WeightsLayer {
  const runtime = weightsRuntime([...moving.values(), ...lingeringKeys({ lingering })]);
  const [last] = before?.bundle.resources ?? [];
  const same = before !== undefined && last?.version === runtime.version;
  const bundle = same ? before.bundle : { owner: "layer/weights", resources: [runtime] };
  return { moving, lingering, bundle };
}
