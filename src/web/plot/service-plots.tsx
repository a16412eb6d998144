/** Requests, failures and latency of a service's versions, over the last 15 minutes. */
import { useApp } from "../app-context.ts";
import { useFigures } from "../live/use-figures.ts";
import { spanOf } from "./geometry.ts";
import { Plot } from "./plot.tsx";
import { errorRatio, requestRate, slowest, versionSeries } from "./version-series.ts";

export interface ServicePlotsProps {
  readonly service: string;
  readonly versions: readonly string[];
}

export function ServicePlots({ service, versions }: ServicePlotsProps) {
  const { text, formats } = useApp();
  const points = useFigures(service);
  const span = spanOf(
    points.map(({ atMs }) => atMs),
    Date.now(),
  );
  const shared = { ...span, nothing: text.plots.none };
  return (
    <section aria-labelledby="plots-title" class="card">
      <h2 id="plots-title">{text.plots.title}</h2>
      <div class="plots">
        <Plot
          {...shared}
          title={text.plots.rate}
          series={versionSeries(points, versions, requestRate)}
          least={1}
          format={(value) => (value === null ? formats.ratio(null) : formats.rate(value))}
        />
        <Plot
          {...shared}
          title={text.plots.errors}
          series={versionSeries(points, versions, errorRatio)}
          least={0.05}
          format={formats.ratio}
        />
        <Plot
          {...shared}
          nothing={text.plots.noLatency}
          title={text.plots.latency}
          series={versionSeries(points, versions, slowest)}
          least={10}
          format={formats.ms}
        />
      </div>
    </section>
  );
}
