/**
 * The composition root: the one place that knows every stage and ties them together. Store events
 * go down the pipeline; nothing comes back up but through the store.
 */
import { randomUUID } from "node:crypto";
import { ChangeFeed } from "../admin/events/change-feed.ts";
import type { FiguresView } from "../admin/live/figures-json.ts";
import { noOtherReplicas, type OtherReplicas } from "../admin/replicas.ts";
import type {
  AdminSources,
  GuardsView,
  HealthView,
  LoadView,
  ReleaseView,
} from "../admin/sources.ts";
import type { VerdictsView } from "../admin/verdict-json.ts";
import { limits } from "../config/limits.ts";
import { type GroupChange, type GroupView, type XdsCallbacks, XdsServer } from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import { type Coalescer, coalesce } from "../lib/coalesce.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { type DesiredState, emptyState } from "../model/desired-state.ts";
import type { Gateway } from "../model/gateway.ts";
import type { ServiceName } from "../model/names.ts";
import type { SubsetWeight } from "../model/service.ts";
import type { Followed } from "../plan/change-plan.ts";
import { AlertLog } from "../rollout/alert/alert-log.ts";
import { History, type HistoryEntry } from "../snapshot/history.ts";
import { createDecoder, type Decoded } from "../store/decode/decoder.ts";
import type { Entry, Store, StoreHealth, StoreSink, Watch } from "../store/store.ts";
import { createTranslator, type Translation, type Translator } from "../translate/translate.ts";
import { followAlerts, followStatus, withPokes } from "./change-pokes.ts";
import type { ChangeTracer } from "./change-traces.ts";
import { EntryTaps } from "./entry-taps.ts";
import { judgedServices } from "./judged-services.ts";
import { LoadSignals, type SignalObserver, silentSignals } from "./load-signals.ts";
import { Projection } from "./projection.ts";
import { type ReportSums, reportSums, withReports } from "./report-intake.ts";

export interface AppOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly version: string;
  readonly controlPlane: string;
  readonly defaultGateway: Gateway | undefined;
  readonly observer: XdsCallbacks & PipelineObserver;
  /** Default: nobody is told. */
  readonly signalObserver?: SignalObserver;
  /** Default: changes have no traces, and cost nothing for it. */
  readonly tracer?: ChangeTracer | undefined;
  /** Name of this process among the replicas, which no other one has or had; default: a random one. */
  readonly replica?: string;
}

/** For logs and metrics. */
export interface PipelineObserver {
  storeHealth(health: StoreHealth): void;
  /** A state was translated and applied to all views. */
  built(event: BuiltEvent): void;
}

export interface BuiltEvent {
  readonly revision: bigint;
  readonly changedKeys: readonly string[];
  readonly changes: number;
  readonly errors: number;
  readonly warnings: number;
  /** All in force. */
  readonly diagnostics: readonly Diagnostic[];
  readonly ms: number;
}

/** What the part of the process that acts for all knows of a service. */
export interface ControlView {
  guards(service: string): GuardsView;
  /** Why its release does nothing just now, where this replica leads. */
  holds(service: string): string | undefined;
  lostAlerts(service: string): number;
  /** Why serin does not probe it for gRPC clients; undefined: it does. */
  notProbed(service: ServiceName): string | undefined;
}

const withoutControl: ControlView = {
  guards: () => ({ leads: false, looks: [] }),
  holds: () => undefined,
  lostAlerts: () => 0,
  notProbed: () => "this replica does not serve yet",
};

export class App implements AdminSources {
  readonly version: string;
  readonly controlPlane: string;
  readonly store: Store;
  readonly xds: XdsServer;
  /** For whoever follows some of the store's keys. */
  readonly taps = new EntryTaps();
  /** Over all replicas, of the services that a guard or a release judges. */
  readonly signals: LoadSignals;
  readonly changes = new ChangeFeed();
  readonly alerts = new AlertLog(limits.live.alerts, (seen) => this.changes.alerted(seen));
  /** Resolves when the first full list is in force. */
  readonly started: Promise<void>;
  readonly #clock: Clock;
  readonly #observer: PipelineObserver;
  readonly #tracer: ChangeTracer | undefined;
  readonly #history = new History({
    entries: limits.pipeline.historyEntries,
    changesPerEntry: limits.pipeline.historyChanges,
  });
  readonly #decoder = createDecoder();
  readonly #translator: Translator;
  readonly #projection: Projection;
  readonly #sums: ReportSums;
  readonly #watch: Watch;
  #control: ControlView = withoutControl;
  #others = noOtherReplicas;
  #serving = false;
  #decoded: Decoded | undefined;
  #health: StoreHealth;
  #toldHealth = false;
  /** The desired state has changed, and is not built yet. */
  #isDue = false;
  /** Gathered for the next build, or by it. */
  #changedKeys = new Set<string>();
  #changes = 0;
  /** Views that the build under way has changed, where its change has a trace. */
  #touched: Set<string> | undefined;
  readonly #builds: Coalescer;
  #cancelSweep: (() => void) | undefined;

  constructor(options: AppOptions) {
    const { clock, observer, store } = options;
    this.version = options.version;
    this.controlPlane = options.controlPlane;
    this.store = store;
    this.#clock = clock;
    this.#observer = observer;
    this.#tracer = options.tracer;
    this.#health = { connected: false, message: `connecting to ${store.description}` };
    const { defaultGateway } = options;
    this.#translator = createTranslator({ defaultGateway, limits: limits.decode });
    this.#projection = new Projection({
      translate: this.#translator,
      nowMs: () => clock.monotonicMs(),
      cache: { clock, onChanged: (change) => this.#changed(change) },
    });
    this.#sums = reportSums(clock, () => this.changes.stepped());
    this.xds = new XdsServer(this.#projection.cache, {
      clock,
      callbacks: withReports(withPokes(observer, this.changes), this.#sums, clock),
      controlPlane: options.controlPlane,
    });
    this.signals = new LoadSignals({
      store,
      taps: this.taps,
      clock,
      replica: options.replica ?? randomUUID(),
      totals: () => this.#sums.tally.judged(clock.monotonicMs()),
      observer: options.signalObserver ?? silentSignals,
    });
    followAlerts(this.taps, this.alerts);
    followStatus(this.taps, this.changes);
    const { quietMs, maxWaitMs: maxMs } = limits.pipeline;
    this.#builds = coalesce(clock, { quietMs, maxMs, eager: true }, () => this.#build());
    let begun = (): void => {};
    this.started = new Promise((resolve) => {
      begun = resolve;
    });
    this.#watch = store.watch(this.#sink(begun));
  }

  ready(): boolean {
    return this.#serving;
  }

  /** Whether proxies can connect from now on. */
  serving(on: boolean): void {
    this.#serving = on;
  }

  revision(): bigint | undefined {
    return this.#projection.revision;
  }

  storeHealth(): StoreHealth {
    return this.#health;
  }

  entries(): ReadonlyMap<string, Entry> {
    return this.taps.entries;
  }

  weights(service: string): readonly SubsetWeight[] | undefined {
    return this.#decoded?.state.services.get(service as ServiceName)?.weights;
  }

  /** As tests see them. */
  get hub(): XdsServer["hub"] {
    return this.xds.hub;
  }

  views(): readonly GroupView[] {
    const { cache } = this.#projection;
    return cache.groups().flatMap((group) => cache.snapshot(group) ?? []);
  }

  translation(): Translation | undefined {
    return this.#projection.translation;
  }

  /** Translate judges objects, not values: the revision of the key is known here. */
  diagnostics(): readonly Diagnostic[] {
    const translated = this.#projection.diagnostics.map((each) => {
      const revision =
        each.revision === 0n ? this.taps.entries.get(each.key)?.modRevision : undefined;
      return revision === undefined ? each : { ...each, revision };
    });
    return [...(this.#decoded?.diagnostics ?? []), ...translated];
  }

  load(): LoadView {
    return { ...this.#sums, nowMs: this.#clock.monotonicMs() };
  }

  figures(): FiguresView {
    return this.#sums.figures.view();
  }

  verdicts(): VerdictsView {
    return { ...this.#sums, nowMs: this.#clock.monotonicMs() };
  }

  followed(): Followed | undefined {
    const decoded = this.#decoded;
    if (decoded === undefined) return undefined;
    const [decoder, translate] = [this.#decoder.fork(), this.#translator.fork()];
    return { entries: this.taps.entries, decoded, decoder, translate };
  }

  /** The desired state as of the last revision that was read. */
  state(): DesiredState {
    return this.#decoded?.state ?? emptyState;
  }

  /** Who can say from now on how services are judged and probed, and what releases wait for. */
  controlledBy(control: ControlView): void {
    this.#control = control;
  }

  /** Who knows from now on of the proxies of other replicas. */
  amongReplicas(others: OtherReplicas): void {
    this.#others = others;
  }

  get others(): OtherReplicas {
    return this.#others;
  }

  guards(service: string): GuardsView {
    return this.#control.guards(service);
  }

  health(name: string): HealthView | undefined {
    const service = this.state().services.get(name as ServiceName);
    return service && { service, notProbed: this.#control.notProbed(service.name) };
  }

  release(service: string): ReleaseView | undefined {
    const rollout = this.state().rollouts.get(service as ServiceName);
    return rollout && { rollout, detail: this.#control.holds(service) };
  }

  lostAlerts(service: string): number {
    return this.#control.lostAlerts(service);
  }

  history(): readonly HistoryEntry[] {
    return this.#history.entries();
  }

  /** Stops following the store; streams are the server's to end. */
  async close(): Promise<void> {
    this.#builds.cancel();
    this.#sums.figures.close();
    this.#cancelSweep?.();
    await this.#watch.close();
    await this.signals.close();
  }

  #sink(begun: () => void): StoreSink {
    const store = this.store.description;
    return {
      start: (state) => {
        // A store on this machine has no connection to tell of.
        if (!this.#toldHealth) this.#takeHealth({ connected: true, message: `read ${store}` });
        this.#decoded = this.#decoder.start(state);
        this.taps.start(state);
        this.#build();
        begun();
      },
      change: (change) => {
        const fromMs = this.#tracer && this.#clock.monotonicMs();
        this.#decoded = this.#decoder.change(change);
        if (this.#decoded.changed) {
          if (fromMs !== undefined) this.#tracer?.decoded(fromMs, this.#clock.monotonicMs());
          this.#buildSoon(this.#decoded);
        } else if (!this.#isDue) this.#advance(change.revision);
        this.taps.change(change);
      },
      health: (health) => this.#takeHealth(health),
    };
  }

  #takeHealth(health: StoreHealth): void {
    const moved = health.connected !== this.#health.connected;
    this.#toldHealth = true;
    this.#health = health;
    this.#observer.storeHealth(health);
    if (moved) this.changes.storeMoved();
  }

  #changed({ group, revision, changes }: GroupChange): void {
    this.#history.add({ revision, atMs: this.#clock.wallMs(), view: group, changes });
    if (changes.length > 0) this.#touched?.add(group);
    this.#changes += changes.length;
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || !this.#projection.lingers) return;
    this.#cancelSweep = this.#clock.after(limits.xds.sweepIntervalMs, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
    });
  }

  /** Keys of weights that are in motion no longer go when no proxy needs them. */
  #sweep(): void {
    const { retireMaxMs: maxMs, listenerDrainMs: drainMs } = limits.xds;
    this.#projection.sweepLayers((...of) => this.xds.progress(...of), { maxMs, drainMs });
    this.#scheduleSweep();
  }

  #buildSoon({ changedKeys }: Decoded): void {
    for (const key of changedKeys) this.#changedKeys.add(key);
    this.#isDue = true;
    this.#builds.poke();
  }

  /** Nothing but the revision is new; a build that is due takes it along. */
  #advance(revision: bigint): void {
    this.#projection.advance(revision);
    this.#inForce();
  }

  /** Whoever waits for a revision may have it now. */
  #inForce(): void {
    this.#others.advanced();
    this.xds.review();
  }

  #trace(revision: bigint, beganMs: number, translatedMs: number): void {
    const views = this.#touched;
    this.#touched = undefined;
    if (views === undefined) return;
    this.#tracer?.built({
      ...{ revision, keys: [...this.#changedKeys], changes: this.#changes, views },
      ...{ beganMs, translatedMs, endedMs: this.#clock.monotonicMs() },
      applied: (timeoutMs, signal) => this.xds.applied(undefined, { revision, timeoutMs, signal }),
    });
  }

  #build(): void {
    if (this.#decoded === undefined) return;
    this.#isDue = false;
    const beganMs = this.#clock.monotonicMs();
    const { state } = this.#decoded;
    this.signals.judge(judgedServices(state));
    this.#touched = this.#tracer && new Set();
    const { selectionChanged, translatedMs } = this.#projection.update(state);
    if (selectionChanged) this.xds.reselect();
    this.#inForce();
    this.#trace(state.revision, beganMs, translatedMs);
    this.#scheduleSweep();
    const diagnostics = this.diagnostics();
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    this.#observer.built({
      revision: state.revision,
      changedKeys: [...this.#changedKeys],
      changes: this.#changes,
      errors,
      warnings: diagnostics.length - errors,
      diagnostics,
      ms: this.#clock.monotonicMs() - beganMs,
    });
    this.changes.built({ revision: state.revision, changedKeys: [...this.#changedKeys] });
    this.#changedKeys = new Set();
    this.#changes = 0;
  }
}
