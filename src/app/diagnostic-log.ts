import type { Logger } from "pino";
import { limits } from "../config/limits.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";

/**
 * Logs each diagnostic once, when it comes, and once a key that has none any more: a refused object
 * is seen by whoever reads the log, and not again at every build. What is remembered is what is in
 * force, so it is bounded as that is.
 */
export function createDiagnosticLog(logger: Logger): (inForce: readonly Diagnostic[]) => void {
  let known: ReadonlyMap<string, Diagnostic> = new Map();
  return (inForce) => {
    if (inForce.length === 0 && known.size === 0) return;
    const now = new Map(inForce.map((each) => [identity(each), each]));
    const added = [...now].filter(([id]) => !known.has(id)).map(([, each]) => each);
    const keys = new Set(inForce.map(({ key }) => key));
    const mended = new Map(
      [...known.values()].filter(({ key }) => !keys.has(key)).map((each) => [each.key, each]),
    );
    known = now;
    const most = limits.observe.loggedDiagnostics;
    for (const each of added.slice(0, most)) logger.warn(fields(each), outcome(each));
    if (added.length > most) {
      logger.warn({ count: added.length - most }, "more objects refused or in doubt");
    }
    for (const { key } of [...mended.values()].slice(0, most))
      logger.info({ key }, "object mended");
    if (mended.size > most) logger.info({ count: mended.size - most }, "more objects mended");
  };
}

/** The same fault of a value that was written again is no news. */
const identity = ({ severity, code, key, path, message }: Diagnostic): string =>
  [severity, code, key, path, message].join("\0");

const fields = ({ key, revision, path, code, message }: Diagnostic): object => ({
  key,
  revision: String(revision),
  path,
  code,
  message,
});

const outcome = ({ severity }: Diagnostic): string =>
  severity === "error" ? "object refused" : "object in doubt";
