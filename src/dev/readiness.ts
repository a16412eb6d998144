import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { limits } from "../config/limits.ts";

/**
 * Questions to a process that is starting: does the port accept, does the URL answer. Each attempt
 * is bounded by `limits.dev.readyAttemptMs` and never throws.
 */
export function portAccepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(limits.dev.readyAttemptMs, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

export interface HttpAnswer {
  /** 0 when there was no answer; then `body` says why. */
  readonly status: number;
  readonly body: string;
}

export function httpGet(url: string): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const call = request(url, { agent: false, timeout: limits.dev.readyAttemptMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", (error) => resolve({ status: 0, body: error.message }));
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    call.once("timeout", () => call.destroy(new Error("no answer in time")));
    call.once("error", (error) => resolve({ status: 0, body: error.message }));
    call.end();
  });
}

/** Asks until `ask` says yes, `ended` says that asking is pointless, or the time is over. */
export async function pollUntil(
  ask: () => Promise<boolean>,
  ended: () => boolean,
  timeoutMs: number,
): Promise<"yes" | "ended" | "timeout"> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await ask()) return "yes";
    if (ended()) return "ended";
    if (performance.now() >= deadline) return "timeout";
    await pause(limits.dev.readyPollMs);
  }
}
