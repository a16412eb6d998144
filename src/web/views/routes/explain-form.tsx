/** The form: host, path, method, headers. It sends no request; serin works the answer out. */
import { useState } from "preact/hooks";
import { useApp } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Field } from "../../parts/field.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { ExplainAnswers } from "./explain-answers.tsx";
import {
  type ExplainQuery,
  type ExplainQuestion,
  explainQuery,
  headersAreRight,
} from "./explain-question.ts";

const empty: ExplainQuestion = { host: "", path: "/", method: "GET", headers: "" };
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

export function ExplainForm() {
  const { text } = useApp();
  const { routes } = text;
  const [question, setQuestion] = useState(empty);
  const [asked, setAsked] = useState<{ readonly query: ExplainQuery; readonly count: number }>();
  const answer = useResource("GET /v1/explain", asked, asked?.count);
  const change = (some: Partial<ExplainQuestion>): void => setQuestion({ ...question, ...some });
  const isRight = headersAreRight(question);
  const ask = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isRight || question.host.trim() === "") return;
    setAsked({ query: explainQuery(question), count: (asked?.count ?? 0) + 1 });
  };
  return (
    <section class="card" aria-labelledby="explain-title">
      <h2 id="explain-title">{routes.explain}</h2>
      <p class="quiet">{routes.explainLead}</p>
      <form onSubmit={ask} class="fields explain">
        <Field label={routes.host}>
          {(tied) => (
            <input
              {...tied}
              required
              data-control="explain-host"
              value={question.host}
              onInput={(event) => change({ host: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label={routes.path}>
          {(tied) => (
            <input
              {...tied}
              data-control="explain-path"
              value={question.path}
              onInput={(event) => change({ path: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label={routes.method}>
          {(tied) => (
            <select
              {...tied}
              data-control="explain-method"
              value={question.method}
              onChange={(event) => change({ method: event.currentTarget.value })}
            >
              {methods.map((method) => (
                <option key={method}>{method}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={routes.headers} fault={isRight ? undefined : routes.badHeader}>
          {(tied) => (
            <textarea
              {...tied}
              rows={2}
              data-control="explain-headers"
              value={question.headers}
              onInput={(event) => change({ headers: event.currentTarget.value })}
            />
          )}
        </Field>
        <button type="submit" class="button first" data-control="explain-ask">
          {routes.ask}
        </button>
      </form>
      <div aria-live="polite">
        {asked !== undefined && (
          <Loaded resource={answer}>
            {(explained) => <ExplainAnswers explained={explained} />}
          </Loaded>
        )}
      </div>
    </section>
  );
}
