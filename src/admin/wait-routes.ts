/**
 * `GET /v1/wait?revision=R&timeoutMs=T&minProxies=N`: answers when at least N proxies are connected,
 * to this replica or another, and every one has accepted everything as of store revision R. It ends early when all that is
 * missing was rejected, as that will not mend by itself. What was rejected before R and is none of
 * what R changed is told, and no reason to fail.
 */
import type { Reply } from "../api/operation.ts";
import { waitFor } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import type { Applied } from "../index.ts";
import { type BehindList, behindList, isStanding, shortened } from "./behind-json.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { type ReplicaProgress, unknownStatus } from "./replicas.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import type { AdminSources } from "./sources.ts";

export const waitRoutes: Routes = (app, context) => {
  const { sources, closing } = context;
  let waits = 0;
  route(app, context, waitFor, async ({ query }, c) => {
    const { timeoutMs = limits.admin.waitMs, minProxies = 0 } = query;
    const revision = BigInt(query.revision);
    if (waits >= limits.admin.waits) {
      return problem(429, "too-many-waits", `${waits} requests are waiting already`);
    }
    waits += 1;
    try {
      const signal = AbortSignal.any([closing, c.req.raw.signal]);
      return await wait(sources, { revision, timeoutMs, minProxies }, signal);
    } finally {
      waits -= 1;
    }
  });
};

type Answered = Reply<typeof waitFor> | Response;

interface Wanted {
  readonly revision: bigint;
  readonly timeoutMs: number;
  readonly minProxies: number;
}

/** Of this replica and all others. */
interface Whole {
  readonly outcome: Applied["outcome"];
  readonly replicas: number;
  readonly proxies: number;
  readonly accepted: number;
  readonly list: BehindList;
}

async function wait(sources: AdminSources, wanted: Wanted, signal: AbortSignal): Promise<Answered> {
  const { revision, timeoutMs, minProxies } = wanted;
  const began = performance.now();
  const { others } = sources;
  const question = others.ask(revision);
  try {
    // However short the time is, who asks "how far are they now?" is told of all of them.
    const isShort = timeoutMs < limits.replicas.answerMs;
    if (isShort && isInForce(sources, revision)) await question.answered(signal);
    const applied = await sources.xds.applied(undefined, {
      revision,
      timeoutMs,
      signal,
      when: () => {
        if (!isInForce(sources, revision) || others.doubt() !== undefined) return false;
        const told = [...question.progress().values()];
        if (told.some(({ progress }) => progress === "pending")) return false;
        return connected(sources) + sum(told.map(({ proxies }) => proxies)) >= minProxies;
      },
    });
    const waitedMs = Math.round(performance.now() - began);
    return answer(sources, wanted, { ...whole(applied, question.progress()), waitedMs });
  } finally {
    question.end();
  }
}

const isInForce = (sources: AdminSources, revision: bigint): boolean =>
  (sources.revision() ?? -1n) >= revision;

const connected = ({ xds }: AdminSources): number =>
  xds.streams().filter(({ node }) => node !== undefined).length;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

function whole(applied: Applied, others: ReadonlyMap<string, ReplicaProgress>): Whole {
  const told = [...others];
  const late = applied.behind.filter((each) => !isStanding(each)).length;
  const isRejected =
    applied.outcome === "rejected" || told.some(([, { progress }]) => progress === "rejected");
  const isSettled = applied.outcome !== "pending";
  const own = behindList(applied.behind);
  // Once all have it, only what stands rejected from before is left; else, who has it is no news.
  const isDone = isSettled && !isRejected;
  const theirs = told.flatMap(([replica, { progress, behind }]) =>
    isDone || progress !== "applied" ? behind.map((each) => ({ ...each, replica })) : [],
  );
  const { behind, omitted } = shortened([...own.behind, ...theirs]);
  const omittedThere = sum(told.map(([, { omitted: more }]) => more));
  return {
    outcome: isSettled && isRejected ? "rejected" : applied.outcome,
    replicas: told.length + 1,
    proxies: applied.streams + sum(told.map(([, { proxies }]) => proxies)),
    accepted: applied.streams - late + sum(told.map(([, { accepted }]) => accepted)),
    list: { behind, omitted: own.omitted + omitted + omittedThere },
  };
}

function answer(
  sources: AdminSources,
  wanted: Wanted,
  { outcome, list, waitedMs, ...counts }: Whole & { readonly waitedMs: number },
): Answered {
  switch (outcome) {
    case "applied": {
      const { behind: standing, omitted } = list;
      const { proxies, replicas } = counts;
      const head = { revision: revisionNumber(wanted.revision), proxies, replicas, waitedMs };
      return reply({ ...head, standing, omitted });
    }
    case "rejected": {
      const detail = "proxies rejected it; nothing is sent again until it is changed";
      return problem(409, "rejected", detail, { ...list, ...counts });
    }
    case "pending": {
      const detail = `${whyNot(sources, wanted, counts.proxies, list)} within ${waitedMs} ms`;
      return problem(504, "not-applied", detail, { ...list, ...counts });
    }
  }
}

function whyNot(
  sources: AdminSources,
  { revision, minProxies }: Wanted,
  connected: number,
  { behind }: BehindList,
): string {
  if (!isInForce(sources, revision)) {
    const inForce = sources.revision() ?? "none";
    return `revision ${revision} did not come into force (in force is ${inForce})`;
  }
  const doubt = sources.others.doubt();
  if (doubt !== undefined) return `${doubt}, and has not heard of the proxies of others`;
  const [one] = behind;
  if (one?.replica !== undefined && behind.every(({ status }) => status === unknownStatus)) {
    return `replica ${one.replica} is not heard of any more, and has not said what its proxies run`;
  }
  if (connected >= minProxies) return `not every proxy has accepted revision ${revision}`;
  if (connected === 0) return "no proxy is connected: none came";
  return `only ${connected} of ${minProxies} proxies connected`;
}
