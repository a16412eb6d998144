/**
 * `GET /v1/rollouts/<service>`: how its release stands, which versions guards watch, how they last judged
 * them, and what they have taken out. `PUT /v1/rollouts/<service>/<command>`: what a person says to the
 * release; `retry` brings back what guards have taken out. It is no POST, because a web page may send one
 * of those to this machine without asking.
 */
import {
  commandRollout,
  type GuardJson,
  getRollout,
  type LatchJson,
  type ReleaseJson,
  type RolloutJson,
} from "../api/rollouts.ts";
import type { VersionVerdictJson } from "../api/verdicts.ts";
import type { ServiceName, SubsetName } from "../model/names.ts";
import { commandOf, sayToRelease } from "../rollout/release-command.ts";
import { decodeRolloutStatus } from "../store/decode/status-codec.ts";
import { guardStatusIn } from "../store/guard-status.ts";
import { guardStatusKey, rolloutStatusKey } from "../store/status-keys.ts";
import { unableSubsets } from "../translate/split/unable-subsets.ts";
import { actProblem } from "./act-problem.ts";
import { alertsJson } from "./alerts-json.ts";
import { authorAsked } from "./author.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { releaseJson } from "./release-json.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import { seenState } from "./seen-state.ts";
import { servedVersion } from "./served-versions.ts";
import { versionVerdict } from "./verdict-json.ts";

/** A service that has gone may still have a latch, or alerts on their way. */
const isBare = ({ release, guards, latched, alerts }: RolloutJson): boolean =>
  release === null &&
  guards.length === 0 &&
  latched.length === 0 &&
  alerts.waiting + alerts.lost === 0;

export const rolloutRoutes: Routes = (app, context) => {
  const { sources, logger } = context;
  const releaseOf = (service: string): ReleaseJson | null | Response => {
    const released = sources.release(service);
    if (released === undefined) return null;
    const { rollout, detail } = released;
    const key = rolloutStatusKey(rollout.service);
    const entry = sources.entries().get(key);
    const status = entry === undefined ? undefined : decodeRolloutStatus(entry);
    if (status?.ok === false) return problem(500, "internal", `${key}: ${status.error}`);
    const weights = sources.weights(service) ?? [];
    return releaseJson(rollout, status?.value, weights, detail);
  };

  const canaryOf = (service: string, release: ReleaseJson | null): VersionVerdictJson | null => {
    const translation = sources.translation();
    if (release === null || translation === undefined) return null;
    const version = servedVersion(translation, `${service}/${release.canary}`);
    return version === undefined ? null : versionVerdict(sources.verdicts(), version);
  };

  route(app, context, getRollout, ({ params: { service } }) => {
    const { leads, looks } = sources.guards(service);
    const key = guardStatusKey(service);
    const status = guardStatusIn(sources.entries().get(key));
    if (!status.ok) return problem(500, "internal", `${key}: ${status.error}`);
    const { latched } = status.value;
    const guards = looks.map(({ guard, subset, verdict, reason }): GuardJson => {
      // Of the revision that is answered: a look may be from before the trip, of this guard or of another one.
      const latch = latched.get(subset as SubsetName);
      if (latch !== undefined) {
        return { guard: guard.name, subset, verdict: "latched", reason: latch.evidence };
      }
      return { guard: guard.name, subset, verdict, reason };
    });
    const latches = [...latched].map(([subset, { guard, atMs, evidence }]): LatchJson => {
      return { subset, guard, at: new Date(atMs).toISOString(), evidence };
    });
    const release = releaseOf(service);
    if (release instanceof Response) return release;
    const alerts = alertsJson(service, sources);
    const canary = canaryOf(service, release);
    const state = seenState(sources, service);
    const json = { service, state, leads, release, canary, guards, latched: latches, alerts };
    const isUnknown = sources.translation()?.services.has(`service/${service}`) === false;
    if (isUnknown && isBare(json)) return problem(404, "not-found", `no service ${service}`);
    return reply(json);
  });

  route(app, context, commandRollout, async ({ params, query }, c) => {
    const { service, command: said } = params;
    const command = commandOf(said, query.full ?? false);
    const author = authorAsked(c, query, command);
    const { expected } = query;
    const asked = { service: service as ServiceName, command, expected, ...author };
    const inForce = () => sources.release(service)?.rollout;
    const done = await sayToRelease(sources.store, { ...asked, inForce, unable: unableSubsets });
    if (!done.ok) return actProblem(done.error, service);
    const { revision, message, subsets } = done.value;
    const what = { service, command, by: author.by, subsets, revision: String(revision) };
    logger.info(what, "said to a release by the API");
    return reply({ service, revision: revisionNumber(revision), message, subsets });
  });
};
