/** What a write would change: shares, resources, proxies, and what serin would say of it. */
import type { PlanJson } from "../../api/plan.ts";
import { useApp } from "../app-context.ts";
import { DiagnosticList, ProblemNote } from "../parts/problem-note.tsx";
import { SplitBar, VersionName } from "../parts/split-bar.tsx";
import { Table } from "../parts/table.tsx";
import { inOrderOfVersions } from "../version-colour.ts";
import type { Planned } from "./use-plan.ts";

export function PlanPreview({
  planned,
  service,
}: {
  readonly planned: Planned;
  readonly service: string;
}) {
  const { text } = useApp();
  return (
    <section class="plan" aria-labelledby="plan-title" aria-busy={planned.kind === "working"}>
      <h2 id="plan-title">{text.plan.title}</h2>
      {planned.kind === "nothing" && <p class="quiet">{text.plan.none}</p>}
      {planned.kind === "working" && <p class="quiet">{text.plan.working}</p>}
      {planned.kind === "failed" && (
        <ProblemNote problem={planned.problem} title={text.plan.failed} />
      )}
      {planned.kind === "planned" && <Plan plan={planned.plan} service={service} />}
    </section>
  );
}

export function Plan({ plan, service }: { readonly plan: PlanJson; readonly service: string }) {
  const { text, formats } = useApp();
  return (
    <>
      <ShareChange plan={plan} service={service} />
      <h3>{text.plan.resources}</h3>
      {plan.resources.length === 0 ? (
        <p class="quiet">{text.plan.noResources}</p>
      ) : (
        <ul class="resources">
          {plan.resources.map(({ place, type, added, changed, removed }) => (
            <li key={`${place} ${type}`}>
              <code>
                {place} {type}
              </code>{" "}
              {text.plan.resourceCounts(
                formats.count(added.length),
                formats.count(changed.length),
                formats.count(removed.length),
              )}
            </li>
          ))}
        </ul>
      )}
      <p>{text.plan.proxies(formats.count(plan.proxies.affected))}</p>
      <h3>{text.plan.diagnostics}</h3>
      {plan.diagnostics.length === 0 ? (
        <p class="quiet">{text.plan.clean}</p>
      ) : (
        <DiagnosticList diagnostics={plan.diagnostics} />
      )}
    </>
  );
}

export function ShareChange({
  plan,
  service,
}: {
  readonly plan: PlanJson;
  readonly service: string;
}) {
  const { text, formats } = useApp();
  const change = plan.weights.find((each) => each.service === service);
  if (change === undefined) return <p class="quiet">{text.plan.noShares}</p>;
  const before = change.before ?? {};
  const after = change.after ?? {};
  const versions = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(
    inOrderOfVersions,
  );
  const parts = (shares: Readonly<Record<string, number>>) =>
    versions.map((version) => ({ version, percent: shares[version] ?? 0 }));
  return (
    <div class="share-change">
      <div class="before-after" aria-hidden="true">
        <SplitBar parts={parts(before)} />
        <SplitBar parts={parts(after)} />
      </div>
      <Table
        caption={text.plan.shares}
        head={[text.plan.version, text.plan.before, text.plan.after]}
        numeric={[1, 2]}
      >
        {versions.map((version) => (
          <tr key={version}>
            <th scope="row">
              <VersionName version={version} among={versions} />
            </th>
            <td class="number">{formats.percent(before[version] ?? 0)}</td>
            <td class="number strong">{formats.percent(after[version] ?? 0)}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
