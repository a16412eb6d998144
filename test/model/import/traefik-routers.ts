/**
 * Traefik's routers with rules and middlewares.
 * https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
 */
import fc from "fast-check";
import { aHost, aMethod, aName, aValue } from "./asked.ts";
import type { Asked, Miss, TheirRoute, TheirWorld } from "./their-routes.ts";

interface Matcher {
  readonly text: string;
  readonly miss: Miss;
  fits(asked: Asked): boolean;
}

const matcher = (text: string, miss: Miss, fits: Matcher["fits"]): Matcher => ({
  text,
  miss,
  fits,
});

const host = (pattern: string, regex: RegExp): Matcher =>
  matcher(`HostRegexp(\`${pattern}\`)`, "host", (asked) => regex.test(asked.host));

const path = (kind: string, value: string, fits: (path: string) => boolean): Matcher =>
  matcher(`${kind}(\`${value}\`)`, "path", (asked) => fits(asked.path));

const aPath = fc.constantFrom("/", "/a", "/a/", "/a/b", "/b");

const aMatcher = fc.oneof(
  aHost.map((name) => matcher(`Host(\`${name}\`)`, "host", (asked) => asked.host === name)),
  fc.constantFrom(
    host("{sub:[a-z]+}.a.test", /^[a-z]+\.a\.test$/),
    host("^[a-z0-9-]+\\.a\\.test$", /^[a-z0-9-]+\.a\.test$/),
    host("^.+\\.a\\.test$", /^.+\.a\.test$/),
    host("^(in|out)\\.a\\.test$", /^(in|out)\.a\.test$/),
    path("PathRegexp", "^/a/[0-9]+$", (given) => /^\/a\/[0-9]+$/.test(given)),
    path("PathRegexp", "^/b", (given) => /^\/b/.test(given)),
    path("PathRegexp", "^/b|b$", (given) => /^\/b|b$/.test(given)),
    matcher("!ClientIP(`10.0.0.0/8`)", "other", () => false),
    matcher("ClientIP(`10.0.0.0/8`)", "other", () => false),
  ),
  aPath.map((value) => path("Path", value, (given) => given === value)),
  aPath.map((value) => path("PathPrefix", value, (given) => given.startsWith(value))),
  aMethod.map((name) => matcher(`Method(\`${name}\`)`, "method", (asked) => asked.method === name)),
  aMethod.map((name) =>
    matcher(`!Method(\`${name}\`)`, "method", (asked) => asked.method !== name),
  ),
  fc
    .tuple(aName, aValue)
    .map(([name, value]) =>
      matcher(
        `Header(\`${name}\`, \`${value}\`)`,
        "header",
        ({ headers }) => headers[name] === value,
      ),
    ),
  fc
    .tuple(aName, aValue)
    .map(([name, value]) =>
      matcher(`HeaderRegexp(\`${name}\`, \`${value}\`)`, "header", ({ headers }) =>
        (headers[name] ?? "").includes(value),
      ),
    ),
  aValue.map((value) =>
    matcher(`Query(\`q\`, \`${value}\`)`, "query", ({ query }) => query["q"] === value),
  ),
);

/** What stands below `http/middlewares/<name>/`, and whether it keeps requests out. */
const middlewares: Readonly<
  Record<string, { keys: Readonly<Record<string, string>>; guards: boolean }>
> = {
  stamp: { keys: { "headers/customRequestHeaders/X-From": "edge" }, guards: false },
  again: { keys: { "retry/attempts": "2" }, guards: false },
  harmless: { keys: { "chain/middlewares": "stamp,again" }, guards: false },
  login: { keys: { "basicAuth/users/0": "a:b" }, guards: true },
  known: { keys: { "headers/allowedHosts/0": "a.test" }, guards: true },
  outer: { keys: { "chain/middlewares/0": "stamp", "chain/middlewares/1": "login" }, guards: true },
  nested: {
    keys: { "chain/middlewares/0": "stamp", "chain/middlewares/1/name": "login" },
    guards: true,
  },
  both: { keys: { "chain/middlewares/0": "stamp", "basicAuth/users/0": "a:b" }, guards: true },
  novel: { keys: { "novel/secret": "x" }, guards: true },
  "gone@file": { keys: {}, guards: true },
};

interface Spec {
  readonly rule: readonly (readonly Matcher[])[];
  readonly used: readonly string[];
}

const aRouter: fc.Arbitrary<Spec> = fc.record({
  rule: fc.array(fc.array(aMatcher, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 2,
  }),
  used: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(fc.constantFrom(...Object.keys(middlewares)), { maxLength: 2 }),
    },
  ),
});

export const routerSpecs = fc.array(aRouter, { minLength: 1, maxLength: 2 });

export const traefikWorld = (specs: readonly Spec[]): TheirWorld => ({
  routes: specs.map(theirs),
  namesakes: (service) => [service],
  imported: ({ importTraefik }) => importTraefik(new Map(pairsOf(specs))),
});

const theirs = ({ rule, used }: Spec, at: number): TheirRoute => ({
  source: `http/routers/r${at}`,
  isGuarded: used.some((name) => middlewares[name]?.guards !== false),
  missed: (asked) =>
    rule.map((all) => all.flatMap((each) => (each.fits(asked) ? [] : [each.miss]))),
  backends: () => [`b${at}`],
  elsewhere: [],
});

function pairsOf(specs: readonly Spec[]): readonly (readonly [string, string])[] {
  const guards = Object.entries(middlewares).flatMap(([name, { keys }]) =>
    Object.entries(keys).map(([key, value]) => [`http/middlewares/${name}/${key}`, value] as const),
  );
  return [...guards, ...specs.flatMap(routerPairs)];
}

const routerPairs = ({ rule, used }: Spec, at: number): readonly (readonly [string, string])[] => [
  [
    `http/routers/r${at}/rule`,
    rule.map((all) => `(${all.map(({ text }) => text).join(" && ")})`).join(" || "),
  ],
  [`http/routers/r${at}/service`, `b${at}`],
  ...used.map((name, n) => [`http/routers/r${at}/middlewares/${n}`, name] as const),
  [`http/services/b${at}/loadBalancer/servers/0/url`, "http://10.0.0.1:80"],
];
