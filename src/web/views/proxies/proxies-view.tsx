/** Every connected proxy and how far it is, type by type; what was rejected comes first. */
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Loaded } from "../../parts/loaded.tsx";
import { ProxyCard } from "./proxy-card.tsx";
import { byTrouble } from "./sync.ts";

export function ProxiesView() {
  const { text, formats } = useApp();
  const { proxies: counts, edition } = useLive();
  const proxies = useResource("GET /v1/proxies", {}, `${edition} ${JSON.stringify(counts)}`);
  return (
    <>
      {counts !== null && (
        <p>
          {text.proxies.counts(formats.count(counts.connected), formats.count(counts.synced))}
          {counts.pending + counts.stale > 0 &&
            ` · ${text.proxies.behind(formats.count(counts.pending + counts.stale))}`}
          {counts.nacked > 0 && (
            <b class="bad-text"> · {text.proxies.nacked(formats.count(counts.nacked))}</b>
          )}
        </p>
      )}
      <Loaded resource={proxies}>
        {(list) =>
          list.length === 0 ? (
            <p class="card">{text.proxies.none}</p>
          ) : (
            <ul class="cards wide">
              {[...list].sort(byTrouble).map((proxy) => (
                <li key={`${proxy.node} ${proxy.peer}`}>
                  <ProxyCard proxy={proxy} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}
