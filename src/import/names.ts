/** Names of serin's for names of others, each of which is taken once. */
import { isName } from "../model/names.ts";

export class Names {
  readonly #taken = new Set<string>();

  /** The first of these that is a name and free; else one that is made of the last. */
  pick(...wanted: readonly (string | undefined)[]): string {
    for (const name of wanted) {
      if (name !== undefined && isName(name) && !this.#taken.has(name)) return this.#take(name);
    }
    const plain = (wanted.at(-1) ?? "").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
    const base = plain.replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "").slice(0, 200) || "unnamed";
    if (!this.#taken.has(base)) return this.#take(base);
    for (let n = 2; ; n += 1) {
      const name = `${base}-${n}`;
      if (!this.#taken.has(name)) return this.#take(name);
    }
  }

  #take(name: string): string {
    this.#taken.add(name);
    return name;
  }
}
