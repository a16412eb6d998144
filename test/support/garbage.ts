/** Values that no object may be, near and far from valid ones, for tests of everything behind decode. */
import fc from "fast-check";
import { wellFormedObjects } from "./garbage-objects.ts";

/** A valid value with as many fields as may be, for each kind of object. */
export const wellFormed: Readonly<Record<string, unknown>> = {
  ...wellFormedObjects,
  "endpoints/web/a": {
    address: "10.0.0.1:80",
    version: "v1",
    weight: 90,
    labels: { a: "b" },
    zone: "z",
    canary: false,
  },
  "weights/web": { v1: 90, v2: 9.5 },
  "routes/web": {
    hostnames: ["web", "*.example"],
    rules: [
      {
        matches: [
          {
            path: { type: "RegularExpression", value: "/a[0-9]+" },
            headers: [{ name: "x", value: "y" }],
          },
        ],
        backendRefs: [{ name: "web", subset: "v1", weight: 1 }],
      },
    ],
  },
  "routes/full": {
    hostnames: ["full"],
    parentRefs: [{ kind: "Gateway", name: "edge", sectionName: "http", port: 80 }],
    rules: [
      {
        name: "all",
        matches: [
          {
            path: { value: "/a" },
            method: "OPTIONS",
            headers: [{ name: "x", type: "RegularExpression", value: "y+" }],
            queryParams: [{ name: "q", value: "1" }],
            cookies: [{ name: "stage", value: "canary" }],
          },
        ],
        filters: [
          {
            type: "RequestHeaderModifier",
            requestHeaderModifier: { set: [{ name: "a", value: "1" }], remove: ["b"] },
          },
          {
            type: "RequestMirror",
            requestMirror: { backendRef: { name: "web", subset: "v2" }, percent: 5 },
          },
          {
            type: "URLRewrite",
            urlRewrite: {
              hostname: "b",
              path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/b" },
            },
          },
          { type: "CORS", cors: { allowOrigins: ["https://*.a.example"], maxAge: 60 } },
        ],
        backendRefs: [
          {
            kind: "Service",
            name: "web",
            port: 80,
            weight: 9,
            filters: [
              {
                type: "ResponseHeaderModifier",
                responseHeaderModifier: { add: [{ name: "c", value: "2" }] },
              },
            ],
          },
        ],
        timeouts: { request: "2s", backendRequest: "500ms" },
        retry: { attempts: 2, codes: [503], backoff: "10ms" },
        hashSplit: { headers: [{ name: "x-user-id" }], salt: "web-7", grpc: true },
        rateLimit: { requests: 10, per: "1s", burst: 20 },
      },
      {
        filters: [
          {
            type: "RequestRedirect",
            requestRedirect: {
              scheme: "https",
              port: 8443,
              statusCode: 308,
              path: { type: "ReplaceFullPath", replaceFullPath: "/new" },
            },
          },
        ],
      },
    ],
  },
  "grpcroutes/cart": {
    hostnames: ["cart"],
    parentRefs: [{ kind: "Service", name: "cart" }],
    rules: [
      {
        matches: [
          {
            method: { type: "RegularExpression", service: "shop[.].+", method: "Get" },
            headers: [{ name: "x", value: "y" }],
          },
          { method: { service: "shop.Cart", method: "Add" } },
        ],
        filters: [
          { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["server"] } },
        ],
        backendRefs: [{ name: "cart", subset: "v1", weight: 1 }],
        hashSplit: { headers: [{ name: "x-user-id" }], grpc: true },
      },
    ],
  },
  "tcproutes/db": {
    parentRefs: [{ name: "edge", port: 5432 }],
    rules: [{ name: "all", backendRefs: [{ name: "db", subset: "v1", weight: 3 }] }],
  },
  "tlsroutes/db": {
    hostnames: ["*.db.example"],
    rules: [{ backendRefs: [{ name: "db" }, { name: "db", subset: "v2", weight: 0 }] }],
  },
  "resources/*/clusters/web": { name: "web", lb_policy: "RANDOM", any_field: [1, { a: null }] },
};

const utf8 = new TextEncoder();

const asYaml = (value: unknown): string =>
  typeof value !== "object" || value === null
    ? JSON.stringify(value)
    : Object.entries(value)
        .map(([field, inner]) => `${field}: ${JSON.stringify(inner)}\n`)
        .join("");

/** Valid text with some bytes overwritten, cut out or doubled. */
const mutated = (value: unknown): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(JSON.stringify(value), JSON.stringify(value, null, 2), asYaml(value)),
      fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 4 })), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([text, edits]) => {
      let bytes = [...utf8.encode(text)];
      for (const [at, cut, inserted] of edits)
        bytes = bytes.toSpliced(at % bytes.length, cut, ...inserted);
      return Uint8Array.from(bytes);
    });

const oddNumbers = fc.constantFrom(-1, 0.5, 1e308, -0, 65536, 2 ** 53, Number.MIN_VALUE);
export const oddTexts = fc.constantFrom(
  "",
  "\u0000",
  "../..",
  "__proto__",
  "(a+)+$",
  "%",
  "a\nb",
  "*",
  "\u202e",
);
/** Expressions that JavaScript reads and Envoy refuses. */
export const refusedRegexes = [
  "^[a-z]{200}$",
  "^[a-zA-Z0-9]{1,128}$",
  "(a{1000}){1000}",
  "[[:foo:]]+",
  "\\p{Foo}",
  "a\\u0041",
  "[a-\\d]",
  "\\cA",
];
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  oddNumbers,
  oddTexts,
  fc.string({ unit: "binary" }),
  fc.constant("x".repeat(5_000)),
  fc.constantFrom(...refusedRegexes),
  fc.constant({ constructor: { prototype: 1 }, toString: 1, hasOwnProperty: 0 }),
);

/** Valid JSON with one value, anywhere in it, replaced by one of another kind. */
const confused = (value: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.nat(), junk).map(([at, replacement]) => {
    let count = 0;
    JSON.stringify(value, (_, inner: unknown) => {
      count++;
      return inner;
    });
    let left = at % count;
    return JSON.parse(
      JSON.stringify(value, (_, inner: unknown) => (left-- === 0 ? replacement : inner)) ?? "null",
    );
  });

const bomb = (width: number) =>
  [
    "a0: &a0 [x]",
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(width)}]`),
  ].join("\n");

/** Texts that are wrong for every kind of object, each in its own way. */
const hostile = fc.constantFrom<unknown>(
  bomb(10),
  "a: &a [*a]",
  "<<: *x",
  "%YAML 1.1\n---\n<<: {a: yes}",
  "? {a: b}\n: c",
  "!!js/function 'x'",
  "a: !<tag:evil> b",
  "- - - - -",
  "---\n---\n",
  "[".repeat(300),
  `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
  "- ".repeat(500),
  '{"__proto__":{"weight":1}}',
  '{"constructor":1,"prototype":2}',
  '{"a":1e999,"b":-1e999}',
  `{"a":${"9".repeat(400)}}`,
  '{"a":"\\ud800"}',
  '{"kind":"HTTPRoute"}',
  '{"apiVersion":"serin/v1","kind":null,"metadata":{"name":[]},"spec":{"spec":{}}}',
  "null",
  "[]",
  '"text"',
  "42",
  "\u0000",
  "{\u0000}",
  "",
  Uint8Array.from([0xff, 0xfe, 0x00]),
  Uint8Array.from([0x7b, 0xc3, 0x28, 0x7d]),
  Uint8Array.from([0xed, 0xa0, 0x80]),
);

/** Bytes, texts and JSON values; `value` is a valid one to start from. */
export const garbage = (value: unknown): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 4, arbitrary: mutated(value) },
    { weight: 5, arbitrary: confused(value) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 1, arbitrary: hostile },
  );
