/**
 * Whether the server's stream of events has said that something is new, for who shows it again and again. A
 * stream that breaks, or is refused, is asked for again; until then there is nothing to rely on.
 */
import type { Command } from "commander";
import { type Client, judged } from "../api/client.ts";
import { createEventReader } from "../api/event-reader.ts";
import type { EventName } from "../api/events.ts";
import { limits } from "../config/limits.ts";
import { err, ok } from "../lib/result.ts";
import { fromAdmin } from "./admin-client.ts";
import { endedWithin } from "./stopped.ts";

export class EventNews {
  readonly #names: ReadonlySet<string>;
  #isOpen = false;
  #refusal: string | undefined;
  #isNew = false;
  #wake: () => void = () => undefined;

  /** Of events with these names. */
  constructor(names: readonly EventName[]) {
    this.#names = new Set(names);
  }

  /** Whether the server would tell. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why the server would not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Whether there is news since it was last asked. */
  take(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  /** Waits for news, for so long at the most. */
  async within(ms: number, ended: AbortSignal): Promise<void> {
    if (this.#isNew) return;
    const over = new AbortController();
    this.#wake = () => over.abort();
    await endedWithin(ms, AbortSignal.any([ended, over.signal]));
    this.#wake = () => undefined;
  }

  async follow(command: Command, ended: AbortSignal): Promise<void> {
    do await this.#once(command, ended);
    while (!(await endedWithin(limits.cli.eventsAgainMs, ended)));
  }

  async #once(command: Command, ended: AbortSignal): Promise<void> {
    const silent = new AbortController();
    const silence = setTimeout(() => silent.abort(), limits.cli.eventsSilenceMs);
    const signal = AbortSignal.any([ended, silent.signal]);
    const opened = await fromAdmin(command, (api) => open(api, signal));
    const { error } = opened.ok ? { error: undefined } : opened;
    // Where there is no answer, who looks is told as well, and says so.
    this.#refusal = error?.status ? error.detail : undefined;
    if (opened.ok) {
      try {
        await this.#read(opened.value, silence);
      } catch {
        // It broke, and is opened again.
      }
    }
    clearTimeout(silence);
    silent.abort();
    this.#isOpen = false;
    this.#tell();
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, silence: NodeJS.Timeout) {
    const take = createEventReader();
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      silence.refresh();
      this.#isOpen = true;
      if (take(text).some(({ event }) => this.#names.has(event))) this.#tell();
    }
  }

  #tell(): void {
    this.#isNew = true;
    this.#wake();
  }
}

async function open(api: Client, signal: AbortSignal) {
  try {
    const response = await api.open("GET /v1/events", {}, { signal, accept: "text/event-stream" });
    const { body } = response;
    if (response.ok && body !== null) return ok(body as ReadableStream<Uint8Array<ArrayBuffer>>);
    const told = judged(response, await response.text(), "GET /v1/events");
    return told.ok ? err({ kind: "notSerin" as const, what: "GET /v1/events is no stream" }) : told;
  } catch (cause) {
    return err({ kind: "noAnswer" as const, cause });
  }
}
