/** One proxy: each of its types with state, version and age, and the text of what it rejected. */
import type { ProxyStatus, TypeStatus } from "../../../api/proxies.ts";
import { useApp } from "../../app-context.ts";
import { Badge } from "../../parts/badge.tsx";
import { Table } from "../../parts/table.tsx";
import { syncOf, syncTone } from "./sync.ts";

export function ProxyCard({ proxy }: { readonly proxy: ProxyStatus }) {
  const { text, formats } = useApp();
  const { node, cluster, userAgent, peer, variant, view, connectedSince, types } = proxy;
  const { columns, words } = text.proxies;
  const sync = syncOf(proxy);
  const rejected = types.filter(({ nack }) => nack !== undefined);
  return (
    <article class="card">
      <header class="card-head">
        <h2>{node}</h2>
        <Badge tone={syncTone[sync]}>{words[sync]}</Badge>
      </header>
      <p class="quiet">
        {[cluster, userAgent, peer, variant].filter((part) => part !== "").join(" · ")} ·{" "}
        {view === null ? text.proxies.noView : text.proxies.view(view)} ·{" "}
        {text.proxies.since(formats.moment(connectedSince))}
      </p>
      <Table
        caption={`${text.proxies.title}: ${node}`}
        head={[columns.type, columns.state, columns.version, columns.age]}
        numeric={[3]}
      >
        {types.map((type) => (
          <tr key={type.type}>
            <th scope="row">{type.type}</th>
            <td>
              <Badge tone={syncTone[type.status]}>{words[type.status]}</Badge>
            </td>
            <td>
              <code>{type.versionAcked ?? "–"}</code>
              {type.versionSent !== null && type.versionSent !== type.versionAcked && (
                <span class="quiet"> {text.proxies.sent(type.versionSent)}</span>
              )}
            </td>
            <td class="number">{formats.age(type.ageMs)}</td>
          </tr>
        ))}
      </Table>
      {rejected.map((type) => (
        <Rejection key={type.type} type={type} />
      ))}
    </article>
  );
}

function Rejection({ type: { type, nack } }: { readonly type: TypeStatus }) {
  const { text } = useApp();
  if (nack === undefined) return null;
  return (
    <div class="note bad">
      <strong>
        {type}: {text.proxies.rejection}
      </strong>
      <p lang="en">{nack.message}</p>
      {nack.names.length > 0 && (
        <p class="quiet">{text.proxies.rejectedNames(nack.names.join(", "))}</p>
      )}
    </div>
  );
}
