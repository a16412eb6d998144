/** What a change would do, as a table for people. */
import type { PlanJson } from "../api/plan.ts";
import type { Fault } from "./apply-plan.ts";
import { faultText } from "./object-faults.ts";
import { resourcesText } from "./resources-text.ts";
import { plainText, tableText } from "./table.ts";
import { type Paint, unpainted } from "./terminal.ts";

type Plan = Pick<PlanJson, "objects" | "weights" | "resources"> & {
  readonly diagnostics: readonly Omit<Fault, "file">[];
};
type WeightChange = PlanJson["weights"][number];

export function planText(plan: Plan, paint: Paint = unpainted): string {
  const objects = plan.objects.filter(({ result }) => result !== "unchanged");
  const parts = [
    section(
      "OBJECT",
      "CHANGE",
      objects.map(({ key, result }) => [plainText(key), result]),
    ),
    section("SERVICE", "WEIGHTS", plan.weights.map(weightRow)),
    resourcesText(plan.resources, paint),
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

function summary({ weights, resources }: Plan, objects: number): string {
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
