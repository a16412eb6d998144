/**
 * What readers are told of each service. A summary is made for the first reader that takes it, and again when
 * the service was touched; one that says the same as before is not told again.
 */
import type { Summaries } from "../live/service-summary.ts";
import { eventBytes } from "./event-json.ts";
import type { Cell } from "./subscription.ts";

export class ServiceCells {
  readonly #summaries: Summaries;
  readonly #services = new Map<string, ServiceCell>();
  readonly #figures = new Map<string, FiguresCell>();

  constructor(summaries: Summaries) {
    this.#summaries = summaries;
  }

  /** Services of which something is kept. */
  get size(): number {
    return this.#services.size;
  }

  service(name: string): ServiceCell {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const made = new ServiceCell(name, this.#summaries);
    this.#services.set(name, made);
    return made;
  }

  /** Looks at the service again: its cell, where there is something else to say. */
  renewed(name: string): ServiceCell | undefined {
    const cell = this.service(name);
    if (!cell.renew()) return undefined;
    // Whoever waits for figures gets those of its versions now.
    this.#figures.get(name)?.stepped();
    return cell;
  }

  /** After a step: what was said of its figures is old. */
  stepped(name: string): Cell {
    this.#services.get(name)?.stepped();
    const cell = this.#figures.get(name) ?? new FiguresCell(name, this.#summaries);
    this.#figures.set(name, cell);
    cell.stepped();
    return cell;
  }

  /** What readers need not be told any more of a service that has gone. */
  forget(name: string): Cell | undefined {
    const figures = this.#figures.get(name);
    this.#figures.delete(name);
    this.#services.delete(name);
    return figures;
  }
}

class ServiceCell implements Cell {
  readonly #name: string;
  readonly #summaries: Summaries;
  #bytes: Uint8Array | undefined;
  /** What was said last, without figures, which have an event of their own. */
  #said: string | undefined;
  #isGone = false;

  constructor(name: string, summaries: Summaries) {
    this.#name = name;
    this.#summaries = summaries;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  take(): Uint8Array {
    if (this.#bytes === undefined) this.#say();
    return this.#bytes ?? eventBytes("gone", { service: this.#name });
  }

  /** Looks again; whether there is something else to say. */
  renew(): boolean {
    const said = this.#said;
    this.#said = undefined;
    this.#say();
    return this.#said !== said;
  }

  /** Whoever takes it next gets its figures as they are then. */
  stepped(): void {
    this.#bytes = undefined;
  }

  #say(): void {
    const summary = this.#summaries.of(this.#name);
    this.#isGone = summary === undefined;
    this.#bytes =
      summary === undefined
        ? eventBytes("gone", { service: this.#name })
        : eventBytes("service", summary);
    // One that waits to be looked at again keeps what all have heard.
    this.#said ??= JSON.stringify({ ...summary, figures: undefined });
  }
}

class FiguresCell implements Cell {
  readonly #name: string;
  readonly #summaries: Summaries;
  #bytes: Uint8Array | undefined;

  constructor(name: string, summaries: Summaries) {
    this.#name = name;
    this.#summaries = summaries;
  }

  stepped(): void {
    this.#bytes = undefined;
  }

  take(): Uint8Array | undefined {
    if (this.#bytes !== undefined) return this.#bytes;
    const figures = this.#summaries.figuresOf(this.#name);
    this.#bytes = figures && eventBytes("figures", figures);
    return this.#bytes;
  }
}
