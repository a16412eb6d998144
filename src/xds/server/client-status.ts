/**
 * The Client Status Discovery Service on the xDS port, for tools that ask what each proxy runs. Who
 * asks reads the configuration of others, so it is not enough to be a proxy: see docs/csds.md.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/status/v3/csds.proto
 */
import type { ClientStatusReaders } from "../../config/config.ts";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { isLoopback } from "../../lib/loopback.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import { type ShowResource, statusAnswer } from "../status/status-answer.ts";
import { StatusAnswers } from "../status/status-answers.ts";
import { readStatusRequest } from "../status/status-request.ts";
import type { XdsStream } from "../stream.ts";
import type { CallSide, GrpcCall } from "./call.ts";

/** The Client Status Discovery Service (CSDS) at an address. */
export interface ClientStatusOptions {
  /** Who may ask: who connects from loopback, or whose certificate has one of these names. */
  readonly readers: ClientStatusReaders;
  /**
   * What may be seen of a resource, as an encoded google.protobuf.Any; undefined: nothing. Default:
   * nothing. It is never asked about a Secret. An exception goes to `onCallbackFailed`, and shows nothing.
   */
  readonly show?: ShowResource | undefined;
}

/** A call for status that has ended other than as it should. */
export interface StatusFailure {
  /** Address and port of the one who asked. */
  readonly peer: string;
  /** The gRPC status, in small letters: `permission_denied`. */
  readonly code: EndReason["code"];
  readonly reason: string;
  readonly bug?: unknown;
}

/** A request for status that was answered. */
export interface StatusAnswered {
  /** Address and port of the one who asked. */
  readonly peer: string;
  /** Of the answer. */
  readonly bytes: number;
}

export interface ClientStatusParts extends ClientStatusOptions {
  readonly clock: Clock;
  readonly streams: Iterable<XdsStream>;
  answered(answer: StatusAnswered): void;
  failed(failure: StatusFailure): void;
}

/** The one at the other end of a call. */
export interface Caller {
  /** IP address; undefined where it is not known. */
  readonly address: string | undefined;
  /** Names in its certificate; none where it has shown none. */
  certificateNames(): readonly string[];
}

export class ClientStatus {
  readonly #parts: ClientStatusParts;
  readonly #answers: StatusAnswers;
  readonly #calls = new Set<StatusCall>();

  constructor(parts: ClientStatusParts) {
    this.#parts = parts;
    this.#answers = new StatusAnswers(parts.clock);
  }

  /** `once`: it is answered once, and is over then. */
  serve(call: GrpcCall, caller: Caller, once: boolean): void {
    const refusal = this.#refusal(caller);
    if (refusal !== undefined) {
      this.#parts.failed(failureOf(call, refusal));
      call.end(refusal);
      return;
    }
    const side = new StatusCall({
      call,
      once,
      ask: (bytes, done) => this.#ask(bytes, done),
      answered: (bytes) => this.#parts.answered({ peer: call.peer, bytes }),
      ended: (reason) => {
        this.#calls.delete(side);
        // The server goes, or the connection is old: that is nobody's failure.
        if (reason.code !== "ok" && reason.code !== "unavailable") {
          this.#parts.failed(failureOf(call, reason));
        }
      },
    });
    this.#calls.add(side);
    call.begin(side);
  }

  #refusal(caller: Caller): EndReason | undefined {
    if (!mayRead(this.#parts.readers, caller)) return reasons.notAReader;
    return this.#calls.size >= limits.xds.statusCalls ? reasons.tooManyStatusCalls : undefined;
  }

  #ask(bytes: Uint8Array, done: Done): EndReason | (() => void) {
    const { streams, show = () => undefined } = this.#parts;
    const question = readStatusRequest(bytes);
    if ("code" in question) return question;
    return this.#answers.make(statusAnswer(streams, question, show), done);
  }

  /** Ends all calls. */
  close(): void {
    for (const call of this.#calls) call.stop(reasons.draining);
  }
}

const failureOf = ({ peer }: GrpcCall, { code, message, bug }: EndReason): StatusFailure => ({
  peer,
  code,
  reason: message,
  ...(bug !== undefined && { bug }),
});

function mayRead(readers: ClientStatusReaders, { address, certificateNames }: Caller): boolean {
  if (readers === "loopback") return address !== undefined && isLoopback(address);
  return certificateNames().some((name) => readers.certificates.includes(name));
}

type Done = (answer: Uint8Array | EndReason) => void;

interface StatusCallParts {
  readonly call: GrpcCall;
  readonly once: boolean;
  /** What cancels it, or why it is not answered. */
  ask(bytes: Uint8Array, done: Done): EndReason | (() => void);
  answered(bytes: number): void;
  ended(reason: EndReason): void;
}

/** One request is answered after the other, and the next one once the client has read. */
class StatusCall implements CallSide {
  readonly #parts: StatusCallParts;
  /** While an answer is made. */
  #cancel: (() => void) | undefined;
  #unread = false;
  #halfClosed = false;
  #asked = false;
  #ended = false;

  constructor(parts: StatusCallParts) {
    this.#parts = parts;
  }

  message(bytes: Uint8Array): void {
    const { once, ask } = this.#parts;
    if (this.#cancel !== undefined || this.#unread || (once && this.#asked)) {
      this.stop(reasons.oneStatusAtATime);
      return;
    }
    this.#asked = true;
    const asked = ask(bytes, (answer) => this.#answer(answer));
    if (typeof asked === "function") this.#cancel = asked;
    else this.stop(asked);
  }

  #answer(answer: Uint8Array | EndReason): void {
    this.#cancel = undefined;
    if ("code" in answer) {
      this.stop(answer);
      return;
    }
    this.#unread = true;
    this.#parts.call.write(answer);
    this.#parts.answered(answer.length);
    if (this.#parts.once || this.#halfClosed) this.stop(reasons.clientEnded);
  }

  halfClosed(): void {
    this.#halfClosed = true;
    if (this.#parts.once && !this.#asked) this.stop(reasons.malformedStatus);
    else if (this.#cancel === undefined) this.stop(reasons.clientEnded);
  }

  drained(): void {
    this.#unread = false;
  }

  stop(reason: EndReason): void {
    if (this.#ended) return;
    this.#over(reason);
    this.#parts.call.end(reason);
  }

  closed(): void {
    if (!this.#ended) this.#over(reasons.cancelled);
  }

  #over(reason: EndReason): void {
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#parts.ended(reason);
  }
}
