/** The first look at a service: its split, its release and what to do, its figures, its guards. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { SplitBar } from "../../parts/split-bar.tsx";
import { ServicePlots } from "../../plot/service-plots.tsx";
import { Guards } from "./guards.tsx";
import { ReleaseCard } from "./release-card.tsx";
import { VersionsTable } from "./versions-table.tsx";

export function Overview({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const { service, split, decidedBy } = summary;
  return (
    <>
      <section class="card" aria-labelledby="split-title">
        <h2 id="split-title">{text.service.split}</h2>
        <SplitBar parts={split} size="large" />
        <VersionsTable summary={summary} />
        <p class="quiet">{text.service.decided(text.decidedBy[decidedBy])}</p>
      </section>
      <ReleaseCard summary={summary} />
      <ServicePlots service={service} versions={split.map(({ version }) => version)} />
      <Guards summary={summary} />
    </>
  );
}
