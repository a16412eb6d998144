/**
 * Envoy draws one number for a request and takes it for every fraction, so that two mirror policies
 * can only copy the same requests. Routes are tried in turn with that number as well: where copies
 * must not meet, each slice of the numbers has a route of its own, and its mirrors copy all.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#envoy-v3-api-field-config-route-v3-routematch-runtime-fraction
 */
import type { ForwardPlan, PlannedMirror } from "./plan.ts";

export const million = 1_000_000;

export interface MirrorSlice {
  /** For requests of a number below it that no slice before has taken; undefined: for the rest. */
  readonly below: number | undefined;
  readonly action: ForwardPlan;
}

/** Where one slice ends and the next one begins. */
const boundsOf = (mirrors: readonly PlannedMirror[]): readonly number[] => {
  if (mirrors.every(({ from }) => from === 0)) return [0];
  const ends = mirrors.flatMap(({ from, perMillion }) => [from, from + perMillion]);
  const inner = [...new Set(ends)].filter((end) => end > 0 && end < million);
  return [0, ...inner.sort((a, b) => a - b)];
};

/** Routes for each match. */
export const sliceCount = (mirrors: readonly PlannedMirror[]): number => boundsOf(mirrors).length;

const slices = new WeakMap<ForwardPlan, readonly MirrorSlice[]>();

/** The same objects for the same action, which many matches share: it is encoded once. */
export function mirrorSlices(action: ForwardPlan): readonly MirrorSlice[] {
  const bounds = boundsOf(action.mirrors);
  if (bounds.length === 1) return [{ below: undefined, action }];
  const known = slices.get(action);
  if (known !== undefined) return known;
  const made = bounds.map((from, i): MirrorSlice => {
    const mirrors = action.mirrors.filter((mirror) => copies(mirror, from)).map(copyingAll);
    return { below: bounds[i + 1], action: { ...action, mirrors } };
  });
  slices.set(action, made);
  return made;
}

const copies = ({ from, perMillion }: PlannedMirror, drawn: number): boolean =>
  drawn >= from && drawn < from + perMillion;

const copyingAll = (mirror: PlannedMirror): PlannedMirror => ({
  ...mirror,
  from: 0,
  perMillion: million,
});
