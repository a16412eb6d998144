import type { CliIo } from "./context.ts";

/** Resolves when a command that runs until it is stopped is to end: Ctrl-C, or SIGTERM. */
export function stopped({ stop }: CliIo): Promise<void> {
  return new Promise((resolve) => {
    if (stop === undefined) {
      process.once("SIGINT", () => resolve());
      process.once("SIGTERM", () => resolve());
    } else if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for so long, or until it is ended; true: it was. */
export function endedWithin(ms: number, ended: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve(true);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      ended.removeEventListener("abort", end);
      resolve(false);
    }, ms);
    ended.addEventListener("abort", end, { once: true });
  });
}
