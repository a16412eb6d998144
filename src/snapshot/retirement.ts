/**
 * Break after make: a cluster that nothing names any more, and its load assignment, stay until
 * every proxy has ACKed the listeners and routes that stopped naming it, and a grace has passed. The
 * same holds for a load assignment that loses its last usable endpoint. Measured without it: a share
 * of the requests answers 503 until the routes arrive. What connections on a listener that Envoy
 * drains may need (`drain.ts`) stays for the whole drain.
 */
import type { Resource } from "./resource.ts";
import { type TypeUrl, typeUrls } from "./type-url.ts";

/** Whether the step from one resource to the next, or to none, has to wait for the routes. */
export function isPutOff(before: Resource, next: Resource | undefined): boolean {
  if (before.typeUrl === typeUrls.cluster) return next === undefined;
  if (before.typeUrl !== typeUrls.endpoint) return false;
  return next === undefined || (before.serves && !next.serves);
}

/** A step that was put off. */
export interface Retiring {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  /** What takes its place; undefined: nothing. */
  readonly next: Resource | undefined;
  readonly sinceMs: number;
  /** Generations of the tables that no longer need it. */
  readonly listenerGeneration: number;
  readonly routeGeneration: number;
  readonly scopeGeneration: number;
  /** Traffic may be taken away by the weights in a runtime layer, and by nothing else. */
  readonly runtimeGeneration: number;
  /** When all proxies were first seen to have ACKed; undefined before. */
  readonly ackedAtMs: number | undefined;
  /** When the drain of connections that may need it was begun; undefined: there is none. */
  readonly drainFromMs: number | undefined;
}

/**
 * Whether a step that waits goes on waiting, rather than anew: for the same, told again with another
 * change of its owner, or for a load assignment that is to be empty and no longer to go.
 */
export function keepsWaiting({ typeUrl, next }: Retiring, now: Resource | undefined): boolean {
  if (next?.version === now?.version) return true;
  return typeUrl === typeUrls.endpoint && now?.serves === false;
}

export interface RetireTimes {
  readonly graceMs: number;
  /** For proxies that do not answer; one that rejected its routes lives on the old ones. */
  readonly maxMs: number;
  /** How long proxies drain a listener. */
  readonly drainMs: number;
}

/** How far the connected proxies are: the worst of them counts. */
export type Progress = "applied" | "pending" | "rejected";

/** Whether every connected proxy has applied `typeUrl` as of `generation`. */
export type ProgressOf = (typeUrl: TypeUrl, generation: number) => Progress;

export interface Sweep {
  readonly keep: readonly Retiring[];
  readonly release: readonly Retiring[];
}

/** Which of the steps that were put off may be taken at `nowMs` (monotonic). */
export function sweep(
  retiring: Iterable<Retiring>,
  progressOf: ProgressOf,
  nowMs: number,
  times: RetireTimes,
): Sweep {
  const keep: Retiring[] = [];
  const release: Retiring[] = [];
  const progress = remembered(progressOf);
  for (const one of retiring) {
    const drainMs = drainLeft(one, times);
    // Once ACKed it only waits: many that drain for long must not ask for all streams each time.
    const found = one.ackedAtMs === undefined ? progressFor(one, progress) : "applied";
    const ackedAtMs = one.ackedAtMs ?? (found === "applied" ? nowMs : undefined);
    const isOver =
      ackedAtMs === undefined
        ? found !== "rejected" && nowMs - one.sinceMs >= times.maxMs + drainMs
        : nowMs - ackedAtMs >= Math.max(times.graceMs, drainMs);
    if (isOver) release.push(one);
    else keep.push(ackedAtMs === one.ackedAtMs ? one : { ...one, ackedAtMs });
  }
  return { keep, release };
}

/** What was left of the drain at the time of the change; it goes on when the proxies have that. */
const drainLeft = ({ sinceMs, drainFromMs }: Retiring, { drainMs }: RetireTimes): number =>
  drainFromMs === undefined ? 0 : Math.max(0, drainMs - (sinceMs - drainFromMs));

function progressFor(one: Retiring, progressOf: ProgressOf): Progress {
  const found = [
    progressOf(typeUrls.listener, one.listenerGeneration),
    progressOf(typeUrls.route, one.routeGeneration),
    progressOf(typeUrls.scopedRoute, one.scopeGeneration),
    progressOf(typeUrls.runtime, one.runtimeGeneration),
  ];
  if (found.includes("rejected")) return "rejected";
  return found.includes("pending") ? "pending" : "applied";
}

/** Many retire by the same change. */
function remembered(progressOf: ProgressOf): ProgressOf {
  const known = new Map<string, Progress>();
  return (typeUrl, generation) => {
    const key = `${typeUrl} ${generation}`;
    const progress = known.get(key) ?? progressOf(typeUrl, generation);
    known.set(key, progress);
    return progress;
  };
}
