/** Where a request goes, for each listener that it may come in at. */
import type { ExplainJson, ServedAnswer } from "../../../api/explain.ts";
import { useApp } from "../../app-context.ts";
import { type ClusterPart, type Decision, outcomeParts } from "./explained-parts.ts";

export function ExplainAnswers({ explained }: { readonly explained: ExplainJson }) {
  const { text } = useApp();
  return (
    <div class="explained" data-explained={explained.answers.length}>
      {explained.answers.map((answer) => (
        <article key={answer.listener}>
          <h3>
            {text.routes.listener(answer.listener)}
            {answer.address !== null && <code> {answer.address}</code>}
          </h3>
          <AnswerBody answer={answer} />
        </article>
      ))}
    </div>
  );
}

function AnswerBody({ answer }: { readonly answer: ServedAnswer }) {
  const { text } = useApp();
  const { problem, redirect, explanation, connection, clusters } = answer;
  if (problem !== null)
    return (
      <p class="note warn" lang="en">
        {problem}
      </p>
    );
  if (redirect !== null) return <p lang="en">{redirect}</p>;
  if (connection !== null) return <Outcome decision={connection} clusters={clusters} />;
  const outcomes = explanation?.outcomes ?? [];
  if (outcomes.length === 0) return <p class="note warn">{text.routes.notFound}</p>;
  return (
    <>
      {outcomes.map(({ route, matched, decision }, index) => (
        <div key={route} class="outcome">
          <dl class="facts">
            <dt>{text.routes.virtualHost}</dt>
            <dd>
              <code>{explanation?.virtualHost ?? "–"}</code>
            </dd>
            <dt>{text.routes.route}</dt>
            <dd>{route === "" ? text.routes.ownRoute : <code>{route}</code>}</dd>
            <dt>{text.routes.matched}</dt>
            <dd lang="en">{matched.length === 0 ? "–" : matched.join("; ")}</dd>
            <dt>{text.routes.from}</dt>
            <dd>
              <code>{explanation?.origins[index]?.join(", ") ?? "–"}</code>
            </dd>
          </dl>
          <Outcome decision={decision} clusters={clusters} />
        </div>
      ))}
    </>
  );
}

interface OutcomeProps {
  readonly decision: Decision;
  readonly clusters: readonly ClusterPart[];
}

function Outcome({ decision, clusters }: OutcomeProps) {
  const { text, formats } = useApp();
  const { routes } = text;
  if (decision.kind === "redirect") {
    return <p>{routes.redirect(formats.count(decision.status), decision.to)}</p>;
  }
  if (decision.kind === "response") return <p>{routes.response(formats.count(decision.status))}</p>;
  if (decision.kind === "unknown") return <p lang="en">{decision.unknown}</p>;
  return (
    <ul class="gets" aria-label={routes.gets}>
      {outcomeParts(decision, clusters).map(({ cluster, share, endpoints }) => (
        <li key={cluster}>
          <b>{cluster}</b> {routes.share(formats.percent(share * 100))}
          <ul class="plain quiet">
            {endpoints.map(({ address, drained }) => (
              <li key={address}>
                <code>{address}</code> {drained && routes.drained}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
