/**
 * What the page knows by the stream of events, and how each event changes it. Pure: the same events give the
 * same state, and a reconnect, after which serin says everything anew, ends where the server is.
 */
import type { AlertJson } from "../../api/alerts.ts";
import type { EventBodies } from "../../api/events.ts";
import type { FigurePoint, ServiceSummary } from "../../api/services.ts";
import { mergePoints } from "./figures.ts";

export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live"; readonly sinceMs: number }
  /** `failures` in a row; the page tries again by itself. */
  | {
      readonly kind: "lost";
      readonly sinceMs: number;
      readonly retryAtMs: number;
      readonly failures: number;
    }
  /** A token is missing or not taken. */
  | { readonly kind: "denied" };

export interface LiveState {
  readonly link: Link;
  readonly hello: EventBodies["hello"] | null;
  readonly services: ReadonlyMap<string, ServiceSummary>;
  readonly figures: ReadonlyMap<string, readonly FigurePoint[]>;
  /** Newest first. */
  readonly alerts: readonly AlertJson[];
  readonly proxies: EventBodies["proxies"] | null;
  readonly changed: EventBodies["changed"] | null;
  /** Counts what may have changed lists that are read by GET. */
  readonly edition: number;
  /** Names that the server has said since the stream was opened; undefined: all are current. */
  readonly heard: ReadonlySet<string> | undefined;
}

export const initialState: LiveState = {
  link: { kind: "connecting" },
  hello: null,
  services: new Map(),
  figures: new Map(),
  alerts: [],
  proxies: null,
  changed: null,
  edition: 0,
  heard: undefined,
};

export type LiveEvent =
  | { readonly kind: "hello"; readonly hello: EventBodies["hello"]; readonly atMs: number }
  | { readonly kind: "service"; readonly service: ServiceSummary }
  | { readonly kind: "figures"; readonly service: string; readonly point: FigurePoint }
  | { readonly kind: "past"; readonly service: string; readonly points: readonly FigurePoint[] }
  | { readonly kind: "changed"; readonly changed: EventBodies["changed"] }
  | { readonly kind: "proxies"; readonly proxies: EventBodies["proxies"] }
  | { readonly kind: "alert"; readonly alert: AlertJson }
  | { readonly kind: "alerts"; readonly alerts: readonly AlertJson[] }
  | { readonly kind: "gone"; readonly service: string }
  | { readonly kind: "link"; readonly link: Link };

/** Alerts that are kept, as many as the server keeps. */
const mostAlerts = 100;

export function reduce(state: LiveState, event: LiveEvent): LiveState {
  switch (event.kind) {
    case "hello": {
      const link = { kind: "live", sinceMs: event.atMs } as const;
      const edition = state.edition + 1;
      return { ...state, link, hello: event.hello, edition, heard: new Set() };
    }
    case "service":
      return withService(state, event.service);
    case "figures":
      return withPoints(withNewest(dropUnheard(state), event), event.service, [event.point]);
    case "past":
      return withPoints(state, event.service, event.points);
    case "changed":
      return { ...state, changed: event.changed, edition: state.edition + 1 };
    case "proxies":
      return { ...state, proxies: event.proxies };
    case "alert":
      return { ...state, alerts: withAlerts(state.alerts, [event.alert]) };
    case "alerts":
      return { ...state, alerts: withAlerts(state.alerts, event.alerts) };
    case "gone":
      return { ...state, ...without(state, event.service), edition: state.edition + 1 };
    case "link":
      return { ...state, link: event.link };
  }
}

function withService(state: LiveState, service: ServiceSummary): LiveState {
  const services = new Map(state.services).set(service.service, service);
  const heard = state.heard && new Set(state.heard).add(service.service);
  return { ...state, services, heard };
}

/** A service that went while the stream was away is not said again: the first step after all are told shows it. */
function dropUnheard(state: LiveState): LiveState {
  const { heard } = state;
  if (heard === undefined) return state;
  const services = new Map([...state.services].filter(([name]) => heard.has(name)));
  return { ...state, services, heard: undefined };
}

/** A summary is said again when something else than its figures changes; these come at each step. */
function withNewest(
  state: LiveState,
  { service, point }: Extract<LiveEvent, { kind: "figures" }>,
): LiveState {
  const summary = state.services.get(service);
  if (summary === undefined) return state;
  const services = new Map(state.services);
  return { ...state, services: services.set(service, { ...summary, figures: point.versions }) };
}

function withPoints(state: LiveState, service: string, points: readonly FigurePoint[]): LiveState {
  const known = state.figures.get(service) ?? [];
  const figures = new Map(state.figures).set(service, mergePoints(known, points));
  return { ...state, figures };
}

function withAlerts(known: readonly AlertJson[], said: readonly AlertJson[]): readonly AlertJson[] {
  const byId = new Map([...known, ...said].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, mostAlerts);
}

function without(
  { services, figures }: LiveState,
  name: string,
): Pick<LiveState, "services" | "figures"> {
  const rest = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].filter(([service]) => service !== name));
  return { services: rest(services), figures: rest(figures) };
}
