/** Where a reader of JSON is, and the first thing that it could not take. */
export interface JsonFault {
  /** In the form `virtual_hosts[0].routes[1].match`; empty for the whole value. */
  readonly path: string;
  /** One sentence: what is wrong, and what was expected. */
  readonly message: string;
}

export interface JsonWalk {
  readonly path: (string | number)[];
  fault: JsonFault | undefined;
}

/** Only the first fault is kept: later ones are often its echo. */
export function refuse(walk: JsonWalk, message: string): undefined {
  walk.fault ??= { path: pathText(walk.path), message };
  return undefined;
}

/** Runs `step` one level deeper. */
export function within<T>(walk: JsonWalk, key: string | number, step: () => T): T {
  walk.path.push(key);
  const result = step();
  walk.path.pop();
  return result;
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\w@]+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index > 0 ? `.${key}` : key;
    })
    .join("");
}

/** How an error names a JSON value. */
export function kindOf(json: unknown): string {
  if (json === null) return "null";
  if (typeof json !== "object") return `a ${typeof json}`;
  return Array.isArray(json) ? "an array" : "an object";
}
