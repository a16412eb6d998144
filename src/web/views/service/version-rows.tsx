/** A row for each version of a service, with the numbers that are asked for. */
import type { ServiceSummary, SplitJson, VersionFigures } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { dash, type Formats } from "../../format.ts";
import { VersionName } from "../../parts/split-bar.tsx";
import { isFailing } from "./failing.ts";

interface Cell {
  readonly words: string;
  readonly tone?: "bad-text" | "strong" | "quiet";
}

interface Words {
  readonly noWeight: string;
  readonly noData: string;
}

/** `figures` undefined: nobody has reported any of the version. */
type Column = (
  part: SplitJson,
  figures: VersionFigures | undefined,
  formats: Formats,
  words: Words,
) => Cell;

const columns = {
  share: ({ percent }, _, { percent: words }) => ({ words: words(percent), tone: "strong" }),
  weight: ({ weight }, _, { count }, { noWeight }) => ({
    words: weight === null ? noWeight : count(weight),
  }),
  instances: ({ instances }, _, { count }) => ({
    words: count(instances),
    ...(instances === 0 && { tone: "bad-text" }),
  }),
  rate: (_, figures, { rate }) => ({ words: figures ? rate(figures.requestsPerSecond) : dash }),
  errors: (_, figures, { ratio }) => ({
    words: ratio(figures?.errorRatio ?? null),
    ...(isFailing(figures) && { tone: "bad-text" }),
  }),
  p50: (_, figures, { ms }) => ({ words: ms(figures?.latencyMs?.p50 ?? null) }),
  p99: (_, figures, { ms }) => ({ words: ms(figures?.latencyMs?.p99 ?? null) }),
  heard: (_, figures, { age }, { noData }) => ({
    words: figures?.ageMs == null ? noData : age(figures.ageMs),
    tone: "quiet",
  }),
} as const satisfies Readonly<Record<string, Column>>;

export type VersionColumn = keyof typeof columns;

export interface VersionRowsProps {
  readonly summary: ServiceSummary;
  readonly shown: readonly VersionColumn[];
}

export function VersionRows({ summary: { split, figures }, shown }: VersionRowsProps) {
  const { text, formats } = useApp();
  const versions = split.map(({ version }) => version);
  return (
    <>
      {split.map((part) => (
        <tr key={part.version}>
          <th scope="row">
            <VersionName version={part.version} among={versions} />
          </th>
          {shown.map((column) => {
            const found = figures.find(({ version }) => version === part.version);
            const cell: Column = columns[column];
            const { words, tone = "" } = cell(part, found, formats, text.service);
            return (
              <td key={column} class={`number ${tone}`}>
                {words}
              </td>
            );
          })}
        </tr>
      ))}
    </>
  );
}
