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
  /** Newest first; null before they are read. */
  readonly alerts: readonly AlertJson[] | null;
  /** Those that the stream has told since it was opened, as they were told last. */
  readonly alerted: readonly AlertJson[];
  /** The last one that was not there before. */
  readonly news: AlertJson | null;
  readonly proxies: EventBodies["proxies"] | null;
  /** Counts what may have changed lists that are read by GET. */
  readonly edition: number;
  /** The revision of the last change that was told, of each key; see `editionOf`. */
  readonly changed: ReadonlyMap<string, number>;
  /** Counts when keys may have changed that nobody named: the stream was away, or told of some alone. */
  readonly missed: number;
  /** As of which the stream has told of all changes. */
  readonly revision: number;
  /** Names that the server has said since the stream was opened; undefined: all are current. */
  readonly heard: ReadonlySet<string> | undefined;
}

export const initialState: LiveState = {
  link: { kind: "connecting" },
  hello: null,
  services: new Map(),
  figures: new Map(),
  alerts: null,
  alerted: [],
  news: null,
  proxies: null,
  edition: 0,
  changed: new Map(),
  missed: 0,
  revision: 0,
  heard: undefined,
};

export type LiveEvent =
  | { readonly kind: "hello"; readonly hello: EventBodies["hello"]; readonly atMs: number }
  | { readonly kind: "store"; readonly store: EventBodies["store"] }
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

/** Keys whose last change is kept; with more, all of them may be others. */
const mostChanged = 1_000;

/** Another one whenever the object of that key may be another one than before. */
export const editionOf = ({ missed, changed }: LiveState, key: string): string =>
  `${missed} ${changed.get(key) ?? 0}`;

export function reduce(state: LiveState, event: LiveEvent): LiveState {
  switch (event.kind) {
    case "hello": {
      const link = { kind: "live", sinceMs: event.atMs } as const;
      const { hello } = event;
      const fresh = { hello, revision: hello.revision ?? 0, heard: new Set<string>(), alerted: [] };
      return { ...missing(state), ...fresh, link, edition: state.edition + 1 };
    }
    case "store": {
      const hello = state.hello && { ...state.hello, store: event.store };
      return { ...state, hello, edition: state.edition + 1 };
    }
    case "service":
      return withService(state, event.service);
    case "figures":
      return withPoints(withNewest(state, event), event.service, [event.point]);
    case "past":
      return withPoints(state, event.service, event.points);
    case "changed":
      return withChanged(state, event.changed);
    case "proxies":
      return { ...dropUnheard(state), proxies: event.proxies };
    case "alert":
      return withAlert(state, event.alert);
    case "alerts":
      return { ...state, alerts: withAlerts(event.alerts, state.alerted) };
    case "gone":
      return { ...state, ...without(state, event.service), edition: state.edition + 1 };
    case "link":
      return { ...state, link: event.link };
  }
}

const missing = (state: LiveState): LiveState => ({
  ...state,
  changed: new Map(),
  missed: state.missed + 1,
});

function withChanged(
  before: LiveState,
  { revision, since, keys, more }: EventBodies["changed"],
): LiveState {
  const isWhole = more === 0 && since <= before.revision;
  const isFull = before.changed.size + keys.length > mostChanged;
  const state = isWhole && !isFull ? before : missing(before);
  const changed = new Map(state.changed);
  for (const key of keys) changed.set(key, revision);
  return { ...state, changed, revision, edition: state.edition + 1 };
}

function withService(state: LiveState, service: ServiceSummary): LiveState {
  const services = new Map(state.services).set(service.service, service);
  const heard = state.heard && new Set(state.heard).add(service.service);
  return { ...state, services, heard };
}

/** A service that went while the stream was away is not said again: `proxies` comes when all are said. */
function dropUnheard(state: LiveState): LiveState {
  const { heard } = state;
  if (heard === undefined) return state;
  const rest = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].filter(([name]) => heard.has(name)));
  const { services, figures } = state;
  return { ...state, services: rest(services), figures: rest(figures), heard: undefined };
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

/** One that is waiting and that nobody knew is news; what comes of it later is none, nor of those before it. */
function withAlert(state: LiveState, alert: AlertJson): LiveState {
  const known = [...state.alerted, ...(state.alerts ?? [])];
  const isNew = alert.state === "waiting" && known.every(({ id }) => id !== alert.id);
  return {
    ...state,
    alerts: state.alerts && withAlerts(state.alerts, [alert]),
    alerted: withAlerts(state.alerted, [alert]),
    news: isNew ? alert : state.news,
  };
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
