/** HTTPRoutes of two namespaces: https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
import fc from "fast-check";
import { aHost, aMethod, aName, aValue, maybe } from "./asked.ts";
import { missing, type TheirRoute, type TheirWorld } from "./their-routes.ts";

const aNamespace = fc.constantFrom("one", "two");

const aRoute = fc.record({
  namespace: aNamespace,
  host: maybe(aHost),
  path: fc.constantFrom("/", "/a", "/a/b", "/b"),
  isExact: fc.boolean(),
  header: maybe(fc.record({ name: aName, value: aValue })),
  method: maybe(aMethod),
  backend: fc.record({ name: fc.constantFrom("red", "blue"), namespace: maybe(aNamespace) }),
  isGuarded: fc.constantFrom(false, false, true),
});

export const httpRouteSpecs = fc.array(aRoute, { minLength: 1, maxLength: 3 });

type Spec = typeof aRoute extends fc.Arbitrary<infer T> ? T : never;

export function httpRouteWorld(specs: readonly Spec[]): TheirWorld {
  const whole = ({ namespace, backend }: Spec): string =>
    `${backend.namespace ?? namespace}/${backend.name}`;
  return {
    routes: specs.map((spec, at) => theirs(spec, at, whole(spec))),
    namesakes: (service) =>
      [...new Set(specs.map(whole))].filter((name) => name.endsWith(`/${service}`)),
    imported: ({ importHttpRoutes }) => importHttpRoutes(specs.map(documentOf)),
  };
}

function theirs(spec: Spec, at: number, backend: string): TheirRoute {
  const { host, path, isExact, header, method } = spec;
  const inside = path === "/" ? "/" : `${path}/`;
  return {
    source: `HTTPRoute ${spec.namespace}/r${at}`,
    isGuarded: spec.isGuarded,
    missed: (asked) => [
      missing({
        host: host === undefined || host === asked.host,
        path: asked.path === path || (!isExact && asked.path.startsWith(inside)),
        method: method === undefined || method === asked.method,
        header: header === undefined || asked.headers[header.name] === header.value,
      }),
    ],
    backends: () => [backend],
    elsewhere: [],
  };
}

function documentOf(spec: Spec, at: number): unknown {
  const { namespace, host, path, isExact, header, method, backend, isGuarded } = spec;
  const extensionRef = { group: "example.com", kind: "Auth", name: "login" };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: `r${at}`, namespace },
    spec: {
      ...(host && { hostnames: [host] }),
      rules: [
        {
          matches: [
            {
              path: { type: isExact ? "Exact" : "PathPrefix", value: path },
              ...(header && { headers: [header] }),
              ...(method && { method }),
            },
          ],
          ...(isGuarded && { filters: [{ type: "ExtensionRef", extensionRef }] }),
          backendRefs: [
            { name: backend.name, ...(backend.namespace && { namespace: backend.namespace }) },
          ],
        },
      ],
    },
  };
}
