/** Which resources come, change and go, as a table for people. */
import type { ResourceChange } from "../plan/resource-changes.ts";
import { plainText, tableText } from "./table.ts";
import type { Paint } from "./terminal.ts";

/** Names of one row that are shown; -o json has all. */
const mostNames = 10;

const colours = { "+": "green", "~": "yellow", "-": "red" } as const;

/** Empty where nothing differs. */
export function resourcesText(resources: readonly ResourceChange[], paint: Paint): string {
  const rows = resources.flatMap(({ place, type, added, changed, removed }) =>
    (
      [
        ["+", added],
        ["~", changed],
        ["-", removed],
      ] as const
    ).flatMap(([mark, names]) =>
      names.length === 0
        ? []
        : [[plainText(place), type, paint(colours[mark], `${mark} ${namesText(names)}`)]],
    ),
  );
  return rows.length === 0 ? "" : tableText([["PLACE", "TYPE", "RESOURCES"], ...rows]);
}

function namesText(names: readonly string[]): string {
  const rest = names.length - mostNames;
  const shown = names.slice(0, mostNames).join(", ");
  return plainText(rest > 0 ? `${shown} and ${rest} more` : shown);
}
