/** What the admin API reads: the running parts, behind as little as it needs of them. */
import type { GroupView, XdsServer } from "../index.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Service, SubsetWeight } from "../model/service.ts";
import type { LatencyWindow } from "../observe/latency/window.ts";
import type { LoadTally } from "../observe/load/tally.ts";
import type { Followed } from "../plan/change-plan.ts";
import type { AlertLog } from "../rollout/alert/alert-log.ts";
import type { HistoryEntry } from "../snapshot/history.ts";
import type { Entry, Store, StoreHealth } from "../store/store.ts";
import type { Translation } from "../translate/translate.ts";
import type { ChangeFeed } from "./events/change-feed.ts";
import type { FiguresView } from "./live/figures-json.ts";
import type { OtherReplicas } from "./replicas.ts";
import type { VerdictsView } from "./verdict-json.ts";

export interface AdminSources {
  readonly version: string;
  /** Identifier of this server, as proxies see it. */
  readonly controlPlane: string;
  readonly store: Store;
  readonly xds: XdsServer;
  /** Those beside this process. */
  readonly others: OtherReplicas;
  /** Whether proxies can connect: the first full list is in force, and the xDS port listens. */
  ready(): boolean;
  /** Store revision that the views reflect; undefined before the first. */
  revision(): bigint | undefined;
  storeHealth(): StoreHealth;
  /** What the server has read, key by key, refused values included. */
  entries(): ReadonlyMap<string, Entry>;
  /** The weights in force of a service; undefined where the instances' own tags decide. */
  weights(service: string): readonly SubsetWeight[] | undefined;
  views(): readonly GroupView[];
  /** What the views are made from, for all gateways; undefined before the first state. */
  translation(): Translation | undefined;
  /** All in force now: of decode, then of translate. */
  diagnostics(): readonly Diagnostic[];
  history(): readonly HistoryEntry[];
  /** What proxies have reported of their requests, and the time by the clock of its `atMs`. */
  load(): LoadView;
  /** What proxies find of instances. */
  verdicts(): VerdictsView;
  /** How the guards of a service judge it, by this replica. */
  guards(service: string): GuardsView;
  /** Alerts of a service that this process has given up or dropped. */
  lostAlerts(service: string): number;
  /** What serin's probes say of a service's instances; undefined: there is none. */
  health(service: string): HealthView | undefined;
  /** The desired state as of the last revision that was read. */
  state(): DesiredState;
  /** What was read last, to suppose changes of it; `entries` change with the store. */
  followed(): Followed | undefined;
  /** The last ones that this replica has seen. */
  readonly alerts: AlertLog;
  /** Tells what has moved. */
  readonly changes: Pick<ChangeFeed, "add">;
  /** Requests over the last minutes. */
  figures(): FiguresView;
  /** undefined: there is no rollout of the service. */
  release(service: string): ReleaseView | undefined;
}

export interface LoadView {
  readonly tally: LoadTally;
  /** How long requests took, as far as proxies tell it. */
  readonly latency: LatencyWindow;
  readonly nowMs: number;
}

export interface HealthView {
  readonly service: Service;
  /** Why serin does not probe it now, one sentence; undefined: it does. */
  readonly notProbed: string | undefined;
}

export interface ReleaseView {
  readonly rollout: Rollout;
  /** What it waits for just now, in more words than its status has; only who acts knows. */
  readonly detail: string | undefined;
}

export interface GuardsView {
  /** Whether this replica is the one that acts. */
  readonly leads: boolean;
  readonly looks: readonly {
    readonly guard: { readonly name: string };
    readonly subset: string;
    readonly verdict: "pass" | "fail" | "hold" | "latched";
    /** One sentence with counts, interval and rule. */
    readonly reason: string;
  }[];
}
