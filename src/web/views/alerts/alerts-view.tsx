/** Alerts that this replica has seen, the newest first, and whether they have arrived. */
import type { AlertJson } from "../../../api/alerts.ts";
import { useApp, useLive } from "../../app-context.ts";
import { useAlerts } from "../../live/use-alerts.ts";
import { Badge } from "../../parts/badge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { Table } from "../../parts/table.tsx";
import { serviceHref } from "../../router.ts";
import type { Tone } from "../service/verdict.ts";

const tones: Readonly<Record<AlertJson["state"], Tone>> = {
  waiting: "busy",
  delivered: "good",
  lost: "bad",
};

export function AlertsView() {
  const { text } = useApp();
  const { alerts } = useLive();
  return (
    <Loaded resource={useAlerts()}>
      {(told) =>
        (alerts ?? told).length === 0 ? (
          <p class="card">{text.alerts.none}</p>
        ) : (
          <section class="card" aria-label={text.alerts.title}>
            <AlertTable alerts={alerts ?? told} />
          </section>
        )
      }
    </Loaded>
  );
}

function AlertTable({ alerts }: { readonly alerts: readonly AlertJson[] }) {
  const { text, formats } = useApp();
  const { columns, states } = text.alerts;
  const head = [
    ...[columns.at, columns.service, columns.what],
    ...[columns.message, columns.to, columns.state],
  ];
  return (
    <Table caption={text.alerts.title} head={head}>
      {alerts.map(({ id, at, service, subset, what, message, receiver, state }) => (
        <tr key={id}>
          <td class="nowrap">
            <time dateTime={at}>{formats.moment(at)}</time>
          </td>
          <th scope="row">
            <a href={serviceHref(service)} data-control="alert-service">
              {service}
            </a>
            {subset !== null && ` ${subset}`}
          </th>
          <td lang="en">{what}</td>
          <td lang="en" class="wide">
            {message}
          </td>
          <td>{receiver}</td>
          <td>
            <Badge tone={tones[state]}>{states[state]}</Badge>
          </td>
        </tr>
      ))}
    </Table>
  );
}
