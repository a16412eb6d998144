/** What a change would do, as a table for people. */
import type { ChangePlan } from "../plan/change-plan.ts";
import type { ResourceChange } from "../plan/resource-changes.ts";
import type { WeightChange } from "../plan/weight-changes.ts";
import { faultText } from "./object-faults.ts";
import { plainText, tableText } from "./table.ts";
import { type Paint, unpainted } from "./terminal.ts";

/** Names of one row that are shown; -o json has all. */
const mostNames = 10;

export function planText(plan: ChangePlan, paint: Paint = unpainted): string {
  const objects = plan.objects.filter(({ result }) => result !== "unchanged");
  const parts = [
    section(
      "OBJECT",
      "CHANGE",
      objects.map(({ key, result }) => [plainText(key), result]),
    ),
    section("SERVICE", "WEIGHTS", plan.weights.map(weightRow)),
    resourceSection(plan.resources, paint),
    plan.diagnostics.map((each) => `${faultText(each)}\n`).join(""),
    summary(plan, objects.length),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

const section = (head: string, second: string, rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? "" : tableText([[head, second], ...rows]);

function weightRow({ service, before, after }: WeightChange): readonly string[] {
  const versions = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const share = (shares: WeightChange["before"], version: string): string => {
    const percent = shares?.[version];
    return percent === undefined ? "none" : `${percent} %`;
  };
  const moves = versions.map((version) => {
    const [was, is] = [share(before, version), share(after, version)];
    return was === is ? `${version} ${is}` : `${version} ${was} -> ${is}`;
  });
  return [plainText(service), plainText(moves.join(", "))];
}

const colours = { "+": "green", "~": "yellow", "-": "red" } as const;

function resourceSection(resources: readonly ResourceChange[], paint: Paint): string {
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

function summary({ weights, resources }: ChangePlan, objects: number): string {
  const count = resources.reduce(
    (sum, { added, changed, removed }) => sum + added.length + changed.length + removed.length,
    0,
  );
  if (objects === 0) return "nothing would change\n";
  const counts = [
    counted(objects, "object"),
    `weights of ${counted(weights.length, "service")}`,
    counted(count, "resource"),
  ];
  return `${counts.join(", ")} would change\n`;
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;
