/** The resources of two contents of the store, compared. */
import type { SnapshotDiffJson } from "../../api/snapshot-diff.ts";
import { limits } from "../../config/limits.ts";
import { type Resource, shortName } from "../../index.ts";
import { compareText } from "../../lib/compare-text.ts";
import { unifiedDiff } from "../../lib/unified-diff.ts";
import {
  type Made,
  type ResourceStep,
  resourceChanges,
  resourceSteps,
} from "../../plan/resource-changes.ts";
import { walkTo } from "../../plan/revisions.ts";
import { pushRank } from "../../snapshot/type-url.ts";
import type { StoreState } from "../../store/store.ts";
import { redact } from "../redact.ts";
import { resourceBody } from "../resource-body.ts";
import type { AdminSources } from "../sources.ts";

/** What there is too much of. */
export type TooMuch = "resources" | "bodies";

/** `notYet`: there is nothing. */
export type DiffFailure = "notYet" | TooMuch;

export type Difference = Pick<SnapshotDiffJson, "resources" | "bodies">;

export function tooMuchText(what: TooMuch): string {
  const { diffResources, diffBodies } = limits.live;
  return what === "resources"
    ? `more than ${diffResources} resources differ`
    : `more than ${diffBodies} resources differ: without bodies`;
}

/** What is made of another content than the present one; undefined: there is nothing yet. */
export function* madeOf(
  sources: AdminSources,
  content: StoreState,
): Generator<undefined, Made | undefined> {
  const followed = sources.followed();
  if (followed === undefined) return undefined;
  const present = { entries: new Map(followed.entries), state: followed.decoded.state };
  return (yield* walkTo(followed, present, content, limits.live.diffKeys)).translation;
}

export function* snapshotDiff(
  sources: AdminSources,
  from: StoreState,
  to: StoreState,
  withBodies: boolean,
): Generator<undefined, Difference | DiffFailure> {
  const followed = sources.followed();
  if (followed === undefined) return "notYet";
  const { state } = followed.decoded;
  const present = { entries: new Map(followed.entries), state };
  const was = yield* walkTo(followed, present, from, limits.live.diffKeys);
  yield;
  const before = { entries: from.entries, state: was.state };
  const is = yield* walkTo(followed, before, to, limits.live.diffKeys);
  yield;
  return yield* differenceOf(was.translation, is.translation, withBodies);
}

export function* differenceOf(
  was: Made,
  is: Made,
  withBodies: boolean,
): Generator<undefined, Difference | TooMuch> {
  const steps = [...resourceSteps(was, is)];
  if (steps.length > limits.live.diffResources) return "resources";
  const resources = resourceChanges(was, is);
  if (!withBodies) return { resources };
  if (steps.length > limits.live.diffBodies) return "bodies";
  return { resources, bodies: yield* bodiesOf(steps.sort(inOrder)) };
}

/** As the lists of names are. */
function inOrder(a: ResourceStep, b: ResourceStep): number {
  const [one, other] = [a.after ?? a.before, b.after ?? b.before];
  if (one === undefined || other === undefined) return 0;
  const byType = pushRank(one.typeUrl) - pushRank(other.typeUrl);
  return compareText(a.place, b.place) || byType || compareText(one.name, other.name);
}

function* bodiesOf(
  steps: readonly ResourceStep[],
): Generator<undefined, NonNullable<SnapshotDiffJson["bodies"]>> {
  const bodies: { place: string; type: string; name: string; diff: string }[] = [];
  for (const { place, before, after } of steps) {
    const { typeUrl, name } = after ?? before ?? {};
    if (typeUrl === undefined || name === undefined) continue;
    const diff = unifiedDiff(textOf(before), textOf(after), limits.live.diffSteps);
    bodies.push({ place, type: shortName(typeUrl), name, diff });
    yield;
  }
  return bodies;
}

const textOf = (resource: Resource | undefined): string =>
  resource === undefined
    ? ""
    : `${JSON.stringify(redact(resource.typeUrl, resourceBody(resource)), null, 2)}\n`;
