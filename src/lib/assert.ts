/**
 * Bugs stop the process: proxies keep their last configuration, and a supervisor restarts serin.
 * Bad input never comes here; it is a Diagnostic.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}

/** Makes the compiler prove that a union was handled whole. */
export function unreachable(value: never): never {
  throw new Error(`bug: unreachable value ${JSON.stringify(value)}`);
}
