/** APISIX's routes with services and plugins: https://apisix.apache.org/docs/apisix/admin-api/ */
import fc from "fast-check";
import { aHost, aMethod, aValue, maybe } from "./asked.ts";
import {
  type Asked,
  type Miss,
  missing,
  type TheirRoute,
  type TheirWorld,
} from "./their-routes.ts";

const aVariable = fc.constantFrom("http_x_a", "arg_q", "cookie_k");

const aCondition = fc.oneof(
  fc.tuple(aVariable, fc.constantFrom("==", "~~", "!="), aValue),
  fc.tuple(aVariable, fc.constant("in"), fc.array(aValue, { maxLength: 2 })),
  fc.tuple(fc.constant("request_method"), fc.constant("=="), aMethod),
  fc.tuple(fc.constant("remote_addr"), fc.constant("=="), fc.constant("10.0.0.1")),
);
const ofOneHeader = fc.tuple(fc.constant("http_x_a"), fc.constantFrom("==", "~~"), aValue);
const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.array(aCondition, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(ofOneHeader, { minLength: 2, maxLength: 2 }) },
);

type Condition = typeof aCondition extends fc.Arbitrary<infer T> ? T : never;

const plugins: Readonly<Record<string, { readonly value: object; readonly guards: boolean }>> = {
  cors: { value: {}, guards: false },
  "proxy-rewrite": { value: { host: "inner.test" }, guards: false },
  "limit-count": { value: { count: 2 }, guards: false },
  "key-auth": { value: {}, guards: true },
  "request-validation": { value: {}, guards: true },
  "serverless-pre-function": { value: {}, guards: true },
  workflow: { value: {}, guards: true },
  redirect: { value: { uri: "https://$host$request_uri" }, guards: true },
  // Its guard is off, and so is the other's that it stands for.
  "hmac-auth": { value: { _meta: { disable: true } }, guards: false },
  "my-own": { value: {}, guards: true },
};

const somePlugins = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(fc.constantFrom(...Object.keys(plugins)), { maxLength: 2 }),
  },
);

const aRoute = fc.record({
  uris: fc.uniqueArray(fc.constantFrom("/*", "/a", "/a*", "/a/*", "/b"), {
    minLength: 1,
    maxLength: 2,
  }),
  host: maybe(aHost),
  methods: fc.uniqueArray(aMethod, { maxLength: 2 }),
  vars: conditions,
  // Conditions of code, or of addresses: none of the requests here fits.
  strange: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom("remote_addr", "remote_addrs", "filter_func") },
  ),
  script: fc.constantFrom(false, false, false, false, false, true),
  plugins: somePlugins,
  service: maybe(
    fc.record({ hosts: fc.uniqueArray(aHost, { maxLength: 1 }), plugins: somePlugins }),
  ),
  split: maybe(fc.array(conditions, { maxLength: 2 })),
});

export const apisixSpecs = fc.array(aRoute, { minLength: 1, maxLength: 2 });

type Spec = typeof aRoute extends fc.Arbitrary<infer T> ? T : never;

export const apisixWorld = (specs: readonly Spec[]): TheirWorld => ({
  routes: specs.map(theirs),
  namesakes: (service) => [service],
  imported: ({ importApisix }) =>
    importApisix(
      new Map(specs.flatMap(objectsOf).map(([key, value]) => [key, JSON.stringify(value)])),
    ),
});

function theirs(spec: Spec, at: number): TheirRoute {
  const names = [...spec.plugins, ...(spec.service?.plugins ?? [])];
  return {
    source: `routes/r${at}`,
    isGuarded: spec.script || names.some((name) => plugins[name]?.guards !== false),
    missed: (asked) => [missed(spec, asked)],
    backends: (asked) => {
      const { split } = spec;
      const isSplit = split?.some((vars) => fitsAll(vars, asked)) || split?.length === 0;
      return [isSplit ? `s${at}` : `b${at}`];
    },
    elsewhere: [`b${at}`],
  };
}

/** The route's own hosts stand in place of its service's. */
function missed(
  { uris, host, methods, vars, strange, service }: Spec,
  asked: Asked,
): readonly Miss[] {
  const hosts = host === undefined ? (service?.hosts ?? []) : [host];
  return missing({
    host: hosts.length === 0 || hosts.some((each) => each === asked.host),
    path: uris.some((uri) => fitsUri(uri, asked.path)),
    method: methods.length === 0 || methods.some((each) => each === asked.method),
    other: fitsAll(vars, asked) && strange === undefined,
  });
}

const fitsUri = (uri: string, path: string): boolean =>
  uri.endsWith("*") ? path.startsWith(uri.slice(0, -1)) : path === uri;

const fitsAll = (vars: readonly Condition[], asked: Asked): boolean =>
  vars.every((each) => fits(each, asked));

function fits([name, operator, wanted]: Condition, asked: Asked): boolean {
  const value = variable(name, asked);
  if (operator === "!=") return value !== wanted;
  if (value === undefined) return false;
  if (operator === "==") return value === wanted;
  if (operator === "~~") return value.includes(String(wanted));
  return Array.isArray(wanted) && wanted.some((each) => each === value);
}

function variable(name: string, { method, headers, query, cookies }: Asked): string | undefined {
  if (name === "request_method") return method;
  if (name === "arg_q") return query["q"];
  if (name === "cookie_k") return cookies["k"];
  return headers[name.replace("http_", "").replaceAll("_", "-")];
}

function objectsOf(spec: Spec, at: number): readonly (readonly [string, unknown])[] {
  const { uris, host, methods, vars, strange, script, service, split } = spec;
  const upstream = { nodes: { [`10.0.0.${at + 1}:80`]: 1 } };
  const route = {
    ...{ uris, vars, upstream_id: `b${at}` },
    ...(host && { host }),
    ...(methods.length > 0 && { methods }),
    ...(strange && { [strange]: "10.0.0.1" }),
    ...(script && { script: "return" }),
    ...(service && { service_id: `v${at}` }),
    plugins: { ...valuesOf(spec.plugins), ...(split && { "traffic-split": splitOf(split, at) }) },
  };
  const { hosts = [], plugins: own = [] } = service ?? {};
  return [
    [`routes/r${at}`, route],
    [`upstreams/b${at}`, upstream],
    [`upstreams/s${at}`, upstream],
    [`services/v${at}`, { ...(hosts.length > 0 && { hosts }), plugins: valuesOf(own) }],
  ];
}

const valuesOf = (used: readonly string[]): object =>
  Object.fromEntries(used.map((name) => [name, plugins[name]?.value]));

/** All of the requests that fit one of the lists of conditions; without lists, all. */
const splitOf = (split: readonly (readonly Condition[])[], at: number): object => ({
  rules: [
    {
      ...(split.length > 0 && { match: split.map((vars) => ({ vars })) }),
      weighted_upstreams: [{ upstream_id: `s${at}`, weight: 1 }],
    },
  ],
});
