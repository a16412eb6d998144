/** Takes one of each list, then the next one of each, until there are `most` different ones: a long list leaves room. */
export function inTurns<T>(lists: readonly (readonly T[])[], most: number): ReadonlySet<T> {
  const taken = new Set<T>();
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let at = 0; at < longest; at += 1) {
    for (const list of lists) {
      if (taken.size >= most) return taken;
      const one = list[at];
      if (one !== undefined) taken.add(one);
    }
  }
  return taken;
}
