/** The instances of a service, and the route objects that name it. */
import type { InstanceJson } from "../../../api/services.ts";
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { VersionName } from "../../parts/split-bar.tsx";
import { Table } from "../../parts/table.tsx";
import type { Tone } from "../service/verdict.ts";

const tones: Readonly<Record<InstanceJson["state"], Tone>> = {
  serving: "good",
  draining: "warn",
  unhealthy: "bad",
  unknown: "plain",
};

export function InstancesView({ service }: { readonly service: string }) {
  const { text } = useApp();
  const { services } = useLive();
  const params = { service };
  const detail = useResource("GET /v1/services/{service}", { params }, services.get(service));
  return (
    <section class="card" aria-labelledby="instances-title">
      <h2 id="instances-title">{text.instances.title}</h2>
      <Loaded resource={detail}>
        {({ instances, routes }) => (
          <>
            <InstanceTable instances={instances} />
            <h2>{text.instances.routes}</h2>
            {routes.length === 0 ? (
              <p class="quiet">{text.instances.noRoutes}</p>
            ) : (
              <ul>
                {routes.map((key) => (
                  <li key={key}>
                    <a href="#/routes" data-control="to-routes">
                      <code>{key}</code>
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

function InstanceTable({ instances }: { readonly instances: readonly InstanceJson[] }) {
  const { text, formats } = useApp();
  const { columns, states, none } = text.instances;
  const versions = instances.map(({ version }) => version);
  if (instances.length === 0) return <p class="quiet">{none}</p>;
  const head = [
    ...[columns.id, columns.address, columns.version],
    ...[columns.weight, columns.zone, columns.state],
  ];
  return (
    <Table caption={text.instances.title} head={head} numeric={[3]}>
      {instances.map(({ id, address, version, weight, zone, state }) => (
        <tr key={id}>
          <th scope="row">{id}</th>
          <td>
            <code>{address}</code>
          </td>
          <td>
            <VersionName version={version} among={versions} />
          </td>
          <td class="number">{formats.count(weight)}</td>
          <td>{zone === "" ? "–" : zone}</td>
          <td>
            <Badge tone={tones[state]}>{states[state]}</Badge>
          </td>
        </tr>
      ))}
    </Table>
  );
}
