/**
 * What the specification lets a server send on one stream for one type: kept beside the server, from
 * the messages and the writes alone, and asked at each response.
 */
import type { TypeUrl } from "../../src/snapshot/type-url.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import {
  type Content,
  check,
  type Interest,
  isFull,
  isSeparate,
  nothing,
  type Request,
  type Response,
  seesContent,
  textOf,
} from "./content.ts";

export type Truth = ReadonlyMap<string, Content>;

interface Unanswered {
  readonly response: Response;
  readonly names: ReadonlySet<string>;
  /** What was rejected may be tried again: it changed since. */
  unlocked: boolean;
  unlocksRest: boolean;
}

export class Tracker {
  readonly type: TypeUrl;
  readonly variant: Variant;
  readonly strict: boolean;
  interest: Interest = nothing;
  opened = false;
  lastNonce: string | undefined;
  inFlight: Unanswered | undefined;
  owesAnswer = false;
  /** Last text sent by name; what was said to be gone is not there. */
  readonly sent = new Map<string, string>();
  /** The same as of the last ACK: what the proxy surely has. */
  readonly acked = new Map<string, string>();
  /** What was there when a name was first written since it was sent. */
  readonly #touched = new Map<string, Content | undefined>();
  readonly #asked = new Set<string>();
  readonly #everAsked = new Set<string>();
  readonly #rejected = new Set<string>();
  readonly #doubted = new Set<string>();
  #askedAll = false;
  #unlocked = false;
  /** It was moved to another view before it had all of this one: more may be said than is new. */
  #movedEarly = false;

  constructor(type: TypeUrl, variant: Variant, strict: boolean) {
    this.type = type;
    this.variant = variant;
    this.strict = strict;
  }

  get isRejected(): boolean {
    return this.#rejected.size > 0;
  }

  /** What the proxy may or may not hold when its stream ends. */
  get inDoubt(): readonly string[] {
    return [...this.#rejected, ...(this.inFlight?.names ?? [])];
  }

  /** Before the first request of a stream: these may come first, whatever the proxy says it has. */
  doubt(names: Iterable<string>): void {
    for (const name of names) this.#doubted.add(name);
  }

  /** Takes a request, and tells what it is by the specification. */
  receive(request: Request, truth: Truth): "ack" | "nack" | "neither" {
    const verdict = this.#verdict(request);
    if (verdict === "nack") this.#reject();
    if (verdict === "ack") this.#accept();
    this.#ask(request, truth);
    return verdict;
  }

  #verdict(request: Request): "ack" | "nack" | "neither" {
    const answers = this.inFlight !== undefined && request.nonce === this.lastNonce;
    if (!answers) return "neither";
    return request.error === undefined ? "ack" : "nack";
  }

  #reject(): void {
    for (const name of this.inFlight?.names ?? []) {
      this.#rejected.add(name);
      // A rejected removal may be said again.
      this.#everAsked.add(name);
    }
    this.#unlocked = this.inFlight?.unlocked ?? false;
    this.inFlight = undefined;
  }

  #accept(): void {
    if (this.inFlight === undefined) return;
    const { response, unlocksRest } = this.inFlight;
    this.inFlight = undefined;
    if (unlocksRest) this.#unlocked = true;
    if (this.#isComplete) this.acked.clear();
    for (const name of response.removed) this.acked.delete(name);
    for (const resource of response.resources) this.acked.set(resource.name, textOf(resource));
  }

  get #isComplete(): boolean {
    return this.variant === "sotw" && isFull(this.type);
  }

  #ask(request: Request, truth: Truth): void {
    const { interest: before } = this;
    this.interest = request.interest;
    const removed = [...before.names].filter((name) => !this.interest.names.has(name));
    const added =
      this.variant === "delta"
        ? request.subscribe.filter((name) => name !== "*")
        : [...this.interest.names].filter((name) => !before.names.has(name));
    const first = !this.opened;
    this.opened = true;
    for (const name of added) this.#everAsked.add(name);
    if (first) {
      this.owesAnswer = this.variant === "sotw" || this.interest.wildcard || added.length === 0;
      for (const [name, text] of request.initialTexts) {
        this.acked.set(name, text);
        this.sent.set(name, text);
        const now = truth.get(name);
        if (now?.text !== text || !seesContent(this.interest, name, now)) {
          this.#touched.set(name, { text, wildcard: true });
        }
      }
    }
    for (const name of added) if (!first || !this.sent.has(name)) this.#asked.add(name);
    if (this.interest.wildcard) for (const name of removed) this.#asked.add(name);
    const wildcardAdded =
      this.variant === "delta"
        ? request.subscribe.includes("*") && !first
        : this.interest.wildcard && !before.wildcard;
    if (wildcardAdded) this.#askedAll = true;
    // The wildcard may see nothing of what is on its way, so that it may be told once more.
    if (wildcardAdded) for (const name of this.inFlight?.names ?? []) this.#asked.add(name);
    if (wildcardAdded && this.variant === "delta") this.owesAnswer = true;
    if (added.length + removed.length > 0 || this.interest.wildcard !== before.wildcard) {
      this.unlock();
    }
  }

  unlock(): void {
    this.#unlocked = true;
    if (this.inFlight) this.inFlight.unlocked = true;
  }

  touch(name: string, before: Content | undefined): void {
    if (!this.#touched.has(name)) this.#touched.set(name, before);
    if (this.#rejected.has(name)) this.unlock();
    if (this.inFlight?.names.has(name)) this.inFlight.unlocked = true;
  }

  /** Another view is in force: what the one before had may have been on its way. */
  moved(name: string, before: Content | undefined, after: Content | undefined): void {
    if (this.inFlight !== undefined || this.#touched.size > 0) this.#movedEarly = true;
    const differs = before?.text !== after?.text || before?.wildcard !== after?.wildcard;
    if (differs) this.touch(name, before);
    const { interest } = this;
    const isSeen = seesContent(interest, name, before) || seesContent(interest, name, after);
    if (!isSeen && this.inFlight === undefined) return;
    if (differs) this.#asked.add(name);
    this.#everAsked.add(name);
  }

  /** Checks a response and takes it as sent. `alsoDue`: load assignments of changed clusters. */
  send(response: Response, truth: Truth, alsoDue: ReadonlySet<string>): void {
    check(this.inFlight === undefined, "a second response in flight");
    check(response.nonce !== this.lastNonce, "a nonce is used twice");
    for (const resource of response.resources) {
      const now = truth.get(resource.name);
      check(now?.text === textOf(resource), `old content of ${resource.name}`);
      check(seesContent(this.interest, resource.name, now), `${resource.name} is not asked for`);
    }
    if (this.#isComplete) this.#sendComplete(response, truth);
    else this.#sendPart(response, truth, alsoDue);
    const names = new Set([...response.resources.map(({ name }) => name), ...response.removed]);
    this.inFlight = { response, names, unlocked: false, unlocksRest: false };
    this.lastNonce = response.nonce;
    this.owesAnswer = false;
    if (isSeparate(this.type) && (this.#askedAll || this.#movedEarly))
      this.#askOthers(names, truth);
    // What waits for its turn may be gone by then.
    if (isSeparate(this.type)) for (const name of truth.keys()) this.#everAsked.add(name);
    this.#askedAll = false;
    this.#movedEarly = false;
    this.#doubted.clear();
    // Once a part of it is accepted, the rest of what was rejected may be good as well.
    for (const name of names) {
      if (this.#rejected.delete(name)) this.inFlight.unlocksRest = true;
    }
  }

  /** What was asked for as a whole comes in several responses. */
  #askOthers(names: ReadonlySet<string>, truth: Truth): void {
    for (const name of [...truth.keys(), ...this.sent.keys()]) {
      if (names.has(name)) continue;
      this.#asked.add(name);
      this.#everAsked.add(name);
    }
  }

  #sendComplete(response: Response, truth: Truth): void {
    const visible = [...truth].filter(([name, now]) => seesContent(this.interest, name, now));
    check(visible.length === response.resources.length, "a complete set lacks something");
    const changed = [...this.#touched].some(
      ([name, before]) =>
        seesContent(this.interest, name, before) ||
        seesContent(this.interest, name, truth.get(name)),
    );
    const retry = this.#unlocked && this.#rejected.size > 0;
    const asked = this.owesAnswer || this.#askedAll || this.#asked.size > 0 || this.#movedEarly;
    check(!this.strict || changed || asked || retry, "a complete set is sent without cause");
    this.sent.clear();
    for (const [name, { text }] of visible) this.sent.set(name, text);
    this.#touched.clear();
    this.#asked.clear();
  }

  #sendPart(response: Response, truth: Truth, alsoDue: ReadonlySet<string>): void {
    const count = response.resources.length + response.removed.length;
    check(count <= 1 || !isSeparate(this.type), "several secrets in one response");
    const empty = count === 0;
    check(!empty || this.owesAnswer || this.#askedAll, "an empty response without cause");
    for (const resource of response.resources) this.#sendOne(resource.name, alsoDue);
    for (const resource of response.resources) this.sent.set(resource.name, textOf(resource));
    for (const name of response.removed) {
      check(this.variant === "delta", "removal in a state-of-the-world response");
      check(!seesContent(this.interest, name, truth.get(name)), `${name} removed but there`);
      // With a new wildcard everything was asked for, and may have been there at that time.
      const asked = this.#everAsked.has(name) || this.#askedAll || this.#doubted.has(name);
      const known = this.sent.has(name) || asked;
      check(known, `removal of ${name}, which the proxy neither has nor asked for`);
      this.#sendOne(name, alsoDue);
      this.sent.delete(name);
    }
  }

  /** Whether a name may be new to the proxy, so that there is a cause to send it. */
  mayBeNew(name: string): boolean {
    // A complete set repeats what was rejected, whatever it is sent for.
    const retried = (this.#unlocked && !isSeparate(this.type)) || this.#isComplete;
    const retry = retried && this.#rejected.has(name);
    const due = this.#touched.has(name) || this.#asked.has(name) || this.#doubted.has(name);
    const fresh = !this.sent.has(name) && this.interest.wildcard;
    return due || retry || fresh || this.#askedAll || this.#movedEarly || !this.strict;
  }

  #sendOne(name: string, alsoDue: ReadonlySet<string>): void {
    check(this.mayBeNew(name) || alsoDue.has(name), `${name} is sent without cause`);
    this.#touched.delete(name);
    this.#asked.delete(name);
  }
}
