/**
 * A real hub, several views, and several proxies of either variant that ask for the same in different
 * words: bytes in, bytes out. What one stream must not do is the tracker's; what is looked at here is
 * that streams that share messages do not get each other's.
 */
import { setImmediate as nextRound } from "node:timers/promises";
import { limits } from "../../src/config/limits.ts";
import { decodeMessage } from "../../src/proto/decode.ts";
import { encodeMessage } from "../../src/proto/encode.ts";
import type { ResourceTable } from "../../src/snapshot/resource-table.ts";
import { shortName, type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import type { View } from "../../src/snapshot/view.ts";
import type { Hub } from "../../src/xds/hub.ts";
import { silentObserver } from "../../src/xds/observer.ts";
import type { XdsStream } from "../../src/xds/stream.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Client, type ClientOptions } from "./client.ts";
import {
  type Content,
  check,
  isBad,
  isFull,
  makeContent,
  names,
  type Request,
  type Response,
  seesContent,
  toResource,
  types,
} from "./content.ts";
import { Tracker } from "./tracker.ts";

/** What is under test, as a value: the planted-bug tests pass mutated ones. */
export interface FleetServer {
  readonly Hub: typeof Hub;
  readonly ResourceTable: typeof ResourceTable;
}

export interface MemberOptions extends ClientOptions {
  readonly view: number;
  /** Names go in the opposite order. */
  readonly reversed: boolean;
  /** Each message waits until it is read. */
  readonly slowReader: boolean;
}

const discovery = "envoy.service.discovery.v3";

/** So far that every gate opens. */
const longMs = limits.xds.clusterAnswerMs + 1_000;

class ModelView {
  readonly key: string;
  readonly retiringCount = 0;
  readonly truth = new Map(types.map((type) => [type, new Map<string, Content>()]));
  readonly #tables: ReadonlyMap<TypeUrl, ResourceTable>;

  constructor(key: string, Table: typeof ResourceTable) {
    this.key = key;
    this.#tables = new Map(types.map((type) => [type, new Table(type, 1_000)]));
  }

  table(type: TypeUrl): ResourceTable {
    const table = this.#tables.get(type);
    check(table !== undefined, `unknown type ${type}`);
    return table;
  }

  tables(): Iterable<ResourceTable> {
    return this.#tables.values();
  }

  adopt(): readonly never[] {
    return [];
  }

  content(type: TypeUrl): Map<string, Content> {
    return this.truth.get(type) ?? new Map();
  }

  /** The hub asks for no more of a view than is here. */
  get asView(): View {
    return this as unknown as View;
  }
}

/** One proxy, its stream, and what the specification lets the server say to it. */
class Member {
  readonly id: string;
  readonly options: MemberOptions;
  readonly client: Client;
  view: ModelView;
  readonly toServer: Request[] = [];
  readonly toClient: Response[] = [];
  trackers = new Map<TypeUrl, Tracker>();
  /** Why the stream has ended, which it never should. */
  failure: unknown;
  #stream: XdsStream | undefined;
  #introduced = false;
  #blocked = false;
  #taken = 0;
  #nonces = new Set<string>();
  #allowed = new Set<string>();
  /** Of streams that have ended. */
  readonly #doubts = new Map<TypeUrl, Set<string>>();
  readonly #log: (line: string) => void;

  constructor(id: string, options: MemberOptions, view: ModelView, log: (line: string) => void) {
    this.id = id;
    this.options = options;
    this.view = view;
    this.#log = log;
    this.client = new Client(options, (request) => this.toServer.push(request));
  }

  tracker(type: TypeUrl): Tracker {
    const known = this.trackers.get(type) ?? new Tracker(type, this.options.variant, true);
    this.trackers.set(type, known);
    return known;
  }

  /** Whether the server knows who it is. */
  get introduced(): boolean {
    return this.#introduced;
  }

  connect(hub: Hub): void {
    const { variant } = this.options;
    const wire = {
      peer: "127.0.0.1:5000",
      write: (bytes: Uint8Array): boolean => this.#write(bytes),
      // Thrown from here, it would end in the stream that is being ended.
      end: ({ message, bug }: { message: string; bug?: unknown }): void => {
        this.failure ??= bug ?? new Error(`the server ends the stream of ${this.id}: ${message}`);
      },
    };
    this.#stream = hub.open(wire, { variant, onlyType: undefined });
    check(this.#stream !== undefined, "the hub takes no more streams");
  }

  /** A new stream; what was on its way is lost, and some of what the proxy had as well. */
  reconnect(hub: Hub, bits: number): void {
    this.#stream?.closed({ code: "ok", message: "cancelled" });
    this.toServer.length = 0;
    this.toClient.length = 0;
    for (const [type, { inDoubt }] of this.trackers) {
      const doubts = this.#doubts.get(type) ?? new Set();
      for (const name of inDoubt) doubts.add(name);
      this.#doubts.set(type, doubts);
    }
    this.trackers = new Map();
    for (const [type, names] of this.#doubts) this.tracker(type).doubt(names);
    this.#nonces = new Set();
    this.#allowed = new Set();
    this.#introduced = false;
    this.#blocked = false;
    this.#taken = 0;
    this.connect(hub);
    this.client.reconnect(bits);
  }

  /** Only what calls itself Envoy is believed when it comes back. */
  get #node(): object {
    const agent = this.options.believed ? "envoy" : "grpc-node";
    return { id: this.id, cluster: "model", user_agent_name: agent };
  }

  deliverToServer(): boolean {
    const request = this.toServer.shift();
    if (request === undefined || this.#stream === undefined) return false;
    this.#log(`${this.id} asks ${shortName(request.type)} ${JSON.stringify(said(request))}`);
    this.tracker(request.type).receive(request, this.view.content(request.type));
    this.#taken += 1;
    const bytes = this.#encode(request);
    this.#introduced = true;
    this.#stream.receive(bytes);
    // Their memory is used for the next request.
    bytes.fill(0xff);
    return true;
  }

  #encode(request: Request): Uint8Array {
    const { variant, reversed } = this.options;
    const ordered = (list: readonly string[]) => (reversed ? list.toReversed() : list);
    const { error } = request;
    const common = {
      type_url: request.type,
      response_nonce: request.nonce,
      ...(!this.#introduced && { node: this.#node }),
      ...(error !== undefined && { error_detail: { code: 13, message: error } }),
    };
    if (variant === "sotw") {
      return encodeMessage(`${discovery}.DiscoveryRequest`, {
        ...common,
        version_info: request.versionInfo,
        resource_names: ordered(request.list),
      });
    }
    return encodeMessage(`${discovery}.DeltaDiscoveryRequest`, {
      ...common,
      resource_names_subscribe: ordered(request.subscribe),
      resource_names_unsubscribe: ordered(request.unsubscribe),
      initial_resource_versions: Object.fromEntries(request.initial),
    });
  }

  deliverToClient(): boolean {
    const response = this.toClient.shift();
    if (response === undefined) return false;
    this.client.receive(response);
    return true;
  }

  /** Reads what the wire holds. */
  drained(): boolean {
    if (!this.#blocked) return false;
    this.#blocked = false;
    this.#stream?.drained();
    return true;
  }

  #write(bytes: Uint8Array): boolean {
    check(!this.#blocked, "a message for a wire that takes none");
    const response = this.#decode(bytes);
    const { type, nonce, resources, removed } = response;
    this.#log(
      `${this.id} gets ${shortName(type)} ${nonce} [${resources.map(({ any }) => Buffer.from(any))}] -[${removed}]`,
    );
    check(!this.#nonces.has(nonce), `nonce ${nonce} comes twice on one stream`);
    this.#nonces.add(nonce);
    if (type === typeUrls.cluster) this.#noteClusters(response);
    const allowed = type === typeUrls.endpoint ? this.#allowed : new Set<string>();
    this.tracker(type).send(response, this.view.content(type), allowed);
    if (type === typeUrls.endpoint) {
      for (const name of [...resources.map(({ name }) => name), ...removed]) {
        this.#allowed.delete(name);
      }
    }
    this.toClient.push(response);
    this.#blocked = this.options.slowReader;
    return !this.#blocked;
  }

  /** Load assignments follow their clusters, changed or not. */
  #noteClusters({ resources }: Response): void {
    for (const { name } of resources) this.#allowed.add(name);
  }

  #decode(bytes: Uint8Array): Response {
    const taken = this.#taken;
    if (this.options.variant === "sotw") {
      const message = decodeMessage(`${discovery}.DiscoveryResponse`, bytes);
      const { type_url = "", nonce = "", version_info: version = "" } = message;
      const type = type_url as TypeUrl;
      const resources = (message.resources ?? []).map((any) => this.#resource(type, any));
      return { type, nonce, version, resources, removed: [], taken };
    }
    const message = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, bytes);
    const { type_url = "", nonce = "", system_version_info: version = "" } = message;
    const type = type_url as TypeUrl;
    const resources = (message.resources ?? []).map((each) => {
      const { name, version: own, resource } = decodeMessage(`${discovery}.Resource`, each);
      check(resource !== undefined, "a resource without a body");
      const made = this.#resource(type, resource);
      check(made.name === name && made.version === own, `${name} ${own} is ${made.name}`);
      return made;
    });
    return { type, nonce, version, resources, removed: message.removed_resources ?? [], taken };
  }

  #resource(type: TypeUrl, any: Uint8Array) {
    const text = Buffer.from(any).toString();
    const name = text.split(" ")[0] ?? "";
    return toResource(type, name, { text, wildcard: true });
  }

  /** It has what its view has for it, no more and no less. */
  checkRest(): void {
    for (const [type, state] of this.client.types) {
      if (!state.opened) continue;
      const visible = [...this.view.content(type)].filter(([name, content]) =>
        seesContent(state.interest, name, content),
      );
      if (visible.some(([, { text }]) => isBad(text))) continue;
      const expected = new Map(visible);
      const where = `${this.id} ${shortName(type)}`;
      for (const [name, { text }] of visible) {
        const held = state.held.get(name);
        check(held === text, `${where} ${name}: proxy has ${held}, not ${text}`);
      }
      const removable = this.options.variant === "delta" || isFull(type);
      for (const name of state.held.keys()) {
        check(!removable || expected.has(name), `${where} ${name}: proxy has it still`);
      }
      check(state.answerPending === undefined, `${where}: a request is not answered`);
      for (const name of state.pending.keys()) {
        check(!removable && !expected.has(name), `${where} ${name}: asked for and not answered`);
      }
    }
  }

  get mindsBad(): boolean {
    return [...this.client.types].some(([type, { interest }]) =>
      [...this.view.content(type)].some(
        ([name, content]) => isBad(content.text) && seesContent(interest, name, content),
      ),
    );
  }
}

const said = ({ nonce, list, subscribe, unsubscribe, initial, error, versionInfo }: Request) => ({
  nonce,
  versionInfo,
  list,
  subscribe,
  unsubscribe,
  initial: [...initial.keys()],
  error,
});

export class Fleet {
  readonly trace: string[] = [];
  readonly #clock = new FakeClock();
  readonly #hub: Hub;
  readonly #views: readonly ModelView[];
  readonly #members: readonly Member[];
  #revision = 0;

  constructor(server: FleetServer, members: readonly MemberOptions[]) {
    this.#views = ["a", "b", "c"].map((key) => new ModelView(key, server.ResourceTable));
    const log = (line: string): void => void this.trace.push(line);
    this.#members = members.map(
      (options, index) => new Member(`m${index}`, options, this.#viewAt(options.view), log),
    );
    const byId = new Map(this.#members.map((member) => [member.id, member]));
    this.#hub = new server.Hub({
      clock: this.#clock,
      observer: silentObserver,
      controlPlane: "model",
      viewOf: ({ node }) => byId.get(node.id)?.view.asView,
    });
    for (const type of types) {
      for (const name of names(type)) {
        const of = { revision: 1, bad: false, wildcard: true, bits: 1 };
        this.#put(this.#viewAt(0), type, name, makeContent(type, name, of));
      }
    }
    for (const member of this.#members) {
      member.connect(this.#hub);
      member.client.start();
    }
  }

  #viewAt(index: number): ModelView {
    const view = this.#views[index % this.#views.length];
    check(view !== undefined, "there are views");
    return view;
  }

  // Moves

  async move(code: number): Promise<void> {
    await this.#move(code);
    this.#checkFailures();
  }

  #checkFailures(): void {
    for (const { failure } of this.#members) if (failure !== undefined) throw failure;
  }

  async #move(code: number): Promise<void> {
    const kind = code % 32;
    const bits = Math.floor(code / 32);
    const member = this.#members[bits % this.#members.length];
    if (member === undefined) return;
    const rest = Math.floor(bits / this.#members.length);
    if (kind < 7) this.#all((each) => each.deliverToServer());
    else if (kind < 9) member.deliverToServer();
    else if (kind < 14) this.#all((each) => each.deliverToClient());
    else if (kind < 15) member.deliverToClient();
    else if (kind < 17) this.#all((each) => each.drained());
    else if (kind < 21) this.#write(bits);
    else if (kind < 23) await nextRound();
    else if (kind < 25) this.#ask(member, rest);
    else if (kind < 27) this.#all((each) => this.#ask(each, rest));
    else if (kind < 28) this.#rare(member, rest);
    else if (kind < 30) this.#reconnect(member, rest);
    else if (kind < 31) await this.#takeBack(member, rest);
    else await this.#settle();
  }

  #all(act: (member: Member) => void): void {
    for (const member of this.#members) act(member);
  }

  #rare(member: Member, bits: number): void {
    if (bits % 4 < 2) this.#switchView(member, bits >> 2);
    else if (bits % 4 === 2) this.#clock.advance(2_000);
    else if (member.client.isWithholding) member.client.giveUpWarming();
  }

  #reconnect(member: Member, bits: number): void {
    this.trace.push(`${member.id} reconnects ${bits}`);
    member.reconnect(this.#hub, bits);
  }

  /** What is on its way arrives, unless it waits for something. */
  async #settle(): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await nextRound();
      this.#all((each) => each.drained());
      this.#all((each) => each.deliverToClient());
      this.#all((each) => each.deliverToServer());
    }
  }

  /** A change that a proxy refuses, of which it may have applied a part, is gone when it is back. */
  async #takeBack(member: Member, bits: number): Promise<void> {
    const { view } = member;
    const type = bits % 2 === 0 ? typeUrls.cluster : typeUrls.listener;
    const [good = "", bad = ""] = names(type).filter((name) => view.content(type).has(name));
    const before = [good, bad].map((name) => [name, view.content(type).get(name)] as const);
    if (bad === "" || before.some(([, content]) => isBad(content?.text ?? ""))) return;
    await this.#settle();
    this.trace.push(`what follows is taken back, and ${member.id} reconnects`);
    for (const [name] of before) {
      const of = { revision: 9, bad: name === bad, wildcard: true, bits: 0 };
      this.#put(view, type, name, makeContent(type, name, of));
    }
    await nextRound();
    member.drained();
    member.deliverToClient();
    if ((bits >> 1) % 2 === 0) member.deliverToServer();
    for (const [name, content] of before) this.#put(view, type, name, content);
    member.reconnect(this.#hub, 0);
  }

  #switchView(member: Member, bits: number): void {
    if (!member.introduced) return;
    const [from, to] = [member.view, this.#viewAt(bits)];
    if (from === to) return;
    this.trace.push(`${member.id} moves from ${from.key} to ${to.key}`);
    for (const type of member.trackers.keys()) {
      for (const name of names(type)) {
        member.tracker(type).moved(name, from.content(type).get(name), to.content(type).get(name));
      }
    }
    member.view = to;
    this.#hub.reselect();
  }

  #write(bits: number): void {
    const view = this.#viewAt(bits % 8 === 0 ? 1 : bits % 8 === 1 ? 2 : 0);
    const rest = Math.floor(bits / 8);
    const type = types[rest % 4] ?? typeUrls.cluster;
    const name = names(type)[Math.floor(rest / 4) % names(type).length] ?? "";
    const action = Math.floor(rest / 16) % 8;
    this.#revision += 1;
    // Few revisions, so that contents come back.
    const of = { revision: this.#revision % 4, bad: action === 1, wildcard: action !== 2 };
    const content = makeContent(type, name, { ...of, bits: Math.floor(rest / 128) });
    this.#put(view, type, name, action === 0 ? undefined : content);
  }

  #put(view: ModelView, type: TypeUrl, name: string, content: Content | undefined): void {
    const truth = view.content(type);
    const before = truth.get(name);
    this.trace.push(`write ${view.key} ${shortName(type)} ${name} = ${content?.text}`);
    if (content === undefined) truth.delete(name);
    else truth.set(name, content);
    view.table(type).write({
      puts: content === undefined ? [] : [toResource(type, name, content)],
      deletes: content === undefined ? [name] : [],
    });
    const isChange = before?.text !== content?.text || before?.wildcard !== content?.wildcard;
    if (isChange) {
      for (const member of this.#members) {
        if (member.view === view) member.tracker(type).touch(name, before);
      }
    }
    this.#hub.changed(view.asView);
  }

  #ask(member: Member, bits: number): void {
    if (member.options.envoy) return;
    const type = types[bits % 4] ?? typeUrls.cluster;
    const rest = Math.floor(bits / 4);
    const chosen = names(type).filter((_, i) => (rest >> i) & 1);
    const star = Math.floor(rest / 16) % 4 === 0 ? ["*"] : [];
    const state = member.client.of(type);
    const hasStar =
      state.wildcard === "explicit" ||
      (state.wildcard === "legacy" && member.options.variant === "delta");
    const asked = new Set([...state.names, ...(hasStar ? ["*"] : [])]);
    const list = [...star, ...chosen];
    const remove = Math.floor(rest / 64) % 4 === 0;
    const gone = remove ? list.filter((name) => asked.has(name)) : [];
    if (remove && gone.length === 0 && state.opened) return;
    member.client.subscribe(type, remove ? [] : list, gone);
  }

  // At rest

  /** Lets everything arrive, with no more writes. */
  async drain(): Promise<void> {
    for (let round = 0, waits = 0; round < 2_000; round += 1) {
      await nextRound();
      let moved = false;
      for (const member of this.#members) {
        const steps = [member.drained(), member.deliverToClient(), member.deliverToServer()];
        moved ||= steps.includes(true);
      }
      this.#checkFailures();
      if (moved) {
        waits = 0;
        continue;
      }
      if (waits < 3) {
        this.#clock.advance(longMs);
        waits += 1;
        continue;
      }
      const withholding = this.#members.filter(({ client }) => client.isWithholding);
      if (withholding.length === 0) return;
      for (const { client } of withholding) client.giveUpWarming();
      waits = 0;
    }
    throw new Error("no rest: messages go on for ever");
  }

  checkRest(): void {
    for (const member of this.#members) member.checkRest();
    for (const view of this.#views) {
      const mine = this.#members.filter((member) => member.view === view);
      if (mine.some((member) => member.mindsBad)) continue;
      for (const type of types) {
        const progress = this.#hub.progress(view.asView, type, view.table(type).generation);
        check(progress === "applied", `view ${view.key} ${shortName(type)}: ${progress}`);
      }
    }
  }

  mend(): void {
    for (const view of this.#views) {
      for (const type of types) {
        for (const [name, content] of [...view.content(type)]) {
          if (!isBad(content.text)) continue;
          this.#put(view, type, name, { ...content, text: content.text.replace("bad", "good") });
        }
      }
    }
  }

  close(): void {
    this.#hub.close();
  }
}
