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

const slices = new WeakMap<ForwardPlan, readonly MirrorSlice[]>();

/** The same objects for the same action, which many matches share: it is encoded once. */
export function mirrorSlices(action: ForwardPlan): readonly MirrorSlice[] {
  if (action.mirrors.every(({ from }) => from === 0)) return [{ below: undefined, action }];
  const known = slices.get(action);
  if (known !== undefined) return known;
  const ends = action.mirrors.flatMap(({ from, perMillion }) => [from, from + perMillion]);
  const inner = [...new Set(ends)].filter((end) => end > 0 && end < million);
  const bounds = [0, ...inner.sort((a, b) => a - b)];
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
