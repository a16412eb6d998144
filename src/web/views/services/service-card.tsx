/** A service at a glance: what is released, what share, is it failing, what to press. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useLive } from "../../app-context.ts";
import { Badge } from "../../parts/badge.tsx";
import { SplitBar } from "../../parts/split-bar.tsx";
import { Spark } from "../../plot/spark.tsx";
import { errorRatio, requestRate, versionSeries } from "../../plot/version-series.ts";
import { serviceHref } from "../../router.ts";
import { toneOf, verdictOf } from "../service/verdict.ts";
import { VersionRows } from "../service/version-rows.tsx";

export function ServiceCard({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const { service, split, release } = summary;
  const verdict = verdictOf(summary);
  return (
    <article class={`card service-card ${toneOf(verdict)}`} aria-labelledby={`service-${service}`}>
      <header class="card-head">
        <h2 id={`service-${service}`}>
          <a href={serviceHref(service)} data-control="open-service">
            {service}
          </a>
        </h2>
        <Badge tone={toneOf(verdict)}>{text.verdicts[verdict]}</Badge>
      </header>
      <SplitBar parts={split} />
      {release !== null && (
        <p class="release-line">
          <b>{text.release.from(release.stable, release.canary)}</b>{" "}
          {text.release.phases[release.phase]}
          <span class="quiet" lang="en">
            {" "}
            {release.stepName}
          </span>
        </p>
      )}
      <CardFigures summary={summary} />
    </article>
  );
}

const shown = ["share", "rate", "errors", "p99"] as const;

function CardFigures({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const live = useLive();
  const { service, split } = summary;
  const versions = split.map(({ version }) => version);
  const points = live.figures.get(service) ?? [];
  const { columns } = text.service;
  return (
    <table class="card-figures">
      <caption class="unseen">{text.service.versions}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.version}</th>
          {shown.map((column) => (
            <th key={column} scope="col" class="number">
              {columns[column]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <VersionRows summary={summary} shown={shown} />
      </tbody>
      {points.length > 1 && (
        <tfoot>
          <tr>
            <td colSpan={2} />
            <td class="number">
              <Spark series={versionSeries(points, versions, requestRate)} least={1} />
            </td>
            <td class="number">
              <Spark series={versionSeries(points, versions, errorRatio)} least={0.05} />
            </td>
            <td />
          </tr>
        </tfoot>
      )}
    </table>
  );
}
