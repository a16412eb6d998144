/**
 * Reads a stream of server-sent events, and remembers what it was told, as a page would. Each event is held against
 * the contract, by the schema of its name, whoever reads it and why.
 */
import { request } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { events as contract, type EventName } from "../../src/api/events.ts";
import { eventually } from "./wait.ts";

export interface ReadEvent {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read events of any shape
  readonly data: any;
}

export interface EventReader {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** In order. */
  readonly events: readonly ReadEvent[];
  /** Comments so far. */
  readonly beats: number;
  /** How the stream ended; undefined: it has not. */
  readonly ended: "end" | "cut" | undefined;
  /** Stops to read, or goes on. */
  pause(): void;
  resume(): void;
  /** The first event that fits, from the `from`th on. */
  event(fits: (event: ReadEvent) => boolean, what: string, from?: number): Promise<ReadEvent>;
  /** Fails where an event was not as the contract has it. */
  close(): void;
}

export function readEvents(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers });
    asked.once("error", reject);
    asked.once("response", (response) => {
      const events: ReadEvent[] = [];
      const broken: string[] = [];
      let [rest, beats] = ["", 0];
      let ended: EventReader["ended"];
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        const parts = (rest + text).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          if (part.startsWith(":")) beats += 1;
          else {
            events.push(parsed(part));
            broken.push(...breachesOf(part));
          }
        }
      });
      response.on("end", () => {
        ended = "end";
      });
      response.on("error", () => {
        ended = "cut";
      });
      asked.on("error", () => {
        ended = "cut";
      });
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        events,
        get beats() {
          return beats;
        },
        get ended() {
          return ended;
        },
        pause: () => response.pause(),
        resume: () => response.resume(),
        event: (fits, what, from = 0) => eventually(() => events.slice(from).find(fits), { what }),
        close: () => {
          asked.destroy();
          const told = broken.splice(0);
          if (told.length > 0) throw new Error(`not as the contract has it:\n${told.join("\n")}`);
        },
      });
    });
    asked.end();
  });
}

function parsed(text: string): ReadEvent {
  const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
  return { name, data: JSON.parse(data) };
}

function breachesOf(text: string): readonly string[] {
  const { name, data } = parsed(text);
  const schema = contract[name as EventName];
  if (schema === undefined) return [`${name}: no such event: ${text}`];
  const read = schema.safeParse(data);
  if (!read.success) return [`${name}: ${read.error.message}`];
  // What the schema does not name is left out by it.
  return isDeepStrictEqual(read.data, data) ? [] : [`${name}: more than is documented: ${text}`];
}
