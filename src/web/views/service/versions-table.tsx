/** The versions of a service side by side, in numbers. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { VersionName } from "../../parts/split-bar.tsx";
import { Table } from "../../parts/table.tsx";
import { isFailing } from "./failing.ts";

export function VersionsTable({ summary }: { readonly summary: ServiceSummary }) {
  const { text, formats } = useApp();
  const { split, figures } = summary;
  const { columns, noWeight, noData } = text.service;
  const versions = split.map(({ version }) => version);
  const head = [
    ...[columns.version, columns.share, columns.weight, columns.instances],
    ...[columns.rate, columns.errors, columns.p50, columns.p99, columns.heard],
  ];
  return (
    <Table caption={text.service.versions} head={head} numeric={[1, 2, 3, 4, 5, 6, 7, 8]}>
      {split.map(({ version, percent, weight, instances }) => {
        const found = figures.find((each) => each.version === version);
        return (
          <tr key={version}>
            <th scope="row">
              <VersionName version={version} among={versions} />
            </th>
            <td class="number strong">{formats.percent(percent)}</td>
            <td class="number">{weight === null ? noWeight : formats.count(weight)}</td>
            <td class={`number ${instances === 0 ? "bad-text" : ""}`}>
              {formats.count(instances)}
            </td>
            <td class="number">{found ? formats.rate(found.requestsPerSecond) : "–"}</td>
            <td class={`number ${isFailing(found) ? "bad-text" : ""}`}>
              {formats.ratio(found?.errorRatio ?? null)}
            </td>
            <td class="number">{formats.ms(found?.latencyMs?.p50 ?? null)}</td>
            <td class="number">{formats.ms(found?.latencyMs?.p99 ?? null)}</td>
            <td class="number quiet">{found?.ageMs == null ? noData : formats.age(found.ageMs)}</td>
          </tr>
        );
      })}
    </Table>
  );
}
