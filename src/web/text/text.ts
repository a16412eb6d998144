/** Everything that the page says, as its English has it: other languages have the same keys, which this type holds them to. */
import type { change } from "./en/change.ts";
import type { lists } from "./en/lists.ts";
import type { page } from "./en/page.ts";
import type { service } from "./en/service.ts";

/** The same keys, with any words. */
type Told<T> = {
  readonly [Key in keyof T]: T[Key] extends string
    ? string
    : T[Key] extends (...args: infer Args) => string
      ? (...args: Args) => string
      : Told<T[Key]>;
};

export type Text = Told<typeof page & typeof service & typeof change & typeof lists>;
