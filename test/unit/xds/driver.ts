/** A stream of the pure steps over tables of its own, in a few words per move. */
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { ResourceTable } from "../../../src/snapshot/resource-table.ts";
import { type TypeUrl, typeUrls } from "../../../src/snapshot/type-url.ts";
import { receiveDelta } from "../../../src/xds/delta.ts";
import { nameSet } from "../../../src/xds/name-set.ts";
import { type Received, receiveSotw } from "../../../src/xds/sotw.ts";
import {
  emptyStream,
  nextPush,
  type StreamState,
  streamSent,
  type Variant,
  withType,
} from "../../../src/xds/stream-state.ts";
import { hasApplied, type TypeState } from "../../../src/xds/type-state.ts";
import { knownVersions } from "../../support/known-versions.ts";

export const { cluster: CDS, endpoint: EDS, listener: LDS, route: RDS } = typeUrls;

export interface Sent {
  readonly type: TypeUrl;
  readonly nonce: string;
  readonly version: string;
  /** `name=text` of each resource, sorted. */
  readonly resources: readonly string[];
  readonly removed: readonly string[];
}

export interface ResourceOptions {
  readonly wildcard?: boolean;
  readonly references?: readonly string[];
  readonly version?: string;
}

export const resource = (
  typeUrl: TypeUrl,
  name: string,
  text: string,
  options: ResourceOptions = {},
): Resource => makeResource({ typeUrl, name, any: Buffer.from(`${name}=${text}`), ...options });

export interface Asks {
  readonly names?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly nonce?: string;
  readonly version?: string;
  readonly initial?: Readonly<Record<string, string>>;
  readonly isServed?: boolean;
  readonly error?: string;
}

export class Driver {
  state: StreamState;
  nowMs = 0;
  readonly tables = new Map<TypeUrl, ResourceTable>();
  readonly #logLimit: number;
  #serial = 0;

  constructor(variant: Variant, logLimit = 1_000) {
    this.state = emptyStream(variant);
    this.#logLimit = logLimit;
  }

  table(type: TypeUrl): ResourceTable {
    const known = this.tables.get(type) ?? new ResourceTable(type, this.#logLimit);
    this.tables.set(type, known);
    return known;
  }

  put(type: TypeUrl, name: string, text: string, options: ResourceOptions = {}): string {
    const made = resource(type, name, text, options);
    this.table(type).write({ puts: [made], deletes: [] });
    return made.version;
  }

  remove(type: TypeUrl, ...names: string[]): void {
    this.table(type).write({ puts: [], deletes: names });
  }

  type(type: TypeUrl): TypeState | undefined {
    return this.state.types.get(type);
  }

  /** A request; the nonce is empty unless one is given. */
  ask(type: TypeUrl, asks: Asks = {}): Received["verdict"] {
    const { names = [], unsubscribe = [], nonce = "", version = "", error } = asks;
    const { initial = {}, isServed = false } = asks;
    const previous = this.type(type);
    const received =
      this.state.variant === "sotw"
        ? receiveSotw(previous, type, {
            versionInfo: version,
            nonce,
            names: nameSet(names),
            errorMessage: error,
          })
        : receiveDelta(previous, type, {
            nonce,
            subscribe: nameSet(names),
            unsubscribe: nameSet(unsubscribe),
            initialVersions: knownVersions(initial),
            isServed,
            errorMessage: error,
          });
    this.state = withType(this.state, type, received.state);
    return received.verdict;
  }

  /** Everything that is sent now. */
  pump(): readonly Sent[] {
    const sent: Sent[] = [];
    for (;;) {
      const next = nextPush(this.state, (type) => this.table(type), this.nowMs);
      this.state = next.state;
      if (next.kind === "restart") throw new Error("restart");
      if (next.kind === "idle") return sent;
      const content = next.push.content();
      this.#serial += 1;
      const nonce = `n${this.#serial}`;
      const by = { nonce, nowMs: this.nowMs };
      this.state = streamSent(this.state, next.typeUrl, next.push, content, by);
      sent.push({
        type: next.typeUrl,
        nonce,
        version: content.version,
        resources: content.resources.map(({ any }) => Buffer.from(any).toString()).sort(),
        removed: [...content.removed].sort(),
      });
    }
  }

  /** The one response that is sent now. */
  one(): Sent {
    const [first, ...more] = this.pump();
    if (first === undefined || more.length > 0) throw new Error(`${more.length} more or none`);
    return first;
  }

  /** What is sent now, in short. */
  lines(): readonly string[] {
    return this.pump().map(line);
  }

  /** Answers a response: an ACK unless there is an error. */
  answer(sent: Sent, names: readonly string[] = [], error?: string): Received["verdict"] {
    const asks = { nonce: sent.nonce, version: sent.version };
    return this.ask(sent.type, { ...asks, names, ...(error === undefined ? {} : { error }) });
  }

  /** Subscribes, takes the answer and ACKs it. */
  settle(type: TypeUrl, names: readonly string[] = []): Sent {
    this.ask(type, { names });
    const sent = this.one();
    this.answer(sent, this.state.variant === "sotw" ? names : []);
    return sent;
  }

  applied(type: TypeUrl): boolean {
    const state = this.type(type);
    return state !== undefined && hasApplied(state, this.table(type).generation);
  }
}

const short = new Map([
  [CDS, "CDS"],
  [EDS, "EDS"],
  [LDS, "LDS"],
  [RDS, "RDS"],
]);

export const line = ({ type, resources, removed }: Sent): string =>
  [short.get(type), ...resources, ...removed.map((name) => `-${name}`)].join(" ");
