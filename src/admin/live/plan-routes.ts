/**
 * `PUT /v1/plan`: what a change of objects would change. `GET /v1/snapshot/diff`: what resources are made of the
 * store at one revision, and not at another. Both suppose a change of what this server has followed, so that they
 * cost what differs and not what there is (docs/adr/0042).
 */
import { type PlanJson, planChange } from "../../api/plan.ts";
import type { DiagnosticJson } from "../../api/problem.ts";
import { diffSnapshots, type SnapshotDiffJson } from "../../api/snapshot-diff.ts";
import { planFrom, type Wanted } from "../../plan/change-plan.ts";
import { type KeyFailure, objectKey } from "../../store/objects.ts";
import { tokenOf } from "../access/admit.ts";
import type { AdminContext, Routes } from "../context.ts";
import { bodyProblem } from "../object-value.ts";
import { diagnosticsJson, problem } from "../problem.ts";
import { revisionNumber } from "../revision.ts";
import { reply, route } from "../route.ts";
import type { AdminSources } from "../sources.ts";
import { affectedProxies } from "./affected-proxies.ts";
import { contentAt, notYet, presentOf, withPlace } from "./revision-content.ts";
import { type DiffFailure, snapshotDiff, tooMuchText } from "./snapshot-diff.ts";
import type { Turns } from "./turns.ts";

export const planRoutes: Routes = (app, context) => {
  const { turns } = context;

  route(app, context, planChange, async ({ body: { objects } }, c) => {
    const wanted = wantedOf(objects);
    if (wanted instanceof Response) return wanted;
    return withPlace(turns, tokenOf(c), async () => {
      const plan = await turns.run(() => planned(context.sources, wanted));
      return plan === undefined ? notYet() : reply(plan);
    });
  });

  route(app, context, diffSnapshots, async ({ query }, c) =>
    withPlace(turns, tokenOf(c), () => differences(context, turns, query)),
  );
};

interface DiffAsked {
  readonly from: number;
  readonly to?: number;
  readonly bodies?: boolean;
}

async function differences(context: AdminContext, turns: Turns, asked: DiffAsked) {
  const { from, to, bodies = false } = asked;
  const present = presentOf(context.sources);
  if (present === undefined) return notYet();
  const before = await contentAt(context.sources, BigInt(from), present);
  if (before instanceof Response) return before;
  const after = to === undefined ? present : await contentAt(context.sources, BigInt(to), present);
  if (after instanceof Response) return after;
  const diff = await turns.run(() => snapshotDiff(context.sources, before, after, bodies));
  if (typeof diff === "string") return diffProblem(diff);
  return reply({ from, to: revisionNumber(after.revision), ...diff } satisfies SnapshotDiffJson);
}

type Objects = readonly (
  | { readonly key: string; readonly delete: true }
  | { readonly key: string; readonly value: unknown }
)[];

function wantedOf(objects: Objects): Wanted | Response {
  const wanted = new Map<string, Uint8Array | undefined>();
  for (const [index, object] of objects.entries()) {
    const { key } = object;
    const field = `objects.${index}.key`;
    const read = objectKey(key);
    if (!read.ok) return keyProblem(read.error, field);
    if (wanted.has(key)) return problem(422, "invalid-object", `${key} is there twice`, { field });
    const value = "delete" in object ? undefined : Buffer.from(JSON.stringify(object.value));
    const fault = value && bodyProblem(value, undefined);
    if (fault !== undefined) return valueProblem(key, `objects.${index}.value`, fault);
    wanted.set(key, value);
  }
  return wanted;
}

function keyProblem(error: KeyFailure, field: string): Response {
  if (error.kind === "reserved") return problem(403, "reserved-key", error.message, { field });
  const diagnostics = diagnosticsJson(error.diagnostics);
  return problem(422, "invalid-object", `${field}: not the key of an object`, {
    field,
    diagnostics,
  });
}

/** What a write would refuse is not planned either. */
function valueProblem(
  key: string,
  field: string,
  fault: NonNullable<ReturnType<typeof bodyProblem>>,
): Response {
  const diagnostic: DiagnosticJson = {
    ...{ severity: "error", code: "VALUE_INVALID", key, revision: 0 },
    ...fault,
  };
  return problem(422, "invalid-object", `${field}: not valid as ${key}`, {
    field,
    diagnostics: [diagnostic],
  });
}

// biome-ignore lint/correctness/useYield: it is one turn, and the next one is somebody else's
function* planned(
  sources: AdminSources,
  wanted: Wanted,
): Generator<undefined, PlanJson | undefined> {
  const followed = sources.followed();
  if (followed === undefined) return undefined;
  const plan = planFrom(followed, wanted);
  return {
    ...plan,
    diagnostics: diagnosticsJson(plan.diagnostics),
    proxies: affectedProxies(plan.resources, sources),
  };
}

const diffProblem = (failure: DiffFailure): Response =>
  failure === "notYet" ? notYet() : problem(422, "too-large", tooMuchText(failure));
