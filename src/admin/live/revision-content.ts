/** What the store has at a revision, for those who make resources of it. */
import { limits } from "../../config/limits.ts";
import type { StoreState } from "../../store/store.ts";
import { problem } from "../problem.ts";
import type { AdminSources } from "../sources.ts";
import { storeProblem } from "../store-problem.ts";
import type { Turns } from "./turns.ts";

/** As it was when somebody asked: the store may move on before their turn comes. */
export function presentOf(sources: AdminSources): StoreState | undefined {
  const followed = sources.followed();
  if (followed === undefined) return undefined;
  return { revision: followed.decoded.state.revision, entries: new Map(followed.entries) };
}

export async function contentAt(
  { store }: AdminSources,
  revision: bigint,
  present: StoreState,
): Promise<StoreState | Response> {
  if (revision === present.revision) return present;
  if (store.listAt === undefined) {
    const detail = `the store (${store.description}) keeps no past: there is revision ${present.revision}, and no other`;
    return problem(404, "no-such-revision", detail);
  }
  const listed = await store.listAt(revision);
  if (listed.ok) return listed.value;
  const { error } = listed;
  switch (error.kind) {
    case "compacted":
      return problem(410, "no-such-revision", error.message);
    case "future":
      return problem(404, "no-such-revision", error.message);
    default:
      return storeProblem(error);
  }
}

export const notYet = (): Response =>
  problem(503, "store-unavailable", "no full list of the store yet");

/** Does `work` with a place among those who may wait, or says that all are taken. */
export async function withPlace<T>(
  turns: Turns,
  token: string | undefined,
  work: () => Promise<T>,
): Promise<T | Response> {
  const leave = turns.take(token);
  if (leave === undefined) return tooManyTurns();
  try {
    return await work();
  } finally {
    leave();
  }
}

const tooManyTurns = (): Response =>
  problem(
    429,
    "too-many-plans",
    `${limits.live.planWaits} wait for their turn, or ${limits.live.planWaitsPerToken} of one token, as many as may`,
  );
