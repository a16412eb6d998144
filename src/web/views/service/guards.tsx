/** What guards say of the versions, with their counts; and what they have taken out, with the evidence. */
import type { RolloutJson } from "../../../api/rollouts.ts";
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { Table } from "../../parts/table.tsx";
import type { Tone } from "./verdict.ts";

const tones: Readonly<Record<string, Tone>> = {
  pass: "good",
  hold: "plain",
  fail: "bad",
  latched: "bad",
};

export function Guards({ summary }: { readonly summary: ServiceSummary }) {
  const { text, formats } = useApp();
  const { service, alerts, diagnostics } = summary;
  // The stream says a summary again when a guard's word changes: then its reason is read.
  const rollout = useResource("GET /v1/rollouts/{service}", { params: { service } }, summary);
  return (
    <section class="card" aria-labelledby="guards-title">
      <h2 id="guards-title">{text.service.guards}</h2>
      <Loaded resource={rollout}>{(view) => <Looks view={view} />}</Loaded>
      <p class="quiet card-links">
        {alerts.lost + alerts.waiting > 0 && (
          <a href="#/alerts" data-control="to-alerts">
            {alerts.lost > 0
              ? text.service.alertsLost(formats.count(alerts.lost))
              : text.service.alertsWaiting(formats.count(alerts.waiting))}
          </a>
        )}
        {diagnostics.errors + diagnostics.warnings > 0 && (
          <a href="#/diagnostics" data-control="to-diagnostics">
            {text.service.diagnostics(
              formats.count(diagnostics.errors),
              formats.count(diagnostics.warnings),
            )}
          </a>
        )}
      </p>
    </section>
  );
}

function Looks({ view }: { readonly view: RolloutJson }) {
  const { text, formats } = useApp();
  const { guards, latched } = view;
  const { guardColumns: columns } = text.service;
  return (
    <>
      {latched.map(({ subset, guard, at, evidence }) => (
        <div key={subset} class="note bad" data-latched={subset}>
          <strong>{text.service.latched(subset)}</strong>{" "}
          {text.service.latchedAt(formats.moment(at), guard)}
          <p>
            <b>{text.service.evidence}:</b> <span lang="en">{evidence}</span>
          </p>
        </div>
      ))}
      {guards.length === 0 ? (
        <p class="quiet">{text.service.noGuards}</p>
      ) : (
        <Table
          caption={text.service.guards}
          head={[columns.guard, columns.version, columns.verdict, columns.why]}
        >
          {guards.map(({ guard, subset, verdict, reason }) => (
            <tr key={`${guard} ${subset}`}>
              <th scope="row">{guard}</th>
              <td>{subset}</td>
              <td>
                <Badge tone={tones[verdict] ?? "plain"}>{text.guard[verdict]}</Badge>
              </td>
              <td lang="en" class="wide">
                {reason}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
