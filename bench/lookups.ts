/**
 * Counts what is looked up in, and read from, Maps and Sets while something runs: how many names a
 * change makes the server look at, whatever the machine.
 */

type Method = (this: unknown, ...args: never[]) => unknown;

const iterators = [new Map().entries(), new Set().values()].map(
  (iterator) => Object.getPrototypeOf(iterator) as object,
);

const counted: readonly (readonly [object, string])[] = [
  ...["get", "has"].map((name) => [Map.prototype, name] as const),
  [Set.prototype, "has"],
  ...iterators.map((prototype) => [prototype, "next"] as const),
];

export async function countLookups(run: () => Promise<void>): Promise<number> {
  let count = 0;
  const originals = counted.map(
    ([owner, name]) => [owner, name, Reflect.get(owner, name)] as const,
  );
  for (const [owner, name, original] of originals) {
    const method = original as Method;
    Reflect.set(owner, name, function (this: unknown, ...args: never[]): unknown {
      count += 1;
      return Reflect.apply(method, this, args);
    });
  }
  try {
    await run();
  } finally {
    for (const [owner, name, original] of originals) Reflect.set(owner, name, original);
  }
  return count;
}
