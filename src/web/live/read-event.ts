/** An event of the stream as the page takes it; undefined: of a kind that it does not know. */
import type { AlertJson } from "../../api/alerts.ts";
import type { StreamEvent } from "../../api/event-reader.ts";
import type { EventBodies } from "../../api/events.ts";
import type { ServiceSummary } from "../../api/services.ts";
import type { LiveEvent } from "./state.ts";

interface FiguresEvent {
  readonly service: string;
  readonly atMs: number;
  readonly versions: ServiceSummary["figures"];
}

export function readEvent({ event, data }: StreamEvent, atMs: number): LiveEvent | undefined {
  const said: unknown = JSON.parse(data);
  switch (event) {
    case "hello":
      return { kind: "hello", hello: said as EventBodies["hello"], atMs };
    case "store":
      return { kind: "store", store: said as EventBodies["store"] };
    case "service":
      return { kind: "service", service: said as ServiceSummary };
    case "figures": {
      const { service, atMs: at, versions } = said as FiguresEvent;
      return { kind: "figures", service, point: { atMs: at, versions } };
    }
    case "changed":
      return { kind: "changed", changed: said as EventBodies["changed"] };
    case "proxies":
      return { kind: "proxies", proxies: said as EventBodies["proxies"] };
    case "alert":
      return { kind: "alert", alert: said as AlertJson };
    case "gone":
      return { kind: "gone", service: (said as { readonly service: string }).service };
    default:
      return undefined;
  }
}
