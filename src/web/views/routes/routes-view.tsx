/** Route objects in words, and a form that says where a request goes. */
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Loaded } from "../../parts/loaded.tsx";
import { ExplainForm } from "./explain-form.tsx";
import { routePrefixes, routeRow } from "./route-rows.ts";
import { RouteTable } from "./route-table.tsx";

export function RoutesView() {
  const { text } = useApp();
  return (
    <>
      <ExplainForm />
      <section class="card" aria-labelledby="routes-title">
        <h2 id="routes-title">{text.routes.title}</h2>
        <RouteList />
      </section>
    </>
  );
}

function RouteList() {
  const { text } = useApp();
  const { edition } = useLive();
  const [http, grpc, tcp, tls] = routePrefixes;
  const lists = [
    useResource("GET /v1/objects", withPrefix(http), edition),
    useResource("GET /v1/objects", withPrefix(grpc), edition),
    useResource("GET /v1/objects", withPrefix(tcp), edition),
    useResource("GET /v1/objects", withPrefix(tls), edition),
  ];
  // The first that is not there yet, or failed, stands for all.
  const missing = lists.find(({ value }) => value === undefined);
  const whole = lists.flatMap(({ value }) => value ?? []);
  const [first] = lists;
  if (first === undefined) return null;
  const isCut = lists.some((list) => list.isCut);
  return (
    <Loaded resource={missing ?? { ...first, isCut }}>
      {() =>
        whole.length === 0 ? (
          <p class="quiet">{text.routes.none}</p>
        ) : (
          <RouteTable rows={whole.map(routeRow)} />
        )
      }
    </Loaded>
  );
}

const withPrefix = (prefix = "") => ({ query: { values: true, prefix } });
