/** Which resources two translations differ in. What is the same object in both is not looked into. */
import { compareText } from "../lib/compare-text.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { pushRank, shortName, type TypeUrl } from "../snapshot/type-url.ts";
import type { Translation } from "../translate/translate.ts";

export interface ResourceChange {
  /** `gateways/edge`, `snapshots/edge-1`; `shared`: what several may get; `secrets`. */
  readonly place: string;
  /** `CDS` */
  readonly type: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What resources are made. */
export type Made = Pick<Translation, "shared" | "secrets" | "gateways" | "nodes">;

export const nothingMade: Made = {
  shared: new Map(),
  secrets: new Map(),
  gateways: new Map(),
  nodes: new Map(),
};

/** One resource of a place, before and after; undefined: it is not there. */
export interface ResourceStep {
  readonly place: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

export function resourceChanges(was: Made, becomes: Made): readonly ResourceChange[] {
  const groups = new Map<string, Draft>();
  for (const { place, before, after } of resourceSteps(was, becomes)) {
    const { typeUrl, name } = after ?? before ?? {};
    if (typeUrl === undefined || name === undefined) continue;
    const key = `${place} ${typeUrl}`;
    const draft = groups.get(key) ?? { place, typeUrl, added: [], changed: [], removed: [] };
    groups.set(key, draft);
    const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    draft[kind].push(name);
  }
  return [...groups.values()].sort(inOrder).map(({ place, typeUrl, added, changed, removed }) => ({
    ...{ place, type: shortName(typeUrl) },
    ...{ added: added.sort(compareText), changed: changed.sort(compareText) },
    removed: removed.sort(compareText),
  }));
}

interface Draft {
  readonly place: string;
  readonly typeUrl: TypeUrl;
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

const inOrder = (a: Draft, b: Draft): number =>
  compareText(a.place, b.place) ||
  pushRank(a.typeUrl) - pushRank(b.typeUrl) ||
  compareText(a.typeUrl, b.typeUrl);

/** In no order that means anything. */
export function* resourceSteps(was: Made, becomes: Made): Iterable<ResourceStep> {
  yield* stepsAt(
    "shared",
    differing(was.shared, becomes.shared, ({ resources }) => resources),
  );
  yield* stepsAt(
    "secrets",
    differing(was.secrets, becomes.secrets, (secret) => [secret]),
  );
  for (const name of new Set([...was.gateways.keys(), ...becomes.gateways.keys()])) {
    const [before, after] = [was.gateways.get(name)?.bundle, becomes.gateways.get(name)?.bundle];
    yield* stepsAt(`gateways/${name}`, bothSides(before, after));
  }
  for (const id of new Set([...was.nodes.keys(), ...becomes.nodes.keys()])) {
    yield* stepsAt(`snapshots/${id}`, bothSides(was.nodes.get(id), becomes.nodes.get(id)));
  }
}

interface Sides {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
}

const nothing: Sides = { before: [], after: [] };

const bothSides = (before: Bundle | undefined, after: Bundle | undefined): Sides =>
  before === after ? nothing : { before: before?.resources ?? [], after: after?.resources ?? [] };

/** Resources of what is not the same on both sides. */
function differing<V>(
  was: ReadonlyMap<string, V>,
  becomes: ReadonlyMap<string, V>,
  resourcesOf: (value: V) => readonly Resource[],
): Sides {
  if (was === becomes) return nothing;
  const sides = { before: [] as Resource[], after: [] as Resource[] };
  for (const [owner, value] of becomes) {
    const before = was.get(owner);
    if (before === value) continue;
    sides.after.push(...resourcesOf(value));
    if (before !== undefined) sides.before.push(...resourcesOf(before));
  }
  for (const [owner, value] of was) {
    if (!becomes.has(owner)) sides.before.push(...resourcesOf(value));
  }
  return sides;
}

function* stepsAt(place: string, { before: left, after: right }: Sides): Iterable<ResourceStep> {
  const keyOf = ({ typeUrl, name }: Resource): string => `${typeUrl} ${name}`;
  const rest = new Map(left.map((resource) => [keyOf(resource), resource]));
  const now = new Map(right.map((resource) => [keyOf(resource), resource]));
  for (const [key, after] of now) {
    const before = rest.get(key);
    rest.delete(key);
    if (before?.version !== after.version) yield { place, before, after };
  }
  for (const before of rest.values()) yield { place, before, after: undefined };
}
