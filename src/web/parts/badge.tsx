/** A state in a word, with a mark of its own for each tone: colour is never the only sign. */
import type { Tone } from "../views/service/verdict.ts";

const marks: Readonly<Record<Tone, string>> = {
  bad: "M3 3l6 6M9 3l-6 6",
  warn: "M6 2v5M6 9.5v.5",
  good: "M2.5 6.5l2.5 2.5 5-6",
  busy: "M3 6h6M6.5 3.5L9 6 6.5 8.5",
  plain: "M3 6h6",
};

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span class={`badge ${tone}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <path d={marks[tone]} />
      </svg>
      {children}
    </span>
  );
}
