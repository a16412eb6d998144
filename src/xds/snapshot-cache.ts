/**
 * What groups of proxies are to have. A group is whatever `groupOf` says, each node by itself unless
 * told otherwise; all proxies of a group see the same. It is the only way in: the server that is
 * made over a cache sends what changes here, and nothing else.
 */
import { limits } from "../config/limits.ts";
import { badArgument, checkOptions } from "../lib/bad-argument.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type MissingReference, missingReferences } from "../snapshot/consistency.ts";
import type { Resource } from "../snapshot/resource.ts";
import { checkSnapshot, type Snapshot } from "../snapshot/snapshot.ts";
import { type ResourceChange, View } from "../snapshot/view.ts";
import { type CacheUpdate, checkUpdate, type ResourceName, writesOf } from "./cache-update.ts";
import { FailureWarnings } from "./failure-warnings.ts";
import type { GroupView } from "./group-view.ts";
import type { ConnectedProxy, ProxyNode } from "./node.ts";
import type { ViewOfNode } from "./stream.ts";
import { type CallbackFailed, callbackFailed, guarded, tellRejection } from "./user-calls.ts";

/** What a change did to a group; `changes` may be empty. */
export interface GroupChange {
  readonly group: string;
  readonly revision: bigint;
  /** In the order in which proxies get them. */
  readonly changes: readonly ResourceChange[];
}

/** How proxies are grouped, and who is told of what; all of it may be left out. */
export interface SnapshotCacheOptions {
  /**
   * The group of a proxy; default is the id of its node. Undefined: the proxy is connected, and gets
   * nothing until `reselect` finds a group for it. Called for each stream that begins, when a
   * stream subscribes to other RTDS layers, when a group comes that a stream waits for, and by
   * `reselect`. An exception ends the stream that it was called for.
   */
  readonly groupOf?: ((proxy: ConnectedProxy) => string | undefined) | undefined;
  /**
   * A proxy came whose group is not there. It may be set at once, or later, or never. Groups that are
   * made here are forgotten when nobody sees them and there are more than `idleGroups`; a proxy for
   * which there would have to be more than `groupsInUse` is refused. An exception ends the stream of
   * the proxy.
   */
  readonly onMissing?: ((group: string, proxy: ConnectedProxy) => void) | undefined;
  /** A group was forgotten to make room. */
  readonly onForgotten?: ((group: string) => void) | undefined;
  /** Proxies are about to pass from one group to another: what is changed here, they get first. */
  readonly onMoved?: ((from: string, to: string) => void) | undefined;
  /**
   * A group took a change, or let go of what it had kept for a while; proxies get it whatever becomes
   * of the call. An exception in it, and in the two above, goes to `onCallbackFailed` of the server.
   */
  readonly onChanged?: ((change: GroupChange) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly limits?: Partial<CacheLimits> | undefined;
}

/** Bounds of a cache. */
export interface CacheLimits {
  /** Changed names remembered per group and type; a stream further behind starts afresh. */
  readonly changeLogEntries: number;
  /** Revisions remembered per group, for questions about an older one. */
  readonly revisions: number;
  /** Groups made by `onMissing` that nobody sees. */
  readonly idleGroups: number;
  /** Groups that proxies are connected for, as far as `onMissing` makes them. */
  readonly groupsInUse: number;
}

const defaultLimits: CacheLimits = {
  changeLogEntries: limits.xds.changeLogEntries,
  revisions: limits.pipeline.historyEntries,
  idleGroups: limits.pipeline.idleViews,
  groupsInUse: limits.pipeline.viewsInUse,
};

/** The server over a cache, as the cache sees it. */
export interface CacheServer {
  changed(view: View): void;
  /** A group is there that was not: proxies may be waiting for it. */
  added(group: string): void;
  /** Nothing of the proxies' content has changed, but the revision that it is as of. */
  reviewed(): void;
  viewsInUse(): ReadonlySet<View>;
  /** While all streams are looked up anew, those count that were looked up so far. */
  viewsSelected(): ReadonlySet<View>;
  failed: CallbackFailed;
}

interface Group {
  readonly view: View;
  /** Made because a proxy came. */
  readonly onDemand: boolean;
}

type Told = {
  readonly [Name in "onForgotten" | "onMoved" | "onChanged"]: NonNullable<
    SnapshotCacheOptions[Name]
  >;
};

type Write = (view: View, nowMs: number) => readonly ResourceChange[];

const optionNames = [
  ...["groupOf", "onMissing", "onForgotten", "onMoved", "onChanged"],
  ...["clock", "limits"],
];

/** The content of all groups of proxies, in force from the moment that it is set. */
export class SnapshotCache {
  readonly #options: SnapshotCacheOptions;
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #groups = new Map<string, Group>();
  #server: CacheServer | undefined;
  readonly #failed: CallbackFailed;
  readonly #told: Told;
  /** What `groupOf` said last of each stream, by its node, which no other stream shares. */
  readonly #selected = new WeakMap<ProxyNode, string | undefined>();
  /** Groups that `onMissing` was told of, and that were not set since; the oldest first. */
  readonly #missing = new Set<string>();

  constructor(options: SnapshotCacheOptions = {}) {
    checkOptions("SnapshotCache", options, optionNames);
    checkLimits(options.limits ?? {});
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...defaultLimits, ...options.limits };
    const warn = callbackFailed(undefined, new FailureWarnings());
    const failed: CallbackFailed = (...of) => (this.#server?.failed ?? warn)(...of);
    this.#failed = failed;
    this.#told = {
      onForgotten: guarded(options.onForgotten?.bind(options), "onForgotten", failed),
      onMoved: guarded(options.onMoved?.bind(options), "onMoved", failed),
      onChanged: guarded(options.onChanged?.bind(options), "onChanged", failed),
    };
  }

  /**
   * Puts the whole content of a group in force: what is not in `snapshot` goes. Clusters and load
   * assignments that go are kept until all proxies have ACKed the routes that no longer need them.
   */
  setSnapshot(group: string, snapshot: Snapshot): readonly ResourceChange[] {
    checkGroup("setSnapshot", group);
    checkSnapshot("setSnapshot", snapshot);
    return this.#write(group, (view, nowMs) =>
      view.apply(snapshot.revision ?? nextRevision(view), snapshot.bundles, nowMs),
    );
  }

  /**
   * Puts and deletes single resources, at the cost of these. Makes the group if it is not there and
   * something is put.
   */
  update(group: string, update: CacheUpdate): readonly ResourceChange[] {
    checkGroup("update", group);
    checkUpdate(update);
    const writes = writesOf(this.#groups.get(group)?.view, update);
    if (writes.puts.length === 0 && !this.#groups.has(group)) return [];
    return this.#write(group, (view, nowMs) => view.update(nextRevision(view), writes, nowMs));
  }

  /** Puts one resource, as `update` does. */
  setResource(group: string, resource: Resource): readonly ResourceChange[] {
    return this.update(group, { puts: [resource] });
  }

  /** Deletes one resource, as `update` does. */
  deleteResource(group: string, name: ResourceName): readonly ResourceChange[] {
    return this.update(group, { deletes: [name] });
  }

  /**
   * Forgets a group. Connected proxies keep what they have; others that come get nothing until it
   * is set again. To take everything away, set an empty snapshot.
   */
  clear(group: string): void {
    this.#groups.delete(group);
  }

  /** What a group has in force; undefined where it is not there. */
  snapshot(group: string): GroupView | undefined {
    return this.#groups.get(group)?.view;
  }

  /** Keys of the groups that are there, in the order in which they came. */
  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Groups that a proxy is connected for. */
  groupsInUse(): ReadonlySet<string> {
    const views = this.#server?.viewsInUse() ?? [];
    return new Set([...views].map(({ key }) => key));
  }

  /** What resources of a group name that is not there. */
  consistency(group: string): readonly MissingReference[] {
    const view = this.#groups.get(group)?.view;
    return view === undefined ? [] : missingReferences(view.resources());
  }

  /** @internal Returns what detaches it. */
  attach(server: CacheServer): () => void {
    if (this.#server !== undefined) {
      throw new TypeError("a cache has one server, which may listen on several addresses");
    }
    this.#server = server;
    return () => {
      this.#server = undefined;
    };
  }

  /** The group of a proxy, whether or not it is there. */
  groupOf(proxy: ConnectedProxy): string | undefined {
    const { groupOf } = this.#options;
    const group: unknown = groupOf === undefined ? proxy.node.id : groupOf(proxy);
    if (group === undefined || typeof group === "string") return group;
    throw badArgument("groupOf", "a text or undefined", group);
  }

  /** @internal The group that the stream of this node was last selected for, there or not. */
  selectedGroup(node: ProxyNode): string | undefined {
    return this.#selected.get(node);
  }

  /** @internal */
  viewOf(proxy: ConnectedProxy): ViewOfNode {
    const { onMissing } = this.#options;
    const key = this.groupOf(proxy);
    this.#selected.set(proxy.node, key);
    if (key === undefined) return undefined;
    const known = this.#groups.get(key);
    if (known !== undefined || onMissing === undefined) return known?.view;
    const inUse = this.#server?.viewsSelected() ?? new Set();
    if (inUse.size >= this.#limits.groupsInUse) return "full";
    this.#forgetIdle();
    this.#rememberMissing(key);
    tellRejection(onMissing(key, proxy), "onMissing", this.#failed);
    return this.#groups.get(key)?.view;
  }

  /** @internal */
  released(view: View, changes: readonly ResourceChange[]): void {
    const { key: group, revision = 0n } = view;
    this.#told.onChanged({ group, revision, changes });
  }

  /** @internal */
  moved(from: View, to: View): void {
    this.#told.onMoved(from.key, to.key);
  }

  /** A group that is not there is made by what it takes: a write that fails leaves none behind. */
  #write(key: string, write: Write): readonly ResourceChange[] {
    const known = this.#groups.get(key)?.view;
    const { changeLogEntries, revisions: milestones } = this.#limits;
    const view = known ?? new View(key, { changeLogEntries, milestones });
    const changes = write(view, this.#clock.monotonicMs());
    if (known === undefined) {
      this.#groups.set(key, { view, onDemand: this.#missing.delete(key) });
      this.#server?.added(key);
    } else if (changes.length > 0) this.#server?.changed(view);
    this.#server?.reviewed();
    this.released(view, changes);
    return changes;
  }

  #rememberMissing(key: string): void {
    const [oldest] = this.#missing.add(key);
    const most = this.#limits.groupsInUse + this.#limits.idleGroups;
    if (this.#missing.size > most && oldest !== undefined) this.#missing.delete(oldest);
  }

  /** Makes room for one group more: the oldest that nobody sees go first. */
  #forgetIdle(): void {
    const most = this.#limits.idleGroups - 1;
    if (this.#groups.size <= most) return;
    const inUse = this.#server?.viewsInUse() ?? new Set();
    const idle = [...this.#groups].filter(([, { view, onDemand }]) => onDemand && !inUse.has(view));
    for (const [key] of idle.slice(0, Math.max(0, idle.length - most))) {
      this.#groups.delete(key);
      this.#told.onForgotten(key);
    }
  }
}

function checkLimits(given: Partial<CacheLimits>): void {
  checkOptions("SnapshotCache: limits", given, Object.keys(defaultLimits));
  for (const [name, value] of Object.entries(given)) {
    if (Number.isInteger(value) && value >= 0) continue;
    throw badArgument(`SnapshotCache: limits: ${name}`, "a whole number", value);
  }
}

/** It may be empty, as the cluster of a node may be. */
function checkGroup(where: string, group: string): void {
  if (typeof group !== "string") throw badArgument(`${where}: group`, "a text", group);
}

const nextRevision = ({ revision = 0n }: View): bigint => revision + 1n;
