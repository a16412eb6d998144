/**
 * `GET /v1/rollouts/<service>`: which versions guards watch, how they last judged them, and what they have
 * taken out. `PUT /v1/rollouts/<service>/retry`: brings it back. It is no POST, because a web page may
 * send one of those to this machine without asking.
 */
import { isName } from "../model/names.ts";
import { decodeGuardStatus } from "../store/decode/status-codec.ts";
import { noLatches, type RetryFailure, retryGuards } from "../store/guard-status.ts";
import { guardStatusKey } from "../store/status-keys.ts";
import { authorAsked } from "./author.ts";
import type { Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";
import { storeProblem } from "./store-problem.ts";

export interface RolloutJson {
  readonly service: string;
  /** Whether the replica that answers is the one that acts. */
  readonly leads: boolean;
  readonly guards: readonly GuardJson[];
  /** Versions that guards have taken out, also those that no guard watches any more. */
  readonly latched: readonly LatchJson[];
}

export interface GuardJson {
  readonly guard: string;
  readonly subset: string;
  /** `latched`: taken out. `hold`: nothing can be said. */
  readonly verdict: "pass" | "fail" | "hold" | "latched";
  /** One sentence with counts, interval and rule. */
  readonly reason: string;
}

export interface LatchJson {
  readonly subset: string;
  readonly guard: string;
  /** ISO 8601. */
  readonly at: string;
  readonly evidence: string;
}

export interface RetriedJson {
  readonly service: string;
  /** Store revision: what `/v1/wait` takes. */
  readonly revision: number;
  readonly subsets: readonly string[];
}

const path = "/v1/rollouts/:service";
const notAName = (): Response => problem(400, "bad-request", "not a name of a service");

export const rolloutRoutes: Routes = (app, { sources, listen, logger }) => {
  app.get(path, (c) => {
    const service = c.req.param("service");
    if (!isName(service)) return notAName();
    const { leads, looks } = sources.guards(service);
    const entry = sources.entries().get(guardStatusKey(service));
    const status = entry === undefined ? undefined : decodeGuardStatus(entry);
    if (status?.ok === false) {
      return problem(500, "internal", `${guardStatusKey(service)}: ${status.error}`);
    }
    const { latched } = status?.value ?? noLatches;
    const guards = looks.map(({ guard, subset, verdict, reason }): GuardJson => {
      return { guard: guard.name, subset, verdict, reason };
    });
    const latches = [...latched].map(([subset, { guard, atMs, evidence }]): LatchJson => {
      return { subset, guard, at: new Date(atMs).toISOString(), evidence };
    });
    return c.json({ service, leads, guards, latched: latches } satisfies RolloutJson);
  });

  app.put(`${path}/retry`, async (c) => {
    const refusal = refuseWrite(listen);
    if (refusal !== undefined) return refusal;
    const service = c.req.param("service");
    if (!isName(service)) return notAName();
    const retried = await retryGuards(sources.store, service, authorAsked(c, "retry"));
    if (!retried.ok) return failure(retried.error, service);
    const { revision, subsets } = retried.value;
    logger.info({ service, subsets, revision: String(revision) }, "brought back by the API");
    const answer: RetriedJson = { service, revision: revisionNumber(revision), subsets };
    return c.json(answer);
  });
};

function failure(error: RetryFailure, service: string): Response {
  switch (error.kind) {
    case "refused":
      return problem(409, "conflict", error.message);
    case "changed":
      return problem(409, "conflict", `${service} was changed by someone else; try again`);
    case "store":
      return storeProblem(error.error);
  }
}
