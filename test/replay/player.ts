/**
 * Plays the proxy's side of a fixture against a server without a wire, on a clock of its own, and
 * lists where the server of today does something else than it did when the fixture was recorded.
 *
 * A proxy that is slower or quicker than the recorded one gets fewer or more of the states between:
 * a response that is left out is no mistake where the proxy ends each step with the same contents.
 */
import { setImmediate as nextRound } from "node:timers/promises";
import { isFullStateType, type TypeUrl } from "../../src/snapshot/type-url.ts";
import type { XdsStream } from "../../src/xds/stream.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import { Lab } from "../feature/support.ts";
import type {
  EndLine,
  Fixture,
  Line,
  NodeLine,
  OpenLine,
  RequestLine,
  ResponseLine,
} from "./fixture.ts";
import { longName, readResponse, type WireResponse, writeRequest } from "./messages.ts";
import { type Content, type SceneName, type Step, sceneOf } from "./scenes.ts";

/** Longer than anything that a response waits for. */
const answerMs = 25_000;
/** Resources that retire are gone after a step, as when it was recorded. */
const restMs = 2_500;
const tickMs = 250;

interface Played {
  readonly variant: Variant;
  readonly stream: XdsStream;
  readonly outbox: WireResponse[];
  /** What the nonces of the fixture stand for. */
  readonly nonces: Map<string, string>;
  readonly asked: Map<string, Asked>;
  blocked: boolean;
}

interface Asked {
  /** As it was asked for first on this stream. */
  readonly version: string | undefined;
  names: string;
  lastNonce: string;
}

export class Player {
  readonly problems: string[] = [];
  /** Responses of the fixture that were not needed. */
  readonly leftOut: string[] = [];
  readonly #fixture: Fixture;
  readonly #steps: Iterator<Step>;
  readonly #meanings = new Meanings();
  readonly #was = new Holdings();
  readonly #is = new Holdings();
  readonly #streams = new Map<number, Played>();
  #content: Content = {};
  #lab: Lab | undefined;
  #at = 0;
  #lastNode: NodeLine | undefined;

  constructor(fixture: Fixture) {
    this.#fixture = fixture;
    this.#steps = sceneOf(fixture.head.scene)[Symbol.iterator]();
  }

  async play(): Promise<void> {
    try {
      for (const line of this.#fixture.lines) {
        // The head is line 1.
        this.#at = this.#fixture.lines.indexOf(line) + 2;
        await this.#line(line);
      }
      await this.#rest();
    } finally {
      await this.#lab?.close();
    }
  }

  #line(line: Line): Promise<void> | void {
    if ("step" in line) return this.#step(line.step);
    if ("open" in line) return this.#open(line);
    if ("end" in line) return this.#end(line);
    if ("ask" in line) return this.#ask(line);
    return this.#send(line);
  }

  #problem(what: string): void {
    this.problems.push(`line ${this.#at}: ${what}`);
  }

  get #server(): Lab {
    if (this.#lab === undefined) throw new Error("the fixture does not begin with a step");
    return this.#lab;
  }

  async #step(name: string): Promise<void> {
    if (this.#lab !== undefined) await this.#rest();
    const next = this.#steps.next();
    if (next.done || next.value.name !== name)
      throw new Error(`the scene has no step ${name} here`);
    const { put, restart } = next.value;
    const content = Object.entries({ ...this.#content, ...put });
    this.#content = Object.fromEntries(content.filter(([, value]) => value !== undefined));
    if (this.#lab !== undefined && !restart) {
      await this.#lab.put(put);
      return;
    }
    this.#streams.clear();
    await this.#lab?.close();
    this.#lab = new Lab(this.#content, hasGateway(this.#fixture.head.scene));
    await this.#lab.app.started;
  }

  #open({ stream: number, open: variant, only }: OpenLine): void {
    const outbox: WireResponse[] = [];
    const wire = {
      peer: "127.0.0.1:5000",
      write: (bytes: Uint8Array): boolean => {
        outbox.push(readResponse(variant, bytes));
        const played = this.#streams.get(number);
        if (played !== undefined) played.blocked = true;
        return false;
      },
      end: ({ message }: { readonly message: string }): void => {
        this.#problem(`the server ends stream ${number}: ${message}`);
      },
    };
    const onlyType = only === undefined ? undefined : longName(only);
    const stream = this.#server.app.hub.open(wire, { variant, onlyType });
    if (stream === undefined) throw new Error("the hub takes no more streams");
    const more = { nonces: new Map(), asked: new Map(), blocked: false };
    this.#streams.set(number, { variant, stream, outbox, ...more });
  }

  /** Those that the server ended are ended with it. */
  #end({ stream, end }: EndLine): void {
    if (end === "proxy") {
      this.#streams.get(stream)?.stream.closed({ code: "ok", message: "cancelled by the proxy" });
    }
    this.#streams.delete(stream);
  }

  #ask(line: RequestLine): void {
    const played = this.#streams.get(line.stream);
    if (played === undefined) return;
    const names = JSON.stringify([line.names, line.subscribe, line.unsubscribe]);
    const known = played.asked.get(line.ask);
    const asked = known ?? { version: line.version, names: "", lastNonce: "" };
    played.asked.set(line.ask, asked);
    const asksNothing = played.variant === "sotw" ? asked.names === names : names === nothing;
    asked.names = names;
    let nonce = line.nonce === undefined ? "" : played.nonces.get(line.nonce);
    if (nonce === undefined) {
      // It answers a response that was left out.
      if (line.error !== undefined) this.#problem("what was refused is not sent");
      if (asksNothing) return;
      nonce = asked.lastNonce;
    }
    const { version = "", names: list = [], subscribe = [], unsubscribe = [] } = line;
    const type = line.ask;
    const request = {
      type,
      nonce,
      version: version === "" ? "" : this.#meanings.actual(`version ${type}`, version),
      names: list,
      subscribe,
      unsubscribe,
      initial: new Map(
        (line.initial ?? []).map((label) => [
          nameOf(label),
          this.#meanings.actual(`content ${type} ${nameOf(label)}`, label),
        ]),
      ),
      error: line.error,
      node: this.#node(line.node),
    };
    played.stream.receive(writeRequest(played.variant, request));
  }

  #node(node: RequestLine["node"]): NodeLine | undefined {
    if (node !== "again" && node !== undefined) this.#lastNode = node;
    return node === "again" ? this.#lastNode : node;
  }

  async #send(line: ResponseLine): Promise<void> {
    this.#was.take(line.send, this.#isComplete(line), new Set(line.resources), line.removed ?? []);
    const played = this.#streams.get(line.stream);
    if (played === undefined) return;
    const response = await this.#next(played, line.send);
    if (response === undefined) {
      this.#leaveOut(played, line);
      return;
    }
    const { type, resources, removed } = response;
    played.nonces.set(line.nonce, response.nonce);
    const asked = played.asked.get(type);
    if (asked !== undefined) asked.lastNonce = response.nonce;
    if (line.version !== undefined) {
      const problem = this.#meanings.bind(`version ${type}`, line.version, response.version);
      if (problem !== undefined) this.#problem(problem);
    }
    const labels = new Map(line.resources.map((label) => [nameOf(label), label]));
    for (const [name, version] of resources) {
      const label = labels.get(name);
      if (label === undefined) {
        this.#problem(`${type} ${name} is sent, and was not`);
        continue;
      }
      const problem = this.#meanings.bind(`content ${type} ${name}`, label, version);
      if (problem !== undefined) this.#problem(problem);
    }
    const had = new Set(line.removed ?? []);
    const more = removed.filter((name) => !had.has(name));
    if (more.length > 0) this.#problem(`${type} ${more} is removed, and was not`);
    this.#is.take(type, this.#isComplete(line), this.#labels(response), removed);
  }

  #isComplete(line: ResponseLine): boolean {
    return line.version !== undefined && isFullStateType(longName(line.send) satisfies TypeUrl);
  }

  #labels({ type, resources }: WireResponse): ReadonlySet<string> {
    const labels = [...resources].map(([name, version]) =>
      this.#meanings.label(`content ${type} ${name}`, name, version),
    );
    return new Set(labels);
  }

  /** The next response, if it is of that type; time passes until it comes. */
  async #next(played: Played, type: string): Promise<WireResponse | undefined> {
    for (let waitedMs = 0; waitedMs <= answerMs; waitedMs += tickMs) {
      if (played.outbox.length === 0) this.#unblock(played);
      const [first] = played.outbox;
      if (first !== undefined) return first.type === type ? played.outbox.shift() : undefined;
      this.#server.clock.advance(tickMs);
      await nextRound();
    }
    return undefined;
  }

  #unblock(played: Played): void {
    if (!played.blocked) return;
    played.blocked = false;
    played.stream.drained();
  }

  /** What a proxy that reconnects has already need not come again; the rest is seen at rest. */
  #leaveOut(played: Played, line: ResponseLine): void {
    const asked = played.asked.get(line.send);
    const isFirst = asked?.lastNonce === "";
    const shows = line.version !== undefined && line.version === asked?.version;
    if (isFirst && !shows) this.#problem(`${line.send} is not answered`);
    this.leftOut.push(`line ${this.#at}: ${line.send} ${line.resources}`);
  }

  /** The end of a step: nobody has anything more to say. */
  async #rest(): Promise<void> {
    for (let restedMs = 0; restedMs < restMs; restedMs += tickMs) {
      this.#server.clock.advance(tickMs);
      await nextRound();
      for (const [number, played] of this.#streams) {
        this.#unblock(played);
        for (const response of played.outbox.splice(0)) {
          const what = [...this.#labels(response), ...response.removed.map((name) => `-${name}`)];
          this.#problem(`before: stream ${number} gets ${response.type} ${what} without need`);
        }
      }
    }
    for (const difference of this.#is.differences(this.#was))
      this.#problem(`before: ${difference}`);
  }
}

const nothing = JSON.stringify([undefined, undefined, undefined]);

const hasGateway = (scene: SceneName): boolean => scene === "envoy" || scene === "grpc";

const nameOf = (label: string): string => label.slice(0, label.lastIndexOf("@"));

/** What the symbols of a fixture stand for today: one for one. */
class Meanings {
  readonly #actual = new Map<string, string>();
  readonly #label = new Map<string, string>();

  /** Tells what is wrong with it. */
  bind(group: string, label: string, actual: string): string | undefined {
    const [key, back] = [JSON.stringify([group, label]), JSON.stringify([group, actual])];
    const [known, other] = [this.#actual.get(key), this.#label.get(back)];
    if (known !== undefined && known !== actual) return `${group}: ${label} is not what it was`;
    if (other !== undefined && other !== label) return `${group}: ${label} is the same as ${other}`;
    this.#actual.set(key, actual);
    this.#label.set(back, label);
    return undefined;
  }

  /** One that was left out never had a meaning. */
  actual(group: string, label: string): string {
    return this.#actual.get(JSON.stringify([group, label])) ?? `unknown ${label}`;
  }

  label(group: string, name: string, actual: string): string {
    return this.#label.get(JSON.stringify([group, actual])) ?? `${name}@?`;
  }
}

/** What a proxy has been sent last, by type and name. */
class Holdings {
  readonly #types = new Map<string, Map<string, string>>();

  take(
    type: string,
    complete: boolean,
    labels: ReadonlySet<string>,
    removed: readonly string[],
  ): void {
    const held = complete ? new Map<string, string>() : (this.#types.get(type) ?? new Map());
    for (const label of labels) held.set(nameOf(label), label);
    for (const name of removed) held.delete(name);
    this.#types.set(type, held);
  }

  differences(other: Holdings): readonly string[] {
    const [is, was] = [this.#all(), other.#all()];
    return [
      ...[...is].filter((label) => !was.has(label)).map((label) => `${label} is held, and was not`),
      ...[...was].filter((label) => !is.has(label)).map((label) => `${label} is not held`),
    ];
  }

  #all(): ReadonlySet<string> {
    const all = [...this.#types].flatMap(([type, held]) =>
      [...held.values()].map((label) => `${type} ${label}`),
    );
    return new Set(all);
  }
}
