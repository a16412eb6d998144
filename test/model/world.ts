/**
 * A proxy, a server made of the pure steps, a queue each way, two views to serve, and the oracle.
 * Each move is a number, so that a run is an array of numbers and shrinks well.
 */
import { limits } from "../../src/config/limits.ts";
import type { Resource } from "../../src/snapshot/resource.ts";
import type { ResourceTable } from "../../src/snapshot/resource-table.ts";
import { shortName, type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import type { Push, PushContent } from "../../src/xds/push.ts";
import type { StreamState } from "../../src/xds/stream-state.ts";
import { knownVersions } from "../support/known-versions.ts";
import { Client, type ClientOptions } from "./client.ts";
import {
  type Content,
  check,
  isBad,
  isFull,
  isSeparate,
  makeContent,
  names,
  type Request,
  type Response,
  referencesOf,
  seesContent,
  toResource,
  types,
  typesWithSecrets,
} from "./content.ts";
import type { Protocol } from "./protocol.ts";
import { Tracker } from "./tracker.ts";

interface ModelView {
  readonly tables: ReadonlyMap<TypeUrl, ResourceTable>;
  readonly truth: ReadonlyMap<TypeUrl, Map<string, Content>>;
}

export interface WorldOptions extends ClientOptions {
  /** Changes that a table remembers; with few, responses without cause are not looked for. */
  readonly logLimit: number;
  /** Secrets instead of listeners. */
  readonly secrets: boolean;
}

const absent: readonly never[] = [];

export class World {
  readonly trace: string[] = [];
  readonly client: Client;
  readonly #protocol: Protocol;
  readonly #options: WorldOptions;
  readonly #types: readonly TypeUrl[];
  readonly #views: readonly [ModelView, ModelView];
  #view: ModelView;
  #stream: StreamState;
  #trackers = new Map<TypeUrl, Tracker>();
  #toServer: Request[] = [];
  #toClient: Response[] = [];
  #taken = 0;
  #serial = 0;
  #revision = 0;
  #nowMs = 0;
  #hasMoved = false;
  /** Load assignments of clusters that changed for the proxy, until they are sent after them. */
  #assignmentsDue = new Set<string>();
  /** Those that may be sent again: of clusters that were sent as new, whether or not they are. */
  #assignmentsAllowed = new Set<string>();
  #clustersSentAtMs = 0;
  readonly #shared = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  constructor(protocol: Protocol, options: WorldOptions) {
    this.#protocol = protocol;
    this.#options = options;
    this.#types = options.secrets ? typesWithSecrets : types;
    this.#views = [this.#makeView(), this.#makeView()];
    this.#view = this.#views[0];
    this.#stream = protocol.emptyStream(options.variant);
    this.client = new Client(options, (request) => this.#toServer.push(request));
    this.client.start();
  }

  #makeView(): ModelView {
    const { ResourceTable: Table } = this.#protocol;
    return {
      tables: new Map(this.#types.map((type) => [type, new Table(type, this.#options.logLimit)])),
      truth: new Map(this.#types.map((type) => [type, new Map<string, Content>()])),
    };
  }

  #truth(type: TypeUrl): Map<string, Content> {
    return this.#view.truth.get(type) ?? new Map();
  }

  #tracker(type: TypeUrl): Tracker {
    const strict = this.#options.logLimit > 100;
    const known = this.#trackers.get(type) ?? new Tracker(type, this.#options.variant, strict);
    this.#trackers.set(type, known);
    return known;
  }

  #log(line: () => string): void {
    this.trace.push(line());
  }

  // Moves

  move(code: number): void {
    const kind = code % 20;
    const bits = Math.floor(code / 20);
    if (kind < 5) this.#deliverToServer();
    else if (kind < 9) this.#deliverToClient();
    else if (kind < 12) this.#pump();
    else if (kind < 16) this.#write(bits);
    else if (kind === 16) this.#rare(bits);
    else if (this.#options.envoy) this.#write(bits);
    else this.#subscribe(bits);
  }

  #rare(bits: number): void {
    if (bits % 4 === 0) this.#reconnect(bits >> 2);
    else if (bits % 4 === 1) this.#switchView(bits >> 2);
    else if (bits % 4 === 2) this.#nowMs += 2_000;
    else if (this.client.isWithholding) this.client.giveUpWarming();
  }

  #write(bits: number): void {
    const view = this.#views[bits % 8 === 0 ? 1 : 0];
    const rest = Math.floor(bits / 8);
    const type = this.#types[rest % 4] ?? typeUrls.cluster;
    const name = names(type)[Math.floor(rest / 4) % names(type).length] ?? "";
    const action = Math.floor(rest / 16) % 8;
    if (view !== this.#views[0] && action > 4) {
      this.#copy(type, name);
      return;
    }
    if (action === 0) {
      this.#put(view, type, name, undefined);
      return;
    }
    this.#revision += 1;
    // Few revisions, so that contents come back.
    const content = makeContent(type, name, {
      revision: this.#revision % 5,
      // Two that are bad at the same time are what is of interest in secrets.
      bad: action === 1 || (isSeparate(type) && action > 4),
      wildcard: action !== 2,
      bits: Math.floor(rest / 128),
    });
    this.#put(view, type, name, content);
    const together = this.#options.envoy && action > 4;
    if (type === typeUrls.cluster) this.#ensureAssignment(view, name);
    if (together && type === typeUrls.route) this.#ensureClusters(view, content);
  }

  /** Makes the second view like the first, but for who sees one of the resources. */
  #copy(type: TypeUrl, hidden: string): void {
    for (const name of names(type)) {
      const content = this.#views[0].truth.get(type)?.get(name);
      const flipped = content && name === hidden && { ...content, wildcard: !content.wildcard };
      this.#put(this.#views[1], type, name, flipped || content);
    }
  }

  /** A route comes in one write with the clusters that it names, as a translation does it. */
  #ensureClusters(view: ModelView, route: Content): void {
    for (const name of referencesOf(route.text)) {
      if (view.truth.get(typeUrls.cluster)?.has(name)) continue;
      const of = { revision: 0, bad: false, wildcard: true, bits: 0 };
      this.#put(view, typeUrls.cluster, name, makeContent(typeUrls.cluster, name, of));
      this.#ensureAssignment(view, name);
    }
  }

  #ensureAssignment(view: ModelView, name: string): void {
    if (view.truth.get(typeUrls.endpoint)?.has(name)) return;
    const of = { revision: 0, bad: false, wildcard: true, bits: 0 };
    this.#put(view, typeUrls.endpoint, name, makeContent(typeUrls.endpoint, name, of));
  }

  #put(view: ModelView, type: TypeUrl, name: string, content: Content | undefined): void {
    const truth = view.truth.get(type);
    const table = view.tables.get(type);
    check(truth !== undefined && table !== undefined, "unknown type");
    const before = truth.get(name);
    const changes = before?.text !== content?.text || before?.wildcard !== content?.wildcard;
    if (content === undefined) truth.delete(name);
    else truth.set(name, content);
    const written = table.write({
      puts: content === undefined ? absent : [toResource(type, name, content)],
      deletes: content === undefined ? [name] : absent,
    });
    check(written.length === (changes ? 1 : 0), "a write reports another change than it is");
    this.#log(
      () => `write ${this.#views.indexOf(view)} ${shortName(type)} ${name} = ${show(content)}`,
    );
    if (changes && view === this.#view) this.#tracker(type).touch(name, before);
  }

  #subscribe(bits: number): void {
    const type = this.#types[bits % 4] ?? typeUrls.cluster;
    const rest = Math.floor(bits / 4);
    const mask = rest % 16;
    const chosen = names(type).filter((_, i) => (mask >> i) & 1);
    const remove = Math.floor(rest / 16) % 3 === 0;
    const star = Math.floor(rest / 48) % 4 === 0 ? ["*"] : [];
    const state = this.client.of(type);
    const list = [...star, ...chosen];
    // A proxy unsubscribes only from what it subscribed to. The legacy wildcard of the state of the
    // world has no words for it.
    const { variant } = this.#options;
    const hasStar =
      state.wildcard === "explicit" || (state.wildcard === "legacy" && variant === "delta");
    const asked = new Set([...state.names, ...(hasStar ? ["*"] : [])]);
    const gone = remove ? list.filter((name) => asked.has(name)) : [];
    if (remove && gone.length === 0 && state.opened) return;
    const add = remove ? [] : list;
    this.#log(() => `client ${shortName(type)} +[${add}] -[${gone}]`);
    this.client.subscribe(type, add, gone);
    if (Math.floor(rest / 192) % 4 > 0 || add.length + gone.length === 0) return;
    // It changes its mind at once.
    this.#log(() => `client ${shortName(type)} +[${gone}] -[${add}]`);
    this.client.subscribe(type, gone, add);
  }

  #reconnect(bits = 0): void {
    this.#log(() => `reconnect ${bits}`);
    this.#stream = this.#protocol.emptyStream(this.#options.variant);
    this.#trackers = new Map();
    this.#assignmentsDue.clear();
    this.#assignmentsAllowed.clear();
    this.#toServer = [];
    this.#toClient = [];
    this.#taken = 0;
    this.#hasMoved = false;
    this.client.reconnect(bits);
  }

  #switchView(bits: number): void {
    const type = this.#types[(bits >> 1) % 4] ?? typeUrls.cluster;
    const hidden = names(type)[(bits >> 3) % names(type).length] ?? "";
    if (bits % 2 === 0 && this.#view === this.#views[0]) this.#copy(type, hidden);
    const from = this.#view;
    const to = this.#views[0] === from ? this.#views[1] : this.#views[0];
    this.#log(() => `switch to view ${this.#views.indexOf(to)}`);
    this.#view = to;
    this.#hasMoved = true;
    for (const [type, state] of this.#stream.types) {
      const [a, b] = [from.tables.get(type), to.tables.get(type)];
      check(a !== undefined && b !== undefined, "unknown type");
      const moved = this.#protocol.rebase(state, a, b);
      this.#stream = this.#protocol.withType(this.#stream, type, moved);
      const [was, is] = [from.truth.get(type), to.truth.get(type)];
      for (const name of names(type)) {
        this.#tracker(type).moved(name, was?.get(name), is?.get(name));
      }
    }
  }

  #deliverToServer(): boolean {
    const request = this.#toServer.shift();
    if (request === undefined) return false;
    const { type } = request;
    const { nameSet, receiveSotw, receiveDelta, withType } = this.#protocol;
    const expected = this.#tracker(type).receive(request, this.#truth(type));
    const previous = this.#stream.types.get(type);
    const received =
      this.#options.variant === "sotw"
        ? receiveSotw(previous, type, {
            // What a version proves is judged above the steps: here no proxy is believed.
            versionInfo: "",
            nonce: request.nonce,
            names: nameSet(request.list),
            errorMessage: request.error,
          })
        : receiveDelta(previous, type, {
            nonce: request.nonce,
            subscribe: nameSet(request.subscribe),
            unsubscribe: nameSet(request.unsubscribe),
            initialVersions: knownVersions(Object.fromEntries(request.initial)),
            isServed: false,
            errorMessage: request.error,
          });
    this.#taken += 1;
    this.#stream = withType(this.#stream, type, received.state);
    this.#log(() => `server takes ${showRequest(request, this.#options.variant)}: ${expected}`);
    const { verdict } = received;
    const counted = verdict === "ack" || verdict === "nack" ? verdict : "neither";
    check(counted === expected, `taken for ${verdict}, is ${expected}`);
    this.#checkApplied();
    return true;
  }

  #deliverToClient(): boolean {
    const response = this.#toClient.shift();
    if (response === undefined) return false;
    this.#log(() => `client takes ${shortName(response.type)} ${response.nonce}`);
    this.client.receive(response);
    return true;
  }

  /** Sends what the server wants to send now. */
  #pump(): { readonly moved: boolean; readonly wakeAtMs: number | undefined } {
    let moved = false;
    for (let sent = 0; sent < 20; sent += 1) {
      const tables = this.#view.tables;
      const next = this.#protocol.nextPush(this.#stream, (type) => tables.get(type), this.#nowMs);
      this.#stream = next.state;
      if (next.kind === "restart") {
        check(this.#options.logLimit < 100, "restart though the log is long");
        this.#reconnect();
        return { moved: true, wakeAtMs: undefined };
      }
      if (next.kind === "idle") {
        const { wakeAtMs } = next;
        check(wakeAtMs === undefined || wakeAtMs > this.#nowMs, "a wake-up in the past");
        return { moved, wakeAtMs };
      }
      moved = true;
      this.#write1(next.typeUrl, next.push);
    }
    throw new Error("the server does not stop sending");
  }

  #write1(type: TypeUrl, push: Push): void {
    const content = push.content();
    this.#checkShared(type, push, content);
    this.#serial += 1;
    const nonce = `${this.#serial}`;
    const { version, resources, removed } = content;
    const response = { type, nonce, version, resources, removed, taken: this.#taken };
    this.#log(() => `server sends ${showResponse(response)}`);
    this.#checkOrder(type, resources);
    const allowed = type === typeUrls.endpoint ? this.#assignmentsAllowed : new Set<string>();
    if (type === typeUrls.cluster) this.#noteClusters(resources);
    this.#tracker(type).send(response, this.#truth(type), allowed);
    if (type === typeUrls.endpoint) {
      for (const name of [...resources.map((resource) => resource.name), ...removed]) {
        this.#assignmentsDue.delete(name);
        this.#assignmentsAllowed.delete(name);
      }
    }
    this.#checkVersion(type, version);
    const by = { nonce, nowMs: this.#nowMs };
    this.#stream = this.#protocol.streamSent(this.#stream, type, push, content, by);
    this.#toClient.push(response);
  }

  #noteClusters(resources: readonly Resource[]): void {
    this.#clustersSentAtMs = this.#nowMs;
    const clusters = this.#tracker(typeUrls.cluster);
    // A proxy that comes back with load assignments but without clusters needs none of them again.
    if (clusters.lastNonce === undefined && clusters.acked.size === 0) {
      for (const { name } of resources) this.#assignmentsAllowed.add(name);
      return;
    }
    for (const { name, any } of resources) {
      const isNew = clusters.acked.get(name) !== Buffer.from(any).toString();
      if (isNew) this.#assignmentsDue.add(name);
      if (isNew || clusters.mayBeNew(name)) this.#assignmentsAllowed.add(name);
    }
  }

  // The oracle at every step

  #checkOrder(type: TypeUrl, resources: readonly Resource[]): void {
    if (type !== typeUrls.route && type !== typeUrls.listener) return;
    const clusters = this.#tracker(typeUrls.cluster);
    const flight = clusters.inFlight?.response;
    const adds = flight?.resources.some(({ name }) => !clusters.acked.has(name)) === true;
    const waited = this.#nowMs - this.#clustersSentAtMs;
    check(!adds || waited >= limits.xds.warmGateMs, "routes do not wait for new clusters");
    if (type !== typeUrls.route || !clusters.interest.wildcard) return;
    // In the end nothing waits for an ACK that does not come.
    if (flight !== undefined && waited >= limits.xds.clusterAnswerMs) return;
    for (const cluster of resources.flatMap(({ references }) => references)) {
      const there = this.#truth(typeUrls.cluster).get(cluster);
      if (!seesContent(clusters.interest, cluster, there)) continue;
      check(clusters.sent.has(cluster), `a route names ${cluster}, which was not sent`);
    }
  }

  /** Streams share messages by key, so that equal keys must mean equal contents. */
  #checkShared(type: TypeUrl, push: Push, content: PushContent): void {
    if (push.shareKey === undefined) return;
    const view = this.#views.indexOf(this.#view);
    const key = `${view}|${type}|${push.shareKey}`;
    const value = `${content.version}|${content.resources.map(({ name, version }) => name + version).sort()}|${[...content.removed].sort()}`;
    check((this.#shared.get(key) ?? value) === value, `one share key for two contents: ${key}`);
    this.#shared.set(key, value);
  }

  /** State of the world: equal versions if and only if equal contents, on any stream. */
  #checkVersion(type: TypeUrl, version: string): void {
    const interest =
      this.#options.variant === "sotw"
        ? this.#tracker(type).interest
        : { wildcard: true, names: new Set<string>() };
    const visible = [...this.#truth(type)]
      .filter(([name, content]) => seesContent(interest, name, content))
      .map(([, { text }]) => text);
    const content = `${type} ${visible.sort().join(";")}`;
    for (const [from, to] of [
      [content, version],
      [`${type} ${version}`, content],
    ] as const) {
      check((this.#versions.get(from) ?? to) === to, `version ${version} of two contents`);
      this.#versions.set(from, to);
    }
  }

  #checkApplied(): void {
    for (const [type, state] of this.#stream.types) {
      const table = this.#view.tables.get(type);
      const generation = table?.generation ?? 0;
      if (!this.#protocol.hasApplied(state, generation)) continue;
      if (this.#toServer.some((request) => request.type === type)) continue;
      const mine = this.client.of(type);
      for (const [name, content] of this.#truth(type)) {
        if (!seesContent(mine.interest, name, content) || mine.pending.has(name)) continue;
        if (mine.answerPending !== undefined) continue;
        const text = mine.held.get(name);
        check(text === content.text, `${shortName(type)} ${name} counts as applied, is ${text}`);
      }
    }
  }

  // The oracle at rest

  /** Lets everything arrive, with no more writes. */
  drain(): void {
    for (let round = 0; round < 200; round += 1) {
      const { moved, wakeAtMs } = this.#pump();
      const toClient = this.#deliverToClient();
      const toServer = this.#deliverToServer();
      if (moved || toClient || toServer) continue;
      const lastWait = this.#clustersSentAtMs + limits.xds.clusterAnswerMs;
      if (this.client.isWithholding && (wakeAtMs ?? lastWait) >= lastWait) {
        // With a log that is too short or after a move, which clusters are unsent is not known for
        // sure, and all routes wait.
        if (this.#options.logLimit > 100 && !this.#hasMoved) this.#checkNothingHeldUp();
      }
      if (wakeAtMs !== undefined) {
        this.#nowMs = wakeAtMs;
        continue;
      }
      if (!this.client.isWithholding) return;
      this.client.giveUpWarming();
    }
    throw new Error("no rest: messages go on for ever");
  }

  /** A proxy that does not ACK its clusters gets everything else, but for routes to unsent ones. */
  #checkNothingHeldUp(): void {
    const clusters = this.#tracker(typeUrls.cluster);
    const isUnsent = (name: string): boolean =>
      this.#truth(typeUrls.cluster).has(name) && !clusters.sent.has(name);
    for (const type of [typeUrls.endpoint, typeUrls.route]) {
      const tracker = this.#tracker(type);
      if (tracker.inFlight !== undefined || tracker.isRejected) continue;
      const due = [...this.#truth(type)].filter(
        ([name, content]) =>
          seesContent(tracker.interest, name, content) && tracker.sent.get(name) !== content.text,
      );
      const waits = due.some(([, content]) => referencesOf(content.text).some(isUnsent));
      check(waits || due.length === 0, `${shortName(type)} ${due.map(([name]) => name)} held up`);
    }
  }

  checkRest(): void {
    for (const [type, state] of this.client.types) {
      if (!state.opened) continue;
      const visible = [...this.#truth(type)].filter(([name, content]) =>
        seesContent(state.interest, name, content),
      );
      if (isSeparate(type)) this.#checkGoodOnes(type, visible);
      if (visible.some(([, content]) => isBad(content.text))) continue;
      this.#checkType(type, new Map(visible));
    }
  }

  /** What is bad holds nothing up but itself, and is not forgotten. */
  #checkGoodOnes(type: TypeUrl, visible: readonly (readonly [string, Content])[]): void {
    const { held } = this.client.of(type);
    const [bad, good] = [true, false].map((which) =>
      visible.filter(([, { text }]) => isBad(text) === which),
    );
    for (const [name, { text }] of good ?? []) {
      check(held.get(name) === text, `${shortName(type)} ${name}: held up by another`);
    }
    const rejected = this.#stream.types.get(type)?.rejected;
    const none = bad?.length === 0;
    check(
      (rejected === undefined) === none,
      `${shortName(type)}: ${none ? "still" : "not"} NACKED`,
    );
  }

  #checkType(type: TypeUrl, visible: ReadonlyMap<string, Content>): void {
    const short = shortName(type);
    const { held, pending, answerPending } = this.client.of(type);
    for (const [name, content] of visible) {
      const text = held.get(name);
      check(text === content.text, `${short} ${name}: proxy has ${text}, not ${content.text}`);
    }
    const removable = this.#options.variant === "delta" || isFull(type);
    for (const name of held.keys()) {
      check(!removable || visible.has(name), `${short} ${name}: proxy has it still`);
    }
    check(answerPending === undefined, `${short}: a request is not answered`);
    for (const name of pending.keys()) {
      const answerable = removable || visible.has(name);
      check(!answerable, `${short} ${name}: asked for and not answered`);
    }
    const server = this.#stream.types.get(type);
    const generation = this.#view.tables.get(type)?.generation ?? 0;
    const applied = server !== undefined && this.#protocol.hasApplied(server, generation);
    check(applied, `${short}: applied, but not so for the server`);
    if (type === typeUrls.endpoint) {
      for (const name of this.#assignmentsDue) {
        check(!visible.has(name), `EDS ${name} did not follow its changed cluster`);
      }
    }
  }

  /** Makes everything good again: by a change, by removal, or because nobody asks for it. */
  mend(bits: number): void {
    this.#log(() => "mend");
    const view = this.#view;
    for (const [i, type] of this.#types.entries()) {
      const way = (bits >> i) % 3;
      for (const [name, content] of [...(view.truth.get(type) ?? [])]) {
        if (!isBad(content.text)) continue;
        const mine = this.client.of(type);
        const named = !this.#options.envoy && mine.names.has(name) && mine.wildcard === "none";
        if (way === 0 && named) this.client.subscribe(type, [], [name]);
        else if (way === 1 && !this.#options.envoy) this.#put(view, type, name, undefined);
        else this.#put(view, type, name, { ...content, text: content.text.replace("bad", "good") });
      }
    }
  }

  /** Another server with the same content, which came in another order, has the same versions. */
  checkReplica(): void {
    for (const type of this.#types) {
      const table = new this.#protocol.ResourceTable(type, 1_000);
      for (const [name, content] of [...this.#truth(type)].reverse()) {
        table.write({ puts: [toResource(type, name, content)], deletes: [] });
      }
      const mine = this.#view.tables.get(type)?.wildcardVersion();
      check(table.wildcardVersion() === mine, `${shortName(type)}: replicas differ in version`);
    }
  }
}

const show = (content: Content | undefined): string =>
  content === undefined ? "nothing" : `"${content.text}"${content.wildcard ? "" : " by name only"}`;

function showRequest(request: Request, variant: string): string {
  const { type, nonce, error, subscribe, unsubscribe, list, initial } = request;
  const asks =
    variant === "sotw"
      ? `[${list}]`
      : `+[${subscribe}] -[${unsubscribe}] has [${[...initial.keys()]}]`;
  return `${shortName(type)} ${asks} nonce "${nonce}"${error === undefined ? "" : ` error ${error}`}`;
}

const showResponse = ({ type, nonce, resources, removed }: Response): string =>
  `${shortName(type)} ${nonce} [${resources.map(({ any }) => Buffer.from(any).toString()).join("; ")}] -[${removed}]`;
