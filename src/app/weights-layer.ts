/**
 * What the layer `weights` of one view holds. A service that leaves it lingers: a route that takes
 * its weights from keys must never be without them, or it falls back to the weights at rest that
 * stand in it, which are nobody's. So keys go out before the routes that need them, and go when no
 * proxy can have such a route any more.
 */
import type { ServiceName } from "../model/names.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { type ProgressOf, type RetireTimes, type Retiring, sweep } from "../snapshot/retirement.ts";
import { typeUrls } from "../snapshot/type-url.ts";
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
  readonly since: Retiring | undefined;
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
  const linger = (last: SplitKeys, since: Retiring | undefined): void => {
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
export type AppliedAt = Pick<
  Retiring,
  "sinceMs" | "listenerGeneration" | "routeGeneration" | "scopeGeneration"
>;

/**
 * To be called when the view has taken the routes. Connections on a listener that Envoy drains go on
 * with the routes they had, so keys stay for as long, whoever has ACKed.
 */
export function lingeringFrom(layer: WeightsLayer, at: AppliedAt): WeightsLayer {
  const lingering = [...layer.lingering].map(([prefix, each]): [string, Lingering] => {
    const since: Retiring = each.since ?? {
      typeUrl: typeUrls.runtime,
      name: prefix,
      next: undefined,
      ...at,
      ackedAtMs: undefined,
      drainFromMs: at.sinceMs,
    };
    return [prefix, { ...each, since }];
  });
  return { ...layer, lingering: new Map(lingering) };
}

/** Without the keys whose time has come. */
export function sweptLayer(
  layer: WeightsLayer,
  progressOf: ProgressOf,
  nowMs: number,
  times: RetireTimes,
): WeightsLayer {
  const waiting = [...layer.lingering.values()].flatMap(({ since }) => since ?? []);
  const { keep } = sweep(waiting, progressOf, nowMs, times);
  const kept = new Map(keep.map((since) => [since.name, since]));
  const lingering = new Map<string, Lingering>();
  for (const [prefix, each] of layer.lingering) {
    const since = kept.get(prefix);
    if (since !== undefined) lingering.set(prefix, { ...each, since });
    else if (each.since === undefined) lingering.set(prefix, each);
  }
  return made(layer.moving, lingering, layer);
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
