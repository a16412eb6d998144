/**
 * A proxy as the xDS specification and the notes on Envoy describe it, written without a look at
 * the server: it subscribes, applies, ACKs, NACKs, warms clusters, and reconnects.
 */
import { type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import {
  check,
  covers,
  type Interest,
  isBad,
  isFull,
  type Request,
  type Response,
  referencesOf,
  textOf,
} from "./content.ts";

/** What one type of one proxy is like. `held` outlives streams, the rest belongs to one. */
export class ClientType {
  wildcard: "none" | "legacy" | "explicit" = "none";
  names = new Set<string>();
  /** State of the world: a name was sent on this stream, so no list is a legacy wildcard now. */
  everNamed = false;
  opened = false;
  nonce = "";
  /** Last version applied as a whole. */
  version = "";
  readonly held = new Map<string, string>();
  readonly versions = new Map<string, string>();
  /** Names asked for and not answered yet, by the number of the request that asked. */
  readonly pending = new Map<string, number>();
  /** A request that must be answered by some response, whatever it holds. */
  answerPending: number | undefined;
  /** An ACK that waits for clusters to warm. */
  withheld: Response | undefined;

  get interest(): Interest {
    return { wildcard: this.wildcard !== "none", names: new Set(this.names) };
  }

  drop(name: string): void {
    this.held.delete(name);
    this.versions.delete(name);
  }

  dropUncovered(): void {
    for (const name of [...this.held.keys()]) if (!covers(this.interest, name)) this.drop(name);
    for (const name of [...this.pending.keys()]) {
      if (!covers(this.interest, name)) this.pending.delete(name);
    }
  }
}

export interface ClientOptions {
  readonly variant: Variant;
  /** Subscribes as Envoy does; otherwise it is told what to subscribe to. */
  readonly envoy: boolean;
  /** A rejected response may be applied all the same, but for its bad resources. */
  readonly semantic: boolean;
  /** A NACK tells the version that was refused, as gRPC in Python and Node.js does. */
  readonly tellsRejected: boolean;
  /** The version that it shows when it comes back may do instead of an answer. */
  readonly believed: boolean;
  /** Clusters do not warm until Envoy gives up, as while health checks do not answer. */
  readonly slow: boolean;
}

export class Client {
  readonly options: ClientOptions;
  readonly types = new Map<TypeUrl, ClientType>();
  readonly warming = new Set<string>();
  readonly #send: (request: Request) => void;
  #seq = 0;
  #started = false;

  constructor(options: ClientOptions, send: (request: Request) => void) {
    this.options = options;
    this.#send = send;
  }

  of(type: TypeUrl): ClientType {
    const known = this.types.get(type) ?? new ClientType();
    this.types.set(type, known);
    return known;
  }

  start(): void {
    if (this.options.envoy) this.subscribe(typeUrls.cluster, [], []);
  }

  /** Changes what is asked for. `*` stands for the wildcard; opening with nothing is the legacy one. */
  subscribe(type: TypeUrl, add: readonly string[], remove: readonly string[]): void {
    const state = this.of(type);
    if (this.options.variant === "sotw") this.#subscribeSotw(type, state, add, remove);
    else this.#subscribeDelta(type, state, add, remove);
  }

  #subscribeSotw(
    type: TypeUrl,
    state: ClientType,
    add: readonly string[],
    remove: readonly string[],
  ) {
    const before = state.interest;
    for (const name of remove) if (name === "*") state.wildcard = "none";
    for (const name of remove) state.names.delete(name);
    for (const name of add) if (name === "*") state.wildcard = "explicit";
    for (const name of add) if (name !== "*") state.names.add(name);
    if (state.names.size > 0 && state.wildcard === "legacy") state.wildcard = "none";
    const list = this.#list(state);
    if (!state.opened && list.length === 0 && isFull(type)) state.wildcard = "legacy";
    if (list.length > 0) state.everNamed = true;
    state.dropUncovered();
    for (const name of state.names) if (!before.names.has(name)) state.pending.set(name, this.#seq);
    this.#request(type, state, {});
  }

  #subscribeDelta(
    type: TypeUrl,
    state: ClientType,
    add: readonly string[],
    remove: readonly string[],
  ) {
    if (!state.opened && add.length === 0 && isFull(type)) state.wildcard = "legacy";
    for (const name of remove) {
      if (name === "*") state.wildcard = "none";
      else if (state.names.delete(name)) {
        state.pending.delete(name);
        if (state.wildcard !== "none") state.pending.set(name, this.#seq);
      }
    }
    for (const name of add) {
      if (name === "*") {
        state.wildcard = "explicit";
        state.answerPending = this.#seq;
        continue;
      }
      state.names.add(name);
      state.pending.set(name, this.#seq);
    }
    state.dropUncovered();
    this.#request(type, state, { subscribe: add, unsubscribe: remove });
  }

  #list(state: ClientType): readonly string[] {
    return [...(state.wildcard === "explicit" ? ["*"] : []), ...state.names];
  }

  #request(type: TypeUrl, state: ClientType, of: Partial<Request>): void {
    if (!state.opened && (this.options.variant === "sotw" || state.wildcard !== "none")) {
      state.answerPending = this.#seq;
    }
    state.opened = true;
    this.#send({
      type,
      seq: this.#seq,
      nonce: this.options.variant === "sotw" ? state.nonce : "",
      versionInfo: state.version,
      list: this.#list(state),
      subscribe: [],
      unsubscribe: [],
      initial: new Map(),
      initialTexts: new Map(),
      error: undefined,
      interest: state.interest,
      ...of,
    });
    this.#seq += 1;
  }

  /**
   * A new stream: everything that is still wanted is asked for at once. `bits` choose what the proxy
   * tells of what it has: all of it, or it has lost some, or its versions are of another server.
   */
  reconnect(bits = 0): void {
    this.#seq = 0;
    this.warming.clear();
    for (const [type, state] of this.types) {
      if (this.options.variant === "delta") muddle(state, bits);
      const wanted = state.wildcard !== "none" || state.names.size > 0;
      state.opened = false;
      state.everNamed = state.names.size > 0 || state.wildcard === "explicit";
      state.nonce = "";
      state.pending.clear();
      state.answerPending = undefined;
      state.withheld = undefined;
      // What Envoy drops and asks for again is of the types whose owners tell that it has to come.
      if (!wanted) state.version = "";
      if (!wanted) continue;
      if (this.options.variant === "sotw") {
        this.#request(type, state, {});
        if (this.options.believed && state.version !== "") state.answerPending = undefined;
        continue;
      }
      const legacy = state.wildcard === "legacy" && state.names.size === 0;
      if (state.wildcard === "legacy" && !legacy) state.wildcard = "explicit";
      for (const name of state.names) if (!state.held.has(name)) state.pending.set(name, 0);
      const seq = this.#seq;
      for (const name of state.pending.keys()) state.pending.set(name, seq);
      const initial = new Map(state.versions);
      const texts = [...initial.keys()].map(
        (name) => [name, state.held.get(name) ?? name] as const,
      );
      const initialTexts = new Map(texts);
      this.#request(type, state, { subscribe: this.#list(state), initial, initialTexts });
      if (this.options.believed && initial.size > 0) state.answerPending = undefined;
    }
    if (this.types.size === 0) this.start();
  }

  receive(response: Response): void {
    const { type, nonce } = response;
    const state = this.of(type);
    const all = [...response.resources.map(({ name }) => name), ...response.removed];
    check(new Set(all).size === all.length, `duplicate names in a response: ${all}`);
    state.nonce = nonce;
    const bad = response.resources.filter((resource) => isBad(textOf(resource)));
    if (bad.length === 0 || this.options.semantic) this.#apply(response, state);
    this.#settle(response, state, all);
    if (bad.length > 0) {
      if (this.options.tellsRejected) state.version = response.version;
      this.#answer(response, state, `bad: ${bad.map(({ name }) => name)}`);
    } else {
      state.version = response.version;
      if (this.options.envoy && type === typeUrls.cluster && this.warming.size > 0) {
        state.withheld = response;
      } else {
        this.#answer(response, state, undefined);
      }
    }
    this.#release();
  }

  #settle(response: Response, state: ClientType, all: readonly string[]): void {
    const complete = this.options.variant === "sotw" && isFull(response.type);
    for (const [name, seq] of state.pending) {
      if (response.taken > seq && (complete || all.includes(name))) state.pending.delete(name);
    }
    if (state.answerPending !== undefined && response.taken > state.answerPending) {
      state.answerPending = undefined;
    }
  }

  #apply(response: Response, state: ClientType): void {
    const { type, resources, removed } = response;
    const before = new Map(state.held);
    const good = resources.filter((resource) => !isBad(textOf(resource)));
    if (this.options.variant === "sotw" && isFull(type)) {
      const sent = new Set(resources.map(({ name }) => name));
      for (const name of before.keys()) if (!sent.has(name)) state.drop(name);
    }
    for (const resource of good) {
      if (!covers(state.interest, resource.name)) continue;
      state.held.set(resource.name, textOf(resource));
      state.versions.set(resource.name, resource.version);
    }
    for (const name of removed) state.drop(name);
    if (this.options.envoy) this.#follow(type, state, before, response);
  }

  /** Envoy's habits: EDS names follow the clusters, RDS names the listeners. */
  #follow(
    type: TypeUrl,
    state: ClientType,
    before: ReadonlyMap<string, string>,
    response: Response,
  ) {
    if (type === typeUrls.cluster) {
      for (const [name, text] of state.held) if (before.get(name) !== text) this.warming.add(name);
      for (const name of this.warming) if (!state.held.has(name)) this.warming.delete(name);
      this.#followNames(typeUrls.endpoint, [...state.held.keys()]);
    }
    if (type === typeUrls.endpoint && !this.options.slow) {
      for (const { name } of response.resources) this.warming.delete(name);
      for (const name of response.removed) this.warming.delete(name);
    }
    if (type === typeUrls.listener) {
      this.#followNames(typeUrls.route, [...state.held.values()].flatMap(referencesOf));
    }
  }

  #followNames(type: TypeUrl, wanted: readonly string[]): void {
    const state = this.of(type);
    const names = new Set(wanted);
    const add = [...names].filter((name) => !state.names.has(name));
    const remove = [...state.names].filter((name) => !names.has(name));
    if (add.length + remove.length > 0) this.subscribe(type, add, remove);
  }

  #answer(response: Response, state: ClientType, error: string | undefined): void {
    this.#request(response.type, state, { nonce: response.nonce, error });
    if (!this.options.envoy || this.#started || response.type !== typeUrls.cluster) return;
    this.#started = true;
    this.subscribe(typeUrls.listener, [], []);
  }

  #release(): void {
    const state = this.of(typeUrls.cluster);
    if (state.withheld === undefined || this.warming.size > 0) return;
    const response = state.withheld;
    state.withheld = undefined;
    this.#answer(response, state, undefined);
  }

  get isWithholding(): boolean {
    return this.of(typeUrls.cluster).withheld !== undefined;
  }

  /** Envoy stops waiting for load assignments after 15 s. */
  giveUpWarming(): void {
    this.warming.clear();
    this.#release();
  }
}

/** Some names are lost, are there in a version that nobody knows, or are none of this server's. */
function muddle(state: ClientType, bits: number): void {
  const way = bits % 4;
  for (const [index, name] of [...state.held.keys()].entries()) {
    if (way === 0 || ((bits >> (2 + index)) & 1) === 0) continue;
    if (way === 1) state.drop(name);
    else {
      state.held.set(name, `${name} other good`);
      state.versions.set(name, "of another server");
    }
  }
  if (way !== 3) return;
  // Of a name that it does not ask for the server need not tell that it is gone.
  if (state.wildcard !== "none") state.held.set("ghost", "ghost 0 good");
  state.versions.set("ghost", "1");
}
