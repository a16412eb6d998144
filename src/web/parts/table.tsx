/** A table that scrolls inside of itself where the screen is narrow, and then can be reached by the keyboard. */
import type { ComponentChildren } from "preact";

export interface TableProps {
  readonly caption: string;
  /** Seen by all, or only by screen readers. */
  readonly captionShown?: boolean;
  readonly head: readonly string[];
  /** Columns of numbers, from 0. */
  readonly numeric?: readonly number[];
  readonly children: ComponentChildren;
}

export function Table({ caption, captionShown = false, head, numeric = [], children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields of a form
    <div class="table-scroll" role="group" tabIndex={0} aria-label={caption}>
      <table>
        <caption class={captionShown ? "" : "unseen"}>{caption}</caption>
        <thead>
          <tr>
            {head.map((name, index) => (
              <th key={name} scope="col" class={numeric.includes(index) ? "number" : ""}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
