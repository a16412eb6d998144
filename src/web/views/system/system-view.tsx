/** How serin itself is: ready or not, its store, its version, and who one is to it. */
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { useReady } from "./use-ready.ts";

export function SystemView() {
  const { text, formats, me, signOut } = useApp();
  const { hello, edition } = useLive();
  const store = useResource("GET /v1/store", {}, edition);
  const ready = useReady(edition);
  const { system } = text;
  return (
    <section class="card" aria-label={system.title}>
      <dl class="facts">
        <dt>{system.ready}</dt>
        <dd>
          {ready !== undefined && (
            <Badge tone={ready ? "good" : "bad"}>{ready ? system.isReady : system.notReady}</Badge>
          )}
        </dd>
        <dt>{system.store}</dt>
        <dd>
          <Loaded resource={store}>
            {({ connected, store: url, message, revision }) => (
              <>
                <Badge tone={connected ? "good" : "bad"}>
                  {connected ? system.connected : system.notConnected}
                </Badge>{" "}
                <code>{url}</code>
                {message !== "" && (
                  <p class="quiet" lang="en">
                    {message}
                  </p>
                )}
                <p>
                  {system.revision}: <b>{revision === null ? "–" : formats.count(revision)}</b>
                </p>
              </>
            )}
          </Loaded>
        </dd>
        <dt>{system.version}</dt>
        <dd>{hello?.version ?? "–"}</dd>
        <dt>{system.you}</dt>
        <dd>
          {me === null ? "–" : text.page.signedIn(me.name || system.nobody, text.roles[me.role])}
        </dd>
      </dl>
      {/* A link bears no token. */}
      {signOut === undefined && (
        <p class="card-links">
          <a href="/v1/openapi.json" data-control="openapi">
            {system.api}
          </a>
          <a href="/metrics" data-control="metrics">
            {system.metrics}
          </a>
        </p>
      )}
    </section>
  );
}
