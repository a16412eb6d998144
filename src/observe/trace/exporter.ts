/**
 * Sends finished traces to a collector, one request at a time. It never holds anything up: what finds no
 * room goes, oldest first, and what fails is tried again ever more seldom.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { withoutSecretsOf } from "../../lib/url-secrets.ts";
import { authorization, causeOf, withoutCredentials } from "../provider-http.ts";
import { type EncodedTrace, encodeTrace, type IdOf, traceRequest } from "./otlp-json.ts";
import type { Attributes, Span } from "./trace.ts";

export interface TraceExporterOptions {
  readonly url: URL;
  readonly clock: Clock;
  /** Who sends them. */
  readonly resource: Attributes;
  readonly idOf: IdOf;
  readonly observer: ExportObserver;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export interface ExportObserver {
  /** `sent`: so many traces arrived. `failed`: an attempt. `dropped`: so many are lost. */
  exported(outcome: "sent" | "failed" | "dropped", count: number): void;
  /** What is wrong, once until it is right again; undefined: it is. */
  exporting(trouble: string | undefined): void;
}

type Outcome =
  | { readonly kind: "sent" }
  | { readonly kind: "again" | "never"; readonly why: string };

const { traces: bounds } = limits;

export class TraceExporter {
  readonly #options: TraceExporterOptions;
  readonly #queue: EncodedTrace[] = [];
  readonly #closing = new AbortController();
  #underWay: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: TraceExporterOptions) {
    this.#options = options;
  }

  add(root: Span): void {
    if (this.#isClosed) {
      this.#tell("dropped", 1);
      return;
    }
    this.#queue.push(encodeTrace(root, this.#options.idOf));
    if (this.#queue.length > bounds.queued) {
      this.#queue.shift();
      this.#tell("dropped", 1);
    }
    this.#go();
  }

  /** One more attempt, and what is left then is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.#options;
    const cancel = clock.after(bounds.closeMs, () => this.#closing.abort());
    await this.#idle();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#go();
    await this.#idle();
    cancel();
    this.#tell("dropped", this.#queue.splice(0).length);
  }

  async #idle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  #go(): void {
    if (this.#underWay !== undefined || this.#cancel !== undefined) return;
    if (this.#queue.length === 0 || this.#closing.signal.aborted) return;
    const batch = this.#queue.splice(0, bounds.batch);
    this.#underWay = this.#attempt(batch);
  }

  async #attempt(batch: readonly EncodedTrace[]): Promise<void> {
    const outcome = await this.#send(batch);
    this.#underWay = undefined;
    this.#settle(batch, outcome);
  }

  #settle(batch: readonly EncodedTrace[], outcome: Outcome): void {
    if (outcome.kind === "sent") {
      if (this.#failures > 0) this.#options.observer.exporting(undefined);
      this.#failures = 0;
      this.#tell("sent", batch.length);
      this.#go();
      return;
    }
    if (this.#failures === 0) this.#options.observer.exporting(outcome.why);
    this.#failures += 1;
    this.#tell("failed", 1);
    if (outcome.kind === "never") this.#tell("dropped", batch.length);
    else this.#putBack(batch);
    if (!this.#isClosed) this.#later();
  }

  #putBack(batch: readonly EncodedTrace[]): void {
    const room = Math.max(0, bounds.queued - this.#queue.length);
    const kept = room === 0 ? [] : batch.slice(-room);
    this.#queue.unshift(...kept);
    this.#tell("dropped", batch.length - kept.length);
  }

  #later(): void {
    const { clock, random = Math.random } = this.#options;
    const most = Math.min(bounds.backoffMaxMs, bounds.backoffMinMs * 2 ** (this.#failures - 1));
    this.#cancel = clock.after(
      bounds.backoffMinMs + random() * (most - bounds.backoffMinMs),
      () => {
        this.#cancel = undefined;
        this.#go();
      },
    );
  }

  #tell(outcome: "sent" | "failed" | "dropped", count: number): void {
    if (count > 0) this.#options.observer.exported(outcome, count);
  }

  async #send(batch: readonly EncodedTrace[]): Promise<Outcome> {
    const { url, resource } = this.#options;
    const { origin: place } = url;
    const overdue = AbortSignal.timeout(bounds.attemptMs);
    try {
      const response = await fetch(withoutCredentials(url), {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/json", ...authorization(url) },
        body: traceRequest(resource, batch),
        signal: AbortSignal.any([overdue, this.#closing.signal]),
      });
      await response.body?.cancel();
      const { status, ok } = response;
      if (ok) return { kind: "sent" };
      const kind = again.has(status) ? "again" : "never";
      return { kind, why: `${place} answers with status ${status}` };
    } catch (failure) {
      if (overdue.aborted) {
        return { kind: "again", why: `${place} did not answer within ${bounds.attemptMs} ms` };
      }
      const why = withoutSecretsOf(url, causeOf(failure));
      return { kind: "again", why: `${place} does not answer: ${why}` };
    }
  }
}

/** Those that the specification lists; whatever else is wrong will be wrong again. */
const again: ReadonlySet<number> = new Set([429, 502, 503, 504]);
