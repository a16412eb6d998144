/** The view that the address names, under its heading. Going to another one moves the focus to it. */
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app-context.ts";
import type { Place } from "../router.ts";
import { AlertsView } from "../views/alerts/alerts-view.tsx";
import { DiagnosticsView } from "../views/diagnostics/diagnostics-view.tsx";
import { ProxiesView } from "../views/proxies/proxies-view.tsx";
import { RoutesView } from "../views/routes/routes-view.tsx";
import { ServiceView } from "../views/service/service-view.tsx";
import { ServicesView } from "../views/services/services-view.tsx";
import { SystemView } from "../views/system/system-view.tsx";

export function Content({ place }: { readonly place: Place }) {
  const { text } = useApp();
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  const title = titleOf(place, text);
  useEffect(() => {
    document.title = `${title} · serin`;
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [title]);
  return (
    <main id="content" tabIndex={-1}>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <ViewOf place={place} />
    </main>
  );
}

interface Titles {
  readonly views: Readonly<Record<string, string>>;
  readonly page: { readonly notFound: string };
}

function titleOf(place: Place, { views, page }: Titles): string {
  if (place.view === "service") return place.service;
  return views[place.view] ?? page.notFound;
}

function ViewOf({ place }: { readonly place: Place }) {
  const { text } = useApp();
  switch (place.view) {
    case "services":
      return <ServicesView />;
    case "service":
      return <ServiceView service={place.service} tab={place.tab} />;
    case "routes":
      return <RoutesView />;
    case "proxies":
      return <ProxiesView />;
    case "alerts":
      return <AlertsView />;
    case "diagnostics":
      return <DiagnosticsView />;
    case "system":
      return <SystemView />;
    case "nowhere":
      return (
        <a href="#/services" data-control="to-services">
          {text.page.toServices}
        </a>
      );
  }
}
