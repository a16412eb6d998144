/** A service at a glance: what is released, what share, is it failing, what to press. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useLive } from "../../app-context.ts";
import { Badge } from "../../parts/badge.tsx";
import { SplitBar, VersionName } from "../../parts/split-bar.tsx";
import { Spark } from "../../plot/spark.tsx";
import { errorRatio, requestRate, versionSeries } from "../../plot/version-series.ts";
import { serviceHref } from "../../router.ts";
import { isFailing } from "../service/failing.ts";
import { toneOf, verdictOf } from "../service/verdict.ts";

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

function CardFigures({ summary }: { readonly summary: ServiceSummary }) {
  const { text, formats } = useApp();
  const live = useLive();
  const { service, split, figures } = summary;
  const versions = split.map(({ version }) => version);
  const points = live.figures.get(service) ?? [];
  const { columns } = text.service;
  return (
    <table class="card-figures">
      <caption class="unseen">{text.service.versions}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.version}</th>
          <th scope="col" class="number">
            {columns.share}
          </th>
          <th scope="col" class="number">
            {columns.rate}
          </th>
          <th scope="col" class="number">
            {columns.errors}
          </th>
          <th scope="col" class="number">
            {columns.p99}
          </th>
        </tr>
      </thead>
      <tbody>
        {split.map(({ version, percent }) => {
          const found = figures.find((each) => each.version === version);
          return (
            <tr key={version}>
              <th scope="row">
                <VersionName version={version} among={versions} />
              </th>
              <td class="number">{formats.percent(percent)}</td>
              <td class="number">{found ? formats.rate(found.requestsPerSecond) : "–"}</td>
              <td class={`number ${isFailing(found) ? "bad-text" : ""}`}>
                {formats.ratio(found?.errorRatio ?? null)}
              </td>
              <td class="number">{formats.ms(found?.latencyMs?.p99 ?? null)}</td>
            </tr>
          );
        })}
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
