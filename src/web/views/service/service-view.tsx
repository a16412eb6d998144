/** One service: its head, its parts as links, and the part that the address names. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp, useLive } from "../../app-context.ts";
import { Badge } from "../../parts/badge.tsx";
import { type ServiceTab, serviceHref, serviceTabs } from "../../router.ts";
import { HistoryView } from "../history/history-view.tsx";
import { InstancesView } from "../instances/instances-view.tsx";
import { DraftView } from "../release/draft-view.tsx";
import { WeightsView } from "../weights/weights-view.tsx";
import { Overview } from "./overview.tsx";
import { toneOf, verdictOf } from "./verdict.ts";

export interface ServiceViewProps {
  readonly service: string;
  readonly tab: ServiceTab;
}

export function ServiceView({ service, tab }: ServiceViewProps) {
  const { text } = useApp();
  const { services, hello } = useLive();
  const summary = services.get(service);
  if (summary === undefined) {
    return hello === null ? (
      <p class="quiet">{text.page.loading}</p>
    ) : (
      <p class="card">
        {text.service.gone}{" "}
        <a href="#/services" data-control="to-services">
          {text.page.toServices}
        </a>
      </p>
    );
  }
  const verdict = verdictOf(summary);
  return (
    <>
      <p class="service-verdict">
        <Badge tone={toneOf(verdict)}>{text.verdicts[verdict]}</Badge>
      </p>
      <nav class="tabs" aria-label={text.service.tabsLabel}>
        {serviceTabs.map((each) => (
          <a
            key={each}
            class="nav-link"
            href={serviceHref(service, each)}
            data-control={`tab-${each}`}
            aria-current={each === tab ? "page" : undefined}
          >
            {text.service.tabs[each]}
          </a>
        ))}
      </nav>
      <Part key={service} tab={tab} summary={summary} />
    </>
  );
}

function Part({ tab, summary }: { readonly tab: ServiceTab; readonly summary: ServiceSummary }) {
  switch (tab) {
    case "overview":
      return <Overview summary={summary} />;
    case "weights":
      return <WeightsView summary={summary} />;
    case "release":
      return <DraftView summary={summary} />;
    case "history":
      return <HistoryView service={summary.service} />;
    case "instances":
      return <InstancesView service={summary.service} />;
  }
}
