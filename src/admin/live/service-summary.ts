/** Puts together what is known of a service, from everything that knows a part of it. */
import type { EventBodies } from "../../api/events.ts";
import type { ReleaseJson } from "../../api/rollouts.ts";
import type { GuardWord, ServiceSummary, SplitJson } from "../../api/services.ts";
import type { Service } from "../../model/service.ts";
import { decodeRolloutStatus } from "../../store/decode/status-codec.ts";
import { rolloutStatusKey } from "../../store/status-keys.ts";
import type { Translation } from "../../translate/translate.ts";
import { releaseJson } from "../release-json.ts";
import { seenState } from "../seen-state.ts";
import { servedVersions } from "../served-versions.ts";
import type { AdminSources } from "../sources.ts";
import { latestFigures } from "./figures-json.ts";
import { createRouteIndex, type DiagnosticCounts, diagnosticsByService } from "./service-index.ts";

export type SummarySources = Pick<
  AdminSources,
  | "alerts"
  | "diagnostics"
  | "entries"
  | "figures"
  | "guards"
  | "lostAlerts"
  | "release"
  | "state"
  | "translation"
  | "weights"
>;

export interface Summaries {
  /** Undefined: there is no such service. */
  of(service: string): ServiceSummary | undefined;
  /** Keys of routes. */
  routesOf(service: string): readonly string[];
  /** Of the last step; undefined: there was none, or there is no such service. */
  figuresOf(service: string): EventBodies["figures"] | undefined;
  /** Of those of which something is wrong; another map after each build. */
  diagnosed(): ReadonlyMap<string, DiagnosticCounts>;
}

/** The returned one is for the successive states of one server. */
export function createSummaries(sources: SummarySources): Summaries {
  const routeIndex = createRouteIndex();
  const named = (service: string) => routeIndex(sources.state()).get(service);
  const diagnosed = createDiagnosed(sources);
  return {
    of(name) {
      const translation = sources.translation();
      const service = translation && serviceNamed(sources, name);
      if (translation === undefined || service === undefined) return undefined;
      const split = splitJson(service, translation);
      const release = releaseOf(sources, service);
      const { errors = 0, warnings = 0 } = diagnosed().get(name) ?? {};
      return {
        service: name,
        split,
        decidedBy: decidedBy(service, release, named(name)?.bySplit === false),
        state: seenState(sources, name),
        release,
        guard: guardWord(service, sources.guards(name).looks),
        alerts: { waiting: sources.alerts.waitingCount(name), lost: sources.lostAlerts(name) },
        diagnostics: { errors, warnings },
        figures: latestFigures(
          name,
          split.map(({ version }) => version),
          sources.figures(),
        ),
      };
    },
    routesOf: (service) => named(service)?.routes ?? [],
    figuresOf(name) {
      const translation = sources.translation();
      const view = sources.figures();
      const atMs = view.figures.latest(name)?.atMs;
      const service = serviceNamed(sources, name);
      if (atMs === undefined || translation === undefined || service === undefined)
        return undefined;
      const names = splitJson(service, translation).map(({ version }) => version);
      const versions = latestFigures(name, names, view);
      return { service: name, atMs: Math.round(atMs + view.wallAheadMs), versions };
    },
    diagnosed,
  };
}

export function serviceNamed(
  sources: Pick<AdminSources, "state">,
  name: string,
): Service | undefined {
  const services: ReadonlyMap<string, Service> = sources.state().services;
  return services.get(name);
}

/** Every build has a translation of its own, and all that is said in it is said at once. */
function createDiagnosed(sources: SummarySources) {
  let from: Translation | undefined;
  let index: ReadonlyMap<string, DiagnosticCounts> = new Map();
  return (): ReadonlyMap<string, DiagnosticCounts> => {
    const now = sources.translation();
    if (now !== from) {
      from = now;
      index = diagnosticsByService(sources.diagnostics());
    }
    return index;
  };
}

/** Units of a share, of which 100 are a percent. */
const unitsPerPercent = 100;

function splitJson(service: Service, translation: Translation): readonly SplitJson[] {
  const served = servedVersions(translation, service.name) ?? [];
  const set = new Map<string, number>(service.weights?.map((each) => [each.subset, each.weight]));
  const shares = translation.weights.splitOf(service.name)?.weights ?? new Map<string, number>();
  return [...shares].map(([cluster, share]) => {
    const version = versionOf(cluster);
    return {
      version,
      percent: share / unitsPerPercent,
      weight: set.get(version) ?? null,
      instances: served.find(({ subset }) => subset === version)?.instances ?? 0,
    };
  });
}

/** `web/v2` and `web/v2+v1`, which has v1 stand in for it, are of v2. */
const versionOf = (cluster: string): string =>
  cluster.slice(cluster.indexOf("/") + 1).split("+")[0] ?? cluster;

/** What cannot be read of its status is told in `detail`. */
function releaseOf(sources: SummarySources, { name }: Service): ReleaseJson | null {
  const released = sources.release(name);
  if (released === undefined) return null;
  const { rollout, detail } = released;
  const entry = sources.entries().get(rolloutStatusKey(name));
  const status = entry === undefined ? undefined : decodeRolloutStatus(entry);
  const weights = sources.weights(name) ?? [];
  if (status?.ok === false) return releaseJson(rollout, undefined, weights, status.error);
  return releaseJson(rollout, status?.value, weights, detail);
}

function decidedBy(
  { weights }: Service,
  release: ReleaseJson | null,
  isByRoutes: boolean,
): ServiceSummary["decidedBy"] {
  if (isByRoutes) return "route";
  if (weights === undefined) return "tags";
  const isUnderWay = release?.phase === "Progressing" || release?.phase === "Paused";
  return isUnderWay ? "release" : "weights";
}

/** Worst first. */
const guardWords: readonly GuardWord[] = ["latched", "fail", "hold", "pass"];

function guardWord(
  { latched }: Service,
  looks: readonly { readonly verdict: GuardWord }[],
): GuardWord {
  const said = new Set<GuardWord>(looks.map(({ verdict }) => verdict));
  if (latched.size > 0) said.add("latched");
  return guardWords.find((word) => said.has(word)) ?? "none";
}
