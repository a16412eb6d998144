/** Asks for a token where the API wants one. It is tried before it is kept, and kept only in this tab. */
import { useState } from "preact/hooks";
import { createApi } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";
import { send } from "../api/send.ts";
import { useApp } from "../app-context.ts";
import { Field } from "../parts/field.tsx";
import { ProblemNote } from "../parts/problem-note.tsx";

export function TokenForm({ onToken }: { readonly onToken: (token: string) => void }) {
  const { text } = useApp();
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = token.trim();
    if (given === "") return;
    const trial = createApi({ token: given, send, denied: () => undefined });
    const answer = await trial.call("GET /v1/me");
    if (answer.ok) onToken(given);
    else setProblem(answer.problem);
  };
  const isRefused = problem?.status === 401;
  return (
    <main id="content" class="card narrow" tabIndex={-1}>
      <h1>{text.token.title}</h1>
      <p>{text.token.lead}</p>
      <form onSubmit={(event) => void submit(event)}>
        <Field label={text.token.label} fault={isRefused ? text.token.refused : undefined}>
          {(tied) => (
            <input
              {...tied}
              type="password"
              autocomplete="off"
              data-control="token"
              value={token}
              onInput={(event) => {
                setToken(event.currentTarget.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <div role="status" class="unseen">
          {isRefused ? text.token.refused : ""}
        </div>
        {problem !== undefined && !isRefused && (
          <ProblemNote problem={problem} title={text.token.untried} />
        )}
        <button type="submit" class="button first" data-control="sign-in">
          {text.token.submit}
        </button>
      </form>
    </main>
  );
}
